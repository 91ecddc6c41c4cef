#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The string commands: success, missing key, wrong type, wrong arguments."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import (NOT_FLOAT, NOT_INTEGER, OK, SYNTAX, ServerTest, arity, both_protocols,
                          err, main)
from harness.server import wait_until

LOW, HIGH = -(1 << 63), (1 << 63) - 1
OVERFLOW = err("increment or decrement would overflow")


@both_protocols
class GetSetTest(ServerTest):
    def test_set_and_get(self):
        for value in (b"", b"x", b"12345", b"-1", bytes(range(256)), b"x" * 44, b"x" * 45,
                      b"y" * 100_000):
            self.expect(["SET", "key", value], OK)
            self.expect("GET key", value)
            self.expect("STRLEN key", len(value))
        self.expect("GET missing", None)
        self.expect("STRLEN missing", 0)
        self.expect_arity("GET", "GET a b", "SET", "SET key", "STRLEN", "STRLEN a b")

    def test_every_byte_may_stand_in_a_key(self):
        for byte in range(256):
            self.expect(["SET", bytes([byte]), bytes([byte])], OK)
        self.expect("DBSIZE", 256)
        for byte in range(256):
            self.expect(["GET", bytes([byte])], bytes([byte]))
        self.expect(["SET", "", "empty key"], OK)
        self.expect(["GET", ""], b"empty key")

    def test_wrong_type(self):
        self.do("HSET hash field value")
        self.expect_wrong_type(
            "GET hash", "GETSET hash v", "GETDEL hash", "GETEX hash", "GETEX hash EX 10",
            "SET hash v GET", "APPEND hash v", "STRLEN hash", "INCR hash", "DECR hash",
            "INCRBY hash 1", "DECRBY hash 1", "INCRBYFLOAT hash 1", "GETRANGE hash 0 1",
            "SUBSTR hash 0 1", "SETRANGE hash 0 v", "SET hash v IFEQ x", "DELIFEQ hash x")
        self.expect("LCS hash other",
                    err("The specified keys must contain string values"))
        self.expect("HGET hash field", b"value")
        self.expect("MGET hash", [None])
        self.expect("SETNX hash v", 0)
        self.expect("SET hash v", OK)

    def test_set_options(self):
        self.expect_all(
            ("SET key 1 NX", OK),
            ("SET key 2 NX", None),
            ("SET key 2 XX", OK),
            ("SET none 2 XX", None),
            ("SET key 3 get", b"2"),
            ("SET new 1 GET", None),
            ("SET new2 1 NX GET", None),
            ("GET new2", b"1"),
            ("SET key 4 NX GET", b"3"),
            ("GET key", b"3"),
            ("SET key 4 XX GET", b"3"),
            ("SET key 5 IFEQ 4", OK),
            ("SET key 6 IFEQ 4", None),
            ("SET key 6 IFEQ 4 GET", b"5"),
            ("SET key 7 IFEQ 5 GET", b"5"),
            ("SET missing 7 IFEQ 5", None),
            ("GET key", b"7"),
        )

    def test_set_with_expiry(self):
        self.expect("SET key v EX 100", OK)
        self.expect_left("TTL key", 100)
        self.expect("SET key v PX 100000 XX", OK)
        self.expect_left("PTTL key", 100_000, 1000)
        self.expect("SET key w KEEPTTL", OK)
        self.expect_left("TTL key", 100)
        at = int(time.time()) + 1000
        self.expect(f"SET key v EXAT {at}", OK)
        self.expect("EXPIRETIME key", at)
        self.expect(f"SET key v PXAT {at * 1000 + 7}", OK)
        self.expect("PEXPIRETIME key", at * 1000 + 7)
        self.expect("SET key v", OK)
        self.expect("TTL key", -1)
        self.expect("SET key v EXAT 1", OK)
        self.expect("EXISTS key", 0)
        self.expect("SET key v PX 1", OK)
        wait_until(lambda: self.do("GET key") is None)

    def test_set_argument_errors(self):
        bad_expiry = err("invalid expire time in 'set' command")
        self.expect_all(
            ("SET key v WHAT", SYNTAX),
            ("SET key v NX XX", SYNTAX),
            ("SET key v EX", SYNTAX),
            ("SET key v EX 10 PX 10", SYNTAX),
            ("SET key v EX 10 KEEPTTL", SYNTAX),
            ("SET key v KEEPTTL PXAT 10", SYNTAX),
            ("SET key v IFEQ", SYNTAX),
            ("SET key v IFEQ a NX", SYNTAX),
            ("SET key v IFEQ a XX", SYNTAX),
            ("SET key v PERSIST", SYNTAX),
            ("SET key v EX x", NOT_INTEGER),
            ("SET key v EX 1.5", NOT_INTEGER),
            ("SET key v EX 0", bad_expiry),
            ("SET key v EX -1", bad_expiry),
            ("SET key v PX 0", bad_expiry),
            ("SET key v EXAT 0", bad_expiry),
            ("SET key v PXAT -5", bad_expiry),
            (f"SET key v EX {HIGH}", bad_expiry),
            (f"SET key v PX {HIGH}", bad_expiry),
            (f"SET key v EXAT {HIGH}", bad_expiry),
            ("GET key", None),
        )

    def test_setex_psetex_setnx_getset_getdel(self):
        self.expect("SETEX key 100 v", OK)
        self.expect_left("TTL key", 100)
        self.expect("PSETEX key 100000 w", OK)
        self.expect_left("PTTL key", 100_000, 1000)
        self.expect_all(
            ("GETSET key x", b"w"),
            ("TTL key", -1),
            ("GETSET fresh x", None),
            ("SETNX key y", 0),
            ("SETNX other y", 1),
            ("GETDEL key", b"x"),
            ("GETDEL key", None),
            ("SETEX key 0 v", err("invalid expire time in 'setex' command")),
            ("PSETEX key -1 v", err("invalid expire time in 'psetex' command")),
            ("SETEX key x v", NOT_INTEGER),
        )
        self.expect_arity("SETEX a 1", "PSETEX a 1 b c", "SETNX a", "GETSET a", "GETDEL",
                          "GETDEL a b")

    def test_getex(self):
        self.expect("SET key v", OK)
        self.expect("GETEX key", b"v")
        self.expect("TTL key", -1)
        self.expect("GETEX key EX 100", b"v")
        self.expect_left("TTL key", 100)
        self.expect("GETEX key", b"v")
        self.expect_left("TTL key", 100)
        self.expect("GETEX key PERSIST", b"v")
        self.expect("TTL key", -1)
        self.expect("GETEX key PXAT 5000000000000", b"v")
        self.expect("PEXPIRETIME key", 5000000000000)
        self.expect("GETEX key EXAT 5", b"v")
        self.expect("EXISTS key", 0)
        self.expect_all(
            ("GETEX missing", None),
            ("GETEX missing EX 10", None),
            ("GETEX key EX 0", err("invalid expire time in 'getex' command")),
            ("GETEX key EX x", NOT_INTEGER),
            ("GETEX key EX 10 PERSIST", SYNTAX),
            ("GETEX key KEEPTTL", SYNTAX),
            ("GETEX key NX", SYNTAX),
            ("GETEX", arity("getex")),
        )

    def test_delifeq(self):
        self.expect_all(
            ("SET key v", OK),
            ("DELIFEQ key w", 0),
            ("DELIFEQ key v", 1),
            ("DELIFEQ key v", 0),
            ("SET key 123", OK),
            ("DELIFEQ key 123", 1),
            ("DELIFEQ key", arity("delifeq")),
        )


