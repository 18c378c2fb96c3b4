# SPDX-License-Identifier: MIT
#
# Option bytes, OTP and protection through `tether run` and GDB: each command in a process of its own, the chip in
# an image file between them.
import json
import os
import re
import subprocess
import tempfile

from support import BOARD, FIRMWARE, Server, check, equal, expect, gdb, main, tether


class Chip:
    """A virtual chip that lives on in a file."""

    def __init__(self, folder, keys=""):
        self.board = "%s,image=%s%s" % (BOARD, os.path.join(folder, "chip"), keys)

    def run(self, *commands, code=0):
        got, out, err = tether("run", "--probe", self.board, *commands)
        equal(got, code, "exit code of %s; it said: %s%s" % (commands, out, err))
        return out + err

    def confirmed(self, command):
        """Asks for the token, then gives it."""
        said = self.run(command, code=1)
        token = re.search(r"`(confirm [0-9a-f]{8})`", said)
        check(token, "no token in: " + said)
        return self.run("%s %s" % (command, token.group(1)))


def option_bytes_stay():
    with tempfile.TemporaryDirectory() as folder:
        chip, saved = Chip(folder), os.path.join(folder, "saved.txt")
        chip.run("option save " + saved)
        expect(chip.run("option set BOR_LEV=level1 nWRP=sectors:0-3"), r"0x3 off -> 0x2 level1", r"read back")
        expect(chip.run("option"), r"BOR_LEV +0x2", r"nWRP .*sectors 0-3")
        chip.run("option save " + saved + "2")
        with open(saved + "2") as file:
            expect(file.read(), r"BOR_LEV = 0x2  # level1", r"# WRP: sectors 0-3 \(0x08000000-0x0800ffff\)")
        expect(chip.run("option set BOR_LEV=level7", code=1), r"no value of BOR_LEV")
        expect(chip.run("option set BORLEV=off", code=1), r"Near: BOR_LEV")
        chip.run("option restore " + saved)
        expect(chip.run("option diff"), r"There is no difference")


def what_stays_for_ever_takes_a_token():
    with tempfile.TemporaryDirectory() as folder:
        chip = Chip(folder)
        expect(chip.confirmed("otp write 0x1fff79e0 c0ffee"), r"3 bytes written and verified")
        expect(chip.confirmed("otp lock 15"), r"block 15 is locked")
        expect(chip.run("otp"), r"block 15 .* written, locked\n +0x1fff79e0 +c0 ff ee ff")
        expect(chip.run("otp write 0x1fff79e0 00", code=1), r"locked for ever")
        chip.confirmed("option set RDP=level2")
        code, _, err = tether("run", "--probe", chip.board, "option")
        equal(code, 5, "exit code at level 2: " + err)


def protection_is_left_by_erasing():
    with tempfile.TemporaryDirectory() as folder:
        chip = Chip(folder)
        with open(os.path.join(folder, "data.bin"), "wb") as file:
            file.write(b"secret" * 100)
        chip.run("flash write %s/data.bin" % folder, "option set RDP=level1")
        expect(chip.run("protect"), r"RDP +0xbb", r"`protect off` ends it")
        chip.run("mem read 0x08000000 16 /dev/null", code=1)
        expect(chip.confirmed("protect off"), r"All of flash is blank")
        expect(chip.run("mdw 0x08000000", "protect"), r"ffffffff", r"can read and write everything")


def gdb_sets_them_too():
    with Server() as server:
        text = gdb(server, None, "monitor option set nWRP=sectors:11", "monitor option get nWRP",
                   "monitor option set RDP=level2", "monitor option get RDP", "info registers pc")
        expect(text, r"read back", r"sectors 11", r"Nothing was done", r"RDP +0xaa", r"pc +0x")


