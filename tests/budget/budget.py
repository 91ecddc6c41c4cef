#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts the user instructions of the server per command, by callgrind, against budgets.json.

    budget.py [--server COMMAND] [--toolchain NAME] [--record] [NAME...]

The server runs with one worker under valgrind. Each load is sent in pipelines of 50, as
valkey-benchmark -P 50 does; only the time of the load is counted. A count 5 % above the recorded
one fails. Counts depend on the compiler, so they are recorded per toolchain (gnu12-x86_64);
--record writes what was measured.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.resp import encode
from harness.server import Server, default_command

BUDGETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "budgets.json")
REGRESSION = 1.05
ROUNDS = 4  # The least counts: timers of the server and torn reads only add.
PIPELINE = 50
KEYS = 2000


def key(number):
    """A key of 16 bytes, spread over the keyspace as a benchmark does."""
    return b"key:%012d" % (number * 7919 % KEYS)


class Load:
    """One kind of command: how many are counted, and the n-th of them."""

    def __init__(self, name, count, make):
        self.name, self.count, self.make = name, count, make

    def batches(self):
        """The requests as bytes of a pipeline, with the number of replies to wait for."""
        for start in range(0, self.count, PIPELINE):
            numbers = range(start, min(start + PIPELINE, self.count))
            yield b"".join(encode(*self.make(n)) for n in numbers), len(numbers)


LOADS = [
    Load("SET-64", 10_000, lambda n: (b"SET", key(n), b"x" * 64)),
    Load("GET-64", 10_000, lambda n: (b"GET", key(n))),
    Load("MGET-100", 400, lambda n: (b"MGET", *[key(n * 100 + i) for i in range(100)])),
    Load("HSET", 8_000, lambda n: (b"HSET", b"hash:%d" % (n % 100), b"field%d" % (n // 100 % 20),
                                   b"value%08d" % n)),
    Load("HGETALL-20", 2_000, lambda n: (b"HGETALL", b"hash:%d" % (n % 100))),
]


class Profiled:
    """The server under callgrind."""

    def __init__(self, command):
        self.server = Server(command=command, io_threads=1, start=False)
        out = os.path.join(self.server.directory, "callgrind.out")
        self.server.command = [
            "valgrind", "--tool=callgrind", "--instr-atstart=no", "--compress-strings=no",
            f"--callgrind-out-file={out}", *self.server.command]
        self.server.start()
        self.out = out
        self.dumps = 0

    def control(self, *words):
        subprocess.run(["callgrind_control", *words, str(self.server.process.pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def count(self, work):
        """The user instructions the server needs for what work() makes it do."""
        self.control("--instr=on")
        self.control("--zero")
        work()
        self.control("--dump")
        self.control("--instr=off")
        self.dumps += 1
        with open(f"{self.out}.{self.dumps}", encoding="ascii", errors="replace") as file:
            return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M).group(1))


def run(load, client):
    for data, count in load.batches():
        client.send_raw(data)
        for _ in range(count):
            kind, value = client.read_typed()
            if kind == "-":
                raise AssertionError(f"{load.name}: {value}")


def measure(command, loads):
    profiled = Profiled(command)
    try:
        with profiled.server.connect(timeout=300) as client:
            for load in LOADS:
                run(load, client)  # Every key is there and every path is warm.
            return {load.name: min(profiled.count(lambda load=load: run(load, client))
                                   for _ in range(ROUNDS)) / load.count
                    for load in loads}
    finally:
        profiled.server.close()


def read_budgets():
    with open(BUDGETS, encoding="utf-8") as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=default_command())
    parser.add_argument("--toolchain", default=f"unknown-{platform.machine()}")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("names", nargs="*", help="loads; all of them without names")
    options = parser.parse_args()

    loads = [load for load in LOADS if not options.names or load.name in options.names]
    measured = measure(options.server, loads)
    budgets = read_budgets()
    recorded = budgets.get(options.toolchain, {})
    failed = 0
    print(f"user instructions per command ({options.toolchain}):")
    for name, instructions in measured.items():
        budget = recorded.get(name)
        note = "no budget" if budget is None else f"{instructions / budget - 1:+7.1%} of {budget}"
        if budget is not None and instructions > budget * REGRESSION:
            failed += 1
            note += "  REGRESSION"
        elif budget is not None and instructions < budget / REGRESSION:
            note += "  better: record it"
        print(f"  {name:12} {instructions:10.0f}  {note}")
    if options.record:
        budgets[options.toolchain] = {**recorded, **{n: round(v) for n, v in measured.items()}}
        with open(BUDGETS, "w", encoding="utf-8") as file:
            json.dump(budgets, file, indent=2, sort_keys=True)
            file.write("\n")
    elif not recorded:
        print(f"nothing is recorded for {options.toolchain}: run with --record")
    return 1 if failed and not options.record else 0


if __name__ == "__main__":
    sys.exit(main())
