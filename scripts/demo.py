# SPDX-License-Identifier: MIT
#
# The debug session of `make demo`, run inside GDB: each step says what it does, does it, and checks
# that the answer is what it has to be.
import os
import re
import signal
import sys
import threading

import gdb


def explain(text):
    print("\n   # " + text)
    sys.stdout.flush()


def run(command, expect=None):
    """Shows and runs a GDB command; expect is a pattern its output must have."""
    print("   (gdb) " + command)
    sys.stdout.flush()
    output = gdb.execute(command, to_string=True)
    for line in output.splitlines():
        print("      " + line)
    sys.stdout.flush()
    if expect and not re.search(expect, output):
        raise gdb.GdbError("expected %r from %r" % (expect, command))
    return output


def ctrl_c_while_running():
    """Presses Ctrl-C a moment after the target has been resumed."""
    def pressed():
        os.kill(os.getpid(), signal.SIGINT)
    gdb.events.cont.connect(once)
    once.press = pressed


def once(event):
    gdb.events.cont.disconnect(once)
    threading.Timer(0.3, once.press).start()


def session():
    gdb.execute("set confirm off")
    gdb.execute("set pagination off")
    gdb.execute("set width 0")
    gdb.execute("set print pretty on")
    gdb.execute("set print elements 24")

    explain("Connect. Nothing on the board is touched before this. The chip is as new, without a program: its core has locked up.")
    run("target extended-remote 127.0.0.1:" + os.environ["DEMO_PORT"])
    run("monitor info", r"STM32F405/407")

    explain("Program the flash: erase, write and verify happen on the chip; then ask for a second opinion.")
    run("load", r"Start address")
    run("compare-sections", r"matched")

    explain("Run to main on a hardware breakpoint, then step a line.")
    run("break main", r"Breakpoint 1")
    run("continue")
    run("print $pc >= (long)main", r"= 1")
    run("next")

    explain("Stop inside the SysTick interrupt; the backtrace leads out of it to the code it interrupted.")
    run("break station_add")
    run("continue")
    run("backtrace", r"(?s)SysTick_Handler.*signal handler called.*main")
    run("print station", r"name = .*roof")
    run("delete")

    explain("Who raises the alarm? A watchpoint stops at the write.")
    run("watch station.alarm", r"watchpoint")
    run("continue")
    run("print station.alarm", r"true")
    run("delete")

    explain("Let it run, press Ctrl-C.")
    ctrl_c_while_running()
    run("continue")
    run("print milliseconds")
    run("info registers pc sp xpsr")

    explain("Reset; the core stops before its first instruction.")
    run("monitor reset halt")
    run("maintenance flush register-cache")
    run("print $pc", r"reset_handler")

    explain("Leave; the firmware runs on.")
    run("detach", r"detached")


try:
    session()
except (gdb.error, gdb.GdbError) as problem:
    print("   !! " + str(problem))
    gdb.execute("quit 1")
