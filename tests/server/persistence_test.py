#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Saving and loading: SAVE, BGSAVE, save points, restarts, kill -9, files that are spoilt."""

import os
import random
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, OwnServersTest, err, main
from harness.resp import Error, Status, encode
from harness.server import ROOT, Server, free_port, wait_until

STARTED = Status("Background saving started")
SCHEDULED = Status("Background saving scheduled")


def content(client):
    """Everything a client can see: {(db, key): (value, expiry, expiries of fields)}."""
    found = {}
    for db in range(16):
        client("SELECT", db)
        for key in client("KEYS", "*"):
            if client("TYPE", key) == "hash":
                flat = client("HGETALL", key)
                value = dict(zip(flat[::2], flat[1::2]))
                names = sorted(value)
                fields = client("HPEXPIRETIME", key, "FIELDS", len(names), *names)
            else:
                value, fields = client("GET", key), None
            found[db, key] = (value, client("PEXPIRETIME", key), fields)
    client("SELECT", 0)
    return found


def fill(client, keys=2000):
    """Strings and hashes of many sizes, some with an expiry, in several databases."""
    at = int(time.time() * 1000) + 10_000_000
    commands = []
    for n in range(keys):
        commands.append(("SET", f"s{n}", bytes([n % 256]) * (n % 300)))
        if n % 3 == 0:
            commands.append(("SET", f"n{n}", n * 1_000_003))
        if n % 5 == 0:
            commands.append(("PEXPIREAT", f"s{n}", at + n))
        if n % 7 == 0:
            commands.append(("HSET", f"h{n}", "a", n, "b", "x" * (n % 100), bytes([n % 256]), ""))
    commands += [("HSET", "big", *[x for n in range(3000) for x in (f"field{n}", f"value{n}")]),
                 ("HPEXPIREAT", "big", at, "FIELDS", "2", "field1", "field2"),
                 ("HPEXPIREAT", "h0", at + 1, "FIELDS", "1", "a"),
                 ("SET", "long", "ab" * 100_000), ("SET", b"\x00\xff\r\n", b"\r\n\x00"),
                 ("SET", "", "empty key"), ("SELECT", 9), ("SET", "nine", "9"), ("SELECT", 0)]
    for reply in client.pipeline(commands):
        assert not isinstance(reply, Error), reply


def config_of(client):
    names_and_values = client("CONFIG", "GET", "*")
    return dict(zip(names_and_values[::2], names_and_values[1::2]))


def save_is_over(server):
    return server.info("persistence")["rdb_bgsave_in_progress"] == "0"


