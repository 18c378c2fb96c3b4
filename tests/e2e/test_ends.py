# SPDX-License-Identifier: MIT
#
# How sessions and the server end while something is going on: a load, a running target, a client that is
# killed. In real time, since that is what people wait for.
import os
import signal
import subprocess
import tempfile
import time

from support import BOARD, TETHER, Rsp, Server, check, equal, expect, main, make_elf, random_bytes

PACED = BOARD + ",pace=real"
LOAD_KIB = 384


def start_load(server, folder):
    """GDB in the middle of a load."""
    elf = make_elf(folder, random_bytes(LOAD_KIB * 1024))
    load = subprocess.Popen(
        ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set confirm off",
         "-ex", "target extended-remote 127.0.0.1:%d" % server.port, "-ex", "load", elf],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 10
    while "loader at" not in server.said():
        check(time.monotonic() < deadline and load.poll() is None, "no load: " + server.said())
        time.sleep(0.05)
    time.sleep(0.5)
    return load


def ends_a_load_at_the_first_signal():
    with tempfile.TemporaryDirectory() as folder:
        server = Server("--log", "flash", board=PACED)
        load = start_load(server, folder)
        start = time.monotonic()
        equal(server.stop(signal.SIGTERM), 0, "exit code")
        took = time.monotonic() - start
        check(took < 2, "took %.2f s" % took)     # the block in work, and then half a second
        expect(server.said(), r"unfinished")
        out, _ = load.communicate(timeout=10)
        check(load.returncode != 0 or "Transfer rate" not in out, "GDB took it for a success: " + out)


def ends_at_once_at_the_second_signal():
    with tempfile.TemporaryDirectory() as folder:
        server = Server("--log", "flash", board=PACED)
        load = start_load(server, folder)
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGINT)
        start = time.monotonic()
        code = server.process.wait(5)
        check(code in (0, 128 + signal.SIGINT, 128 + signal.SIGTERM), "exit code %d" % code)
        check(time.monotonic() - start < 1.5, "took %.2f s" % (time.monotonic() - start))
        load.communicate(timeout=10)


def tells_the_next_client_of_an_unfinished_load():
    with tempfile.TemporaryDirectory() as folder, Server("--log", "flash", board=PACED) as server:
        load = start_load(server, folder)
        load.kill()
        load.communicate()
        rsp = Rsp(server)
        check(rsp.ask("?").startswith("T"), "halted")
        expect(rsp.monitor("info"), r"0x08000000 to 0x[0-9a-fA-F]+ is (unfinished|not complete)")
        rsp.close()


def keeps_the_target_as_it_is_for_who_comes_back():
    with Server("--log", "session") as server:
        rsp = Rsp(server)
        rsp.ask("?")
        rsp.close()                     # no D: perhaps it comes back
        time.sleep(0.5)
        check("on-exit" not in server.said(), server.said())
        rsp = Rsp(server)
        check(rsp.ask("?").startswith("T"), "still halted")
        rsp.close()
        time.sleep(5.5)                 # it does not
        expect(server.said(), r"running \(on-exit run\)")


def leaves_the_target_as_it_is_told():
    for how, words in (("run", r"running \(on-exit run\)"), ("halt", None), ("keep", None)):
        server = Server("--log", "session", "--on-exit", how)
        rsp = Rsp(server)
        rsp.ask("?")
        equal(server.stop(), 0, "exit code")
        if words:
            expect(server.said(), words)
        else:
            check("on-exit run" not in server.said(), server.said())


def ignores_the_terminals_ctrl_c_with_stdio():
    server = subprocess.Popen([TETHER, "--stdio", "--probe", BOARD], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server.stdin.write(Rsp.frame("?"))
    server.stdin.flush()
    equal(server.stdout.read(2), b"+$", "answer")
    server.send_signal(signal.SIGINT)
    time.sleep(0.2)
    equal(server.poll(), None, "exit code after Ctrl-C")
    server.stdin.close()
    equal(server.wait(5), 0, "exit code at the end of its input")
    server.stdout.close()


def goes_on_under_nohup():
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        with open(out, "w") as file:
            server = subprocess.Popen(["nohup", TETHER, "--probe", BOARD, "--port", "0"], stdin=subprocess.DEVNULL,
                                      stdout=file, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while "Waiting" not in open(out).read() and time.monotonic() < deadline:
            time.sleep(0.05)
        server.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        equal(server.poll(), None, "exit code after SIGHUP")
        server.send_signal(signal.SIGTERM)
        equal(server.wait(5), 0, "exit code")


main(ends_a_load_at_the_first_signal, ends_at_once_at_the_second_signal,
     tells_the_next_client_of_an_unfinished_load, keeps_the_target_as_it_is_for_who_comes_back,
     leaves_the_target_as_it_is_told, ignores_the_terminals_ctrl_c_with_stdio, goes_on_under_nohup)
