#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The commands about the server: INFO, the logs, LATENCY, MEMORY, DEBUG and others."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, QUEUED, SYNTAX, ServerTest, arity, both_protocols, err, main
from harness.resp import Error, Status
from harness.server import parse_info, wait_until

INFO_SECTIONS = {
    "Server": "redis_version server_name valkey_version redis_mode os arch_bits multiplexing_api "
              "process_id run_id tcp_port server_time_usec uptime_in_seconds hz configured_hz "
              "executable config_file",
    "Clients": "connected_clients maxclients client_recent_max_input_buffer blocked_clients "
               "tracking_clients pubsub_clients watching_clients",
    "Memory": "used_memory used_memory_human used_memory_rss used_memory_peak maxmemory "
              "maxmemory_policy mem_fragmentation_ratio mem_clients_normal mem_allocator "
              "lazyfree_pending_objects",
    "Persistence": "loading rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time "
                   "rdb_last_bgsave_status rdb_last_bgsave_time_sec rdb_saves aof_enabled",
    "Stats": "total_connections_received total_commands_processed instantaneous_ops_per_sec "
             "total_net_input_bytes rejected_connections expired_keys evicted_keys keyspace_hits "
             "keyspace_misses pubsub_channels pubsub_patterns total_error_replies",
    "Replication": "role connected_slaves master_replid master_repl_offset",
    "CPU": "used_cpu_sys used_cpu_user",
    "Commandstats": "cmdstat_set",
    "Cluster": "cluster_enabled",
    "Keyspace": "db0",
}


@both_protocols
class InfoTest(ServerTest):
    def test_sections(self):
        self.do("SET a 1")
        for section, fields in INFO_SECTIONS.items():
            with self.subTest(section=section):
                text = self.do(f"INFO {section}")
                self.assertIsInstance(text, bytes)
                self.assertTrue(text.startswith(b"# %s\r\n" % section.encode()), text[:40])
                if section == "Server":
                    fields = fields.replace("redis_mode", "server_mode")
                self.assertEqual(set(fields.split()) - set(parse_info(text)), set())
        self.expect("INFO nosuch", b"")
        both = self.do("INFO cpu clients")
        self.assertEqual([line for line in both.split(b"\r\n") if line.startswith(b"#")],
                         [b"# Clients", b"# CPU"])
        self.assertNotIn(b"Commandstats", self.do("INFO"))
        self.assertIn(b"Commandstats", self.do("INFO everything"))

    def test_counts(self):
        self.expect("CONFIG RESETSTAT", OK)
        self.expect_all(("SET a 1", OK), ("GET a", b"1"), ("GET b", None), ("GET b", None))
        self.do("INCR a b")
        self.do("HGET a f")
        info = self.server.info()
        self.assertEqual((info["keyspace_hits"], info["keyspace_misses"]), ("2", "2"))
        self.assertRegex(info["cmdstat_get"],
                         r"^calls=3,usec=\d+,usec_per_call=[\d.]+,rejected_calls=0,failed_calls=0$")
        self.assertRegex(info["cmdstat_incr"], r"calls=0,.*rejected_calls=1")
        self.assertRegex(info["cmdstat_hget"], r"calls=1,.*failed_calls=1$")
        self.assertEqual(info["errorstat_WRONGTYPE"], "count=1")
        self.assertEqual(info["errorstat_ERR"], "count=1")
        self.assertEqual(info["total_error_replies"], "2")

    def test_errors_inside_exec_count_once(self):
        self.expect_all(("CONFIG RESETSTAT", OK), ("MULTI", OK), ("SET a b", QUEUED),
                        ("AUTH a", QUEUED))
        self.assertIsInstance(self.do("EXEC")[1], Error)
        info = self.server.info("everything")
        self.assertEqual(info["errorstat_ERR"], "count=1")
        self.assertEqual(info["total_error_replies"], "1")
        self.assertTrue(info["cmdstat_auth"].endswith("failed_calls=1"))
        self.assertTrue(info["cmdstat_exec"].endswith("failed_calls=0"))
        self.expect("EXEC", err("EXEC without MULTI"))
        info = self.server.info("everything")
        self.assertEqual(info["errorstat_ERR"], "count=2")
        self.assertTrue(info["cmdstat_exec"].endswith("failed_calls=1"))

    def test_fetching_ahead_can_be_turned_off(self):
        def entries():
            return int(self.server.info("stats")["io_threaded_total_prefetch_entries"])
        before = entries()
        self.client.pipeline([("SET", f"k{i}", "v") for i in range(64)])
        self.assertGreater(entries(), before)
        self.expect("CONFIG SET prefetch-batch-max-size 0", OK)
        before = entries()
        self.client.pipeline([("SET", f"k{i}", "v") for i in range(64)])
        self.assertEqual(entries(), before)
        self.expect("CONFIG SET prefetch-batch-max-size 16", OK)

    def test_memory_is_counted(self):
        self.do("FLUSHALL SYNC")
        # Nothing is being freed while we measure, such as what the FLUSHALL of setUp took away.
        wait_until(lambda: self.server.info()["lazyfree_pending_objects"] == "0")
        before = int(self.server.info()["used_memory"])
        for n in range(2000):
            self.do(["SET", f"k{n}", "x" * 1000])
        grown = int(self.server.info()["used_memory"]) - before
        self.assertTrue(2_000_000 < grown < 4_000_000, grown)
        self.do("FLUSHALL")  # Frees in the background.
        wait_until(lambda: int(self.server.info()["used_memory"]) - before < 1_000_000)


