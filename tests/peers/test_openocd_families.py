# SPDX-License-Identifier: MIT
#
# Debian's OpenOCD on a virtual chip of each family: it programs some KiB and verifies them, Tether
# reads them back. A bank has a row of its own where its registers differ.
import os
import tempfile

from peers import FULL, HURRY, main
from support import check, equal, expect, on_usb, random_bytes, tether

LENGTH = 6000           # not a multiple of anything

# Part, OpenOCD's target file, address, commands before programming.
ROWS = (
    ("STM32F072CB", "stm32f0x", 0x08000000, ()),
    ("STM32F103CB", "stm32f1x", 0x08000000, ()),
    ("STM32F103ZG", "stm32f1x", 0x08000000, ()),
    ("STM32F103ZG", "stm32xl", 0x0807F000, ()),         # over the border of the banks
    ("STM32F303CC", "stm32f3x", 0x08000000, ()),
    ("STM32L053C8", "stm32l0", 0x08000000, ()),
    ("STM32L073RZ", "stm32l0_dual_bank", 0x08000000, ()),
    ("STM32L073RZ", "stm32l0_dual_bank", 0x08017000, ()),
    ("STM32L152RB", "stm32l1", 0x08000000, ()),
    ("STM32L152RE", "stm32l1x_dual_bank", 0x0803F000, ()),
    ("STM32G071RB", "stm32g0x", 0x08000000, ()),
    ("STM32G0B1RE", "stm32g0x", 0x0803F000, ()),
    ("STM32G431RB", "stm32g4x", 0x08000000, ()),
    ("STM32G474RE", "stm32g4x", 0x0803F000, ()),
    ("STM32L433RC", "stm32l4x", 0x08000000, ()),
    ("STM32L476RG", "stm32l4x", 0x0807F000, ()),
    ("STM32L4R5ZI", "stm32l4x", 0x080FF000, ()),
    ("STM32WB55RG", "stm32wbx", 0x08000000, ()),
    ("STM32WL55JC", "stm32wlx", 0x08000000, ()),
    ("STM32L552ZE", "stm32l5x", 0x0803F000, ()),
    ("STM32U575ZI", "stm32u5x", 0x080FF000, ()),
    ("STM32F205RG", "stm32f2x", 0x08000000, ()),
    ("STM32F429ZI", "stm32f4x", 0x080FF000, ()),
    ("STM32F746ZG", "stm32f7x", 0x08000000, ()),
    ("STM32F767ZI", "stm32f7x", 0x08000000, ()),
    ("STM32H735ZG", "stm32h7x", 0x08000000, ()),
    ("STM32H743ZI", "stm32h7x", 0x08000000, ()),
    ("STM32H743ZI", "stm32h7x_dual_bank", 0x08100000, ()),
    ("STM32H7B3ZI", "stm32h7x", 0x08000000, ()),
)

# The last 6 KiB of parts with other ids (FULL=1): OpenOCD has its own tables of sizes and sectors. It knows no
# U535, U595, C0, H5 and later.
MORE = tuple((part, target, 0x08000000 + kib * 1024 - 6144, ()) for part, target, kib in (
    ("STM32F030F4", "stm32f0x", 16), ("STM32F042K6", "stm32f0x", 32), ("STM32F051C8", "stm32f0x", 64),
    ("STM32F091RC", "stm32f0x", 256), ("STM32F100RB", "stm32f1x", 128), ("STM32F100ZE", "stm32f1x", 512),
    ("STM32F103C6", "stm32f1x", 32), ("STM32F103ZE", "stm32f1x", 512), ("STM32F107VC", "stm32f1x", 256),
    ("STM32F301C8", "stm32f3x", 64), ("STM32F334C8", "stm32f3x", 64), ("STM32F303ZE", "stm32f3x", 512),
    ("STM32F373CC", "stm32f3x", 256), ("STM32F401CC", "stm32f4x", 256), ("STM32F401RE", "stm32f4x", 512),
    ("STM32F407VG", "stm32f4x", 1024), ("STM32F410RB", "stm32f4x", 128), ("STM32F411RE", "stm32f4x", 512),
    ("STM32F412ZG", "stm32f4x", 1024), ("STM32F413ZH", "stm32f4x", 1536), ("STM32F446RE", "stm32f4x", 512),
    ("STM32F469NI", "stm32f4x", 2048), ("STM32F722RE", "stm32f7x", 512), ("STM32G031K8", "stm32g0x", 64),
    ("STM32G051C8", "stm32g0x", 64), ("STM32G491RE", "stm32g4x", 512), ("STM32L011F4", "stm32l0", 16),
    ("STM32L031K6", "stm32l0", 32), ("STM32L151CB-A", "stm32l1", 128), ("STM32L151RC", "stm32l1", 256),
    ("STM32L412CB", "stm32l4x", 128), ("STM32L452RE", "stm32l4x", 512), ("STM32L496ZG", "stm32l4x", 1024),
    ("STM32L4P5ZG", "stm32l4x", 1024), ("STM32WB15CC", "stm32wbx", 320), ("STM32WLE5JC", "stm32wlx", 256)))

