# SPDX-License-Identifier: BSD-3-Clause
"""Where Redis 7.0, the peer of continuous integration, differs from Valkey 9.1, which Skarn
follows. Every rule says why; against a Valkey 9.1 (level 9) none applies. Commands and options
which Redis 7.0 does not have are marked in grammar.py and not sent to it."""


def text(reply):
    return reply[1].decode(errors="replace") if reply[0] == "-" else ""


def is_error(reply, part=""):
    return reply[0] == "-" and part in text(reply)


# (commands, claim about (op, ours, theirs), reason)
RULES = [
    (("scan", "hscan"), lambda op, ours, theirs: is_error(ours, "invalid cursor"),
     "7.0 takes an empty or negative cursor"),
    (("scan",), lambda op, ours, theirs: is_error(ours, "unknown type name"),
     "7.0 takes any TYPE"),
    (("bitcount", "bitpos", "getex"), lambda op, ours, theirs: is_error(ours) or
     op.name == "bitcount" and len(op.arguments) == 3,
     "7.0 looks at the key before it checks the arguments, BITCOUNT wants both ends"),
    (("object",), lambda op, ours, theirs: is_known_encoding(7, ours[1], theirs[1]),
     "9.1 embeds longer strings"),
]


def is_known_encoding(level, ours, theirs):
    """Valkey 9.1 embeds a string when entry and key together fit; 7.0 up to 44 bytes."""
    return level < 9 and {ours, theirs} == {b"embstr", b"raw"}


def is_known(level, op, ours, theirs):
    """The reason why a difference is expected, or None."""
    if level >= 9:
        return None
    for commands, claim, reason in RULES:
        if op.name in commands and claim(op, ours, theirs):
            return reason
    return None
