#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a service manager hears, in the protocol of sd_notify."""

import fcntl
import os
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, main
from harness.notify import Manager
from harness.resp import Connection, Error
from harness.server import Server, free_port, wait_until

DEBUG = ("--enable-debug-command", "yes")
SUPERVISED = ("--supervised", "systemd", *DEBUG)
# A save at this delay a key takes some four seconds.
SLOW_KEYS = 40_000
SLOW_SAVE = ("--rdb-key-save-delay", "100")


def under(manager, *options, environment=None, **rest):
    return Server(*options, environment={"NOTIFY_SOCKET": manager.address, **(environment or {})},
                  **rest)


def gaps(messages):
    """The seconds between one and the next."""
    return [b.time - a.time for a, b in zip(messages, messages[1:])]


class NotifyTest(unittest.TestCase):
    def setUp(self):
        self.manager = Manager()
        self.addCleanup(self.manager.close)

    def test_start_and_stop(self):
        for abstract in (False, True):
            with self.subTest(abstract=abstract), Manager(abstract) as manager:
                with under(manager, *SUPERVISED) as server:
                    ready = manager.wait_for("READY")
                    self.assertEqual(ready["READY"], "1")
                    self.assertIn(f"127.0.0.1:{server.port}", ready["STATUS"])
                    self.assertRegex(ready["STATUS"], r"Skarn \d+\.\d+")
                    self.assertEqual(server.info("server")["process_supervised"], "systemd")
                    self.assertEqual(server.stop(), 0)
                self.assertEqual(manager.wait_for("STOPPING")["STOPPING"], "1")
                self.assertEqual(len(manager.having("READY")), 1)
                self.assertEqual(manager.having("WATCHDOG"), [])

    def test_the_status_follows_the_port(self):
        with under(self.manager, *SUPERVISED) as server:
            self.manager.wait_for("READY")
            with server.connect() as client:
                server.port = free_port()
                self.assertEqual(client("CONFIG", "SET", "port", server.port), OK)
            wait_until(lambda: [one for one in self.manager.having("STATUS")
                                if f"127.0.0.1:{server.port}" in one["STATUS"]])

    def test_only_when_asked(self):
        for options in ((), ("--supervised", "no"), ("--supervised", "upstart")):
            with self.subTest(options=options), under(self.manager, *options) as server:
                self.assertEqual(server.info("server")["process_supervised"], "no")
                server.stop()
                self.assertEqual(self.manager.messages, [])
        with under(self.manager, "--supervised", "auto"):
            self.manager.wait_for("READY")

    def test_without_a_manager_the_server_goes_on(self):
        for address in ("", "/no/such/socket", "nonsense", "/" + 200 * "x"):
            with self.subTest(address=address):
                with Server(*SUPERVISED, environment={"NOTIFY_SOCKET": address}) as server:
                    with server.connect() as client:
                        self.assertEqual(client("SET", "a", "1"), OK)
                    complaint = ("NOTIFY_SOCKET" if "/no" not in address else
                                 "notify the service manager")
                    wait_until(lambda: complaint in server.log_text(), what=complaint)

    def test_a_supervised_server_stays_in_the_foreground(self):
        with under(self.manager, *SUPERVISED, "--daemonize", "yes") as server:
            self.manager.wait_for("READY")
            self.assertIsNone(server.process.poll())
            self.assertEqual(server.info("server")["process_id"], str(server.process.pid))

    def test_loading(self):
        with under(self.manager, *SUPERVISED) as server:
            with server.connect() as client:
                client("DEBUG", "POPULATE", "200000", "key", "500")
                self.assertEqual(client("SAVE"), OK)
            server.kill()
            self.manager.messages.clear()
            started = time.monotonic()
            server.start()
            ready = self.manager.wait_for("READY")
            loading = self.manager.having("EXTEND_TIMEOUT_USEC")
            self.assertEqual(self.manager.messages, loading + [ready])
            self.assertGreaterEqual(len(loading), 1)
            # Each comes before the time is over that the one before has asked for.
            times = [started] + [message.time for message in loading + [ready]]
            self.assertLess(max(b - a for a, b in zip(times, times[1:])), 60)
            for message in loading:
                self.assertRegex(message["STATUS"],
                                 r"^Loading the dataset: \d+ % of \d+\.\d MB, \d+ keys$")
                self.assertGreaterEqual(int(message["EXTEND_TIMEOUT_USEC"]), 10_000_000)
            with server.connect() as client:
                self.assertEqual(client("DBSIZE"), 200_000)

    def test_a_signal_ends_the_loading(self):
        with Server(*DEBUG) as server:
            with server.connect() as client:
                client("DEBUG", "POPULATE", SLOW_KEYS, "key", "500")
                self.assertEqual(client("SAVE"), OK)
            server.kill()
            server.options += ("--key-load-delay", "1000")  # 40 seconds.
            size = os.path.getsize(server.path("dump.rdb"))
            old = len(server.log_text())
            server.start(wait=False)
            wait_until(lambda: "Server initialized" in server.log_text()[old:])
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait_exit(), 0)
            self.assertIn("during loading", server.log_text()[old:])
            self.assertEqual(os.path.getsize(server.path("dump.rdb")), size)

    def test_last_save(self):
        with under(self.manager, *SUPERVISED, "--save", "3600 1", *SLOW_SAVE) as server:
            with server.connect() as client:
                client("DEBUG", "POPULATE", SLOW_KEYS)
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait_exit(), 0)
            self.manager.wait_for("STOPPING")
            ready, *saving, stopping = self.manager.messages
            self.assertIn("READY", ready)
            self.assertIn("STOPPING", stopping)
            self.assertGreaterEqual(len(saving), 2)
            for message in saving:
                self.assertRegex(message["STATUS"], r"^Saving the dataset before the end: ")
                self.assertGreaterEqual(int(message["EXTEND_TIMEOUT_USEC"]), 10_000_000)
            self.assertLess(max(gaps([*saving, stopping])), 60)  # What was asked for.

    def test_shutdown_command_saves_alike(self):
        with under(self.manager, *SUPERVISED, *SLOW_SAVE) as server, server.connect() as client:
            client("DEBUG", "POPULATE", SLOW_KEYS)
            client.send("SHUTDOWN", "SAVE")
            self.assertEqual(server.wait_exit(), 0)
            self.manager.wait_for("STOPPING")
            self.assertTrue(self.manager.having("EXTEND_TIMEOUT_USEC"))
            self.assertIn("STOPPING", self.manager.messages[-1])

    def test_a_last_save_that_fails(self):
        with under(self.manager, *SUPERVISED, "--dbfilename", "gone.rdb") as server:
            os.mkdir(server.path("gone.rdb"))  # Which no file can replace.
            with server.connect() as client:
                client("SET", "a", "1")
                self.assertIsInstance(client("SHUTDOWN", "SAVE"), Error)
                wait_until(lambda: "last save failed" in (self.manager.last_status() or ""))
                self.assertEqual(self.manager.having("STOPPING"), [])
                client.send("SHUTDOWN", "SAVE", "FORCE")
                self.assertEqual(server.wait_exit(), 0)
            self.manager.wait_for("STOPPING")
            self.assertIn("STOPPING", self.manager.messages[-1])


