#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""MULTI, EXEC, DISCARD, WATCH and UNWATCH."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import (NOT_INTEGER, OK, QUEUED, WRONG_TYPE, ServerTest, arity, both_protocols,
                          err, main)
from harness.resp import Error, Status
from harness.server import Server, wait_until

ABORTED = Error("EXECABORT Transaction discarded because of previous errors.")


def not_inside(name):
    return err(f"Command '{name}' not allowed inside a transaction")


@both_protocols
class MultiTest(ServerTest):
    def test_exec_replies_with_every_reply(self):
        self.do("HSET h f v")
        self.expect_all(
            ("MULTI", OK), ("SET a 1", QUEUED), ("INCR a", QUEUED), ("GET h", QUEUED),
            ("INCR h", QUEUED), ("SET a x", QUEUED), ("INCR a", QUEUED), ("GET missing", QUEUED),
            ("EXEC", [OK, 2, WRONG_TYPE, WRONG_TYPE, OK, NOT_INTEGER, None]), ("GET a", b"x"),
            ("MULTI", OK), ("EXEC", []),
        )

    def test_short_words_survive_the_queue(self):
        self.do("MULTI")
        for n in range(40):
            self.do(f"SET k{n} {n}")
        self.do("MGET " + " ".join(f"k{n}" for n in range(40)))
        self.assertEqual(self.do("EXEC")[-1], [b"%d" % n for n in range(40)])

    def test_discard(self):
        self.expect_all(
            ("MULTI", OK), ("SET a 1", QUEUED), ("DISCARD", OK), ("EXISTS a", 0),
            ("DISCARD", err("DISCARD without MULTI")), ("EXEC", err("EXEC without MULTI")),
        )

    def test_an_error_while_queueing_aborts(self):
        for wrong, reply in [
            ("nosuch", err("unknown command 'nosuch', with args beginning with: ")),
            ("GET", arity("get")), ("GET a b", arity("get")),
            ("MULTI", not_inside("multi")), ("WATCH a", not_inside("watch")),
        ]:
            with self.subTest(wrong=wrong):
                self.expect_all(("MULTI", OK), ("SET a 1", QUEUED), (wrong, reply),
                                ("SET a 2", QUEUED), ("EXEC", ABORTED), ("EXISTS a", 0))

    def test_arguments(self):
        self.expect_arity("MULTI x", "DISCARD x", "WATCH", "UNWATCH x")
        self.expect("EXEC x", Error("EXECABORT Transaction discarded because of: wrong number of "
                                    "arguments for 'exec' command"))

    def test_select_inside(self):
        self.expect_all(
            ("MULTI", OK), ("SELECT 1", QUEUED), ("SET a 1", QUEUED), ("EXEC", [OK, OK]),
            ("GET a", b"1"), ("SELECT 0", OK), ("GET a", None),
        )

    def test_nothing_comes_in_between(self):
        """Another connection never sees half of a transaction."""
        stop = threading.Event()
        torn = []

        def look():
            with self.server.connect() as client:
                while not stop.is_set():
                    found = client("MGET", "x", "y", "z")
                    if len(set(found)) > 1:
                        torn.append(found)

        watchers = [threading.Thread(target=look) for _ in range(2)]
        for watcher in watchers:
            watcher.start()
        try:
            for _ in range(300):
                self.client.pipeline([("MULTI",), ("INCR", "x"), ("INCR", "y"), ("INCR", "z"),
                                      ("EXEC",)])
        finally:
            stop.set()
            for watcher in watchers:
                watcher.join()
        self.assertEqual(torn, [])
        self.expect("GET z", b"300")

    def test_big_transaction(self):
        replies = self.client.pipeline(
            [("MULTI",)] + [("INCR", f"k{n % 1000}") for n in range(10_000)] + [("EXEC",)])
        self.assertEqual(len(replies[-1]), 10_000)
        self.expect("GET k7", b"10")


