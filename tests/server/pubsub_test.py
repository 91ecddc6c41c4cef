#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Publish and subscribe, and keyspace notifications."""

import array
import fcntl
import os
import selectors
import socket
import sys
import termios
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, ServerTest, both_protocols, err, main
from harness.resp import Closed, Status
from harness.server import Server, wait_until


class Listener:
    """Reads messages of a subscriber alike in RESP2 (arrays) and RESP3 (pushes)."""

    def __init__(self, client):
        self.client = client

    def send(self, *words):
        self.client.send(*words)

    def next(self):
        return list(self.client.read_push() if self.client.protocol == 3 else self.client.read())

    def next_of(self, count):
        return [self.next() for _ in range(count)]


@both_protocols
class SubscribeTest(ServerTest):
    def setUp(self):
        super().setUp()
        # The subscribers of the test before have closed; their workers may not know it yet.
        wait_until(lambda: self.server.info("clients")["pubsub_clients"] == "0")
        self.listener = Listener(self.connect())

    def test_subscribe_and_publish(self):
        self.listener.send("SUBSCRIBE", "a", "b", "a")
        self.assertEqual(self.listener.next_of(3), [
            [b"subscribe", b"a", 1], [b"subscribe", b"b", 2], [b"subscribe", b"a", 2]])
        self.expect_all(("PUBLISH a one", 1), ("PUBLISH x two", 0),
                        (["PUBLISH", "b", b"\x00\r\n"], 1))
        self.assertEqual(self.listener.next_of(2), [
            [b"message", b"a", b"one"], [b"message", b"b", b"\x00\r\n"]])
        self.listener.send("UNSUBSCRIBE", "a")
        self.assertEqual(self.listener.next(), [b"unsubscribe", b"a", 1])
        self.expect("PUBLISH a gone", 0)
        self.listener.send("UNSUBSCRIBE")
        self.assertEqual(self.listener.next(), [b"unsubscribe", b"b", 0])
        self.listener.send("UNSUBSCRIBE")
        self.assertEqual(self.listener.next(), [b"unsubscribe", None, 0])

    def test_an_empty_channel_is_one_too(self):
        self.listener.send("SUBSCRIBE", "")
        self.listener.next()
        self.expect_all(("PUBSUB CHANNELS", [b""]), ("PUBSUB CHANNELS *", []),
                        (["PUBSUB", "CHANNELS", ""], [b""]))

    def test_patterns(self):
        self.listener.send("PSUBSCRIBE", "n*", "n[ab]")
        self.assertEqual(self.listener.next_of(2), [
            [b"psubscribe", b"n*", 1], [b"psubscribe", b"n[ab]", 2]])
        self.listener.send("SUBSCRIBE", "na")
        self.assertEqual(self.listener.next(), [b"subscribe", b"na", 3])
        self.expect("PUBLISH na x", 3)
        got = self.listener.next_of(3)
        self.assertEqual(got[0], [b"message", b"na", b"x"])
        self.assertEqual(sorted(got[1:]), [[b"pmessage", b"n*", b"na", b"x"],
                                           [b"pmessage", b"n[ab]", b"na", b"x"]])
        self.listener.send("PUNSUBSCRIBE")
        self.assertEqual(sorted(m[1] for m in self.listener.next_of(2)), [b"n*", b"n[ab]"])

    def test_pubsub_command(self):
        self.listener.send("SUBSCRIBE", "a", "b2")
        self.listener.send("PSUBSCRIBE", "p*")
        self.listener.next_of(3)
        self.assertEqual(sorted(self.do("PUBSUB CHANNELS")), [b"a", b"b2"])
        self.expect_all(
            ("PUBSUB CHANNELS b*", [b"b2"]), ("PUBSUB NUMSUB a x", [b"a", 1, b"x", 0]),
            ("PUBSUB NUMSUB", []), ("PUBSUB NUMPAT", 1),
            ("PUBSUB WHAT", err("unknown subcommand 'WHAT'. Try PUBSUB HELP.")),
        )
        self.expect_arity("PUBLISH a", "SUBSCRIBE", "PSUBSCRIBE", "PUBSUB")

    def test_what_a_subscriber_may_send(self):
        self.listener.send("SUBSCRIBE", "a")
        self.listener.next()
        if self.protocol == 2:
            self.expect("GET a", err(
                "Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
                "are allowed in this context"), self.listener.client)
            self.expect("PING", [b"pong", b""], self.listener.client)
            self.expect("PING hi", [b"pong", b"hi"], self.listener.client)
        else:
            self.expect("GET a", None, self.listener.client)
            self.expect("PING hi", b"hi", self.listener.client)
        self.expect("RESET", Status("RESET"), self.listener.client)
        self.expect("GET a", None, self.listener.client)
        self.expect("PUBLISH a x", 0)

    def test_a_lost_subscriber_is_forgotten(self):
        self.listener.send("SUBSCRIBE", "a")
        self.listener.next()
        self.listener.client.close()
        wait_until(lambda: self.do("PUBLISH a x") == 0)
        self.expect("PUBSUB CHANNELS", [])

    def test_messages_keep_their_order(self):
        listeners = [self.listener] + [Listener(self.connect()) for _ in range(5)]
        for listener in listeners:
            listener.send("SUBSCRIBE", "a")
            listener.next()
        replies = self.client.pipeline([("PUBLISH", "a", n) for n in range(1000)])
        self.assertEqual(set(replies), {6})
        for listener in listeners:
            self.assertEqual([int(m[2]) for m in listener.next_of(1000)], list(range(1000)))

    def test_publish_inside_multi(self):
        self.listener.send("SUBSCRIBE", "a")
        self.listener.next()
        self.client.pipeline([("MULTI",), ("PUBLISH", "a", "1"), ("SET", "k", "v"),
                              ("PUBLISH", "a", "2"), ("EXEC",)])
        self.assertEqual([m[2] for m in self.listener.next_of(2)], [b"1", b"2"])


