# SPDX-License-Identifier: MIT
#
# What a real GDB session costs: USB exchanges and modelled time (monitor stats), memory of the programs.
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from support import BOARD, TETHER, Server, expect, gdb, tether  # noqa: E402

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


def memory():
    with Server() as server:
        gdb(server, "demo.elf", "load", "break main", "continue", "detach")
        print("  tether-virtual, peak resident: %d KiB (aim %d)" % (server.peak_kib(), 48 * 1024))
    code = "import resource,subprocess,sys;subprocess.run(sys.argv[1:],capture_output=True);" \
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    import subprocess
    kib = int(subprocess.run([sys.executable, "-c", code, TETHER, "list"], capture_output=True,
                             text=True).stdout)
    print("  tether list, peak resident: %d KiB (aim for tether %d)" % (kib, 6 * 1024))


rows()
memory()
