# SPDX-License-Identifier: MIT
#
# In the place of the servers that IDEs start: the command line each of them builds, the line it waits for, what
# its GDB does then, and how it ends the server.
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

from mi import Mi
from support import BOARD, FIRMWARE, TETHER, Server, check, equal, expect, free_port, gdb, main, on_usb, tether

ELF = os.path.join(FIRMWARE, "demo.elf")
FOLDER = tempfile.TemporaryDirectory()
NAMES = ("ST-LINK_gdbserver", "st-util")
for name in NAMES:
    os.symlink(os.path.abspath(TETHER), os.path.join(FOLDER.name, name))


def installed(name):
    return os.path.join(FOLDER.name, name)


class Started:
    """A server that an IDE started: all it says, in one stream, and when it ends."""

    def __init__(self, *command, ready, environment=()):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env={**os.environ, **dict(environment)})
        self.said = ""
        self.port = int(command[command.index("-p") + 1])
        self.wait_for(ready)

    def wait_for(self, pattern, limit=10):
        deadline = time.monotonic() + limit
        while not re.search(pattern, self.said, re.I):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            data = ready and os.read(self.process.stdout.fileno(), 65536)
            check(data, "never said %r but:\n%s" % (pattern, self.said))
            self.said += data.decode()

    def end(self, limit=5):
        """Waits until it ends by itself; its exit code."""
        code = self.process.wait(limit)
        self.said += self.process.stdout.read().decode()
        self.process.stdout.close()
        return code

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()


def debug(mi, elf, port, before, after, extended=True):
    """What cortex-debug's launch does: commands, download, commands, main, step, pause, end."""
    mi.ask('-file-exec-and-symbols "%s"' % elf)
    mi.ask("-target-select %s localhost:%d" % ("extended-remote" if extended else "remote", port))
    for command in before:
        mi.console(command)
    mi.ask("-target-download")
    for command in after:
        mi.console(command)
    mi.ask("-break-insert -t main")
    mi.run("-exec-continue --all", "breakpoint-hit")
    mi.run("-exec-next", "end-stepping-range")
    mi.ask("-stack-list-frames")
    mi.ask("-exec-continue --all")
    time.sleep(0.1)
    mi.run("-exec-interrupt --all", "SIGINT")


def leave(mi):
    """cortex-debug: detach, then exit."""
    mi.ask("-break-delete")
    mi.ask("-target-detach")
    mi.send("-gdb-exit")


STLINK_READY = r"(Waiting for debugger connection|Listening at).*"


def cortex_debug_stutil():
    port = free_port()
    server = Started(installed("st-util"), "-p", str(port), "--no-reset", "--serial", BOARD,
                     ready=r"Listening at \*")
    with Mi() as mi:
        debug(mi, ELF, port, ("monitor halt", "monitor reset"), ("monitor reset",))
        mi.console("monitor halt")        # its reset button
        mi.console("monitor reset")
        leave(mi)
    equal(server.terminate(), 0, "exit code")       # it stays for extended-remote, as st-util does
    expect(server.said, r"^st-util$", r"Listening at \*:%d\.\.\." % port, r"GDB connected\.")


def cortex_debug_stlink():
    port = free_port()
    server = Started(installed("ST-LINK_gdbserver"), "-p", str(port), "-cp", "/opt/st/stm32cubeide/bin", "--swd",
                     "--serial-number", BOARD, "--halt", "-m", "0", ready=STLINK_READY)
    with Mi() as mi:
        debug(mi, ELF, port, ("monitor reset",), ("monitor reset", "monitor halt"))
        mi.console("monitor reset")
        leave(mi)
    equal(server.end(), 0, "exit code")
    expect(server.said, r"^STMicroelectronics ST-LINK GDB server\. Version 7", r"Starting server with the following",
           r"Persistent Mode +: Disabled", r"Listen Port Number +: %d" % port, r"SWD Debug +: Enabled",
           r"Waiting for debugger connection\.\.\.", r"Debugger connected", r"Shutting down\.\.\.", r"Exit\.")


