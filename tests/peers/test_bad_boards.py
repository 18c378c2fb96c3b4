# SPDX-License-Identifier: MIT
#
# Bad boards: who gets through, who says why not. Tether always says why; what the other tools do is a
# record, so that a virtual board which flatters or hinders one of them is noticed.
from bad_boards import BOARDS, TOOLS, meet
from peers import FULL
from support import check, equal, main

LIMIT_MS = 3000
TOOLS_TRIED = "orif" if FULL else "oi"


def print_row(board, verdicts):
    print("  %-34s %s" % (board.name, " | ".join(
        "%s: %s, %.0f ms" % (TOOLS[tool][0], verdict.words(), verdict.ms) for tool, verdict in verdicts.items())),
        flush=True)


def check_tether(board, verdict):
    equal(verdict.connected, board.reached, "%s: Tether is connected, which said:\n%s" % (board.name, verdict.text))
    check(verdict.explained or board.name == "healthy", "%s: no word of it:\n%s" % (board.name, verdict.text))
    check(verdict.ms < LIMIT_MS, "%s: %.0f ms" % (board.name, verdict.ms))
    check("unknown chip id 0" not in verdict.text, verdict.text)


def says_why_on_every_bad_board():
    for board in BOARDS:
        if not FULL and not board.fast:
            continue
        verdicts = {tool: meet(board, tool) for tool in "t" + TOOLS_TRIED}
        print_row(board, verdicts)
        check_tether(board, verdicts["t"])
        for tool in TOOLS_TRIED if board.others is not None else "":
            equal(verdicts[tool].connected, tool in board.others,
                  "%s: %s is connected, which said:\n%s" % (board.name, TOOLS[tool][0], verdicts[tool].text))


main(says_why_on_every_bad_board)
