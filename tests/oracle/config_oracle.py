#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Asks a stock Valkey 9.1 what it makes of configuration values and records its answers.

    config_oracle.py PORT OUTPUT COMMAND...

COMMAND starts the server (`valkey-server`, or something which puts it into a container); it gets
its configuration on standard input and listens on PORT of 127.0.0.1. OUTPUT is
tests/unit/server/config_cases.txt, which the unit test replays on our library.

A line of the fixture is a kind and texts in C escapes, parted by tabs:
    default NAME VALUE          what CONFIG GET shows without any setting
    set NAME VALUE REPLY        CONFIG SET on top of the defaults: "same" or "=" and what CONFIG GET
                                then shows, or "!" and the reason
    pairs REPLY NAME VALUE...   CONFIG SET of several: "OK" or the whole error
    line TEXT REASON            a line of a file: "OK" or the reason
    get PATTERN NAMES           the names CONFIG GET gives, sorted, parted by blanks
"""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.resp import Connection, Error

START_SECONDS = 5

# Values which depend on the machine or the start, and settings which act on the running server.
NOT_COMPARED = {"dir", "port", "bind", "rdma-bind", "rdma-port", "tls-port", "aclfile",
                "replicaof", "slaveof", "appendonly", "cluster-enabled", "io-threads", "save",
                "maxclients", "syslog-ident", "unixsocket", "pidfile"}
# Their SET cases are our own: the reference acts on them, or does not check as we do.
NOT_SET = NOT_COMPARED - {"save"} | {"locale-collate", "requirepass", "import-mode"}

# What each directive of a kind is tried with, and what one of the kind is tried with on top.
NUMBERS = ["zzz", "", "-1", "0", "1", "1000", "9223372036854775807", "-9223372036854775808"]
SIZES = ["zzz", "", "-1", "0", "1", "2kb", "3mb", "9223372036854775808"]
BOOLEANS = ["zzz", "yes", "No"]
TEXTS = ["zzz", "", "a b"]
SPECIAL = {
    "save": ["1 2", "1  2", " 1 2", "1 2 ", "1 2\t3 4", '"1" 2', "1 2 3 4", "1 2 1 2", "5 0",
             "01 2", "99999999999 1", "0 1", "1 -1", "1", "1 2 3", "a b", "+1 2"],
    "client-output-buffer-limit": [
        "normal 1 2 3", "slave 1k 2K 3 normal 0 0 0", "replica 1 2 3", "normal  1 2 3",
        "NORMAL 1gb 2mb 3", "normal 1 2 2147483647", "normal 1 2 2147483648",
        "normal 1 2 -1", "normal 9223372036854775808 2 3", "normal 1 2 3 normal 4 5 6",
        "normal 1 2 3 zz 4 5 6", "pubsub 1 2 03", "master 1 2 3", "normal a 2 3",
        "normal 1 b 3", "normal 1 2 c", "normal 1 2", "Pubsub 1mb 1mb 10"],
    "oom-score-adj-values": ["1 2 3", "1  2 3", "3 2 1", "-1 0 1", "01 2 3", " 1 2 3", "+1 2 3",
                             "-2000 0 2000", "-2001 0 1", "0 0 2001", "a 1 2", "1 2", "1 2 3 4"],
    "latency-tracking-info-percentiles": [
        "50", "50 50.1 99.99999 0 100", "50.0", "1e1", "0.1234567890123", "50  60", " 50", "99.9",
        "100.0000001", "inf", "nan", "99.99 5", "-1", "a", "33.333333333333333333333", "50 a"],
    "notify-keyspace-events": [
        "KEA", "AKE", "g$lshzxet", "g$lshzxetd", "KEg$lshzxetdmn", "m", "n", "KEmn", "Ex", "xE",
        "z", "Kz", "A", "KA", "KEAmn", "gK$", "d", "Kd", "q", "K E", "tnd", "nd", "tx", "EKx",
        "a", "$lg", "mKEn"],
    "shutdown-on-sigint": ["save", "now save", "save  now", "SAVE NOW", "default", "default save",
                           "force", "safe now force", "nosave failover", "save nosave",
                           "save now force safe failover", "save save", "now zz"],
    "maxmemory-clients": ["5%", "100%", "0%", "101%", "-5%", "10.5%", "%", "050%", "5 %", "5%%"],
    "timeout": ["01", "+1", " 1", "1 ", "-0", "1.5", "10mb", "5%", "9223372036854775808", "0x10",
                "2147483647", "2147483648"],
    "maxmemory": ["1b", "1B", "1k", "1K", "3M", "1g", "1Gb", "1tb", "kb", "1 kb", "01", "1.5gb",
                  "-1k", "5%"],
    "hz": ["0", "1", "499", "500", "501", "2147483647"],
    "repl-backlog-size": ["16383", "16384", "16385"],
    "proc-title-template": ["{foo}", "{title", "}", "{TITLE}", "x {port}",
                            "{title} {listen-addr} {server-mode} {port} {tls-port} {unixsocket} "
                            "{config-file}"],
    "cluster-announce-human-nodename": ["a_b", "a.b", "a-b", "a!b", "a b"],
    "cluster-announce-hostname": ["a.b-c", "a_b", "a" * 255, "a" * 256],
    "cluster-announce-ip": ["a:b", "A_B", "::1", "a" * 45, "a" * 46, "1,2", "a/b", "a%b"],
    "cluster-announce-client-ipv4": ["1.2.3", "1.2.3.4", "01.2.3.4", "::1"],
    "cluster-announce-client-ipv6": ["::1", "1::", "[::1]", "::ffff:1.2.3.4", "1.2.3.4"],
    "availability-zone": ["a b", "a\nb", "\x01\xff", "\""],
    "dbfilename": ["a/b", "x.rdb", ""],
    "maxmemory-policy": ["AllKeys-LRU", "allkeys-lru "],
    "appendfsync": ["ALWAYS", "everysec"],
    "slot-migration-max-failover-repl-bytes": ["-1", "-2", "-1mb"],
}
LINES = [
    "port +1", "port 01", "port 0x10", "port -0", "PORT 0", '"port" 0', "port '0'", 'port "0"x',
    "port 'a\\'", 'port "\\x30"', "port 0\\", "port", "port 1 2", 'port "0" x', "port\t1",
    "port 0 # comment", "", "   ", "\t# c", '""', '"" a', "\x01\x02", "nosuch 1",
    "unixsocketperm 777", "unixsocketperm 778", "unixsocketperm 0777", "unixsocketperm 1000",
    "unixsocketperm -5", 'unixsocketperm ""', "appendonly No", "appendonly zz",
    "shutdown-on-sigint save now", 'shutdown-on-sigint "save now"', "shutdown-on-sigint",
    "shutdown-on-sigint save nosave", 'save "1 2"', 'save "1 2" 3', 'save ""', "save",
    "save 1 2 3 4", "save 1 2 3", "save 0 1", "client-output-buffer-limit",
    'client-output-buffer-limit ""', 'client-output-buffer-limit "normal 1 2 3"',
    'client-output-buffer-limit "normal 1 2" 3', "client-output-buffer-limit normal 1 2 3",
    "oom-score-adj-values 1 2 3", 'oom-score-adj-values "1 2 3"', "oom-score-adj-values",
    "latency-tracking-info-percentiles 50 99", "latency-tracking-info-percentiles",
    'latency-tracking-info-percentiles "50 99"', 'latency-tracking-info-percentiles ""',
    'notify-keyspace-events ""', "notify-keyspace-events K E", "replicaof no one",
    "replicaof a 65536", "replicaof a b", "replicaof a", "slaveof NO ONE", "bind", 'bind ""',
    "bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "include", "include a b",
    "bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "include /nosuch/*.conf",
    "rename-command", "rename-command get", "rename-command get foo", 'rename-command get ""',
    "loadmodule", "user", "sentinel monitor a b c", 'dir ""', "dir /nosuch", "dir /",
    "appendfilename a/b", 'appendfilename ""', "appenddirname a/b", 'appenddirname ""',
    'cluster-config-file ""', "locale-collate zz", "io-threads-do-reads yes",
    "events-per-io-thread 2", "dynamic-hz yes", "sanitize-dump-payload no",
    "list-max-ziplist-entries 1", "lua-replicate-commands yes", "vm-enabled no",
    "maxmemory-clients 1 2", 'availability-zone "a', "availability-zone a\"", "hash-seed abc",
]
PAIRS = [
    ["timeout", "1", "timeout", "2"], ["timeout", "1", "TIMEOUT", "2"],
    ["timeout", "1", "nosuch", "2"], ["timeout", "1", "hz", "z"],
    ["nosuch", "1", "nosuch2", "1"], ["a b", "1"],
    ["timeout", "-1", "hz", "a"], ["aclfile", "a", "nosuch", "1"], ["Maxmemory-Policy", "zz"],
    ["SLAVE-PRIORITY", "zz"], ["slave-priority", "1", "replica-priority", "2"], ["timeout"],
    ["io-threads-do-reads", "yes"], ["rename-command", "a"], ["include", "a"], ["dir", "/"],
    ["dbfilename", "x"], ["timeout", "1", "hz", "20"], ["databases", "3"], ["timeout", "1", "hz"],
]
PATTERNS = ["port", "PORT", "*", "maxmemory*", "*ziplist*", "slow*", "SLOW*", "s[ae]ve", "*of",
            "replica-priorit?", "nosuch", "key-load-delay", "key-load-dela?", "h[^a]*", "*-max-*"]


def escaped(text):
    return "".join(
        "\\\\" if c == "\\" else c if " " <= c < "\x7f" else f"\\x{ord(c):02x}"
        for c in text)


def reason_for_line(command, line):
    """What the server says of a line of its file: a second line which cannot be right stops it."""
    done = subprocess.run([*command, "-"], input=(line + "\nnosuchdirective x\n").encode("latin1"),
                          capture_output=True, timeout=30)
    found = re.search(r"at line (\d+)\n>>> '.*'\n(.*)\n", done.stderr.decode("latin1"))
    if not found:
        return None
    return "OK" if found[1] == "2" else found[2]


class Server:
    def __init__(self, command, port):
        self.process = subprocess.Popen([*command, "-"], stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process.stdin.write(b"port %d\nbind 127.0.0.1\nenable-protected-configs yes\n" % port)
        self.process.stdin.close()
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connection = Connection(("127.0.0.1", port))
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def config(self, *arguments):
        reply = self.connection("CONFIG", *(a.encode("latin1") for a in arguments))
        if isinstance(reply, Error):
            return reply.text
        if isinstance(reply, list):
            return [text.decode("latin1") for text in reply]
        return reply

    def stop(self):
        self.process.kill()
        self.process.wait()


def values_for(name, default, server):
    reply = server.config("SET", name, "zzz")
    server.config("SET", name, default)
    if "integer" in reply:
        values = NUMBERS
    elif "memory" in reply:
        values = SIZES
    elif "'yes' or 'no'" in reply:
        values = BOOLEANS
    elif "following" in reply:
        words = reply.rsplit(": ", 1)[1].split(", ")
        values = ["zzz", "", words[0].upper()] + words
    else:
        values = TEXTS
    return list(dict.fromkeys(values + SPECIAL.get(name, [])))


def set_cases(server, name, default):
    prefix = f"ERR CONFIG SET failed (possibly related to argument '{name}') - "
    for value in values_for(name, default, server):
        reply = server.config("SET", name, value)
        if reply == "OK":
            shown = server.config("GET", name)[1]
            server.config("SET", name, default)
            shown = "same" if shown == value else "=" + escaped(shown)
            yield f"set\t{name}\t{escaped(value)}\t{shown}"
        else:
            reason = reply.removeprefix(prefix)
            yield f"set\t{name}\t{escaped(value)}\t!{escaped(reason)}"
            if "immutable" in reason:
                return


def record(server, command, output):
    shown = server.config("GET", "*")
    defaults = dict(zip(shown[::2], shown[1::2]))
    for name, value in sorted(defaults.items()):
        if name not in NOT_COMPARED:
            output.write(f"default\t{name}\t{escaped(value)}\n")
    for name, value in sorted(defaults.items()):
        if name not in NOT_SET:
            for case in set_cases(server, name, value):
                output.write(case + "\n")
    for pairs in PAIRS:
        reply = server.config("SET", *pairs)
        output.write("\t".join(["pairs", escaped(reply)] + [escaped(p) for p in pairs]) + "\n")
    for pattern in PATTERNS:
        names = sorted(server.config("GET", pattern)[::2])
        output.write(f"get\t{escaped(pattern)}\t{' '.join(names)}\n")
    for line in LINES:
        reason = reason_for_line(command, line)
        if reason is not None:
            output.write(f"line\t{escaped(line)}\t{escaped(reason)}\n")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    port, path, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    server = Server(command, port)
    try:
        with open(path, "w", encoding="ascii") as output:
            output.write("# Recorded by tests/oracle/config_oracle.py from Valkey 9.1.\n")
            record(server, command, output)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
