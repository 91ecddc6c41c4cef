#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The health check against servers: which one it asks, and what counts as alive and as ready."""

import os
import socket
import tempfile
import threading
import unittest

from case import ROOT, main, run
from harness.server import Server

CHECK = os.path.join(ROOT, "packaging", "container", "skarn-healthcheck")


class HealthCheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        self.addCleanup(folder.cleanup)
        self.proc = folder.name  # The processes that the check sees.

    def serve(self, *options):
        server = Server(*options)
        self.addCleanup(server.stop)
        return server

    def see(self, process, pid=1):
        """The check finds `process` (a number, or the words of a command) under the number pid."""
        os.makedirs(f"{self.proc}/{pid}")
        path = f"{self.proc}/{pid}/cmdline"
        if isinstance(process, int):
            os.symlink(f"/proc/{process}/cmdline", path)
            return
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(word + "\0" for word in process))

    def check(self, *words, status=0, **variables):
        kept = {name: os.environ[name] for name in ("PATH",)}
        return run("bash", CHECK, *words, status=status,
                   env={**kept, "SKARN_PROC": self.proc, **variables})

    # --- alive and ready -----------------------------------------------------------------------

    def test_another_password_is_alive_and_not_ready(self):
        port = self.serve("--requirepass", "new").port
        check = ("127.0.0.1", port)
        for word in ("old", "new"):
            self.check("--alive", *check, VALKEY_PASSWORD=word)
        self.check("--alive", *check)
        self.check(*check, VALKEY_PASSWORD="new")
        self.assertIn("AUTH", self.check(*check, VALKEY_PASSWORD="old", status=1))
        self.assertIn("NOAUTH", self.check(*check, status=1))

    def check_peer(self, reply, status):
        """--alive against one that only ever says `reply`."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def answer():
                with listener.accept()[0] as connection:
                    connection.sendall(reply)
                    while connection.recv(100):
                        pass

            thread = threading.Thread(target=answer)
            thread.start()
            self.check("--alive", "127.0.0.1", listener.getsockname()[1], status=status)
            thread.join()

    def test_another_protocol_is_not_alive(self):
        self.check_peer(b"HTTP/1.1 400 Bad Request\r\n", 1)

    def test_too_many_clients_are_alive(self):
        self.check_peer(b"-ERR max number of clients reached\r\n", 0)

    def test_nobody_is_not_alive(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.assertIn("no connection", self.check("--alive", "127.0.0.1", port, status=1))

    # --- which server --------------------------------------------------------------------------

    def test_the_title_of_the_process_tells_the_port(self):
        server = self.serve()
        self.see(["/sbin/init", "--port", "1"])
        self.see(server.process.pid, 7)
        self.check()
        self.check("--alive", "127.0.0.1", REDIS_PORT="tcp://10.0.0.1:80")

    def test_an_option_tells_the_port_where_there_is_no_title(self):
        server = self.serve("--set-proc-title", "no")
        self.see(server.process.pid)
        self.check()

    def test_titles_of_every_form(self):
        port = self.serve("--bind", "127.0.0.1").port
        for title in (f"skarn-server *:{port}", f"/usr/local/bin/redis-server 0.0.0.0:{port}",
                      f"valkey-server 127.0.0.1:{port} [cluster]"):
            self.proc = tempfile.mkdtemp(dir=self.proc)
            self.see([title])
            self.check()

    def test_a_plain_number_in_the_environment_comes_first(self):
        server = self.serve()
        self.see(["skarn-server *:1"])
        self.check(SKARN_PORT="tcp://10.0.0.1:80", VALKEY_PORT=str(server.port))
        self.check(status=1)

    def test_a_server_with_a_socket_only_listens_or_not(self):
        path = f"{self.proc}/socket"
        os.makedirs(f"{self.proc}/net")
        os.symlink("/proc/net/unix", f"{self.proc}/net/unix")
        self.see([f"skarn-server {path}"])
        self.assertIn("nobody listens", self.check(status=1))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            self.check(status=1)
            listener.listen()
            self.check("--alive")


if __name__ == "__main__":
    main()
