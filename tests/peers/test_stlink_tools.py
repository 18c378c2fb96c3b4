# SPDX-License-Identifier: MIT
#
# Debian's stlink-tools (st-info, st-flash, st-util) on the virtual ST-LINK, unmodified.
import os
import subprocess
import tempfile
import time

from peers import (CHIP, FULL, HURRY, IMAGE_SIZE, file_bytes, main, run_session, session, tether_loads,
                   tether_reads, then_tether)
from support import FIRMWARE, check, equal, expect, on_usb, random_bytes

PROBES = (("V2J28S7", "V2J28S7"), ("V2J37S7", "V2J37S7"), ("V2J45M31", "V2J45"), ("V3J7M3", "V3J7"))
FIRMWARES = ("V2J37S7", "V3J7M3")
ELF = os.path.join(FIRMWARE, "demo.elf")


def st(board, *command, options=HURRY):
    code, text = on_usb(board, "timeout", "60", *command, options=options)
    equal(code, 0, "exit code of %s, which said:\n%s" % (" ".join(command), text))
    return text


def sees_the_probe_and_the_chip():
    for firmware, shown in PROBES:
        text = st(CHIP + ",firmware=" + firmware, "st-info", "--probe")
        expect(text, r"Found 1 stlink", shown, r"flash:\s+1048576", r"sram:\s+196608", r"chipid:\s+0x0?413",
               r"F4xx")


def writes_reads_and_erases():
    content = random_bytes(IMAGE_SIZE + 1)
    for firmware in FIRMWARES:
        with tempfile.TemporaryDirectory() as folder:
            write_read_and_erase("%s,firmware=%s,image=%s/board" % (CHIP, firmware, folder), folder, content)


def write_read_and_erase(board, folder, content):
    with open(folder + "/in", "wb") as file:
        file.write(content)
    expect(st(board, "st-flash", "--reset", "write", folder + "/in", "0x08000000"),
           r"Flash written and verified")
    check(tether_reads(board, folder, len(content)) == content, "Tether read something else")
    for option in ("--connect-under-reset", "--hot-plug"):
        text = st(board, "st-flash", option, "read", folder + "/out", "0x08000000", str(len(content)))
        check(file_bytes(folder + "/out", len(content)) == content, "st-flash read something else: " + text)
        os.unlink(folder + "/out")
    st(board, "st-flash", "--reset", "erase")
    check(tether_reads(board, folder, 0x100000) == b"\xff" * 0x100000, "not blank after erase")


def sleeps_in_a_hurry():
    """A mass erase of 16 s, through which st-flash sleeps, is over in less than half of that."""
    start = time.monotonic()
    text = st(CHIP, "st-flash", "erase", options=("--hurry", "20", "--times"))
    expect(text, r"flash busy 16000\.0")
    check(time.monotonic() - start < 8, "it took %.1f s" % (time.monotonic() - start))
    for wrong in ("0", "1001", "fast"):
        code, text = on_usb(CHIP, "true", options=("--hurry", wrong))
        expect(text, r"--hurry wants a number from 1 to 1000")
        equal(code, 2, "exit code")


def writes_under_reset():
    with tempfile.TemporaryDirectory() as folder:
        board, content = "%s,image=%s/board" % (CHIP, folder), random_bytes(5000)
        with open(folder + "/in", "wb") as file:
            file.write(content)
        for option in ("--connect-under-reset", "--hot-plug"):
            expect(st(board, "st-flash", option, "--reset", "write", folder + "/in", "0x08004000"),
                   r"Flash written and verified")
        check(tether_reads(board, folder, len(content), 0x08004000) == content, "Tether read something else")


def hands_over_to_tether():
    for firmware in FIRMWARES:
        code, text = on_usb("%s,firmware=%s" % (CHIP, firmware),
                            *then_tether("st-flash reset", "reset halt", "mdw 0xe0042000"))
        expect(text, r"st-flash 1", r"e0042000.*10076413")
        equal(code, 0, "exit code: " + text)


def changes_option_bytes():
    """Brown-out level 3, seen by Tether."""
    with tempfile.TemporaryDirectory() as folder:
        board = "%s,image=%s/board" % (CHIP, folder)
        expect(st(board, "st-flash", "--area=option", "read"), r"^0fffaaed")
        code, text = on_usb(board, options=HURRY,
                            *then_tether("st-flash --area=option write 0x0fffaae1", "reset halt", "option"))
        expect(text, r"BOR_LEV +0x0")
        equal(code, 0, "exit code: " + text)


def reads_what_tether_wrote():
    with tempfile.TemporaryDirectory() as folder:
        board, plain = "%s,image=%s/board" % (CHIP, folder), folder + "/demo.bin"
        subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "--gap-fill", "0xff", ELF, plain], check=True)
        tether_loads(board, ELF)
        wanted = file_bytes(plain)
        st(board, "st-flash", "read", folder + "/out", "0x08000000", str(len(wanted)))
        check(file_bytes(folder + "/out", len(wanted)) == wanted, "st-flash reads something else")


def prints_trace():
    """st-trace prints what firmware writes to stimulus port 0, until it is ended."""
    for firmware in FIRMWARES:
        with tempfile.TemporaryDirectory() as folder:
            board = "%s,firmware=%s,image=%s/board" % (CHIP, firmware, folder)
            tether_loads(board, os.path.join(FIRMWARE, "trace.elf"))
            _, text = on_usb(board + ",pace=real", "timeout", "2", "st-trace", "--clock=168m")
            expect(text, r"^trace 3$", r"^trace 4$", r"^trace 5$")


def serves_gdb():
    """A step takes st-util seconds, by its own sleeps."""
    script = session("st-util -p $port", "load", "compare-sections", "break station_check", "continue",
                     "backtrace", *(("next", "stepi") if FULL else ()), "info registers pc", "kill", elf=ELF)
    for firmware in FIRMWARES if FULL else FIRMWARES[:1]:
        with tempfile.TemporaryDirectory() as folder:
            code, text = run_session("%s,firmware=%s" % (CHIP, firmware), folder, script)
        expect(text, r"Transfer rate", r"Section .text,.* matched", r"Breakpoint 1, station_check",
               r"#1 .*main \(\)", r"pc +0x800")
        equal(code, 0, "exit code: " + text)


main(sees_the_probe_and_the_chip, writes_reads_and_erases, sleeps_in_a_hurry, writes_under_reset,
     hands_over_to_tether, changes_option_bytes, reads_what_tether_wrote, prints_trace, serves_gdb)
