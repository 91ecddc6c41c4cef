#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""SIGHUP: the configuration file is read once more, and all of it counts or nothing."""

import multiprocessing
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, main
from harness.notify import Manager
from harness.resp import Error
from harness.server import Server, default_command, free_port, parse_info, wait_until

RELOADS = 1000


class FileServer(Server):
    """A server with the configuration file main.conf in its directory, or `file`."""

    def __init__(self, text="", *options, file=None, start=True, **rest):
        super().__init__(*options, start=False, **rest)
        self.file = file or self.path("main.conf")
        self.reload_count = 0
        self.port_stands_in_file = False
        self.write(text)
        if start:
            self.start()

    def write(self, text, name="main.conf"):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def arguments(self):
        words = super().arguments()
        at = words.index("--port")
        rest = words[at + 2:] if self.port_stands_in_file else words[at:]
        return words[:at] + [self.file] + rest

    def reload(self, client=None):
        """Asks for a reload and returns its outcome, which `client` hears of, or a new one."""
        self.process.send_signal(signal.SIGHUP)
        self.reload_count += 1

        def is_over():
            info = parse_info(client("INFO", "skarn")) if client else self.info("skarn")
            done = int(info["config_reloads"]) + int(info["config_reloads_refused"])
            return info["config_last_reload"] if done == self.reload_count else None
        return wait_until(is_over)


def values(client, *names):
    reply = client("CONFIG", "GET", *names)
    return {k.decode(): v.decode() for k, v in zip(reply[::2], reply[1::2])}


class ReloadCase(unittest.TestCase):
    def start(self, text="", *options, **rest):
        self.server = FileServer(text, *options, **rest)
        self.addCleanup(self.server.close)
        self.client = self.server.connect()
        self.addCleanup(self.client.close)

    def expect_values(self, **expected):
        expected = {name.replace("_", "-"): value for name, value in expected.items()}
        self.assertEqual(values(self.client, *expected), expected)


