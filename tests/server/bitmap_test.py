#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The bitmap commands: success, missing key, wrong type, wrong arguments."""

import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import NOT_INTEGER, OK, SYNTAX, ServerTest, arity, both_protocols, err, main

BAD_OFFSET = err("bit offset is not an integer or out of range")
BAD_BIT = err("bit is not an integer or out of range")
BAD_TYPE = err("Invalid bitfield type. Use something like i16 u8. "
               "Note that u64 is not supported but i64 is.")


@both_protocols
class BitTest(ServerTest):
    def test_setbit_and_getbit(self):
        self.expect_all(
            ("SETBIT key 7 1", 0), ("SETBIT key 7 0", 1), ("SETBIT key 7 1", 0),
            ("GET key", b"\x01"), ("GETBIT key 7", 1), ("GETBIT key 6", 0), ("GETBIT key 100", 0),
            ("SETBIT key 100 0", 0), ("STRLEN key", 13), ("GETBIT missing 0", 0),
            ("SET n 12", OK), ("GETBIT n 2", 1), ("SETBIT n 7 0", 1), ("GET n", b"02"),
        )

    def test_arguments(self):
        self.expect_all(
            ("SETBIT key -1 1", BAD_OFFSET), ("SETBIT key x 1", BAD_OFFSET),
            ("SETBIT key 4294967296 1", BAD_OFFSET), ("SETBIT key 0 2", BAD_BIT),
            ("SETBIT key 0 -1", BAD_BIT), ("SETBIT key 0 x", BAD_BIT),
            ("GETBIT key -1", BAD_OFFSET), ("GETBIT key x", BAD_OFFSET), ("EXISTS key", 0),
        )
        self.expect_arity("SETBIT key 0", "GETBIT key", "BITCOUNT", "BITPOS key", "BITOP AND a",
                          "BITFIELD", "BITFIELD_RO")

    def test_wrong_type(self):
        self.do("HSET hash f v")
        self.expect_wrong_type("SETBIT hash 0 1", "GETBIT hash 0", "BITCOUNT hash",
                               "BITPOS hash 1", "BITOP AND out hash", "BITOP NOT out hash",
                               "BITFIELD hash GET u8 0", "BITFIELD_RO hash GET u8 0",
                               "BITFIELD hash SET u8 0 1")
        self.expect("BITOP NOT hash missing", 0)
        self.expect("EXISTS hash", 0)

    def test_bitcount(self):
        self.expect_all(
            ("SET key foobar", OK), ("BITCOUNT key", 26), ("BITCOUNT key 0 0", 4),
            ("BITCOUNT key 1 1", 6), ("BITCOUNT key 0 -5", 10), ("BITCOUNT key 5 30 BIT", 17),
            ("BITCOUNT key 1 1 byte", 6), ("BITCOUNT key 5 1", 0), ("BITCOUNT key 100 200", 0),
            ("BITCOUNT key -100 -1", 26), ("BITCOUNT key 0", 26), ("BITCOUNT key -1", 4),
            ("BITCOUNT missing", 0), ("BITCOUNT key 0 1 what", SYNTAX),
            ("BITCOUNT key x 1", NOT_INTEGER), ("BITCOUNT key 0 x", NOT_INTEGER),
            ("BITCOUNT key 0 1 bit x", SYNTAX),
        )

    def test_bitpos(self):
        self.do(["SET", "key", b"\xff\xf0\x00"])
        self.do(["SET", "ones", b"\xff\xff\xff"])
        self.do(["SET", "zeros", b"\x00\x00\x00"])
        self.expect_all(
            ("BITPOS key 0", 12), ("BITPOS key 1", 0), ("BITPOS key 1 2", -1),
            ("BITPOS key 0 1", 12), ("BITPOS key 0 -1", 16), ("BITPOS ones 0", 24),
            ("BITPOS ones 0 0 -1", -1), ("BITPOS ones 0 0", 24), ("BITPOS zeros 1", -1),
            ("BITPOS key 1 7 15 BIT", 7), ("BITPOS key 0 7 15 BIT", 12), ("BITPOS key 1 5 1", -1),
            ("BITPOS missing 0", 0), ("BITPOS missing 1", -1),
            ("BITPOS key 2", err("The bit argument must be 1 or 0.")),
            ("BITPOS key x", NOT_INTEGER), ("BITPOS key 0 x", NOT_INTEGER),
            ("BITPOS key 0 0 1 what", SYNTAX),
        )

    def test_bitop(self):
        self.do(["MSET", "a", b"\xff\x0f\xaa", "b", b"\x0f\x0f"])
        self.expect_all(
            ("BITOP AND out a b", 3), ("GET out", b"\x0f\x0f\x00"),
            ("BITOP OR out a b missing", 3), ("GET out", b"\xff\x0f\xaa"),
            ("BITOP XOR out a b", 3), ("GET out", b"\xf0\x00\xaa"),
            ("BITOP NOT out b", 2), ("GET out", b"\xf0\xf0"),
            ("BITOP not out a b", err("BITOP NOT must be called with a single source key.")),
            ("BITOP AND out missing", 0), ("EXISTS out", 0), ("BITOP what out a", SYNTAX),
            ("BITOP AND a a", 3), ("GET a", b"\xff\x0f\xaa"),
        )

    def test_bitop_agrees_with_a_model(self):
        dice = random.Random(1)
        for size in (1, 7, 8, 31, 32, 33, 64, 255, 256, 1000, 10_000):
            values = [dice.randbytes(max(size - n, 0)) for n in range(3)]
            self.do(["MSET", "a", values[0], "b", values[1], "c", values[2]])
            padded = [value.ljust(size, b"\0") for value in values]
            for name, claim in [("AND", lambda x, y, z: x & y & z),
                                ("OR", lambda x, y, z: x | y | z),
                                ("XOR", lambda x, y, z: x ^ y ^ z)]:
                self.expect(f"BITOP {name} out a b c", size)
                self.expect("GET out", bytes(map(claim, *padded)))
            bits = "".join(f"{byte:08b}" for byte in values[0])
            self.expect("BITCOUNT a", bits.count("1"))
            self.expect("BITPOS a 1", bits.find("1"))


