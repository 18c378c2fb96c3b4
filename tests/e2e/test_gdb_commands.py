# SPDX-License-Identifier: MIT
#
# The rest of what people type into GDB, beyond tests/e2e/test_gdb_session.py: each against what the program or the file says.
import os
import tempfile

from support import Rsp, Server, UsbServer, check, equal, expect, gdb, main, random_bytes

AT_MAIN = ("load", "tbreak main", "continue")


def starts_jumps_and_advances():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "start", "print $pc == main", "tbreak station_check", "jump main", "backtrace",
                  "advance station_average", "finish", "until", "info line", "tbreak usart_start", "run", "backtrace")
        expect(out, r"Temporary breakpoint 1, main", r"\$1 = 1", r"Temporary breakpoint 2, station_check",
               r"#1 .*main \(\)", r"station_average \(s=", r"^station_check .*:71$", r"^main \(\)", r"Line 84 of",
               r"Temporary breakpoint 3, usart_start", r"#1 .*main \(\)")


def calls_with_arguments_and_results():
    with Server() as server:
        out = gdb(server, "demo.elf", *AT_MAIN, "print fibonacci(12)", "call station_add(&station, 99)",
                  "print station.range.highest", "break fibonacci", "print fibonacci(3)", "backtrace", "finish")
        expect(out, r"\$1 = 144", r"\$2 = 99",
               r"The program being debugged stopped while in a function called from GDB", r"#1 .*fibonacci \(n=3\)",
               r"<function called from gdb>")


def shows_at_each_stop():
    with Server() as server:
        out = gdb(server, "demo.elf", *AT_MAIN, "display milliseconds", "display/i $pc", "break station_check", "continue",
                  "continue", "undisplay 1", "info display")
        check(out.count("1: milliseconds = ") == 2, out)
        check(out.count("2: x/i $pc\n=> 0x8000150 <station_check>:") == 2, out)


def watches_in_software():
    with Server() as server:
        out = gdb(server, "demo.elf", *AT_MAIN, "tbreak 87", "continue", "set can-use-hw-watchpoints 0", "watch checksum",
                  "continue", "print checksum")
        expect(out, r"^Watchpoint 3: checksum", r"Old value = 55", r"New value = 60", r"= 60")


def watches_more_than_there_are_units():
    with Server() as server:
        out = gdb(server, "demo.elf", *AT_MAIN, *("watch station.readings[%d]" % i for i in range(6)), "continue",
                  "delete 7", "delete 6", "continue")
        expect(out, r"Could not insert hardware watchpoint", r"You may have requested too many", r"Hardware watchpoint \d:",
               r"New value")


def finds_and_compares_memory():
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        part, text, back, again = (os.path.join(folder, name) for name in ("part", "text.srec", "back", "again"))
        with open(part, "wb") as file:
            file.write(random_bytes(20000))
        out = gdb(server, "demo.elf", *AT_MAIN, "restore %s binary 0x20004000" % part,
                  "find /b 0x20000000, +0x10000, 0x%02x, 0x%02x, 0x%02x, 0x%02x" % tuple(random_bytes(20000)[9000:9004]),
                  "find /b 0x08000000, +0x2000, 'r', 'o', 'o', 'f'", "find /b 0x08000000, +0x100, 'r', 'o', 'o', 'f'",
                  "dump binary memory %s 0x20004000 (0x20004000 + 20000)" % back,
                  "dump srec memory %s 0x08000000 0x08002000" % text, "restore %s 0x18008000" % text,
                  "dump binary memory %s 0x20008000 0x2000a000" % again, "compare-sections",
                  "set {unsigned char [4]}0x20004000 = {1, 2, 3, 4}", "x/1xw 0x20004000",
                  "set {long long}0x20004001 = 0x1122334455667788", "x/1xg 0x20004001")
        expect(out, r"Restoring binary file", r"^0x%x$" % (0x20004000 + 9000), r"1 pattern found", r"1 pattern found",
               r"Pattern not found", r"matched", r"0x04030201", r"0x1122334455667788")
        check("MIS-MATCHED" not in out, out)
        with open(part, "rb") as one, open(back, "rb") as other:
            check(one.read()[:16384] == other.read()[:16384], "dumped is not what was restored")
        with open(again, "rb") as file:
            check(b"roof" in file.read(), "the S-records were not restored")


def shows_all_registers_and_peripherals():
    with Server() as server:
        out = gdb(server, "demo.elf", *AT_MAIN, "info registers all", "info registers system", "p/x $control", "p $s31",
                  "p/x *(unsigned *)0x40023800", "p/x *(unsigned *)0xE000ED00", "set var *(unsigned *)0x40023830 = 1",
                  "p/x *(unsigned *)0x40023830", "set var $d7 = 0.5", "p $s15", "info mem", "info target", "info threads",
                  "info all-registers")
        expect(out, r"^fpscr", r"^faultmask", r"\$1 = 0x[04]", r"\$3 = 0x[0-9a-f]*83", r"\$4 = 0x410fc241", r"\$5 = 0x1$", r"= 1\.75",
               r"0x08000000 .*flash", r"\* 1 +Thread 1")


