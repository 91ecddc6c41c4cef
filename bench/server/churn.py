#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A day of overwrites, deletions and expiries in fast motion, against a running server.

    churn.py [--port 6379] [--megabytes 300] [--seconds 60] [--idle 15]

Fills the server with values of 16 to 4096 bytes, replaces them by others of other sizes, deletes
and expires some in waves, and reports what the server counts (used_memory) beside what the process
takes (VmRSS). The last line is the ratio of both after some idle seconds; the aim is 1.04 at most.
"""
import argparse
import random
import socket
import time

BATCH = 200


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    @staticmethod
    def encode(*words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
        return b"".join(parts)

    def pipeline(self, requests):
        self.socket.sendall(b"".join(requests))
        for _ in requests:
            line = self.file.readline()
            if line.startswith(b"-"):
                raise RuntimeError(line)

    def info(self):
        self.socket.sendall(self.encode("INFO", "everything"))
        size = int(self.file.readline()[1:])
        text = self.file.read(size + 2).decode()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def resident_bytes(info):
    with open(f"/proc/{info['process_id']}/status") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


def report(connection, phase, started):
    info = connection.info()
    used = int(info["used_memory"])
    resident = resident_bytes(info)
    print(f"{time.time() - started:6.1f} s  {phase:9}  used {used / 1e6:8.1f} MB  "
          f"resident {resident / 1e6:8.1f} MB  ratio {resident / used:5.3f}  "
          f"moved {info.get('active_defrag_hits', '?')}  expired {info.get('expired_keys', '?')}",
          flush=True)
    return resident / used


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=6379)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--idle", type=float, default=15)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    blob = rng.randbytes(8192)
    connection = Connection(options.port)
    started = time.time()
    key_count = options.megabytes * 1_000_000 // 1100
    # Sizes drift during the day: that is what leaves holes.
    low, high = 16, 2048

    def value():
        size = rng.randint(low, high)
        offset = rng.randrange(4096)
        return blob[offset:offset + size]

    encode = Connection.encode
    for first in range(0, key_count, BATCH):
        keys = range(first, first + BATCH)
        connection.pipeline([encode("SET", f"key:{i}", value()) for i in keys])
    report(connection, "filled", started)
    end = time.time() + options.seconds
    next_report = time.time() + 5
    while time.time() < end:
        hour = (options.seconds - (end - time.time())) / options.seconds
        low, high = (16, 512) if 0.3 < hour < 0.6 else (16, 4096)
        batch = []
        for _ in range(BATCH):
            key = f"key:{rng.randrange(key_count)}"
            what = rng.random()
            if what < 0.7:
                batch.append(encode("SET", key, value()))
            elif what < 0.85:
                batch.append(encode("DEL", key))
            else:
                batch.append(encode("SET", key, value(), "PX", rng.randint(100, 5000)))
        connection.pipeline(batch)
        if time.time() >= next_report:
            report(connection, "churn", started)
            next_report += 5
    report(connection, "churned", started)
    # A wave of deletions at the end: half of all keys.
    for first in range(0, key_count, BATCH):
        keys = [i for i in range(first, first + BATCH) if rng.random() < 0.5]
        connection.pipeline([encode("DEL", f"key:{i}") for i in keys])
    report(connection, "deleted", started)
    idle_end = time.time() + options.idle
    while time.time() < idle_end:
        time.sleep(min(5, options.idle))
        report(connection, "idle", started)
    print(f"final ratio {report(connection, 'final', started):.3f}")


if __name__ == "__main__":
    main()
