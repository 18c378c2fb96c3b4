# SPDX-License-Identifier: MIT
#
# What a real GDB session costs: USB exchanges and modelled time (monitor stats), memory of the programs.
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from support import BOARD, TETHER, Server, gdb, make_elf, on_usb, random_bytes  # noqa: E402

STATS = "monitor stats"


def stats(out):
    """(exchanges, milliseconds of link time) of each `monitor stats` in the output."""
    return [(int(e), float(ms)) for e, ms in
            re.findall(r"^exchanges\s+(\d+).*?^link time\s+([\d.]+) ms", out, re.M | re.S)]


def session(server, *commands):
    out = gdb(server, "demo.elf", "load", "break station_check", "continue", "delete", *commands, timeout=300)
    return stats(out)


def rows():
    for firmware in ("V2J37S7", "V3J7M3"):
        with Server(board=BOARD + ",firmware=" + firmware) as server:
            s = session(server, STATS, "stepi", STATS, "stepi", STATS, "step", "info locals", STATS,
                        "next", "info locals", "backtrace", STATS)
            for name, a, b, aim in (("stepi (the first one there)", 0, 1, ""), ("stepi", 1, 2, "aim 15 exchanges"),
                                    ("step with locals shown", 2, 3, "aim 30 exchanges"),
                                    ("next, locals, backtrace", 3, 4, "")):
                print("  %-10s %-44s %9d %12.2f   %s" % (firmware, "gdb: " + name, s[b][0] - s[a][0],
                                                         s[b][1] - s[a][1], aim))


SESSION = """
'%(tether)s' --port 0 >%(folder)s/ready 2>/dev/null &
server=$!
while ! grep -qs Waiting %(folder)s/ready; do kill -0 $server || exit 1; done
port=$(sed -n 's/^Listening on port //p' %(folder)s/ready)
gdb-multiarch -nx -q -batch -ex "target extended-remote :$port" -ex load -ex 'monitor reset halt' \\
    -ex stepi %(folder)s/image.elf >%(folder)s/gdb 2>&1
grep VmHWM /proc/$server/status
kill $server
wait $server
"""


def memory():
    """Peak resident memory, after a load of 512 KiB and a step."""
    with tempfile.TemporaryDirectory() as folder:
        elf = make_elf(folder, random_bytes(512 * 1024))
        with Server() as server:
            gdb(server, elf, "load", "stepi", "detach")
            print("  %-55s %9d KiB   aim %d" % ("tether-virtual, peak resident after a 512 KiB load",
                                               server.peak_kib(), 48 * 1024))
        with open(folder + "/session.sh", "w") as file:
            file.write(SESSION % {"tether": TETHER, "folder": folder})
        _, text = on_usb("STM32F407VG", "sh", folder + "/session.sh")
        kib = int(re.search(r"VmHWM:\s+(\d+)", text).group(1))
        print("  %-55s %9d KiB   aim %d" % ("tether, the same through libusb", kib, 6 * 1024))


rows()
memory()
