# SPDX-License-Identifier: MIT
#
# Debian's pyOCD 0.13.1 on the virtual ST-LINK, unmodified. It wants a V2 that is not in DFU mode, and
# it knows no F407: an F439 has the same flash controller and more memory.
import os
import subprocess
import tempfile

from support import FIRMWARE, check, equal, expect, main, on_usb, tether

BOARD = "STM32F407VG,firmware=V2J45M31"
TARGET = ("-t", "stm32f439xg")


def lists_the_probe():
    code, text = on_usb(BOARD, "pyocd-tool", "list")
    expect(text, r"STLinkV2-1")
    equal(code, 0, "exit code")


def reads_and_writes_memory():
    code, text = on_usb(BOARD, "pyocd-tool", "-t", "cortex_m", "-H", "status")
    expect(text, r"Core 0 status:\s+Halted")
    code, text = on_usb(BOARD, "pyocd-tool", "-t", "cortex_m", "-H", "read32", "0xE0042000", "4")
    expect(text, r"10076413")
    equal(code, 0, "exit code")


def programs_flash():
    with tempfile.TemporaryDirectory() as folder:
        plain = folder + "/demo.bin"
        subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", os.path.join(FIRMWARE, "demo.elf"), plain],
                       check=True)
        board = "%s,image=%s/board" % (BOARD, folder)
        code, text = on_usb(board, "pyocd-flashtool", *TARGET, "-a", "0x08000000", plain, "bin")
        expect(text, r"Programmed \d+ bytes")
        equal(code, 0, "exit code")
        with open(plain, "rb") as file:
            wanted = file.read()
        code, _, said = tether("run", "--probe", "virtual:" + board,
                               "mem read 0x08000000 %d %s/ours" % (len(wanted), folder))
        equal(code, 0, "tether run: " + said)
        with open(folder + "/ours", "rb") as file:
            check(file.read() == wanted, "Tether read something else")


def serves_gdb():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/session.sh"
        with open(path, "w") as file:
            file.write(SESSION % {"elf": os.path.join(FIRMWARE, "demo.elf"), "log": folder + "/log"})
        code, text = on_usb(BOARD, "bash", path, timeout=180)
    expect(text, r"Transfer rate", r"Breakpoint 1, main")
    equal(code, 0, "exit code: " + text)


# Python 3.9 took away a name that this pyOCD's server needs; nothing else of it is changed.
SESSION = """
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
telnet=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
/usr/bin/python3 -c '
import threading
threading.Thread.isAlive = threading.Thread.is_alive
from pyocd.tools.gdb_server import main
main()' -t stm32f439xg -p $port -T $telnet >%(log)s 2>&1 &
server=$!
gdb-multiarch -nx -q -batch -ex 'set confirm off' -ex 'set mem inaccessible-by-default off' \\
    -ex 'set remotetimeout 10' -ex "target remote 127.0.0.1:$port" -ex 'monitor reset halt' -ex load \\
    -ex 'monitor reset halt' -ex 'break main' -ex continue -ex 'info registers pc' -ex detach %(elf)s </dev/null
status=$?
kill $server
wait $server 2>/dev/null
exit $status
"""

main(lists_the_probe, reads_and_writes_memory, programs_flash, serves_gdb)