@both_protocols
class WatchTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.other = self.connect()

    def expect_exec(self, executed, *commands, watch="WATCH a", before=()):
        """EXEC runs or not, after the other connection sent some commands."""
        for command in before:
            self.do(command)
        self.expect(watch, OK)
        for command in commands:
            self.do(command, self.other)
        self.expect_all(("MULTI", OK), ("PING", QUEUED))
        reply = self.do("EXEC")
        self.assertEqual(reply is not None, executed, (commands, reply))

    def test_a_change_aborts(self):
        for change in ("SET a 1", "SET a 2", "INCR a", "APPEND a 3", "EXPIRE a 100", "PERSIST a",
                       "DEL a", "HSET a f v", "HSET a f v", "HDEL a f", "MSET b 1 a 2",
                       "RENAME a c", "COPY c a REPLACE", "SETRANGE a 1 x", "FLUSHDB", "SET a 1",
                       "FLUSHALL", "SET a 1", "SWAPDB 0 1", "SWAPDB 0 1"):
            with self.subTest(change=change):
                self.expect_exec(False, change)

    def test_what_is_no_change_does_not(self):
        self.do("SET a 1")
        for harmless in ("GET a", "SET b 1", "DEL missing", "SET a 2 NX", "EXPIRE b 100",
                         "TOUCH a", "INCR b", "FLUSHDB nonsense", "PERSIST a", "GETEX a",
                         "COPY a c"):
            with self.subTest(command=harmless):
                self.expect_exec(True, harmless)

    def test_missing_keys(self):
        self.expect_exec(True, "FLUSHALL")
        self.expect_exec(True, "DEL a")
        self.expect_exec(False, "SET a 1")
        self.expect_exec(True, "SWAPDB 2 3", before=("DEL a",))

    def test_the_own_change_aborts_too(self):
        self.expect_all(("WATCH a", OK), ("SET a 1", OK), ("MULTI", OK), ("GET a", QUEUED),
                        ("EXEC", None))

    def test_a_stale_key_that_swapdb_brings_is_no_change(self):
        with Server("--enable-debug-command", "yes") as server, server.connect() as client:
            for before in ((), ("SET x old PX 1",)):
                with self.subTest(before=before):
                    for command in ("FLUSHALL", "DEBUG SET-ACTIVE-EXPIRE 0", "SELECT 0",
                                    "SET x foo PX 1", "SELECT 1", *before):
                        self.assertEqual(client(*command.split()), OK)
                    time.sleep(0.01)  # Only time makes a key stale.
                    for command, reply in (("WATCH x", OK), ("SWAPDB 0 1", OK), ("MULTI", OK),
                                           ("PING", QUEUED), ("EXEC", [Status("PONG")])):
                        self.assertEqual(client(*command.split()), reply)

    def test_unwatch_discard_and_exec_end_the_watch(self):
        for end in ("UNWATCH", "EXEC", "DISCARD"):
            with self.subTest(end=end):
                self.expect("WATCH a", OK)
                if end != "UNWATCH":
                    self.do("MULTI")
                self.do(end)
                self.do("INCR a", self.other)
                self.expect_all(("MULTI", OK), ("PING", QUEUED))
                self.assertIsNotNone(self.do("EXEC"))

    def test_a_key_that_expires(self):
        for lifetime_ms in (20, 200, 2000, 20_000):
            self.expect(f"SET a 1 PX {lifetime_ms}", OK)
            self.expect("WATCH a", OK)
            if self.do("PTTL a") > 0:
                break
            self.expect("UNWATCH", OK)  # It was gone before it was watched.
        wait_until(lambda: self.do("EXISTS a", self.other) == 0)
        self.expect_all(("MULTI", OK), ("PING", QUEUED), ("EXEC", None))

    def test_very_many_watched_keys(self):
        count = 200_000  # Twenty thousand million looks, if each looked at all before it.
        keys = [f"w{n}" for n in range(count)]
        for last in ("DISCARD", "EXEC"):
            self.expect(["WATCH", *keys], OK)
            self.expect(["WATCH", *keys[:10]], OK)
            self.do(f"SET w{count - 1} 1", self.other)
            info = self.server.info("clients")
            self.assertEqual(info["total_watched_keys"], str(count))
            self.expect_all(("MULTI", OK), ("PING", QUEUED),
                            (last, None if last == "EXEC" else OK))
            self.assertEqual(self.server.info("clients")["total_watched_keys"], "0")
        self.expect(["WATCH", *keys[:1000]], OK)
        self.expect_all(("MULTI", OK), ("PING", QUEUED), ("EXEC", [Status("PONG")]))

    def test_watched_in_another_database(self):
        self.expect_all(("WATCH a", OK), ("SELECT 1", OK))
        self.do("SET a 1", self.other)
        self.expect_all(("MULTI", OK), ("PING", QUEUED), ("EXEC", None))

    def test_compare_and_set_counts_right(self):
        """Several clients increment with WATCH and retry: no increment is lost."""
        def work():
            with self.server.connect() as client:
                done = 0
                while done < 50:
                    client("WATCH", "n")
                    value = int(client("GET", "n") or 0)
                    client("MULTI")
                    client("SET", "n", value + 1)
                    done += client("EXEC") is not None
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.expect("GET n", b"200")


if __name__ == "__main__":
    main()
