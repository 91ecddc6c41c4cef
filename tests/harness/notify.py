# SPDX-License-Identifier: BSD-3-Clause
"""The service manager's end of sd_notify: a datagram socket and what came in."""

import os
import socket
import tempfile
import threading
import time

from harness.server import wait_until


class Message:
    """One datagram: its fields, and when it came (monotonic seconds)."""

    def __init__(self, data):
        self.time = time.monotonic()
        self.fields = dict(line.split("=", 1) for line in data.decode().splitlines())

    def __repr__(self):
        return repr(self.fields)

    def __contains__(self, name):
        return name in self.fields

    def __getitem__(self, name):
        return self.fields.get(name)


class Manager:
    """Collects messages in `messages` until it is closed; `address` is for NOTIFY_SOCKET."""

    def __init__(self, abstract=False):
        self.directory = tempfile.TemporaryDirectory(prefix="skarn-notify-")
        path = os.path.join(self.directory.name, "notify")
        self.address = "@" + path if abstract else path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + path if abstract else path)
        self.messages = []
        self.thread = threading.Thread(target=self.receive)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def receive(self):
        while data := self.socket.recv(65536):
            self.messages.append(Message(data))

    def close(self):
        if self.thread.is_alive():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", self.socket.getsockname())
            self.thread.join()
        self.socket.close()
        self.directory.cleanup()

    def having(self, name):
        """The messages which have this field."""
        return [message for message in self.messages if name in message]

    def wait_for(self, name, count=1, timeout=60):
        """Waits for `count` messages with this field and returns the last of them."""
        wait_until(lambda: len(self.having(name)) >= count, timeout, f"{count} times {name}")
        return self.having(name)[count - 1]

    def last_status(self):
        statuses = self.having("STATUS")
        return statuses[-1]["STATUS"] if statuses else None
