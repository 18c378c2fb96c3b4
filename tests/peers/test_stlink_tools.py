# SPDX-License-Identifier: MIT
#
# Debian's stlink-tools (st-info, st-flash, st-util) on the virtual ST-LINK, unmodified.
import os
import subprocess
import tempfile

from support import BUILD, FIRMWARE, check, equal, expect, main, on_usb, random_bytes, tether

CHIP = "STM32F407VG"


def sees_the_probe_and_the_chip():
    for firmware, shown in (("V2J28S7", "V2J28S7"), ("V2J37S7", "V2J37S7"), ("V2J45M31", "V2J45"),
                            ("V3J7M3", "V3J7")):
        code, text = on_usb(CHIP + ",firmware=" + firmware, "st-info", "--probe")
        expect(text, r"Found 1 stlink", shown, r"flash:\s+1048576", r"chipid:\s+0x0?413")
        equal(code, 0, "exit code")


def writes_reads_and_erases():
    content = random_bytes(100001)
    with tempfile.TemporaryDirectory() as folder:
        board = "%s,image=%s/board" % (CHIP, folder)
        with open(folder + "/in", "wb") as file:
            file.write(content)
        code, text = on_usb(board, "st-flash", "--reset", "write", folder + "/in", "0x08000000")
        expect(text, r"Flash written and verified")
        equal(code, 0, "exit code of write")
        for option in ("--connect-under-reset", "--hot-plug"):
            code, text = on_usb(board, "st-flash", option, "read", folder + "/out", "0x08000000",
                                str(len(content)))
            with open(folder + "/out", "rb") as file:
                check(file.read(len(content)) == content, "st-flash read something else: " + text)
            os.unlink(folder + "/out")
        code, _, said = tether("run", "--probe", "virtual:" + board,
                               "mem read 0x08000000 %d %s/ours" % (len(content), folder))
        equal(code, 0, "tether run: " + said)
        with open(folder + "/ours", "rb") as file:
            check(file.read() == content, "Tether read something else")
        code, text = on_usb(board, "st-flash", "--reset", "erase")
        equal(code, 0, "exit code of erase: " + text)
        code, text = on_usb(board, "st-flash", "read", folder + "/blank", "0x08000000", "4096")
        with open(folder + "/blank", "rb") as file:
            check(file.read() == b"\xff" * 4096, "not blank after erase")


def reads_what_tether_wrote():
    with tempfile.TemporaryDirectory() as folder:
        board = "%s,image=%s/board" % (CHIP, folder)
        plain = folder + "/demo.bin"
        elf = os.path.join(FIRMWARE, "demo.elf")
        subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", elf, plain], check=True)
        subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set confirm off", "-ex",
                        "target extended-remote | %s/tether --stdio --probe virtual:%s" % (BUILD, board),
                        "-ex", "load", "-ex", "detach", elf], stdin=subprocess.DEVNULL, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        with open(plain, "rb") as file:
            wanted = file.read()
        on_usb(board, "st-flash", "read", folder + "/out", "0x08000000", str(len(wanted)))
        with open(folder + "/out", "rb") as file:
            got = file.read()
        same = [a == b for a, b in zip(got, wanted)]
        check(len(got) == len(wanted) and same.count(False) <= 16, "st-flash reads something else")


def serves_gdb():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/session.sh"
        with open(path, "w") as file:
            file.write(SESSION % {"elf": os.path.join(FIRMWARE, "demo.elf"), "log": folder + "/log"})
        code, text = on_usb(CHIP, "bash", path, timeout=120)
    expect(text, r"Transfer rate", r"Breakpoint 1, main")
    equal(code, 0, "exit code: " + text)


# st-util's port has to be chosen for it; GDB tries again until it listens. It does not always end on
# SIGTERM.
SESSION = """
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
st-util -p $port >%(log)s 2>&1 &
server=$!
gdb-multiarch -nx -q -batch -ex 'set confirm off' -ex "target extended-remote 127.0.0.1:$port" \\
    -ex load -ex 'break main' -ex continue -ex 'info registers pc' -ex kill %(elf)s </dev/null
status=$?
kill -KILL $server
wait $server 2>/dev/null
exit $status
"""

main(sees_the_probe_and_the_chip, writes_reads_and_erases, reads_what_tether_wrote, serves_gdb)
