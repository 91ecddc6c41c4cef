#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The commands on keys of any type: success, missing key, wrong arguments."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import dump
from harness.case import (NOT_INTEGER, OK, SYNTAX, ServerTest, arity, both_protocols, err, main)
from harness.resp import Error, Status
from harness.server import wait_until

NO_KEY = err("no such key")
SAME_OBJECTS = err("source and destination objects are the same")
BAD_DB = err("DB index is out of range")
BAD_PAYLOAD = err("DUMP payload version or checksum are wrong")


@both_protocols
class KeyTest(ServerTest):
    def test_del_unlink_exists_touch(self):
        self.do("MSET a 1 b 2 c 3")
        self.do("HSET h f v")
        self.expect_all(
            ("EXISTS a b x a h", 4), ("TOUCH a x h", 2), ("DEL a x", 1), ("UNLINK b b h", 2),
            ("EXISTS a b h", 0), ("DBSIZE", 1),
        )
        self.expect_arity("DEL", "UNLINK", "EXISTS", "TOUCH")

    def test_type_and_object(self):
        self.do("SET s text")
        self.do("HSET h f v")
        self.expect_all(
            ("TYPE s", Status("string")), ("TYPE h", Status("hash")),
            ("TYPE missing", Status("none")), ("OBJECT ENCODING missing", None),
            ("OBJECT REFCOUNT s", 1), ("OBJECT IDLETIME missing", None),
            ("OBJECT WHAT s", err("unknown subcommand 'WHAT'. Try OBJECT HELP.")),
            ("OBJECT FREQ s", err(
                "An LFU maxmemory policy is not selected, access frequency not tracked. Please "
                "note that when switching between policies at runtime LRU and LFU data will take "
                "some time to adjust.")),
            ("OBJECT ENCODING", arity("object|encoding")), ("TYPE", arity("type")),
        )
        self.expect_between("OBJECT IDLETIME s", 0, 60)

    def test_rename(self):
        self.do("SET a 1 EX 100")
        self.do("HSET b f v")
        self.expect("RENAME a b", OK)
        self.expect_left("TTL b", 100)
        self.expect_all(
            ("GET b", b"1"), ("EXISTS a", 0), ("RENAME missing b", NO_KEY), ("RENAME b b", OK),
            ("RENAMENX b c", 1), ("SET d 1", OK), ("RENAMENX c d", 0), ("RENAMENX missing d",
                                                                        NO_KEY),
            ("RENAMENX c c", 0), ("RENAME a", arity("rename")), ("RENAMENX a", arity("renamenx")),
        )

    def test_copy(self):
        self.do("SET a 1 EX 100")
        self.do(["HSET", "h", *[x for n in range(600) for x in (n, n)]])
        self.expect_all(
            ("COPY a b", 1), ("COPY a b", 0), ("COPY h b REPLACE", 1), ("HLEN b", 600),
            ("COPY missing c", 0), ("COPY a a", SAME_OBJECTS), ("COPY a c DB 1", 1),
            ("SELECT 1", OK), ("GET c", b"1"), ("SELECT 0", OK), ("COPY a c DB 99", BAD_DB),
            ("COPY a c DB x", NOT_INTEGER), ("COPY a c WHAT", SYNTAX), ("COPY a", arity("copy")),
            ("HSET h extra 1", 1), ("HEXISTS b extra", 0),
        )
        self.do("COPY a ttl")
        self.expect_left("TTL ttl", 100)

    def test_a_renamed_key_is_used_anew(self):
        self.expect("CONFIG SET maxmemory-policy allkeys-lfu lfu-decay-time 0", OK)
        self.do("SET a v")
        payload = self.do("DUMP a")
        self.expect_all((["RESTORE", "b", "0", payload, "FREQ", "200"], OK),
                        ("OBJECT FREQ b", 200), ("RENAME b c", OK), ("OBJECT FREQ c", 5),
                        (["RESTORE", "b", "0", payload, "FREQ", "200"], OK),
                        ("MOVE b 1", 1), ("SELECT 1", OK), ("OBJECT FREQ b", 5),
                        ("CONFIG SET maxmemory-policy noeviction lfu-decay-time 1", OK))

    def test_a_raw_string_stays_one(self):
        raw, embedded = b"x" * 107, b"x" * 106
        self.expect_all((["SET", "k", raw], OK), ("OBJECT ENCODING k", b"embstr"),
                        ("EXPIRE k 1000", 1), ("OBJECT ENCODING k", b"raw"),
                        ("PERSIST k", 1), ("OBJECT ENCODING k", b"raw"),
                        (["SET", "key12345", embedded], OK), ("OBJECT ENCODING key12345", b"raw"),
                        ("COPY key12345 c", 1), ("OBJECT ENCODING c", b"raw"),
                        ("RENAME key12345 k", OK), ("OBJECT ENCODING k", b"raw"),
                        (["SET", "k", embedded], OK), ("OBJECT ENCODING k", b"embstr"))

    def test_move_and_swapdb(self):
        self.expect_all(
            ("SET a 1", OK), ("MOVE a 1", 1), ("MOVE a 1", 0), ("EXISTS a", 0), ("SET a 2", OK),
            ("MOVE a 1", 0), ("MOVE a 0", SAME_OBJECTS), ("MOVE a 99", BAD_DB),
            ("MOVE a x", NOT_INTEGER), ("SWAPDB 0 1", OK), ("GET a", b"1"), ("SELECT 1", OK),
            ("GET a", b"2"), ("SWAPDB 0 99", BAD_DB), ("SWAPDB x 0", err("invalid first DB index")),
            ("SWAPDB 0 x", err("invalid second DB index")), ("SELECT 0", OK),
            ("MOVE a", arity("move")), ("SWAPDB 0", arity("swapdb")),
        )

    def test_flushdb_and_flushall(self):
        self.expect_all(
            ("SET a 1", OK), ("SELECT 1", OK), ("SET b 1", OK), ("FLUSHDB", OK), ("DBSIZE", 0),
            ("SELECT 0", OK), ("DBSIZE", 1), ("FLUSHDB ASYNC", OK), ("SET a 1", OK),
            ("FLUSHALL SYNC", OK), ("DBSIZE", 0), ("FLUSHALL WHAT", SYNTAX),
        )

    def test_randomkey(self):
        self.expect("RANDOMKEY", None)
        self.do("MSET a 1 b 2 c 3")
        seen = {self.do("RANDOMKEY") for _ in range(200)}
        self.assertEqual(seen, {b"a", b"b", b"c"})


