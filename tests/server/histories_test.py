#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Concurrent histories: whatever several clients do at once on the same few keys, there is an order
of their commands that explains every reply (linearizability), also while a save runs.

In each round every client sends a short pipeline, all at the same time; the next round begins when
all replies are there. The search for the order is in harness/model.py.
"""

import multiprocessing
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import main
from harness.model import State, Step, explains
from harness.resp import Connection, Error, encode
from harness.server import Server

CLIENTS = 4
STEPS_MAX = 3
SECONDS = float(os.environ.get("SKARN_TEST_SECONDS", "15"))
KEYS = ["x", "y", "z"]


def seen(reply):
    """A reply in the words of the model."""
    if isinstance(reply, Error):
        return reply.code
    if isinstance(reply, bytes):
        return reply.decode()
    if isinstance(reply, list):
        return tuple(seen(item) for item in reply)
    return str(reply) if isinstance(reply, str) else reply


def seen_of(command, reply):
    """HGETALL's flat array becomes sorted pairs, the keys of KEYS are sorted."""
    reply = seen(reply)
    if command[0] == "KEYS":
        return tuple(sorted(reply))
    if command[0] == "HGETALL" and isinstance(reply, tuple):
        return tuple(sorted(zip(reply[::2], reply[1::2])))
    return reply


class Writer:
    """Makes the steps of one client for a round, and reads their replies."""

    def __init__(self, client, dice, number):
        self.client, self.dice, self.number = client, dice, number
        self.count = 0

    def value(self):
        """No two writes store the same text, so a reply tells which write it saw."""
        self.count += 1
        return f"{self.number}.{self.count}"

    def command(self):
        pick = self.dice.choice
        key, other = pick(KEYS), pick(KEYS)
        return pick([
            ["GET", key], ["GET", other], ["MGET", *KEYS], ["HGETALL", "h"],
            ["GET", key], ["SET", key, self.value()], ["INCR", key], ["INCR", key], ["DEL", key],
            ["MGET", *KEYS], ["MGET", key, other], ["MSET", key, self.value(), other, self.value()],
            ["MSETNX", key, self.value(), other, self.value()], ["EXISTS", *KEYS],
            ["APPEND", key, "+"], ["SET", key, "5"], ["SET", key, self.value(), "PX", "1"],
            ["HSET", "h", pick("ab"), self.value()], ["HGETALL", "h"], ["DEL", "h", key],
            ["RENAME", key, other] if key != other else ["GET", key], ["KEYS", "?"],
            ["FLUSHALL"] if self.dice.random() < 0.3 else ["GET", key],
        ])

    def plan(self):
        """The steps of a round and the commands that go over the wire for them."""
        self.steps, self.wire = [], []
        for _ in range(self.dice.randint(1, STEPS_MAX)):
            dice = self.dice.random()
            if dice < 0.8:
                command = self.command()
                self.steps.append(Step("command", [command]))
                self.wire.append(command)
                continue
            if dice > 0.9:
                watch = ["WATCH", *self.dice.sample(KEYS, self.dice.randint(1, 2))]
                self.steps.append(Step("watch", [watch]))
                self.wire.append(watch)
                if self.dice.random() < 0.5:
                    command = self.command()
                    self.steps.append(Step("command", [command]))
                    self.wire.append(command)
            queued = [self.command() for _ in range(self.dice.randint(1, 3))]
            self.steps.append(Step("exec", queued))
            self.wire += [["MULTI"], *queued, ["EXEC"]]

    def send(self):
        self.client.send_raw(b"".join(encode(*command) for command in self.wire))

    def receive(self):
        for step in self.steps:
            if step.kind == "watch":
                assert self.client.read() == "OK"
            elif step.kind == "command":
                step.reply = seen_of(step.commands[0], self.client.read())
            else:
                for _ in range(len(step.commands) + 1):
                    reply = self.client.read()
                    assert reply in ("OK", "QUEUED"), reply
                reply = self.client.read()
                step.reply = reply if reply is None else tuple(
                    seen_of(command, one) for command, one in zip(step.commands, reply))


