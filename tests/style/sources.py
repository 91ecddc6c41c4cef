# SPDX-License-Identifier: BSD-3-Clause
"""Finds the project's files and reads C++ just far enough for the style checks."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TREES = ("src", "arch", "tests", "bench")
SKIPPED_FOLDERS = {"build", "__pycache__", "corpus", "data"}


class Source:
    """One file: `path` is relative to the root, with forward slashes."""

    def __init__(self, path):
        self.path = path
        with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()

    @property
    def is_cpp(self):
        return self.path.endswith((".cc", ".h"))

    @property
    def is_data(self):
        """Tables of data say so in a comment of their first lines and may be long."""
        return any(re.match(r"\s*(//|#) Data:", line) for line in self.lines[:15])

    def includes(self):
        """Yields (line number, spelling with its <> or "") of each include."""
        for number, line in enumerate(self.lines, 1):
            found = re.match(r'\s*#\s*include\s*(<[^>]+>|"[^"]+")', line)
            if found:
                yield number, found.group(1)


def find(endings, trees=TREES):
    """All files with one of the endings, in a stable order; never asks the version control."""
    paths = []
    for tree in trees:
        for folder, folders, names in os.walk(os.path.join(ROOT, tree)):
            folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
            relative = os.path.relpath(folder, ROOT).replace(os.sep, "/")
            paths += [f"{relative}/{name}" for name in sorted(names) if name.endswith(endings)]
    return paths


def blanked(text):
    """The text with comments, literals and preprocessor lines blanked; line breaks stay."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:\\\n|[^\n])*",
        re.S | re.M,
    )

    def blank(match):
        kept = re.sub(r"[^\n]", " ", match.group(0))
        return "0" + kept[1:] if match.group(0)[0] in "\"'R" else kept

    return pattern.sub(blank, text)


def functions(text):
    """Yields (name, first line, last line) of every function defined at namespace or class level.

    Follows braces: a block is a namespace or class (looked into), a function (measured), or
    something else such as an initialiser (passed over).
    """
    code = blanked(text)
    stack = []  # One of "scope", "function", "other" for every open brace, with its details.
    statement = 0  # Where the statement that is being read began.
    for match in re.finditer(r"[{};]|\b(?:public|private|protected)\s*:(?!:)", code):
        token, position = match.group(0), match.start()
        inside = stack[-1][0] if stack else "scope"
        if token == "{":
            head = code[statement:position]
            kind = _block_kind(head) if inside == "scope" else "other"
            first = statement + len(head) - len(head.lstrip())
            stack.append((kind, head, first, statement))
            if kind != "other":
                statement = position + 1
        elif token == "}":
            if not stack:
                return
            kind, head, first, before = stack.pop()
            if kind == "function":
                yield (_name(head), code.count("\n", 0, first) + 1,
                       code.count("\n", 0, position) + 1)
            # A braced initialiser of a constructor or variable continues its statement.
            statement = before if kind == "other" and inside == "other" else statement
            if kind != "other":
                statement = position + 1
            elif stack and stack[-1][0] != "other" or not stack:
                statement = before
        elif inside == "scope":
            statement = match.end()


def _block_kind(head):
    flat = _without_nested(head)
    if re.search(r"\b(namespace|extern\s+0)\b", flat) or flat.strip() == "extern 0":
        return "scope"
    if re.search(r"\b(class|struct|union|enum)\b", flat) and "()" not in re.sub(
            r"\b(SKARN_\w+|alignas|__attribute__)\s*\(\)", "", flat):
        return "scope"
    plain = re.sub(r"operator\s*(\(\s*\)|[^\s(]+)", "operator_", flat)
    if "(" not in plain or "=" in plain or re.search(r"\brequires\s*$", plain):
        return "other"
    # `Name(...) : member_{...} {`: only a brace after `)` or `}` opens the body.
    initialisers = re.search(r"\)\s*(noexcept\s*)?:(?!:)", plain)
    if initialisers and not re.search(r"[)}]\s*$", plain):
        return "other"
    return "function"


def _without_nested(head):
    """The head of a block with the contents of (), {} and <> removed, innermost first."""
    head = re.sub(r"operator\s*[<>=!]+", "operator_", head).replace("->", " ")
    while True:
        flat = re.sub(r"\([^()]+\)", "()", head)
        flat = re.sub(r"\{[^{}]+\}", "{}", flat)
        flat = re.sub(r"<[^<>(){}]*>", " ", flat)
        if flat == head:
            return flat
        head = flat


def _name(head):
    found = re.search(r"([\w:~]+|operator\s*\S+?)\s*\(", head)
    name = found.group(1) if found else "?"
    if name in ("TEST", "TEST_F", "TEST_P", "BENCHMARK_F"):
        return " ".join(head.split())
    return name
