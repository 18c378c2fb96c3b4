# SPDX-License-Identifier: MIT
#
# GDB's machine interface as IDEs drive it: a command, its result record, and the stops in between.
import json
import os
import re
import select
import subprocess
import time

from support import check


class Mi:
    def __init__(self, timeout=20):
        self.timeout = timeout
        self.lines = []         # everything it said
        self.seen = 0           # how many of them until() went past
        self.rest = b""
        self.gdb = subprocess.Popen(["gdb-multiarch", "-q", "-nx", "--interpreter=mi2"],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.ask("-gdb-set mi-async on")
        self.ask("-gdb-set confirm off")
        self.ask("-enable-pretty-printing")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.gdb.kill()
        self.gdb.wait()
        self.gdb.stdin.close()
        self.gdb.stdout.close()

    def text(self):
        return "\n".join(self.lines)

    def line_with(self, pattern, start):
        """The first line from start on that matches; its number is behind it."""
        deadline = time.monotonic() + self.timeout
        at = start
        while True:
            for at in range(at, len(self.lines)):
                if re.search(pattern, self.lines[at]):
                    return self.lines[at], at
            at = len(self.lines)
            ready, _, _ = select.select([self.gdb.stdout], [], [], max(0, deadline - time.monotonic()))
            data = ready and os.read(self.gdb.stdout.fileno(), 65536)
            check(data, "no %r from GDB:\n%s" % (pattern, self.text()))
            *whole, self.rest = (self.rest + data).split(b"\n")
            self.lines += [line.decode(errors="replace") for line in whole]

    def send(self, command):
        self.gdb.stdin.write(command.encode() + b"\n")
        self.gdb.stdin.flush()

    def ask(self, command, wanted=r"\^(done|running|connected|exit)"):
        """Sends it and waits for its result, which has to be as wanted."""
        start = len(self.lines)
        self.send(command)
        line, _ = self.line_with(r"^\^", start)
        check(re.match(wanted, line), "%s: %s\n%s" % (command, line, self.text()))
        return line

    def console(self, command):
        return self.ask('-interpreter-exec console "%s"' % command)

    def run(self, command, reason):
        """A command after which the target stops for that reason."""
        start = len(self.lines)
        self.ask(command)
        line, _ = self.line_with(r"^\*stopped", start)
        check(reason in line, "stopped by %s\n%s" % (line, self.text()))

    def do(self, command):
        """Runs a console command; returns what it printed, or its error."""
        start = len(self.lines)
        self.send(command if command[0] == "-" else "-interpreter-exec console " + json.dumps(command))
        _, end = self.line_with(r"^\^", start)
        self.seen = start
        return "".join(json.loads(line[1:]) if line[:2] in ('~"', '@"', '&"') else line + "\n"
                       for line in self.lines[start:end + 1])

    def until(self, pattern):
        """Reads on to a line with the pattern; returns it."""
        line, at = self.line_with(pattern, self.seen)
        self.seen = at + 1
        return line

    def stopped(self):
        return self.until(r"^\*stopped")

    def not_stopped_for(self, seconds):
        ready, _, _ = select.select([self.gdb.stdout], [], [], seconds)
        if ready:
            self.rest += os.read(self.gdb.stdout.fileno(), 65536)
        check(b"*stopped" not in self.rest, "GDB was told a stop: %r" % self.rest)