class HistoriesTest(unittest.TestCase):
    def rounds(self, server, seconds, seed):
        """Runs rounds until the time is over; returns how many."""
        dice = random.Random(seed)
        clients = [server.connect() for _ in range(CLIENTS)]
        for client in clients:
            self.addCleanup(client.close)
        writers = [Writer(client, dice, n) for n, client in enumerate(clients)]
        viewer = server.connect()
        self.addCleanup(viewer.close)
        viewer("FLUSHALL")
        count, deadline = 0, time.monotonic() + seconds
        while time.monotonic() < deadline:
            count += 1
            start = self.observe(viewer)
            for writer in writers:
                writer.plan()
            for writer in writers:
                writer.send()
            for writer in writers:
                writer.receive()
            end = self.observe(viewer)
            if not explains(start, [writer.steps for writer in writers],
                            lambda state, end=end: state.values == end.values):
                self.fail(self.describe(seed, count, start, writers, end))
        print(f"{count} rounds")
        return count

    def observe(self, viewer):
        """The keyspace between two rounds; mortal keys are ended, so that it does not change."""
        keys = (*KEYS, "h")
        for key, left in zip(keys, viewer.pipeline([("PTTL", key) for key in keys])):
            if left >= 0:
                viewer("DEL", key)
        replies = viewer.pipeline([*[("GET", key) for key in KEYS], ("HGETALL", "h")])
        values = {key: seen(reply) for key, reply in zip(KEYS, replies)}
        values["h"] = seen_of(["HGETALL"], replies[-1])
        return State({key: value for key, value in values.items() if value})

    def describe(self, seed, count, start, writers, end):
        lines = [f"no order explains round {count} (SKARN_TEST_SEED={seed}), which began with "
                 f"{start.values}"]
        for writer in writers:
            lines.append(f"  client {writer.number}:")
            for step in writer.steps:
                commands = "; ".join(" ".join(command) for command in step.commands)
                lines.append(f"    {step.kind:8}{commands}  ->  {step.reply}")
        lines.append(f"and ended with {end.values}")
        return "\n".join(lines)

    def seed(self):
        seed = int(os.environ.get("SKARN_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"seed {seed}")
        return seed

    def test_every_history_has_an_order(self):
        with Server() as server:
            self.assertGreater(self.rounds(server, SECONDS, self.seed()), 5)

    def test_also_while_saves_run_and_others_write(self):
        with Server() as server:
            noise = [multiprocessing.Process(target=disturb, args=(server.address, n), daemon=True)
                     for n in range(2)]
            for process in noise:
                process.start()
            try:
                self.assertGreater(self.rounds(server, SECONDS, self.seed()), 5)
                self.assertGreater(int(server.info()["rdb_saves"]), 0)
            finally:
                for process in noise:
                    process.kill()
                    process.join()


def disturb(address, number):
    """Writes other keys and saves, without end. A process of its own: a thread would share the
    interpreter with the histories."""
    with Connection(address) as client:
        while True:
            client.pipeline([("SET", f"noise:{number}:{n}", "x" * 500) for n in range(50)])
            client("BGSAVE")
            time.sleep(0.01)


class SearchTest(unittest.TestCase):
    """The search itself: what is possible and what is not."""

    def possible(self, start, end, *histories):
        made = [[Step(*step) for step in history] for history in histories]
        return explains(State(start), made, lambda state: state.values == end) is not None

    def test_finds_orders(self):
        write = ("command", [["MSET", "x", "1", "y", "1"]], "OK")
        read = [["MGET", "x", "y"]]
        self.assertTrue(self.possible({}, {"x": "1", "y": "1"}, [write],
                                      [("command", read, ("1", "1"))]))
        self.assertTrue(self.possible({}, {"x": "1", "y": "1"}, [write],
                                      [("command", read, (None, None))]))
        self.assertFalse(self.possible({}, {"x": "1", "y": "1"}, [write],
                                       [("command", read, ("1", None))]), "a torn read")
        self.assertFalse(self.possible({}, {"x": "1"}, [write]), "a torn write")

    def test_finds_lost_updates(self):
        one, two = ("command", [["INCR", "x"]], 1), ("command", [["INCR", "x"]], 2)
        self.assertTrue(self.possible({}, {"x": "2"}, [one], [two]))
        self.assertFalse(self.possible({}, {"x": "1"}, [one], [one]))
        self.assertFalse(self.possible({}, {"x": "2"}, [two, one]), "against the client's order")

    def test_knows_watch(self):
        watch = ("watch", [["WATCH", "x"]])
        write = ("command", [["SET", "x", "1"]], "OK")
        self.assertTrue(self.possible({}, {"x": "1"}, [watch, ("exec", [["GET", "x"]], None)],
                                      [write]))
        self.assertFalse(self.possible({}, {}, [watch, ("exec", [["GET", "x"]], None)]))
        self.assertFalse(self.possible({}, {"x": "1"}, [watch, write, ("exec", [["GET", "x"]],
                                                                       ("1",))]))

    def test_knows_mortal_keys(self):
        write = ("command", [["SET", "x", "1", "PX", "1"]], "OK")
        read = [["GET", "x"]]
        for reply in ("1", None):
            self.assertTrue(self.possible({}, {}, [write, ("command", read, reply)]))
        self.assertFalse(self.possible({}, {}, [write, ("command", read, None),
                                                ("command", read, "1")]), "a resurrection")


if __name__ == "__main__":
    main()
