# SPDX-License-Identifier: MIT
#
# Debian's OpenOCD on the virtual ST-LINK, unmodified, with both of its drivers.
import os
import subprocess
import tempfile

from support import FIRMWARE, check, equal, expect, main, make_elf, on_usb, random_bytes, tether

DRIVERS = ("stlink.cfg", "stlink-dap.cfg")
CHIP = "STM32F407VG"
QUIET = ("-c", "tcl_port disabled; telnet_port disabled")


def openocd(driver, *commands, board=CHIP, port="gdb_port disabled", timeout=120):
    arguments = ["openocd", "-f", "interface/" + driver, "-f", "target/stm32f4x.cfg", *QUIET, "-c", port]
    for command in ("init", *commands, "shutdown"):
        arguments += ["-c", command]
    code, text = on_usb(board, *arguments, timeout=timeout)
    equal(code, 0, "exit code of OpenOCD, which said:\n" + text)
    return text


def programs_verifies_and_dumps():
    content = random_bytes(256 * 1024)
    for driver in DRIVERS:
        with tempfile.TemporaryDirectory() as folder:
            elf = make_elf(folder, content)
            board = CHIP + ",image=" + os.path.join(folder, "board")
            text = openocd(driver, "reset halt", "program %s verify" % elf, board=board)
            expect(text, r"Programming Finished", r"Verified OK")
            openocd(driver, "reset halt", "dump_image %s/dump 0x08000000 0x40000" % folder, board=board)
            with open(folder + "/dump", "rb") as dump:
                check(dump.read() == content, "OpenOCD read back something else")
            code, _, said = tether("run", "--probe", "virtual:" + board,
                                   "mem read 0x08000000 0x40000 %s/ours" % folder)
            equal(code, 0, "tether run: " + said)
            with open(folder + "/ours", "rb") as ours:
                check(ours.read() == content, "Tether read something else")


def breaks_and_steps():
    elf = os.path.join(FIRMWARE, "demo.elf")
    for driver in DRIVERS:
        text = openocd(driver, "reset halt", "program %s verify" % elf, "reset halt", "reg pc",
                       "bp 0x%x 2 hw" % symbol(elf, "station_check"), "resume", "wait_halt 2000",
                       "rbp all", "step", "step", "reg pc", "reg xPSR")
        expect(text, r"Verified OK", r"halted due to breakpoint", r"halted due to single-step",
               r"halted due to single-step", r"xPSR")


def symbol(elf, name):
    out = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True).stdout
    return next(int(row.split()[0], 16) for row in out.splitlines() if row.split()[-1] == name) & ~1


def knows_the_flash():
    for driver in DRIVERS:
        text = openocd(driver, "reset halt", "flash info 0", "flash fillw 0x08004000 0xdeadbeef 16",
                       "flash erase_sector 0 1 1", "flash erase_check 0", "stm32f2x options_read 0",
                       "mdw 0x1fffc000", "mdb 0x1fff7800 4", "mdb 0x1fff7a00 16", "mdw 0x08004000")
        expect(text, r"size 0x00100000", r"0x4000 16kB", r"0x20000 128kB", r"STM32F4xx",
               r"1fff7800: ff ff ff ff", r"1fff7a00: ff ff", r"08004000: ffffffff")


def serves_gdb():
    elf = os.path.join(FIRMWARE, "demo.elf")
    for driver in DRIVERS:
        pipe = ("openocd -f interface/%s -f target/stm32f4x.cfg -c 'gdb_port pipe; tcl_port disabled; "
                "telnet_port disabled; log_output /dev/null'" % driver)
        code, text = on_usb(CHIP, "gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set confirm off",
                            "-ex", "target extended-remote | " + pipe, "-ex", "monitor reset halt",
                            "-ex", "load", "-ex", "monitor reset halt", "-ex", "break station_check",
                            "-ex", "continue", "-ex", "backtrace", "-ex", "next", "-ex", "info locals",
                            "-ex", "kill", elf)
        expect(text, r"Transfer rate", r"Breakpoint 1, station_check", r"#1 .*main \(\)")
        equal(code, 0, "exit code: " + text)


main(programs_verifies_and_dumps, breaks_and_steps, knows_the_flash, serves_gdb)
