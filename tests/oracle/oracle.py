#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends the same random commands to Skarn and to a stock server and compares what they do.

    oracle.py [--server COMMAND] [--peer COMMAND] [--level 7|9] [--io-threads N]
              [--seed N] [--only INDEX] [--sequences N] [--length N] [--seconds N]
              [--skip COMMAND,...]

The server defaults to SKARN_TEST_SERVER or the release build, the peer to redis-server (level 7).
Compared are the replies with their wire types, the keyspace events, and at the end of each
sequence every key: type, encoding, content, expiry and DUMP, which the other server must be able
to restore. A difference is shrunk to few commands and printed; SEED and INDEX repeat it.
"""

import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import compare
from generator import Generator, Op
from harness.server import default_command
from known_differences import is_known, is_known_encoding
from target import BROKEN, DUMP_BYTES_MAX, Target

BATCH_MAX = 24
SHRINK_SECONDS = 120
USUAL_STEP_MS = 100


class Difference:
    """What was not equal, and at which step (None: only seen at the end)."""

    def __init__(self, index, what, ours, theirs):
        self.index, self.what, self.ours, self.theirs = index, what, ours, theirs

    def kind(self):
        """Two differences of one kind count as the same one while a sequence is shrunk."""
        return self.what.split(":")[0].lower()

    def __str__(self):
        return f"{self.what}\n    ours:   {clip(self.ours)}\n    theirs: {clip(self.theirs)}"


def clip(value):
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:600]}... ({len(text)} characters)"


class Oracle:
    def __init__(self, ours, theirs, level):
        self.ours, self.theirs, self.level = ours, theirs, level
        self.known = {}
        self.commands = 0

    def run(self, ops, protocol, batches):
        """Runs a sequence from an empty keyspace; returns the first difference or None.

        batches: how many plain commands go out at once, step by step (then from the start).
        """
        for target in (self.ours, self.theirs):
            target.reset(protocol)
        self.queued = {0: None, 1: None}  # The commands in an open MULTI.
        self.lag_ms = 0
        at, turn = 0, 0
        while at < len(ops):
            count = 1
            while (ops[at].kind == "command" and count < batches[turn % len(batches)]
                   and at + count < len(ops) and ops[at + count].kind == "command"
                   and ops[at + count].client == ops[at].client):
                count += 1
            turn += 1
            try:
                difference = self.step(ops[at:at + count], at)
            except BROKEN as error:
                return self.broken(ops[at:at + count], at, error)
            if difference:
                return difference
            at += count
        try:
            return self.compare_ends()
        except BROKEN as error:
            return self.broken(ops[-1:], len(ops) - 1, error)

    def broken(self, ops, at, error):
        """A server which went away or sent what is no reply."""
        states = [f"{t.name} alive" if t.is_alive() else f"{t.name} died" for t in
                  (self.ours, self.theirs)]
        log = "" if self.ours.is_alive() else self.ours.server.log_text()[-3000:]
        self.ours.start()
        self.theirs.start()
        what = f"broken: {', '.join(states)}: {type(error).__name__} {error}"
        return Difference(at + len(ops) - 1, what, log, "")

    def step(self, ops, at):
        targets = (self.ours, self.theirs)
        if ops[0].kind != "command":
            if self.queued[ops[0].client] is not None:
                return None  # Inside MULTI a step of several commands has no replies to act on.
            results = [[target.special(ops[0])] for target in targets]
        else:
            began = time.monotonic()
            for target in targets:
                target.send(ops)
            results = [target.receive(ops) for target in targets]
            # A time to live counts from when a server was given its time.
            self.lag_ms += max(0, int((time.monotonic() - began) * 1000) - USUAL_STEP_MS)
        self.commands += len(ops)
        for offset, (op, ours, theirs) in enumerate(zip(ops, *results)):
            found = self.compare_replies(op, ours, theirs)
            if found:
                return Difference(at + offset, f"{found.name}: {op}", ours, theirs)
            self.follow_transaction(op, theirs)
        return None

    def compare_replies(self, op, ours, theirs):
        """Returns the command whose replies differ (inside EXEC one of the queued), or None."""
        if op.mode != "exec":
            pairs = [(op, ours, theirs)]
        elif ours == theirs:
            return None
        else:
            queued = self.queued[op.client] or []
            if not (compare.same_kind(ours, theirs) and isinstance(ours[1], list)
                    and isinstance(theirs[1], list)
                    and len(ours[1]) == len(theirs[1]) == len(queued)):
                return op
            pairs = zip(queued, ours[1], theirs[1])
        for command, mine, their in pairs:
            if not compare.same(mine, their, command.mode, self.lag_ms):
                reason = is_known(self.level, command, mine, their)
                if not reason:
                    return command
                self.known[reason] = self.known.get(reason, 0) + 1
        return None

    def follow_transaction(self, op, reply):
        name = op.name
        queued = self.queued[op.client]
        if reply == ("+", b"QUEUED"):
            queued.append(op)
        elif name == "multi" and reply == ("+", b"OK"):
            self.queued[op.client] = []
        elif name in ("exec", "discard", "reset") and not (
                reply[0] == "-" and b"wrong number" in reply[1]):
            self.queued[op.client] = None

    def compare_ends(self):
        ours, theirs = self.ours.read_events(), self.theirs.read_events()
        if ours != theirs:
            first = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b),
                         min(len(ours), len(theirs)))
            return Difference(None, f"events: the {first + 1}th keyspace event",
                              ours[first:first + 3], theirs[first:first + 3])
        ours, theirs = self.ours.state(), self.theirs.state()
        if set(ours) != set(theirs):
            return Difference(None, "keys: the final keys", sorted(set(ours) - set(theirs)),
                              sorted(set(theirs) - set(ours)))
        for key in sorted(ours):
            difference = self.compare_key(key, ours[key], theirs[key])
            if difference:
                return difference
        return None

    def compare_key(self, key, ours, theirs):
        for aspect in ("type", "encoding", "content"):
            if ours[aspect] != theirs[aspect] and not (
                    aspect == "encoding"
                    and is_known_encoding(self.level, ours[aspect], theirs[aspect])):
                return Difference(None, f"final {aspect}: of {key}", ours[aspect], theirs[aspect])
        tolerance = compare.MILLIS_TOLERANCE + self.lag_ms
        for aspect in ("expiry", "field expiry"):
            if not close(ours[aspect], theirs[aspect], tolerance):
                return Difference(None, f"final {aspect}: of {key}", ours[aspect], theirs[aspect])
        if ours["dump"] != theirs["dump"]:
            return Difference(None, f"final dump: of {key}", ours["dump"], theirs["dump"])
        content = ours["content"]
        if ours["type"] == "hash" and ours["encoding"] != b"hashtable":
            content = sorted(zip(content[::2], content[1::2]))
        for target, payload in ((self.theirs, ours["payload"]), (self.ours, theirs["payload"])):
            found = target.restore_foreign(payload)
            if len(payload) <= DUMP_BYTES_MAX and found != content:
                return Difference(None, f"foreign restore: of {key} in {target.name}", found,
                                  content)
        return None


def close(ours, theirs, tolerance):
    if isinstance(ours, tuple):
        return (isinstance(theirs, tuple) and len(ours) == len(theirs)
                and all(close(a, b, tolerance) for a, b in zip(ours, theirs)))
    if isinstance(ours, int) and isinstance(theirs, int):
        return ours == theirs or (ours > 0 and theirs > 0 and abs(ours - theirs) <= tolerance)
    return ours == theirs


def shrink(oracle, ops, protocol, difference):
    """The shortest sequence found that still shows a difference of the same kind."""
    deadline = time.monotonic() + SHRINK_SECONDS

    def shows(candidate):
        found = oracle.run(candidate, protocol, [1])
        return found if found and found.kind() == difference.kind() else None

    if difference.index is not None:
        ops = ops[:difference.index + 1]
    found = shows(ops)
    if not found:
        return ops, difference, "needs pipelining, not shrunk"
    size = max(len(ops) // 2, 1)
    while time.monotonic() < deadline:
        at, removed = 0, False
        while at < len(ops) and time.monotonic() < deadline:
            candidate = ops[:at] + ops[at + size:]
            again = shows(candidate) if candidate else None
            if again:
                ops, found, removed = candidate, again, True
                if found.index is not None:
                    ops = ops[:found.index + 1]
            else:
                at += size
        if size == 1 and not removed:
            break
        size = max(size // 2, 1)
    return shrink_arguments(ops, found, shows, deadline) + ("shrunk",)


def shrink_arguments(ops, found, shows, deadline):
    """Long arguments shorter, and repeated arguments fewer."""
    for index, op in enumerate(ops):
        for at in range(len(op.arguments) - 1, 0, -1):
            argument = op.arguments[at]
            tries = [op.arguments[:at] + op.arguments[at + 1:]]
            if isinstance(argument, (bytes, str)) and len(argument) > 4:
                tries.append(op.arguments[:at] + [argument[:1]] + op.arguments[at + 1:])
            for arguments in tries:
                if time.monotonic() > deadline:
                    return ops, found
                candidate = list(ops)
                candidate[index] = Op(op.kind, arguments, op.mode, op.client, op.extra)
                again = shows(candidate) if op.kind == "command" else None
                if again:
                    ops, found, op = candidate, again, candidate[index]
                    break
    return ops, found


def report(oracle, ops, protocol, difference, seed, index):
    print(f"\nDIFFERENCE in sequence {index} (--seed {seed} --only {index}), RESP{protocol}")
    print(f"  {difference}")
    ops, difference, how = shrink(oracle, ops, protocol, difference)
    print(f"  {how}, {len(ops)} steps:")
    for op in ops[-60:]:
        print(f"    {op}")
    print(f"  gives {difference}")
    sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=default_command())
    parser.add_argument("--peer", default=os.environ.get("SKARN_ORACLE_PEER", "redis-server"))
    parser.add_argument("--level", type=int, choices=(7, 9),
                        default=int(os.environ.get("SKARN_ORACLE_LEVEL", "7")))
    parser.add_argument("--io-threads", default=os.environ.get("SKARN_TEST_IO_THREADS", "1"))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--only", type=int, help="run this sequence alone")
    parser.add_argument("--sequences", type=int, default=1_000_000_000)
    parser.add_argument("--length", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--skip", default="", help="leave these out, as multi,exec,watch")
    parser.add_argument("--differences", type=int, default=5, help="stop after so many")
    return parser.parse_args()


def main():
    options = arguments()
    print(f"oracle: seed {options.seed}, level {options.level}, "
          f"{options.io_threads} worker(s), peer {options.peer}")
    ours = Target("ours", options.server, options.io_threads, options.level)
    theirs = Target("theirs", options.peer, "1", options.level)
    oracle = Oracle(ours, theirs, options.level)
    generator = Generator(options.level, options.skip.split(","))
    begun, index, differences = time.monotonic(), 0, 0
    try:
        while index < options.sequences and time.monotonic() - begun < options.seconds:
            if options.only is not None:
                index = options.only
            seed = f"{options.seed}:{index}"
            ops = generator.sequence(seed, options.length)
            dice = random.Random(seed)
            protocol = dice.choice((2, 3))
            batches = [dice.randint(1, BATCH_MAX) for _ in range(20)]
            difference = oracle.run(ops, protocol, batches)
            if difference:
                differences += 1
                report(oracle, ops, protocol, difference, options.seed, index)
            if options.only is not None or differences >= options.differences:
                break
            index += 1
    finally:
        ours.close()
        theirs.close()
    for reason, count in sorted(oracle.known.items()):
        print(f"oracle: known difference, {count} times: {reason}")
    print(f"oracle: {index + 1} sequences, {oracle.commands} commands, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
