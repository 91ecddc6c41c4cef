# SPDX-License-Identifier: BSD-3-Clause
"""Inside the virtual machine: a client.

    vm_ask.py PORT COMMAND...    sends a command and prints the reply
    vm_ask.py load PORT FILE     commands on several connections until FILE is there; prints
                                 how many, and fails if one of them failed
"""

import os
import sys
import time

from resp import Connection, Error

CONNECTIONS = 4
PAUSE_SECONDS = 0.05


def ask(port, *command):
    with Connection(("127.0.0.1", int(port))) as client:
        reply = client(*command)
    if isinstance(reply, Error):
        reply = reply.text
    print(reply.decode(errors="replace") if isinstance(reply, bytes) else reply)


def load(port, stop):
    clients = [Connection(("127.0.0.1", int(port))) for _ in range(CONNECTIONS)]
    count = 0
    while not os.path.exists(stop):
        value = str(count).encode()
        for number, client in enumerate(clients):
            client.send("SET", f"key{number}", value)
        for client in clients:
            assert client.read() == "OK"
        for number, client in enumerate(clients):
            assert client("GET", f"key{number}") == value
        count += 2 * len(clients)
        time.sleep(PAUSE_SECONDS)  # The server and systemd need the CPU as well.
    print(count)


if sys.argv[1] == "load":
    load(*sys.argv[2:])
else:
    ask(*sys.argv[1:])
