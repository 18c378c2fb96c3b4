# SPDX-License-Identifier: MIT
#
# The virtual core against a second opinion: the same program runs on QEMU's netduinoplus2 (STM32F405)
# and on Tether's virtual STM32F407VG, and GDB reads the same registers at the same places.
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from support import Server, check, gdb, main

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "firmware", "compare")
REGISTERS = (["r%d" % n for n in range(13)] + ["sp", "lr", "pc", "xpsr"] +
             ["d%d" % n for n in range(16)] + ["fpscr"])
LOG_WORDS = 1024


class Qemu:
    """QEMU stopped at reset, its GDB stub on a free port of the loopback; ended by its own pid."""

    def __init__(self, elf):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            ["qemu-system-arm", "-machine", "netduinoplus2", "-kernel", elf, "-S", "-nographic",
             "-monitor", "none", "-serial", "none", "-gdb", "tcp:127.0.0.1:%d" % self.port],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("QEMU does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def build(folder):
    subprocess.run(["make", "-s", "-C", SOURCE, "OUT=" + folder, "Q="], check=True,
                   stdout=subprocess.DEVNULL)
    return os.path.join(folder, "compare.elf")


def places(elf):
    names = subprocess.run(["arm-none-eabi-nm", elf], check=True, capture_output=True,
                           text=True).stdout
    return sorted(set(re.findall(r"\bcheck_\d+\b", names)))


def script(folder, elf):
    path = os.path.join(folder, "script.gdb")
    with open(path, "w") as out:
        # Tether stops at faults; here their handlers are to run.
        out.write("handle SIGSEGV SIGBUS SIGILL SIGFPE nostop noprint nopass\n")
        out.write("set print elements 0\nset print repeats 0\n")
        for place in places(elf):
            out.write("thbreak *%s\ncontinue\necho %s\\n\n" % (place, place))
            out.write("info registers %s\n" % " ".join(REGISTERS))
        out.write("printf \"written %d\\n\", (*(unsigned *)&next - (unsigned)&log) / 4\n")
        out.write("output *(unsigned (*)[%d])&log\necho \\n\n" % LOG_WORDS)
        out.write("print/x results\n")
    return path


def told(text):
    """What the script printed, without GDB's own lines; registers with their place in front."""
    lines, place = [], ""
    for line in text.splitlines():
        if re.fullmatch(r"check_\d+", line):
            place = line
        elif re.match(r"written |\{\d|\$\d+ = ", line):
            lines.append(line)
        elif line.split(None, 1)[0:1] and line.split(None, 1)[0] in REGISTERS:
            lines.append(place + " " + " ".join(line.split()))
    return lines


def describe(ours, theirs):
    for mine, other in zip(ours, theirs):
        if mine != other and not mine.startswith("{"):
            print("virtual: %s\n   QEMU: %s" % (mine, other))
        elif mine != other:
            a, b = numbers(mine), numbers(other)
            for n, (x, y) in enumerate(zip(a, b)):
                if x != y:
                    print("log[%d]: virtual %08x, QEMU %08x" % (n, x, y))


def numbers(line):
    values = []
    for value, repeats in re.findall(r"(\d+)(?: <repeats (\d+) times>)?", line):
        values += [int(value)] * int(repeats or 1)
    return values


def same_registers_at_the_same_places():
    with tempfile.TemporaryDirectory() as folder:
        elf = build(folder)
        commands = script(folder, elf)
        with Qemu(elf) as qemu:
            theirs = told(gdb(qemu, elf, script=commands))
        with Server() as server:
            text = gdb(server, elf, "load", script=commands)
            ours = told(text)
        check(len(theirs) > 500, "QEMU told only %d lines" % len(theirs))
        describe(ours, theirs)
        check(ours == theirs, "the two differ (%d and %d lines)" % (len(ours), len(theirs)))
        print("%d values at %d places are the same" % (len(ours), len(places(elf))))


if __name__ == "__main__":
    if not shutil.which("qemu-system-arm"):
        print("qemu-system-arm is not installed")
        sys.exit(77)
    main(same_registers_at_the_same_places)