class ManyPublishersTest(ServerTest):
    PUBLISHERS, ROUNDS = 4, 300

    def setUp(self):
        super().setUp()
        # Those of the test before have closed; their workers may not have seen it yet.
        wait_until(lambda: self.server.info("clients")["pubsub_clients"] == "0")

    def publish(self, number, counts):
        with self.server.connect() as client:
            for n in range(self.ROUNDS):
                counts[number] += client("PUBLISH", "a", f"{number}:{n}")

    def test_all_subscribers_see_one_order(self):
        listeners = [Listener(self.connect()) for _ in range(4)]
        for listener in listeners:
            listener.send("SUBSCRIBE", "a")
            listener.next()
        counts = [0] * self.PUBLISHERS
        threads = [threading.Thread(target=self.publish, args=(n, counts))
                   for n in range(self.PUBLISHERS)]
        for thread in threads:
            thread.start()
        total = self.PUBLISHERS * self.ROUNDS
        seen = [[m[2] for m in listener.next_of(total)] for listener in listeners]
        for thread in threads:
            thread.join()
        for other in seen[1:]:
            self.assertEqual(other, seen[0])
        self.assertEqual(counts, [4 * self.ROUNDS] * self.PUBLISHERS)

    def test_the_count_is_that_of_the_receivers(self):
        """While subscribers come and go, what was counted is what arrives."""
        counts = [0] * self.PUBLISHERS
        threads = [threading.Thread(target=self.publish, args=(n, counts))
                   for n in range(self.PUBLISHERS)]
        listener = Listener(self.connect())
        for thread in threads:
            thread.start()
        received = 0
        while any(thread.is_alive() for thread in threads):
            listener.send("SUBSCRIBE", "a")
            listener.send("UNSUBSCRIBE", "a")
            while (message := listener.next())[0] != b"unsubscribe":
                received += message[0] == b"message"
        for thread in threads:
            thread.join()
        self.assertEqual(received, sum(counts))

    def test_a_publisher_hears_itself_behind_the_reply(self):
        client = self.connect(3)
        client.send("SUBSCRIBE", "a")
        client.read_push()
        client.send("MULTI")
        client.send("PUBLISH", "a", "1")
        client.send("PUBLISH", "a", "2")
        client.send("EXEC")
        self.assertEqual([client.read() for _ in range(4)],
                         [OK, Status("QUEUED"), Status("QUEUED"), [1, 1]])
        self.assertEqual([client.read_push()[2] for _ in range(2)], [b"1", b"2"])


