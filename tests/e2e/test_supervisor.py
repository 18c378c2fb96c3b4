# SPDX-License-Identifier: MIT
#
# Started by systemd, or as it does it: sockets that are open already, and a word when it is ready.
import os
import shutil
import socket
import subprocess
import tempfile
import time

from support import BOARD, TETHER, Rsp, check, equal, expect, gdb, main


class Activated:
    """tether with sockets from descriptor 3 on, and a socket that it is to notify."""

    def __init__(self, sockets, *arguments, names=None, abstract=False):
        self.folder = tempfile.TemporaryDirectory()
        self.news = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = "\0tether-test-%d" % os.getpid() if abstract else os.path.join(self.folder.name, "notify")
        self.news.bind(path)
        self.news.settimeout(10)
        environment = {**os.environ, "LISTEN_FDS": str(len(sockets)), "NOTIFY_SOCKET": path.replace("\0", "@")}
        if names:
            environment["LISTEN_FDNAMES"] = names
        # The shell puts them in their places and becomes tether: LISTEN_PID is its own.
        moves = " ".join("%d<&%d" % (3 + i, s.fileno()) for i, s in enumerate(sockets))
        script = "LISTEN_PID=$$ exec \"$@\" " + moves
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", TETHER, "--probe", BOARD, *arguments], env=environment,
            pass_fds=[s.fileno() for s in sockets], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log)

    def next_news(self):
        return self.news.recv(1000).decode()

    def end(self):
        self.process.terminate()
        code = self.process.wait(10)
        self.close()
        return code

    def close(self):
        self.news.close()
        self.folder.cleanup()


def listener():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    s.set_inheritable(True)
    return s


def port_of(s):
    return s.getsockname()[1]


def serves_sockets_that_are_open_and_says_how_it_is():
    for abstract in (False, True):
        with listener() as s:
            server = Activated([s], abstract=abstract)
            equal(server.next_news(), "READY=1\nSTATUS=Waiting for a debugger", "first news")
            rsp = Rsp(port_of(s))
            check(rsp.ask("?").startswith("T"), "an answer")
            equal(server.next_news(), "STATUS=A debugger is connected", "news of a debugger")
            rsp.ask("D")
            rsp.close()
            equal(server.next_news(), "STATUS=Waiting for a debugger", "and of its end")
            server.process.terminate()
            equal(server.next_news(), "STOPPING=1", "last news")
            equal(server.process.wait(5), 0, "exit code")
            server.close()


def gdb_comes_through_a_socket_in_the_file_system():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as s:
        path = os.path.join(folder, "tether.sock")
        s.bind(path)
        s.listen()
        s.set_inheritable(True)
        server = Activated([s])
        server.next_news()
        text = gdb(None, "demo.elf", "target extended-remote " + path, "load", "break main", "continue", connect=False)
        expect(text, r"Transfer rate", r"Breakpoint 1, main")
        equal(server.end(), 0, "exit code")


def sockets_go_by_their_names():
    with listener() as console, listener() as first, listener() as second:
        server = Activated([console, first, second], "--semihosting-console", "tcp:1",
                           names="console:something:gdb")
        server.next_news()
        for s in (first, second):
            rsp = Rsp(port_of(s))
            check(rsp.ask("qSupported").startswith("PacketSize"), "GDB's socket")
            rsp.close()
        with socket.create_connection(("127.0.0.1", port_of(console))) as terminal:
            terminal.sendall(b"typed")
            terminal.settimeout(0.3)
            try:
                check(not terminal.recv(10), "a console does not speak RSP")
            except socket.timeout:
                pass
        equal(server.end(), 0, "exit code")


def sockets_of_another_process_are_not_taken():
    with listener() as s:
        environment = {**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": "1"}
        run = subprocess.Popen([TETHER, "--probe", BOARD, "--port", "0"], env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        check("port 0 " not in run.stdout.readline(), "it opened one itself")
        run.terminate()
        run.wait(5)
        run.stdout.close()


def nonsense_in_the_environment_harms_nobody():
    rows = ({"NOTIFY_SOCKET": "/nonexistent/x"}, {"NOTIFY_SOCKET": "relative"}, {"NOTIFY_SOCKET": "/" + "x" * 200},
            {"LISTEN_FDS": "x", "LISTEN_PID": "y"}, {"NOTIFY_SOCKET": ""})
    for row in rows:
        run = subprocess.Popen([TETHER, "--probe", BOARD, "--port", "0"], env={**os.environ, **row},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        expect(run.stdout.readline(), r"Listening on port [1-9]")
        run.terminate()
        equal(run.wait(5), 0, "exit code with %s" % row)
        run.stdout.close()


def ends_when_nobody_is_there():
    with listener() as s:
        server = Activated([s], "--idle-exit", "1")
        server.next_news()
        rsp = Rsp(port_of(s))
        rsp.ask("?")
        time.sleep(1.5)
        equal(server.process.poll(), None, "exit code while somebody is there")
        rsp.close()
        equal(server.process.wait(5), 0, "exit code")
        server.close()


def systemd_starts_it_for_the_first_client():
    if not shutil.which("systemd-socket-activate"):
        print("no systemd-socket-activate here: skipped")
        return
    with listener() as s:
        port = port_of(s)
    server = subprocess.Popen(["systemd-socket-activate", "-l", "127.0.0.1:%d" % port, "--fdname=gdb", TETHER,
                               "--probe", BOARD, "--once"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 5
    while True:
        try:
            rsp = Rsp(port)
            break
        except ConnectionRefusedError:
            check(time.monotonic() < deadline, "nobody listens")
            time.sleep(0.02)
    check(rsp.ask("?").startswith("T"), "an answer")
    rsp.ask("D")
    rsp.close()
    equal(server.wait(5), 0, "exit code")


main(serves_sockets_that_are_open_and_says_how_it_is, gdb_comes_through_a_socket_in_the_file_system,
     sockets_go_by_their_names, sockets_of_another_process_are_not_taken, nonsense_in_the_environment_harms_nobody,
     ends_when_nobody_is_there, systemd_starts_it_for_the_first_client)
