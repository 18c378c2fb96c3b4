# SPDX-License-Identifier: MIT
#
# What the tests with other people's tools share: how much is tried, sessions of a GDB server with GDB,
# and Tether as the second opinion.
import os
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from support import BUILD, check, equal, on_usb, tether

CHIP = "STM32F407VG"
FULL = bool(os.environ.get("FULL"))
IMAGE_SIZE = (256 if FULL else 40) * 1024

# Programs that sleep while the flash is busy don't have to sleep for real.
HURRY = () if FULL else ("--hurry", "20")


def main(*tests):
    """Runs the functions, some at a time: each has a bus and a board of its own, and mostly waits."""
    def run(test):
        start = time.monotonic()
        try:
            test()
        except Exception:
            return "FAILED %s\n%s" % (test.__name__, traceback.format_exc())
        return "ok %s (%.1f s)" % (test.__name__, time.monotonic() - start)

    failed = False
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        for said in pool.map(run, tests):
            print(said, flush=True)
            failed |= said.startswith("FAILED")
    sys.exit(failed)


def pairs(one, other):
    """All combinations in the long form; else each of `one` with one of `other`."""
    return [(a, b) for a in one for b in other] if FULL else list(zip(one, other))


def file_bytes(path, length=-1):
    with open(path, "rb") as file:
        return file.read(length)


def tether_reads(board, folder, length, address=0x08000000):
    """The chip's memory as Tether sees it, from the state that a peer's run left."""
    path = os.path.join(folder, "read-by-tether")
    code, _, said = tether("run", "--probe", "virtual:" + board,
                           "mem read 0x%08x %d %s" % (address, length, path))
    equal(code, 0, "tether run: " + said)
    return file_bytes(path)


def tether_loads(board, elf):
    """Programs an ELF file with Tether and GDB; the board's image file keeps it."""
    run = subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set confirm off", "-ex",
                          "target extended-remote | %s/tether --stdio --probe virtual:%s" % (BUILD, board),
                          "-ex", "load", "-ex", "detach", elf], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=60)
    check("Transfer rate" in run.stdout, "load with Tether: " + run.stdout + run.stderr)


def then_tether(command, *monitor):
    """A shell command line: the peer, then Tether on the same probe that stays plugged in."""
    return ["sh", "-c", "%s && '%s/tether' run %s" % (command, BUILD, " ".join("'%s'" % m for m in monitor))]


def session(server, *commands, elf, first=(), limit=40):
    """A script: starts a server (a command line that uses $port and $other), runs GDB on it, ends it.
    GDB tries again until the server listens. Not every server ends on SIGTERM."""
    script = FREE_PORTS + "%s >server.log 2>&1 &\nserver=$!\ntimeout %d gdb-multiarch -nx -q -batch" % (
        server, limit)
    for command in ("set confirm off", "set width 0", "set remotetimeout 10", *first,
                    "target extended-remote 127.0.0.1:$port", *commands):
        script += ' \\\n    -ex "%s"' % command
    return script + " \\\n    '%s' </dev/null\n" % elf + END


FREE_PORTS = """
set -- $(python3 -c 'import socket
for s in [socket.socket(), socket.socket()]: s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
port=$1 other=$2
"""
END = """
status=$?
kill -KILL $server
wait $server 2>/dev/null
[ $status = 0 ] || cat server.log
exit $status
"""


def run_session(board, folder, script, options=()):
    """Runs such a script with the board plugged in; returns (exit code, all it said)."""
    path = os.path.join(folder, "session.sh")
    with open(path, "w") as file:
        file.write("cd '%s'\n" % folder + script)
    return on_usb(board, "sh", path, timeout=60, options=options)
