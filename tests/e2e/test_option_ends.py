# SPDX-License-Identifier: MIT
#
# A change of option bytes when somebody ends the program: it waits for its end, and says so. (What SIGKILL leaves
# is in tests/engine/test_option_power.c.)
import os
import re
import signal
import subprocess
import tempfile
import time

from support import TETHER, Server, check, equal, expect, main, tether

PART = "STM32F401CB"
BOARD = "virtual:%s,options=RDP:187" % PART


def wait_for(process, said, pattern, seconds):
    deadline = time.monotonic() + seconds
    while not re.search(pattern, said()):
        check(time.monotonic() < deadline and process.poll() is None, "no %s in: %s" % (pattern, said()))
        time.sleep(0.02)


def sigterm_waits_for_the_end():
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        board = "%s,image=%s" % (BOARD, os.path.join(folder, "chip"))
        _, out, err = tether("run", "--probe", board, "protect off")
        token = re.search(r"`(confirm [0-9a-f]{8})`", out + err).group(1)
        process = subprocess.Popen([TETHER, "run", "--log", "flash", "--probe", board + ",pace=real",
                                    "protect off " + token], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def said():
            return os.pread(log.fileno(), 1 << 20, 0).decode()
        wait_for(process, said, r"option bytes: writing", 10)
        process.send_signal(signal.SIGTERM)
        wait_for(process, said, r"Waiting until the option bytes are written", 2)
        process.wait(30)
        expect(said(), r"Another signal ends at once")
        _, out, err = tether("run", "--probe", board, "protect")
        expect(out, r"RDP +0xaa +level0")
        check("broke off" not in out + err, out + err)


def a_server_waits_too():
    if not os.environ.get("FULL"):
        return
    server = Server("--log", "flash", board=BOARD + ",pace=real")
    arguments = ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "target extended-remote 127.0.0.1:%d" % server.port]
    text = subprocess.run(arguments + ["-ex", "monitor protect off"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60).stdout
    token = re.search(r"`(confirm [0-9a-f]{8})`", text).group(1)
    client = subprocess.Popen(arguments + ["-ex", "monitor protect off " + token], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(client, server.said, r"option bytes: writing", 10)
    equal(server.stop(signal.SIGTERM, within=30), 0, "exit code")
    expect(server.said(), r"Waiting until the option bytes are written")
    client.wait(10)


main(sigterm_waits_for_the_end, a_server_waits_too)
