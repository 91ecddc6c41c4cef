# SPDX-License-Identifier: BSD-3-Clause
"""A RESP2 and RESP3 client for tests. It hides nothing: bytes can be sent as they are, and a reply
can be read as a value (`read`) or with its wire types (`read_typed`)."""

import socket

TIMEOUT_SECONDS = 30


class Status(str):
    """A simple string, as +OK."""


class Error:
    """An error reply; equal to another with the same text."""

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Error) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def __repr__(self):
        return f"Error({self.text!r})"

    @property
    def code(self):
        return self.text.split(" ", 1)[0]


class Push(list):
    """An out-of-band message of RESP3."""


class Closed(Exception):
    """The server closed the connection."""


def encode(*arguments):
    """A request as an array of bulk strings. Text becomes UTF-8, numbers their decimal text."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = as_bytes(argument)
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def as_bytes(argument):
    if isinstance(argument, (bytes, bytearray)):
        return bytes(argument)
    return str(argument).encode()


class Connection:
    """One connection. Messages pushed between replies are set aside in `pushes`."""

    def __init__(self, address, protocol=2, timeout=TIMEOUT_SECONDS):
        """address: (host, port) or the path of a unix socket."""
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout=timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        self.pushes = []
        self.protocol = 2
        if protocol == 3:
            self.protocol = 3
            self("HELLO", "3")

    def __call__(self, *arguments):
        """Sends a command and returns its reply."""
        self.send(*arguments)
        return self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *arguments):
        self.socket.sendall(encode(*arguments))

    def send_raw(self, data):
        self.socket.sendall(data)

    def send_until_closed(self, data):
        """Sends to a server that may close before it has taken everything."""
        try:
            self.send_raw(data)
        except (ConnectionResetError, BrokenPipeError):
            pass

    def pipeline(self, commands):
        """Sends all commands at once and returns their replies."""
        self.send_raw(b"".join(encode(*command) for command in commands))
        return [self.read() for _ in commands]

    def read(self):
        """The next reply as a value: bytes, Status, Error, int, float, bool, None, list, dict."""
        return plain(self.read_typed())

    def read_typed(self):
        """The next reply as (type byte, value), nested alike; pushes are set aside."""
        while True:
            node = self._read_node()
            if node[0] != ">":
                return node
            self.pushes.append(plain(node))

    def read_push(self):
        """The next pushed message; a message which came before is returned first."""
        if self.pushes:
            return self.pushes.pop(0)
        node = self._read_node()
        if node[0] != ">":
            raise AssertionError(f"a push was expected, got {node!r}")
        return plain(node)

    def is_closed_by_server(self, timeout=TIMEOUT_SECONDS):
        """Waits until the server closes; whatever it still sends is dropped."""
        self.socket.settimeout(timeout)
        try:
            while self.stream.read1(65536):
                pass
            return True
        except TimeoutError:
            return False
        except OSError:
            return True

    def close(self):
        self.stream.close()
        self.socket.close()

    def _line(self):
        try:
            line = self.stream.readline()
        except ConnectionResetError as error:
            raise Closed("reset") from error
        if not line:
            raise Closed("end of stream")
        if not line.endswith(b"\n"):  # What the socket took of the last send can end anywhere.
            raise Closed("end of stream inside a line")
        if not line.endswith(b"\r\n"):
            raise AssertionError(f"a line without CRLF: {line!r}")
        return line[:-2]

    def _read_node(self):
        line = self._line()
        kind, rest = chr(line[0]), line[1:]
        if kind in "+-,(":
            return kind, rest
        if kind == ":":
            return kind, int(rest)
        if kind == "#":
            return kind, {b"t": True, b"f": False}[rest]
        if kind == "_":
            return kind, None
        if kind in "$=!":
            return kind, self._bulk(int(rest))
        if kind in "*~>":
            count = int(rest)
            return kind, None if count < 0 else [self._read_node() for _ in range(count)]
        if kind == "%":
            return kind, [(self._read_node(), self._read_node()) for _ in range(int(rest))]
        if kind == "|":
            for _ in range(2 * int(rest)):
                self._read_node()
            return self._read_node()
        raise AssertionError(f"not a reply: {line[:200]!r}")

    def _bulk(self, size):
        if size < 0:
            return None
        try:
            data = self.stream.read(size + 2)
        except ConnectionResetError as error:
            raise Closed("reset") from error
        if len(data) < size + 2:
            raise Closed("end of stream inside a bulk")
        if data[-2:] != b"\r\n":
            raise AssertionError("a bulk without CRLF")
        return data[:-2]


def plain(node):
    """A typed reply as a value."""
    kind, value = node
    if value is None:
        return None
    if kind == "+":
        return Status(value.decode(errors="replace"))
    if kind in "-!":
        return Error(value.decode(errors="replace"))
    if kind == ",":
        return float(value)
    if kind == "(":
        return int(value)
    if kind == "=":
        return value[4:]
    if kind == ">":
        return Push(plain(item) for item in value)
    if kind in "*~":
        return [plain(item) for item in value]
    if kind == "%":
        return {_key(plain(name)): plain(item) for name, item in value}
    return value


def _key(value):
    return tuple(value) if isinstance(value, list) else value