class ReloadTest(ReloadCase):
    def test_new_values_come_into_force(self):
        self.start("maxmemory 100mb\nsave 100 1\nhz 20\n")
        self.server.write("maxmemory 200mb\nsave 100 1\nsave 50 2\n"
                          "client-output-buffer-limit pubsub 1mb 1mb 10\n")
        self.assertEqual(self.server.reload(),
                         "reloaded: client-output-buffer-limit, hz, maxmemory")
        # The test's own option --save stands above the file.
        self.expect_values(maxmemory="209715200", hz="10", save="")
        self.assertEqual(self.server.info("memory")["maxmemory"], "209715200")
        self.assertIn("Configuration reloaded, changed: client", self.server.log_text())
        self.assertEqual(self.server.reload(), "reloaded, nothing has changed")

    def test_the_command_line_stays_above_the_file(self):
        self.start("hz 20\n", "--hz", "30")
        self.server.write("hz 40\ntimeout 5\n")
        self.assertEqual(self.server.reload(), "reloaded: timeout")
        self.expect_values(hz="30", timeout="5")

    def test_the_file_wins_over_config_set(self):
        self.start("hz 20\n")
        self.assertEqual(self.client("CONFIG", "SET", "hz", "50", "timeout", "7"), OK)
        self.assertEqual(self.server.reload(), "reloaded: hz, timeout")
        self.expect_values(hz="20", timeout="0")
        # What CONFIG REWRITE has written is in the file, and stays.
        self.assertEqual(self.client("CONFIG", "SET", "timeout", "7"), OK)
        self.assertEqual(self.client("CONFIG", "REWRITE"), OK)
        self.assertEqual(self.server.reload(), "reloaded, nothing has changed")
        self.expect_values(timeout="7")

    def test_a_broken_file_changes_nothing(self):
        self.start("maxmemory 100mb\nhz 20\n")
        file = self.server.file
        for text, reason in (
                ("hz 30\nmaxmemory lots\n",
                 f"line 2 of {file}: maxmemory: argument must be a memory value"),
                ("hz 30\n\nnosuch 1\n",
                 f"line 3 of {file}: nosuch: Bad directive or wrong number of arguments"),
                ("hz 30\ntimeout 1 2\n", f"line 2 of {file}: timeout: wrong number of arguments"),
                ("hz 30\nloglevel \"de\n",
                 f"line 2 of {file}: loglevel: Unbalanced quotes in configuration line"),
                ("hz 30\nappendonly yes\n", f"line 2 of {file}: appendonly: "),
                ("hz 30\ninclude nosuch.conf\n",
                 f"line 2 of {file}: include: can't open '{self.server.directory}/nosuch.conf': "
                 "No such file"),
                ("hz 30\nrequirepass se cret\n",
                 f"line 2 of {file}: requirepass: wrong number of arguments")):
            with self.subTest(text=text):
                self.server.write(text)
                outcome = self.server.reload()
                self.assertEqual(outcome[:len(reason) + 16], "reload refused: " + reason)
                self.assertIn(reason, self.server.log_text())
                self.expect_values(maxmemory="104857600", hz="20")
        self.assertNotIn("cret", self.server.log_text())
        os.unlink(self.server.file)
        self.assertIn("can't open config file", self.server.reload())
        self.server.write("hz 30\n")
        self.assertEqual(self.server.reload(), "reloaded: hz, maxmemory")

    def test_what_needs_a_restart_is_refused_and_listed(self):
        self.start("hz 20\ndatabases 16\n")
        self.server.write("hz 30\ndatabases 20\nunixsocketperm 700\ntcp-backlog 100\n"
                          "rename-command FLUSHDB gone\n")
        self.assertEqual(self.server.reload(),
                         "reload refused: only a restart can change databases, tcp-backlog, "
                         "unixsocketperm, rename-command")
        self.expect_values(hz="20", databases="16", tcp_backlog="511")
        self.server.write("hz 30\n")
        self.assertEqual(self.server.reload(), "reloaded: hz")

    def test_the_number_of_workers_needs_a_restart_unless_it_is_automatic(self):
        for before, after, is_fine in (("", "io-threads 0\n", True), ("", "io-threads 9\n", False),
                                       ("io-threads 2\n", "", False)):
            with self.subTest(before=before, after=after):
                with FileServer(before, start=False) as server:
                    server.io_threads = None  # As an option it would stand above the file.
                    server.start()
                    server.write(after)
                    outcome = server.reload()
                    if is_fine:
                        self.assertEqual(outcome, "reloaded, nothing has changed")
                    else:
                        self.assertIn("only a restart can change io-threads", outcome)

    def test_a_directive_that_goes_leaves_its_place_to_the_profile(self):
        self.start("prefetch-batch-max-size 5\nhz 20\n", "--profile", "c6i")
        name = "setting_prefetch-batch-max-size"
        given = "value=5,origin=file,left_alone=the configuration says otherwise"
        self.assertEqual(self.server.info("machine")[name], given)
        self.server.write("hz 20\n")
        self.assertEqual(self.server.reload(), "reloaded: prefetch-batch-max-size")
        self.expect_values(prefetch_batch_max_size="12")
        self.assertRegex(self.server.info("machine")[name],
                         "^value=12,origin=profile,reason=[^,]+")
        self.server.write("prefetch-batch-max-size 5\nhz 20\n")
        self.assertEqual(self.server.reload(), "reloaded: prefetch-batch-max-size")
        self.assertEqual(self.server.info("machine")[name], given)

    def test_a_hook_that_refuses_undoes_the_others(self):
        self.start("loglevel notice\nproc-title-template {title}\n")
        self.server.write("loglevel debug\nrequirepass new\nmaxclients 100000000\n")
        outcome = self.server.reload(self.client)  # Others may need a password now.
        if outcome.startswith("reload refused: maxclients: "):  # Not as root without limits.
            self.expect_values(loglevel="notice", requirepass="", maxclients="10000",
                               proc_title_template="{title}")
            with self.server.connect() as stranger:
                self.assertEqual(stranger("SET", "a", "1"), OK)

    def test_password(self):
        self.start("")
        self.server.write("requirepass first\n")
        self.assertEqual(self.client("SET", "a", "1"), OK)
        self.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: values(self.client, "requirepass") == {"requirepass": "first"})
        self.assertEqual(self.client("GET", "a"), b"1")  # Those inside stay.
        with self.server.connect() as stranger:
            self.assertEqual(stranger("GET", "a").code, "NOAUTH")
            self.server.write("")
            self.server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: stranger("GET", "a") == b"1")
        self.assertNotIn("first", self.server.log_text())

    def test_includes_are_found_anew(self):
        # The file's own path is relative too, and the server's directory another one.
        server = FileServer("include conf.d/*.conf\ninclude one.conf\n", file="main.conf",
                            start=False)
        self.addCleanup(server.close)
        os.makedirs(server.path("conf.d"))
        os.makedirs(server.path("data"))
        server.write("hz 20\n", "one.conf")
        server.options += ["--dir", "data"]
        server.start()
        self.client = server.connect()
        self.addCleanup(self.client.close)
        self.expect_values(dir=os.path.realpath(server.path("data")))
        server.write("timeout 5\n", "conf.d/a.conf")
        server.write("timeout 6\nhz 20\n", "conf.d/b.conf")
        server.write("hz 30\n", "one.conf")
        self.assertEqual(server.reload(), "reloaded: hz, timeout")
        self.expect_values(timeout="6", hz="30", dir=os.path.realpath(server.path("data")))
        os.unlink(server.path("conf.d/b.conf"))
        self.assertEqual(server.reload(), "reloaded: timeout")
        server.write("nonsense\n", "conf.d/c.conf")
        self.assertIn("line 1 of ", server.reload())

    def test_a_link_to_another_file_is_followed(self):
        """As Kubernetes replaces the files of a ConfigMap."""
        directory = self.enterContext(Manager()).directory.name
        for name, text in (("old", "hz 20\n"), ("new", "hz 30\n")):
            os.mkdir(os.path.join(directory, name))
            with open(os.path.join(directory, name, "x.conf"), "w", encoding="ascii") as file:
                file.write(text)
        link = os.path.join(directory, "data")
        os.symlink("old", link)
        self.start("", file=os.path.join(link, "x.conf"))
        self.expect_values(hz="20")
        os.unlink(link)
        os.unlink(os.path.join(directory, "old", "x.conf"))
        os.symlink("new", link)
        self.assertEqual(self.server.reload(), "reloaded: hz")

    def test_port(self):
        old, new = free_port(), free_port()
        self.server = FileServer(f"port {old}\n", start=False)
        self.addCleanup(self.server.close)
        self.server.port_stands_in_file = True
        self.server.port = old
        self.server.spawn()
        wait_until(self.server.is_ready)
        with self.server.connect() as inside:
            self.server.write(f"port {new}\n")
            self.server.process.send_signal(signal.SIGHUP)
            self.server.port = new
            wait_until(self.server.is_ready)
            self.assertEqual(inside("PING"), "PONG")
            self.assertEqual(values(inside, "port"), {"port": str(new)})

    def test_without_a_file_there_is_nothing_to_reload(self):
        with Server() as server, server.connect() as client:
            self.assertEqual(client("CONFIG", "SET", "hz", "50"), OK)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "nothing to reload" in server.log_text())
            self.assertEqual(values(client, "hz"), {"hz": "50"})
            self.assertEqual(server.info("skarn")["config_last_reload"], "none")

    def test_the_manager_hears_of_it(self):
        manager = self.enterContext(Manager())
        self.start("hz 20\n", "--supervised", "systemd",
                   environment={"NOTIFY_SOCKET": manager.address})
        for count, (text, outcome) in enumerate((("hz 30\n", "configuration reloaded: hz"),
                                                 ("hz x\n", "configuration reload refused: line 1"),
                                                 ("hz 30\n", "nothing has changed")), 1):
            self.server.write(text)
            before = time.monotonic()
            self.server.process.send_signal(signal.SIGHUP)
            ready = manager.wait_for("READY", count + 1)
            self.assertIn(outcome, ready["STATUS"])
            self.assertIn(str(self.server.port), ready["STATUS"])
            reloading = manager.having("RELOADING")
            self.assertEqual(len(reloading), count)
            self.assertLess(manager.messages.index(reloading[-1]), manager.messages.index(ready))
            # CLOCK_MONOTONIC, which is one for the whole machine.
            told = int(reloading[-1]["MONOTONIC_USEC"]) / 1e6
            self.assertTrue(before - 1e-6 <= told <= reloading[-1].time)

    def test_a_failed_config_set_lets_nobody_in(self):
        self.start("requirepass secret\n")
        self.client("AUTH", "secret")
        with self.server.connect() as stranger:
            self.assertEqual(stranger("GET", "a").code, "NOAUTH")
            reply = self.client("CONFIG", "SET", "requirepass", "", "bind", "203.0.113.1")
            self.assertIsInstance(reply, Error)
            self.assertEqual(stranger("GET", "a").code, "NOAUTH")


