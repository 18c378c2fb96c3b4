# SPDX-License-Identifier: MIT
#
# The ten rules of the remote protocol that matter most to clients, one test each.
import os
import re
import tempfile
import time
import xml.etree.ElementTree as xml

from support import BOARD, Rsp, Server, check, equal, expect, gdb, main, make_elf, random_bytes, tether

SUPPORTED = "qSupported:swbreak+;hwbreak+;vContSupported+"


def xfer(rsp, what, annex=""):
    text, offset = "", 0
    while True:
        answer = rsp.ask("qXfer:%s:read:%s:%x,ffb" % (what, annex, offset))
        check(answer[:1] in "ml" and answer, "qXfer answer %r" % answer)
        text += answer[1:]
        offset += len(answer) - 1
        if answer[0] == "l":
            return text


def rule_1_acknowledges_at_once():
    with Server() as server:
        rsp = Rsp(server)
        rsp.raw(b"$?#00")
        equal(rsp.byte(), b"-", "wrong checksum")
        rsp.send("?")
        equal(rsp.byte(), b"+", "first byte after a good packet")
        check(rsp.packet().startswith(b"T05"), "stop reply")
        rsp.close()


def rule_2_offers_no_ack_mode():
    with Server() as server:
        rsp = Rsp(server)
        answer = rsp.ask(SUPPORTED)
        check("QStartNoAckMode+" in answer and "PacketSize=4000" in answer, answer)
        rsp.no_acks()
        before = rsp.seen_acks
        rsp.ask("qC")
        equal(rsp.seen_acks, before, "acks in no-ack mode")


def rule_3_a_nak_does_not_repeat_an_old_reply():
    with Server() as server:
        rsp = Rsp(server)
        rsp.ask(SUPPORTED)
        rsp.no_acks()
        equal(rsp.ask("qC"), "QC1")
        rsp.send("m20000000,1000")
        rsp.raw(b"-")
        equal(len(rsp.packet()), 0x2000, "the reply of the packet in work")
        equal(rsp.ask("qC"), "QC1", "the next reply")


def rule_4_keeps_clients_waiting():
    # At 5 kHz a word takes 9 ms on the wire; paced, the 1.5 KiB take as long as on a board.
    with Server(board=BOARD + ",pace=real") as server:
        rsp = Rsp(server)
        rsp.ask(SUPPORTED)
        rsp.no_acks()
        rsp.ask("?")
        rsp.monitor("speed 5")
        rsp.send("m20000000,600")
        before = rsp.seen_acks
        answer = rsp.packet(timeout=60)
        equal(len(answer), 0xc00, "length of the slow reply")
        check(rsp.seen_acks > before, "no keep-alive during a slow packet")
        rsp.nothing_for(2.5)


def rule_4_keeps_gdb_waiting():
    """GDB 13 gives up after 6 s of silence; this read takes 10."""
    with Server(board=BOARD + ",pace=real") as server, tempfile.TemporaryDirectory() as folder:
        out = gdb(server, None, "monitor speed 5", "dump binary memory %s/ram 0x20000000 0x20001000" % folder,
                  "print 40 + 2", "detach", timeout=60)
        equal(os.path.getsize(folder + "/ram"), 0x1000, "bytes that GDB read; it said: " + out)
        check("= 42" in out and "Ignoring packet error" not in out, out)


def rule_4_keeps_gdb_waiting_through_forty_seconds():
    """2 MiB erased byte-wise at 1.8 V, sector by sector (the first one is not touched), and half of a
    MiB programmed: all of it within one packet of GDB."""
    chip, bytes_new = "STM32F429ZI", b"\xff" * (0x1f0000 - 0x80000) + random_bytes(0x80000)
    with tempfile.TemporaryDirectory() as folder:
        board = "virtual:%s,image=%s/board" % (chip, folder)
        with open(folder + "/old.bin", "wb") as old:
            old.write(random_bytes(0x200000, 3))
        code, out, err = tether("run", "--probe", board, "flash write %s/old.bin 0x08000000" % folder)
        equal(code, 0, err)
        elf = make_elf(folder, bytes_new, 0x08010000)
        with Server(board=board + ",voltage=1800,pace=real") as server:
            start = time.monotonic()
            out = gdb(server, elf, "load", "compare-sections", "print 40 + 2", "detach", timeout=200)
            check(time.monotonic() - start > 35, "%.1f s are too few to tell" % (time.monotonic() - start))
            expect(out, r"Transfer rate", r"matched", r"= 42")
            check("Ignoring packet error" not in out and "Timed out" not in out, out)


