# SPDX-License-Identifier: MIT
#
# The command line: what it prints, where, and the exit codes.
import json
import re
import signal
import socket
import time

from support import BOARD, Rsp, Server, check, equal, expect, gdb, main, tether


def prints_help_and_version():
    code, out, err = tether("--help")
    equal((code, err), (0, ""), "--help")
    expect(out, r"tether", r"--probe", r"--port", r"3333", r"[Ee]xample")
    check(max(map(len, out.splitlines())) <= 80, "help is wider than 80 columns")
    code, out, _ = tether("--version")
    check(code == 0 and re.match(r"tether \d+\.\d+\.\d+", out), out)


def refuses_what_it_does_not_know():
    for arguments in (["--nonsense"], ["--port", "x"], ["--port", "70000"], ["frobnicate"],
                      ["--connect", "sideways"], ["--on-exit", "dance"], ["--log", "nothing"]):
        code, out, err = tether(*arguments)
        equal((code, out), (2, ""), "exit code and stdout of %s" % arguments)
        expect(err, r"Try .*--help")


def says_that_there_is_no_probe():
    code, _, err = tether("--port", "0")
    equal(code, 3, "exit code without a probe")
    expect(err, r"[Nn]o .*ST-LINK")
    code, _, err = tether("--port", "0", "--probe", "123456789")
    equal(code, 3, "exit code of an unknown serial number")
    expect(err, r"123456789")


def names_unknown_chips_and_keys():
    code, _, err = tether("--port", "0", "--probe", "virtual:STM32F407VX9")
    check(code != 0 and "STM32F40" in err, "nearest names: %s" % err)
    code, _, err = tether("--port", "0", "--probe", BOARD + ",colour=red")
    check(code == 2 and "colour" in err, "unknown key: %d %s" % (code, err))


def lists_as_json():
    code, out, _ = tether("list", "--json")
    equal(code, 0, "exit code of list")
    document = json.loads(out)
    equal(document["probes"], [], "probes")
    check("version" in document, out)
    code, out, _ = tether("chips", "--json", "stm32f407vg")
    document = json.loads(out)
    check(code == 0 and len(document["chips"]) == 1, out)
    code, out, _ = tether("chips", "F407")
    check(code == 0 and "STM32F405" in out, out)
    for name, reason in (("STM32MP157", "processor"), ("STM32N657", "no flash"), ("STM32WL33", "controller")):
        code, out, _ = tether("chips", name)
        check(code == 0 and out.count("\n") == 1 and "known only" in out and reason in out, out)
        code, out, _ = tether("chips", "--json", name)
        check(reason in json.loads(out)["chips"][0]["known_only"], out)
        code, _, err = tether("run", "--probe", "virtual:" + name, "halt")
        check(code != 0 and reason in err, err)
    code, out, err = tether("chips", "Z80")
    check(code != 0 and "Z80" in err, err)


def runs_commands_without_gdb():
    code, out, _ = tether("run", "--probe", BOARD, "info", "mdw 0xE0042000 1")
    equal(code, 0, "exit code")
    expect(out, r"STM32F40", r"e0042000.*413|E0042000.*413")
    code, out, err = tether("run", "--probe", BOARD, "mdw 0x60000000 1")
    check(code != 0 and "60000000" in (out + err), out + err)
    code, out, _ = tether("run", "--json", "--probe", BOARD, "info", "mdw 0x60000000 1")
    rows = [json.loads(line) for line in out.splitlines()]
    equal([row["ok"] for row in rows], [True, False], "ok")
    check(rows[1]["cause"], rows[1])


def says_that_the_port_is_in_use():
    with Server() as server:
        code, _, err = tether("--probe", BOARD, "--port", str(server.port))
        equal(code, 6, "exit code")
        expect(err, str(server.port))


def binds_loopback_only():
    with Server() as server:
        with open("/proc/net/tcp") as table:
            rows = [row.split()[1] for row in table if ":%04X " % server.port in row.upper()
                    and row.split()[3] == "0A"]
        equal(rows, ["0100007F:%04X" % server.port], "IPv4 listeners")


def ends_quickly_on_signals():
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        server = Server()
        rsp = Rsp(server)
        rsp.ask("?")
        rsp.send("c")
        start = time.monotonic()
        equal(server.stop(sig), 0, "exit code after signal %d" % sig)
        check(time.monotonic() - start < 0.5, "took %.2f s" % (time.monotonic() - start))


def ends_after_one_session_if_told():
    server = Server("--once")
    socket.create_connection(("127.0.0.1", server.port)).close()
    gdb(server, "demo.elf", "info registers pc", "detach")
    server.process.wait(5)
    equal(server.process.returncode, 0, "exit code")


def speaks_on_stdin_and_stdout():
    out = gdb(None, "demo.elf", "target extended-remote | %s --stdio --probe %s"
              % (__import__("support").TETHER, BOARD), "load", "compare-sections", "detach", connect=False)
    expect(out, r"Transfer rate", r"matched", r"detached")


main(prints_help_and_version, refuses_what_it_does_not_know, says_that_there_is_no_probe,
     names_unknown_chips_and_keys, lists_as_json, runs_commands_without_gdb, says_that_the_port_is_in_use,
     binds_loopback_only, ends_quickly_on_signals, ends_after_one_session_if_told,
     speaks_on_stdin_and_stdout)
