# SPDX-License-Identifier: MIT
#
# What `make install` and `make deb` put in place: programs that work from there, links by the names of other
# servers, manual page, completion, udev rules, systemd units; and the files to paste into IDEs.
import configparser
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree

from support import BUILD, TETHER, check, equal, expect, main, tether

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IDE = os.path.join(ROOT, "scripts", "ide")
FULL = bool(os.environ.get("FULL"))


def run(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, **options)
    equal(done.returncode, 0, "%s, which said:\n%s" % (" ".join(command), done.stdout))
    return done.stdout


def make(*words):
    return run("make", "--no-print-directory", "-C", ROOT, "BUILD=" + BUILD, *words)


def files_under(folder):
    return sorted(os.path.relpath(os.path.join(place, name), folder)
                  for place, _, names in os.walk(folder) for name in names)


def read(path):
    with open(path) as file:
        return file.read()


def installs_and_uninstalls():
    with tempfile.TemporaryDirectory() as top:
        make("install", "DESTDIR=" + top, "PREFIX=/usr/local")
        prefix = os.path.join(top, "usr/local")
        equal(files_under(prefix), sorted([
            "bin/tether", "bin/tether-virtual", "lib/systemd/system/tether@.service",
            "lib/systemd/system/tether@.socket", "lib/tether/ST-LINK_gdbserver", "lib/tether/st-util",
            "lib/udev/rules.d/60-tether.rules", "share/bash-completion/completions/tether",
            "share/man/man1/tether.1"]), "what is installed")
        expect(run(os.path.join(prefix, "bin/tether"), "--version"), r"^tether \d")
        expect(run(os.path.join(prefix, "bin/tether"), "run", "--probe", "virtual:STM32F407VG", "version"), r"^tether")
        expect(run(os.path.join(prefix, "lib/tether/st-util"), "--version"), r"^v1")
        expect(run(os.path.join(prefix, "lib/tether/ST-LINK_gdbserver"), "--version"), r"^ST-LINK_gdbserver")
        expect(read(os.path.join(prefix, "lib/systemd/system/tether@.service")), r"^ExecStart=/usr/local/bin/tether ")
        make("uninstall", "DESTDIR=" + top, "PREFIX=/usr/local")
        equal(files_under(top), [], "what is left")


def options_of(command):
    return set(re.findall(r"(?<!\S)--?[A-Za-z][\w-]*", run(*command, "--help")))


def the_manual_has_every_option_and_command():
    make("documents")
    page = os.path.join(BUILD, "tether.1")
    warnings = subprocess.run(["man", "--warnings=all", "-l", page], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    equal(warnings.stderr, "", "warnings of man")
    text = run("man", "-l", page, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200"})
    check("tether run 'flash write app.elf' 'reset run'" in text, "its examples can't be typed")
    for option in options_of([TETHER]):
        check(option in text, "no %s in the manual" % option)
    _, listed, _ = tether("run", "--probe", "virtual:STM32F407VG", "help")
    commands = re.findall(r"^  (\S.*?)(?:  |$| [\[A-Z])", listed, re.M)
    check(len(commands) > 40, "commands: %s" % commands)
    for command in commands:
        check(re.search(r"^ {7}%s\b" % re.escape(command), text, re.M), "no `%s` in the manual" % command)


def complete(*words):
    """What bash would offer for the last word."""
    script = 'source "%s"; COMP_WORDS=(tether %s); COMP_CWORD=%d; _tether; printf "%%s\\n" "${COMPREPLY[@]}"' % (
        os.path.join(BUILD, "tether.bash"), " ".join(shlex.quote(w) for w in words), len(words))
    path = os.path.abspath(BUILD) + ":" + os.environ["PATH"]
    return set(run("bash", "-c", script, env={**os.environ, "PATH": path}).split("\n")) - {""}


def bash_completes():
    make("documents")
    options = {o for o in options_of([TETHER]) if o.startswith("--")}
    equal(complete("--"), options, "options")
    equal(complete("--connect", "hot"), {"hot-plug", "hot-plug,no-halt"}, "choices")
    equal(complete("--on-exit", "h"), {"halt"}, "a choice")
    equal(complete("ch"), {"chips"}, "a command")
    equal(complete("--as", "st"), {"st-util"}, "another server")
    check("virtual:" in complete("--probe", ""), "probes")
    check("flash write" in complete("run", "flash w"), "monitor commands")
    check("option set" in complete("run", "reset halt", "option s"), "the second one")
    equal(complete("run", "zzz"), set(), "nothing")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "some"))
        equal(complete("--semihosting-files", folder + "/s"), {folder + "/some"}, "folders")
    if shutil.which("shellcheck"):
        run("shellcheck", "-s", "bash", os.path.join(BUILD, "tether.bash"))


