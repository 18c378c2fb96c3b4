# SPDX-License-Identifier: MIT
#
# The same work done by other people's tools and by Tether, on the same virtual board behind the same
# mock USB bus. README.md beside this file says what is measured and what is not.
import os
import re
import shutil
import subprocess
import sys
import tempfile

for folder in ("e2e", "peers"):
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", folder))
from peers import session                                                      # noqa: E402
from support import BUILD, make_elf, on_usb, random_bytes, tether              # noqa: E402

CHIP = "STM32F439ZG"             # the one chip that all of them know
SIZE = 512 * 1024
STEPS = 5                          # of which one is shown
BLOB = 0x2000                      # offset of the random part, behind the firmware
SOURCES = os.path.join(os.path.dirname(__file__), "..", "firmware")
GCC = ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-Og", "-g3",
       "-T", "stm32f407.ld", "-nostartfiles", "--specs=nano.specs", "-Wl,--build-id=none",
       "-Wl,--section-start=.blob=0x%x" % (0x08000000 + BLOB), "-Wl,--no-warn-rwx-segments")

PYOCD = """/usr/bin/python3 -c '
import threading, intervaltree
threading.Thread.isAlive = threading.Thread.is_alive
def search(tree, begin, end=None, strict=False):
    return tree.at(begin) if end is None else tree.envelop(begin, end) if strict else tree.overlap(begin, end)
intervaltree.IntervalTree.search = search
from pyocd.tools.gdb_server import main
main()' -t stm32f439xg -p $port -T $other"""
OPENOCD = ("openocd -f interface/%s -f target/stm32f4x.cfg -c \"gdb_port $port; tcl_port disabled; "
           "telnet_port disabled\"")
PROGRAM = ("openocd -f interface/%s -f target/stm32f4x.cfg -c \"gdb_port disabled; tcl_port disabled; "
           "telnet_port disabled; init%s; shutdown\"")
AT_MAIN = ("monitor reset halt", "break station_check", "continue")
TETHER = "'%s/tether'" % os.path.abspath(BUILD)

# pyOCD takes qCRC for qC, and compare-sections fails; the gaps of the file are left out.
BY_READING = ("dump binary memory read 0x08000000 0x%x" % (0x08000000 + SIZE),
              "shell cmp -i %d read new.bin || echo MIS-MATCHED" % BLOB)


class Gdb:
    """A GDB server; the same GDB commands for all, but for what a server does not know."""

    def __init__(self, name, server, verify=("compare-sections",), before_load=("monitor reset halt",),
                 at_main=AT_MAIN, first=(), wake="", only=None, end="detach"):
        self.name, self.server, self.first, self.wake, self.only = name, server, first, wake, only
        self.end = end
        self.phases = {
            "attach": ((), None),
            "load and verify": ((*before_load, "load", *verify), "attach"),
            "to a breakpoint": (at_main, "attach"),
            "step": ((*at_main, *["step"] * STEPS), "to a breakpoint"),
        }

    def script(self, phase, files):
        commands = ["info registers pc", *self.phases[phase][0], self.end]
        return self.wake_line() + session(self.server, *commands, elf=files["elf"], first=self.first, limit=200)

    def wake_line(self):
        return self.wake + " >/dev/null 2>&1\n" if self.wake else ""


class Plain:
    """A program that does its work and ends."""

    def __init__(self, name, phases):
        self.name, self.only, self.wake = name, None, ""
        self.phases = {phase: (command, "attach" if phase != "attach" else None)
                       for phase, command in phases.items()}

    def script(self, phase, files):
        return self.phases[phase][0] % files


PEERS = (
    Plain("OpenOCD HLA, program verify",
          {"attach": PROGRAM % ("stlink.cfg", ""),
           "load and verify": PROGRAM % ("stlink.cfg", "; reset halt; program %(elf)s verify")}),
    Plain("OpenOCD dapdirect, program verify",
          {"attach": PROGRAM % ("stlink-dap.cfg", ""),
           "load and verify": PROGRAM % ("stlink-dap.cfg", "; reset halt; program %(elf)s verify")}),
    Gdb("OpenOCD HLA + gdb", OPENOCD % "stlink.cfg"),
    Gdb("OpenOCD dapdirect + gdb", OPENOCD % "stlink-dap.cfg"),
    Plain("st-flash", {"attach": "st-info --probe",
                       "load and verify": "st-flash --reset write %(bin)s 0x08000000"}),
    Gdb("st-util + gdb", "st-util -p $port", before_load=(), at_main=("monitor reset", *AT_MAIN[1:]),
        end="kill"),  # it knows no detach
    Gdb("pyOCD + gdb", PYOCD, first=("set mem inaccessible-by-default off",), wake="st-info --probe",
        only=("V2J37S7",), verify=BY_READING),
    Plain("Tether, run 'flash write'", {"attach": TETHER + " run info",
                                        "load and verify": TETHER + " run 'flash write %(elf)s'"}),
    # Its load verifies what it wrote; nothing has to be compared once more.
    Gdb("Tether + gdb", TETHER + " --port $port", verify=()),
)
TOTAL, HOST = 5, 6                 # columns of a run
TIMES = re.compile(r": (\d+) commands; modelled ms: usb ([\d.]+), swd ([\d.]+), flash busy ([\d.]+), "
                   r"cpu ([\d.]+), waiting [-\d.]+, total ([\d.]+); host ([\d.]+) \(and (\d+) us")


