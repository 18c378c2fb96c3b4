# SPDX-License-Identifier: MIT
#
# What a source-line step costs as VS Code does it, in ST-LINK commands: step, stack trace, scopes, variables and two watch
# expressions, through cdt-gdb-adapter, with OpenOCD and with Tether behind it on the same virtual board. The difference
# of two runs, one with more steps.
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from dap import PROGRAM, Adapter                                               # noqa: E402
from support import BUILD, FIRMWARE, free_port, on_usb, tether                 # noqa: E402

CHIP = "STM32F407VG"
ELF = os.path.abspath(os.path.join(FIRMWARE, "demo.elf"))
SOURCE = os.path.abspath(os.path.join(HERE, "..", "firmware", "demo.c"))
STEPS = 6
AIM = 0.2                          # of the better OpenOCD's


def openocd(interface):
    return lambda port: ["openocd", "-f", "interface/" + interface, "-f", "target/stm32f4x.cfg", "-c",
                         "gdb_port %d; tcl_port disabled; telnet_port disabled" % port]


SERVERS = {
    "OpenOCD HLA": openocd("stlink.cfg"),
    "OpenOCD dapdirect": openocd("stlink-dap.cfg"),
    "Tether": lambda port: [os.path.abspath(BUILD) + "/tether", "--port", str(port)],
}


def line_of(text):
    with open(SOURCE) as file:
        return 1 + next(i for i, line in enumerate(file) if text in line)


def look(adapter):
    """What the editor asks for when it shows a stop."""
    frame = adapter.stopped()[0]
    adapter.variables(frame)
    adapter.watch(frame, "station.range.highest")
    adapter.watch(frame, "milliseconds")


def play(name, steps):
    """In front of the board: a session with so many steps."""
    port = free_port()
    server = SERVERS[name](port)
    with Adapter() as adapter:
        adapter.start("launch", [(SOURCE, [line_of("station_check(&station);")])], program=ELF,
                      target={"server": server[0], "serverParameters": server[1:], "port": str(port)},
                      initCommands=["monitor reset halt"])
        look(adapter)
        adapter.breakpoints(SOURCE)
        for _ in range(steps):
            adapter.ask("next", threadId=1)
            look(adapter)
        adapter.ask("disconnect")


def run(firmware, board, name, steps):
    """(commands, modelled ms on bus and wire) of such a session."""
    code, text = on_usb("%s,firmware=%s,image=%s" % (CHIP, firmware, board), sys.executable, os.path.abspath(__file__),
                        name, str(steps), options=("--times",), timeout=120)
    found = re.search(r": (\d+) commands; modelled ms: usb ([\d.]+), swd ([\d.]+)", text)
    if code or not found:
        raise RuntimeError("%s failed, exit code %d:\n%s" % (name, code, text))
    return int(found.group(1)), float(found.group(2)) + float(found.group(3))


def rows(firmware, image, folder):
    costs = {}
    for name in SERVERS:
        board = os.path.join(folder, "board")
        runs = []
        for steps in (1, 1 + STEPS):
            shutil.copy(image, board)
            runs.append(run(firmware, board, name, steps))
        costs[name] = (runs[1][0] - runs[0][0]) / STEPS
        print("  %-10s %-44s %9.1f %12.2f" % (firmware, "VS Code's step: " + name, costs[name],
                                              (runs[1][1] - runs[0][1]) / STEPS), flush=True)
    share = costs["Tether"] / min(costs[name] for name in costs if name != "Tether")
    print("  %-10s %-44s %8.0f%%                aim %.0f%%" % (firmware, "of the better OpenOCD's commands", 100 * share,
                                                            100 * AIM))


def main():
    if not os.path.exists(PROGRAM):
        print("  VS Code's step: cdt-gdb-adapter is not here; scripts/fetch-adapter build/adapter gets it")
        return
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "image")
        code, _, said = tether("run", "--probe", "virtual:%s,image=%s" % (CHIP, image), "flash write " + ELF)
        if code:
            sys.exit("cannot prepare the chip: " + said)
        for firmware in os.environ.get("FIRMWARES", "V2J37S7 V3J7M3").split():
            rows(firmware, image, folder)


if len(sys.argv) == 3:
    play(sys.argv[1], int(sys.argv[2]))
else:
    main()
