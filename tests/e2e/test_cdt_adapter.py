# SPDX-License-Identifier: MIT
#
# The debug adapter of VS Code ("gdbtarget") and Theia, with the settings that its users have: it starts the server or finds
# one running, and looks at a running target through a second GDB.
import base64
import os
import re
import time

from dap import Adapter, Refused, skip_without_adapter
from support import BOARD, FIRMWARE, TETHER, Rsp, Server, check, equal, expect, main

ELF = os.path.abspath(os.path.join(FIRMWARE, "demo.elf"))
SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "firmware", "demo.c"))
with open(SOURCE) as source:
    LINES = source.read().split("\n")


def line_of(text):
    return 1 + next(i for i, line in enumerate(LINES) if text in line)


def at(frames, function, text=None):
    equal(frames[0]["name"], function, "where it stopped")
    if text:
        equal(frames[0]["line"], line_of(text), "the line in " + function)


def attach(adapter, server, *lines, **more):
    adapter.start("attach", [(SOURCE, lines)], program=ELF, target={"host": "localhost", "port": str(server.port)},
                  initCommands=["load", "monitor reset halt"], **more)


def launches_the_server_and_ends_it():
    with Adapter() as adapter:
        adapter.start("launch", [(SOURCE, [line_of("checksum = fibonacci(10)")])], program=ELF,
                      target={"server": os.path.abspath(TETHER), "serverParameters": ["--probe", BOARD, "--port", "0"]},
                      initCommands=["load", "monitor reset halt"])
        at(adapter.stopped("breakpoint"), "main", "checksum = fibonacci(10)")
        adapter.ask("disconnect", terminateDebuggee=True)
        expect(adapter.said(), r"Listening on port", r"gdbserver exited with code 0")


def steps_in_over_and_out():
    with Server() as server, Adapter() as adapter:
        attach(adapter, server, line_of("station_check(&station);"))
        at(adapter.stopped("breakpoint"), "main", "station_check(&station);")
        adapter.breakpoints(SOURCE)
        adapter.ask("stepIn", threadId=1)
        frames = adapter.stopped("step")
        at(frames, "station_check")
        equal(frames[1]["name"], "main", "its caller")
        check("s" in adapter.variables(frames[0]), "locals")
        equal(adapter.watch(frames[0], "s->name")[-6:], '"roof"', "a watch expression")
        adapter.ask("next", threadId=1)
        at(adapter.stopped("step"), "station_check", "station_average(s);")
        adapter.ask("next", threadId=1)
        at(adapter.stopped("step"), "station_check", "if (s->range.highest > 35")
        adapter.ask("stepOut", threadId=1)
        frames = adapter.stopped()
        at(frames, "main")
        registers = adapter.variables(frames[0], "Registers")
        check(registers["pc"].startswith("0x80"), "registers: %s" % registers)
        adapter.ask("next", threadId=1, granularity="instruction")
        at(adapter.stopped("step"), "main")
        adapter.ask("disconnect")


def steps_with_few_exchanges():
    """Step, stack trace, scopes, variables and two watch expressions; make bench has it beside OpenOCD's 490."""
    with Server() as server, Adapter() as adapter:
        attach(adapter, server, line_of("station_check(&station);"))
        frame = adapter.stopped("breakpoint")[0]
        adapter.breakpoints(SOURCE)
        observer = Rsp(server)

        def exchanges():
            return int(re.search(r"exchanges\s+(\d+)", observer.monitor("stats")).group(1))

        before = exchanges()
        for _ in range(4):
            adapter.ask("next", threadId=1)
            frame = adapter.stopped("step")[0]
            adapter.variables(frame)
            adapter.watch(frame, "station.range.highest")
            adapter.watch(frame, "milliseconds")
        cost = (exchanges() - before) / 4
        check(cost < 98, "%.0f exchanges for a step" % cost)
        adapter.ask("disconnect")