def make_files(folder):
    """The image as ELF and as plain bytes, and the chip's state with another image in it."""
    files = {"elf": folder + "/new.elf", "bin": folder + "/new.bin", "before": folder + "/before",
             "after": folder + "/after"}
    with open(folder + "/blob", "wb") as file:
        file.write(random_bytes(SIZE - BLOB))
    with open(folder + "/blob.S", "w") as file:
        file.write('.section .blob, "a"\n.incbin "%s/blob"\n' % folder)
    subprocess.run([*GCC, "-o", files["elf"], "demo.c", "start.c", "usart.c", folder + "/blob.S"], check=True,
                   cwd=SOURCES)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "--gap-fill", "0xff", files["elf"], files["bin"]],
                   check=True)
    fill(files["before"], make_elf(folder, random_bytes(SIZE, 2)))
    fill(files["after"], files["elf"])
    return files


def fill(image, elf):
    code, _, said = tether("run", "--probe", "virtual:%s,image=%s" % (CHIP, image), "flash write " + elf)
    if code:
        sys.exit("cannot prepare the chip: " + said)


def run(folder, firmware, script, image):
    """One run from a fresh copy of a chip's state; returns [commands, usb, swd, busy, cpu, total, host, bus]."""
    shutil.copy(image, folder + "/board")
    with open(folder + "/session.sh", "w") as file:
        file.write("cd '%s'\n%s\n" % (folder, script))
    code, text = on_usb("%s,firmware=%s,image=%s/board" % (CHIP, firmware, folder), "sh", folder + "/session.sh",
                        options=("--times",), timeout=280)
    found = TIMES.search(text)
    if code or not found or "MIS-MATCHED" in text:
        raise RuntimeError("it failed, exit code %d:\n%s" % (code, text))
    return [float(x) for x in found.groups()]


def quickest(folder, firmware, script, image, times=3):
    """The quickest run of several: what else happens on this machine only adds to the host's share."""
    return min((run(folder, firmware, script, image) for _ in range(times)), key=lambda r: r[TOTAL] + r[HOST])


def measure(folder, peer, firmware, files):
    """(phase, difference to the run without it) for each phase."""
    runs = {}
    for phase, (_, base) in peer.phases.items():
        load = phase == "load and verify"
        image = files["before"] if load else files["after"]
        runs[phase] = quickest(folder, firmware, peer.script(phase, files), image, 1 if load else 3)
        less = runs[base] if base else quickest(folder, firmware, peer.wake, image) if peer.wake else [0] * 8
        yield phase, [(a - b) / (STEPS if phase == "step" else 1) for a, b in zip(runs[phase][:7], less)]


def show(name, phase, times):
    commands, usb, swd, busy, cpu, total, host = times
    print("  %-34s %-16s %8d %9.1f %9.1f %9.1f %9.1f %9.1f %10.1f" %
          (name, phase, commands, usb, swd, busy, cpu, host, total + host), flush=True)


def chosen():
    """All, or those that have one of the words of PEERS in their name (PEERS="pyOCD Tether")."""
    words = os.environ.get("PEERS", "").split()
    return [peer for peer in PEERS if not words or any(word in peer.name for word in words)]


def table(folder, firmware, files):
    bus = run(folder, firmware, "true", files["after"])[7]
    print("\n%s, %s, %d KiB; %d us of the mock bus taken out before each transfer\n"
          "  %-34s %-16s %8s %9s %9s %9s %9s %9s %10s" %
          (CHIP, firmware, SIZE // 1024, bus, "", "", "commands", "usb ms", "swd ms", "busy ms", "cpu ms", "host ms",
           "in all ms"))
    failures = 0
    for peer in chosen():
        if peer.only and firmware not in peer.only:
            print("  %-34s does not know this probe" % peer.name)
            continue
        try:
            for phase, times in measure(folder, peer, firmware, files):
                show(peer.name, phase, times)
        except (RuntimeError, subprocess.TimeoutExpired) as failure:
            failures += 1
            print("  %-34s %s" % (peer.name, failure))
    return failures


def main():
    firmwares = os.environ.get("FIRMWARES", "V2J37S7 V3J7M3").split()
    with tempfile.TemporaryDirectory() as folder:
        files = make_files(folder)
        return sum([table(folder, firmware, files) for firmware in firmwares])


sys.exit(1 if main() else 0)