# Part, target file, driver with commands to lock and unlock, an erased word.
LOCKS = (
    ("STM32F072CB", "stm32f0x", "stm32f1x", "ffffffff"),
    ("STM32F103CB", "stm32f1x", "stm32f1x", "ffffffff"),
    ("STM32F303CC", "stm32f3x", "stm32f1x", "ffffffff"),
    ("STM32L053C8", "stm32l0", "stm32lx", "00000000"),
    ("STM32L152RB", "stm32l1", "stm32lx", "00000000"),
    ("STM32H7B3ZI", "stm32h7x", "stm32h7x", "ffffffff"),
)
# Chips that take seconds to erase.
SLOW_LOCKS = (
    ("STM32F205RG", "stm32f2x", "stm32f2x", "ffffffff"),
    ("STM32F429ZI", "stm32f4x", "stm32f2x", "ffffffff"),
    ("STM32F746ZG", "stm32f7x", "stm32f2x", "ffffffff"),
    ("STM32F767ZI", "stm32f7x", "stm32f2x", "ffffffff"),
    ("STM32H743ZI", "stm32h7x", "stm32h7x", "ffffffff"),
)


def openocd(board, target, *commands):
    arguments = ["openocd", "-f", "interface/stlink.cfg", "-f", "target/%s.cfg" % target, "-c",
                 "tcl_port disabled; telnet_port disabled; gdb_port disabled"]
    for command in ("init", *commands, "shutdown"):
        arguments += ["-c", command]
    code, text = on_usb(board, *arguments, options=HURRY)
    equal(code, 0, "exit code of OpenOCD, which said:\n" + text)
    return text


def programs(part, target, address, before):
    content = random_bytes(LENGTH)
    with tempfile.TemporaryDirectory() as folder:
        board, plain = "%s,image=%s/board" % (part, folder), folder + "/in.bin"
        with open(plain, "wb") as file:
            file.write(content)
        text = openocd(board, target, "reset halt", *before, "program %s 0x%x verify" % (plain, address))
        expect(text, r"Programming Finished", r"Verified OK")
        code, _, said = tether("run", "--probe", "virtual:" + board,
                               "mem read 0x%x %d %s/ours" % (address, LENGTH, folder))
        equal(code, 0, "tether run: " + said)
        with open(folder + "/ours", "rb") as ours:
            check(ours.read() == content, "Tether read something else")


def locks_and_unlocks(part, target, driver, erased):
    """Each call of OpenOCD is a power cycle for the chip."""
    with tempfile.TemporaryDirectory() as folder:
        board = "%s,image=%s/board" % (part, folder)
        openocd(board, target, "reset halt", "flash fillw 0x08000000 0xdeadbeef 16", driver + " lock 0")
        text = openocd(board, target, "halt", "if {[catch {mdw 0x08000000}]} {echo shut}")
        expect(text, r"shut")
        openocd(board, target, "halt", driver + " unlock 0")
        text = openocd(board, target, "reset halt", "mdw 0x08000000")
        expect(text, r"08000000: " + erased)


def test_of(function, row):
    def test():
        function(*row)
    test.__name__ = "%s %s" % (function.__name__, " ".join(str(word) for word in row[:3]))
    return test


main(*[test_of(locks_and_unlocks, row) for row in LOCKS + (SLOW_LOCKS if FULL else ())],
     *[test_of(programs, row) for row in ROWS + (MORE if FULL else ())])