def looks_at_memory_while_running():
    with Server("--log", "session") as server, Adapter() as adapter:
        attach(adapter, server, line_of("station_check(&station);"), auxiliaryGdb=True)
        frame = adapter.stopped("breakpoint")[0]
        adapter.breakpoints(SOURCE)
        address = adapter.watch(frame, "(unsigned)&milliseconds")
        adapter.ask("continue", threadId=1)
        adapter.event("continued")

        def milliseconds():
            data = adapter.ask("readMemory", memoryReference=address, count=4)["data"]
            return int.from_bytes(base64.b64decode(data), "little")

        first = milliseconds()
        deadline = time.monotonic() + 10
        while milliseconds() == first:
            check(time.monotonic() < deadline, "milliseconds do not pass")
        adapter.ask("writeMemory", memoryReference=hex(int(address) + 0x1000), data=base64.b64encode(b"tick").decode())
        equal(adapter.ask("readMemory", memoryReference=hex(int(address) + 0x1000), count=4)["data"],
              base64.b64encode(b"tick").decode(), "what was written")
        check(not [e for e in adapter.events if e["event"] == "stopped"], "it was stopped: %s" % adapter.events)
        adapter.ask("pause", threadId=1)
        frames = adapter.stopped()
        check(frames[-1]["name"] in ("main", "reset_handler"), "frames: %s" % frames)
        adapter.ask("continue", threadId=1)
        adapter.event("continued")
        check(milliseconds() > first, "milliseconds go on")
        adapter.ask("disconnect")
        expect(server.said(), r"client \d observes")


def resets_and_sees_main_again():
    with Server() as server, Adapter() as adapter:
        attach(adapter, server, line_of("checksum = fibonacci(10)"), customResetCommands=["monitor reset halt"])
        adapter.stopped("breakpoint")
        adapter.ask("continue", threadId=1)
        adapter.event("continued")
        adapter.ask("cdt-gdb-adapter/customReset")
        adapter.ask("continue", threadId=1)
        at(adapter.stopped("breakpoint"), "main", "checksum = fibonacci(10)")
        adapter.ask("disconnect")


def sets_breakpoints_while_running():
    with Server() as server, Adapter() as adapter:
        attach(adapter, server)
        adapter.event("continued")
        adapter.breakpoints(SOURCE, line_of("station_check(&station);"))
        frames = adapter.stopped("breakpoint")
        at(frames, "main", "station_check(&station);")
        code = adapter.ask("disassemble", memoryReference=frames[0]["instructionPointerReference"], instructionOffset=-4,
                           instructionCount=12)["instructions"]
        equal(len(code), 12, "lines of disassembly")
        check(any("station_check" in line["instruction"] for line in code), "disassembly: %s" % code)
        adapter.ask("evaluate", expression="checksum = 4711", frameId=frames[0]["id"], context="repl")
        equal(adapter.watch(frames[0], "checksum"), "4711", "what was set")
        adapter.ask("disconnect")


def watches_data():
    with Server() as server, Adapter() as adapter:
        attach(adapter, server, line_of("checksum = fibonacci(10)"))
        adapter.stopped("breakpoint")
        info = adapter.ask("dataBreakpointInfo", name="station.alarm")
        adapter.ask("setDataBreakpoints", breakpoints=[{"dataId": info["dataId"], "accessType": "write"}])
        adapter.ask("continue", threadId=1)
        frames = adapter.stopped()
        check(frames[-1]["name"] == "main", "frames: %s" % frames)
        expect(adapter.said(), r"Hardware watchpoint 2: station\.alarm", r"Old value = false", r"New value = true")
        adapter.ask("disconnect")


def comes_back_after_a_disconnect():
    with Server() as server:
        for _ in range(2):
            with Adapter() as adapter:
                attach(adapter, server, line_of("station_check(&station);"))
                at(adapter.stopped("breakpoint"), "main")
                adapter.ask("disconnect")
        equal(Rsp(server).ask("qC"), "QC1", "a client after them")


def says_why_there_is_no_session():
    with Adapter() as adapter:
        try:
            adapter.start("launch", program=ELF,
                          target={"server": os.path.abspath(TETHER), "serverParameters": ["--probe", "virtual:nonsense"]})
        except Refused as refused:
            expect(str(refused), r"exited with code", r"nonsense")
        else:
            check(False, "a session without a server")


skip_without_adapter()
main(launches_the_server_and_ends_it, steps_in_over_and_out, steps_with_few_exchanges, looks_at_memory_while_running, resets_and_sees_main_again,
     sets_breakpoints_while_running, watches_data, comes_back_after_a_disconnect, says_why_there_is_no_session)