class WatchdogTest(unittest.TestCase):
    def setUp(self):
        self.manager = Manager()
        self.addCleanup(self.manager.close)

    def test_alive(self):
        watchdog = {"WATCHDOG_USEC": "400000"}
        started = time.monotonic()
        with under(self.manager, *SUPERVISED, environment=watchdog):
            last = self.manager.wait_for("WATCHDOG", 10)
            # Each half of the time: never more often, and as a rule not more seldom.
            self.assertGreater(last.time - started, 8 * 0.2)
            between = gaps(self.manager.having("WATCHDOG")[:10])
            self.assertTrue(0.1 < sorted(between)[4] < 0.4, between)

    def test_only_for_the_process_that_is_meant(self):
        watchdog = {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}
        with under(self.manager, *SUPERVISED, environment=watchdog) as server:
            with server.connect() as client:
                client("DEBUG", "SLEEP", "0.3")
            self.assertEqual(self.manager.having("WATCHDOG"), [])

    def test_a_worker_that_hangs_is_not_alive(self):
        watchdog = {"WATCHDOG_USEC": "200000"}
        with under(self.manager, *SUPERVISED,
                   environment=watchdog) as server, server.connect() as client:
            self.manager.wait_for("WATCHDOG", 3)
            client("DEBUG", "SLEEP", "1.5")
            count = len(self.manager.having("WATCHDOG"))
            self.manager.wait_for("WATCHDOG", count + 2)
            beats = self.manager.having("WATCHDOG")
            self.assertGreater(max(b.time - a.time for a, b in zip(beats, beats[1:])), 1)

    def test_a_long_save_is_alive(self):
        watchdog = {"WATCHDOG_USEC": "600000"}
        with under(self.manager, *SUPERVISED, *SLOW_SAVE, "--rdbcompression", "no",
                   environment=watchdog) as server, server.connect() as client:
            # Each megabyte of the file is a sign of life.
            client("DEBUG", "POPULATE", SLOW_KEYS, "key", 1000)
            started = time.monotonic()
            self.assertEqual(client("SAVE"), OK)
            ended = time.monotonic()
            beats = [beat for beat in self.manager.having("WATCHDOG")
                     if started + 0.5 < beat.time < ended - 0.1]
            self.assertGreater(len(beats), 1)