class LogTest(ServerTest):
    options = ("--slowlog-log-slower-than", "0", "--slowlog-max-len", "5",
               "--enable-debug-command", "yes")

    def test_slowlog(self):
        self.expect("SLOWLOG RESET", OK)
        self.do("CLIENT SETNAME me")
        self.do(["SET", "key", "x" * 300])
        entry = self.do("SLOWLOG GET 1")[0]
        number, at, micros, words, address, name = entry
        self.assertIsInstance(number, int)
        self.assertGreater(at, 1_600_000_000)
        self.assertGreaterEqual(micros, 0)
        self.assertEqual(words, [b"SET", b"key", b"x" * 128 + b"... (172 more bytes)"])
        self.assertEqual(address, b"%s:%d" % (b"127.0.0.1", self.client.socket.getsockname()[1]))
        self.assertEqual(name, b"me")
        for _ in range(10):
            self.do("PING")
        self.expect("SLOWLOG LEN", 5)
        self.assertEqual(len(self.do("SLOWLOG GET")), 5)
        self.assertEqual(len(self.do("SLOWLOG GET -1")), 5)
        self.do(["MSET", *["a"] * 100])
        words = self.do("SLOWLOG GET 1")[0][3]
        self.assertEqual(len(words), 32)
        self.assertEqual(words[-1], b"... (70 more arguments)")
        self.expect_all(
            ("SLOWLOG GET -2", err("count should be greater than or equal to -1")),
            ("SLOWLOG WHAT", err("unknown subcommand 'WHAT'. Try SLOWLOG HELP.")),
        )

    def test_commandlog(self):
        for name in ("slow", "large-request", "large-reply"):
            self.expect(f"COMMANDLOG RESET {name}", OK)
        self.expect("CONFIG SET commandlog-request-larger-than 1000", OK)
        self.expect("CONFIG SET commandlog-reply-larger-than 1000", OK)
        self.do(["SET", "key", "x" * 5000])
        self.do("GET key")
        self.expect_all(
            ("COMMANDLOG LEN large-request", 1), ("COMMANDLOG LEN large-reply", 1),
            ("COMMANDLOG LEN what", err("type should be one of the following: slow, "
                                        "large-request, large-reply")),
            ("COMMANDLOG GET 1", arity("commandlog|get")),
        )
        entry = self.do("COMMANDLOG GET 10 large-reply")[0]
        self.assertEqual(entry[3], [b"GET", b"key"])
        self.assertGreater(entry[2], 5000)

    def test_latency(self):
        self.expect_all(
            ("LATENCY LATEST", []), ("LATENCY RESET", 0), ("LATENCY HISTORY x", []),
            ("LATENCY GRAPH x", err("No samples available for event 'x'")),
            ("CONFIG SET latency-monitor-threshold 20", OK), ("DEBUG SLEEP 0.05", OK),
        )
        latest = self.do("LATENCY LATEST")
        self.assertEqual(latest[0][0], b"command")
        self.assertGreaterEqual(latest[0][3], 50)  # The worst: others may have been slow, too.
        history = self.do("LATENCY HISTORY command")
        self.assertGreaterEqual(max(entry[1] for entry in history), 50)
        self.expect("LATENCY RESET command", 1)
        self.expect("CONFIG SET latency-monitor-threshold 0", OK)
        self.do("SET a 1")
        found = self.do("LATENCY HISTOGRAM set")
        self.assertEqual(found[0], b"set")
        self.assertEqual(found[1][0], b"calls")
        self.assertEqual(found[1][2], b"histogram_usec")


    def test_latency_percentiles(self):
        self.expect_all(("CONFIG SET latency-tracking-info-percentiles 0", OK),
                        ("CONFIG RESETSTAT", OK))
        took_us = []
        for _ in range(5):
            begun = time.monotonic()
            self.do("DEBUG SLEEP 0.06")
            took_us.append((time.monotonic() - begun) * 1e6)
        text = self.server.info("latencystats")["latency_percentiles_usec_debug"]
        least = float(text.split("=")[-1])
        # Steps of less than 1 %, and the server's time is a part of ours.
        self.assertTrue(59_700 < least < min(took_us) * 1.01, (text, took_us))
        self.expect("CONFIG SET latency-tracking no", OK)
        self.assertEqual(self.do("INFO latencystats").split(), [b"#", b"Latencystats"])
        self.expect_all(("CONFIG SET latency-tracking yes", OK),
                        (["CONFIG", "SET", "latency-tracking-info-percentiles", "50 99 99.9"], OK))


