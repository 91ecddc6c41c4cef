#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What goes wrong with disks: kill -9 while saving, no space, no directory."""

import os
import random
import resource
import shutil
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, main
from harness.resp import Closed, Error
from harness.server import Server, wait_until

MIB = 1 << 20


def save_is_over(server):
    return server.info("persistence")["rdb_bgsave_in_progress"] == "0"


def temporary_files(server):
    """What a save left behind: everything but the snapshot and the log."""
    return [name for name in os.listdir(server.directory)
            if name not in ("dump.rdb", "server.log")]


class KillTest(unittest.TestCase):
    def test_kill_during_a_save_leaves_a_whole_file(self):
        """The file is always one of the versions that were complete, never a mixture."""
        dice = random.Random(os.environ.get("SKARN_TEST_SEED", "7"))
        keys = 20_000
        with Server() as server:
            for version in range(6):
                with server.connect() as client:
                    client.pipeline([("SET", f"k{n}", f"{version}:" + "x" * 500)
                                     for n in range(keys)])
                    if version == 0:
                        self.assertEqual(client("SAVE"), OK)
                        continue
                    client("BGSAVE")
                    time.sleep(dice.random() * 0.1)  # The moment of the kill is the test.
                server.kill()
                server.start()
                with server.connect() as client:
                    self.assertEqual(client("DBSIZE"), keys)
                    found = {value.split(b":")[0]
                             for value in client("MGET", *[f"k{n}" for n in range(keys)])}
                    self.assertEqual(len(found), 1, found)
                    self.assertLessEqual(int(found.pop()), version)

    def test_sigterm_under_load_loses_nothing_acknowledged(self):
        with Server("--save", "3600 1") as server:
            acknowledged = [0] * 4

            def write(index):
                try:
                    with server.connect() as client:
                        while True:
                            reply = client("INCR", f"n{index}")
                            if isinstance(reply, Error):
                                return
                            acknowledged[index] = reply
                except (Closed, OSError):
                    pass

            writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
            for writer in writers:
                writer.start()
            wait_until(lambda: min(acknowledged) > 200)
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait_exit(), 0)
            for writer in writers:
                writer.join()
            server.start()
            with server.connect() as client:
                for index, last in enumerate(acknowledged):
                    # A last command may have run without its reply having arrived.
                    self.assertIn(int(client("GET", f"n{index}")), (last, last + 1))


class FullDiskTest(unittest.TestCase):
    def setUp(self):
        self.server = Server("--save", "3600 100000000", limits={resource.RLIMIT_FSIZE: MIB})
        self.addCleanup(self.server.close)
        self.client = self.server.connect()
        self.addCleanup(self.client.close)

    def fill(self, kilobytes):
        dice = random.Random(1)
        self.client.pipeline([("SET", f"k{n}", dice.randbytes(1000)) for n in range(kilobytes)])

    def bgsave(self):
        reply = self.client("BGSAVE")
        self.assertNotIsInstance(reply, Error)
        wait_until(lambda: save_is_over(self.server))
        return self.server.info("persistence")["rdb_last_bgsave_status"]

    def test_a_failed_save_keeps_the_old_file_and_stops_writes(self):
        for saver_count in (1, 3):
            with self.subTest(saver_count=saver_count):
                self.client("FLUSHALL")
                self.client("CONFIG", "SET", "save-threads", saver_count)
                self.check_a_failed_save()

    def check_a_failed_save(self):
        self.fill(100)
        self.assertEqual(self.bgsave(), "ok")
        with open(self.server.path("dump.rdb"), "rb") as file:
            before = file.read()
        self.fill(3000)
        self.assertEqual(self.bgsave(), "err")
        with open(self.server.path("dump.rdb"), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(temporary_files(self.server), [])

        refused = self.client("SET", "a", "1")
        self.assertIsInstance(refused, Error)
        self.assertEqual(refused.code, "MISCONF")
        self.assertEqual(len(self.client("GET", "k1")), 1000)
        self.client("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        self.assertEqual(self.client("SET", "a", "1"), OK)
        self.client("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
        self.assertEqual(self.client("SET", "a", "2").code, "MISCONF")

        self.client("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        self.client("FLUSHALL")
        self.client("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
        self.client("SET", "b", "1")
        self.assertEqual(self.bgsave(), "ok")
        self.assertEqual(self.client("SET", "a", "2"), OK)

    def test_save_says_that_it_failed(self):
        self.fill(3000)
        self.assertIsInstance(self.client("SAVE"), Error)
        self.assertFalse(os.path.exists(self.server.path("dump.rdb")))
        self.assertEqual(len(self.client("GET", "k1")), 1000)

    def test_a_shutdown_that_cannot_save_does_not_happen(self):
        self.fill(3000)
        reply = self.client("SHUTDOWN", "SAVE")
        self.assertIsInstance(reply, Error)
        self.assertEqual(len(self.client("GET", "k1")), 1000)


class NoDirectoryTest(unittest.TestCase):
    def test_a_lost_directory_is_reported_and_the_server_goes_on(self):
        with Server() as server, server.connect() as client:
            client("SET", "a", "1")
            log = server.log_text()
            shutil.rmtree(server.directory)
            client("BGSAVE")
            wait_until(lambda: save_is_over(server))
            self.assertEqual(server.info("persistence")["rdb_last_bgsave_status"], "err")
            self.assertIsInstance(client("SAVE"), Error)
            self.assertEqual(client("GET", "a"), b"1")
            self.assertTrue(log)


if __name__ == "__main__":
    main()