class CredentialsTest(unittest.TestCase):
    """LoadCredential=skarn-password:... gives the password."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="skarn-secret-"))
        self.environment = {"CREDENTIALS_DIRECTORY": self.directory}
        self.file = os.path.join(self.directory, "skarn-password")

    def give(self, data):
        with open(self.file, "wb") as file:
            file.write(data)

    def start(self, *options, **rest):
        server = Server(*options, environment=self.environment, **rest)
        self.addCleanup(server.close)
        return server

    def password(self, client):
        return client("CONFIG", "GET", "requirepass")[1].decode()

    def test_it_gives_the_password(self):
        self.give(b"very secret\n")
        server = self.start(start=False)
        conf = server.path("x.conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write("hz 20\n")
        server.command.append(conf)
        server.start()
        with server.connect() as client:
            self.assertEqual(client("GET", "a").code, "NOAUTH")
            self.assertEqual(client("AUTH", "very secret"), OK)
            self.assertEqual(self.password(client), "very secret")
            # It stays out of the file, but what is set by hand gets there.
            self.assertEqual(client("CONFIG", "SET", "hz", "30"), OK)
            self.assertEqual(client("CONFIG", "REWRITE"), OK)
            with open(conf, encoding="ascii") as file:
                text = file.read()
            self.assertIn("hz 30", text)
            self.assertNotIn("secret", text)
            self.assertNotIn("requirepass", text)
            # A reload reads it anew, and refuses what gives no password.
            self.give(b"next")
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: self.password(client) == "next")
            self.give(b"")
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "not reloaded" in server.log_text())
            self.assertEqual(self.password(client), "next")
            self.assertEqual(client("CONFIG", "SET", "requirepass", "by hand"), OK)
            self.assertEqual(client("CONFIG", "REWRITE"), OK)
            with open(conf, encoding="ascii") as file:
                self.assertIn('requirepass "by hand"', file.read())
        self.assertNotIn("very", server.log_text())

    def test_the_configuration_wins(self):
        self.give(b"from file")
        for configured in ("other", ""):
            with self.subTest(configured=configured):
                server = self.start("--requirepass", configured)
                with server.connect() as client:
                    if configured:
                        self.assertEqual(client("AUTH", configured), OK)
                    self.assertEqual(self.password(client), configured)

    def test_without_the_file_there_is_no_password(self):
        with self.start().connect() as client:
            self.assertEqual(self.password(client), "")

    def test_a_bad_file_stops_the_start(self):
        def directory():
            os.unlink(self.file)
            os.mkdir(self.file)

        for make, reason in ((lambda: self.give(b""), "the file is empty"),
                             (lambda: self.give(b"\n"), "the file is empty"),
                             (lambda: self.give(b"x" * 4097), "at most 4096 bytes"),
                             (lambda: self.give(b"x" * 5_000_000), "at most 4096 bytes"),
                             (lambda: self.give(b"hush\nmore\n"), "a single line"),
                             (lambda: self.give(b"hush\x00more"), "a single line"),
                             (directory, "no regular file")):
            make()
            with self.subTest(reason=reason):
                server = self.start(start=False)
                server.port = free_port()
                server.spawn()
                self.assertEqual(server.wait_exit(), 1)
                self.assertIn("The credential skarn-password", server.log_text())
                self.assertIn(reason, server.log_text())
                self.assertNotIn("hush", server.log_text())


class SocketTest(unittest.TestCase):
    """Socket activation: LISTEN_FDS."""

    def pass_sockets(self, *sockets, options=(), start=True, **rest):
        """A server which finds the sockets at descriptor 3 and on."""
        copies = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 100) for one in sockets]
        for copy in copies:
            self.addCleanup(os.close, copy)
        moves = " ".join(f"{3 + n}<&{copy}" for n, copy in enumerate(copies))
        script = f'exec {moves}; LISTEN_PID=$$ exec "$@"'
        server = Server(*options, prefix=("bash", "-c", script, "bash"), descriptors=copies,
                        environment={"LISTEN_FDS": str(len(sockets))}, start=False, **rest)
        self.addCleanup(server.close)
        if start:
            server.port = free_port()
            server.spawn()
        return server

    def listen(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        one = socket.socket(family, socket.SOCK_STREAM)
        self.addCleanup(one.close)
        one.bind(address)
        one.listen()
        return one

    def port_of(self, one):
        return one.getsockname()[1]

    def test_a_passed_socket_stands_for_bind(self):
        one, two = self.listen(), self.listen()
        # Who comes before the server is served as well.
        with Connection(one.getsockname()) as early:
            server = self.pass_sockets(one, two)
            own = server.port
            early.send("PING")
            self.assertTrue(early.read())  # PONG, or that the server is loading.
            server.port = self.port_of(two)
            wait_until(server.is_ready)
            self.assertEqual(early("PING"), "PONG")
            info = server.info("server")
            self.assertEqual(info["tcp_port"], str(self.port_of(one)))
            self.assertIn("bind=127.0.0.1", info["listener0"])
            with self.assertRaises(ConnectionRefusedError):
                Connection(("127.0.0.1", own))
            for name, value in (("port", str(free_port())), ("bind", "127.0.0.2")):
                reply = early("CONFIG", "SET", name, value)
                self.assertIsInstance(reply, Error)
                self.assertIn("come from the service manager", reply.text)
            self.assertEqual(server.stop(), 0)

    def test_a_check_counts_passed_sockets(self):
        server = self.pass_sockets(self.listen(), start=False)
        server.arguments = lambda: [*server.command, "--check-config", "--port", "0"]
        server.spawn()
        self.assertEqual(server.wait_exit(), 0, server.log_text())

    def test_a_unix_socket(self):
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "s")
        one = self.listen(socket.AF_UNIX, path)
        # Its own port stays open, its own unix socket not.
        server = self.pass_sockets(one, options=("--unixsocket", path + "2"))
        wait_until(server.is_ready)
        with Connection(path) as client:
            self.assertEqual(client("PING"), "PONG")
            self.assertIn(f"addr={path}:0".encode(), client("CLIENT", "LIST"))
        self.assertFalse(os.path.exists(path + "2"))
        self.assertEqual(server.stop(), 0)
        self.assertTrue(os.path.exists(path))  # It belongs to who has made it.

    def test_what_is_no_listening_socket_is_refused(self):
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(datagram.close)
        silent = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.addCleanup(silent.close)
        with open("/dev/null", encoding="ascii") as null:
            for one in (datagram, silent, null):
                server = self.pass_sockets(one)
                self.assertEqual(server.wait_exit(), 1)
                self.assertIn("Descriptor 3, passed by the service manager", server.log_text())

    def test_sockets_for_somebody_else_are_left_alone(self):
        one = self.listen()
        with Server(environment={"LISTEN_FDS": "1", "LISTEN_PID": "1"},
                    descriptors=(one.fileno(),)) as server, server.connect() as client:
            self.assertEqual(client("PING"), "PONG")
            self.assertEqual(server.info("server")["tcp_port"], str(server.port))

    def test_a_reload_keeps_the_sockets(self):
        one = self.listen()
        server = self.pass_sockets(one, start=False)
        conf = server.path("x.conf")

        def write(text):
            with open(conf, "w", encoding="ascii") as file:
                file.write(text)
        write("hz 20\n")
        server.options = []
        server.arguments = lambda: [*server.command, conf, "--dir", server.directory]
        server.spawn()
        server.port = self.port_of(one)
        wait_until(server.is_ready)
        with server.connect() as client:
            write("hz 30\n")
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: server.info("skarn")["config_last_reload"] == "reloaded: hz")
            write("hz 30\nport 7000\n")
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "only a restart can change port" in server.log_text())
            self.assertEqual(client("CONFIG", "GET", "port"), [b"port", str(server.port).encode()])


if __name__ == "__main__":
    main()
