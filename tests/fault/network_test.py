#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What goes wrong with clients: too many, too slow, too greedy, nonsense; and the memory limit."""

import os
import random
import resource
import selectors
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, main
from harness.resp import Closed, Connection, Error, encode
from harness.server import Server, wait_until

MIB = 1 << 20


class DescriptorTest(unittest.TestCase):
    def test_no_descriptors_left(self):
        """Clients above the limit are refused or wait; the others are served, also after that."""
        with Server(limits={resource.RLIMIT_NOFILE: 100}) as server, server.connect() as first:
            clients = []
            for _ in range(150):
                try:
                    clients.append(Connection(server.address, timeout=0.5))
                except OSError:
                    break
            self.assertEqual(first("SET", "a", "1"), OK)
            served = 0
            for client in clients:
                try:
                    served += client("GET", "a") == b"1"
                except (OSError, Closed):
                    pass
            self.assertGreater(served, 20)
            for client in clients:
                client.close()
            wait_until(lambda: self.can_connect(server))
            self.assertEqual(first("GET", "a"), b"1")

    def test_a_client_without_a_descriptor_is_told(self):
        """The limit shrinks while the server runs: who cannot be accepted hears why."""
        with Server() as server, server.connect() as first:
            self.assertEqual(first("PING"), "PONG")  # Its descriptor counts.
            # That of who asked whether the server is ready does not.
            wait_until(lambda: self.socket_count(server) == 2)
            used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 5, used + 5))
            clients = [server.connect() for _ in range(20)]
            replies = []
            for client in clients:
                try:
                    replies.append(client("PING"))
                except (OSError, Closed):
                    replies.append(None)
            refused = Error("ERR max number of clients reached")
            self.assertEqual(replies.count("PONG"), 5, replies)
            self.assertEqual(replies.count(refused), 15, replies)
            self.assertEqual(first("SET", "a", "1"), OK)
            for client in clients:
                client.close()
            wait_until(lambda: self.can_connect(server))

    def test_what_workers_open_is_kept_for_them(self):
        without = ("setpriv", "--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource")
        for loop in ("epoll", "auto"):
            with self.subTest(loop=loop), Server(
                    "--event-loop", loop, io_threads=16, prefix=without,
                    limits={resource.RLIMIT_NOFILE: 150}) as server, server.connect() as first:
                allowed = int(first("CONFIG", "GET", "maxclients")[1])
                self.assertGreater(allowed, 50)
                used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
                self.assertLess(used + allowed, 150 - 5)  # A save needs some, too.
                clients = [server.connect() for _ in range(allowed)]
                replies = [client("PING") for client in clients]
                self.assertEqual(replies.count("PONG"), allowed - 1)
                self.assertEqual(replies[-1], Error("ERR max number of clients reached"))
                for client in clients:
                    client.close()

    def socket_count(self, server):
        """The listening one and those of clients."""
        folder = f"/proc/{server.process.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            try:
                count += os.readlink(f"{folder}/{name}").startswith("socket:")
            except FileNotFoundError:
                pass
        return count

    def can_connect(self, server):
        try:
            with server.connect(timeout=2) as client:
                return client("PING") == "PONG"
        except (OSError, Closed):
            return False

    def test_ten_thousand_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        count = min(10_000, hard - 200)
        with Server("--maxclients", "12000", "--tcp-backlog", "4096") as server:
            clients = []
            self.addCleanup(lambda: [client.close() for client in clients])
            for _ in range(count):
                clients.append(server.connect())
            # The last ones may still wait to be accepted.
            wait_until(lambda: int(server.info("clients")["connected_clients"]) >= count)
            for client in clients:
                client.send("INCR", "n")
            self.assertEqual(sorted(client.read() for client in clients),
                             list(range(1, count + 1)))
            for client in clients:
                client.close()
            wait_until(lambda: int(server.info("clients")["connected_clients"]) <= 2)


class GreedyClientTest(unittest.TestCase):
    def test_a_client_that_never_reads_is_closed(self):
        with Server("--client-output-buffer-limit", "normal 10mb 0 0") as server:
            with server.connect() as client, server.connect() as greedy:
                client("SET", "big", "x" * 10_000)
                wait_until(lambda: server.info("clients")["connected_clients"] == "3")
                greedy.socket.setblocking(False)
                requests = encode("GET", "big") * 100
                selector = selectors.DefaultSelector()
                selector.register(greedy.socket, selectors.EVENT_WRITE)

                def is_gone():
                    if selector.select(0):
                        try:
                            greedy.socket.send(requests)
                        except BlockingIOError:
                            pass
                        except OSError:
                            return True
                    return int(server.info("clients")["connected_clients"]) < 3
                wait_until(is_gone, 60)
                self.assertEqual(client("PING"), "PONG")
                self.assertLess(int(server.info("memory")["used_memory"]), 100 * MIB)

    def test_a_slow_reader_gets_everything(self):
        with Server() as server, server.connect() as slow, server.connect() as client:
            value = os.urandom(100_000)
            client("SET", "big", value)
            slow.send_raw(encode("GET", "big") * 300)
            self.assertEqual(client("PING"), "PONG")
            for _ in range(300):
                self.assertEqual(slow.read(), value)

    def test_big_query_buffers_are_evicted(self):
        with Server("--maxmemory-clients", "20mb") as server, server.connect() as client:
            greedy = [server.connect() for _ in range(20)]
            wait_until(lambda: int(server.info("clients")["connected_clients"]) > 20)
            for victim in greedy:
                try:
                    victim.send_raw(b"*2\r\n$3\r\nSET\r\n$4000000\r\n" + b"x" * 3_000_000)
                except OSError:
                    pass
            wait_until(lambda: int(server.info("clients")["connected_clients"]) < 20)
            self.assertEqual(client("PING"), "PONG")
            for victim in greedy:
                victim.close()