class PersistenceTest(OwnServersTest):
    """Each test starts servers of its own."""

    options = ("--enable-debug-command", "yes", "--enable-protected-configs", "yes")

    def setUp(self):
        self.server = Server(*self.options)
        self.addCleanup(self.server.close)
        self.client = self.server.connect()
        self.addCleanup(lambda: self.client.close())

    def restart(self):
        self.client.close()
        self.server.restart()
        self.client = self.server.connect()

    def kill_and_start(self):
        self.client.close()
        self.server.kill()
        self.server.start()
        self.client = self.server.connect()

    def test_without_a_file_nobody_hears_of_loading(self):
        for _ in range(5):
            self.client.close()
            self.server.restart()
            self.client = self.server.connect()
            stats = self.server.info("stats")
            self.assertEqual(stats["total_error_replies"], "0")

    def test_save_and_load(self):
        fill(self.client)
        before = content(self.client)
        self.expect("SAVE", OK)
        self.kill_and_start()
        self.assertEqual(content(self.client), before)
        self.expect("OBJECT ENCODING big", b"hashtable")
        self.expect("OBJECT ENCODING h7", b"listpack")
        self.expect("OBJECT ENCODING n3", b"int")

    def test_bgsave(self):
        fill(self.client)
        before = content(self.client)
        last = self.do("LASTSAVE")
        self.assertIn(self.do("BGSAVE"), (STARTED, SCHEDULED))
        wait_until(lambda: save_is_over(self.server))
        self.assertGreaterEqual(self.do("LASTSAVE"), last)
        info = self.server.info("persistence")
        self.assertEqual(info["rdb_last_bgsave_status"], "ok")
        self.assertEqual(info["rdb_changes_since_last_save"], "0")
        self.do("SET after 1")
        self.kill_and_start()
        self.assertEqual(content(self.client), before)

    def test_a_load_can_be_slowed(self):
        self.do("DEBUG POPULATE 1000")
        self.expect("SAVE", OK)
        self.client.close()
        self.server.kill()
        server = Server(*self.options, "--key-load-delay", "3000",
                        directory=self.server.directory)
        self.addCleanup(server.close)
        with server.connect() as client:  # After the load: 1000 keys take 3 seconds.
            self.assertEqual(client("DBSIZE"), 1000)
        self.assertGreaterEqual(float(re.search(r"DB loaded from disk: ([0-9.]+)",
                                                server.log_text()).group(1)), 3)

    def test_several_threads_save_together(self):
        """Hashes of several megabytes, which go to the file in parts, among small entries."""
        fill(self.client)
        dice = random.Random(3)
        for n in range(3):
            self.client.pipeline([("HSET", f"wide{n}", f"field{i}", dice.randbytes(2000))
                                  for i in range(1000)])
        before = self.do("DEBUG DIGEST")
        for threads, save in (("2", "SAVE"), ("2", "BGSAVE"), ("8", "BGSAVE")):
            with self.subTest(threads=threads, save=save):
                self.expect(f"CONFIG SET save-threads {threads}", OK)
                self.assertIn(self.do(save), (OK, STARTED))
                wait_until(lambda: save_is_over(self.server))
                self.assertEqual(
                    self.server.info("persistence")["rdb_last_bgsave_status"], "ok")
                self.kill_and_start()
                self.assertEqual(self.do("DEBUG DIGEST"), before)
        self.assertIn("argument", str(self.do("CONFIG SET save-threads 0")))
        self.assertIn("argument", str(self.do("CONFIG SET save-threads 9")))

    def test_bgsave_is_a_point_in_time(self):
        """Writers go on during the save: all counters of the file are of one moment."""
        count = 200
        self.do(["MSET", *[x for n in range(count) for x in (f"c{n}", 0)]])
        self.client.pipeline([("SET", f"pad{n}", "x" * 1000) for n in range(20_000)])
        writer = self.server.connect()
        self.addCleanup(writer.close)
        step = [("MULTI",)] + [("INCR", f"c{n}") for n in range(count)] + [("EXEC",)]
        for _ in range(20):
            writer.pipeline(step)
        self.assertEqual(self.do("BGSAVE"), STARTED)
        while not save_is_over(self.server):
            writer.pipeline(step)
        self.kill_and_start()
        values = {int(value) for value in self.do(["MGET", *[f"c{n}" for n in range(count)]])}
        self.assertEqual(len(values), 1, values)
        self.assertGreaterEqual(values.pop(), 20)

    def test_nothing_is_saved_unless_asked(self):
        self.do("SET a 1")
        self.restart()
        self.expect("EXISTS a", 0)
        self.assertFalse(os.path.exists(self.server.path("dump.rdb")))

    def test_shutdown_saves_where_save_points_are(self):
        self.do(["CONFIG", "SET", "save", "3600 1"])
        self.do("SET a 1")
        self.restart()
        self.expect("GET a", b"1")

    def test_shutdown_save_and_nosave(self):
        self.do("SET a 1")
        self.client.send("SHUTDOWN", "SAVE")
        self.assertEqual(self.server.wait_exit(), 0)
        self.client.close()
        self.server.start()
        self.client = self.server.connect()
        self.expect("GET a", b"1")
        self.do("SET a 2")
        self.client.send("SHUTDOWN", "NOSAVE")
        self.assertEqual(self.server.wait_exit(), 0)
        self.client.close()
        self.server.start()
        self.client = self.server.connect()
        self.expect("GET a", b"1")
        self.expect_error("SHUTDOWN WHAT", "ERR syntax error")

    def test_save_points(self):
        self.do(["CONFIG", "SET", "save", "1 5"])
        for n in range(10):
            self.do(f"SET k{n} {n}")
        wait_until(lambda: os.path.exists(self.server.path("dump.rdb")), 30, "a save point")
        wait_until(lambda: save_is_over(self.server))
        self.do(["CONFIG", "SET", "save", ""])
        self.kill_and_start()
        self.expect("GET k3", b"3")

    def test_expired_keys_are_not_loaded(self):
        self.do("SET a 1 PX 30")
        self.do("SET b 1 PX 1000000")
        self.expect("SAVE", OK)
        self.client.close()
        self.server.kill()
        wait_until(lambda: time.time() * 1000 > os.path.getmtime(
            self.server.path("dump.rdb")) * 1000 + 50)
        self.server.start()
        self.client = self.server.connect()
        self.expect("DBSIZE", 1)

    def test_another_file_name(self):
        self.expect("CONFIG SET dbfilename other.rdb", OK)
        self.do("SET a 1")
        self.expect("SAVE", OK)
        self.assertTrue(os.path.exists(self.server.path("other.rdb")))
        self.expect("CONFIG SET dbfilename a/b.rdb", err(
            "CONFIG SET failed (possibly related to argument 'dbfilename') - dbfilename can't be a "
            "path, just a filename"))

    def test_debug_reload(self):
        fill(self.client, 200)
        before = content(self.client)
        self.expect("DEBUG RELOAD", OK)
        self.assertEqual(content(self.client), before)

    def start_slow_save(self, delay_us=20_000):
        """A background save which has seconds to go; an end of it is seen within the delay."""
        self.expect(f"CONFIG SET rdb-key-save-delay {delay_us}", OK)
        self.expect("BGSAVE", STARTED)

    def test_debug_reload_ends_a_running_save(self):
        self.client.pipeline([("SET", f"k{n}", n) for n in range(1000)])
        self.do(["HSET", "table", *[x for n in range(1000) for x in (f"f{n}", n)]])
        before = content(self.client)
        self.expect("SAVE", OK)
        for options in ("", " NOSAVE"):
            with self.subTest(options=options):
                self.start_slow_save()
                self.expect("CONFIG SET rdb-key-save-delay 0", OK)
                self.expect("DEBUG RELOAD" + options, OK)
                wait_until(lambda: save_is_over(self.server))
                self.assertEqual(content(self.client), before)
                self.client.pipeline([("SET", f"k{n}", n) for n in range(1000)])
        self.assertEqual(self.server.info("persistence")["rdb_last_bgsave_status"], "ok")
        self.kill_and_start()
        self.assertEqual(content(self.client), before)

    def end_during_a_save(self, end):
        """The last save has what came after the cut, tables that the other has captured too."""
        tables = [("HSET", f"h{n}", *[x for m in range(800) for x in (f"f{m}", "v")])
                  for n in range(30)]
        self.client.pipeline(tables + [("SET", f"k{n}", n) for n in range(2000)])
        self.start_slow_save()
        wait_until(lambda: self.server.info("persistence")["current_save_keys_processed"] != "0")
        self.client.pipeline([("HSET", f"h{n}", "f0", "new") for n in range(30)])
        self.expect("CONFIG SET rdb-key-save-delay 0", OK)
        before = content(self.client)
        end()
        self.assertEqual(self.server.wait_exit(), 0)
        self.assertEqual(sorted(os.listdir(self.server.directory)), ["dump.rdb", "server.log"])
        self.client.close()
        self.server.start()
        self.client = self.server.connect()
        self.assertEqual(content(self.client), before)

    def test_shutdown_during_a_save(self):
        self.end_during_a_save(lambda: self.client.send("SHUTDOWN", "SAVE"))

    def test_sigterm_during_a_save(self):
        self.do(["CONFIG", "SET", "save", "3600 1"])
        self.end_during_a_save(lambda: self.server.process.send_signal(signal.SIGTERM))

    def test_another_directory_during_a_save(self):
        other = self.server.path("other")
        os.mkdir(other)
        self.client.pipeline([("SET", f"k{n}", n) for n in range(500)])
        self.start_slow_save(2000)
        self.expect(f"CONFIG SET dir {other} dbfilename other.rdb", OK)
        wait_until(lambda: save_is_over(self.server))
        self.assertEqual(self.server.info("persistence")["rdb_last_bgsave_status"], "ok")
        self.assertEqual(sorted(os.listdir(self.server.directory)),
                         ["dump.rdb", "other", "server.log"])
        self.assertEqual(os.listdir(other), [])

    def test_bgsave_in_a_transaction_follows_it(self):
        self.expect_all(("MULTI", OK), ("BGSAVE", Status("QUEUED")), ("EXEC", [SCHEDULED]))
        wait_until(lambda: os.path.exists(self.server.path("dump.rdb")))

    def test_shutdown_failover_needs_a_cluster(self):
        only = "ERR SHUTDOWN FAILOVER is only supported in cluster mode."
        for command in ("SHUTDOWN FAILOVER", "SHUTDOWN FAILOVER NOSAVE", "SHUTDOWN FORCE FAILOVER"):
            self.expect(command, err(only[4:]))
        self.expect_error("SHUTDOWN ABORT FAILOVER", "ERR syntax error")
        self.expect("PING", Status("PONG"))

    def test_an_end_is_heard_while_loading(self):
        self.client.pipeline([("SET", f"k{n}", n) for n in range(20_000)])
        self.expect("SAVE", OK)
        self.client.close()
        self.server.kill()
        server = Server(*self.options, "--key-load-delay", "1000",
                        directory=self.server.directory, start=False)
        self.addCleanup(server.close)
        for end in ("SHUTDOWN NOSAVE", "SHUTDOWN", signal.SIGTERM):
            with self.subTest(end=end):
                server.port = free_port()
                server.spawn()
                client = wait_until(lambda: self.connected(server))
                self.assertEqual(client("PING").code, "LOADING")
                if end == signal.SIGTERM:
                    server.process.send_signal(end)
                else:
                    client.send(*end.split())
                self.assertEqual(server.wait_exit(), 0)
                client.close()

    def connected(self, server):
        try:
            return server.connect()
        except OSError:
            return None

    def test_a_server_that_nobody_could_reach_does_not_start(self):
        self.client.close()
        self.server.stop()
        server = Server("--port", "0", directory=self.server.directory, start=False)
        server.port = 0
        server.spawn()
        self.addCleanup(server.close)
        self.assertEqual(server.wait_exit(), 1)
        self.assertIn("Configured to not listen anywhere, exiting.", server.log_text())


