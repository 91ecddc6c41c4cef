#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What commands do with keys and fields that have expired and are still there: replies and the
order of the events."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, QUEUED, ServerTest, main
from harness.resp import encode


class ExpiredTest(ServerTest):
    options = ("--notify-keyspace-events", "EAmn", "--enable-debug-command", "local")

    def setUp(self):
        super().setUp()
        self.expect("DEBUG SET-ACTIVE-EXPIRE 0", OK)
        self.listener = self.connect(3)
        self.listener.send("PSUBSCRIBE", "*")
        self.listener.read_push()

    def expired(self, *keys):
        """Keys whose time is over."""
        for key in keys:
            self.expect(["SET", key, "old", "PX", "1"], OK)
        time.sleep(0.005)
        self.events()

    def events(self):
        """The events since the last call: "event key"."""
        self.do("PUBLISH end 1")
        events = []
        while (push := self.listener.read_push())[2] != b"end":
            events.append((push[2].split(b":")[1] + b" " + push[3]).decode())
        return events

    def expect_events(self, command, *events):
        self.do(command)
        self.assertEqual(self.events(), list(events))

    def test_a_miss_is_told_after_the_expiry(self):
        for command in ("GET k", "STRLEN k", "GETRANGE k 0 1", "EXISTS k", "TYPE k", "TTL k",
                        "GETBIT k 1", "BITCOUNT k", "HGET k f", "DUMP k"):
            with self.subTest(command=command):
                self.expired("k")
                self.expect_events(command, "expired k", "keymiss k")
        self.expired("k", "l")
        self.do("SET m v")
        self.events()
        self.expect_events("MGET k m l", "expired k", "keymiss k", "expired l", "keymiss l")

    def test_in_a_transaction_it_goes_with_its_command(self):
        self.expired("k")
        self.expect_all(("MULTI", OK), ("GET k", QUEUED), ("SET l v", QUEUED), ("DBSIZE", QUEUED))
        self.expect("EXEC", [None, OK, 1])
        self.assertEqual(self.events(), ["expired k", "keymiss k", "new l", "set l"])

    def test_bitop(self):
        self.do("SET d v")
        self.expired("k")
        self.expect_events("BITOP AND d k k", "expired k", "keymiss k", "keymiss k", "del d")
        self.expired("k")
        self.expect_events("BITOP NOT k nope", "keymiss nope", "del k")

    def test_copy_leaves_expired_fields(self):
        self.do("HSET d f 1 x 2")
        self.do("HPEXPIRE d 1 FIELDS 1 x")
        time.sleep(0.005)
        self.expect_all(("COPY d k", 1), ("HLEN k", 1), ("HGETALL k", [b"f", b"1"]))
        dump = self.do("DUMP k")
        self.assertEqual(dump[0], 4)  # A hash without expiries of fields.

    def test_fields_set_to_a_time_that_is_over(self):
        self.expect_events("HSETEX h EX 0 FIELDS 1 f 1", "new h", "hset h", "hexpire h",
                           "hexpired h", "del h")
        self.do("HSET h g 1")
        self.events()
        self.expect_events("HSETEX h EX 0 FIELDS 1 f 1", "hset h", "hexpire h", "hexpired h")

    def test_time_goes_on_within_a_pipeline(self):
        """Commands behind a slow one count from when they run."""
        before_ms = int(time.time() * 1000)
        replies = self.client.pipeline([
            ("SET", "short", "v", "PX", 150), ("DEBUG", "SLEEP", "0.2"), ("GET", "short"),
            ("SET", "lock", "v", "PX", 100_000), ("PEXPIRETIME", "lock"),
            ("HSET", "h", "f", "v"), ("HPEXPIRE", "h", 100_000, "FIELDS", 1, "f"),
            ("HPEXPIRETIME", "h", "FIELDS", 1, "f")])
        self.assertEqual(replies[:4], [OK, OK, None, OK])
        self.assertGreaterEqual(replies[4], before_ms + 200 + 100_000)
        self.assertGreaterEqual(replies[7][0], before_ms + 200 + 100_000)

    def test_a_watched_key_expires_within_a_pipeline(self):
        for lifetime_ms in (100, 1000, 10_000):
            replies = self.client.pipeline([
                ("SET", "w", "1", "PX", lifetime_ms), ("WATCH", "w"), ("PTTL", "w"),
                ("DEBUG", "SLEEP", lifetime_ms / 1000 + 0.1),
                ("MULTI",), ("PING",), ("EXEC",)])
            if replies[2] > 0:  # It was there to be watched.
                break
        self.assertEqual(replies[3:], [OK, OK, QUEUED, None])

    def test_gone_for_one_client_is_gone_for_all(self):
        """Also for one whose commands have waited behind slow ones since before the expiry."""
        self.expect("DEBUG SET-ACTIVE-EXPIRE 0", OK)
        self.do(["SETRANGE", "big", (64 << 20) - 1, "x"])
        look = [("MULTI",), ("KEYS", "mortal*"), ("GET", "seen"), ("SET", "seen", "1"), ("EXEC",)]
        races = 0
        for _ in range(30):
            self.do("DEL seen")
            late, early = self.connect(), self.connect()
            self.expect("SET mortal v PX 10", OK)
            late.send_raw(b"".join(encode(*command) for command in
                                   [*[("BITCOUNT", "big")] * 8, *look]))
            time.sleep(0.02)
            first = early.pipeline(look)[-1]
            last = [late.read() for _ in range(8 + len(look))][-1]
            late.close()
            early.close()
            if first == [[], None, OK] and last[1] == b"1":
                races += 1
                self.assertEqual(last[0], [])
                if races == 5:
                    break


if __name__ == "__main__":
    main()
