# SPDX-License-Identifier: MIT
#
# Plays VS Code to cdt-gdb-adapter: the debug adapter protocol on its stdin and stdout. Sends what the editor sends at a start,
# at a stop and at the end.
import json
import os
import select
import subprocess
import sys
import tempfile
import time

from support import check

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "build", "adapter")
PROGRAM = os.path.join(FOLDER, "node_modules", "cdt-gdb-adapter", "dist", "debugTargetAdapter.js")


def skip_without_adapter():
    """Ends the test program as skipped where scripts/fetch-adapter could not get the adapter."""
    if os.path.exists(os.path.join(FOLDER, "pins")):
        return
    try:
        with open(os.path.join(FOLDER, "why")) as file:
            why = file.read().strip()
    except OSError:
        why = "scripts/fetch-adapter build/adapter was not run"
    print("SKIPPED: " + why)
    sys.exit(77)


class Refused(Exception):
    pass


class Adapter:
    """One debug session. Events are kept until somebody waits for them."""

    def __init__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(["node", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.number = 0
        self.buffer = b""
        self.events, self.answers, self.console = [], {}, ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def said(self):
        return self.console + os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def _message(self, deadline):
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            length = int(head.split(b":")[1]) if found else 0
            if found and len(rest) >= length:
                self.buffer = rest[length:]
                return json.loads(rest[:length])
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            check(ready, "nothing from the adapter; it said: " + self.said())
            more = os.read(self.process.stdout.fileno(), 65536)
            check(more, "the adapter ended; it said: " + self.said())
            self.buffer += more

    def _take(self, deadline):
        message = self._message(deadline)
        if message["type"] == "response":
            self.answers[message["request_seq"]] = message
        elif message["event"] == "output":
            self.console += message["body"]["output"]
        else:
            self.events.append(message)

    def begin(self, command, **arguments):
        """Sends a request; its number is for end()."""
        self.number += 1
        body = json.dumps({"seq": self.number, "type": "request", "command": command, "arguments": arguments}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()
        return self.number

    def end(self, number, within=20):
        deadline = time.monotonic() + within
        while number not in self.answers:
            self._take(deadline)
        answer = self.answers.pop(number)
        if not answer["success"]:
            raise Refused("%s: %s" % (answer["command"], answer.get("message")))
        return answer.get("body", {})

    def ask(self, command, within=20, **arguments):
        return self.end(self.begin(command, **arguments), within)

    def event(self, name, within=20):
        """The body of the next event of that name."""
        deadline = time.monotonic() + within
        while True:
            for message in self.events:
                if message["event"] == name:
                    self.events.remove(message)
                    return message.get("body", {})
            self._take(deadline)

    def start(self, request, breakpoints=(), **arguments):
        """launch or attach, breakpoints as (path, lines), and go."""
        self.ask("initialize", adapterID="gdbtarget", linesStartAt1=True, columnsStartAt1=True, pathFormat="path")
        started = self.begin(request, gdb="gdb-multiarch", **arguments)
        self.end(started, 60)
        self.event("initialized")
        for path, lines in breakpoints:
            self.breakpoints(path, *lines)
        self.ask("configurationDone")

    def breakpoints(self, path, *lines):
        body = self.ask("setBreakpoints", source={"path": path}, breakpoints=[{"line": line} for line in lines])
        check(all(b["verified"] for b in body["breakpoints"]), "breakpoints: %s" % body)

    def stopped(self, reason=None, within=20):
        """Waits for the stop, then asks what the editor shows: threads, stack. Returns the frames."""
        body = self.event("stopped", within)
        check(reason in (None, body["reason"]), "stopped by %s, not %s" % (body["reason"], reason))
        self.ask("threads")
        return self.ask("stackTrace", threadId=1, startFrame=0, levels=20)["stackFrames"]

    def variables(self, frame, scope="Local"):
        """Names and values, as the editor shows them beside the code."""
        scopes = self.ask("scopes", frameId=frame["id"])["scopes"]
        reference = [s["variablesReference"] for s in scopes if s["name"] == scope][0]
        return {v["name"]: v["value"] for v in self.ask("variables", variablesReference=reference)["variables"]}

    def watch(self, frame, expression):
        return self.ask("evaluate", expression=expression, frameId=frame["id"], context="watch")["result"]
