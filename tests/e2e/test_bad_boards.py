# SPDX-License-Identifier: MIT
#
# Bad boards and bad probes as a user meets them: on the command line, in JSON, in GDB.
import json
import re

from support import TETHER, Server, check, equal, expect, gdb, main, on_usb, tether

NOT_REACHED, NO_PERMISSION, FAILED = 5, 7, 1


def run(board, *commands):
    return tether("run", *commands[:-1], "--probe", "virtual:" + board, commands[-1])


def run_names_the_cause():
    for board, cause, name in (
            ("STM32F407VG,mishap=no-power", "no supply voltage", "DEV_NO_DEVICE"),
            ("STM32F407VG,mishap=held-in-reset", "holds the chip in reset", "DEV_TARGET_HELD_UNDER_RESET"),
            ("STM32F103C8,mishap=sleeping+nrst-unwired", "connect the probe's NRST", "unknown chip id")):
        code, out, said = run(board, "halt")
        equal(code, NOT_REACHED, said)
        equal(out, "", "stdout")
        expect(said, r"^tether: the target can't be reached: ", r"^Seen: ", r"^Next: ", r"^ST's tools call this ",
               r"^Tried in \d+ ms: |\Z")
        check(cause in said and name in said, said)


def programs_get_it_as_json():
    code, out, _ = run("STM32F407VG,mishap=no-power", "--json", "halt")
    equal(code, NOT_REACHED)
    row = json.loads(out)
    equal((row["command"], row["ok"], row["diagnosis"]["name"]), ("connect", False, "no-supply"), out)
    equal(row["tries"][0]["rung"], "normal")
    equal([t["ok"] for t in row["tries"]], [False] * len(row["tries"]))
    check("DEV_" in row["diagnosis"]["st"] and row["ms"] < 3000, out)


def probes_that_cannot_be_had_are_named():
    for option, wanted, words in (("--busy", FAILED, "another program"), ("--locked", NO_PERMISSION, "udev")):
        code, said = on_usb("STM32F407VG", TETHER, "run", "halt", options=(option,))
        equal(code, wanted, said)
        expect(said, r"DEV_CONNECT_ERR")
        check(words in said, said)
        code, said = on_usb("STM32F407VG", TETHER, "list", options=(option,))
        expect(said, r"DEV_CONNECT_ERR")
        _, said = on_usb("STM32F407VG", TETHER, "list", "--json", options=(option,))
        probe = json.loads(said[said.index("{"):said.rindex("}") + 1])["probes"][0]
        equal(probe["diagnosis"]["name"], "probe-busy" if option == "--busy" else "permission", said)


def list_shows_the_supply():
    code, said = on_usb("STM32F407VG,mishap=no-power", TETHER, "list")
    equal(code, 0, said)
    expect(said, r"ready, 0\.00 V at the target")


def gdb_loads_over_firmware_that_takes_the_pins():
    with Server(board="virtual:STM32F407VG,mishap=pins-taken:2") as server:
        out = gdb(server, "demo.elf", "load", "break station_check", "continue", "monitor report", "kill")
        expect(out, r"Transfer rate", r"^Breakpoint 1, .*station_check", r"^--- connect$", r"under reset|NRST")
        expect(server.said(), r"uses the SWD pins for something else", r"Seen: .*SWD was lost within \d+ ms",
               r"Next: load other firmware now")


def gdb_is_told_why_and_tries_again():
    with Server(board="virtual:STM32F103C8,mishap=sleeping+nrst-unwired") as server:
        out = gdb(server, None, "monitor version", "monitor connect")
        expect(out, r"the target can't be reached: the debug port answers, the chip's bus does not",
               r"Next: connect the probe's NRST", r"can't be reached")


def gdb_watches_without_a_halt():
    with Server("--connect", "hot-plug,no-halt", board="virtual:STM32F407VG") as server:
        out = gdb(server, None, "monitor version", "x/1xw 0xe0042000", "detach")
        expect(out, r"The core runs on", r"0xe0042000:\s+0x10076413")
        check(not re.search(r"was halted for", server.said()), server.said())
    with Server("--connect", "hot-plug", board="virtual:STM32F407VG") as server:
        out = gdb(server, "demo.elf", "load", "monitor reset run", "disconnect", "target extended-remote :%d" % server.port,
                  "monitor version", "detach")
        expect(out, r"Attaching has halted the core \(hot-plug\)")
        expect(server.said(), r"The core runs again; attaching had halted it for \d+ ms")


def mishaps_are_listed():
    code, _, said = run("STM32F407VG,mishap=?", "halt")
    check(code != 0 and "pins-taken:MS" in said and "no-power" in said, said)


main(run_names_the_cause, programs_get_it_as_json, probes_that_cannot_be_had_are_named,
     list_shows_the_supply, gdb_loads_over_firmware_that_takes_the_pins, gdb_is_told_why_and_tries_again, gdb_watches_without_a_halt,
     mishaps_are_listed)
