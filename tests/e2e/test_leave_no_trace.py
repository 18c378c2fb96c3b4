# SPDX-License-Identifier: MIT
#
# However a session ends, the chip and the probe are left as they were found: every debug register has its
# old value, the program runs, and another tool works at once. After a SIGKILL the next start does it.
# Each scene runs on a mock USB bus whose board outlives tether.
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from support import BUILD, FIRMWARE, TETHER, Rsp, Server, check, equal, expect, main

PART = "STM32F407VG"
DEMO = os.path.join(FIRMWARE, "demo.elf")
REGISTERS = {
    "DHCSR": 0xE000EDF0, "DEMCR": 0xE000EDFC, "FP_CTRL": 0xE0002000,
    "DBGMCU_CR": 0xE0042004, "DBGMCU_APB1_FZ": 0xE0042008, "FLASH_CR": 0x40023C10, "FLASH_OPTCR": 0x40023C14,
    **{"FP_COMP%d" % i: 0xE0002008 + 4 * i for i in range(6)},
    **{"DWT_FUNCTION%d" % i: 0xE0001028 + 16 * i for i in range(4)},
    "code in RAM": 0x20010000,
}
# Run state and what changes while a program runs: not S_REGRDY, S_RETIRE_ST, S_SLEEP.
DHCSR_COUNTS = 0x0002000F


def run_tether(*commands, home, options=()):
    """The mock bus takes a moment to see that a killed process is gone."""
    environment = {**os.environ, "XDG_RUNTIME_DIR": home}
    deadline = time.monotonic() + 10
    while True:
        run = subprocess.run([TETHER, "run", *options, *commands], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, timeout=60, env=environment)
        text = run.stdout + run.stderr
        if "another program holds" not in text or time.monotonic() > deadline:
            return run.returncode, text
        time.sleep(0.05)


def snapshot(folder):
    """What is in the chip now, read without writing anything; and without a journal to act upon."""
    home = tempfile.mkdtemp(dir=folder)
    code, text = run_tether(*("mdw 0x%08x" % address for address in REGISTERS.values()), home=home,
                            options=("--connect", "hot-plug", "--on-exit", "keep"))
    equal(code, 0, text)
    values = [int(word, 16) for word in re.findall(r"^0x[0-9a-f]{8}: ([0-9a-f]{8})$", text, re.M)]
    equal(len(values), len(REGISTERS), text)
    found = dict(zip(REGISTERS, values))
    found["DHCSR"] &= DHCSR_COUNTS
    return found


def differences(before, after):
    return {name: "%08x, was %08x" % (after[name], before[name]) for name in before
            if before[name] != after[name]}


class Session:
    """A server with a client that has changed whatever a client can."""

    def __init__(self, home):
        os.environ["XDG_RUNTIME_DIR"] = home
        self.server = Server(command=[TETHER, "--port", "0"])
        self.rsp = Rsp(self.server)
        self.rsp.no_acks()
        self.rsp.ask("qSupported:swbreak+;hwbreak+")
        check(self.rsp.ask("?").startswith("T"), "no stop reply")
        self.rsp.monitor("reset halt")
        self.rsp.monitor("catch all")
        self.rsp.monitor("mwh 0x20010000 0xbf00")
        for packet in ("Z1,8000200,2", "Z1,8000300,2", "Z2,20018000,4", "Z3,20018010,2", "Z0,20010000,2"):
            equal(self.rsp.ask(packet), "OK", packet)
        self.go()

    def go(self):
        """Units and BKPTs are placed when the core runs."""
        self.rsp.send("vCont;c")
        time.sleep(0.1)


def detach(session):
    session.rsp.raw(b"\x03")
    session.rsp.packet()
    equal(session.rsp.ask("D"), "OK", "D")
    session.rsp.close()
    session.server.stop()


def terminate(session):
    session.server.stop(signal.SIGTERM)


def terminate_halted(session):
    session.rsp.raw(b"\x03")
    session.rsp.packet()
    session.server.stop(signal.SIGTERM)


def kill(session):
    """While nothing is on the bus: umockdev gets stuck on a client that dies while it is being answered."""
    session.rsp.raw(b"\x03")
    check(session.rsp.packet().startswith(b"T02"), "it does not stop")
    time.sleep(0.1)
    session.server.process.kill()
    session.server.process.wait()


def lose_the_socket(session):
    session.rsp.close()
    time.sleep(5.5)                     # the grace time
    session.server.process.kill()       # whatever it has not put back by now stays
    session.server.process.wait()


def assert_others_work(folder):
    """st-info finds probe and chip; OpenOCD halts and resumes."""
    if shutil.which("st-info"):
        text = subprocess.run(["st-info", "--probe"], capture_output=True, text=True, timeout=60).stdout
        expect(text, r"0x0?413")
    if shutil.which("openocd"):
        run = subprocess.run(["openocd", "-f", "interface/stlink.cfg", "-f", "target/stm32f4x.cfg", "-c",
                              "init; halt; resume; shutdown"], capture_output=True, text=True, timeout=60)
        equal(run.returncode, 0, run.stderr)


def inside(ending):
    """On the bus: changes everything, ends, and compares."""
    with tempfile.TemporaryDirectory() as folder:
        home = os.path.join(folder, "home")
        os.mkdir(home)
        equal(run_tether("flash write " + DEMO, "reset run", "mwh 0x20010000 0xbf00", home=home)[0], 0, "flash write")
        before = snapshot(folder)
        session = Session(home)
        ENDINGS[ending](session)
        if ending == "kill":
            left = differences(before, snapshot(folder))
            for name in ("DEMCR", "DBGMCU_CR", "DBGMCU_APB1_FZ", "FP_COMP0", "DWT_FUNCTION0", "DHCSR", "code in RAM"):
                check(name in left, "%s shows no trace of a killed session: %s" % (name, left))
            code, text = run_tether("info", home=home)
            equal(code, 0, text)
        left = differences(before, snapshot(folder))
        check(not left, "after %s: %s" % (ending, left))
        assert_others_work(folder)


def others():
    """Nobody has cleaned up yet."""
    with tempfile.TemporaryDirectory() as folder:
        equal(run_tether("flash write " + DEMO, "reset run", home=folder)[0], 0, "flash write")
        kill(Session(folder))
        time.sleep(0.5)
        assert_others_work(folder)


ENDINGS = {function.__name__: function for function in (detach, terminate, terminate_halted, lose_the_socket, kill)}


def play(ending):
    run = subprocess.run([os.path.join(BUILD, "tether-virtual-usb"), PART, "--", sys.executable, __file__, ending],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         timeout=120)
    equal(run.returncode, 0, run.stdout)


def after_detach():
    play("detach")


def after_sigterm():
    play("terminate")
    play("terminate_halted")


def after_a_lost_socket():
    play("lose_the_socket")


def after_sigkill_and_the_next_start():
    play("kill")


def others_work_right_after_a_sigkill():
    play("others")


if len(sys.argv) > 1:
    others() if sys.argv[1] == "others" else inside(sys.argv[1])
    sys.exit(0)
if not os.path.exists(os.path.join(BUILD, "tether-virtual-usb")):
    print("tether-virtual-usb is not built")
    sys.exit(77)
main(after_detach, after_sigterm, after_a_lost_socket, after_sigkill_and_the_next_start,
     others_work_right_after_a_sigkill)
