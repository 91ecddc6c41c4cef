#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A snapshot is the keyspace at one moment between the request of BGSAVE and its reply, whatever
writers do meanwhile: tables that split, hashes that grow, keys that are evicted.

Every writer numbers its steps and stores the number with each of them, in one transaction. So the
file tells how many steps of every writer it holds, and a model replays exactly these.
"""

import os
import random
import shutil
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import main
from harness.resp import Error, encode
from harness.server import Server, wait_until

WRITERS = 3
KEYS = 4000
FIELDS = 4000
PIPELINE = 20
SAVER_COUNTS = (1, 2, 5)  # Of one save after another.


class Writer(threading.Thread):
    """Changes its own keys without a pause. sent and acknowledged count its steps."""

    def __init__(self, server, number, seed, expiry):
        super().__init__()
        self.server, self.number, self.expiry = server, number, expiry
        self.dice = random.Random(f"{seed}:{number}")
        self.steps = []
        self.sent = self.acknowledged = 0
        self.stopping = False
        self.failure = None

    def name_of(self, text):
        return f"w{self.number}:{text}"

    def make(self):
        """One step: a command beside the counter."""
        count = len(self.steps) + 1
        dice = self.dice.random()
        key = self.name_of(f"k{self.dice.randrange(KEYS)}")
        value = f"{self.number}.{count}." * self.dice.choice([1, 3, 10, 60, 400])
        big = self.name_of("big")
        if dice < 0.55:
            step = ["SET", key, value, *self.expiry]
        elif dice < 0.65:
            step = ["DEL", key]
        elif dice < 0.75:
            step = ["APPEND", self.name_of(f"a{self.dice.randrange(50)}"), f"{count},"]
        elif dice < 0.95:
            step = ["HSET", big, f"f{self.dice.randrange(FIELDS)}", value[:300]]
        elif dice < 0.98:
            step = ["HDEL", big, f"f{self.dice.randrange(FIELDS)}"]
        else:
            step = ["HSET", self.name_of(f"h{self.dice.randrange(200)}"), "a", value[:100], "b",
                    f"{count}"]
        self.steps.append(step)
        return [["MULTI"], step, ["SET", self.name_of("count"), count], ["EXEC"]]

    def run(self):
        try:
            with self.server.connect() as client:
                while not self.stopping:
                    commands = [one for _ in range(PIPELINE) for one in self.make()]
                    self.sent += PIPELINE
                    client.send_raw(b"".join(encode(*command) for command in commands))
                    for _ in range(PIPELINE):
                        replies = [client.read() for _ in range(4)]
                        if any(isinstance(reply, Error) for reply in (*replies, *replies[3])):
                            raise AssertionError(f"refused: {replies}")
                        self.acknowledged += 1
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def replay(self, count):
        """{key: value} after the first `count` steps."""
        found = {self.name_of("count"): str(count)} if count else {}
        for name, key, *words in self.steps[:count]:
            if name == "SET":
                found[key] = words[0]
            elif name == "APPEND":
                found[key] = found.get(key, "") + words[0]
            elif name == "DEL":
                found.pop(key, None)
            elif name == "HSET":
                found.setdefault(key, {}).update(zip(words[::2], words[1::2]))
            else:
                found.get(key, {}).pop(words[0], None)
                if key in found and not found[key]:
                    del found[key]
        return found


def content(server):
    """{key: value} of everything a server holds."""
    found = {}
    with server.connect() as client:
        keys = client("KEYS", "*")
        for start in range(0, len(keys), 500):
            part = keys[start:start + 500]
            types = client.pipeline([("TYPE", key) for key in part])
            values = client.pipeline([("HGETALL" if kind == "hash" else "GET", key)
                                      for key, kind in zip(part, types)])
            for key, kind, value in zip(part, types, values):
                if kind == "hash":
                    words = [word.decode() for word in value]
                    found[key.decode()] = dict(zip(words[::2], words[1::2]))
                else:
                    found[key.decode()] = value.decode()
    return found


class SnapshotTest(unittest.TestCase):
    def run_saves(self, expiry, compare, *options):
        seed = os.environ.get("SKARN_TEST_SEED") or str(random.SystemRandom().randrange(1 << 32))
        print(f"seed {seed}")
        with Server(*options) as server:
            writers = [Writer(server, n, seed, expiry) for n in range(WRITERS)]
            for writer in writers:
                writer.start()
            try:
                for turn, saver_count in enumerate(SAVER_COUNTS):
                    with server.connect() as client:
                        client("CONFIG", "SET", "save-threads", saver_count)
                    wait_until(lambda turn=turn: self.has_written(writers, 1500 * (turn + 1)), 120)
                    self.save_and_compare(server, writers, compare)
            finally:
                for writer in writers:
                    writer.stopping = True
                for writer in writers:
                    writer.join()

    def has_written(self, writers, count):
        for writer in writers:
            if writer.failure:
                raise AssertionError(f"writer {writer.number}: {writer.failure}")
        return min(writer.acknowledged for writer in writers) >= count

    def save_and_compare(self, server, writers, compare):
        with server.connect() as client:
            least = [writer.acknowledged for writer in writers]
            reply = client("BGSAVE")
            most = [writer.sent for writer in writers]
        self.assertEqual(reply, "Background saving started")
        wait_until(lambda: server.info("persistence")["rdb_bgsave_in_progress"] == "0", 120)
        self.assertEqual(server.info("persistence")["rdb_last_bgsave_status"], "ok")
        directory = tempfile.mkdtemp(prefix="skarn-test-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        shutil.copy(server.path("dump.rdb"), directory)
        with Server(directory=directory) as loaded:
            found = content(loaded)
        for writer, low, high in zip(writers, least, most):
            count = int(found.get(writer.name_of("count"), "0"))
            self.assertTrue(low <= count <= high, f"writer {writer.number}: the cut is at {count}, "
                            f"BGSAVE ran between {low} and {high}")
            compare(writer, found, writer.replay(count))

    def same(self, writer, found, expected):
        prefix = writer.name_of("")
        mine = {key: value for key, value in found.items() if key.startswith(prefix)}
        self.assertEqual(mine.keys() ^ expected.keys(), set(), "keys on one side only")
        for key, value in mine.items():
            self.assertEqual(value, expected[key], key)

    def subset(self, writer, found, expected):
        """Evicted keys are missing; what is there is as it was, and what cannot be evicted is."""
        prefix = writer.name_of("")
        for key, value in found.items():
            if key.startswith(prefix):
                self.assertEqual(value, expected.get(key), key)
        for key in expected:
            if not key.startswith(prefix + "k"):
                self.assertIn(key, found)

    def test_cut_while_tables_grow(self):
        self.run_saves((), self.same)

    def test_cut_while_keys_are_evicted(self):
        self.run_saves(("EX", "100000"), self.subset, "--maxmemory", "20mb",
                       "--maxmemory-policy", "volatile-random")


if __name__ == "__main__":
    main()
