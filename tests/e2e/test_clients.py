# SPDX-License-Identifier: MIT
#
# Several clients on one target: one debugger controls, the others look and write memory, and nobody hears what it did not
# ask for. With real GDBs where that matters.
import os
import random
import re
import signal
import socket
import tempfile
import threading
import time

from mi import Mi
from support import BOARD, FIRMWARE, Rsp, Server, check, equal, expect, gdb, main, make_elf, random_bytes

FULL = bool(os.environ.get("FULL"))
LOOP = "tbreak station_check"


def number(text):
    return int(re.search(r"\$\d+ = (-?\d+)", text).group(1))


def wait_until(so, what):
    deadline = time.monotonic() + 10
    while not so():
        check(time.monotonic() < deadline, "waited in vain until " + what)
        time.sleep(0.005)


def counts_on(one):
    """The program's milliseconds pass, as that GDB sees them."""
    first = number(one.do("print milliseconds"))
    wait_until(lambda: number(one.do("print milliseconds")) != first, "the program runs")


def debugger(*first):
    gdb = Mi()
    for command in ("file " + os.path.join(FIRMWARE, "demo.elf"), *first):
        gdb.do(command)
    return gdb


def connect(one, server):
    one.do("target extended-remote 127.0.0.1:%d" % server.port)


def start(one, server):
    """Loads, and runs to where the program's clock ticks."""
    connect(one, server)
    expect(one.do("load"), r"Transfer rate")
    one.do(LOOP)
    one.do("continue&")
    one.stopped()


def second_one_looks_while_the_first_runs():
    with Server("--log", "session") as server, debugger() as one, debugger("set stack-cache off") as two:
        start(one, server)
        one.do("continue&")
        connect(two, server)
        counts_on(two)
        two.do("set var station.readings[2] = 77777")
        expect(two.do("info registers"), r"pc +0x8", r"xpsr")
        two.do("set {int}0x20010000 = 4711")
        equal(number(two.do("print {int}0x20010000")), 4711, "what the second one wrote")
        one.not_stopped_for(0.2)
        two.not_stopped_for(0)
        expect(server.said(), r"client 0 controls", r"client 1 observes")
        two.do("disconnect")
        one.do("-exec-interrupt")
        expect(one.stopped(), r'signal-name="SIGINT"')
        equal(number(one.do("print {int}0x20010000")), 4711, "what the first one sees")


def nobody_hears_the_others_stop():
    with Server() as server, debugger() as one, debugger() as two:
        start(one, server)
        connect(two, server)                     # while it is halted, as cortex-debug does
        expect(two.do("backtrace"), r"station_check", r"main")
        two.do("-var-create live * milliseconds")
        one.do("continue&")
        counts_on(two)
        wait_until(lambda: "live" in two.do("-var-update --all-values live"), "live watch sees a change")
        one.do("-exec-interrupt")
        one.stopped()
        two.not_stopped_for(0.3)
        one.do("next")
        one.stopped()
        two.not_stopped_for(0.2)
        expect(two.do("x/4xw $sp"), r"0x20")


def second_one_looks_while_the_first_loads():
    """In real time: RAM is read between the blocks; flash, and what would disturb the load, is refused."""
    with tempfile.TemporaryDirectory() as folder, Server("--log", "flash", board=BOARD + ",pace=real") as server, \
            debugger("set stack-cache off") as two:
        elf, loads = make_elf(folder, random_bytes(256 * 1024)), []
        loader = threading.Thread(target=lambda: loads.append(gdb(server, elf, "load", "compare-sections", "disconnect")))
        loader.start()
        wait_until(lambda: "loader at" in server.said(), "the load is in work")
        connect(two, server)
        said = [two.do(command) for command in ("print {int}0x2001fff0", "set {int}0x2001fff0 = 1", "x/1xw 0x08000000",
                                                "monitor reset", "print {int}0x2001fff4")]
        check("verified" not in server.said(), "the load was over too soon")
        for text, wanted in zip(said, (r"= -?\d+", r"Another client|Cannot access memory", r"Cannot access memory",
                                       r"Another client's load is in work", r"= -?\d+")):
            expect(text, wanted)
        loader.join(60)
        expect(loads[0], r"Transfer rate", r"matched")
        check("MIS-MATCHED" not in loads[0], loads[0])


def second_debugger_is_refused_with_a_sentence():
    with Server() as server, debugger() as one, debugger() as two:
        start(one, server)
        here = number(one.do("print/d $pc"))
        connect(two, server)
        two.do("stepi")
        two.until(r"Another client controls")
        two.stopped()
        expect(two.do("monitor reset"), r"Another client controls this target; 'reset' is for that one")
        expect(two.do("monitor resume"), r"Another client controls")
        expect(two.do("set var $r0 = 1"), r"Could not write register|Another client controls")
        expect(two.do("load"), r"Error erasing flash|Another client controls")
        two.do("hbreak main")
        two.do("continue&")
        two.until(r"Cannot insert hardware breakpoint|Another client controls")
        check("Remote connection closed" not in "\n".join(two.lines), "the second one was thrown out")
        equal(number(one.do("print/d $pc")), here, "where the first one is")
        one.do("next")
        one.stopped()


def control_passes_on_when_the_first_leaves():
    with Server("--log", "session") as server, debugger() as one, debugger() as two:
        start(one, server)
        connect(two, server)
        one.do("detach")                        # runs on
        counts_on(two)
        two.do("disconnect")
        connect(two, server)
        expect(two.do("where"), r"main")
        two.do("break station_check")
        two.do("continue&")
        expect(two.stopped(), r"breakpoint-hit")
        expect(server.said(), r"client 0 controls", r"client \d controls")


