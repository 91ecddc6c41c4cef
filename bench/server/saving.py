#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long SAVE, BGSAVE and the load take, of the same data, with one saving thread and more.

    saving.py [--server build/release/bin/skarn-server] [--keys 400000] [--dir FOLDER]
              [--threads 1,2,4] [--rounds 3] [--repetitive]

Starts a server of its own (any that takes the options of a stock one; those that know no
save-threads are measured as they are) with values of 1000 bytes, which compress only with
--repetitive. With the folder on a disk it is mostly the disk that is measured; one in memory, say
/dev/shm, shows what the server itself takes. The best of the rounds, in seconds.
"""
import argparse
import os
import random
import shlex
import shutil
import subprocess
import tempfile
import time

from churn import Connection

PORT = 7790
BATCH = 1000


def start(server, folder):
    process = subprocess.Popen([*shlex.split(server), "--port", str(PORT), "--save", "", "--dir",
                                folder, "--loglevel", "warning", "--daemonize", "no"])
    while True:
        try:
            return process, Connection(PORT)
        except OSError:
            time.sleep(0.01)


def fill(connection, keys, repetitive):
    dice = random.Random(1)
    words = [dice.randbytes(50) for _ in range(200)]
    for first in range(0, keys, BATCH):
        connection.pipeline([
            Connection.encode("SET", f"key:{i:012d}", b"".join(
                words[(i * 7 + (j % 5 if repetitive else j) * 13) % 200] for j in range(20)))
            for i in range(first, min(keys, first + BATCH))])


def seconds(action):
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


def save_beside(connection):
    connection.pipeline([Connection.encode("BGSAVE")])
    while connection.info()["rdb_bgsave_in_progress"] != "0":
        time.sleep(0.005)


def wait_until_loaded(connection):
    while connection.info()["loading"] != "0":
        time.sleep(0.005)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="build/release/bin/skarn-server")
    parser.add_argument("--keys", type=int, default=400_000)
    parser.add_argument("--dir", help="a folder to make a temporary one in")
    parser.add_argument("--threads", default="1,2,4")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitive", action="store_true")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="skarn-bench-", dir=options.dir)
    process, connection = start(options.server, folder)
    try:
        fill(connection, options.keys, options.repetitive)
        for threads in options.threads.split(","):
            try:
                connection.pipeline([Connection.encode("CONFIG", "SET", "save-threads", threads)])
            except RuntimeError:
                threads = "-"
            at_once = min(seconds(lambda: connection.pipeline([Connection.encode("SAVE")]))
                          for _ in range(options.rounds))
            beside = min(seconds(lambda: save_beside(connection)) for _ in range(options.rounds))
            size = os.path.getsize(os.path.join(folder, "dump.rdb"))
            print(f"threads {threads:>2}  SAVE {at_once:6.2f}  BGSAVE {beside:6.2f}  "
                  f"{size / 1e6:.1f} MB", flush=True)
            if threads == "-":
                break
        process.kill()
        process.wait()
        begun = time.monotonic()
        process, connection = start(options.server, folder)
        wait_until_loaded(connection)
        print(f"load {time.monotonic() - begun:6.2f}")
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