@both_protocols
class ExpiryTest(ServerTest):
    def test_expire_family(self):
        self.do("SET a 1")
        at = int(time.time()) + 1000
        self.expect("EXPIRE a 100", 1)
        self.expect_left("TTL a", 100)
        self.expect("PEXPIRE a 100000", 1)
        self.expect_left("PTTL a", 100_000, 1000)
        self.expect_all(
            (f"EXPIREAT a {at}", 1), ("EXPIRETIME a", at), ("PEXPIRETIME a", at * 1000),
            (f"PEXPIREAT a {at * 1000 + 3}", 1), ("PEXPIRETIME a", at * 1000 + 3),
            ("PERSIST a", 1), ("PERSIST a", 0), ("TTL a", -1), ("PTTL a", -1),
            ("EXPIRETIME a", -1), ("TTL missing", -2), ("PTTL missing", -2),
            ("PEXPIRETIME missing", -2), ("EXPIRE missing 10", 0), ("PERSIST missing", 0),
            ("EXPIRE a -1", 1), ("EXISTS a", 0), ("SET a 1", OK), ("EXPIREAT a 1", 1),
            ("EXISTS a", 0),
        )

    def test_conditions(self):
        self.do("SET a 1")
        self.expect_all(
            ("EXPIRE a 100 XX", 0), ("EXPIRE a 100 GT", 0), ("EXPIRE a 100 NX", 1),
            ("EXPIRE a 200 NX", 0), ("EXPIRE a 200 GT", 1), ("EXPIRE a 100 GT", 0),
            ("EXPIRE a 300 LT", 0), ("EXPIRE a 100 LT", 1), ("EXPIRE a 500 XX", 1),
            ("PERSIST a", 1), ("EXPIRE a 100 LT", 1),
            ("EXPIRE a 100 NX XX", err("NX and XX, GT or LT options at the same time are not "
                                       "compatible")),
            ("EXPIRE a 100 GT LT", err("GT and LT options at the same time are not compatible")),
            ("EXPIRE a 100 WHAT", err("Unsupported option WHAT")),
        )

    def test_arguments(self):
        self.do("SET a 1")
        self.expect_all(
            ("EXPIRE a x", NOT_INTEGER), ("EXPIRE a 1.5", NOT_INTEGER),
            ("EXPIRE a 9223372036854775807", err("invalid expire time in 'expire' command")),
            ("PEXPIRE a 9223372036854775807", err("invalid expire time in 'pexpire' command")),
            ("TTL a", -1),
        )
        self.expect_arity("EXPIRE a", "PEXPIRE a", "EXPIREAT a", "PEXPIREAT a", "TTL", "PTTL",
                          "PERSIST", "EXPIRETIME", "PEXPIRETIME")

    def test_keys_expire(self):
        self.do("MSET a 1 b 2 c 3")
        for key in "ab":
            self.expect(f"PEXPIRE {key} 20", 1)
        wait_until(lambda: self.do("EXISTS a b") == 0)
        self.expect_all(("GET a", None), ("MGET a b c", [None, None, b"3"]), ("TTL a", -2),
                        ("KEYS *", [b"c"]), ("INCR a", 1))

    def test_keys_expire_without_being_read(self):
        self.do(["MSET", *[x for n in range(1000) for x in (f"k{n}", n)]])
        self.client.pipeline([("PEXPIRE", f"k{n}", 30) for n in range(1000)])
        wait_until(lambda: self.do("DBSIZE") == 0)


