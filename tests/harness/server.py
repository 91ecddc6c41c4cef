# SPDX-License-Identifier: BSD-3-Clause
"""Starts and stops a server for a test.

The command comes from SKARN_TEST_SERVER (a program with options, default: the release build); a
stock server does as well, which is how the tests themselves are tested:
    SKARN_TEST_SERVER=valkey-server tests/server/string_test.py
SKARN_TEST_IO_THREADS adds --io-threads, SKARN_TEST_EVENT_LOOP --event-loop.
"""

import os
import re
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from harness.resp import Closed, Connection, Error

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEFAULT_COMMAND = os.path.join(ROOT, "build", "release", "bin", "skarn-server")
START_SECONDS = 60
STOP_SECONDS = 60
POLL_SECONDS = 0.005
LOG_SHOWN_MAX = 20_000
_bound_probes = []
SANITIZER_REPORT = re.compile(r"(Thread|Address|Leak)Sanitizer|: runtime error: ")


def wait_until(claim, timeout=30, what="the condition"):
    """Asks again and again until the claim is true, and returns its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s")
        time.sleep(POLL_SECONDS)


def free_port():
    """A port that nobody else is given while this process lives. Who sets SO_REUSEADDR, as all
    servers here do, can listen there beside the bound socket; others cannot have it."""
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # Behind bind: no two get one.
    _bound_probes.append(probe)
    return probe.getsockname()[1]


def default_command():
    return os.environ.get("SKARN_TEST_SERVER", DEFAULT_COMMAND)


class Server:
    """A server process on a free port of 127.0.0.1, in a directory of its own.

    Options are words, as ("--maxmemory", "1mb"). limits: {resource.RLIMIT_...: value} for the
    process. prefix: words before the command, as those of a profiler. environment: variables to
    add. descriptors: those which the process keeps. prepare: called in the process before it is
    the server.
    """

    def __init__(self, *options, command=None, io_threads=None, directory=None, limits=None,
                 prefix=(), environment=None, descriptors=(), prepare=None, start=True):
        self.command = [*prefix, *shlex.split(command or default_command())]
        self.options = [str(option) for option in options]
        self.io_threads = io_threads or os.environ.get("SKARN_TEST_IO_THREADS")
        self.event_loop = os.environ.get("SKARN_TEST_EVENT_LOOP")
        self.owns_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="skarn-test-")
        self.log_path = os.path.join(self.directory, "server.log")
        self.limits = limits or {}
        self.environment = environment or {}
        self.descriptors = descriptors
        self.prepare = prepare
        self.port = None
        self.process = None
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- starting and stopping -----------------------------------------------------------------

    def arguments(self):
        words = [*self.command, "--port", str(self.port), "--bind", "127.0.0.1",
                 "--dir", self.directory, "--daemonize", "no"]
        if "--save" not in self.options:
            words += ["--save", ""]
        if self.io_threads:
            words += ["--io-threads", str(self.io_threads)]
        if self.event_loop and "--event-loop" not in self.options:
            words += ["--event-loop", self.event_loop]
        return words + self.options

    def start(self, wait=True):
        """Starts the process. A port taken by somebody else in between is tried again."""
        for _ in range(5):
            self.port = free_port()
            self.spawn()
            if not wait:
                return
            try:
                wait_until(self.is_ready, START_SECONDS, "the start of the server")
                return
            except ExitedEarly as error:
                if "in use" not in self.log_text():
                    raise AssertionError(f"{error}\n{self.log_text()}") from error
        raise AssertionError("no free port")

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.directory, env={**os.environ, **self.environment},
                pass_fds=self.descriptors,
                preexec_fn=self.before_exec if self.limits or self.prepare else None)

    def before_exec(self):
        # A write above RLIMIT_FSIZE fails, as on a full disk, and does not end the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for kind, value in self.limits.items():
            resource.setrlimit(kind, (value, value))
        if self.prepare:
            self.prepare()

    def is_ready(self):
        if self.process.poll() is not None:
            raise ExitedEarly(f"the server exited with {self.process.returncode}")
        try:
            with self.connect() as client:
                reply = client("PING")
                if isinstance(reply, Error) and reply.code == "NOAUTH":
                    return "Ready to accept" in self.log_text()  # It may still be loading.
                return not (isinstance(reply, Error) and reply.code == "LOADING")
        except (OSError, Closed):
            return False

    def wait_exit(self, timeout=STOP_SECONDS):
        """Waits for the end of the process and returns its exit code."""
        return self.process.wait(timeout)

    def stop(self):
        """Asks the process to end (SIGTERM) and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.wait_exit()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        """Ends the process orderly and starts it again on the same directory."""
        self.stop()
        self.start()

    def close(self):
        """Ends the process; a test whose server a sanitizer complained about has failed."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        log = self.log_text() if os.path.exists(self.log_path) else ""
        if self.owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        if SANITIZER_REPORT.search(log):
            print(log[-LOG_SHOWN_MAX:], file=sys.stderr)
            raise AssertionError("a sanitizer has found something in the server, see its log above")

    # --- asking --------------------------------------------------------------------------------

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def connect(self, protocol=2, timeout=30):
        return Connection(self.address, protocol, timeout)

    def info(self, section="everything"):
        """INFO as {field: text}."""
        with self.connect() as client:
            reply = client("INFO", section)
            if isinstance(reply, Error):
                raise AssertionError(f"INFO was refused: {reply.text}")
            return parse_info(reply)

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def path(self, name):
        return os.path.join(self.directory, name)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class ExitedEarly(Exception):
    pass


def parse_info(text):
    if isinstance(text, bytes):
        text = text.decode()
    fields = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name: value for name, value in fields}