class DebugTest(ServerTest):
    options = ("--enable-debug-command", "yes")

    def test_digest_tells_contents_apart(self):
        empty = self.do("DEBUG DIGEST")
        self.assertEqual(empty, "0" * 40)
        self.do("MSET a 1 b 2")
        self.do("HSET h x 1 y 2")
        first = self.do("DEBUG DIGEST")
        self.do("FLUSHALL")
        self.do("HSET h y 2 x 1")
        self.do("SET b 2")
        self.do("SET a 1")
        self.assertEqual(self.do("DEBUG DIGEST"), first)
        self.do("SET a 2")
        self.assertNotEqual(self.do("DEBUG DIGEST"), first)
        self.assertEqual(len(self.do("DEBUG DIGEST-VALUE a h missing")), 3)

    def test_set_active_expire(self):
        self.expect("DEBUG SET-ACTIVE-EXPIRE 0", OK)
        self.do("SET a 1 PX 1")
        self.assertIsNotNone(self.do("DEBUG SLEEP 0.2"))
        self.expect_all(("DBSIZE", 1), ("GET a", None), ("DBSIZE", 0),
                        ("DEBUG SET-ACTIVE-EXPIRE 1", OK))

    def test_object_and_errors(self):
        bad_size = err("argument must be a memory value bigger than 1 and smaller than 4gb")
        self.do("SET a text")
        self.do("CONFIG RESETSTAT")
        self.do("DEBUG OBJECT a")
        self.assertEqual(self.server.info("stats")["keyspace_hits"], "0")
        self.assertRegex(self.do("DEBUG OBJECT a"),
                         r"refcount:1 encoding:embstr serializedlength:\d+ lru:\d+ "
                         r"lru_seconds_idle:\d+")
        self.expect_all(
            ("DEBUG OBJECT missing", err("no such key")),
            ("DEBUG QUICKLIST-PACKED-THRESHOLD 100", OK),
            ("DEBUG QUICKLIST-PACKED-THRESHOLD 1gb", OK),
            ("DEBUG QUICKLIST-PACKED-THRESHOLD x", bad_size),
            ("DEBUG QUICKLIST-PACKED-THRESHOLD -1", bad_size),
            ("DEBUG QUICKLIST-PACKED-THRESHOLD 4gb", bad_size),
            ("DEBUG WHAT", err("unknown subcommand or wrong number of arguments for 'WHAT'. "
                               "Try DEBUG HELP.")),
        )


