# SPDX-License-Identifier: MIT
"""Reads chip files for the scripts that compare them with tables of facts."""
import os
import re
import sys

FOLDER = "targets/chips"
FACTS = os.environ.get("TETHER_FACTS", "../shared/facts")

TOKEN = re.compile(r'\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|0[xX][0-9A-Fa-f]+|\d+|[A-Za-z_][\w]*|[=;,(){}\[\]]')


def tokens(text):
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            sys.exit(f"check-chips: unexpected {text[at:at + 20]!r}")
        at = found.end()
        word = found.group()
        if not word.isspace() and not word.startswith("#"):
            yield word
    yield None


class Reader:
    """The part of libconfig's language that chip files use."""

    def __init__(self, text):
        self.words = tokens(text)
        self.word = next(self.words)

    def take(self, expected=None):
        word, self.word = self.word, next(self.words) if self.word is not None else None
        if expected and word != expected:
            sys.exit(f"check-chips: {expected!r} expected, not {word!r}")
        return word

    def group(self, end):
        result = {}
        while self.word != end:
            key = self.take()
            self.take("=")
            result[key] = self.value()
            self.take(";")
        self.take()
        return result

    def value(self):
        word = self.take()
        if word == "{":
            return self.group("}")
        if word in "([":
            items, end = [], {"(": ")", "[": "]"}[word]
            while self.word != end:
                items.append(self.value())
                if self.word == ",":
                    self.take()
            self.take()
            return items
        if word[0] == '"':
            return word[1:-1].replace('\\"', '"')
        return {"true": True, "false": False}.get(word, None) if word[0].isalpha() else int(word, 0)


def read_chips():
    chips = {}
    for name in sorted(os.listdir(FOLDER)):
        if not name.endswith(".cfg"):
            sys.exit(f"{FOLDER}/{name} is no chip file")
        with open(os.path.join(FOLDER, name), encoding="ascii") as file:
            chips[name] = Reader(file.read()).group(None)
    return chips
