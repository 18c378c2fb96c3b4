# SPDX-License-Identifier: MIT
#
# A debug session with LLDB 14, which shares GDB's protocol but not its habits: Z0 also for flash, plain `c`,
# registers one by one, memory in lines of 512 bytes.
import glob
import os
import pty
import re
import select
import subprocess
import tempfile
import time

from support import BOARD, FIRMWARE, Rsp, Server, check, equal, expect, main, make_elf, random_bytes

# Debian's lldb does not look where Debian puts its Python part.
PYTHON = {"PYTHONPATH": glob.glob("/usr/lib/llvm-14/lib/python3.*/dist-packages")[0]}
LOAD = "target modules load --load --set-pc-to-entry --slide 0 --file demo.elf"


def lldb(server, *commands, connect=True, timeout=60, elf=os.path.join(FIRMWARE, "demo.elf")):
    """Runs commands in lldb; returns everything it printed, and the packets it sent."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "packets")
        arguments = ["lldb", "-x", "-b", "-o", "log enable -f %s gdb-remote packets" % log]
        for command in (("gdb-remote 127.0.0.1:%d" % server.port,) if connect else ()) + commands:
            arguments += ["-o", command]
        arguments += ["--", elf]
        run = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=timeout,
                             stderr=subprocess.STDOUT, text=True, env={**os.environ, **PYTHON})
        with open(log, errors="replace") as packets:
            return run.stdout, re.findall(r"send packet: \$(.*)#..$", packets.read(), re.M)


def loads_breaks_and_steps():
    with Server() as server:
        out, packets = lldb(server, LOAD, "breakpoint set -n main", "continue", "thread step-over", "thread step-in",
                            "breakpoint set -n station_check", "continue", "thread backtrace", "frame variable",
                            "thread step-inst", "finish", "breakpoint set -n fibonacci -c 'n == 1'", "continue",
                            "thread backtrace", "process detach")
        expect(out, r"breakpoint 1\.1", r"-> 7[79] ", r"step over", r"-> 80 ", r"step in", r"-> 81 ", r"breakpoint 2\.1",
               r"frame #0: .*station_check\(s=0x20000000\)", r"frame #1: .*main", r"\(station \*\) s = 0x20000000",
               r"instruction step into", r"step out", r"-> 84 ", r"breakpoint 3\.1",
               r"frame #0: .*fibonacci\(n=1\)", r"frame #1: .*fibonacci\(n=2\)", r"detached")
        check("0xfffffffe" not in out.split("breakpoint 2.1")[1], "frames above the reset handler: " + out)
        check(any(p.startswith("vFlashErase:8000000,") for p in packets) and "vFlashDone" in packets,
              "no vFlash: %s" % packets)
        check(any(p.startswith("Z0,80") for p in packets), "no Z0 in flash: %s" % packets)


def asks_little_at_a_stop():
    with Server() as server:
        _, packets = lldb(server, LOAD, "breakpoint set -n station_check", *["continue"] * 5, "process detach")
        last = len(packets) - 1 - packets[::-1].index("c")
        stop = packets[last + 1:packets.index("D")]
        check(0 < len(stop) <= 4, "packets after a stop: %s" % stop)
        check(not [p for p in stop if re.match(r"p[0-9a-f]+$|q[fs]ThreadInfo|jThread", p)], "asked after a stop: %s" % stop)


def watches_data():
    with Server() as server:
        out, _ = lldb(server, LOAD, "breakpoint set -n main", "continue", "watchpoint set variable station.alarm", "continue",
                      "expression station.range.highest > 35", "watchpoint delete -f",
                      "watchpoint set variable -w read station.average", "watchpoint list", "process detach")
        expect(out, r"Watchpoint 1 hit:", r"old value: false", r"new value: true", r"station_check", r"= true",
               r"4 supported hardware watchpoints|Number of supported hardware watchpoints: 4")


def knows_the_memory():
    with Server() as server:
        out, _ = lldb(server, LOAD, "memory region 0x08000000", "memory region 0x08020000", "memory region 0x20000100",
                      "memory region 0x40013800", "memory region 0x1fff7800", "memory write 0x20010000 1 2 3",
                      "memory read -c 3 0x20010000", "memory write 0x08000000 1", "process detach")
        expect(out, r"08000000-0x0*8010000\) r-x flash", r"8020000-0x0*8100000\) r-x flash", r"20000000-0x0*20020000\) rwx sram",
               r"40000000-0x.*\) rw- peripherals", r"1fff7800-0x.*\) r-- otp", r"0x20010000: 01 02 03",
               r"error: .*flash")


def registers_by_name():
    with Server() as server:
        out, _ = lldb(server, LOAD, "breakpoint set -n station_check", "continue", "register read --all", "register write r7 0x1234",
                      "register read r7 msp xpsr", "register write d3 2.5", "register read d3", "expression $r7 + 1",
                      "process detach")
        expect(out, r"r12 = 0x", r"xpsr = 0x", r"msp = 0x", r"primask = 0x00", r"control = 0x", r"d15 = 0", r"fpscr = 0x",
               r"r7 = 0x00001234", r"msp = 0x2001", r"d3 = 2\.5", r"= 4661")


def says_why_a_breakpoint_is_not_set():
    with Server() as server:
        places = ["breakpoint set -a 0x%x" % (0x080000c0 + 4 * i) for i in range(7)]
        out, packets = lldb(server, LOAD, *places, "breakpoint set -H -a 0x08000150", "process detach")
        expect(out, r"0x80000d8 .*sending the breakpoint request", r"0x8000150 .*hardware breakpoint resources might be exhausted")
        check(not any(p.startswith("M8") for p in packets), "LLDB wrote a BKPT into flash: %s" % packets)


class Terminal:
    """LLDB as a person has it: at a terminal, where it takes commands while the program runs."""

    def __init__(self, elf):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PYTHON, TERM="dumb")
            os.execvp("lldb", ["lldb", "-x", "-X", "--", elf])

    def type(self, text, wanted, within=20):
        """What it prints until the wanted pattern."""
        os.write(self.fd, text.encode())
        said, deadline = "", time.monotonic() + within
        while not re.search(wanted, said):
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            check(ready, "after %r never %r, but: %s" % (text, wanted, said))
            said += os.read(self.fd, 65536).decode(errors="replace")
        return said

    def quit(self):
        os.write(self.fd, b"quit\n")
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def interrupts_what_runs():
    """By command, and by Ctrl-C; it runs on from there each time."""
    with Server() as server:
        terminal = Terminal(os.path.join(FIRMWARE, "demo.elf"))
        terminal.type("gdb-remote 127.0.0.1:%d\n" % server.port, r"stop reason = ")
        terminal.type(LOAD + "\nregister read pc\n", r"pc = 0x080002")
        for how in ("process interrupt\n", "\x03", "process interrupt\n"):
            terminal.type("continue\n", r"resuming")
            while "running" not in terminal.type("process status\n", r"(is running|Process 1 stopped)[^(]*\(lldb\)"):
                pass                # until LLDB knows it takes a Ctrl-C for its own
            watcher = Rsp(server)
            now = watcher.ask("m200000a4,4")
            while watcher.ask("m200000a4,4") == now:
                pass
            watcher.close()
            terminal.type(how, r"stop reason = signal SIGINT")
        terminal.type("process detach\n", r"detached")
        terminal.quit()


def kills_and_leaves():
    with Server("--log", "session") as server:
        out, packets = lldb(server, LOAD, "process kill")
        expect(out, r"Process 1 exited|killed")
        check("k" in packets, "no k: %s" % packets)
        check(server.alive(), "the server went too")
        rsp = Rsp(server)
        equal(rsp.ask("?")[:3], "T05", "the next client")


def waits_through_a_long_load():
    """It gives up after 5 s of silence; erasing and programming take longer."""
    with tempfile.TemporaryDirectory() as folder, Server(board=BOARD + ",pace=real") as server:
        elf = make_elf(folder, random_bytes(512 * 1024))
        start = time.monotonic()
        out, packets = lldb(server, "target modules load --load --slide 0 --file image.elf", "process detach", elf=elf)
        check(time.monotonic() - start > 5, "it was too quick to show anything")
        expect(out, r"detached")
        equal(packets.count("vFlashDone"), 1, "vFlashDone")
        equal(Rsp(server).ask("m807fff0,10"), random_bytes(512 * 1024)[-16:].hex(), "the last bytes of the image")


main(*((waits_through_a_long_load,) if os.environ.get("FULL") else ()), loads_breaks_and_steps, asks_little_at_a_stop, watches_data, knows_the_memory, registers_by_name,
     says_why_a_breakpoint_is_not_set, interrupts_what_runs, kills_and_leaves)
