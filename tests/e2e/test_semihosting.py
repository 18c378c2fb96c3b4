# SPDX-License-Identifier: MIT
#
# A program on newlib's semihosting, with GDB: its console in three places, its files here and at GDB, its input,
# and the status it exits with.
import json
import os
import re
import socket
import subprocess
import tempfile

from support import BOARD, BUILD, TETHER, Rsp, Server, check, equal, expect, gdb, main, tether

ELF = "semihosting.elf"
BIG = 65536


def pattern(length):
    return bytes((i * 7 + i // 256) & 0xFF for i in range(length))


def run(server, arguments, *first, timeout=60):
    """Loads and runs the program in GDB; what GDB printed."""
    return gdb(server, ELF, "load", *first, "monitor semihosting args " + arguments, "continue", timeout=timeout)


def keeps_files_in_its_folder():
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "folder")
        os.mkdir(folder)
        open(os.path.join(top, "secret"), "w").close()
        open(os.path.join(folder, "here"), "w").close()
        os.symlink(os.path.join(top, "secret"), os.path.join(folder, "link"))
        with Server("--semihosting-files", folder) as server:
            expect(run(server, "x files notes.txt"), r"hello, 3 words", r"done: 0", r"exited normally")
            run(server, "x big blob %d" % BIG)
            with open(os.path.join(folder, "blob"), "rb") as blob:
                check(blob.read() == pattern(BIG), "what it wrote")
            equal(sorted(os.listdir(folder)), ["blob", "here", "link"], "files that are left")
            for name in ("../secret", "link", os.path.join(top, "secret"), "/etc/passwd"):
                expect(run(server, "x peek " + name), r"exited normally")      # not there, for it
            expect(run(server, "x peek here"), r"exited with code 01")
        equal(sorted(os.listdir(top)), ["folder", "secret"], "nothing beside its folder")


def has_no_files_by_default():
    with Server("--semihosting") as server:
        expect(run(server, "x files notes.txt"), r"failed: create, errno 13", r"exited with code 03")
        expect(run(server, "x peek /etc/passwd"), r"exited normally")


def says_how_to_turn_it_on():
    """And the call at which it stopped is made then."""
    with Server() as server:
        text = gdb(server, ELF, "load", "continue", "monitor arm semihosting enable", "continue")
        expect(text, r"asks for semihosting.*`monitor semihosting enable`", r"SIGTRAP", r"semihosting is on",
               r"hello, 0 words|hello, 1 words", r"exited with code 011")


def gdb_opens_its_files():
    with tempfile.TemporaryDirectory() as folder, Server("--semihosting-fileio") as server:
        blob = os.path.join(folder, "blob")
        expect(run(server, "x files " + os.path.join(folder, "notes")), r"exited normally")
        expect(run(server, "x big %s %d" % (blob, BIG)), r"exited normally")
        with open(blob, "rb") as file:
            check(file.read() == pattern(BIG), "what it wrote")
    server = os.path.join(BUILD, "tether")
    echo = subprocess.run(
        ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "target extended-remote | %s --stdio --probe "
         "virtual:STM32F407VG --semihosting-fileio --semihosting-args 'x echo'" % server, "-ex", "load", "-ex",
         "continue", os.path.join(os.environ["FIRMWARE"], ELF)], input="abc\nquit\n", stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60)
    expect(echo.stdout, r"you said abc", r"exited normally")


def prints_on_the_servers_output():
    server = Server("--semihosting-console", "stdout")
    text = run(server, "x peek nothing")
    check("hello" not in text, "GDB shows it too: " + text)
    server.process.terminate()
    equal(server.process.wait(5), 0, "exit code")
    expect(server.process.stdout.read(), r"^hello, 3 words\ndone: 0$")
    server.process.stdout.close()