@both_protocols
class ScanTest(ServerTest):
    def scan(self, *options):
        cursor, found = b"0", []
        while True:
            cursor, items = self.do(["SCAN", cursor, *options])
            found += items
            if cursor == b"0":
                return found

    def test_keys(self):
        self.do("MSET one 1 two 2 three 3 four 4 h?llo 5 hello 6")
        for pattern, names in [
            ("*", "one two three four h?llo hello"), ("t*", "two three"), ("?o*", "four"),
            ("t[wh]*", "two three"), ("t[^w]*", "three"), ("h\\?llo", "h?llo"),
            ("h?llo", "h?llo hello"), ("[a-h]*", "four h?llo hello"), ("nothing", ""),
            ("one", "one"), ("", ""), ("*o", "two h?llo hello"),
        ]:
            with self.subTest(pattern=pattern):
                self.assertEqual(sorted(self.do(["KEYS", pattern])),
                                 sorted(names.encode().split()))
        self.expect_arity("KEYS", "KEYS a b")

    def test_scan_finds_every_key(self):
        names = {b"key:%d" % n for n in range(3000)}
        self.do(["MSET", *[x for name in names for x in (name, 1)]])
        self.do("HSET hash f v")
        self.assertEqual(set(self.scan()), names | {b"hash"})
        self.assertEqual(set(self.scan("COUNT", 1)), names | {b"hash"})
        self.assertEqual(set(self.scan("TYPE", "hash")), {b"hash"})
        self.assertEqual(set(self.scan("MATCH", "key:1*", "COUNT", 500)),
                         {name for name in names if name.startswith(b"key:1")})
        self.expect_all(
            ("SCAN x", err("invalid cursor")), ("SCAN 0 COUNT 0", SYNTAX),
            ("SCAN 0 COUNT x", NOT_INTEGER), ("SCAN 0 WHAT", SYNTAX),
            ("SCAN 0 TYPE what", err("unknown type name 'what'")), ("SCAN", arity("scan")),
        )

    def test_scan_finds_what_stays_while_keys_come_and_go(self):
        stay = {b"stay:%d" % n for n in range(1000)}
        self.do(["MSET", *[x for name in stay for x in (name, 1)]])
        dice = random.Random(3)
        cursor, found = b"0", set()
        while True:
            cursor, items = self.do(["SCAN", cursor, "COUNT", 20])
            found.update(items)
            if cursor == b"0":
                break
            self.do(["MSET", *[x for _ in range(100) for x in (f"go:{dice.random()}", 1)]])
            self.do(["DEL", *[key for key in list(found)[:50] if key.startswith(b"go")], "x"])
        self.assertTrue(stay <= found)


