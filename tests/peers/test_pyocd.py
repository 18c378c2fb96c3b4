# SPDX-License-Identifier: MIT
#
# Debian's pyOCD 0.13.1 on the virtual ST-LINK, unmodified. It wants a V2 that is not in DFU mode, knows
# no V3 and no F407, and its F439 loader fills 132 KiB of RAM, more than an F407 has in one piece.
import os
import subprocess
import tempfile

from peers import (HURRY, IMAGE_SIZE, file_bytes, main, run_session, session, tether_loads, tether_reads,
                   then_tether)
from support import FIRMWARE, check, equal, expect, on_usb, random_bytes

BOARD = "STM32F439ZG,firmware=V2J45M31"
TARGET = ("-t", "stm32f439xg")
ELF = os.path.join(FIRMWARE, "demo.elf")


def pyocd(board, *command, options=()):
    code, text = on_usb(board, "timeout", "40", *command, options=options)
    equal(code, 0, "exit code of %s, which said:\n%s" % (" ".join(command), text))
    return text


def lists_the_probe():
    expect(pyocd(BOARD, "pyocd-tool", "list"), r"STLinkV2-1")


def reads_and_writes_memory():
    tool = ("pyocd-tool", "-t", "cortex_m", "-H")
    expect(pyocd(BOARD, *tool, "status"), r"Core 0 status:\s+Halted")
    expect(pyocd(BOARD, *tool, "read32", "0xE0042000", "4"), r"20016419|[0-9a-f]{5}419")
    code, text = on_usb(BOARD, *then_tether("pyocd-tool -t cortex_m -H write32 0x20000100 0xcafe1234",
                                            "mdw 0x20000100"))
    expect(text, r"20000100.*cafe1234")
    equal(code, 0, "exit code: " + text)


def programs_flash():
    content = random_bytes(IMAGE_SIZE)
    with tempfile.TemporaryDirectory() as folder:
        plain, board = folder + "/in.bin", "%s,image=%s/board" % (BOARD, folder)
        with open(plain, "wb") as file:
            file.write(content)
        expect(pyocd(board, "pyocd-flashtool", *TARGET, "-a", "0x08000000", plain, "bin", options=HURRY),
               r"Programmed \d+ bytes")
        check(tether_reads(board, folder, len(content)) == content, "Tether read something else")


def reads_what_tether_wrote():
    with tempfile.TemporaryDirectory() as folder:
        board, plain = "%s,image=%s/board" % (BOARD, folder), folder + "/demo.bin"
        subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "--gap-fill", "0xff", ELF, plain], check=True)
        tether_loads(board, ELF)
        wanted = file_bytes(plain)
        pyocd(board, "pyocd-tool", "-t", "cortex_m", "-H", "savemem", "0x08000000", str(len(wanted)),
              folder + "/out")
        check(file_bytes(folder + "/out") == wanted, "pyOCD reads something else")


# Python 3.9 took away a name that this pyOCD's server needs, and intervaltree 3 another; nothing else
# of it is changed.
SERVER = """/usr/bin/python3 -c '
import threading, intervaltree
threading.Thread.isAlive = threading.Thread.is_alive
def search(tree, begin, end=None, strict=False):
    return tree.at(begin) if end is None else tree.envelop(begin, end) if strict else tree.overlap(begin, end)
intervaltree.IntervalTree.search = search
from pyocd.tools.gdb_server import main
main()' -t stm32f439xg -p $port -T $other"""


def serves_gdb():
    script = session(SERVER, "monitor reset halt", "load", "monitor reset halt", "break station_check",
                     "continue", "backtrace", "next", "info locals", "stepi", "info registers pc", "detach",
                     elf=ELF, first=("set mem inaccessible-by-default off",))
    with tempfile.TemporaryDirectory() as folder:
        code, text = run_session(BOARD, folder, script)
    expect(text, r"Transfer rate", r"Breakpoint 1, station_check", r"#1 .*main \(\)", r"pc +0x800")
    equal(code, 0, "exit code: " + text)


main(lists_the_probe, reads_and_writes_memory, programs_flash, reads_what_tether_wrote, serves_gdb)