@both_protocols
class ManyKeysTest(ServerTest):
    def test_mset_and_mget(self):
        self.expect_all(
            ("MSET a 1 b 2 c 3", OK),
            ("MGET a b missing c a", [b"1", b"2", None, b"3", b"1"]),
            ("MSET a x a y", OK),
            ("GET a", b"y"),
            ("MSET a", arity("mset")),
            ("MSET a 1 b", arity("mset")),
            ("MGET", arity("mget")),
        )
        self.do("EXPIRE a 100")
        self.expect("MSET a 1", OK)
        self.expect("TTL a", -1)

    def test_msetnx(self):
        self.expect_all(
            ("MSETNX a 1 b 2", 1),
            ("MSETNX c 3 b 4", 0),
            ("EXISTS c", 0),
            ("MSETNX d 1 d 2", 1),
            ("GET d", b"2"),
            ("MSETNX a", arity("msetnx")),
            ("MSETNX a 1 b", arity("msetnx")),
        )

    def test_msetex(self):
        self.expect("MSETEX 2 a 1 b 2 EX 100", 1)
        self.expect_left("TTL a", 100)
        self.expect_left("TTL b", 100)
        self.expect("MSETEX 1 a 2 KEEPTTL", 1)
        self.expect_left("TTL a", 100)
        self.expect_all(
            ("MSETEX 2 a 3 c 3 NX", 0),
            ("EXISTS c", 0),
            ("MSETEX 2 a 3 c 3 XX", 0),
            ("MSETEX 2 a 3 b 3 XX", 1),
            ("MGET a b", [b"3", b"3"]),
            ("TTL a", -1),
            ("MSETEX 1 n 3 NX PX 100000", 1),
            ("MSETEX 0 a 1", err("invalid numkeys value or out of range")),
            ("MSETEX -1 a 1", err("invalid numkeys value or out of range")),
            ("MSETEX x a 1", err("invalid numkeys value or out of range")),
            ("MSETEX 2 a 1", SYNTAX),
            ("MSETEX 1 a 1 what", SYNTAX),
            ("MSETEX 1 a 1 NX XX", SYNTAX),
            ("MSETEX 1 a 1 EX 0", err("invalid expire time in 'msetex' command")),
            ("MSETEX 1 a 1 EX x", NOT_INTEGER),
            ("MSETEX 1 a", arity("msetex")),
        )