class EvictionTest(ServerTest):
    def used(self):
        return int(parse_info(self.do("INFO memory"))["used_memory"])

    def fill(self, limit):
        """Adds keys until the limit is near. Returns how many it took."""
        count = 0
        while self.used() + 4096 <= limit:
            self.expect(f"SETEX first:{count} 10000 x", OK)
            count += 1
        return count

    def test_a_limit_near_what_an_empty_server_takes_is_kept(self):
        for policy in ("allkeys-random", "allkeys-lru", "volatile-lfu", "volatile-ttl"):
            with self.subTest(policy=policy):
                self.expect_all(("CONFIG SET maxmemory 0", OK), ("SET a b", OK),
                                ("FLUSHALL SYNC", OK))
                limit = self.used() + 100 * 1024
                self.expect(f"CONFIG SET maxmemory {limit} maxmemory-policy {policy}", OK)
                count = self.fill(limit)
                self.assertGreater(count, 10)
                for i in range(count):
                    self.expect(f"SETEX second:{i} 10000 x", OK)
                # What is no data is counted at each tick; this asks, which evicts, too.
                wait_until(lambda: self.used() < limit + 4096, what="the limit")
        self.expect("CONFIG SET maxmemory 0", OK)


    def test_a_lowered_limit_evicts_without_a_command(self):
        listener = self.connect(3)
        self.expect_all(("CONFIG SET notify-keyspace-events Ee maxmemory-policy allkeys-lru", OK),
                        ("SET foo bar", OK))
        listener.send("PSUBSCRIBE", "*")
        listener.read_push()
        self.expect("CONFIG SET maxmemory 1", OK)
        self.assertEqual(listener.read_push()[-1], b"foo")
        self.expect(["CONFIG", "SET", "maxmemory", "0", "notify-keyspace-events", ""], OK)


class TraceTest(ServerTest):
    def test_sigalrm_writes_the_stacks_of_the_workers(self):
        self.server.process.send_signal(signal.SIGALRM)
        wait_until(lambda: "STACK TRACE DONE" in self.server.log_text())
        text = self.server.log_text()
        self.assertIn("Received SIGALRM", text)
        self.assertIn("skarn-w0", text)
        self.assertLess(text.index("skarn-w0"), text.index("STACK TRACE DONE"))
        self.expect("PING", Status("PONG"))


class OtherTest(ServerTest):
    def test_debug_is_refused_unless_enabled(self):
        self.expect_error("DEBUG SLEEP 0", "ERR DEBUG command not allowed.")

    def test_memory(self):
        self.do(["SET", "a", "x" * 10_000])
        usage = self.do("MEMORY USAGE a")
        self.assertTrue(10_000 <= usage < 14_000, usage)
        self.expect_all(
            ("MEMORY USAGE a SAMPLES 5", usage), ("MEMORY USAGE a SAMPLES -1", SYNTAX),
            ("MEMORY PURGE", OK),
            ("MEMORY WHAT", err("unknown subcommand 'WHAT'. Try MEMORY HELP.")),
            ("MEMORY USAGE", arity("memory|usage")),
        )
        stats = self.do("MEMORY STATS")
        self.assertIn(b"total.allocated", stats)

    def test_saving_commands(self):
        self.expect_all(
            ("BGSAVE WHAT", SYNTAX), ("SAVE x", arity("save")),
            ("BGSAVE CANCEL",
             err("Background saving is currently not in progress or scheduled")),
            ("SHUTDOWN ABORT", err("No shutdown in progress.")),
        )
        self.assertGreater(self.do("LASTSAVE"), 1_600_000_000)

    def test_errors_show_words_up_to_a_zero_byte(self):
        for words, text in (
                (["HPEXPIRE", "h", "10", b"a\0b", "FIELDS", "1", "x"], "Unsupported option a"),
                (["CLIENT", "LIST", "TYPE", b"a\0b"], "Unknown client type 'a'"),
                (["CLIENT", "KILL", "USER", b"a\0b"], "No such user 'a'"),
                (["SCAN", "0", "TYPE", b"a\0b"], "unknown type name 'a'"),
                (["CLIENT", "SETINFO", b"a\0b", "x"], "Unrecognized option 'a'"),
                (["LATENCY", "GRAPH", b"a\0b"], "No samples available for event 'a'"),
                (["HELLO", "3", b"a\0b"], "Syntax error in HELLO option 'a'")):
            self.expect(words, err(text))

    def test_command_docs(self):
        docs = self.connect(3)("COMMAND", "DOCS", "get", "set")
        self.assertEqual(set(docs), {b"get", b"set"})
        self.assertEqual(docs[b"get"][b"group"], b"string")
        self.assertEqual(docs[b"get"][b"since"], b"1.0.0")
        self.assertEqual(docs[b"get"][b"arguments"][0][b"name"], b"key")
        self.expect("COMMAND GETKEYSANDFLAGS SET a b", [[b"a", [Status("OW"), Status("update")]]])

    def test_lolwut(self):
        self.assertIn(b"ver", self.do("LOLWUT"))


if __name__ == "__main__":
    main()