class RequestTest(ReloadCase):
    """skarn-server --reload PID waits for the outcome."""

    def request(self, process_id=None, status=0):
        done = subprocess.run([*shlex.split(default_command()), "--reload",
                               str(process_id or self.server.process.pid)],
                              capture_output=True, text=True, timeout=90, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_tells_the_outcome(self):
        self.start("hz 20\n")
        self.assertEqual(self.request(), "configuration reloaded, nothing has changed\n")
        self.server.write("hz 30\nmaxmemory 10mb\n")
        self.assertEqual(self.request(), "configuration reloaded: hz, maxmemory\n")
        self.expect_values(hz="30")

    def test_fails_with_the_reason(self):
        self.start("hz 20\n")
        for line, reason in (("no-such-directive 1", "main.conf: no-such-directive: Bad directive"),
                             ("databases 33", "only a restart can change databases")):
            self.server.write(f"hz 30\n{line}\n")
            self.assertIn(reason, self.request(status=1))
            self.expect_values(hz="20")

    def test_several_at_once_are_all_answered(self):
        self.start("hz 20\n")
        words = [*shlex.split(default_command()), "--reload", str(self.server.process.pid)]
        asking = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in range(20)]
        self.assertEqual([one.wait(90) for one in asking], [0] * len(asking))

    def test_asks_for_one_process_id(self):
        for words in ((), ("2", "3")):
            done = subprocess.run([*shlex.split(default_command()), "--reload", *words],
                                  capture_output=True, text=True, timeout=90, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (1, "", "Usage: skarn-server --reload PID\n"))

    def test_what_is_no_server(self):
        self.start()
        for process_id in ("0", "-1", "1", "x", "99999999999"):
            self.assertIn("no process id of a server", self.request(process_id, status=1))
        self.server.stop()
        self.assertIn("No such process", self.request(status=1))

    def test_somebody_else_at_the_address_hears_nothing(self):
        self.start("hz 20\n")
        # One listens at the address of another process, which sends the signal.
        script = f"read -r _; kill -HUP {self.server.process.pid}; read -r _"
        sender = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(f"\0skarn-reload-{sender.pid}")
            listener.listen()
            listener.settimeout(30)
            sender.stdin.write(b"\n")
            sender.stdin.flush()
            answerer, _ = listener.accept()
            with answerer:
                self.assertEqual(answerer.recv(4096), b"")
        sender.communicate(b"\n", 30)


