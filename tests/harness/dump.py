# SPDX-License-Identifier: BSD-3-Clause
"""Reads DUMP payloads of strings and hashes far enough to compare two servers."""

import struct

TYPE_STRING, TYPE_HASH, TYPE_HASH_LISTPACK, TYPE_HASH_EXPIRY = 0, 4, 16, 22


def crc64_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x95AC9329AC4BC9B5 if crc & 1 else 0)
        table.append(crc)
    return table


CRC64 = crc64_table()


def crc64(data):
    crc = 0
    for byte in data:
        crc = CRC64[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc


def with_version(payload, version):
    """The same payload with another RDB version and a matching checksum."""
    body = payload[:-10] + struct.pack("<H", version)
    return body + struct.pack("<Q", crc64(body))


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError("a torn payload")
        self.at += count
        return self.data[self.at - count:self.at]

    def length(self):
        """(value, None) or (None, number of the special encoding)."""
        first = self.take(1)[0]
        if first >> 6 == 0:
            return first & 0x3F, None
        if first >> 6 == 1:
            return (first & 0x3F) << 8 | self.take(1)[0], None
        if first == 0x80:
            return struct.unpack(">I", self.take(4))[0], None
        if first == 0x81:
            return struct.unpack(">Q", self.take(8))[0], None
        if first >> 6 == 3:
            return None, first & 0x3F
        raise ValueError(f"a length of first byte {first:#x}")

    def string(self):
        length, special = self.length()
        if special is None:
            return self.take(length)
        if special == 3:
            compressed, plain = self.length()[0], self.length()[0]
            return unlzf(self.take(compressed), plain)
        return b"%d" % struct.unpack({0: "<b", 1: "<h", 2: "<i"}[special],
                                     self.take(1 << special))[0]


def unlzf(data, plain_size):
    out = bytearray()
    at = 0
    while at < len(data):
        control = data[at]
        at += 1
        if control < 32:
            out += data[at:at + control + 1]
            at += control + 1
            continue
        length = control >> 5
        if length == 7:
            length += data[at]
            at += 1
        distance = ((control & 31) << 8 | data[at]) + 1
        at += 1
        if distance > len(out):
            raise ValueError("a reference before the beginning")
        for _ in range(length + 2):
            out.append(out[-distance])
    if len(out) != plain_size:
        raise ValueError("another size than announced")
    return bytes(out)


def digest(payload):
    """What must be equal between two servers: the type, and bytes whose form is determined.

    The order of a hash that is a table is not, nor is how a string was compressed.
    """
    reader = Reader(payload[:-10])
    kind = reader.take(1)[0]
    if kind in (TYPE_STRING, TYPE_HASH_LISTPACK):
        found = reader.string()
    elif kind == TYPE_HASH:
        found = sorted((reader.string(), reader.string()) for _ in range(reader.length()[0]))
    elif kind == TYPE_HASH_EXPIRY:
        found = sorted((reader.string(), reader.string(), reader.take(8) == b"\xff" * 8)
                       for _ in range(reader.length()[0]))
    else:
        raise ValueError(f"a payload of type {kind}")
    if reader.at != len(reader.data):
        raise ValueError("bytes after the value")
    return kind, found