def cortex_debug_stlink_attach():
    """Attaching leaves the program as it is; a second GDB watches while it runs."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        board = BOARD + ",image=" + os.path.join(folder, "board")
        subprocess.run([TETHER, "run", "--probe", board, "flash write " + ELF, "reset run"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = Started(installed("ST-LINK_gdbserver"), "-p", str(port), "-cp", "/opt", "--swd",
                         "--serial-number", board, "--attach", "--halt", ready=STLINK_READY)
        with Mi() as mi, Mi() as watcher:
            mi.ask('-file-exec-and-symbols "%s"' % ELF)
            mi.ask("-target-select extended-remote localhost:%d" % port)
            check("reset" not in mi.console("info registers pc"), "attached")
            watcher.ask('-file-exec-and-symbols "%s"' % ELF)
            watcher.ask("-target-select extended-remote localhost:%d" % port)
            mi.ask("-exec-continue --all")
            values = set()
            for _ in range(5):
                time.sleep(0.05)
                values.add(watcher.ask("-data-evaluate-expression milliseconds"))
            check(len(values) > 1, "the watched value stands still: %s" % values)
            watcher.send("-gdb-exit")
            mi.run("-exec-interrupt --all", "SIGINT")
            leave(mi)
        equal(server.end(), 0, "exit code")


def stm32cubeide():
    """Two bare connects before GDB, `monitor reset` that halts, and the port of its settings."""
    port, swo = free_port(), free_port()
    server = Started(installed("ST-LINK_gdbserver"), "-p", str(port), "-l", "1", "-d", "-z", str(swo), "-s", "-cp",
                     "/opt/st/stm32cubeide/tools/bin", "-m", "0", "-k", "--halt", "-i", BOARD, ready=STLINK_READY)
    for _ in range(2):
        socket.create_connection(("127.0.0.1", port)).close()
    with Mi() as mi:
        mi.ask('-file-exec-and-symbols "%s"' % ELF)
        mi.ask("-target-select remote localhost:%d" % port)
        mi.console("monitor reset")
        mi.console("load")
        mi.console("monitor reset")
        mi.ask("-break-insert -t main")
        mi.run("-exec-continue", "breakpoint-hit")
        mi.send("-gdb-exit")
    equal(server.end(), 0, "exit code")
    expect(server.said, r"InitWhile +: Enabled", r"Waiting for debugger", r"Debugger connected", r"Exit\.")


def zephyr_stlink_gdbserver():
    """No serial number: the one probe on USB. The server is ended when GDB has ended."""
    port = free_port()
    for how, commands in (("--initialize-reset", ("load " + ELF,)), ("--attach", ())):
        script = """
