#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The hash commands with the expiration of fields: success, missing key, wrong type, arguments."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import (NOT_INTEGER, OK, SYNTAX, ServerTest, arity, both_protocols, err, main)
from harness.resp import Error
from harness.server import wait_until

NOT_HASH_INTEGER = err("hash value is not an integer")
NOT_HASH_FLOAT = err("hash value is not a float")


@both_protocols
class HashTest(ServerTest):
    def test_set_and_get(self):
        self.expect_all(
            ("HSET h a 1 b 2", 2), ("HSET h b 3 c 4", 1), ("HGET h b", b"3"), ("HGET h x", None),
            ("HGET missing a", None), ("HMGET h a x c", [b"1", None, b"4"]),
            ("HMGET missing a b", [None, None]), ("HLEN h", 3), ("HLEN missing", 0),
            ("HEXISTS h a", 1), ("HEXISTS h x", 0), ("HEXISTS missing a", 0), ("HSTRLEN h a", 1),
            ("HSTRLEN h x", 0), ("HSTRLEN missing x", 0), ("HKEYS h", [b"a", b"b", b"c"]),
            ("HVALS h", [b"1", b"3", b"4"]), ("HKEYS missing", []), ("HVALS missing", []),
            ("HSETNX h a 9", 0), ("HSETNX h d 9", 1), ("HMSET h e 5", OK),
            ("HDEL h a b x", 2), ("HDEL missing a", 0), ("HDEL h c d e", 3), ("EXISTS h", 0),
        )
        self.do("HSET h a 1 b 2")
        self.expect_map("HGETALL h", {b"a": b"1", b"b": b"2"})
        self.expect_map("HGETALL missing", {})

    def test_bytes_and_sizes(self):
        for size in (0, 1, 63, 64, 65, 500, 5000, 100_000):
            data = (bytes(range(256)) * (size // 256 + 1))[:size]
            self.expect(["HSET", "h", data, data], 1)
            self.expect(["HGET", "h", data], data)
            self.expect(["HSTRLEN", "h", data], size)

    def test_arguments(self):
        self.expect_arity("HSET h a", "HSET h a 1 b", "HMSET h a", "HMSET h a 1 b", "HGET h",
                          "HMGET h", "HGETALL", "HDEL h", "HLEN", "HKEYS", "HVALS", "HEXISTS h",
                          "HSETNX h a", "HSTRLEN h", "HINCRBY h a", "HINCRBYFLOAT h a", "HSCAN h",
                          "HRANDFIELD", "HGETDEL h FIELDS 1", "HEXPIRE h 1 FIELDS 1")

    def test_wrong_type(self):
        self.do("SET s v")
        self.expect_wrong_type(
            "HSET s a 1", "HMSET s a 1", "HSETNX s a 1", "HGET s a", "HMGET s a", "HGETALL s",
            "HDEL s a", "HLEN s", "HKEYS s", "HVALS s", "HEXISTS s a", "HSTRLEN s a",
            "HINCRBY s a 1", "HINCRBYFLOAT s a 1", "HSCAN s 0", "HRANDFIELD s", "HRANDFIELD s 2",
            "HGETDEL s FIELDS 1 a", "HGETEX s FIELDS 1 a", "HSETEX s FIELDS 1 a b",
            "HEXPIRE s 10 FIELDS 1 a", "HPEXPIREAT s 10 FIELDS 1 a", "HTTL s FIELDS 1 a",
            "HPEXPIRETIME s FIELDS 1 a", "HPERSIST s FIELDS 1 a")

    def test_hincrby(self):
        self.expect_all(
            ("HINCRBY h n 5", 5), ("HINCRBY h n -7", -2), ("HSET h n 9223372036854775807", 0),
            ("HINCRBY h n 1", err("increment or decrement would overflow")),
            ("HINCRBY h n x", NOT_INTEGER), ("HSET h t text", 1), ("HINCRBY h t 1",
                                                                   NOT_HASH_INTEGER),
            (["HSET", "h", "t", " 1"], 0), ("HINCRBY h t 1", NOT_HASH_INTEGER),
        )

    def test_hincrbyfloat(self):
        self.expect_all(
            ("HINCRBYFLOAT h f 10.5", b"10.5"), ("HINCRBYFLOAT h f 0.1", b"10.6"),
            ("HINCRBYFLOAT h f -5", b"5.6"), ("HINCRBYFLOAT h g 5.0e3", b"5000"),
            ("HINCRBYFLOAT h f x", err("value is not a valid float")),
            ("HSET h t text", 1), ("HINCRBYFLOAT h t 1", NOT_HASH_FLOAT),
            ("HINCRBYFLOAT h f inf", err("value is NaN or Infinity")),
        )

    def test_hrandfield(self):
        self.do(["HSET", "h", *[x for n in range(20) for x in (f"f{n}", f"v{n}")]])
        names = {b"f%d" % n for n in range(20)}
        self.assertIn(self.do("HRANDFIELD h"), names)
        self.assertEqual(len(set(self.do("HRANDFIELD h 5"))), 5)
        self.assertEqual(set(self.do("HRANDFIELD h 100")), names)
        self.assertEqual(len(self.do("HRANDFIELD h -100")), 100)
        found = self.do("HRANDFIELD h -30 WITHVALUES")
        if self.protocol == 2:
            found = list(zip(found[::2], found[1::2]))
        self.assertEqual(len(found), 30)
        self.assertTrue(all(name[1:] == value[1:] for name, value in found))
        self.expect_all(
            ("HRANDFIELD missing", None), ("HRANDFIELD missing 3", []), ("HRANDFIELD h 0", []),
            ("HRANDFIELD h x", NOT_INTEGER), ("HRANDFIELD h 1 what", SYNTAX),
            ("HRANDFIELD h -9223372036854775808", err("value is out of range, value must between "
                                                      "-9223372036854775807 and "
                                                      "9223372036854775807")),
        )

    def test_hscan(self):
        for count in (10, 1000):
            self.do("DEL h")
            self.do(["HSET", "h", *[x for n in range(count) for x in (f"f{n}", f"v{n}")]])
            self.assertEqual(self.scan("h"), {b"f%d" % n: b"v%d" % n for n in range(count)})
            self.assertEqual(set(self.scan("h", "MATCH", "f1*")),
                             {b"f%d" % n for n in range(count) if str(n)[0] == "1"})
            self.assertEqual(len(self.scan("h", "COUNT", "3")), count)
        cursor, items = self.do("HSCAN h 0 COUNT 10000 NOVALUES")
        self.assertEqual((cursor, len(items)), (b"0", 1000))
        self.expect_all(
            ("HSCAN missing 0", [b"0", []]), ("HSCAN h x", err("invalid cursor")),
            ("HSCAN h 0 COUNT 0", SYNTAX), ("HSCAN h 0 COUNT x", NOT_INTEGER),
            ("HSCAN h 0 WHAT", SYNTAX),
        )

    def scan(self, key, *options):
        cursor, found = b"0", {}
        while True:
            cursor, items = self.do(["HSCAN", key, cursor, *options])
            found.update(zip(items[::2], items[1::2]))
            if cursor == b"0":
                return found

    def test_grows_from_small_to_big(self):
        for n in range(2000):
            self.do(["HSET", "h", f"field-{n}", f"value-{n}"])
        self.expect("HLEN h", 2000)
        self.expect("OBJECT ENCODING h", b"hashtable")
        for n in range(0, 2000, 7):
            self.expect(f"HGET h field-{n}", b"value-%d" % n)
        self.expect_map("HGETALL h", {b"field-%d" % n: b"value-%d" % n for n in range(2000)})
        for n in range(1999):
            self.expect(f"HDEL h field-{n}", 1)
        self.expect_map("HGETALL h", {b"field-1999": b"value-1999"})

    def test_encodings(self):
        self.do("HSET h a 1")
        self.expect("OBJECT ENCODING h", b"listpack")
        self.do(["HSET", "h", "a", "x" * 65])
        self.expect("OBJECT ENCODING h", b"hashtable")
        self.do("HSET h a 1")
        self.expect("OBJECT ENCODING h", b"hashtable")
        self.do(["HSET", "g", *[x for n in range(512) for x in (n, n)]])
        self.expect("OBJECT ENCODING g", b"listpack")
        self.do("HSET g another 1")
        self.expect("OBJECT ENCODING g", b"hashtable")


@both_protocols
class FieldExpiryTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.do("HSET h a 1 b 2 c 3")

    def test_hexpire_and_httl(self):
        self.expect("HEXPIRE h 100 FIELDS 2 a x", [1, -2])
        ttl = self.do("HTTL h FIELDS 3 a b x")
        least = 99 - (time.monotonic() - self.began)
        self.assertTrue(least <= ttl[0] <= 100 and ttl[1:] == [-1, -2], ttl)
        self.expect("HPEXPIRE h 100000 FIELDS 1 b", [1])
        ttl = self.do("HPTTL h FIELDS 1 b")
        self.assertTrue(99_999 - (time.monotonic() - self.began) * 1000 <= ttl[0] <= 100_000, ttl)
        at = int(time.time()) + 1000
        self.expect_all(
            (f"HEXPIREAT h {at} FIELDS 1 c", [1]), ("HEXPIRETIME h FIELDS 2 c x", [at, -2]),
            (f"HPEXPIREAT h {at * 1000 + 5} FIELDS 1 c", [1]),
            ("HPEXPIRETIME h FIELDS 1 c", [at * 1000 + 5]),
            ("HPERSIST h FIELDS 3 c c x", [1, -1, -2]), ("HTTL h FIELDS 1 c", [-1]),
            ("HEXPIRE missing 10 FIELDS 2 a b", [-2, -2]), ("HTTL missing FIELDS 1 a", [-2]),
            ("HPERSIST missing FIELDS 1 a", [-2]),
        )

    def test_conditions(self):
        self.expect_all(
            ("HEXPIRE h 100 XX FIELDS 1 a", [0]), ("HEXPIRE h 100 GT FIELDS 1 a", [0]),
            ("HEXPIRE h 100 LT FIELDS 1 a", [1]), ("HEXPIRE h 200 NX FIELDS 1 a", [0]),
            ("HEXPIRE h 200 LT FIELDS 1 a", [0]), ("HEXPIRE h 200 GT FIELDS 1 a", [1]),
            ("HEXPIRE h 50 xx FIELDS 1 a", [1]),
        )

    def test_an_expiry_in_the_past_erases(self):
        self.expect_all(
            ("HEXPIREAT h 1 FIELDS 1 a", [2]), ("HGET h a", None), ("HLEN h", 2),
            ("HEXPIRE h 0 FIELDS 2 b c", [2, 2]), ("EXISTS h", 0),
        )

    def test_fields_expire(self):
        self.expect("HPEXPIRE h 20 FIELDS 2 a b", [1, 1])
        wait_until(lambda: self.do("HGET h a") is None)
        self.expect_all(
            ("HMGET h a b c", [None, None, b"3"]), ("HEXISTS h a", 0), ("HKEYS h", [b"c"]),
            ("HSTRLEN h a", 0), ("HTTL h FIELDS 1 a", [-2]),
        )
        wait_until(lambda: self.do("HLEN h") == 1)
        self.expect("HINCRBY h a 5", 5)
        self.expect("HPEXPIRE h 20 FIELDS 2 a c", [1, 1])
        wait_until(lambda: self.do("EXISTS h") == 0)

    def test_many_fields_due_at_once_go_soon(self):
        at = int(time.time() * 1000) + 1000
        for first in range(0, 50_000, 1000):
            pairs = [word for n in range(first, first + 1000) for word in (f"f{n}", "v")]
            self.do(["HSETEX", "big", "PXAT", str(at), "FIELDS", "1000", *pairs])
        self.do("HSET big kept 1")
        wait_until(lambda: self.do("HLEN big") == 1)

    def test_hset_clears_the_expiry(self):
        self.do("HEXPIRE h 100 FIELDS 2 a b")
        self.do("HSET h a 9")
        self.do("HINCRBY h b 9")
        ttl = self.do("HTTL h FIELDS 2 a b")
        self.assertEqual(ttl[0], -1)
        self.assertGreater(ttl[1], 90)

    def test_hsetex(self):
        self.expect_all(
            ("HSETEX h EX 100 FIELDS 2 a 5 n 6", 1), ("HMGET h a n", [b"5", b"6"]),
            ("HSETEX h FNX FIELDS 1 a 7", 0), ("HSETEX h FXX FIELDS 1 a 7", 1),
            ("HSETEX h FXX FIELDS 2 a 8 q 8", 0), ("HSETEX none XX FIELDS 1 a 8", 0),
            ("HSETEX h NX FIELDS 1 a 8", 0), ("HTTL h FIELDS 1 a", [-1]),
            ("HSETEX h KEEPTTL FIELDS 1 n 8", 1), ("EXISTS none", 0),
            ("HSETEX h EX -1 FIELDS 1 a 1", err("invalid expire time in 'hsetex' command")),
            ("HSETEX h FIELDS 2 a 1", err(
                "numfields should be greater than 0 and match the provided number of fields")),
        )
        self.assertGreater(self.do("HTTL h FIELDS 1 n")[0], 90)

    def test_hsetex_counts_a_repeated_field_once(self):
        self.expect("CONFIG SET hash-max-listpack-entries 2", OK)
        for command, encoding in (("HSETEX e FIELDS 3 a 1 a 2 a 3", b"listpack"),
                                  ("HSETEX e KEEPTTL FIELDS 3 a 1 a 2 b 3", b"listpack"),
                                  ("HSETEX e FIELDS 3 a 1 b 2 c 3", b"hashtable")):
            self.expect_all((command, 1), ("OBJECT ENCODING e", encoding))
        self.expect("CONFIG SET hash-max-listpack-entries 512", OK)

    def test_hgetex(self):
        self.expect_all(
            ("HGETEX h FIELDS 2 a x", [b"1", None]), ("HTTL h FIELDS 1 a", [-1]),
            ("HGETEX h EX 100 FIELDS 1 a", [b"1"]),
        )
        self.assertGreater(self.do("HTTL h FIELDS 1 a")[0], 90)
        self.expect_all(
            ("HGETEX h PERSIST FIELDS 1 a", [b"1"]), ("HTTL h FIELDS 1 a", [-1]),
            ("HGETEX h PXAT 1 FIELDS 1 a", [b"1"]), ("HEXISTS h a", 0),
            ("HGETEX missing FIELDS 1 a", [None]),
        )

    def test_hgetdel(self):
        self.expect_all(
            ("HGETDEL h FIELDS 2 a x", [b"1", None]), ("HLEN h", 2),
            ("HGETDEL h FIELDS 2 b c", [b"2", b"3"]), ("EXISTS h", 0),
            ("HGETDEL h FIELDS 1 a", [None]),
        )

    def test_arguments(self):
        for command in ("HEXPIRE h 10 FIELDS 0 a", "HEXPIRE h 10 FIELDS x a",
                        "HEXPIRE h 10 FIELDS 2 a", "HEXPIRE h 10 WHAT FIELDS 1 a",
                        "HEXPIRE h x FIELDS 1 a", "HEXPIRE h -1 NX XX FIELDS 1 a",
                        "HTTL h FIELDS 2 a", "HTTL h WHAT 1 a", "HGETEX h EX 1 PX 1 FIELDS 1 a",
                        "HSETEX h FNX FXX FIELDS 1 a 1", "HGETDEL h FIELDS 3 a b"):
            with self.subTest(command=command):
                self.assertIsInstance(self.do(command), Error)
        self.expect("HMGET h a b c", [b"1", b"2", b"3"])

    def test_expiry_survives_big_hashes(self):
        self.do(["HSET", "big", *[x for n in range(1000) for x in (f"f{n}", n)]])
        self.expect("HEXPIRE big 100 FIELDS 2 f1 f2", [1, 1])
        self.expect("OBJECT ENCODING big", b"hashtable")
        self.do("COPY big copied")
        self.assertGreater(self.do("HTTL copied FIELDS 1 f1")[0], 90)
        self.expect("HTTL copied FIELDS 1 f3", [-1])


if __name__ == "__main__":
    main()
