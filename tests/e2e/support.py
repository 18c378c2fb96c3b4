# SPDX-License-Identifier: MIT
#
# What the end-to-end tests share: a server of their own on a free port, a raw RSP client, a GDB run.
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("BUILD", "build")
FIRMWARE = os.environ.get("FIRMWARE", "build/firmware")
TETHER = os.environ.get("TETHER") or os.path.join(BUILD, "tether")	# another build of it: make sanitize
BOARD = "virtual:STM32F407VG"


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(got, wanted, what=""):
    check(got == wanted, "%s: got %r, wanted %r" % (what, got, wanted))


class Server:
    """tether on a virtual board, port 0; ended by its own pid."""

    def __init__(self, *arguments, board=BOARD, program=TETHER, command=None):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command or [program, "--probe", board, "--port", "0", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.port = None
        for line in self.process.stdout:
            found = re.match(r"Listening on port (\d+)$", line)
            if found:
                self.port = int(found.group(1))
            if line.startswith("Waiting for debugger connection"):
                break
        if self.port is None:
            self.process.wait(5)
            raise AssertionError("server did not start: " + self.said())

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        code = self.stop()
        if not failure:
            check(code == 0, "server ended with %s; it said: %s" % (code, self.said()))

    def said(self):
        return os.pread(self.log.fileno(), 1 << 24, 0).decode(errors="replace")   # its offset is the server's

    def alive(self):
        return self.process.poll() is None

    def stop(self, sig=signal.SIGTERM, within=5):
        """Ends the server; returns its exit code."""
        if self.alive():
            self.process.send_signal(sig)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("server did not end on signal %d; it said: %s"
                                     % (sig, self.said()))
        self.process.stdout.close()
        return self.process.returncode

    def pid(self):
        return self.process.pid

    def _status_kib(self, name):
        with open("/proc/%d/status" % self.pid()) as status:
            return int(re.search(name + r":\s+(\d+)", status.read()).group(1))

    def peak_kib(self):
        return self._status_kib("VmHWM")

    def rss_kib(self):
        return self._status_kib("VmRSS")


class UsbServer(Server):
    """tether on a virtual ST-LINK that is plugged in as a USB device."""

    def __init__(self, *arguments, board="STM32F407VG", options=()):
        self.notes = tempfile.TemporaryDirectory()      # what tether notes of this board ends with it
        super().__init__(command=["env", "XDG_RUNTIME_DIR=" + self.notes.name,
                                  os.path.join(BUILD, "tether-virtual-usb"), board, *options, "--",
                                  TETHER, "--port", "0", *arguments])

    def unplug(self):
        self.process.send_signal(signal.SIGUSR1)

    def plug_in(self):
        self.process.send_signal(signal.SIGUSR2)

    def wait_until_said(self, text, times=1, within=10):
        deadline = time.monotonic() + within
        while self.said().count(text) < times:
            check(time.monotonic() < deadline, "never said %r, but: %s" % (text, self.said()))
            time.sleep(0.01)

    def pid(self):
        """Of tether, not of the mock bus."""
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as children:
            return int(children.read().split()[0])

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.pid()) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Rsp:
    """A raw client of the remote serial protocol, for what GDB itself would never send."""

    def __init__(self, server, timeout=10):
        port = server.port if hasattr(server, "port") else server
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.acks = True
        self.seen_acks = 0

    def close(self):
        self.socket.close()

    @staticmethod
    def frame(payload):
        if isinstance(payload, str):
            payload = payload.encode("latin-1")
        escaped = b"".join(b"}" + bytes([c ^ 0x20]) if c in b"#$}*" else bytes([c])
                           for c in payload)
        return b"$" + escaped + b"#%02x" % (sum(escaped) & 0xFF)

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, payload):
        self.raw(self.frame(payload))

    def byte(self, timeout=10):
        if not self.buffer:
            ready, _, _ = select.select([self.socket], [], [], timeout)
            check(ready, "no byte from the server in %s s" % timeout)
            self.buffer = self.socket.recv(65536)
            check(self.buffer, "the server closed the connection")
        first, self.buffer = self.buffer[:1], self.buffer[1:]
        return first

    def packet(self, timeout=10):
        """The next packet's payload, escapes and runs undone; lone acks are counted."""
        while True:
            c = self.byte(timeout)
            if c == b"+":
                self.seen_acks += 1
            elif c == b"$":
                break
            else:
                check(c == b"-", "unexpected byte %r outside a packet" % c)
        body, raw = bytearray(), 0
        while True:
            c = self.byte(timeout)[0]
            if c == ord("#"):
                break
            raw += c
            if c == ord("}"):
                e = self.byte(timeout)[0]
                raw += e
                body.append(e ^ 0x20)
            elif c == ord("*"):
                n = self.byte(timeout)[0]
                raw += n
                body.extend(body[-1:] * (n - 29))
            else:
                body.append(c)
        digits = self.byte(timeout) + self.byte(timeout)
        equal(int(digits, 16), raw & 0xFF, "checksum of a reply")
        if self.acks:
            self.raw(b"+")
        return bytes(body)

    def ask(self, payload, timeout=10):
        self.send(payload)
        return self.packet(timeout).decode("latin-1")

    def no_acks(self):
        equal(self.ask("QStartNoAckMode"), "OK", "QStartNoAckMode")
        self.acks = False

    def monitor(self, command, timeout=30):
        """Runs a monitor command; returns its text."""
        self.send("qRcmd," + command.encode().hex())
        text = ""
        while True:
            answer = self.packet(timeout).decode("latin-1")
            if answer == "OK":
                return text
            if answer.startswith("O"):
                text += bytes.fromhex(answer[1:]).decode("latin-1")
            else:
                return text + bytes.fromhex(answer).decode("latin-1") \
                    if not answer.startswith("E") else text + "[" + answer + "]"

    def nothing_for(self, seconds):
        ready, _, _ = select.select([self.socket], [], [], seconds)
        if ready:
            self.buffer += self.socket.recv(100)
        check(not ready and not self.buffer, "unexpected bytes: %r" % self.buffer)


