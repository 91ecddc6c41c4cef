#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""CONFIG, configuration files and the command line."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, SYNTAX, OwnServersTest, ServerTest, arity, err, main
from harness.server import Server


def failed(name, why):
    return err(f"CONFIG SET failed (possibly related to argument '{name}') - {why}")


class ConfigTest(ServerTest):
    def get(self, *names):
        flat = self.do(["CONFIG", "GET", *names])
        return {k.decode(): v.decode() for k, v in zip(flat[::2], flat[1::2])}

    def test_get(self):
        self.assertEqual(self.get("maxmemory"), {"maxmemory": "0"})
        self.assertEqual(self.get("MAXMEMORY", "hz"), {"MAXMEMORY": "0", "hz": "10"})
        self.assertEqual(self.get("nosuch"), {})
        globbed = self.get("maxmemory*")
        self.assertTrue({"maxmemory", "maxmemory-policy", "maxmemory-samples"} <= set(globbed))
        self.assertGreater(len(self.get("*")), 150)
        self.assertEqual(self.get("hash-max-ziplist-entries"), {"hash-max-ziplist-entries": "512"})
        self.expect("CONFIG GET", arity("config|get"))

    def test_get_resp3(self):
        client = self.connect(3)
        self.assertEqual(client("CONFIG", "GET", "hz"), {b"hz": b"10"})

    def test_set(self):
        self.expect("CONFIG SET maxmemory 100mb", OK)
        self.assertEqual(self.get("maxmemory"), {"maxmemory": "104857600"})
        self.expect("CONFIG SET maxmemory 0 maxmemory-policy allkeys-lru", OK)
        self.assertEqual(self.get("maxmemory-policy"), {"maxmemory-policy": "allkeys-lru"})
        self.expect("CONFIG SET maxmemory-policy noeviction", OK)
        self.expect(["CONFIG", "SET", "save", "60 1 3600 2"], OK)
        self.assertEqual(self.get("save"), {"save": "60 1 3600 2"})
        self.expect(["CONFIG", "SET", "save", ""], OK)
        self.assertEqual(self.get("save"), {"save": ""})

    def test_set_is_all_or_nothing(self):
        self.expect("CONFIG SET hz 50 maxmemory nonsense", failed(
            "maxmemory", "argument must be a memory value"))
        self.assertEqual(self.get("hz"), {"hz": "10"})

    def test_set_errors(self):
        self.expect_all(
            ("CONFIG SET nosuch 1",
             err("Unknown option or number of arguments for CONFIG SET - 'nosuch'")),
            (["CONFIG", "SET", b"no\x00such", "1"],
             err("Unknown option or number of arguments for CONFIG SET - 'no'")),
            ("CONFIG SET hz", arity("config|set")),
            ("CONFIG SET hz 1 maxmemory", SYNTAX),
            ("CONFIG SET hz 1 hz 2", failed("hz", "duplicate parameter")),
            ("CONFIG SET maxmemory-policy what", failed(
                "maxmemory-policy", "argument(s) must be one of the following: volatile-lru, "
                "volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, "
                "allkeys-random, noeviction")),
            ("CONFIG SET maxclients 0",
             failed("maxclients", "argument must be between 1 and 4294967295 inclusive")),
            ("CONFIG SET lazyfree-lazy-expire maybe",
             failed("lazyfree-lazy-expire", "argument must be 'yes' or 'no'")),
            ("CONFIG SET databases 5", failed("databases", "can't set immutable config")),
            ("CONFIG SET port 70000",
             failed("port", "argument must be between 0 and 65535 inclusive")),
            ("CONFIG WHAT", err("unknown subcommand 'WHAT'. Try CONFIG HELP.")),
        )

    def test_resetstat(self):
        self.do("SET a 1")
        self.do("GET a")
        self.assertNotEqual(self.server.info()["keyspace_hits"], "0")
        self.expect("CONFIG RESETSTAT", OK)
        self.assertEqual(self.server.info()["keyspace_hits"], "0")

    def test_resetstat_keeps_denied_logins(self):
        self.expect_error("AUTH nobody x", "WRONGPASS")
        before = self.server.info("stats")["acl_access_denied_auth"]
        self.assertNotEqual(before, "0")
        self.expect("CONFIG RESETSTAT", OK)
        self.assertEqual(self.server.info("stats")["acl_access_denied_auth"], before)

    def test_get_sorts_names(self):
        found = self.do("CONFIG GET slaveof hz replicaof TIMEOUT")
        self.assertEqual(found[::2], [b"TIMEOUT", b"hz", b"replicaof", b"slaveof"])

    def test_io_threads_stay(self):
        workers = int(self.server.info()["workers"])
        self.expect_all(
            (f"CONFIG SET io-threads {workers}", OK),
            ("CONFIG SET io-threads 0",
             failed("io-threads", "argument must be between 1 and 256 inclusive")),
            (f"CONFIG SET io-threads {workers + 1}",
             failed("io-threads", "the number of workers is fixed while the server runs")),
        )

    def test_what_does_not_work_is_refused(self):
        for name, reason in (("tls-cluster", "TLS does not work yet"),
                             ("tls-replication", "TLS does not work yet"),
                             ("import-mode", "import mode does not work yet")):
            self.expect(f"CONFIG SET {name} yes", failed(name, reason))
            self.expect(f"CONFIG SET {name} no", OK)

    def test_rewrite_without_a_file(self):
        self.expect("CONFIG REWRITE", err("The server is running without a config file"))


