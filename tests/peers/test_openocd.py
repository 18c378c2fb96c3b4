# SPDX-License-Identifier: MIT
#
# Debian's OpenOCD on the virtual ST-LINK, unmodified, with both of its drivers.
import os
import subprocess
import tempfile

from peers import (CHIP, FULL, HURRY, IMAGE_SIZE, file_bytes, main, pairs, run_session, session,
                   tether_loads, tether_reads, then_tether)
from support import BUILD, FIRMWARE, check, equal, expect, make_elf, on_usb, random_bytes

DRIVERS = ("stlink.cfg", "stlink-dap.cfg")
FIRMWARES = ("V2J37S7", "V3J7M3")
ELF = os.path.join(FIRMWARE, "demo.elf")
ALONE = "gdb_port disabled; tcl_port disabled; telnet_port disabled"


def command_line(driver, *commands):
    words = ["timeout", "100", "openocd", "-f", "interface/" + driver, "-f", "target/stm32f4x.cfg", "-c", ALONE]
    for command in ("init", *commands, "shutdown"):
        words += ["-c", command]
    return words


def openocd(driver, firmware, *commands, image=None, options=HURRY):
    board = "%s,firmware=%s%s" % (CHIP, firmware, ",image=" + image if image else "")
    code, text = on_usb(board, *command_line(driver, *commands), options=options)
    equal(code, 0, "exit code of OpenOCD, which said:\n" + text)
    return text


def board_with(firmware, image):
    return "%s,firmware=%s,image=%s" % (CHIP, firmware, image)


def starts_with_every_probe():
    """But V3PWR: OpenOCD 0.12 does not know its USB id."""
    more = ("V2J28S7", "V2J45M31", "V3J3M2", "V3J15M7") if FULL else ("V2J28S7", "V3J15M7")
    for driver in DRIVERS:
        for firmware in more:
            text = openocd(driver, firmware, "reset halt", "reg pc", "mdw 0xe0042000")
            expect(text, r"Cortex-M4 r0p1", r"halted due to", r"e0042000: 10076413")


def programs_verifies_and_dumps():
    content = random_bytes(IMAGE_SIZE)
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        with tempfile.TemporaryDirectory() as folder:
            elf, image, dump = make_elf(folder, content), folder + "/board", folder + "/dump"
            text = openocd(driver, firmware, "reset halt", "program %s verify" % elf,
                           "dump_image %s 0x08000000 %d" % (dump, len(content)), image=image)
            expect(text, r"Programming Finished", r"Verified OK")
            check(file_bytes(dump) == content, "OpenOCD read back something else")
            check(tether_reads(board_with(firmware, image), folder, len(content)) == content,
                  "Tether read something else")


def finds_what_tether_wrote():
    content = random_bytes(IMAGE_SIZE, 7)
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        with tempfile.TemporaryDirectory() as folder:
            elf, image = make_elf(folder, content), folder + "/board"
            tether_loads(board_with(firmware, image), elf)
            text = openocd(driver, firmware, "reset halt", "verify_image " + elf, image=image)
            expect(text, r"verified %d bytes" % len(content))


def hands_over_to_tether():
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        peer = " ".join("'%s'" % w for w in command_line(driver, "reset halt", "mww 0x20000100 0xcafe1234"))
        code, text = on_usb("%s,firmware=%s" % (CHIP, firmware),
                            *then_tether(peer, "mdw 0x20000100", "reset halt", "reg pc"))
        expect(text, r"shutdown command invoked", r"20000100.*cafe1234")
        equal(code, 0, "exit code: " + text)


def breaks_and_steps():
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        text = openocd(driver, firmware, "reset halt", "program %s verify" % ELF, "reset halt", "reg pc",
                       "bp 0x%x 2 hw" % symbol(ELF, "station_check"), "resume", "wait_halt 2000",
                       "rbp all", "step", "step", "reg pc", "reg xPSR", options=())
        expect(text, r"Verified OK", r"halted due to breakpoint", r"halted due to single-step",
               r"halted due to single-step", r"xPSR")