@both_protocols
class NumberTest(ServerTest):
    def test_incr_and_decr(self):
        self.expect_all(
            ("INCR n", 1), ("INCRBY n 41", 42), ("DECR n", 41), ("DECRBY n 40", 1),
            ("INCRBY n -11", -10), ("DECRBY n -20", 10), ("GET n", b"10"),
            ("INCR", arity("incr")), ("INCRBY n", arity("incrby")),
            ("INCRBY n x", NOT_INTEGER), ("INCRBY n 1.0", NOT_INTEGER),
            ("INCRBY n 9223372036854775808", NOT_INTEGER), ("DECRBY n x", NOT_INTEGER),
            (f"DECRBY n {LOW}", err("decrement would overflow")),
        )

    def test_limits_of_integers(self):
        self.expect_all(
            (f"SET n {HIGH}", OK), ("INCR n", OVERFLOW), ("INCRBY n 1", OVERFLOW),
            ("DECR n", HIGH - 1), (f"SET n {LOW}", OK), ("DECR n", OVERFLOW),
            ("INCRBY n -1", OVERFLOW), ("INCR n", LOW + 1), ("GET n", b"%d" % (LOW + 1)),
            (f"SET n {HIGH}", OK), (f"INCRBY n {LOW}", -1),
        )

    def test_values_which_are_no_integers(self):
        for value in ("", " ", " 1", "1 ", "+1", "01", "-0", "1.0", "1e3", "0x10",
                      "9223372036854775808", "-9223372036854775809", "a", b"1\x00"):
            with self.subTest(value=value):
                self.expect(["SET", "n", value], OK)
                self.expect("INCR n", NOT_INTEGER)
        self.expect("SET n 0", OK)
        self.expect("INCR n", 1)

    def test_incr_keeps_the_expiry(self):
        self.expect("SET n 1 EX 100", OK)
        self.expect("INCR n", 2)
        self.expect("APPEND n 5", 2)
        self.expect("INCRBYFLOAT n 0.5", b"25.5")
        self.expect_left("TTL n", 100)

    def test_incrbyfloat(self):
        self.expect_all(
            ("INCRBYFLOAT f 10.5", b"10.5"), ("INCRBYFLOAT f 0.1", b"10.6"),
            ("INCRBYFLOAT f -0.6", b"10"), ("INCRBYFLOAT f 5e3", b"5010"),
            ("SET f 3.0e3", OK), ("INCRBYFLOAT f 200", b"3200"),
            ("SET f 1", OK), ("INCRBYFLOAT f 1.23", b"2.23"),
            ("SET f 0.1", OK), ("INCRBYFLOAT f 0.2", b"0.3"),
            ("INCRBYFLOAT f x", NOT_FLOAT), ("INCRBYFLOAT f inf",
                                             err("increment would produce NaN or Infinity")),
            ("INCRBYFLOAT f nan", NOT_FLOAT), (["INCRBYFLOAT", "f", " 1"], NOT_FLOAT),
            (["INCRBYFLOAT", "f", ""], NOT_FLOAT),
            ("SET f abc", OK), ("INCRBYFLOAT f 1", NOT_FLOAT),
            (["SET", "f", " 1"], OK), ("INCRBYFLOAT f 1", NOT_FLOAT),
            ("INCRBYFLOAT f", arity("incrbyfloat")),
            ("SET f 17", OK), ("INCRBYFLOAT f 1e-17", b"17.00000000000000001"),
        )