@both_protocols
class DumpTest(ServerTest):
    def test_dump_and_restore(self):
        self.do("SET s hello")
        self.do("SET n 12345")
        self.do(["SET", "long", "ab" * 5000])
        self.do("HSET h a 1 b 2")
        self.do(["HSET", "big", *[x for n in range(1000) for x in (f"f{n}", n)]])
        for key in ("s", "n", "long", "h", "big"):
            with self.subTest(key=key):
                payload = self.do(f"DUMP {key}")
                self.expect(["RESTORE", "copy", 0, payload, "REPLACE"], OK)
                self.assertEqual(dump.digest(self.do("DUMP copy")), dump.digest(payload))
                self.assertEqual(dump.crc64(payload[:-8]).to_bytes(8, "little"), payload[-8:])
        self.expect("GET long", b"ab" * 5000)
        self.expect("DUMP missing", None)
        self.expect_arity("DUMP", "RESTORE a 0")

    def test_restore_options(self):
        self.do("SET s hello")
        payload = self.do("DUMP s")
        at = int(time.time() * 1000) + 100_000
        self.expect(["RESTORE", "s", 0, payload],
                    Error("BUSYKEY Target key name already exists."))
        self.expect(["RESTORE", "t", 100_000, payload], OK)
        self.expect_left("PTTL t", 100_000, 1000)
        self.expect(["RESTORE", "t", at, payload, "ABSTTL", "REPLACE"], OK)
        self.expect("PEXPIRETIME t", at)
        self.expect(["RESTORE", "t", 1, payload, "ABSTTL", "REPLACE"], OK)
        self.expect("EXISTS t", 0)
        self.expect(["RESTORE", "i", 0, payload, "IDLETIME", 1000], OK)
        self.expect_between("OBJECT IDLETIME i", 999, 1060)
        self.expect(["RESTORE", "i", -1, payload], Error(
            "BUSYKEY Target key name already exists."))
        self.expect(["RESTORE", "j", -1, payload],
                    err("Invalid TTL value, must be >= 0"))
        self.expect(["RESTORE", "j", "x", payload], NOT_INTEGER)
        self.expect(["RESTORE", "j", 0, payload, "WHAT"], SYNTAX)
        self.expect(["RESTORE", "j", 0, payload, "FREQ", 256],
                    err("Invalid FREQ value, must be >= 0 and <= 255"))
        self.expect(["RESTORE", "j", 0, payload, "IDLETIME", -1],
                    err("Invalid IDLETIME value, must be >= 0"))

    def test_restore_refuses_what_is_spoilt(self):
        self.do("HSET h a 1 b 2")
        payload = self.do("DUMP h")
        for spoilt in (b"", b"x", payload[:-1], payload[:5] + b"\xff" + payload[6:],
                       dump.with_version(payload, 13), dump.with_version(payload, 999)):
            with self.subTest(payload=spoilt):
                self.expect(["RESTORE", "x", 0, spoilt], BAD_PAYLOAD)
        for body in (b"\x00", b"\x10\x05abc", b"\x63abc", payload[:-12]):
            with self.subTest(body=body):
                self.expect(["RESTORE", "x", 0, dump.with_version(body + b"\0" * 10, 11)],
                            err("Bad data format"))
        self.expect("EXISTS x", 0)
        self.expect("PING", Status("PONG"))


@both_protocols
class ServerCommandsTest(ServerTest):
    def test_time_and_role(self):
        before = time.time()
        seconds, micros = map(int, self.do("TIME"))
        self.assertTrue(0 <= micros < 1_000_000)
        # The server reads the clock once for a batch, which may have been waiting for its turn.
        self.assertTrue(before - 0.1 <= seconds + micros / 1e6 <= time.time() + 0.1)
        self.expect("ROLE", [b"master", 0, []])

    def test_command(self):
        listed = self.do("COMMAND")
        self.assertEqual(self.do("COMMAND COUNT"), len(listed))
        rows = self.do("COMMAND INFO get set nosuch")
        self.assertEqual(rows[0][:6], [b"get", 2, rows[0][2], 1, 1, 1])
        self.assertEqual(set(rows[0][2]), {Status("readonly"), Status("fast")})
        self.assertEqual(set(rows[1][2]), {Status("write"), Status("denyoom")})
        self.assertIsNone(rows[2])
        self.expect_all(
            ("COMMAND GETKEYS MSET a 1 b 2", [b"a", b"b"]),
            ("COMMAND GETKEYS GET x", [b"x"]),
            ("COMMAND GETKEYS PING", err("The command has no key arguments")),
            ("COMMAND GETKEYS nosuch", err("Invalid command specified")),
        )
        self.assertIn(b"get", self.do("COMMAND LIST"))
        self.assertEqual(self.do("COMMAND LIST FILTERBY PATTERN getr*"), [b"getrange"])

    def test_info(self):
        self.do("SET a 1 EX 100")
        info = self.server.info()
        for field in ("redis_version", "uptime_in_seconds", "connected_clients", "used_memory",
                      "rdb_last_save_time", "total_commands_processed", "role", "db0"):
            self.assertIn(field, info)
        self.assertRegex(info["db0"], r"^keys=1,expires=1,avg_ttl=\d+")
        self.assertEqual(info["redis_version"], "7.2.4")

    def test_debug_and_memory(self):
        self.do("SET a 1")
        self.assertGreater(self.do("MEMORY USAGE a"), 0)
        self.expect("MEMORY USAGE missing", None)
        self.expect("LASTSAVE", self.do("LASTSAVE"))
        self.expect("CONFIG SET slowlog-log-slower-than -1", OK)
        self.expect("SLOWLOG LEN", self.do("SLOWLOG LEN"))
        self.expect("CONFIG SET slowlog-log-slower-than 10000", OK)


if __name__ == "__main__":
    main()
