# SPDX-License-Identifier: MIT
#
# Bad boards as a table: who gets through, who says why, and what it takes. Rows in tests/peers/bad_boards.py.
import os
import sys

for folder in ("e2e", "peers"):
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", folder))
from bad_boards import BOARDS, TOOLS, meet  # noqa: E402

print("\n  Bad boards: connected?, * = says why; ms of USB, SWD and the tool's own time, to the connect or the\n"
      "  refusal (aim: Tether under 3000)\n")
print("  %-34s %s" % ("", " ".join("%22s" % name for name, _, _ in TOOLS.values())))
for board in BOARDS:
    cells = []
    for tool in TOOLS:
        verdict = meet(board, tool)
        cells.append("%22s" % ("%s%s %6.0f" % ("yes" if verdict.connected else "no",
                                               "*" if verdict.explained else " ", verdict.ms)))
    print("  %-34s %s" % (board.name, " ".join(cells)), flush=True)