BIG = "v" * 20_000


class HeldMemoryTest(OwnServersTest):
    """What a running save holds: it counts, writers wait for it, and it goes in the end."""

    def start(self, *options):
        self.server = Server("--save", "", "--enable-debug-command", "yes", *options)
        self.addCleanup(self.server.close)
        self.client = self.server.connect()
        self.addCleanup(lambda: self.client.close())

    def used(self):
        return int(self.server.info("memory")["used_memory"])

    def settled(self):
        """What is used when idle buffers have gone, which takes a few ticks."""
        last = self.used()
        while True:
            time.sleep(0.5)
            used = self.used()
            if used >= last:
                return used
            last = used

    def held(self):
        return int(self.server.info()["snapshot_held_bytes"])

    def set_big(self, count):
        for reply in self.client.pipeline([("SET", f"k{n}", BIG) for n in range(count)]):
            self.assertEqual(reply, OK)

    def cancel_save(self):
        self.assertFalse(save_is_over(self.server))
        self.do("BGSAVE CANCEL")
        wait_until(lambda: save_is_over(self.server))
        wait_until(lambda: self.held() == 0)

    def test_eviction_takes_no_more_than_without_a_save(self):
        self.start("--rdb-key-save-delay", "20000")
        for n in range(1000):  # Not at once: their buffers would count too.
            self.expect(["SET", f"k{n}", BIG], OK)
        self.expect("CONFIG SET maxmemory-policy allkeys-lru", OK)
        self.expect(["CONFIG", "SET", "maxmemory", self.settled() + 1_000_000], OK)
        self.assertEqual(self.do("BGSAVE"), STARTED)
        for n in range(150):
            self.expect(["SET", f"new{n}", BIG], OK)
        # What is no data, the buffers of the save among it, is counted at each tick.
        wait_until(lambda: int(self.server.info("stats")["evicted_keys"]) > 50)
        self.assertGreater(self.do("DBSIZE"), 850)
        self.cancel_save()
        self.assertGreater(self.do("DBSIZE"), 850)

    def test_writers_wait_when_much_is_held(self):
        """A sixteenth of the limit of memory; readers go on, and so do writers later."""
        self.start("--rdb-key-save-delay", "50000", "--maxmemory", "48mb")
        self.set_big(600)
        self.assertEqual(self.do("BGSAVE"), STARTED)
        writers = [self.server.connect() for _ in range(2)]
        for writer in writers:
            self.addCleanup(writer.close)
        count = 500
        writers[0].send_raw(b"".join(encode("SET", f"k{n}", "w") for n in range(count)))
        writers[1].send_raw(b"".join(
            encode("MULTI") + encode("APPEND", f"k{n}", "w") + encode("EXEC")
            for n in range(count)))
        wait_until(lambda: self.held() > 2 << 20)
        peak = 0
        for n in range(100):
            self.assertIsNotNone(self.do(["GET", f"k{599 - n}"]))
            peak = max(peak, self.held())
        self.assertLess(peak, 5 << 20)
        self.assertEqual(self.do("GET k499"), BIG.encode())  # They wait.
        self.cancel_save()
        for _ in range(count):
            self.assertEqual(writers[0].read(), OK)
        for _ in range(3 * count):
            self.assertNotIsInstance(writers[1].read(), Error)
        self.assertEqual(self.held(), 0)

    def test_every_setting_may_be_set_during_a_save(self):
        """Its threads do not stop for that; the thread sanitizer looks on."""
        self.start("--rdb-key-save-delay", "1000")
        self.do("DEBUG POPULATE 20000")
        for n in range(20):  # Tables that are captured, and written while others wait.
            self.do(["HSET", f"h{n}", *(word for i in range(600) for word in (f"f{i}", "v"))])
        self.set_big(300)
        settings = config_of(self.client)
        self.assertEqual(self.do("BGSAVE"), STARTED)
        for n in range(20):
            self.do(f"HSET h{n} f0 w")
        count = 0
        for n, (name, value) in enumerate(settings.items()):
            self.expect(["SET", f"k{n % 300}", BIG], OK)
            count += self.do(["CONFIG", "SET", name, value]) == OK
        self.assertGreater(count, 100)
        self.assertEqual(config_of(self.client), settings)
        self.cancel_save()

    def test_fields_dropped_after_their_table_was_written_are_freed(self):
        self.start("--rdb-key-save-delay", "10000", "--maxmemory", "48mb")
        self.client.pipeline([("HSET", "hot", f"f{n}", "v" * 1000) for n in range(1000)])
        self.client.pipeline([("SET", f"k{n}", "v") for n in range(5000)])
        self.assertEqual(self.do("BGSAVE"), STARTED)
        self.do("HSET hot f0 w")
        for _ in range(8):  # 8 MB in all; the table is written early.
            self.client.pipeline([("HSET", "hot", f"f{n}", "w" * 1000) for n in range(1000)])
        self.assertLess(self.held(), 4 << 20)
        self.cancel_save()

    def test_what_is_younger_than_the_cut_is_not_kept(self):
        self.start("--rdb-key-save-delay", "20000")
        self.client.pipeline([("SET", f"k{n}", "v") for n in range(1000)])
        self.assertEqual(self.do("BGSAVE"), STARTED)
        before = self.used()
        fields = [word for n in range(1000) for word in (f"field{n}", "v" * 20)]
        for _ in range(50):
            self.do(["HSET", "young", *fields])
            self.do("UNLINK young")
        self.do("SELECT 1")
        for _ in range(20):
            self.do(["HSET", "young", *fields])
            self.do("FLUSHDB SYNC")
        self.assertEqual(self.held(), 0)
        wait_until(lambda: self.used() - before < 3 << 20)
        self.cancel_save()

    def test_a_flushed_database_is_freed_after_the_save_in_the_background(self):
        self.start("--rdb-key-save-delay", "20000")
        self.do("DEBUG POPULATE 20000 key 100")
        self.do("SELECT 1")
        self.client.pipeline([("SET", f"k{n}", "v") for n in range(100)])
        self.do("SELECT 0")
        self.assertEqual(self.do("BGSAVE"), STARTED)
        self.expect("FLUSHDB SYNC", OK)
        self.assertGreater(self.held(), 2_000_000)
        self.expect("SET k v", OK)  # Nobody waits for what only the end frees.
        freed = int(self.server.info()["lazyfreed_objects"])
        self.cancel_save()
        wait_until(lambda: int(self.server.info()["lazyfreed_objects"]) > freed)
        self.assertEqual(self.held(), 0)

    def test_use_counts_and_idle_times_of_big_hashes_are_saved(self):
        fields = [word for n in range(2000) for word in (f"f{n}", "v")]
        for policy, ask in (("allkeys-lfu", "OBJECT FREQ"), ("allkeys-lru", "OBJECT IDLETIME")):
            with self.subTest(policy=policy):
                self.start("--maxmemory-policy", policy)
                self.do(["HSET", "hash", *fields])
                self.do(["HSET", "captured", *fields])
                if policy == "allkeys-lfu":
                    for key in ("hash", "captured"):
                        self.client.pipeline([("HGET", key, "f1")] * 3000)
                else:
                    for key in ("hash", "captured"):
                        payload = self.do(["DUMP", key])
                        self.do(["RESTORE", key, 0, payload, "REPLACE", "IDLETIME", 1000])
                before = [self.do(f"{ask} {key}") for key in ("hash", "captured")]
                self.assertGreater(min(before), 10)
                self.assertEqual(self.do("BGSAVE"), STARTED)
                wait_until(lambda: save_is_over(self.server))
                self.client.close()
                self.server.kill()
                self.server.start()
                self.client = self.server.connect()
                after = [self.do(f"{ask} {key}") for key in ("hash", "captured")]
                for was, now in zip(before, after):
                    self.assertAlmostEqual(now, was, delta=60)
                    self.assertGreater(now, 10)

    def test_memory_that_was_never_touched_is_not_resident(self):
        self.start()
        self.client.pipeline([("SET", f"k{n}", "v" * 1000) for n in range(20_000)])
        info = self.server.info("memory")
        for name in ("rss_overhead_bytes", "allocator_rss_bytes", "allocator_frag_bytes"):
            self.assertGreaterEqual(int(info[name]), 0, name)


