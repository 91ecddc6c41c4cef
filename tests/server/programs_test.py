#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One program under many names: the server, the check of snapshots, and what is missing."""

import os
import shlex
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, ServerTest, main
from harness.server import Server, default_command


class ProgramsTest(ServerTest):
    """The program stands in a folder of the test under the names of all worlds."""

    def setUp(self):
        super().setUp()
        self.client("FLUSHALL")
        self.names = tempfile.TemporaryDirectory(prefix="skarn-test-")
        self.addCleanup(self.names.cleanup)

    def run_as(self, name, *arguments):
        """(exit status, output) of the program under another name."""
        *prefix, program = shlex.split(default_command())
        link = os.path.join(self.names.name, name)
        if not os.path.lexists(link):
            os.symlink(os.path.abspath(program), link)
        done = subprocess.run([*prefix, link, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        return done.returncode, done.stdout

    def snapshot(self):
        self.client("SET", "text", "x" * 1000)
        self.client("SET", "soon", "1", "PX", "1")
        self.client("SET", "late", "1", "EX", "1000")
        self.client("HSET", "hash", "field", "value")
        time.sleep(0.002)
        self.expect("SAVE", OK)
        return os.path.join(self.server.directory, "dump.rdb")

    def test_every_server_name_serves(self):
        for name in ("skarn-server", "valkey-server", "redis-server", "another"):
            status, output = self.run_as(name, "--version")
            self.assertEqual((status, output[:13]), (0, "Skarn server "), name)

    def test_check_rdb_accepts_a_sound_file(self):
        path = self.snapshot()
        for name in ("skarn-check-rdb", "valkey-check-rdb", "redis-check-rdb"):
            status, output = self.run_as(name, path)
            self.assertEqual(status, 0, output)
            self.assertIn("RDB looks OK!", output)
            self.assertIn("Checksum OK", output)
            self.assertRegex(output, r"\[info\] [34] keys read")
            self.assertIn("1 of type", output)

    def test_check_rdb_refuses_spoilt_files(self):
        with open(self.snapshot(), "rb") as file:
            sound = file.read()
        middle = len(sound) // 2
        spoilt = {
            "cut": sound[:middle], "empty": b"", "text": b"save 900 1\n" * 10,
            "turned": sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1:],
            "longer": sound + b"x",
        }
        for name, data in spoilt.items():
            path = os.path.join(self.names.name, name + ".rdb")
            with open(path, "wb") as file:
                file.write(data)
            status, output = self.run_as("skarn-check-rdb", path)
            self.assertEqual(status, 1, name)
            self.assertIn("RDB ERROR DETECTED", output, name)
            self.assertIn("offset", output, name)

    def test_check_rdb_explains_itself(self):
        self.assertEqual(self.run_as("redis-check-rdb", "--help")[0], 0)
        self.assertEqual(self.run_as("redis-check-rdb", "--version")[0], 0)
        for arguments in ((), ("a", "b"), ("--no-such",)):
            status, output = self.run_as("redis-check-rdb", *arguments)
            self.assertEqual(status, 1)
            self.assertIn("Usage", output)
        status, output = self.run_as("redis-check-rdb", "/nonexistent/dump.rdb")
        self.assertEqual(status, 1)
        self.assertIn("No such file", output)

    def test_server_checks_a_configuration_without_starting(self):
        path = os.path.join(self.names.name, "server.conf")
        for text, wanted in (("port 7000\nhz 20\n", 0), ("port 7000\nnonsense 1\n", 1)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            status, output = self.run_as("skarn-server", "--check-config", path, "--port", "1")
            self.assertEqual(status, wanted, output)
            self.assertIn("is accepted" if wanted == 0 else "line 2", output)

    def test_missing_programs_say_so(self):
        status, output = self.run_as("redis-cli", "ping")
        self.assertEqual(status, 1)
        self.assertIn("no cli of its own yet", output)

    def test_environment_gives_defaults_which_files_and_options_override(self):
        os.environ["SKARN_DEFAULTS"] = "protected-mode no\nhz 33"
        self.addCleanup(os.environ.pop, "SKARN_DEFAULTS")
        with Server("--hz", "44") as server:
            client = server.connect()
            self.assertEqual(client("CONFIG", "GET", "protected-mode")[1], b"no")
            self.assertEqual(client("CONFIG", "GET", "hz")[1], b"44")


if __name__ == "__main__":
    main()