'%s' --stm32cubeprogrammer-path /opt/st/bin --port-number %d --apid 0 --halt --swd %s &
server=$!
gdb-multiarch -nx -q -batch -ex 'target remote :%d' '%s' %s -ex 'info registers pc' </dev/null
kill $server 2>/dev/null; wait $server
""" % (installed("ST-LINK_gdbserver"), port, how, port, ELF, " ".join("-ex '%s'" % c for c in commands))
        code, said = on_usb("STM32F407VG", "sh", "-c", script)
        equal(code, 0, "exit code; it said:\n" + said)
        expect(said, r"^pc +0x")
        check(bool(commands) == ("Transfer rate" in said), said)


def clion():
    """Waits for nothing: its GDB tries until there is a server."""
    port = free_port()
    with Mi() as mi:
        mi.ask("-gdb-set tcp auto-retry on")
        mi.send("-target-select remote tcp:localhost:%d" % port)
        server = Started(installed("ST-LINK_gdbserver"), "-p", str(port), "--verify", "--swd", "-cp", "/b", "-i",
                         BOARD, ready="Waiting")
        mi.line_with(r"^\^connected", 0)
        mi.ask('-file-exec-and-symbols "%s"' % ELF)
        mi.console("load")
        mi.console("monitor reset")
        mi.ask("-break-insert -t main")
        mi.run("-exec-continue", "breakpoint-hit")
        equal(server.terminate(), 0, "its stop button")


def other_ides_on_the_normal_server():
    """What they send between the connection and main, with the settings people have."""
    rows = (
        ("Eclipse, generic device", "remote", ("monitor reset run", "monitor delay 10", "monitor halt"), (), ()),
        ("Eclipse, OpenOCD device", "remote", ("monitor reset run", "monitor sleep 10", "monitor halt"), (), ()),
        ("Embedded CDT, OpenOCD", "remote", ("set mem inaccessible-by-default off",),
         ("monitor reset init", "monitor halt", "monitor arm semihosting enable"),
         ("monitor reset halt", "monitor reg")),
        ("Embedded CDT, J-Link", "remote", ("set mem inaccessible-by-default off",),
         ("monitor speed 1000", "monitor clrbp", "monitor reset", "monitor halt", "monitor regs",
          "maintenance flush register-cache", "monitor speed auto", "monitor flash breakpoints 1",
          "monitor semihosting enable", "monitor semihosting IOClient 1"),
         ("monitor clrbp", "monitor reset", "monitor halt", "monitor regs", "maintenance flush register-cache")),
        ("PlatformIO", "extended-remote", ("monitor init",), (), ("monitor reset halt",)),
        ("cortex-debug, OpenOCD", "extended-remote", ("monitor reset halt",), (),
         ("monitor reset halt", "monitor gdb_sync", "stepi")),
        ("cortex-debug, J-Link", "extended-remote", ("monitor halt", "monitor reset"), (), ("monitor reset",)),
        ("cortex-debug, pyOCD", "extended-remote", ("set mem inaccessible-by-default off", "monitor reset halt"), (),
         ("monitor reset halt",)),
        ("Zephyr, pyOCD", "remote", ("monitor halt", "monitor reset"), (), ()),
        ("Black Magic scripts", "extended-remote", ("monitor swdp_scan", "attach 1"), (), ()),
    )
    with Server() as server:
        for name, target, before, more, after in rows:
            print("   " + name)
            with Mi() as mi:
                mi.ask('-file-exec-and-symbols "%s"' % ELF)
                mi.ask("-target-select %s localhost:%d" % (target, server.port))
                for command in (*before, *more):
                    mi.console(command)
                mi.ask("-target-download")
                for command in after:
                    mi.console(command)
                mi.ask("-break-insert -t main")
                mi.run("-exec-continue", "breakpoint-hit")
                check("Unknown command" not in mi.text(), mi.text())
                mi.ask("-target-detach")


def erases_and_resets_as_told():
    """And st-util's end: after a session of `target remote`, but not of extended-remote."""
    with tempfile.TemporaryDirectory() as folder:
        board = BOARD + ",image=" + os.path.join(folder, "board")
        equal(tether("run", "--probe", board, "flash write " + ELF, "reset run")[0], 0, "flash write")
        port = free_port()
        server = Started(installed("st-util"), "-p", str(port), "--serial", board, ready="Listening")
        expect(gdb(server, "demo.elf", "info registers pc", "detach"), r"reset_handler")
        equal(server.process.poll(), None, "exit code after extended-remote")
        equal(server.terminate(), 0, "exit code")
        server = Started(installed("st-util"), "-p", str(port), "--serial", board, ready="Listening")
        gdb(server, "demo.elf", "info registers pc", "detach", extended=False)
        equal(server.end(), 0, "exit code")
        server = Started(installed("ST-LINK_gdbserver"), "-d", "--erase-all", "-p", str(port), "-i", board,
                         ready=STLINK_READY)
        expect(gdb(server, None, "x/2xw 0x08000000", "detach"), r"0xffffffff\s+0xffffffff")
        equal(server.end(), 0, "exit code")


