# SPDX-License-Identifier: BSD-3-Clause
"""Compares two replies, given with their wire types as (type byte, value).

Modes: exact; set (an array in any order); pairs (a map or a flat array of pairs in any order);
shape (same kind and length: the content is random); seconds, millis (integers, alone or in an
array, which may differ by the time that passed between the servers); any (only errors and kinds).
The replies inside that of EXEC are compared one by one, each with the mode of its command.
"""

MILLIS_TOLERANCE = 2000


def same(ours, theirs, mode, lag_ms=0):
    """lag_ms: how much later than usual one of the servers may have been given its commands."""
    if ours == theirs:
        return True
    if ours[0] in "-!" or theirs[0] in "-!":
        return False
    if not same_kind(ours, theirs):
        return False
    if ours[1] is None or theirs[1] is None:
        return False
    if mode == "any":
        return True
    if mode == "set":
        return isinstance(ours[1], list) and sorted(ours[1]) == sorted(theirs[1])
    if mode == "pairs":
        return pairs(ours) == pairs(theirs)
    if mode == "shape":
        return not isinstance(ours[1], list) or len(ours[1]) == len(theirs[1])
    if mode in ("seconds", "millis"):
        tolerance_ms = MILLIS_TOLERANCE + lag_ms
        return close(ours, theirs, tolerance_ms / 1000 if mode == "seconds" else tolerance_ms)
    return False


def same_kind(ours, theirs):
    return ours[0] == theirs[0]


def pairs(node):
    kind, value = node
    if kind == "*":
        value = list(zip(value[::2], value[1::2]))
    return sorted(value, key=repr)


def close(ours, theirs, tolerance):
    if isinstance(ours[1], list):
        return len(ours[1]) == len(theirs[1]) and all(
            close(a, b, tolerance) for a, b in zip(ours[1], theirs[1]))
    if ours[0] != ":" or theirs[0] != ":":
        return ours == theirs
    a, b = ours[1], theirs[1]
    return a == b or (a > 0 and b > 0 and abs(a - b) <= tolerance)
