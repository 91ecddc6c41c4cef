#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The cache lines shared between workers that a command stores to, as DEBUG SHARED-STORES of a
debug build counts them (src/base/shared_store.h).

    shared_stores.py --server COMMAND
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.resp import Error
from harness.server import Server, wait_until

PIPELINE = 50
COUNT = 5_000
KEYS = 100
# What is paid once a loop turn or once a magazine of blocks, not once a command: at 50 commands a
# turn, and with the server's ticks beside.
SELDOM = 0.2


def key(number):
    return b"key:%012d" % (number % KEYS)


def run(client, make, count):
    for start in range(0, count, PIPELINE):
        replies = client.pipeline([make(n) for n in range(start, min(start + PIPELINE, count))])
        failed = [reply for reply in replies if isinstance(reply, Error)]
        assert not failed, failed[0]


def measure(client, make, count=COUNT):
    """{kind of line: how many per command}"""
    client("DEBUG", "SHARED-STORES")
    run(client, make, count)
    reply = client("DEBUG", "SHARED-STORES")
    return {reply[i].decode(): reply[i + 1] / count for i in range(0, len(reply), 2)}


class Budget:
    def __init__(self):
        self.failed = 0

    def check(self, name, measured, **allowed):
        """Fails when any kind of line is stored to more often than allowed, or the lock or the
        entry less often: then nothing is counted any more."""
        print(f"  {name:34}", "  ".join(f"{kind} {n:.2f}" for kind, n in measured.items() if n))
        for kind, count in measured.items():
            most = allowed.get(kind.replace("-", "_"), 0)
            if count > most + SELDOM or (kind in ("shard-lock", "entry") and count < most - 0.01):
                self.failed += 1
                print(f"    {kind}: {count:.2f} per command, the budget is {most}")


def check_all(client):
    budget = Budget()
    print("shared lines stored to per command:")
    budget.check("PING", measure(client, lambda n: ("PING",)))
    budget.check("GET of no key", measure(client, lambda n: ("GET", key(n))), shard_lock=1)
    budget.check("SET of a new key", measure(client, lambda n: ("SET", b"new:%d" % n, "value")),
                 shard_lock=1, entry=1, table=2.5)
    client("FLUSHALL")
    run(client, lambda n: ("SET", key(n), "x" * 64), KEYS)
    budget.check("SET, same size", measure(client, lambda n: ("SET", key(n), "y" * 64)),
                 shard_lock=1, entry=1)
    sizes = [64, 300]
    budget.check("SET, other size",
                 measure(client, lambda n: ("SET", key(n), "y" * sizes[n // KEYS % 2])),
                 shard_lock=1, entry=1, table=1)
    # The second of the access clock is over for all keys (OBJECT IDLETIME is no access).
    wait_until(lambda: all(client("OBJECT", "IDLETIME", key(n)) >= 1 for n in range(KEYS)))
    budget.check("GET in a new second", measure(client, lambda n: ("GET", key(n)), KEYS),
                 shard_lock=1, entry=1)
    # Within one second nothing of the entry is stored to; the run may see two of them.
    budget.check("GET", measure(client, lambda n: ("GET", key(n))), shard_lock=1)
    return budget.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    with Server("--enable-debug-command", "local", command=options.server,
                io_threads=2) as server, server.connect() as client:
        client("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        return 1 if check_all(client) else 0


if __name__ == "__main__":
    sys.exit(main())