class FloodTest(ServerTest):
    """One worker publishes what the clients of another receive; they read all the time."""

    SUBSCRIBERS, MESSAGES = 100, 6000

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--client-output-buffer-limit", "pubsub 4mb 0 0", io_threads=2)

    def read_all(self, clients, counts):
        with selectors.DefaultSelector() as selector:
            for client in clients:
                client.socket.setblocking(False)
                selector.register(client.socket, selectors.EVENT_READ)
            buffer = bytearray(1 << 20)
            while sum(counts) < self.wanted:
                for key, _ in selector.select(1):
                    size = key.fileobj.recv_into(buffer)
                    counts[0] += size
                    if size == 0:
                        return

    def most_unread(self, clients):
        """What has come to a client and was not yet read: the reader is to blame for it."""
        size = array.array("i", [0])
        most = 0
        for client in clients:
            fcntl.ioctl(client.socket, termios.FIONREAD, size)
            most = max(most, size[0])
        return most

    def test_subscribers_who_read_are_not_outrun(self):
        """New connections go to the workers in turn: of both kinds, one kind is elsewhere."""
        for first in (0, 1):
            with self.subTest(first=first):
                clients = [self.server.connect() for _ in range(2 * self.SUBSCRIBERS)]
                for client in clients:
                    self.addCleanup(client.close)
                listeners = clients[first::2]
                for listener in listeners:
                    listener("SUBSCRIBE", "a")
                message = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1000\r\n" + b"x" * 1000 + b"\r\n"
                self.wanted = len(message) * self.MESSAGES * self.SUBSCRIBERS
                counts = [0]
                reader = threading.Thread(target=self.read_all, args=(listeners, counts),
                                          daemon=True)
                reader.start()
                batch = [("PUBLISH", "a", "x" * 1000)] * 500
                for _ in range(self.MESSAGES // len(batch)):
                    # A reader who was kept from reading catches up first.
                    wait_until(lambda: self.most_unread(listeners) < 16 * len(message))
                    self.assertEqual(self.client.pipeline(batch), [self.SUBSCRIBERS] * len(batch))
                reader.join()
                self.assertEqual(counts, [self.wanted])
                for client in clients:
                    client.close()
                wait_until(lambda: self.server.info("clients")["pubsub_clients"] == "0")


class OutputLimitTest(ServerTest):
    def test_a_slow_subscriber_is_dropped(self):
        self.expect(["CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0"], OK)
        slow = self.server.connect()
        self.addCleanup(slow.close)
        slow("SUBSCRIBE", "a")
        batch = [("PUBLISH", "a", "x" * 1000)] * 1000
        dropped = wait_until(lambda: self.client.pipeline(batch)[-1] == 0)
        self.assertTrue(dropped)
        try:
            while True:
                slow.read()
        except (Closed, OSError):
            pass
        self.expect(["CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60"], OK)


class ManyChannelsTest(ServerTest):
    def used_memory(self):
        """A sanitized build knows nothing of it: 0 then."""
        info = self.server.info("memory")
        return int(info["used_memory"]) if info["allocator_allocated"] != "0" else 0

    def test_tables_give_their_room_back(self):
        before = self.used_memory()
        for kind in ("SUBSCRIBE", "PSUBSCRIBE"):
            client = self.connect(3)
            client.send(kind, *[f"channel{n}" for n in range(200_000)])
            for _ in range(200_000):
                client.read_push()
            client.close()
        wait_until(lambda: self.used_memory() < before + 1_000_000)


class KeyspaceEventTest(ServerTest):
    options = ("--notify-keyspace-events", "KEA")

    def setUp(self):
        super().setUp()
        self.listener = Listener(self.connect())
        self.listener.send("PSUBSCRIBE", "__key*__:*")
        self.listener.next()

    def events_of(self, command):
        """The (event, key) pairs which a command causes, from both kinds of channel."""
        self.do(command)
        self.do("PUBLISH __keyend__: end")
        found = []
        while True:
            message = self.listener.next()
            if message[3] == b"end":
                break
            found.append((message[2], message[3]))
        by_key = [(text.decode(), name.split(b":", 1)[1].decode()) for name, text in found
                  if name.startswith(b"__keyspace")]
        by_event = [(name.split(b":", 1)[1].decode(), text.decode()) for name, text in found
                    if name.startswith(b"__keyevent")]
        self.assertEqual(by_key, by_event)
        return " ".join(f"{event}:{key}" for event, key in by_key)

    def test_events(self):
        for command, events in [
            ("SET a 1", "set:a"), ("SET a 1 EX 100", "set:a expire:a"), ("GET a", ""),
            ("INCR a", "incrby:a"), ("INCRBYFLOAT a 1", "incrbyfloat:a"),
            ("APPEND a 1", "append:a"),
            ("SETRANGE a 0 x", "setrange:a"), ("GETSET a 1", "set:a"), ("MSET a 1 b 2",
                                                                       "set:a set:b"),
            ("EXPIRE a 100", "expire:a"), ("PERSIST a", "persist:a"), ("PERSIST a", ""),
            ("GETEX a EX 100", "expire:a"), ("GETEX a PERSIST", "persist:a"),
            ("RENAME a c", "rename_from:a rename_to:c"), ("COPY c d", "copy_to:d"),
            ("MOVE d 1", "move_from:d move_to:d"), ("DEL b c missing", "del:b del:c"),
            ("SETBIT bits 7 1", "setbit:bits"), ("BITFIELD bits SET u8 0 2", "setbit:bits"),
            ("BITOP NOT out bits", "set:out"), ("GETDEL out", "del:out"),
            ("HSET h a 1", "hset:h"), ("HINCRBY h n 1", "hincrby:h"),
            ("HINCRBYFLOAT h n 1", "hincrbyfloat:h"), ("HEXPIRE h 100 FIELDS 1 a", "hexpire:h"),
            ("HPERSIST h FIELDS 1 a", "hpersist:h"), ("HDEL h n", "hdel:h"),
            ("HDEL h a", "hdel:h del:h"), ("SETNX n 1", "set:n"), ("SETNX n 1", ""),
            ("UNLINK n", "del:n"), ("SETEX e 100 v", "set:e expire:e"),
        ]:
            with self.subTest(command=command):
                self.assertEqual(self.events_of(command), events)

    def test_expired(self):
        self.do("SET a 1 PX 10")
        seen = []
        while (b"__keyevent@0__:expired", b"a") not in seen:
            message = self.listener.next()
            seen.append((message[2], message[3]))

    def test_classes_can_be_chosen(self):
        self.do("CONFIG SET notify-keyspace-events Kg$")
        self.expect("CONFIG GET notify-keyspace-events", [b"notify-keyspace-events", b"g$K"])
        self.do("SET a 1")
        self.do("HSET h f v")
        self.do("DEL a h")
        self.do("PUBLISH __keyend__: end")
        seen = []
        while not seen or seen[-1][1] != b"end":
            message = self.listener.next()
            seen.append((message[2], message[3]))
        self.assertEqual(seen[:-1], [(b"__keyspace@0__:a", b"set"), (b"__keyspace@0__:a", b"del"),
                                     (b"__keyspace@0__:h", b"del")])
        self.do("CONFIG SET notify-keyspace-events KEA")
        self.expect_error("CONFIG SET notify-keyspace-events q", "ERR CONFIG SET failed")


if __name__ == "__main__":
    main()