def receives_trace():
    """Firmware that prints to stimulus port 0 of the ITM at 168 MHz."""
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        with tempfile.TemporaryDirectory() as folder:
            board = board_with(firmware, folder + "/board")
            tether_loads(board, os.path.join(FIRMWARE, "trace.elf"))
            openocd(driver, firmware + ",pace=real", "reset run", "sleep 50",
                    "stm32f4x.tpiu configure -protocol uart -output %s/swo -traceclk 168000000 -pin-freq 2000000"
                    % folder, "stm32f4x.tpiu enable", "itm port 0 on", "sleep 400", image=folder + "/board",
                    options=())
            raw = file_bytes(folder + "/swo")
            check(b"".join(b"\x01%c" % c for c in b"trace 3\ntrace 4\n") in raw, "no trace in %r" % raw[:200])


def symbol(elf, name):
    out = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True).stdout
    return next(int(row.split()[0], 16) for row in out.splitlines() if row.split()[-1] == name) & ~1


def knows_the_flash():
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        text = openocd(driver, firmware, "reset halt", "flash info 0", "flash fillw 0x08004000 0xdeadbeef 16",
                       "mdw 0x08004000", "flash erase_sector 0 1 1", "mdw 0x08004000", "stm32f2x options_read 0",
                       "mdw 0x1fffc000", "mdb 0x1fff7800 4", "mdb 0x1fff7a00 16")
        expect(text, r"size 0x00100000", r"0x4000 16kB", r"0x20000 128kB", r"STM32F4xx",
               r"08004000: deadbeef", r"08004000: ffffffff", r"user_options 0xEC",
               r"1fffc000: ....aae.", r"1fff7800: ff ff ff ff", r"1fff7a00: ff ff")


def writes_options_and_otp():
    """Brown-out level 3 and a word of OTP; Tether has to see both."""
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        with tempfile.TemporaryDirectory() as folder:
            peer = " ".join("'%s'" % w for w in command_line(
                driver, "reset halt", "stm32f2x options_write 0 0xe0", "stm32f2x otp 1 enable",
                "flash fillw 0x1fff7800 0x12345678 1", "stm32f2x otp 1 disable"))
            code, text = on_usb(board_with(firmware, folder + "/board"), options=HURRY,
                                *then_tether(peer, "option", "mdw 0x1fff7800", "otp"))
            expect(text, r"BOR_LEV +0x0", r"1fff7800.*12345678", r"block 0 +0x1fff7800 written, open",
                   r"block 1-15 .*empty, open")
            equal(code, 0, "exit code: " + text)


def may_be_killed():
    """In the middle of its transfers; the probe on the bus lives on and serves the next program."""
    busy = " ".join("'%s'" % w for w in command_line("stlink.cfg", "while {1} {echo [mdw 0x20000000 8]}")[2:])
    script = ("for i in $(seq %d); do %s >said 2>&1 & p=$!; "
              "while ! grep -qs 0x20000000 said; do kill -0 $p || exit 1; done; kill -KILL $p; wait $p; rm said; done 2>/dev/null; '%s/tether' run info"
              % (30 if FULL else 6, busy, os.path.abspath(BUILD)))
    with tempfile.TemporaryDirectory() as folder:
        code, text = on_usb(CHIP, "sh", "-c", "cd %s; %s" % (folder, script), options=("--times",))
    expect(text, r"STM32F4", r"commands; modelled ms")
    equal(code, 0, "exit code: " + text)


def serves_gdb():
    for driver, firmware in pairs(DRIVERS, FIRMWARES):
        script = session("openocd -f interface/%s -f target/stm32f4x.cfg -c \"gdb_port $port; tcl_port "
                         "disabled; telnet_port disabled\"" % driver,
                         "monitor reset halt", "load", "compare-sections", "monitor reset halt",
                         "break station_check", "continue", "backtrace", "next", "info locals", "stepi",
                         "kill", elf=ELF)
        with tempfile.TemporaryDirectory() as folder:
            code, text = run_session("%s,firmware=%s" % (CHIP, firmware), folder, script)
        expect(text, r"Transfer rate", r"Section .text,.* matched", r"Breakpoint 1, station_check",
               r"#1 .*main \(\)")
        equal(code, 0, "exit code: " + text)


main(starts_with_every_probe, programs_verifies_and_dumps, finds_what_tether_wrote, hands_over_to_tether,
     breaks_and_steps, receives_trace, knows_the_flash, writes_options_and_otp, may_be_killed, serves_gdb)