def gdb(server, elf, *commands, timeout=120, script=None, extended=True, connect=True):
    """Runs commands in gdb-multiarch; returns everything it printed."""
    arguments = ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set confirm off",
                 "-ex", "set width 0", "-ex", "set pagination off"]
    if connect:
        arguments += ["-ex", "target %s 127.0.0.1:%d"
                      % ("extended-remote" if extended else "remote", server.port)]
    for command in commands:
        arguments += ["-ex", command]
    if script:
        arguments += ["-x", script]
    if elf:
        arguments.append(os.path.join(FIRMWARE, elf) if "/" not in elf else elf)
    run = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=timeout)
    return run.stdout


def expect(text, *patterns):
    """The patterns appear in text in this order."""
    at = 0
    for pattern in patterns:
        found = re.search(pattern, text[at:], re.M)
        check(found, "%r not found in:\n%s" % (pattern, text))
        at += found.end()


def tether(*arguments, timeout=60, program=TETHER):
    """Runs tether to its end; returns (exit code, stdout, stderr)."""
    run = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, timeout=timeout)
    return run.returncode, run.stdout, run.stderr


def on_usb(board, *command, timeout=120, options=()):
    """Runs a command with a virtual ST-LINK plugged in as a USB device; returns (exit code, all it said)."""
    with tempfile.TemporaryDirectory() as notes:    # what tether notes of this board ends with it
        run = subprocess.run([os.path.join(BUILD, "tether-virtual-usb"), board, *options, "--", *command],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=timeout, env={**os.environ, "XDG_RUNTIME_DIR": notes})
    return run.returncode, run.stdout


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def random_bytes(length, seed=1):
    """The same ones each time."""
    return random.Random(seed).randbytes(length)


def make_elf(folder, content, address=0x08000000):
    """An ELF file with these bytes at that address; returns its path."""
    return make_elf_of(folder, {address: content})


def make_elf_of(folder, sections, name="image"):
    """An ELF file with a section at each address; returns its path."""
    source, elf = (os.path.join(folder, name + end) for end in (".S", ".elf"))
    places = []
    with open(source, "w") as file:
        for i, (address, content) in enumerate(sections.items()):
            image = os.path.join(folder, "%s%d.bin" % (name, i))
            with open(image, "wb") as binary:
                binary.write(content)
            section = ".text" if i == 0 else ".text%d" % i
            file.write('.section %s, "ax"\n.incbin "%s"\n' % (section, image))
            places.append("-Wl,--section-start=%s=0x%x" % (section, address))
    subprocess.run(["arm-none-eabi-gcc", "-nostdlib", *places, "-Wl,--build-id=none",
                    "-Wl,--entry=0x%x" % next(iter(sections)), "-o", elf, source], check=True)
    return elf


def main(*tests):
    """Runs the functions one after the other; exits 1 at the first failure."""
    for test in tests:
        start = time.monotonic()
        try:
            test()
        except Exception:
            print("FAILED %s" % test.__name__)
            raise
        print("ok %s (%.1f s)" % (test.__name__, time.monotonic() - start))