class FileTest(OwnServersTest):
    """Servers started from a file; the class's own server is not used."""

    def setUp(self):
        self.server = Server(start=False)
        self.addCleanup(self.server.close)

    def write(self, name, text):
        path = self.server.path(name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def start_with(self, text, *options):
        path = self.write("server.conf", text)
        self.server.command.append(path)
        self.server.options = list(options)
        self.server.start()
        return self.server.connect()

    def test_reads_a_file_with_quotes_comments_and_includes(self):
        self.write("more.conf", "maxmemory 5mb\nhz 20\n")
        with self.start_with("# a comment\n\nhz 30\n"
                             f"include {self.server.path('mo*.conf')}\n"
                             'requirepass "pass \\x41\\" word"\n'
                             "maxmemory-policy 'allkeys-lfu'\n") as client:
            self.assertEqual(client("AUTH", 'pass A" word'), OK)
            self.assertEqual(client("CONFIG", "GET", "hz")[1], b"20")
            self.assertEqual(client("CONFIG", "GET", "maxmemory")[1], b"5242880")
            self.assertEqual(client("CONFIG", "GET", "maxmemory-policy")[1], b"allkeys-lfu")

    def test_the_command_line_comes_last(self):
        with self.start_with("hz 30\n", "--hz", "40", "--maxmemory-samples", "7") as client:
            self.assertEqual(client("CONFIG", "GET", "hz")[1], b"40")
            self.assertEqual(client("CONFIG", "GET", "maxmemory-samples")[1], b"7")

    def test_binding_to_nothing_closes_the_port(self):
        client = self.start_with("maxclients 100\n")
        self.addCleanup(client.close)
        self.assertEqual(client("CONFIG", "SET", "bind", ""), OK)
        self.assertRaises(OSError, self.server.connect)
        self.assertEqual(client("CONFIG", "SET", "bind", "127.0.0.1"), OK)
        self.server.connect().close()

    def test_rewrite_keeps_comments_and_order(self):
        text = "# first\nhz 30\n\n# second\nmaxmemory-samples 6\n"
        with self.start_with(text) as client:
            self.assertEqual(client("CONFIG", "SET", "hz", "50", "timeout", "77"), OK)
            self.assertEqual(client("CONFIG", "REWRITE"), OK)
        with open(self.server.path("server.conf"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[:5], ["# first", "hz 50", "", "# second", "maxmemory-samples 6"])
        self.assertIn("timeout 77", lines)
        self.server.restart()
        with self.server.connect() as client:
            self.assertEqual(client("CONFIG", "GET", "timeout")[1], b"77")

    def test_a_renamed_container_names_itself(self):
        with self.start_with("rename-command CONFIG cfg\n") as client:
            self.assertEqual(client("cfg", "foo"),
                             err("unknown subcommand 'foo'. Try CFG HELP."))

    def run_refused(self, *arguments, text=None):
        """Runs the server until it ends; returns (exit code, output)."""
        words = list(self.server.command)
        if text is not None:
            words.append(self.write("bad.conf", text))
        done = subprocess.run([*words, *arguments], cwd=self.server.directory, timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def test_refuses_what_it_does_not_understand(self):
        for text, line in [("hz 10\nnosuch 1\n", 2), ("\n\nmaxmemory x\n", 3), ("hz\n", 1),
                           ("maxmemory-policy what\n", 1), ("hz 10 20\n", 1),
                           ('requirepass "open\n', 1), ("port 70000\n", 1)]:
            with self.subTest(text=text):
                code, output = self.run_refused(text=text)
                self.assertEqual(code, 1, output)
                self.assertRegex(output, rf"(?i)(line\D*|:){line}\b")
        code, output = self.run_refused("--nosuch", "1")
        self.assertEqual(code, 1, output)
        code, output = self.run_refused("/does/not/exist.conf")
        self.assertEqual(code, 1, output)

    def test_a_check_refuses_what_the_start_refuses(self):
        """And with the same text; the start may have logged something before."""
        taken = "Target command name already exists"
        unknown = "No such command in rename-command"
        nowhere = "Configured to not listen anywhere, exiting."
        for text, why in [
            ("rename-command NOSUCH x\n", unknown),
            ("rename-command GET SET\n", taken),
            ('rename-command CONFIG ""\nrename-command CONFIG X\n', unknown),
            ("rename-command GET FETCH\nrename-command SET fetch\n", taken),
            ('bind ""\n', nowhere), ("port 0\n", nowhere),
            (f"port 0\nunixsocket /{107 * 'x'}\n", "the path is too long"),
            ("machine-profile nosuch\n", "nosuch"),
        ]:
            with self.subTest(text=text):
                code, output = self.run_refused(text=text)
                self.assertEqual(code, 1, output)
                self.assertIn(why, output)
                code, checked = self.run_refused("--check-config", self.server.path("bad.conf"))
                self.assertEqual(code, 1, checked)
                self.assertIn(why, checked)
                self.assertTrue(output.endswith(checked), (output, checked))

    def test_a_check_accepts_what_the_start_accepts(self):
        for text in ['rename-command CONFIG ""\nrename-command GET CONFIG\n',
                     'bind ""\nunixsocket a.sock\n', "port 0\nunixsocket a.sock\n",
                     f"port 0\nunixsocket /{106 * 'x'}\n", "machine-profile Generic\n"]:
            with self.subTest(text=text):
                path = self.write("good.conf", text)
                self.assertEqual(self.run_refused("--check-config", path),
                                 (0, "The configuration is accepted.\n"))

    def test_a_line_is_shown_whole_whatever_its_bytes(self):
        bad = "Bad directive or wrong number of arguments"
        for text, shown, why in [
            ("port 70\0junk\n", r"port 70\x00junk", "couldn't be parsed into an integer"),
            ("\0\0\0\n", r"\x00\x00\x00", bad),
            ("nosuch \x1b[31m\x7f \r\tä\\\n", "nosuch \\x1b[31m\\x7f \\x0d\tä\\", bad),
            ("rename-command get\0 x\n", r"rename-command get\x00 x",
             "No such command in rename-command"),
        ]:
            for options in ((), ("--check-config",)):
                with self.subTest(text=text, options=options):
                    code, output = self.run_refused(*options, self.write("bad.conf", text))
                    self.assertEqual(code, 1, output)
                    self.assertRegex(output, rf"(?s)\n>>> '{re.escape(shown)}'\n[^\n]*{why}\n$")

    def test_a_path_is_shown_whole_whatever_its_bytes(self):
        code, output = self.run_refused(text="include nosuch\0junk\n")
        self.assertEqual(code, 1, output)
        self.assertIn(r"can't open config file 'nosuch\x00junk': ", output)

    def test_reads_standard_input(self):
        self.server.command += ["-"]
        words = self.server.command + ["--port", "x"]
        done = subprocess.run(words, input=b"nosuch 1\n", cwd=self.server.directory, timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"nosuch", done.stdout)


class DefaultsTest(ServerTest):
    def test_defaults(self):
        flat = self.do("CONFIG GET *")
        values = {k.decode(): v.decode() for k, v in zip(flat[::2], flat[1::2])}
        for name, value in {
            "maxclients": "10000", "timeout": "0", "tcp-keepalive": "300", "databases": "16",
            "dbfilename": "dump.rdb", "maxmemory-policy": "noeviction", "hz": "10",
            "hash-max-listpack-entries": "512", "hash-max-listpack-value": "64",
            "proto-max-bulk-len": "536870912", "client-query-buffer-limit": "1073741824",
            "notify-keyspace-events": "", "appendonly": "no", "rdbcompression": "yes",
            "rdbchecksum": "yes", "stop-writes-on-bgsave-error": "yes", "protected-mode": "yes",
            "client-output-buffer-limit":
                "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
        }.items():
            with self.subTest(name=name):
                self.assertEqual(values.get(name), value)


if __name__ == "__main__":
    main()
