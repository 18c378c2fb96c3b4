# SPDX-License-Identifier: MIT
#
# A chip with read protection, as real GDB and `tether run` meet it: each way says that this is the reason.
import os
import re
import tempfile

from support import FIRMWARE, Server, check, equal, expect, gdb, main, tether

SAID = r"Read protection is set \(RDP level1\)"
CHIPS = "STM32F407VG", "STM32F103C8", "STM32L152RE", "STM32L476RG", "STM32H743ZI", "STM32U575ZI"


def gdb_is_told():
    for chip in CHIPS[:None if os.environ.get("FULL") else 2]:
        with tempfile.TemporaryDirectory() as folder, Server(board="virtual:%s,options=RDP:187" % chip) as server:
            text = gdb(server, os.path.join(FIRMWARE, "demo.elf"), "x/4xw 0x08000000",
                       "dump binary memory %s/d 0x08000000 0x08000010" % folder, "load", "monitor flash info",
                       "monitor mdw 0x08000000", "info registers pc", "x/xw 0x20000000")
            expect(text, r"Cannot access memory at address 0x8000000", r"Load failed: the chip is (read-)?protected", r"\? can't be read", SAID,
                   r"pc +0x", r"0x20000000 ")
            check(re.search(SAID, server.said()), "stderr of the server: " + server.said())
            check("Transfer rate" not in text and "matched" not in text, text)
            for word in " 0 KiB", "cannot load", "Truncated":
                check(word not in text, "'%s' in: %s" % (word, text))


def tether_run_is_told():
    commands = ("flash info", "flash read %s", "flash verify %s 0x08000000", "flash write %s 0x08000000",
                "mem read 0x08000000 16", "mdw 0x08000000", "info")
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(b"some bytes" * 8)
        file.flush()
        for chip in CHIPS:
            for command in commands[:None if chip == CHIPS[0] else 2]:
                code, out, err = tether("run", "--probe", "virtual:%s,options=RDP:187" % chip,
                                        command % file.name if "%s" in command else command)
                expect(out + err, SAID)
                equal(code, 0 if command.endswith("info") else 1, command)


def level_2_is_thought_of():
    code, _, err = tether("run", "--probe", "virtual:STM32F407VG,options=RDP:204", "info")
    equal(code, 5, err)
    expect(err, r"read protection level 2")


main(gdb_is_told, tether_run_is_told, level_2_is_thought_of)
