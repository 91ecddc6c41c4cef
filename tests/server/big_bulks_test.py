#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Big bulks, which go from the socket straight into the values: whole, in pieces, given up half
way, and in all the states in which a request may find its client. On both event loops."""

import os
import random
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, QUEUED, ServerTest, err, main
from harness.resp import Error, Status, encode
from harness.server import wait_until

SEED = 20260713
KIB, MIB = 1 << 10, 1 << 20
PONG = Status("PONG")


def pattern(size, seed=SEED):
    return random.Random(seed).randbytes(size)


def head(*words, size):
    """A request up to where the payload of its last word, of `size` bytes, begins."""
    whole = encode(*words, b"")
    count = len(words) + 1
    return b"*%d" % count + whole[whole.index(b"\r\n"):-len(b"$0\r\n\r\n")] + b"$%d\r\n" % size


class BigBulks:
    """The tests; the classes below add the event loop."""

    def used(self):
        return int(self.server.info("memory")["used_memory"])

    def send_in_pieces(self, client, data, seed=SEED):
        """Pieces of odd sizes: small ones at the seams, where the blocks of 64 KB end, too."""
        choice = random.Random(seed)
        at = 0
        while at < len(data):
            size = choice.choice((1, 2, 3, 7, 100, 4001, 65535, 65536, 65537, 300_001, 5_000_003))
            client.send_raw(data[at:at + size])
            at += size

    def test_keeps_every_byte(self):
        for size in (64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 100_000, MIB, MIB + 1, 3 * MIB + 7):
            with self.subTest(size=size):
                value = pattern(size, size)
                self.expect(["SET", "key", value], OK)
                self.assertEqual(self.do("GET key"), value)

    def test_keeps_every_byte_of_pieces_in_a_pipeline(self):
        values = [pattern(size, size) for size in (64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 70_000,
                                                   MIB, 2 * MIB + 3)]
        data = b""
        expected = []
        for value in values:
            data += (encode("PING") + encode("SET", "small", len(value)) +
                     encode("SET", "key", value) + encode("STRLEN", "key") +
                     encode("GET", "small") + b"PING\r\n" + encode("GETDEL", "key"))
            expected += [PONG, OK, OK, len(value), b"%d" % len(value), PONG, value]
        for seed in range(4):
            with self.subTest(seed=seed):
                sender = threading.Thread(target=self.send_in_pieces,
                                          args=(self.client, data, seed))
                sender.start()
                replies = [self.client.read() for _ in expected]
                sender.join()
                self.assertTrue(replies == expected)

    def test_keeps_every_byte_of_100_megabytes(self):
        value = pattern(100 * MIB)
        self.send_in_pieces(self.client, encode("SET", "key", value) + encode("STRLEN", "key"))
        self.assertEqual([self.client.read(), self.client.read()], [OK, len(value)])
        self.assertTrue(self.do("GET key") == value)
        self.do("DEL key")

    def test_every_piece_may_end_anywhere_around_a_payload(self):
        value = pattern(64 * KIB)
        request = encode("SET", "key", value)
        begin = request.index(b"$65536\r\n")
        for cut in [*range(begin, begin + 12), *range(len(request) - 5, len(request))]:
            with self.subTest(cut=cut):
                self.client.send_raw(request[:cut])
                self.server.info("server")  # So that it comes apart.
                self.client.send_raw(request[cut:] + encode("PING"))
                self.assertEqual([self.client.read(), self.client.read()], [OK, PONG])
                self.assertTrue(self.do("GET key") == value)

    def test_commands_that_store_values(self):
        a, b, small = pattern(70_000, 1), pattern(MIB, 2), b"small"
        for command, reply, key, stored in [
            (["SET", "k", a, "EX", "100"], OK, "k", a),
            (["SET", "k", b, "KEEPTTL"], OK, "k", b),
            (["SET", "k", a, "GET"], b, "k", a),
            (["SET", "k", b, "NX"], None, "k", a),
            (["SETEX", "k", "100", b], OK, "k", b),
            (["PSETEX", "k", "100000", a], OK, "k", a),
            (["SETNX", "k", b], 0, "k", a),
            (["SETNX", "n", b], 1, "n", b),
            (["GETSET", "k", b], a, "k", b),
            (["SET", "k", a, "PXAT", "1"], OK, "k", None),
            (["APPEND", "k", a], len(a), "k", a),
            (["APPEND", "k", b], len(a) + len(b), "k", a + b),
            (["SETRANGE", "k", "3", b], len(a) + len(b), "k", a[:3] + b + (a + b)[3 + len(b):]),
            (["MSET", "x", a, "y", small, "k", b], OK, "k", b),
            (["MSET", "k", a, "k", small], OK, "k", small),
            (["MSET", "k", a, "k", b, "k", a], OK, "k", a),
            (["HSET", "h", "f", b], 1, None, None),
            (["SET", a, b], OK, a, b),
            (["ECHO", a], a, "x", a),
            (["PUBLISH", "channel", a], 0, "y", small),
        ]:
            with self.subTest(command=[bytes(str(word)[:12], "ascii") for word in command]):
                self.assertTrue(self.do(command) == reply)
                if key is not None:
                    self.assertTrue(self.do(["GET", key]) == stored)
        self.assertTrue(self.do("HGET h f") == b)

    def test_a_stored_value_can_be_changed(self):
        value = pattern(200_000)
        self.expect(["SET", "k", value], OK)
        self.expect("SETRANGE k 100 x", len(value))
        self.expect("APPEND k yz", len(value) + 2)
        self.assertTrue(self.do("GET k") == value[:100] + b"x" + value[101:] + b"yz")

    def test_is_seen_whole_by_monitors_and_logs(self):
        watcher = self.connect()
        self.assertEqual(watcher("MONITOR"), OK)
        self.expect("CONFIG SET slowlog-log-slower-than 0", OK)
        a = b"a" * 70_000
        self.expect(["MSET", "k", a, "k", "b"], OK)
        while '"MSET"' not in (line := watcher.read()):
            pass
        self.assertIn('"k" "' + a.decode() + '" "k" "b"', line)
        self.expect("CONFIG SET slowlog-log-slower-than 10000", OK)

    def test_transactions(self):
        a, b = pattern(70_000, 1), pattern(MIB, 2)
        self.expect_all(("MULTI", OK), (["SET", "a", a], QUEUED), ("GET a", QUEUED),
                        (["MSET", "b", b, "c", a], QUEUED))
        self.assertTrue(self.do("EXEC") == [OK, a, OK])
        self.assertTrue(self.do("MGET a b c") == [a, b, a])
        self.expect_all(("MULTI", OK), (["SET", "a", b], QUEUED), ("DISCARD", OK))
        self.assertTrue(self.do("GET a") == a)

    def test_waits_for_a_pause(self):
        a, b = pattern(70_000, 1), pattern(MIB, 2)
        self.expect("CLIENT PAUSE 60000 WRITE", OK)
        clients = [self.connect() for _ in range(3)]
        for number, client in enumerate(clients):
            data = (encode("PING") + encode("MSET", f"a{number}", a, f"s{number}", "small",
                                            f"b{number}", b) +
                    encode("SET", f"c{number}", a) + encode("GET", f"b{number}"))
            self.send_in_pieces(client, data, number)
            self.assertEqual(client.read(), PONG)
        wait_until(lambda: self.server.info("clients")["blocked_clients"] == "3")
        self.expect("DBSIZE", 0)
        self.expect("CLIENT UNPAUSE", OK)
        for number, client in enumerate(clients):
            self.assertEqual([client.read(), client.read()], [OK, OK])
            self.assertTrue(client.read() == b)
            self.assertTrue(self.do(f"MGET a{number} s{number} b{number} c{number}") ==
                            [a, b"small", b, a])

    def give_up_half_way(self, way, size, sent):
        victim = self.server.connect()
        self.addCleanup(victim.close)
        number = victim("CLIENT", "ID")
        victim.send_raw(head("MSET", "key", "small", "other", size=size) + b"x" * sent)
        wait_until(lambda: b"qbuf=%d " % sent in self.do(f"CLIENT LIST ID {number}"))
        if way == "kill":
            self.expect(f"CLIENT KILL ID {number}", 1)
        victim.close()

    def test_client_list_counts_the_payload_alone(self):
        client = self.connect()
        number = client("CLIENT", "ID")
        client.send_raw(head("SET", "key", size=MIB) + b"x" * MIB)  # Its line end is to come.
        wait_until(lambda: b"qbuf=%d " % MIB in self.do(f"CLIENT LIST ID {number}"))
        client.send_raw(b"\r\n")
        self.assertEqual(client.read(), OK)

    def test_gives_back_what_is_not_finished(self):
        before = self.used()
        slack = 256 * KIB  # Blocks that the worker keeps for other clients.
        # Enough for each of 4 workers to get some.
        for size, sent, times in ((64 * KIB, 1000, 10), (MIB, 600_000, 5), (40 * MIB, 20 * MIB, 4)):
            for way in ("close", "kill"):
                with self.subTest(size=size, way=way):
                    for _ in range(times):
                        self.give_up_half_way(way, size, sent)
                    wait_until(lambda: self.used() < before + slack, what="the memory back")
        self.expect("DBSIZE", 0)

    def test_what_is_announced_and_not_sent_costs_little(self):
        before, resident = self.used(), self.server.resident_bytes()
        client = self.connect()
        client.send_raw(head("SET", "key", size=512 * MIB) + b"x" * 100_000)
        self.server.info("server")
        self.expect("PING", PONG)
        self.assertLess(self.used(), before + 2 * MIB)
        client.send_raw(b"x" * (20 * MIB))  # Now it is believed, and has room.

        def has_room():  # Which goes back when nothing comes.
            client.send_raw(b"x")
            return self.used() > before + 20 * MIB
        wait_until(has_room)
        # The shadow of a sanitizer takes four times what is touched: 20 MB, and never 512.
        self.assertLess(self.server.resident_bytes(), resident + 200 * MIB)
        client.close()
        wait_until(lambda: self.used() < before + MIB)

    def test_a_pause_in_the_middle_loses_nothing(self):
        value = pattern(3 * MIB)
        data = encode("SET", "key", value)
        client = self.connect()
        number = client("CLIENT", "ID")
        client.send_raw(data[:2 * MIB])

        def idle_seconds():
            line = self.do(f"CLIENT LIST ID {number}").decode()
            return int(dict(field.split("=", 1) for field in line.split())["idle"])
        wait_until(lambda: idle_seconds() >= 4)  # Longer than buffers stay as they are.
        client.send_raw(data[2 * MIB:] + encode("STRLEN", "key"))
        self.assertEqual([client.read(), client.read()], [OK, len(value)])
        self.assertTrue(self.do("GET key") == value)

    def test_many_at_once_and_single_requests_take_turns(self):
        """Who sends much is received from in another way than who sends little."""
        def connected():
            return int(self.server.info("clients")["connected_clients"])
        choice = random.Random(SEED)
        before = connected()
        clients = [self.connect() for _ in range(40)]
        for number in range(5):
            rounds = []
            for i, client in enumerate(clients):
                sets = [(f"{i}:{j}", pattern(choice.choice((3, 100, 1024, 9000, 70_000)), j))
                        for j in range(number + i % 7 * 10)]
                data = b"".join(encode("SET", *pair) + encode("STRLEN", pair[0]) for pair in sets)
                rounds.append((client, sets, data, choice.randrange(len(data) + 1)))
            for client, _, data, half in rounds:
                client.send_raw(data[:half])
            for client, _, data, half in rounds:
                client.send_raw(data[half:])
            for client, sets, _, _ in rounds:
                for key, value in sets:
                    self.assertEqual((client.read(), client.read()), (OK, len(value)), key)
            for _ in range(2 + 9 * (number % 3)):
                for client, sets, _, _ in rounds:
                    key, value = choice.choice(sets or [("missing", None)])
                    client.send("GET", key)
                    self.assertEqual(client.read(), value, key)
            # In the middle of much: its end is seen, the others go on.
            leaver = clients[number]
            leaver.send_raw(encode("PING") + head("SET", "left", size=MIB) + b"x" * 100_000)
            self.assertEqual(leaver.read(), PONG)
            leaver.close()
            clients[number] = self.connect()
        self.expect("GET left", None)
        wait_until(lambda: connected() == before + len(clients))

    def test_a_bulk_without_its_line_end_is_an_error(self):
        before = self.used()
        client = self.connect()
        client.send_raw(encode("PING") + head("SET", "key", size=100_000) + b"x" * 100_002)
        self.assertEqual(client.read(), PONG)
        self.assertIsInstance(client.read(), Error)
        # Workers that see a command for the first time make a histogram of 12 KB for it.
        wait_until(lambda: self.used() < before + 96 * KIB)
        self.expect("GET key", None)

    def test_nothing_is_taken_behind_quit(self):
        client = self.connect()
        client.send_until_closed(encode("QUIT") + head("SET", "key", size=MIB) + b"x" * 200_000)
        self.assertEqual(client.read(), OK)
        self.assertTrue(client.is_closed_by_server())
        self.expect("GET key", None)

    def test_strangers_send_none(self):
        self.expect("CONFIG SET requirepass secret", OK)
        client = self.connect()
        client.send_raw(head("SET", "key", size=MIB) + b"x" * 1000)
        self.assertEqual(client.read(), err("Protocol error: unauthenticated bulk length"))
        self.expect("CONFIG SET requirepass", Error("ERR wrong number of arguments for "
                                                    "'config|set' command"))
        self.expect(["CONFIG", "SET", "requirepass", ""], OK)

    def test_keeps_the_memory_limit(self):
        self.expect(["SET", "old", pattern(MIB)], OK)
        limit = self.used() + 8 * MIB
        self.expect(f"CONFIG SET maxmemory {limit}", OK)
        self.expect_error(["SET", "key", pattern(20 * MIB)], "OOM")
        self.expect("EXISTS old key", 1)
        self.expect("CONFIG SET maxmemory-policy allkeys-lru", OK)
        for number in range(30):
            self.expect(["SET", f"key{number}", pattern(MIB, number)], OK)
        self.assertLess(self.used(), limit + 2 * MIB)
        self.assertTrue(self.do("GET key29") == pattern(MIB, 29))
        self.expect("CONFIG SET maxmemory-policy noeviction maxmemory 0", OK)

    def test_counts_as_memory_of_its_client(self):
        self.expect("CONFIG SET maxmemory-clients 3mb", OK)
        victim = self.server.connect()
        self.addCleanup(victim.close)
        try:
            victim.send_raw(head("SET", "key", size=5 * MIB))
            for _ in range(50):
                victim.send_raw(b"x" * 100_000)
        except OSError:
            pass
        self.assertTrue(victim.is_closed_by_server())
        self.expect("CONFIG SET maxmemory-clients 0", OK)

    def test_writers_of_one_key_leave_whole_values(self):
        sizes = (70_000, 300_000, MIB)
        failures = []

        def write(letter):
            with self.server.connect() as client:
                for turn in range(40):
                    value = letter * sizes[turn % 3]
                    client.send_raw(encode("SET", "key", value) + encode("APPEND", "key", "!") +
                                    encode("GET", "key"))
                    client.read()
                    client.read()
                    got = client.read().rstrip(b"!")
                    if len(set(got)) != 1 or len(got) not in sizes:
                        failures.append((letter, len(got)))
        writers = [threading.Thread(target=write, args=(letter,))
                   for letter in (b"a", b"b", b"c", b"d")]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.assertEqual(failures, [])


class EpollTest(BigBulks, ServerTest):
    options = ("--event-loop", "epoll")


class UringTest(BigBulks, ServerTest):
    options = ("--event-loop", "io_uring")

    @classmethod
    def setUpClass(cls):
        try:
            super().setUpClass()
        except AssertionError as error:
            # Containers often forbid it.
            raise unittest.SkipTest("no io_uring here") from error


if __name__ == "__main__":
    main()