class SpoiltFileTest(PersistenceTest):
    """The tests of the base, with checksums off; and files that must not be loaded."""

    options = (*PersistenceTest.options, "--rdbchecksum", "no", "--rdbcompression", "no")

    def saved(self):
        fill(self.client, 300)
        self.expect("SAVE", OK)
        self.client.close()
        self.server.kill()
        with open(self.server.path("dump.rdb"), "rb") as file:
            return file.read()

    def expect_refused(self, data, server=None):
        """The server says why it does not start, and leaves the file alone."""
        server = server or self.server
        path = server.path("dump.rdb")
        with open(path, "wb") as file:
            file.write(data)
        server.start(wait=False)
        self.assertNotEqual(server.wait_exit(), 0)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), data)
        return server.log_text()

    def test_torn_files(self):
        data = self.saved()
        for size in (1, 5, 9, 20, 100, len(data) // 2, len(data) - 9):
            with self.subTest(size=size):
                self.expect_refused(data[:size])

    def test_spoilt_files(self):
        data = self.saved()
        for spoilt in (b"NOTREDIS0" + data[9:], b"REDIS9999" + data[9:],
                       data[:-9] + b"\x63\x01a\x01b" + data[-9:]):
            self.expect_refused(spoilt)

    def test_files_with_what_would_be_lost(self):
        self.saved()
        known = os.path.join(ROOT, "tests", "unit", "persistence", "data")
        for name, reason in (
                ("two-dbs-expire-function-redis70.rdb", r"offset \d+: the file holds functions, "
                 "which this version does not have"),
                ("two-dbs-expire-function-valkey91.rdb", "holds functions")):
            with self.subTest(name=name):
                with open(os.path.join(known, name), "rb") as file:
                    self.assertRegex(self.expect_refused(file.read()), reason)

    def test_files_with_other_types_of_values(self):
        self.saved()
        head = b"VALKEY080"
        for record, what in ((b"\x01\x04name\x01\x01a", r"type 1 \(list\)"),
                             (b"\x02\x04name\x01\x01a", r"type 2 \(set\)"),
                             (b"\x13\x04name\x00", r"type 19 \(stream.*\)")):
            with self.subTest(what=what):
                log = self.expect_refused(head + record + b"\xff" + bytes(8))
                self.assertRegex(log, f"offset {len(head)}: key 'name': {what} is not supported")

    def test_files_with_data_of_a_module_or_a_slot_import(self):
        self.saved()
        head = b"VALKEY080\xfa\x0avalkey-ver\x059.1.0"
        for record, what in ((b"\xf7\x01\x02\x01\x00", "data of a module"),
                             (b"\xf3\x03job\x00", "a slot import")):
            with self.subTest(what=what):
                log = self.expect_refused(head + record + b"\xff" + bytes(8))
                self.assertIn(f"offset {len(head)}: the file holds {what}", log)

    def test_wrong_checksum(self):
        with Server("--rdbchecksum", "yes") as server:
            with server.connect() as client:
                client("SET", "key", "value")
                client("SAVE")
            server.kill()
            with open(server.path("dump.rdb"), "rb") as file:
                data = file.read()
            at = data.index(b"value")
            self.expect_refused(data[:at] + b"w" + data[at + 1:], server)


if __name__ == "__main__":
    main()
