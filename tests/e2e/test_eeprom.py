# SPDX-License-Identifier: MIT
#
# Data EEPROM with a real GDB: a program with a section there is loaded and compared, what it does not name stays;
# files in and out.
import os
import subprocess
import tempfile

from support import Server, check, equal, expect, gdb, main, tether

PARTS = ("STM32L053R8", "STM32L152RE")
PROGRAM = """
	.section .text
	.global _start
_start:	.word 0x20000800, _start + 9
	b .
	.section .eeprom, "a"
	.ascii "serial 12345"
"""


def make_program(folder):
    source, elf = os.path.join(folder, "program.S"), os.path.join(folder, "program.elf")
    with open(source, "w") as file:
        file.write(PROGRAM)
    subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-nostdlib", "-Wl,-Ttext=0x08000000",
                    "-Wl,--section-start=.eeprom=0x08080006", "-Wl,--build-id=none", "-o", elf, source], check=True)
    return elf


def load_twice(part, elf):
    with Server(board="virtual:" + part) as server:
        out = gdb(server, elf, "info mem", "load", "compare-sections", "x/5xw 0x08080000", "load", "compare-sections",
                  "set {int}0x08080000 = 1", "x/s 0x08080006", "detach")
    expect(out, r"0x08080000 0x0808.* flash blocksize 0x4", r"Loading section \.eeprom.*lma 0x8080006",
           r"\.eeprom.*matched\.",
           r"0x8080000.*:\s+0x00000000\s+0x65730000\s+0x6c616972\s+0x33323120", r"0x8080010.*:\s+0x00003534",
           r"Loading section \.eeprom", r"\.eeprom.*matched\.",
           r"Writing to flash memory forbidden in this context", r"serial 12345", r"detached")
    check("MIS-MATCHED" not in out, part + ": " + out)


def gdb_loads_a_program_with_eeprom():
    with tempfile.TemporaryDirectory() as folder:
        elf = make_program(folder)
        for part in PARTS:
            load_twice(part, elf)


def files_go_in_and_out():
    for part in PARTS:
        with tempfile.TemporaryDirectory() as folder:
            first, second, copy = (os.path.join(folder, name) for name in ("first", "second", "copy"))
            with open(first, "wb") as file:
                file.write(b"abcdefghij")
            with open(second, "wb") as file:
                file.write(b"XYZ")
            code, out, err = tether("run", "--probe", "virtual:" + part, "flash write %s 0x08080000" % first,
                                    "flash write %s 0x08080003" % second, "flash verify %s 0x08080003" % second,
                                    "flash read %s 0x08080000 10" % copy)
            equal(code, 0, part + ": " + out + err)
            expect(out, r"10 bytes of data EEPROM written, verified", r"3 bytes of data EEPROM written, verified")
            with open(copy, "rb") as file:
                equal(file.read(), b"abcXYZghij", part)


def other_places_are_refused():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        with open(path, "wb") as file:
            file.write(b"abc")
        for part, address in (("STM32L053R8", 0x080807FE), ("STM32F407VG", 0x08080000 + 0x100000),
                              ("STM32H563ZI", 0x09000000)):
            code, _, err = tether("run", "--probe", "virtual:" + part, "flash write %s 0x%x" % (path, address))
            equal(code, 1, part)
            expect(err, r"outside of flash|not flash but")


main(gdb_loads_a_program_with_eeprom, files_go_in_and_out, other_places_are_refused)
