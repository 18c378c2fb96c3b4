# SPDX-License-Identifier: MIT
#
# Bad boards (probe/virtual/mishaps.h), and what each tool makes of them: does it connect, does it say why
# not, how long does that take. Shared by test_bad_boards.py and by `make bench`.
import os
import re

from support import BUILD, TETHER, on_usb

QUIET = ("-c", "gdb_port disabled; tcl_port disabled; telnet_port disabled")
TIMES = re.compile(r"total ([\d.]+); host ([\d.]+)")


class Board:
    """others: which of the other tools get through, by their letters in TOOLS; None = that depends on how
    quick this machine is."""

    def __init__(self, name, board, target, reached, others, cause, fast=False):
        self.name, self.board, self.target, self.reached, self.others = name, board, target, reached, others
        self.cause, self.fast = re.compile(cause, re.I), fast   # fast: part of the short form


BOARDS = (
    Board("healthy", "STM32F407VG", "stm32f4x", True, "orif", r"$^"),
    Board("no supply", "STM32F407VG,mishap=no-power", "stm32f4x", False, "",
          r"no supply|voltage may be too low", True),
    Board("SWD not connected", "STM32F407VG,mishap=swd-unwired", "stm32f4x", False, "", r"SWDIO|wiring"),
    Board("held in reset", "STM32F407VG,mishap=held-in-reset", "stm32f4x", False, "if", r"in reset|NRST"),
    Board("debug domain without power", "STM32F407VG,mishap=no-debug-power", "stm32f4x", False, "",
          r"power-up|Shutdown"),
    Board("F103 in WFI from the start", "STM32F103C8,mishap=sleeping", "stm32f1x", True, "rf", r"sleep|WFI",
          True),
    Board("F103 in WFI, NRST not wired", "STM32F103C8,mishap=sleeping+nrst-unwired", "stm32f1x", False, "",
          r"sleep|WFI"),
    Board("L151 in WFI", "STM32L151RB,mishap=sleeping", "stm32l1", True, "orif", r"sleep|WFI"),
    Board("F407 in Stop mode", "STM32F407VG,mishap=asleep", "stm32f4x", True, "rf", r"\bStop\b|sleep"),
    Board("G031, SWD pins taken after 2 ms", "STM32G031K8,mishap=pins-taken:2", "stm32g0x", True, "rf",
          r"SWD pins", True),
    Board("the same, NRST not wired", "STM32G031K8,mishap=pins-taken:2+nrst-unwired", "stm32g0x", False, "",
          r"firmware cuts it off"),
    Board("H725 under its watchdog", "STM32H725ZG,mishap=watchdog:3+reset-cuts-swd+halt-lost", "stm32h7x",
          True, None, r"watchdog", True),
    Board("F103 that resets itself", "STM32F103C8,mishap=reset-loop:1", "stm32f1x", True, "orif",
          r"reset again"),
    Board("F030, half-copied, locked up", "STM32F030C8,mishap=half-copied", "stm32f0x", True, "orif",
          r"not complete|lock-?up"),
    Board("L151 protected, size unreadable", "STM32L151RB,mishap=no-size,options=RDP:0", "stm32l1", True,
          "orif", r"read protection|protected", True),
    Board("F103 at 16 kHz, V3 probe", "STM32F103C8,mishap=slow-clock,firmware=V3J7M3", "stm32f1x", True,
          "orif", r"too slow"),
    Board("wires for 1 MHz", "STM32F407VG,mishap=long-wires:1000", "stm32f4x", True, "", r"low(er)? (the )?speed"),
    Board("F103 that is a GD32", "STM32F103C8,mishap=clone", "stm32f1x", True, "if", r"GD32|copy"),
)


def tether(board):
    return [TETHER, "run", "halt", "reg pc"]


def openocd(board, *before):
    words = ["openocd", "-f", "interface/stlink.cfg", "-f", "target/%s.cfg" % board.target, *QUIET]
    for command in (*before, "init", "reset halt", "reg pc", "shutdown"):
        words += ["-c", command]
    return words


def openocd_under_reset(board):
    return openocd(board, "reset_config srst_only srst_nogate connect_assert_srst")


def st_info(board):
    return ["st-info", "--probe"]


def st_flash_under_reset(board):
    return ["st-flash", "--connect-under-reset", "read", "/dev/null", "0x08000000", "4"]


# A tool is on the target when it has shown something that only the target knows.
TOOLS = {
    "t": ("Tether", tether, r"^pc +0x"),
    "o": ("OpenOCD", openocd, r"^pc \(/32\): 0x"),
    "r": ("OpenOCD, under reset", openocd_under_reset, r"^pc \(/32\): 0x"),
    "i": ("st-info", st_info, r"chipid: +0x0*[1-9a-f]"),
    "f": ("st-flash, under reset", st_flash_under_reset, r"read from address"),
}


class Verdict:
    def __init__(self, connected, explained, ms, text):
        self.connected, self.explained, self.ms, self.text = connected, explained, ms, text

    def words(self):
        return ("yes" if self.connected else "no") + (", says why" if self.explained else "")


def meet(board, tool, options=()):
    """Runs a tool on a board. Time is that of bus, wire and the tool itself, in ms."""
    _, command, connected = TOOLS[tool]
    _, text = on_usb(board.board, "timeout", "30", *command(board), options=("--times", *options), timeout=60)
    times = TIMES.search(text)
    text = "".join(line for line in text.splitlines(True) if board.board not in line)
    return Verdict(bool(re.search(connected, text, re.M)), bool(board.cause.search(text)),
                   sum(float(x) for x in times.groups()) if times else 0.0, text)