@both_protocols
class PartTest(ServerTest):
    def test_append(self):
        self.expect_all(
            ("APPEND key abc", 3), ("APPEND key def", 6), ("GET key", b"abcdef"),
            (["APPEND", "key", ""], 6), (["APPEND", "new", ""], 0), ("EXISTS new", 1),
            ("SET key 12", OK), ("APPEND key 3", 3), ("INCR key", 124),
            ("APPEND key", arity("append")),
        )

    def test_getrange(self):
        self.do(["SET", "key", "Hello World"])
        for name in ("GETRANGE", "SUBSTR"):
            self.expect_all(
                (f"{name} key 0 4", b"Hello"), (f"{name} key -5 -1", b"World"),
                (f"{name} key 0 -1", b"Hello World"), (f"{name} key 5 2", b""),
                (f"{name} key 20 30", b""), (f"{name} key 0 1000", b"Hello World"),
                (f"{name} key -100 2", b"Hel"), (f"{name} key -1 -5", b""),
                (f"{name} missing 0 -1", b""), (f"{name} key 0 {HIGH}", b"Hello World"),
                (f"{name} key {LOW} -1", b"Hello World"), (f"{name} key x 1", NOT_INTEGER),
                (f"{name} key 0", arity(name.lower())), (f"{name} key -100 -100", b"H"),
            )
        self.do("SET n 1234")
        self.expect("GETRANGE n 1 2", b"23")

    def test_setrange(self):
        self.expect_all(
            ("SETRANGE key 3 abc", 6), ("GET key", b"\0\0\0abc"), ("SETRANGE key 0 xy", 6),
            ("GET key", b"xy\0abc"), ("SETRANGE key 8 z", 9), ("GET key", b"xy\0abc\0\0z"),
            (["SETRANGE", "key", "3", ""], 9), (["SETRANGE", "none", "3", ""], 0),
            ("EXISTS none", 0), ("SETRANGE key -1 x", err("offset is out of range")),
            ("SETRANGE key x x", NOT_INTEGER), ("SETRANGE key 0", arity("setrange")),
            ("SETRANGE key 536870912 x",
             err("string exceeds maximum allowed size (proto-max-bulk-len)")),
            (f"SETRANGE key {HIGH} x",
             err("string exceeds maximum allowed size (proto-max-bulk-len)")),
            ("SET n 1234", OK), ("SETRANGE n 1 99", 4), ("INCR n", 1995),
        )

    def test_append_has_a_limit(self):
        self.expect("CONFIG SET proto-max-bulk-len 1mb", OK)
        self.expect(["SET", "key", "x" * 1_000_000], OK)
        self.expect(["APPEND", "key", "x" * 100_000],
                    err("string exceeds maximum allowed size (proto-max-bulk-len)"))
        self.expect("STRLEN key", 1_000_000)
        self.expect("CONFIG SET proto-max-bulk-len 512mb", OK)

    def test_lcs(self):
        self.do("MSET a ohmytext b mynewtext")
        self.expect("LCS a b", b"mytext")
        self.expect("LCS a b LEN", 6)
        self.expect("LCS a missing", b"")
        self.expect("LCS a missing LEN", 0)
        self.expect_map("LCS a b IDX", {b"matches": [[[4, 7], [5, 8]], [[2, 3], [0, 1]]],
                                        b"len": 6})
        self.expect_map("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN",
                        {b"matches": [[[4, 7], [5, 8], 4]], b"len": 6})
        self.expect_all(
            ("LCS a b IDX LEN", err("If you want both the length and indexes, please just use "
                                    "IDX.")),
            ("LCS a b WHAT", SYNTAX), ("LCS a", arity("lcs")),
            ("LCS a b MINMATCHLEN x", NOT_INTEGER),
        )


class EncodingTest(ServerTest):
    def test_encodings(self):
        for value, encoding in [
            ("123", b"int"), ("-9223372036854775808", b"int"), ("01", b"embstr"),
            ("9223372036854775808", b"embstr"), ("x" * 44, b"embstr"), ("x" * 200, b"raw"),
            ("", b"embstr"),
        ]:
            self.expect(["SET", "key", value], OK)
            self.expect("OBJECT ENCODING key", encoding)
        self.expect_all(
            ("SET key 1", OK), ("APPEND key 2", 2), ("OBJECT ENCODING key", b"raw"),
            ("SET key ab", OK), ("SETRANGE key 0 c", 2), ("OBJECT ENCODING key", b"raw"),
            ("SET key 1", OK), ("INCR key", 2), ("OBJECT ENCODING key", b"int"),
            ("INCRBYFLOAT key 1.5", b"3.5"), ("OBJECT ENCODING key", b"embstr"),
            (f"INCRBYFLOAT {'k' * 110} 3", b"3"), (f"OBJECT ENCODING {'k' * 110}", b"embstr"),
            (f"INCRBYFLOAT {'k' * 111} 3", b"3"), (f"OBJECT ENCODING {'k' * 111}", b"raw"),
        )


if __name__ == "__main__":
    main()