class LoadTest(unittest.TestCase):
    """Reloads while clients work: no command fails, no connection is lost."""

    TEXTS = ("maxmemory 512mb\nloglevel notice\nslowlog-log-slower-than 10000\nsave 900 1\n",
             "maxmemory 600mb\nloglevel verbose\nslowlog-log-slower-than 0\nslowlog-max-len 20\n"
             "maxmemory-policy allkeys-lru\nnotify-keyspace-events KEA\nhash-max-listpack-value 8\n"
             "requirepass x\n",
             "maxmemory nonsense\n")

    def setUp(self):
        self.manager = self.enterContext(Manager())
        self.server = FileServer(self.TEXTS[0], "--supervised", "systemd",
                                 environment={"NOTIFY_SOCKET": self.manager.address})
        self.addCleanup(self.server.close)
        # Processes: threads would take the interpreter from the one that asks for reloads.
        self.failures = multiprocessing.SimpleQueue()
        self.is_over = multiprocessing.Event()
        self.counts = multiprocessing.Array("q", 4, lock=False)

    def work(self, index):
        try:
            with self.server.connect() as client:
                while not self.is_over.is_set():
                    batch = []
                    for n in range(10):
                        batch += [("INCR", f"n{index}"), ("SET", f"k{n}", "v" * 100),
                                  ("HSET", f"h{index}", f"f{n}", "v" * n), ("GET", f"k{n}")]
                    replies = client.pipeline(batch)
                    bad = [reply for reply in replies if isinstance(reply, Error)]
                    if bad:
                        raise AssertionError(bad[0])
                    self.counts[index] += 10
                    if int(client("GET", f"n{index}")) != self.counts[index]:
                        raise AssertionError("a lost INCR")
                    time.sleep(0.001)  # Some 100,000 commands a second are load enough.
        except Exception as error:  # pylint: disable=broad-except
            self.failures.put(f"{type(error).__name__}: {error}")

    def test_reloads_under_load(self):
        self.server.write(self.TEXTS[1])
        workers = [multiprocessing.Process(target=self.work, args=(n,)) for n in range(4)]
        for worker in workers:
            worker.start()
        try:
            wait_until(lambda: not self.failures.empty() or min(self.counts) > 0)
            for n in range(RELOADS):
                self.server.write(self.TEXTS[(n + 1) % len(self.TEXTS)], "next.conf")
                os.rename(self.server.path("next.conf"), self.server.file)
                self.server.process.send_signal(signal.SIGHUP)
                self.manager.wait_for("READY", n + 2)
                if not self.failures.empty():
                    break
        finally:
            self.is_over.set()
            for worker in workers:
                worker.join()
        self.assertTrue(self.failures.empty(), self.failures.empty() or self.failures.get())
        with self.server.connect() as client:
            client("AUTH", "x")
            info = client("INFO", "everything").decode()
        done = [int(line.split(":")[1]) for line in info.splitlines()
                if line.startswith(("config_reloads:", "config_reloads_refused:"))]
        self.assertEqual(sum(done), RELOADS)
        self.assertEqual(done[1], RELOADS // 3)


if __name__ == "__main__":
    main()