def carries_swo_and_the_console_on_their_ports():
    """cortex-debug reads SWO from the port that it named; STM32CubeIDE the semihosting console."""
    port, swo, console = free_port(), free_port(), free_port()
    server = Started(installed("ST-LINK_gdbserver"), "-p", str(port), "-cp", "/opt", "--swd", "--swo-port", str(swo),
                     "--cpu-clock", "168000000", "--swo-clock-div", "84", "--semihost-console-port", str(console),
                     "--serial-number", BOARD + ",pace=real", "--halt", ready=STLINK_READY)
    trace = os.path.join(FIRMWARE, "trace.elf")
    with Mi() as mi, socket.create_connection(("127.0.0.1", swo), 5) as stream, \
            socket.create_connection(("127.0.0.1", console), 5):
        mi.ask('-file-exec-and-symbols "%s"' % trace)
        mi.ask("-target-select extended-remote localhost:%d" % port)
        mi.console("monitor reset")
        mi.ask("-target-download")
        mi.console("monitor reset")
        mi.ask("-exec-continue")
        stream.settimeout(10)
        raw = b""
        while b"\x01t\x01r\x01a\x01c\x01e" not in raw:
            check(len(raw) < 10000, "no text in %r" % raw[:200])
            raw += stream.recv(4096)
        mi.run("-exec-interrupt --all", "SIGINT")
        leave(mi)
    equal(server.end(), 0, "exit code")


def persists_when_told():
    for command, ready in (((installed("ST-LINK_gdbserver"), "-e", "-d", "-i", BOARD, "-p"), STLINK_READY),
                           ((installed("st-util"), "-m", "--serial", BOARD, "-p"), "Listening at")):
        port = free_port()
        server = Started(*command, str(port), ready=ready)
        for _ in range(2):
            with Mi() as mi:
                mi.ask("-target-select extended-remote localhost:%d" % port)
                leave(mi)
                mi.gdb.wait(10)
        equal(server.process.poll(), None, "exit code after two sessions")
        equal(server.terminate(), 0, "exit code")
        equal(len(re.findall("Debugger connected|GDB connected", server.said)), 2, "sessions in " + server.said)


def goes_by_as_too():
    port = free_port()
    server = Started(TETHER, "--as", "st-util", "-p", str(port), "-n", "--serial", BOARD, ready=r"Listening at \*")
    equal(server.terminate(), 0, "exit code")


def says_what_fails_in_their_words():
    unpowered, port = os.path.join(FOLDER.name, "unpowered"), free_port()
    with open(unpowered, "w") as file:
        file.write("command 1 power-off\n")
    board = BOARD + ",faults=" + unpowered
    rows = (
        ("ST-LINK_gdbserver", ("--no-reset",), r"PARSE ERROR: Argument: --no-reset\n +Couldn't find match"),
        ("ST-LINK_gdbserver", ("-d",), r"Error in initializing ST-LINK device\.\nReason: No ST-LINK"),
        ("ST-LINK_gdbserver", ("-d", "-i", board), r"Error in initializing ST-LINK device\.\nReason: No device"),
        ("st-util", ("--bogus",), r"--bogus"),
        ("st-util", ("--serial", board), r"ERROR st-util: .*supply"),
        ("st-util", (), r"ST-LINK"),
    )
    for name, words, pattern in rows:
        run = subprocess.run([installed(name), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=20)
        equal(run.returncode, 1, "%s %s" % (name, words))
        expect(run.stderr, pattern)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        run = subprocess.run([installed("ST-LINK_gdbserver"), "-d", "-p", str(port), "-i", BOARD],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        equal(run.returncode, 1, "port in use")
        expect(run.stderr, r"Failure starting GDB server: TCP port %d not available\." % port)


def lists_serial_numbers():
    code, said = on_usb("STM32F407VG,serial=066CFF12", installed("ST-LINK_gdbserver"), "-q")
    equal((code, said), (0, "066CFF12\n"), "-q")


main(other_ides_on_the_normal_server, erases_and_resets_as_told, carries_swo_and_the_console_on_their_ports,
     cortex_debug_stutil, cortex_debug_stlink, cortex_debug_stlink_attach, stm32cubeide, zephyr_stlink_gdbserver,
     clion, persists_when_told, goes_by_as_too, says_what_fails_in_their_words, lists_serial_numbers)