class NonsenseTest(unittest.TestCase):
    def test_absurd_lengths_cost_nothing(self):
        with Server() as server, server.connect() as client:
            before = server.resident_bytes()
            senders = []
            for data in (b"*1000000\r\n", b"*2\r\n$3\r\nGET\r\n$500000000\r\n",
                         b"*1048576\r\n$536870912\r\n", b"$5\r\n", b"*2147483647\r\n", b"*-5\r\n",
                         b"*1\r\n$9223372036854775807\r\n", b"*3\r\n$-9223372036854775808\r\n",
                         b"\x00" * 1000, b"\xff" * 1000, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                         b"POST / HTTP/1.1\r\n\r\n", b"*0\r\n" * 1000, b"\r\n" * 1000):
                for _ in range(20):
                    sender = server.connect()
                    sender.send_raw(data)
                    senders.append(sender)
            self.assertEqual(client("PING"), "PONG")
            self.assertLess(server.resident_bytes() - before, 100 * MIB)
            for sender in senders:
                sender.close()
            wait_until(lambda: int(server.info("clients")["connected_clients"]) <= 2)

    def test_random_bytes_never_stop_the_server(self):
        seed = int(os.environ.get("SKARN_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"seed {seed} (SKARN_TEST_SEED repeats it)")
        dice = random.Random(seed)
        pieces = [b"*", b"$", b"\r\n", b"3", b"GET", b"SET", b"-1", b":", b"\x00", b'"', b"'",
                  b"key", b"99999999999", b" ", b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"]
        with Server() as server, server.connect() as client:
            for _ in range(500):
                data = b"".join(dice.choices(pieces, k=dice.randint(1, 60)))
                with server.connect() as sender:
                    try:
                        for _ in range(dice.randint(1, 3)):
                            sender.send_raw(data)
                    except OSError:
                        pass
            # No key of the pieces: what their senders left behind may still be executed.
            self.assertEqual(client("SET", "mine", "1"), OK)
            self.assertEqual(client("GET", "mine"), b"1")

    def test_http_is_refused(self):
        with Server() as server:
            for first in (b"POST / HTTP/1.1\r\n", b"Host: example.org\r\n"):
                with server.connect() as client:
                    client.send_raw(first)
                    self.assertTrue(client.is_closed_by_server())


class NoMemoryTest(unittest.TestCase):
    """The machine itself gives no more: no limit of the server is set."""
    OOM = Error("OOM command not allowed when used memory > 'maxmemory'.")

    def setUp(self):
        self.server = Server(limits={resource.RLIMIT_AS: 600 * MIB})
        self.addCleanup(self.server.close)
        self.client = self.server.connect()
        self.addCleanup(self.client.close)

    def test_big_values_are_refused_and_others_served(self):
        big = b"x" * (60 * MIB)
        self.client("SET", "kept", "value")
        replies = []
        for n in range(10):
            with self.server.connect() as sender:
                try:
                    replies.append(sender("SET", f"k{n}", big))
                except (Closed, OSError):  # No room to receive it.
                    replies.append(None)
            self.assertEqual(self.client("GET", "kept"), b"value")
        self.assertEqual(replies[0], OK)
        self.assertNotEqual(replies[-1], OK)
        self.assertEqual(self.client("SETRANGE", "z", 500 * MIB, "x"), self.OOM)
        self.assertEqual(self.client("SET", "kept", "again"), OK)

    def test_small_values_are_refused_until_there_is_room(self):
        count = refused = 0
        while not refused:
            replies = self.client.pipeline([("SET", f"k{n}", "x" * 10_000)
                                            for n in range(count, count + 500)])
            refused = replies.count(self.OOM)
            self.assertEqual(replies.count(OK), 500 - refused)
            count += 500
        self.assertEqual(len(self.client("GET", "k0")), 10_000)
        self.assertEqual(self.client("FLUSHALL", "SYNC"), OK)
        wait_until(lambda: self.client("SET", "new", "x") == OK)


class MemoryTest(unittest.TestCase):
    def test_noeviction_refuses_writes_above_the_limit(self):
        with Server("--maxmemory", "30mb") as server, server.connect() as client:
            refused = None
            for n in range(100_000):
                reply = client("SET", f"k{n}", "x" * 10_000)
                if reply != OK:
                    refused = reply
                    break
            self.assertEqual(refused, Error(
                "OOM command not allowed when used memory > 'maxmemory'."))
            self.assertEqual(len(client("GET", "k0")), 10_000)
            self.assertEqual(client("DEL", *[f"k{n}" for n in range(500)]), 500)
            wait_until(lambda: client("SET", "new", "x") == OK)

    def test_eviction_keeps_the_limit(self):
        limit = 30 * MIB
        dice = random.Random(5)
        for policy in ("allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru",
                       "volatile-lfu", "volatile-random", "volatile-ttl"):
            with self.subTest(policy=policy), Server(
                    "--maxmemory", limit, "--maxmemory-policy", policy) as server:
                with server.connect() as client:
                    for start in range(0, 40_000, 500):
                        replies = client.pipeline([
                            ("SET", f"k{n}", "x" * dice.randint(16, 4096), "EX", 10_000 + n)
                            for n in range(start, start + 500)])
                        self.assertTrue(all(reply == OK for reply in replies))
                    info = server.info()
                    self.assertLess(int(info["used_memory"]), limit * 1.05)
                    self.assertGreater(int(info["evicted_keys"]), 1000)
                    self.assertGreater(client("DBSIZE"), 2000)


if __name__ == "__main__":
    main()