def rule_5_console_text_only_where_it_is_allowed():
    with Server() as server:
        rsp = Rsp(server)
        rsp.ask(SUPPORTED)
        rsp.no_acks()
        rsp.ask("?")
        equal(rsp.ask("vFlashErase:08000000,00004000"), "OK", "erase")
        equal(rsp.ask(b"vFlashWrite:8000000:" + bytes(range(1, 200))), "OK", "write")
        equal(rsp.ask("vFlashDone", timeout=60), "OK", "done")
        equal(rsp.ask("m8000000,4"), "01020304", "what was written")


def rule_6_monitor_output_streams_and_ends_in_ok():
    with Server() as server:
        rsp = Rsp(server)
        rsp.ask(SUPPORTED)
        rsp.no_acks()
        text = rsp.monitor("help")
        check("reset" in text and "flash" in text, text)
        check("no such" in rsp.monitor("nonsense").lower() or
              "unknown" in rsp.monitor("nonsense").lower(), "unknown command")


def rule_7_is_halted_when_asked():
    with Server() as server:
        rsp = Rsp(server)
        rsp.ask(SUPPORTED)
        check(re.match(r"T05", rsp.ask("?")), "stop reply")
        check(rsp.ask("qAttached").startswith("1"), "qAttached")


def rule_8_the_memory_map_covers_everything_once():
    with Server() as server:
        rsp = Rsp(server)
        rsp.ask(SUPPORTED)
        rsp.no_acks()
        rsp.ask("?")
        regions = []
        for memory in xml.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", xfer(rsp, "memory-map"))):
            start, length = (int(memory.get(k), 0) for k in ("start", "length"))
            regions.append((start, start + length, memory.get("type")))
            if memory.get("type") == "flash":
                check(memory.find("property[@name='blocksize']") is not None, "blocksize")
        regions.sort()
        for (_, end, _), (start, _, _) in zip(regions, regions[1:]):
            check(end <= start, "regions overlap at %08x" % start)
        for address in (0x08000000, 0x080fffff, 0x20000000, 0x2001ffff, 0x10000000, 0x1fff0000, 0x1fff7800,
                        0x40023c00, 0xe000ed00, 0xffffffff, 0x22000000, 0x42000000, 0):
            check(any(start <= address < end for start, end, _ in regions),
                  "%08x is missing" % address)


def rule_9_removes_breakpoints_by_type_and_address():
    with Server() as server:
        rsp = Rsp(server)
        rsp.ask(SUPPORTED)
        rsp.ask("?")
        for _ in range(20):
            equal(rsp.ask("Z0,8000100,2"), "OK", "insert")
            equal(rsp.ask("z0,8000100,4"), "OK", "remove with another kind")
        equal(rsp.ask("z1,8000200,2"), "OK", "remove what is not there")


def rule_10_text_errors_only_where_they_are_understood():
    for offered, wanted in (("", r"E[0-9a-f]{2}$"), (";error-message+", r"E")):
        with Server() as server:
            rsp = Rsp(server)
            rsp.ask(SUPPORTED + offered)
            rsp.ask("?")
            answer = rsp.ask("m60000000,4")
            check(re.match(wanted, answer), "%r for m with %r" % (answer, offered))


main(rule_1_acknowledges_at_once, rule_2_offers_no_ack_mode,
     rule_3_a_nak_does_not_repeat_an_old_reply, rule_4_keeps_clients_waiting, rule_4_keeps_gdb_waiting,
     *([rule_4_keeps_gdb_waiting_through_forty_seconds] if os.environ.get("FULL") else []),
     rule_5_console_text_only_where_it_is_allowed,
     rule_6_monitor_output_streams_and_ends_in_ok, rule_7_is_halted_when_asked,
     rule_8_the_memory_map_covers_everything_once,
     rule_9_removes_breakpoints_by_type_and_address,
     rule_10_text_errors_only_where_they_are_understood)
