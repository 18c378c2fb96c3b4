# SPDX-License-Identifier: MIT
#
# Debian's OpenOCD on the option bytes of virtual chips whose flash its stm32l4x driver serves: bank
# erase, write protection set, loaded with a reset, and obeyed.
import re

from peers import main
from support import check, expect, on_usb

# Part, OpenOCD's target file, offset of WRP1AR, bytes in a page.
ROWS = (
    ("STM32G071RB", "stm32g0x", 0x2C, 0x800),
    ("STM32L476RG", "stm32l4x", 0x2C, 0x800),
    ("STM32WB55RG", "stm32wbx", 0x2C, 0x1000),
    ("STM32U575ZI", "stm32u5x", 0x58, 0x2000),
)


def openocd(board, target, *commands):
    arguments = ["openocd", "-f", "interface/stlink.cfg", "-f", "target/%s.cfg" % target, "-c",
                 "tcl_port disabled; telnet_port disabled; gdb_port disabled"]
    for command in ("init", "reset halt", *commands, "shutdown"):
        arguments += ["-c", command]
    return on_usb(board, *arguments)[1]


def protects(part, target, wrp, page):
    fill = "flash fillw 0x%x 0xdeadbeef 16" % (0x08000000 + 4 * page)
    look = "mdw 0x%x" % (0x08000000 + 4 * page)
    text = openocd(part, target, fill, look, "stm32l4x mass_erase 0", look, fill,
                   "flash erase_sector 0 4 4", look, fill, "flash protect 0 4 5 on",
                   "stm32l4x option_load 0", "sleep 200", "reset halt",
                   "stm32l4x option_read 0 0x%x" % wrp, "catch {flash erase_sector 0 4 4}", look)
    expect(text, r"mass erase complete", r"option load completed", r"= 0x50004\b", r"device protected")
    words = re.findall(r"^0x0800\w+: (\w+)", text, re.MULTILINE)
    check(words == ["deadbeef", "ffffffff", "ffffffff", "deadbeef"], "flash read %r:\n%s" % (words, text))


def test_of(row):
    def test():
        protects(*row)
    test.__name__ = row[0]
    return test


main(*[test_of(row) for row in ROWS])