def ctrl_c_is_heard_however_gdb_runs():
    """Through a loop that never ends GDB stops and goes on by itself all the time: a Ctrl-C that crosses one of those stops
    counts."""
    with Server() as server, debugger() as one:
        start(one, server)
        for _ in range(8):
            one.do("tbreak demo.c:84")          # the end of the loop, as the compiler laid it out
            one.do("continue&")
            one.stopped()
            one.do("until&")
            one.not_stopped_for(0.05)
            one.do("-exec-interrupt")
            expect(one.stopped(), r"SIGINT")


def who_only_reads_does_not_control():
    """A script that looks at memory was there first: the debugger that comes later controls all the same."""
    with Server("--log", "session") as server, debugger() as one:
        script = Rsp(server)
        script.ask("qSupported")
        equal(len(script.ask("m8000000,4")), 8, "a read")
        start(one, server)
        equal(len(script.ask("m20000000,4")), 8, "a read beside it")
        expect(server.said(), r"client 1 controls")
        check("client 0 controls" not in server.said(), server.said())


def a_reader_does_not_end_the_session():
    """Of --once: a script looked first and left, the debugger goes on; a script alone is a session of its own."""
    with Server("--once") as server, debugger() as one:
        script = Rsp(server)
        equal(len(script.ask("m8000000,4")), 8, "a read")
        start(one, server)
        script.close()
        counts = number(one.do("print milliseconds"))
        one.do("tbreak station_check")
        one.do("continue&")
        one.stopped()
        check(number(one.do("print milliseconds")) >= counts, "it goes on")
        one.do("disconnect")
        equal(server.process.wait(5), 0, "exit code")
    with Server("--once") as server:
        script = Rsp(server)
        script.ask("m8000000,4")
        script.close()
        equal(server.process.wait(5), 0, "exit code after a script alone")


def nothing_is_touched_before_a_packet():
    with Server("--log", "session,target") as server:
        bare = socket.create_connection(("127.0.0.1", server.port))
        bare.sendall(b"\x03+-GET / HTTP/1.0\r\n\r\n$m0,4#00\x03")
        time.sleep(0.1)
        bare.close()
        time.sleep(0.1)
        check("Connected" not in server.said() and "controls" not in server.said(), server.said())
        equal(Rsp(server).ask("?")[:3], "T05", "the first packet")
        expect(server.said(), r"Connected to STM32F405")


RESUMES = ("vCont;c", "c", "vCont;s:1", "vCont;r8000000,8001d00", "vCont;t")
OTHERS = ("?", "Z1,8000150,2", "z1,8000150,2", "m20000000,40", "g", "P0=01000000", "Z0,20000100,2", "z0,20000100,2")


def fight(server, seed, seconds, failures):
    """Believes to be in control, and each time interrupts what it has begun."""
    dice = random.Random(seed)
    rsp = Rsp(server, 20)
    rsp.no_acks()
    packet, until = "?", time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            rsp.send(packet)
            if packet in RESUMES:
                rsp.raw(b"\x03")
            check(rsp.packet(10), "no answer")
            packet = dice.choice(RESUMES + OTHERS)
    except Exception as failure:
        failures.append("%s: %s" % (packet, failure))
    rsp.close()


def fights_end_well():
    """Two that fight over run control as fast as they can, and one that reads."""
    seconds, failures, slowest = (60 if FULL else 1.5), [], 0
    with Server("--log", "session") as server:
        expect(gdb(server, "demo.elf", "load", "detach"), r"Transfer rate")
        fighters = [threading.Thread(target=fight, args=(server, seed, seconds, failures)) for seed in (1, 2)]
        for fighter in fighters:
            fighter.start()
        watcher, until = Rsp(server), time.monotonic() + seconds
        while time.monotonic() < until:
            before = time.monotonic()
            equal(len(watcher.ask("m20000000,4")), 8, "a read beside the fight")
            slowest = max(slowest, time.monotonic() - before)
        for fighter in fighters:
            fighter.join(30)
        check(not failures, "%s; the server said: %s" % (failures, server.said()[-3000:]))
        check(slowest < 3, "a read took %.2f s" % slowest)
        rsp = Rsp(server)
        equal(rsp.ask("?")[0], "T", "the one that comes afterwards")
        rsp.monitor("reset halt")
        expect(rsp.ask("vCont;s:1"), r"T05.*0f:1[68]020008")


def runs_again_when_the_ide_is_killed():
    for how, runs in (("run", True), ("halt", False)) if FULL else (("run", True),):
        with Server("--log", "session", "--on-exit", how) as server, debugger() as one:
            start(one, server)
            one.do("break usart_start")         # it does not come there again
            one.do("continue&")
            watcher = Rsp(server)
            wait_until(lambda: watcher.ask("m200000a4,4") != "00000000", "the program runs")
            os.kill(one.gdb.pid, signal.SIGKILL)
            wait_until(lambda: "client 0 left" in server.said(), "the server noticed")
            wait_until(lambda: runs or "halted (on-exit halt)" in server.said(), "it is halted")
            now = watcher.ask("m200000a4,4")
            if runs:
                wait_until(lambda: watcher.ask("m200000a4,4") != now, "it runs on")
            else:
                equal({watcher.ask("m200000a4,4") for _ in range(200)}, {now}, "milliseconds of a halted program")


main(second_one_looks_while_the_first_runs, nobody_hears_the_others_stop,
     second_one_looks_while_the_first_loads, second_debugger_is_refused_with_a_sentence,
     control_passes_on_when_the_first_leaves,
     ctrl_c_is_heard_however_gdb_runs, who_only_reads_does_not_control, a_reader_does_not_end_the_session, nothing_is_touched_before_a_packet,
     fights_end_well, runs_again_when_the_ide_is_killed)