def talks_on_a_port():
    """Text from before the terminal is there is kept for it; the program waits for what is typed."""
    with Server("--semihosting-console", "tcp:0", "--semihosting-args", "x echo") as server:
        port = int(re.search(r"console is on port (\d+)", server.said()).group(1))
        debugger = subprocess.Popen(
            ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "target extended-remote 127.0.0.1:%d" % server.port,
             "-ex", "load", "-ex", "continue", os.path.join(os.environ["FIRMWARE"], ELF)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        with socket.create_connection(("127.0.0.1", port), 20) as terminal, terminal.makefile("rw") as file:
            equal(file.readline(), "hello, 2 words\n", "first line")
            for word in ("one", "two"):
                file.write(word + "\n")
                file.flush()
                equal(file.readline(), "you said %s\n" % word, "echo")
            file.write("quit\n")
            file.flush()
            equal(file.readline(), "done: 0\n", "last line")
        text, _ = debugger.communicate(timeout=20)
        expect(text, r"exited normally")
        check("you said" not in text, text)


def run_alone(*options, stdin="", flash=True, wanted=0):
    """Without GDB; what the program printed, and what tether said of it."""
    write = ("flash write " + os.path.join(os.environ["FIRMWARE"], ELF),) if flash else ()
    done = subprocess.run([TETHER, "run", "--probe", BOARD, *options, *write, "reset run"], timeout=60, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **({"input": stdin} if isinstance(stdin, str) else {"stdin": stdin}))
    equal(done.returncode, wanted, "exit status of %s; it said: %s" % (options, done.stderr))
    return done.stdout.partition("verified\n")[2] or done.stdout, done.stderr


def runs_a_test_without_gdb():
    """Its output, its input, its files, its status; and what does not end."""
    equal(run_alone("--semihosting-args", "x peek nothing")[0], "hello, 3 words\ndone: 0\n", "output")
    out, said = run_alone("--semihosting", wanted=9)
    expect(said, r"tether: The program ended with status 9\.$")
    equal(run_alone("--semihosting-args", "x echo", stdin="a\nb\n")[0],
          "hello, 2 words\nyou said a\nyou said b\ndone: 0\n", "output for two lines of input, and its end")
    with tempfile.TemporaryDirectory() as folder:
        run_alone("--semihosting-files", folder, "--semihosting-args", "x big blob 5000")
        with open(os.path.join(folder, "blob"), "rb") as blob:
            check(blob.read() == pattern(5000), "what it wrote")
    rows = [json.loads(line) for line in run_alone("--json", "--semihosting", wanted=9)[0].splitlines()]
    equal([(row["command"].split()[0], row["ok"]) for row in rows], [("flash", True), ("reset", True), ("semihosting", False)],
          "rows")
    equal((rows[2]["message"], rows[2]["cause"]), ("hello, 0 words\ndone: 9\n", "The program ended with status 9."), "the last row")
    out, said = run_alone("--semihosting", flash=False, wanted=1)
    equal(tether("run", "--probe", BOARD, "semihosting enable")[0], 0, "exit status of a command that runs nothing")
    expect(said, r"the vector table is blank", r"stopped at 0x[0-9a-f]+ and did not end by SYS_EXIT")
    out, silent = os.pipe()
    with os.fdopen(out), os.fdopen(silent, "w"):      # a terminal at which nobody types
        said = run_alone("--semihosting-timeout", "1", "--semihosting-args", "x echo", stdin=out, wanted=1)[1]
    expect(said, r"not ended by SYS_EXIT within 1 s \(--semihosting-timeout\)")


def refuses_the_fifth_terminal():
    """Five terminals want in where four fit; one that never reads harms nobody."""
    with Server("--semihosting-console", "tcp:0") as server:
        port = int(re.search(r"console is on port (\d+)", server.said()).group(1))
        terminals = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(5)]
        equal(terminals[4].recv(10), b"", "the fifth one")
        expect(run(server, "x peek nothing"), r"exited normally")
        equal(terminals[0].recv(6), b"hello,", "the first one")
        for terminal in terminals:
            terminal.close()
        rsp = Rsp(server)
        check(rsp.ask("?"), "the server lives")
        rsp.close()


main(keeps_files_in_its_folder, has_no_files_by_default, says_how_to_turn_it_on, gdb_opens_its_files,
     prints_on_the_servers_output, talks_on_a_port, runs_a_test_without_gdb, refuses_the_fifth_terminal)
