# SPDX-License-Identifier: BSD-3-Clause
"""One of the two servers of the oracle: sends steps to it and describes its final state."""

import struct

from harness import dump
from harness.resp import Closed, Error, encode, plain
from harness.server import Server, wait_until

DATABASES = 4  # The generator uses these; the others stay empty.
EVENT_PATTERN = "__key*__:*"
END_OF_EVENTS = b"end of the sequence"
SCRATCH_DB = 15
SOON_MILLIS = 20  # Not already over when the command runs, even on a busy machine.
SETTLE_SECONDS = 10
TIMEOUT_SECONDS = 15
DUMP_BYTES_MAX = 30_000  # Larger payloads are not restored in the other server: that takes long.


class Target:
    """A server with two clients that act, one that looks, and one that collects events."""

    def __init__(self, name, command, io_threads, level):
        self.name, self.command, self.io_threads, self.level = name, command, io_threads, level
        self.server = None
        self.protocol = 2
        # Events of expiry come when they like. An expiry in the past is "del" in Redis 7.0 and
        # "expired" in Valkey 9.1.
        self.unsteady = (b"expired",) if level >= 9 else (b"expired", b"del")
        self.start()

    def start(self):
        if self.server:
            self.server.close()
        self.server = Server("--notify-keyspace-events", "KEA", "--proto-max-bulk-len", "1048576",
                             "--hz", "100",
                             command=self.command, io_threads=self.io_threads)
        self.clients = [self.server.connect(timeout=TIMEOUT_SECONDS) for _ in range(2)]
        self.viewer = self.server.connect(timeout=TIMEOUT_SECONDS)
        self.events = self.server.connect(timeout=TIMEOUT_SECONDS)
        self.events("PSUBSCRIBE", EVENT_PATTERN)

    def is_alive(self):
        return self.server.process.poll() is None

    def close(self):
        self.server.close()

    def reset(self, protocol):
        """An empty keyspace, fresh client state, default configuration."""
        if not self.is_alive():
            self.start()
        self.protocol = protocol
        for client in self.clients:
            client("RESET")
            client("HELLO", protocol)
        self.viewer.pipeline([("FLUSHALL",), ("CONFIG", "SET", "hash-max-listpack-entries", "512"),
                              ("CONFIG", "SET", "hash-max-listpack-value", "64")])
        self.read_events()

    def read_events(self):
        """The keyspace events since the last call; those of expiry come when they like."""
        self.viewer("PUBLISH", "__key_end__:", END_OF_EVENTS)
        found = []
        while True:
            message = self.events.read()
            if message[3] == END_OF_EVENTS:
                return found
            if message[2].endswith(self.unsteady) or message[3] in self.unsteady:
                continue
            found.append((message[2], message[3]))

    # --- steps -----------------------------------------------------------------------------------

    def send(self, ops):
        """Sends plain commands at once; `receive` gives their replies."""
        for number in (0, 1):
            data = b"".join(encode(*op.arguments) for op in ops if op.client == number)
            if data:
                self.clients[number].send_raw(data)

    def receive(self, ops):
        return [self.clients[op.client].read_typed() for op in ops]

    def special(self, op):
        """Makes a step which is more than one command; returns one typed reply to compare."""
        return getattr(self, "step_" + op.kind)(self.clients[op.client], op)

    def ask(self, client, *arguments):
        client.send(*arguments)
        return client.read_typed()

    def step_expire(self, client, op):
        """The key expires now: both servers have seen it go when this step is over."""
        reply = self.ask(client, "PEXPIRE", op.arguments[0], SOON_MILLIS)
        if reply == (":", 1):
            wait_until(lambda: self.ask(client, "EXISTS", op.arguments[0])[1] != 1, 5)
        return reply

    def step_dbsize(self, client, _):
        """DBSIZE also counts what is past its time until it was found: that may take a moment."""
        def settled():
            size = self.ask(client, "DBSIZE")
            keys = self.ask(client, "KEYS", "*")
            return size if size[0] != ":" or size[1] == len(keys[1]) else None
        return wait_until(settled, SETTLE_SECONDS, "DBSIZE equal to the number of keys")

    def step_expire_field(self, client, op):
        key, name = op.arguments
        reply = self.ask(client, "HPEXPIRE", key, SOON_MILLIS, "FIELDS", 1, name)
        if reply == ("*", [(":", 1)]):
            wait_until(lambda: self.is_settled(client, key, name), SETTLE_SECONDS,
                       f"the removal of the expired field {name} of {key}")
        return reply

    def is_settled(self, client, key, name):
        """An expired field is counted by HLEN and stands in a DUMP until the background finds it,
        a hash without other fields exists as long."""
        if self.ask(client, "HEXISTS", key, name)[1]:
            return False
        count = self.ask(client, "HLEN", key)[1]
        return (count == len(self.ask(client, "HKEYS", key)[1])
                and self.ask(client, "EXISTS", key)[1] == min(count, 1))

    def step_restore(self, client, op):
        source, destination = op.arguments
        if self.ask(client, "OBJECT", "ENCODING", source)[1] == b"hashtable":
            return ("+", b"left out")  # Its order, which a small hash would keep, is free.
        kind, payload = self.ask(client, "DUMP", source)
        if payload is None or kind != "$":
            return (kind, payload)
        if op.extra["spoilt"] == "flip":
            payload = payload[:1] + bytes([payload[1] ^ 0x55]) + payload[2:]
        elif op.extra["spoilt"] == "cut":
            payload = payload[:-1]
        return self.ask(client, "RESTORE", destination, op.extra["ttl"], payload,
                        *op.extra["options"])

    def step_scan(self, client, op):
        return self.iterate(client, ["SCAN"], op.arguments, 1)

    def step_hscan(self, client, op):
        return self.iterate(client, ["HSCAN", op.arguments[0]], [], 2)

    def iterate(self, client, command, options, width):
        """A whole iteration, as a sorted array without repetitions."""
        cursor, found = b"0", set()
        for _ in range(100_000):
            reply = self.ask(client, *command, cursor, *options)
            if reply[0] != "*" or len(reply[1]) != 2:
                return reply
            cursor, items = (plain(item) for item in reply[1])
            found.update(zip(*[iter(items)] * width))
            if cursor == b"0":
                return ("*", sorted(found))
        raise AssertionError("a scan which does not end")

    # --- the final state -------------------------------------------------------------------------

    def state(self):
        """{(db, key): what must be equal}; times as tuples of their own for a tolerant look."""
        found = {}
        for db in range(DATABASES):
            self.viewer("SELECT", db)
            keys = sorted(self.viewer("KEYS", "*"))
            for key in keys:
                found[db, key] = self.describe(key)
            wait_until(lambda: self.viewer("DBSIZE") == len(keys), SETTLE_SECONDS,
                       f"DBSIZE equal to the number of keys of database {db}")
        self.viewer("SELECT", 0)
        return found

    def describe(self, key):
        commands = [("TYPE", key), ("OBJECT", "ENCODING", key), ("DUMP", key), ("PEXPIRETIME", key)]
        kind, encoding, payload, expiry = self.viewer.pipeline(commands)
        content = self.content(key, kind)
        try:
            payload_digest = dump.digest(payload)
        except (ValueError, TypeError, IndexError, KeyError, struct.error) as error:
            payload_digest = f"unreadable DUMP: {error}: {payload!r}"
        if kind == "hash" and encoding == b"hashtable":
            content = sorted(zip(content[::2], content[1::2]))
        field_times = ()
        if kind == "hash" and self.level >= 9:
            names = sorted(self.viewer("HKEYS", key))
            times = self.viewer("HPEXPIRETIME", key, "FIELDS", len(names), *names)
            field_times = tuple(zip(names, times)) if isinstance(times, list) else (times,)
        return {"type": kind, "encoding": encoding, "content": content, "dump": payload_digest,
                "expiry": expiry, "field expiry": field_times, "payload": payload}

    def content(self, key, kind):
        return self.viewer("HGETALL", key) if kind == "hash" else self.viewer("GET", key)

    def restore_foreign(self, payload):
        """What a payload of the other server becomes here."""
        if len(payload) > DUMP_BYTES_MAX:
            return None
        if self.level < 9:
            payload = dump.with_version(payload, 10)
        self.viewer("SELECT", SCRATCH_DB)
        reply = self.viewer("RESTORE", "restored", 0, payload, "REPLACE")
        found = reply
        if not isinstance(reply, Error):
            kind = self.viewer("TYPE", "restored")
            found = self.content("restored", kind)
            if kind == "hash":
                found = sorted(zip(found[::2], found[1::2]))
        self.viewer("DEL", "restored")
        self.viewer("SELECT", 0)
        return found


BROKEN = (Closed, OSError, AssertionError)
