# SPDX-License-Identifier: MIT
#
# Real GDB loads on a part of each kind of flash controller, with FULL=1 on one part of every chip file that can be
# programmed: an image over another one, with sections of odd sizes over the edges of sectors and banks and up
# to the last byte. Every byte of flash is compared, in the chip.
import json
import os
import re
import struct
import tempfile

from support import Rsp, Server, check, equal, expect, gdb, main, make_elf_of, random_bytes, tether

PARTS = (
    "STM32F030F4", "STM32F103C8", "STM32F103ZG", "STM32F303CC", "STM32F207VG", "STM32F407VG", "STM32F429VI",
    "STM32F746VG", "STM32F767VI", "STM32L053R8", "STM32L152RE", "STM32G071RB", "STM32G0B1RE", "STM32G431RB",
    "STM32G474RE", "STM32C031C6", "STM32U083RC", "STM32L432KC", "STM32L476RG", "STM32L4R5ZI", "STM32WB55RG",
    "STM32WLE5JC", "STM32L552ZE", "STM32U575ZI", "STM32U375RG", "STM32WBA52CG", "STM32WBA25CE",
    "STM32H503RB", "STM32H563ZI", "STM32H723ZG", "STM32H743ZG", "STM32H7A3ZI", "STM32H7S3L8")
EEPROM_WORD = 4


def all_parts():
    """A part of every chip file that can be programmed: the largest."""
    _, out, _ = tether("chips", "--json")
    for chip in json.loads(out)["chips"]:
        if "known_only" not in chip and chip["parts"]:
            yield chip["parts"][-1].replace("x", "R")
    yield "stm32wb35.cfg"           # whose parts have two ids


def flash_regions(server):
    """(start, end, size of a sector), as GDB is told."""
    rsp = Rsp(server)
    rsp.ask("qSupported")
    rsp.ask("?")
    text = rsp.ask("qXfer:memory-map:read::0,3000")
    rsp.ask("D")
    rsp.close()
    for start, length, block in re.findall(r'"flash" start="(\w+)" length="(\w+)"><[^>]*>(\w+)<', text):
        if int(block, 0) > EEPROM_WORD:
            yield int(start, 0), int(start, 0) + int(length, 0), int(block, 0)


def sections(regions, seed, at_start, before, behind, at_end):
    """Address -> bytes: the start; up to the first byte of a sector, which GDB does not erase; over each border;
    the end."""
    first, last = regions[0][0], regions[-1][1]
    edge = first + -(-6000 // regions[0][2]) * regions[0][2]
    places = [(first, at_start)]
    if edge < regions[0][1] - 10000:
        places.append((edge - before, before + 1))
    for (_, end, _), (start, _, _) in zip(regions, regions[1:]):
        places += [(end - before, before + behind)] if end == start else [(end - before, before), (start, behind)]
    places.append((last - at_end, at_end))
    return {start: random_bytes(length, seed + i) for i, (start, length) in enumerate(places)}


class Model:
    """What flash should hold."""

    def __init__(self, regions, erased):
        self.regions, self.erased = regions, erased
        self.flash = [bytearray([erased]) * (end - start) for start, end, _ in regions]

    def region_at(self, address):
        return next(i for i, (start, end, _) in enumerate(self.regions) if start <= address < end)

    def pieces(self, address, length):
        while length:
            i = self.region_at(address)
            step = min(length, self.regions[i][1] - address)
            yield i, address - self.regions[i][0], step
            address, length = address + step, length - step

    def load(self, image):
        for address, content in image.items():
            for i, at, length in self.pieces(address, len(content)):
                block = self.regions[i][2]
                low, high = at // block * block, -(-(at + length) // block) * block
                self.flash[i][low:high] = bytes([self.erased]) * (high - low)
        for address, content in image.items():
            done = 0
            for i, at, length in self.pieces(address, len(content)):
                self.flash[i][at:at + length] = content[done:done + length]
                done += length


def chip_flash(path):
    """The flash in the file of a virtual chip: probe/virtual/image.h."""
    with open(path, "rb") as file:
        content = file.read()
    equal(content[:8], b"TETHIMG1", "the file's first bytes")
    count, at, flash = struct.unpack_from("<I", content, 40)[0], 44, b""
    for _ in range(count):
        name, size = struct.unpack_from("<12sI", content, at)
        if name.startswith(b"flash"):
            flash += content[at + 16:at + 16 + size]
        at += 16 + size
    return flash


def loads(part):
    with tempfile.TemporaryDirectory() as folder:
        chip = folder + "/chip"
        with Server(board="virtual:%s,image=%s" % (part, chip)) as server:
            regions = list(flash_regions(server))
            images = [sections(regions, 1, 5001, 1001, 999, 1501), sections(regions, 100, 3333, 129, 401, 777)]
            elves = [make_elf_of(folder, image, "image%d" % i) for i, image in enumerate(images)]
            out = gdb(server, elves[0], "load", "compare-sections", "monitor reset halt", "load " + elves[1],
                      "monitor flash info", "load " + elves[1], "monitor version", "detach")
            line = r"\d+ bytes in [\d.]+ s \([\d.]+ KiB/s\), "
            expect(out, r"Transfer rate", r"matched\.", line, r"Transfer rate", line + r"\d+ sectors? erased.*, verified",
                   r"Transfer rate", r"bytes in .*, 0 sectors erased, \d+ unchanged, verified", r"detached")
            check("MIS-MATCHED" not in out and "Error" not in out, out)
        wanted = Model(regions, 0 if re.match("STM32L[01]", part) else 0xff)
        for image in images:
            wanted.load(image)
        found, flash = chip_flash(chip), b"".join(wanted.flash)
        equal(len(found), len(flash), "bytes of flash")
        differ = [i for i in range(len(flash)) if found[i] != flash[i]] if found != flash else []
        check(not differ, "%d bytes differ, from offset 0x%x on" % (len(differ), differ[0] if differ else 0))


def loads_on_every_kind_of_controller():
    for part in list(all_parts()) if os.environ.get("FULL") else PARTS:
        try:
            loads(part)
        except AssertionError as problem:
            raise AssertionError("%s: %s" % (part, problem)) from problem
        print("  " + part)


main(loads_on_every_kind_of_controller)