@both_protocols
class BitfieldTest(ServerTest):
    def test_get_set_incrby(self):
        self.expect_all(
            ("BITFIELD key SET u8 0 255 GET u8 0 GET i8 0 GET u4 4", [0, 255, -1, 15]),
            ("BITFIELD key INCRBY u8 0 10", [9]),
            ("BITFIELD key INCRBY i5 100 1 GET u4 0", [1, 0]),
            ("BITFIELD key SET i64 #1 -1 GET i64 #1 GET u63 64", [8388608, -1, 2**63 - 1]),
            ("BITFIELD key", []),
            ("BITFIELD missing GET u8 0", [0]), ("EXISTS missing", 0),
            ("BITFIELD_RO key GET u8 0 GET u1 64", [9, 1]),
            ("BITFIELD_RO key SET u8 0 1",
             err("BITFIELD_RO only supports the GET subcommand")),
        )

    def test_overflow(self):
        self.expect_all(
            ("BITFIELD w OVERFLOW WRAP INCRBY u2 0 1 INCRBY u2 0 3", [1, 0]),
            ("BITFIELD s OVERFLOW SAT INCRBY u2 0 2 INCRBY u2 0 3", [2, 3]),
            ("BITFIELD f OVERFLOW FAIL INCRBY u2 0 2 INCRBY u2 0 3 GET u2 0", [2, None, 2]),
            ("BITFIELD s OVERFLOW SAT INCRBY i8 8 -200 SET i8 8 500", [-128, -128]),
            ("BITFIELD t OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0", [0, 127]),
            ("BITFIELD t OVERFLOW SAT SET i8 0 -4611686018427387904 GET i8 0", [127, -128]),
            ("BITFIELD f OVERFLOW FAIL SET u4 8 16 GET u4 8", [None, 0]),
            ("BITFIELD x SET i64 0 9223372036854775807 INCRBY i64 0 1", [0, -(2**63)]),
            ("BITFIELD y SET u8 0 -1 GET u8 0", [0, 255]),
        )

    def test_errors(self):
        self.expect_all(
            ("BITFIELD key GET u64 0", BAD_TYPE), ("BITFIELD key GET i65 0", BAD_TYPE),
            ("BITFIELD key GET u0 0", BAD_TYPE), ("BITFIELD key GET x8 0", BAD_TYPE),
            ("BITFIELD key GET u8 -1", BAD_OFFSET), ("BITFIELD key GET u8 x", BAD_OFFSET),
            ("BITFIELD key SET u8 0 x", NOT_INTEGER), ("BITFIELD key SET u8 0", SYNTAX),
            ("BITFIELD key OVERFLOW what", err("Invalid OVERFLOW type specified")),
            ("BITFIELD key WHAT u8 0", SYNTAX), ("BITFIELD key SET u8 4294967296 1", BAD_OFFSET),
            ("EXISTS key", 0),
        )


if __name__ == "__main__":
    main()