def udev_rules_name_every_probe():
    """As the program does, and each twice: rights, and no modem."""
    known = {int(i, 16) for i in re.findall(r"^\t\{ 0x(37\w\w),", read(os.path.join(ROOT, "probe/models.c")), re.M)}
    rules = read(os.path.join(ROOT, "scripts/udev/60-tether.rules"))
    named = set()
    for ids in re.findall(r'ATTR\{idProduct\}=="([^"]*)", MODE="0660", GROUP="plugdev", TAG\+="uaccess"', rules):
        named |= {int(i, 16) for i in ids.split("|")}
    equal(named, known, "product ids")
    patterns = re.search(r'ATTR\{idProduct\}=="([^"]*)", ENV\{ID_MM_DEVICE_IGNORE\}="1"', rules).group(1)
    for product in known:
        check(re.fullmatch(patterns, "%04x" % product), "%04x is taken for a modem" % product)


def systemd_accepts_the_units():
    if not shutil.which("systemd-analyze"):
        print("no systemd-analyze here: skipped")
        return
    with tempfile.TemporaryDirectory() as prefix:
        make("install", "PREFIX=" + prefix)
        units = os.path.join(prefix, "lib/systemd/system")
        names = []
        for kind in ("service", "socket"):
            names.append(os.path.join(units, "tether@066CFF.%s" % kind))
            shutil.copy(os.path.join(units, "tether@.%s" % kind), names[-1])
        said = run("systemd-analyze", "verify", "--man=no", *names)
        check("tether" not in said, said)


def debian_takes_the_package():
    if not shutil.which("dpkg-shlibdeps"):
        print("no dpkg-dev here: skipped")
        return
    deb = re.search(r"DEB +(\S+)", make("deb")).group(1)
    contents = run("dpkg-deb", "--contents", deb)
    for path in ("./usr/bin/tether", "./usr/bin/tether-virtual", "./usr/lib/tether/st-util -> ../../bin/tether",
                 "./usr/share/doc/tether/copyright", "./usr/share/man/man1/tether.1.gz",
                 "./usr/lib/udev/rules.d/60-tether.rules"):
        check(re.search(r"\s%s$" % re.escape(path), contents, re.M), "no %s in:\n%s" % (path, contents))
    expect(run("dpkg-deb", "--field", deb, "Depends"), r"libusb-1\.0-0")
    with tempfile.TemporaryDirectory() as folder:
        run("dpkg-deb", "--extract", deb, folder)
        expect(run(os.path.join(folder, "usr/bin/tether"), "run", "--probe", "virtual:STM32F407VG", "version"), r"tether")
        expect(read(os.path.join(folder, "usr/share/doc/tether/copyright")), r"tether-virtual", r"GPL-2", r"Expat")
    if FULL and shutil.which("lintian"):
        run("lintian", "--fail-on", "error,warning", deb)


def strings_in(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [s for v in value for s in strings_in(v)] if isinstance(value, list) else [value]


def check_options(words, where):
    known = options_of([TETHER])
    options = [w for s in words if isinstance(s, str) for w in re.findall(r"(?<!\S)--[\w-]+", s)]
    for option in options:
        check(option in known, "%s: tether has no %s" % (where, option))
    return options


def ide_files_are_whole():
    found = set()
    for path in sorted(glob.glob(IDE + "/*")):
        name = os.path.basename(path)
        if name.endswith(".json"):
            words = strings_in(json.loads(read(path)))
            check(len(check_options(words, name)) >= 4, name)
        elif name.endswith((".xml", ".launch")):
            tree = xml.etree.ElementTree.parse(path)
            words = [v for e in tree.iter() for v in e.attrib.values()]
            check_options(words, name)
            check(any("3333" in w for w in words), name)
        elif name.endswith(".ini"):
            ini = configparser.ConfigParser(interpolation=None)
            ini.read(path)
            check_options(ini["env:app"]["debug_server"].split("\n"), name)
        elif name.endswith(".sh"):
            run("sh", "-n", path)
        found.add(name)
        for command in re.findall(r"monitor ([a-z ]+)", read(path)):
            code, _, said = tether("run", "--probe", "virtual:STM32F407VG", command)
            equal(code, 0, "%s: %s: %s" % (name, command, said))
    equal(found, {"clion.xml", "eclipse.launch", "platformio.ini", "vscode-launch.json", "zephyr.sh"}, "files")
    # The lines that IDEs wait for, as these files name them.
    ready = json.loads(read(IDE + "/vscode-launch.json"))["configurations"][5]["serverStarted"]
    check(ready in read(os.path.join(ROOT, "server/serve.c")), ready)


main(installs_and_uninstalls, the_manual_has_every_option_and_command, bash_completes, udev_rules_name_every_probe,
     systemd_accepts_the_units, debian_takes_the_package, ide_files_are_whole)