def steps_lines_with_few_packets():
    """One vCont;r for each line, not one vCont;s for each instruction."""
    with Server("--log", "gdb") as server:
        out = gdb(server, "demo.elf", *AT_MAIN, "next", "next", "next", "step", "step")
        expect(out, r"fibonacci \(n=", r"^54")
        equal(server.said().count("vCont;s:1"), 0, "single steps")
        check(server.said().count("<- vCont;r") >= 4, "range steps")


def breaks_in_ram_without_limit():
    """300 breakpoints there, while the chip has 6 units."""
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        nops = os.path.join(folder, "nops")
        with open(nops, "wb") as file:
            file.write(b"\x00\xbf" * 300 + b"\xfe\xe7")
        places = ["break *0x%x" % (0x20010000 + 2 * i) for i in range(300)]
        out = gdb(server, "demo.elf", *AT_MAIN, "restore %s binary 0x20010000" % nops, *places, "set $pc = 0x20010000",
                  *["continue"] * 9, "print/x $pc", "delete 2-290", "continue", "print/x $pc",
                  "x/2xh 0x20010000", "x/1xh 0x20010250")
        expect(out, r"\$1 = 0x20010012", r"\$2 = 0x20010242", r"0x20010000:\s+0xbf00\s+0xbf00", r"0x20010250:\s+0xbf00")
        check("Cannot insert" not in out and "Could not" not in out, out)


def says_when_units_run_out():
    with Server() as server:
        places = ["break *0x%x" % (0x080000c0 + 4 * i) for i in range(9)]
        out = gdb(server, "demo.elf", *AT_MAIN, *places, "continue", "delete 10", "delete 9", "delete 8", "continue")
        expect(out, r"Cannot insert hardware breakpoint (8|9|10)", r"You may have exceeded the hardware limit|too many hardware|"
               r"Could not insert", r"Breakpoint \d, ")


def settings_that_people_have():
    """Acknowledged packets, small ones, hexadecimal ones, plain remote, no memory map."""
    connect = "target %s 127.0.0.1:%d"
    with Server() as server:
        for settings in (("set remote noack-packet off",), ("set remote binary-download-packet off", "set remotecache on"),
                         ("set remote memory-write-packet-size 64", "set remote memory-write-packet-size fixed",
                          "set remote memory-read-packet-size 64", "set remote memory-read-packet-size fixed"),
                         ("set mem inaccessible-by-default off", "set remote hardware-breakpoint-limit 6"),
                         ("set remote verbose-resume-packet off", "set remote P-packet off"),
                         ("set remote memory-map-packet off", "set remote hardware-breakpoint-packet on")):
            flash = () if "map" in settings[0] else ("load", "compare-sections")
            out = gdb(server, "demo.elf", *settings, connect % ("remote", server.port), *flash, "monitor reset halt",
                      "maintenance flush register-cache", "thbreak station_check", "continue", "next", "finish", "print station.name",
                      "set var station.alarm = 1", "kill", connect=False)
            expect(out, r"station_check \(s=", r'= 0x[0-9a-f]+ "roof"')
            check("MIS-MATCHED" not in out and (not flash or out.count("matched") == 3), "%s: %s" % (settings, out))


def connects_hundreds_of_times():
    """A load each time; the server keeps nothing of them. Through USB, where the chip's memory is not the server's."""
    rounds = 300 if os.environ.get("FULL") else 6
    with UsbServer() as server:
        for i in range(3 + rounds):
            out = gdb(server, "demo.elf", "load", "break main", "continue", ("disconnect", "detach", "kill")[i % 3])
            expect(out, r"Transfer rate", r"Breakpoint 1, main")
            if i == 2:
                kib, descriptors = server.rss_kib(), len(os.listdir("/proc/%d/fd" % server.pid()))
        check(server.rss_kib() < kib + 128, "%d KiB more" % (server.rss_kib() - kib))
        equal(len(os.listdir("/proc/%d/fd" % server.pid())), descriptors, "descriptors")


def keeps_everything_over_a_reconnect():
    """disconnect, then another GDB: registers, RAM and the place are as they were; breakpoints are that one's own."""
    with Server("--log", "session") as server:
        out = gdb(server, "demo.elf", "load", "break station_check", "continue", "set var $r9 = 0x1234567", "set var checksum = 4711",
                  "disconnect")
        out = gdb(server, "demo.elf", "print checksum", "print/x $r9", "print $pc == station_check", "info breakpoints")
        expect(out, r"\$1 = 4711", r"\$2 = 0x1234567", r"\$3 = 1", r"No breakpoints")
        equal(Rsp(server).ask("qC"), "QC1", "the next one")


main(starts_jumps_and_advances, calls_with_arguments_and_results, shows_at_each_stop, watches_in_software,
     watches_more_than_there_are_units, finds_and_compares_memory, shows_all_registers_and_peripherals,
     steps_lines_with_few_packets, breaks_in_ram_without_limit, says_when_units_run_out, settings_that_people_have,
     connects_hundreds_of_times, keeps_everything_over_a_reconnect)
