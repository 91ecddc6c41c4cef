# SPDX-License-Identifier: BSD-3-Clause
"""Tests of the client which the tests over the wire use."""

import os
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.resp import Closed, Connection  # noqa: E402

REPLIES = (b"+OK\r\n", b"-ERR no\r\n", b":12\r\n", b"$3\r\na\r\n\r\n", b"*2\r\n$1\r\na\r\n*0\r\n",
           b"%1\r\n+a\r\n#t\r\n", b"|1\r\n+a\r\n:1\r\n,1.5\r\n", b"=5\r\ntxt:a\r\n", b"_\r\n")


class ConnectionTest(unittest.TestCase):
    def connection_to(self, sent):
        """A connection to a server that sends this and closes."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = Connection(listener.getsockname())
            self.addCleanup(client.close)
            peer, _ = listener.accept()
            with peer:
                peer.sendall(sent)
        return client

    def test_a_stream_may_end_anywhere(self):
        # A server that gives up a slow reader closes behind what the socket took of the last send.
        for reply in REPLIES:
            for size in range(len(reply)):
                with self.subTest(reply=reply, size=size):
                    client = self.connection_to(reply + reply[:size])
                    client.read()
                    self.assertRaises(Closed, client.read)

    def test_a_line_must_end_with_both_bytes(self):
        for reply in (b"+OK\n", b"$1\n\na\r\n", b"$1\r\na\n\n"):
            with self.subTest(reply=reply):
                self.assertRaises(AssertionError, self.connection_to(reply).read)


if __name__ == "__main__":
    unittest.main()
