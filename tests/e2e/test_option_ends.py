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

from support import TETHER, check, expect, main, tether

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


main(sigterm_waits_for_the_end)
