# SPDX-License-Identifier: MIT
#
# Real GDB loads and compares on a part of each kind of flash controller; with FULL=1 on one part of every chip
# file that can be programmed.
import json
import os
import tempfile

from support import Server, check, expect, gdb, main, make_elf, random_bytes, tether

PARTS = (
    "STM32F030F4", "STM32F103C8", "STM32F103ZG", "STM32F303CC", "STM32F207VG", "STM32F407VG", "STM32F429VI",
    "STM32F746VG", "STM32F767VI", "STM32L053R8", "STM32L152RE", "STM32G071RB", "STM32G0B1RE", "STM32G431RB",
    "STM32G474RE", "STM32C031C6", "STM32U083RC", "STM32L432KC", "STM32L476RG", "STM32L4R5ZI", "STM32WB55RG",
    "STM32WLE5JC", "STM32L552ZE", "STM32U575ZI", "STM32U375RG", "STM32WBA52CG", "STM32WBA25CE",
    "STM32H503RB", "STM32H563ZI", "STM32H723ZG", "STM32H743VI", "STM32H7A3ZI", "STM32H7S3L8")


def all_parts():
    """A part of every chip file that can be programmed."""
    _, out, _ = tether("chips", "--json")
    for chip in json.loads(out)["chips"]:
        if chip["parts"]:
            yield chip["parts"][-1].replace("x", "R")


def load_and_compare(part, elf, size):
    with Server(board="virtual:" + part) as server:
        out = gdb(server, elf, "load", "compare-sections", "monitor reset halt", "monitor flash info", "load",
                  "compare-sections", "detach")
        expect(out, r"Transfer rate", r"matched\.", r"Transfer rate", r"matched\.", r"detached")
        check("MIS-MATCHED" not in out, part + ": " + out)
        check("Error" not in out, part + ": " + out)


def loads_on_every_kind_of_controller():
    size = 12345
    with tempfile.TemporaryDirectory() as folder:
        elf = make_elf(folder, random_bytes(size))
        parts = list(all_parts()) if os.environ.get("FULL") else PARTS
        for part in parts:
            try:
                load_and_compare(part, elf, size)
            except AssertionError as problem:
                raise AssertionError("%s: %s" % (part, problem)) from problem
            print("  " + part)


main(loads_on_every_kind_of_controller)