def gdb_sees_the_new_banks():
    """Loads are right at once, the memory map when GDB connects again."""
    elf = os.path.join(FIRMWARE, "demo.elf")
    with tempfile.TemporaryDirectory() as folder:
        board = "virtual:STM32L4R5ZI,image=%s/chip" % folder
        with Server(board=board) as server:
            text = gdb(server, elf, "load", "info mem", "monitor option set DBANK=0", "load", "compare-sections")
            expect(text, r"flash blocksize 0x1000", r"memory map has changed", r"matched")
            check("MIS-MATCHED" not in text, text)
            text = gdb(server, elf, "info mem", "compare-sections")
            expect(text, r"0x08000000 0x08200000 flash blocksize 0x2000")
            check("MIS-MATCHED" not in text, text)


def image_at(folder, address):
    """A file of bytes, and an ELF file that GDB loads to that address."""
    data, elf = os.path.join(folder, "data.bin"), os.path.join(folder, "data.elf")
    with open(data, "wb") as file:
        file.write(bytes(range(16)))
    subprocess.run(["arm-none-eabi-objcopy", "-I", "binary", "-O", "elf32-littlearm", "-B", "arm",
                    "--change-section-address", ".data=%#x" % address, "--set-section-flags", ".data=alloc,load,data",
                    data, elf], check=True)
    return data, elf


# Where a chip has OTP, and option bytes as memory (0 = they are registers only).
AREAS = {"STM32F407VG": (0x1FFF7800, 0x1FFFC000), "STM32L476RG": (0x1FFF7000, 0x1FFF7800),
         "STM32H563ZI": (0x08FFF000, 0), "STM32H7B3ZI": (0x08FFF000, 0)}


def plain_writes_of_gdb_are_refused():
    hints = {0: r"one-time programmable.*help otp", 1: r"among the option bytes.*help option"}
    for part, places in AREAS.items():
        with tempfile.TemporaryDirectory() as folder, Server(board="virtual:" + part) as server:
            for which, address in enumerate(places):
                if not address:
                    continue
                data, elf = image_at(folder, address)
                for command in ("set *(unsigned short *)%#x = 0" % address, "restore %s binary %#x" % (data, address),
                                "load " + elf):
                    expect(gdb(server, None, command, "monitor version"), hints[which])
                    check(re.search(hints[which], server.said()), "no hint on stderr: " + server.said())
            otp = gdb(server, None, "monitor otp", "monitor option diff")
            expect(otp, r"block 0-\d+ +\S+ empty", r"There is no difference")


def scripts_and_programs_need_it_too():
    with tempfile.TemporaryDirectory() as folder:
        chip, script = Chip(folder), os.path.join(folder, "script")
        for command in "otp lock 15", "option set RDP=level2", "otp write 0x1fff7800 00":
            with open(script, "w") as file:
                file.write("# a script\n%s\noption get RDP\n" % command)
            said = chip.run("@" + script, code=1)
            expect(said, r"script:2: .*: Nothing was done")
            code, out, _ = tether("run", "--json", "--probe", chip.board, command)
            row = json.loads(out)
            equal((code, row["ok"]), (1, False), command)
            token = re.search(r"`(confirm [0-9a-f]{8})`", row["cause"]).group(1)
            check(token in said, "scripts and --json make the same token")
        expect(chip.run("otp", "option get RDP"), r"block 0-15 .* empty, open", r"0xaa")
        with open(script, "w") as file:
            file.write("otp write 0x1fff7800 00 %s\n" % token)
        expect(chip.run("@" + script), r"1 bytes written and verified")


def a_rehearsal_touches_nothing():
    with tempfile.TemporaryDirectory() as folder:
        chip = Chip(folder)
        expect(chip.run("rehearse otp lock 15", "otp"), r"  \| block 15 is locked", r"block 0-15 .* empty, open")
        expect(chip.run("rehearse option set BORLEV=off", code=1), r"  \| .*Near: BOR_LEV")
    with Server() as server:
        text = gdb(server, None, "monitor rehearse option set RDP=level2", "monitor option get RDP")
        expect(text, r"  \| .*closes for ever", r"The chip was not touched", r"RDP +0xaa")


main(plain_writes_of_gdb_are_refused, scripts_and_programs_need_it_too, a_rehearsal_touches_nothing, option_bytes_stay, what_stays_for_ever_takes_a_token, protection_is_left_by_erasing, gdb_sets_them_too, gdb_sees_the_new_banks)
