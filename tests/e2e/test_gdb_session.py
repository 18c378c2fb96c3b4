# SPDX-License-Identifier: MIT
#
# A debug session as people have it, with gdb-multiarch over TCP.
from support import BOARD, TETHER, Server, check, expect, gdb, main


def loads_and_compares():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "compare-sections")
        expect(out, r"Loading section \.text", r"Start address 0x", r"Transfer rate")
        check(out.count("matched.") == 3 and "MIS-MATCHED" not in out, out)


def breaks_steps_and_unwinds():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "break main", "continue", "next", "step", "info locals",
                  "delete", "break fibonacci if n == 1", "continue", "backtrace", "finish",
                  "delete", "tbreak station_add", "continue", "backtrace", "up", "info frame")
        expect(out, r"Breakpoint 1, main \(\)", r"usart_start|printf",
               r"Breakpoint 2, fibonacci \(n=(n@entry=)?1\)", r"#1 .*fibonacci \(n=(n@entry=)?2\)", r"Value returned is",
               r"Temporary breakpoint 3, station_add", r"#1 .*SysTick_Handler",
               r"<signal handler called>", r"main \(\)")


def watches_data():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "tbreak main", "continue", "watch station.alarm", "continue",
                  "print station.range", "delete", "rwatch station.average", "awatch checksum", "continue", "info watchpoints")
        expect(out, r"Hardware watchpoint 2: station.alarm", r"Old value = false",
               r"New value = true", r"highest = 3[6-9]|highest = 39", r"Hardware",
               r"awatch|acc watchpoint|read watchpoint")


def registers_and_memory():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "break station_check", "continue", "info registers",
                  "info all-registers", "set var $r7 = 0x1234", "print/x $r7", "print/x $xpsr & 0xff",
                  "print $msp == $sp", "set var $s3 = 2.5", "print $s3", "x/4xw 0x08000000",
                  "set var milliseconds = 77", "print milliseconds",
                  "set {short}0x20010002 = 0x55aa", "x/1xh 0x20010002",
                  "print/x *(unsigned *)0xE0042000 & 0xfff", "print *(char *)0x60000000")
        expect(out, r"primask", r"control", r"\$1 = 0x1234", r"\$2 = 0x0", r"\$3 = 1", r"\$4 = 2.5",
               r"0x8000000.*:\s+0x20020000", r"= 77", r"0x20010002:\s+0x55aa", r"= 0x413",
               r"Cannot access memory at address 0x60000000")


def flash_is_not_written_by_accident():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "set {int}0x08000000 = 1", "x/1xw 0x08000000")
        expect(out, r"Writing to flash memory forbidden|Cannot access memory", r"0x20020000")


def runs_kills_and_runs_again():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "tbreak main", "run", "kill", "start", "print $pc == main")
        expect(out, r"Temporary breakpoint 1, main", r"\[Inferior 1 .*killed\]",
               r"Temporary breakpoint 2, main")
        check("SIGSEGV" not in out, out)


def calls_functions_on_the_target():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "break main", "continue", "print fibonacci(9)",
                  "print sensor_read(3)", "until", "advance station_check")
        expect(out, r"\$1 = 34", r"\$2 = 1", r"station_check")


def keeps_state_over_a_disconnect():
    with Server() as server:
        out = gdb(server, "demo.elf", "load", "break station_check", "continue", "set var checksum = 4711",
                  "disconnect", "target extended-remote 127.0.0.1:%d" % server.port, "print checksum",
                  "print $pc == station_check", "detach")
        expect(out, r"= 4711", r"= 1$")


def says_when_breakpoint_units_run_out():
    with Server() as server:
        places = ["hbreak *0x%x" % (0x080000c0 + 4 * i) for i in range(9)]
        out = gdb(server, "demo.elf", "load", *places, "continue")
        expect(out, r"Could not insert hardware breakpoints?|Cannot insert hardware breakpoint")
        check(server.alive(), "server died")


def greets_a_server_that_is_still_starting():
    """GDB waits 2 s and then says it again, to whom nobody had started to listen."""
    out = gdb(None, "demo.elf", "target extended-remote | sleep 2.5; exec '%s' --stdio --probe %s" % (TETHER, BOARD),
              "load", "info registers pc", "detach", connect=False)
    check("unexpectedly" not in out, out)
    expect(out, r"Transfer rate", r"pc +0x")


main(greets_a_server_that_is_still_starting, loads_and_compares, breaks_steps_and_unwinds, watches_data, registers_and_memory,
     flash_is_not_written_by_accident, runs_kills_and_runs_again, calls_functions_on_the_target,
     keeps_state_over_a_disconnect, says_when_breakpoint_units_run_out)
