# SPDX-License-Identifier: BSD-3-Clause
"""The base of the tests over the wire.

    @both_protocols
    class StringTest(ServerTest):
        def test_get_reads_what_set_wrote(self):
            self.expect("SET key value", OK)
            self.expect("GET key", b"value")

A command is a text split at blanks, or a list of arguments where these hold blanks or bytes.
"""

import sys
import time
import unittest

from harness.resp import Error, Status
from harness.server import Server

OK = Status("OK")
QUEUED = Status("QUEUED")
WRONG_TYPE = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
SYNTAX = Error("ERR syntax error")
NOT_INTEGER = Error("ERR value is not an integer or out of range")
NOT_FLOAT = Error("ERR value is not a valid float")


def err(text):
    return Error("ERR " + text)


def arity(name):
    return Error(f"ERR wrong number of arguments for '{name}' command")


def words(command):
    return command.split() if isinstance(command, str) else list(command)


class ServerTest(unittest.TestCase):
    """One server a class, an empty keyspace and a fresh connection `self.client` a test."""

    options = ()
    protocol = 2
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options)

    @classmethod
    def tearDownClass(cls):
        died = cls.server.process.poll()
        log = cls.server.log_text()
        cls.server.close()
        if died is not None:
            raise AssertionError(f"the server died with {died}:\n{log[-4000:]}")

    def setUp(self):
        self.began = time.monotonic()
        self.client = self.server.connect(self.protocol)
        self.addCleanup(self.client.close)
        self.client("FLUSHALL")

    def connect(self, protocol=None):
        """A further connection, closed with the test."""
        client = self.server.connect(protocol or self.protocol)
        self.addCleanup(client.close)
        return client

    def do(self, command, client=None):
        return (client or self.client)(*words(command))

    def expect(self, command, reply, client=None):
        """Sends a command and compares its reply: value and kind (status, bulk, error, ...)."""
        got = self.do(command, client)
        if got != reply or type(got) is not type(reply):
            shown = command if isinstance(command, str) else [str(a)[:80] for a in command]
            self.fail(f"{shown}\n  expected {clip(reply)}\n  got      {clip(got)}")

    def expect_all(self, *pairs, client=None):
        """Any number of (command, reply)."""
        for command, reply in pairs:
            with self.subTest(command=command):
                self.expect(command, reply, client)

    def expect_error(self, command, beginning, client=None):
        """An error whose text begins so."""
        got = self.do(command, client)
        if not isinstance(got, Error) or not got.text.startswith(beginning):
            self.fail(f"{command}\n  expected error {beginning!r}...\n  got {clip(got)}")

    def expect_map(self, command, pairs, client=None):
        """A map: a map in RESP3, a flat array in RESP2; the order does not matter."""
        got = self.do(command, client)
        if self.protocol == 3:
            self.assertIsInstance(got, dict)
        else:
            self.assertIsInstance(got, list)
            got = dict(zip(got[::2], got[1::2]))
        self.assertEqual(got, pairs)

    def expect_wrong_type(self, *commands):
        """Each command meets a value of another type."""
        for command in commands:
            self.expect(command, WRONG_TYPE)

    def expect_arity(self, *commands):
        """Each command has too few or too many arguments."""
        for command in commands:
            self.expect(command, arity(words(command)[0].lower()))

    def expect_left(self, command, whole, per_second=1):
        """What is left of a time that was given since the test began, in seconds or (1000 a
        second) milliseconds."""
        got = self.do(command)
        passed = (time.monotonic() - self.began) * per_second
        self.assertIsInstance(got, int)
        self.assertTrue(whole - passed - 1 <= got <= whole, f"{command}: {got} of {whole}")

    def expect_between(self, command, low, high):
        got = self.do(command)
        self.assertIsInstance(got, int)
        self.assertTrue(low <= got <= high, f"{command}: {got} is not in [{low}, {high}]")


class OwnServersTest(ServerTest):
    """Tests that start servers of their own: there is none of the class."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass


def clip(reply):
    text = repr(reply)
    return text if len(text) < 1000 else text[:1000] + "..."


def both_protocols(case):
    """Runs every test of the class in RESP2 and in RESP3."""
    module = sys.modules[case.__module__]
    for protocol in (2, 3):
        name = f"{case.__name__}Resp{protocol}"
        made = type(name, (case,), {"protocol": protocol, "__module__": case.__module__})
        setattr(module, name, made)
    return None


def main():
    unittest.main(verbosity=1)
