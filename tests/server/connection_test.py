#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The protocol itself, its limits, and the commands of the connection family."""

import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, ServerTest, Error, arity, both_protocols, err, main, SYNTAX
from harness.resp import Closed, Connection, Push, Status, encode
from harness.server import Server, parse_info, wait_until


@both_protocols
class BasicTest(ServerTest):
    def test_ping(self):
        self.expect_all(
            ("PING", Status("PONG")),
            ("ping", Status("PONG")),
            (["PING", "hello there"], b"hello there"),
            (["PING", b"\x00\r\n\xff"], b"\x00\r\n\xff"),
            (["PING", ""], b""),
        )
        self.expect_arity("PING a b")

    def test_echo(self):
        self.expect(["ECHO", b"a\r\nb"], b"a\r\nb")
        self.expect_arity("ECHO", "ECHO a b")

    def test_quit_replies_and_closes(self):
        self.client.send("QUIT")
        self.client.send("SET", "key", "never")
        self.assertEqual(self.client.read(), OK)
        self.assertTrue(self.client.is_closed_by_server())
        self.assertIsNone(self.connect()("GET", "key"))

    def test_unknown_command_names_its_first_arguments(self):
        self.expect("foo", err("unknown command 'foo', with args beginning with: "))
        self.expect("FOO a b", err("unknown command 'FOO', with args beginning with: 'a' 'b' "))
        self.expect(["foo", "x" * 200],
                    err("unknown command 'foo', with args beginning with: '%s' " % ("x" * 128)))
        self.expect(["f\r\no", "a\nb"],
                    err("unknown command 'f  o', with args beginning with: 'a b' "))
        self.expect(["x" * 200],
                    err("unknown command '%s', with args beginning with: " % ("x" * 128)))

    def test_null_has_the_form_of_the_protocol(self):
        self.client.send("GET", "missing")
        self.assertEqual(self.client.read_typed(), ("$" if self.protocol == 2 else "_", None))

    def test_select(self):
        self.expect_all(
            ("SET key zero", OK),
            ("SELECT 9", OK),
            ("GET key", None),
            ("SET key nine", OK),
            ("SELECT 0", OK),
            ("GET key", b"zero"),
            ("SELECT 15", OK),
            ("SELECT 16", err("DB index is out of range")),
            ("SELECT -1", err("DB index is out of range")),
            ("SELECT x", err("value is not an integer or out of range")),
            ("SELECT 99999999999999999999", err("value is not an integer or out of range")),
        )
        self.expect_arity("SELECT", "SELECT 1 2")

    def test_reset(self):
        self.expect_all(
            ("SELECT 3", OK),
            ("CLIENT SETNAME me", OK),
            ("MULTI", OK),
            ("RESET", Status("RESET")),
            ("CLIENT GETNAME", None),
            ("SET key value", OK),
        )
        self.client.send("GET", "missing")
        self.assertEqual(self.client.read_typed(), ("$", None), "RESET goes back to RESP2")
        self.expect("SELECT 0", OK)
        self.expect("GET key", b"value")
        self.expect_arity("RESET x")

    def test_pipeline_keeps_the_order(self):
        replies = self.client.pipeline([("INCR", "n") for _ in range(1000)])
        self.assertEqual(replies, list(range(1, 1001)))


class HelloTest(ServerTest):
    def test_hello_tells_about_the_server(self):
        reply = self.do("HELLO")
        self.assertEqual(reply[::2], [b"server", b"version", b"proto", b"id", b"mode", b"role",
                                      b"modules", b"availability_zone"][:len(reply) // 2])
        fields = dict(zip(reply[::2], reply[1::2]))
        self.assertEqual(fields[b"proto"], 2)
        self.assertEqual(fields[b"mode"], b"standalone")
        self.assertEqual(fields[b"role"], b"master")
        self.assertEqual(fields[b"id"], self.do("CLIENT ID"))

    def test_hello_switches_the_protocol(self):
        reply = self.do("HELLO 3")
        self.assertIsInstance(reply, dict)
        self.assertEqual(reply[b"proto"], 3)
        self.client.send("GET", "missing")
        self.assertEqual(self.client.read_typed(), ("_", None))
        self.assertIsInstance(self.do("HELLO 2"), list)
        self.client.send("GET", "missing")
        self.assertEqual(self.client.read_typed(), ("$", None))

    def test_hello_options(self):
        self.assertIsInstance(self.do("HELLO 3 SETNAME me"), dict)
        self.expect("CLIENT GETNAME", b"me")
        self.assertIsInstance(self.do("HELLO 2 AUTH default any setname you"), list)
        self.expect("CLIENT GETNAME", b"you")

    def test_hello_errors(self):
        self.expect_all(
            ("HELLO 1", Error("NOPROTO unsupported protocol version")),
            ("HELLO 4", Error("NOPROTO unsupported protocol version")),
            ("HELLO x", err("Protocol version is not an integer or out of range")),
            ("HELLO 3 WHAT", err("Syntax error in HELLO option 'WHAT'")),
            ("HELLO 3 AUTH a", err("Syntax error in HELLO option 'AUTH'")),
            (["HELLO", "3", "SETNAME", "a b"],
             err("Client names cannot contain spaces, newlines or special characters.")),
            ("HELLO 3 AUTH nobody x",
             Error("WRONGPASS invalid username-password pair or user is disabled.")),
        )
        self.assertIsInstance(self.do("HELLO"), list, "still RESP2 after refused HELLOs")


class AuthTest(ServerTest):
    options = ("--requirepass", "secret")

    def setUp(self):
        self.client = self.server.connect()
        self.addCleanup(self.client.close)

    def test_needs_a_password(self):
        refused = Error("NOAUTH Authentication required.")
        self.expect_all(
            ("PING", refused),
            ("GET key", refused),
            ("COMMAND COUNT", refused),
            ("nonsense", refused),
            ("GET", refused),
            ("HELLO 3", Error(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the "
                "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client "
                "and select the RESP protocol version at the same time")),
            ("AUTH wrong", Error("WRONGPASS invalid username-password pair or user is disabled.")),
            ("AUTH nobody secret",
             Error("WRONGPASS invalid username-password pair or user is disabled.")),
            ("AUTH secret", OK),
            ("PING", Status("PONG")),
            ("RESET", Status("RESET")),
            ("PING", refused),
            ("AUTH default secret", OK),
            ("PING", Status("PONG")),
            ("AUTH a b c", SYNTAX),
            ("AUTH", arity("auth")),
        )

    def test_hello_authenticates(self):
        self.assertIsInstance(self.do("HELLO 3 AUTH default secret"), dict)
        self.expect("PING", Status("PONG"))

    def test_quit_needs_none(self):
        self.expect("QUIT", OK)

    def test_limits_what_strangers_may_send(self):
        self.client.send_raw(b"*11\r\n")
        self.assertEqual(self.client.read(),
                         err("Protocol error: unauthenticated multibulk length"))
        self.assertTrue(self.client.is_closed_by_server())
        other = self.server.connect()
        self.addCleanup(other.close)
        other.send_raw(b"*2\r\n$16385\r\n")
        self.assertEqual(other.read(), err("Protocol error: unauthenticated bulk length"))
        self.assertTrue(other.is_closed_by_server())

    def test_a_stranger_that_reads_nothing_is_closed(self):
        client, owner = self.connect(), self.connect()
        self.expect("AUTH secret", OK, owner)

        def closed():
            stats = parse_info(self.do("INFO stats", owner))
            return int(stats["client_output_buffer_limit_disconnections"])
        before = closed()
        try:
            for _ in range(100):
                client.send_raw(b"PING\r\n" * 10_000)
        except OSError:
            pass
        wait_until(lambda: closed() == before + 1)

    def test_config_set_requirepass(self):
        self.expect_all(
            ("AUTH secret", OK),
            ("CONFIG SET requirepass other", OK),
            ("PING", Status("PONG")),
        )
        stranger = self.server.connect()
        self.addCleanup(stranger.close)
        self.expect("AUTH secret",
                    Error("WRONGPASS invalid username-password pair or user is disabled."),
                    stranger)
        self.expect("AUTH other", OK, stranger)
        self.expect("CONFIG SET requirepass secret", OK, stranger)

    def test_a_password_lifts_the_limits_within_one_pipeline(self):
        wide = ["MSET"] + [f"{part}{n}" for n in range(20) for part in ("k", "v")]
        self.client.send_raw(encode("AUTH", "secret") + encode(*wide))
        self.assertEqual([self.client.read() for _ in range(2)], [OK, OK])


class NoAuthTest(ServerTest):
    def test_auth_without_a_password_set(self):
        self.expect("AUTH x", err(
            "AUTH <password> called without any password configured for the default user. "
            "Are you sure your configuration is correct?"))
        self.expect("AUTH default anything", OK)


class ProtocolTest(ServerTest):
    """Requests byte by byte, as well-behaved and other clients send them."""

    def expect_protocol_error(self, data, text):
        client = self.server.connect()
        self.addCleanup(client.close)
        client.send_until_closed(data)
        self.assertEqual(client.read(), err("Protocol error: " + text), data[:60])
        self.assertTrue(client.is_closed_by_server())

    def replies(self, data, count):
        self.client.send_raw(data)
        return [self.client.read() for _ in range(count)]

    def test_refuses_malformed_requests(self):
        for data, text in [
            (b"*x\r\n", "invalid multibulk length"),
            (b"*99999999999999999999\r\n", "invalid multibulk length"),
            (b"*2147483648\r\n", "invalid multibulk length"),
            (b"*1\r\nfoo\r\n", "expected '$', got 'f'"),
            (b"*1\r\n:1\r\n", "expected '$', got ':'"),
            (b"*1\r\n\r\n", "expected '$', got '\r'"),
            (b"*1\r\n$x\r\n", "invalid bulk length"),
            (b"*1\r\n$-1\r\n", "invalid bulk length"),
            (b"*1\r\n$536870913\r\n", "invalid bulk length"),
            (b"*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
            (b"*1\r\n$1 \r\n", "invalid bulk length"),
            (b"*" + b"1" * 70000, "too big mbulk count string"),
            (b"*1\r\n$" + b"1" * 70000, "too big bulk count string"),
            (b"x" * 70000, "too big inline request"),
            (b'set "key value\r\n', "unbalanced quotes in request"),
        ]:
            with self.subTest(data=data[:40]):
                self.expect_protocol_error(data, text.replace("\r", " "))

    def test_answers_what_came_before_the_malformed_request(self):
        self.assertEqual(self.replies(encode("PING") + b"*1\r\n!\r\n", 2),
                         [Status("PONG"), err("Protocol error: expected '$', got '!'")])

    def test_the_malformed_request_waits_with_what_came_before(self):
        for bad, text in ((b"*x\r\n", "Protocol error: invalid multibulk length"),
                          (b"*1\r\n!\r\n", "Protocol error: expected '$', got '!'"),
                          (b'"a\r\n', "Protocol error: unbalanced quotes in request")):
            with self.subTest(bad=bad):
                self.expect_all(("DEL k", self.do("EXISTS k")), ("CLIENT PAUSE 60000 WRITE", OK))
                client = self.connect()
                client.send_raw(encode("SET", "k", "v") + bad)
                wait_until(lambda: self.server.info("clients")["blocked_clients"] == "1")
                self.expect("CLIENT UNPAUSE", OK)
                self.assertEqual([client.read(), client.read()], [OK, err(text)])
                self.assertTrue(client.is_closed_by_server())
                self.expect("GET k", b"v")

    def test_nothing_behind_quit_is_read(self):
        for bad in (b"*x\r\n", b'"a\r\n', b"POST / \r\n"):
            with self.subTest(bad=bad):
                client = self.connect()
                client.send_raw(b"QUIT\r\n" + bad)
                self.assertEqual(client.read(), OK)
                self.assertTrue(client.is_closed_by_server())

    def test_no_word_to_who_wants_none(self):
        client = self.connect()
        client.send_raw(b"CLIENT REPLY OFF\r\n*x\r\n")
        self.assertTrue(client.is_closed_by_server())

    def test_passes_over_empty_requests(self):
        self.assertEqual(self.replies(b"\r\n*0\r\n*-1\r\n\r\n  \r\nPING\r\n", 1),
                         [Status("PONG")])

    def test_takes_bytes_one_by_one(self):
        for byte in encode("SET", "key", b"a\r\n$3"):
            self.client.send_raw(bytes([byte]))
        self.assertEqual(self.client.read(), OK)
        self.expect("GET key", b"a\r\n$3")

    def test_takes_inline_requests(self):
        self.assertEqual(self.replies(b"SET key value\r\nGET key\n  get   key  \r\n", 3),
                         [OK, b"value", b"value"])

    def test_takes_quotes_in_inline_requests(self):
        for sent, value in [
            (b'"a b"', b"a b"), (b"'a b'", b"a b"), (b'"\\x00\\xff\\n\\r\\t\\a\\b"',
                                                     b"\x00\xff\n\r\t\a\b"),
            (b'"\\"\\\\"', b'"\\'), (b"'\\''", b"'"), (b"'\\n'", b"\\n"), (b'""', b""),
            (b"''", b""), (b'"\\xzz"', b"xzz"), (b'a"b"', b"ab"), (b"'a'b", b"ab"),
        ]:
            with self.subTest(sent=sent):
                self.assertEqual(self.replies(b"ECHO " + sent + b"\r\n", 1), [value])

    def test_takes_a_mixture_in_one_packet(self):
        data = b"".join(encode("SET", f"k{i}", i) + b"GET k%d\r\n" % i for i in range(100))
        expected = [reply for i in range(100) for reply in (OK, b"%d" % i)]
        self.assertEqual(self.replies(data, 200), expected)

    def test_takes_big_arguments(self):
        for size in (16383, 16384, 32767, 32768, 65535, 65536, 65537, 1 << 20, 5_000_001):
            with self.subTest(size=size):
                value = bytes(range(256)) * (size // 256 + 1)
                value = value[:size]
                self.expect(["SET", "key", value], OK)
                self.assertEqual(self.do("GET key"), value)
                self.assertEqual(self.do(["ECHO", value]), value)

    def test_takes_many_arguments(self):
        count = 100_000
        pairs = [x for i in range(count) for x in (b"k%d" % i, b"v%d" % i)]
        self.expect(["MSET", *pairs], OK)
        self.assertEqual(self.do(["MGET", *pairs[::2]]), pairs[1::2])
        self.expect(["DEL", *pairs[::2]], count)

    def test_closes_on_a_query_buffer_over_its_limit(self):
        self.expect("CONFIG SET client-query-buffer-limit 1048576", OK)
        victim = self.server.connect()
        self.addCleanup(victim.close)
        try:
            victim.send_raw(b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4000000\r\n")
            for _ in range(40):
                victim.send_raw(b"x" * 100_000)
        except OSError:
            pass
        self.assertTrue(victim.is_closed_by_server())
        self.expect("CONFIG SET client-query-buffer-limit 1gb", OK)
        self.expect("PING", Status("PONG"))

    def test_words_that_are_complete_do_not_count(self):
        self.expect("CONFIG SET client-query-buffer-limit 1048576", OK)
        pairs = [x for i in range(30_000) for x in (b"k%d" % i, b"x" * 24)]
        self.expect(["MSET", *pairs], OK)
        big = [x for i in range(5) for x in (b"k%d" % i, b"x" * 400_000)]
        self.expect(["MSET", *big], OK)
        self.expect(["SET", "key", "x" * 1048574], OK)
        self.expect("CONFIG SET client-query-buffer-limit 1gb", OK)

    def test_a_complete_request_may_be_over_the_limit_too(self):
        self.expect("CONFIG SET client-query-buffer-limit 1048576", OK)
        victim = self.server.connect()
        self.addCleanup(victim.close)
        before = int(self.server.info("stats")["client_query_buffer_limit_disconnections"])
        try:
            victim("SET", "key", "x" * 1048575)
        except (Closed, OSError):
            pass
        self.assertTrue(victim.is_closed_by_server())
        after = int(self.server.info("stats")["client_query_buffer_limit_disconnections"])
        self.assertEqual(after - before, 1)
        self.expect("CONFIG SET client-query-buffer-limit 1gb", OK)

    def test_a_half_received_bulk_holds_what_it_announced(self):
        client = self.server.connect()
        self.addCleanup(client.close)
        client("CLIENT", "SETNAME", "half")

        def held():
            for line in self.do("CLIENT LIST").decode().splitlines():
                fields = dict(field.split("=", 1) for field in line.split())
                if fields["name"] == "half":
                    return int(fields["qbuf"]) + int(fields["qbuf-free"])
            return 0
        self.assertEqual(held(), 0)
        client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000000\r\n")
        wait_until(lambda: held() > 0)
        client.send_raw(b"a" * 300_000)
        sent = 300_000

        def has_room():  # It gives it back when idle: one byte more, and it is there again.
            nonlocal sent
            client.send_raw(b"a")
            sent += 1
            return held() > 1_000_000
        wait_until(has_room)
        self.assertLess(held(), 1_100_000)  # Not twice as much.
        # Idle: it gives back what it does not fill.
        wait_until(lambda: held() < 1_000_000)
        client.send_raw(b"a" * (1_000_000 - sent) + b"\r\n")
        self.assertEqual(client.read(), OK)
        self.assertEqual(len(self.do("GET a")), 1_000_000)
        self.assertEqual(held(), 0)

    def test_keeps_serving_beside_half_requests(self):
        halves = [self.connect() for _ in range(50)]
        for client in halves:
            client.send_raw(b"*2\r\n$3\r\nGET\r\n$3\r\nk")
        self.expect("SET key value", OK)
        for client in halves:
            client.send_raw(b"ey\r\n")
            self.assertEqual(client.read(), b"value")


class ClientTest(ServerTest):
    def fields(self, line):
        return dict(word.split("=", 1) for word in line.decode().split(" "))

    def test_id_and_names(self):
        first, second = self.do("CLIENT ID"), self.connect()("CLIENT", "ID")
        self.assertGreater(second, first)
        self.expect_all(
            ("CLIENT GETNAME", None),
            ("CLIENT SETNAME me", OK),
            ("CLIENT GETNAME", b"me"),
            (["CLIENT", "SETNAME", "a b"],
             err("Client names cannot contain spaces, newlines or special characters.")),
            (["CLIENT", "SETNAME", b"a\0 b"], OK),
            ("CLIENT GETNAME", b"a\0 b"),
        )
        self.assertEqual(self.fields(self.do("CLIENT INFO").strip())["name"], "a")
        self.expect_all((["CLIENT", "SETNAME", b"\0"], OK), (["CLIENT", "SETNAME", ""], OK),
                        ("CLIENT GETNAME", None))

    def test_setinfo(self):
        self.expect_all(
            ("CLIENT SETINFO lib-name mine", OK),
            ("CLIENT SETINFO LIB-VER 1.2.3", OK),
            (["CLIENT", "SETINFO", "lib-name", "a b"],
             err("lib-name cannot contain spaces, newlines or special characters.")),
            (["CLIENT", "SETINFO", "LIB-Ver", "a b"],
             err("LIB-Ver cannot contain spaces, newlines or special characters.")),
            ("CLIENT SETINFO what x", err("Unrecognized option 'what'")),
        )
        fields = self.fields(self.do("CLIENT INFO").strip())
        self.assertEqual((fields["lib-name"], fields["lib-ver"]), ("mine", "1.2.3"))

    def test_info_describes_this_connection(self):
        self.do("CLIENT SETNAME me")
        self.do("SELECT 3")
        fields = self.fields(self.do("CLIENT INFO").strip())
        host, port = self.client.socket.getsockname()
        self.assertEqual(fields["addr"], f"{host}:{port}")
        self.assertEqual(fields["laddr"], f"127.0.0.1:{self.server.port}")
        self.assertEqual(fields["name"], "me")
        self.assertEqual(fields["db"], "3")
        self.assertEqual(fields["cmd"], "client|info")
        self.assertEqual(fields["resp"], "2")
        self.assertEqual(fields["user"], "default")
        self.assertEqual(fields["flags"], "N")
        self.assertEqual(int(fields["id"]), self.do("CLIENT ID"))
        self.assertEqual(list(fields)[:9], ["id", "addr", "laddr", "fd", "name", "age", "idle",
                                            "flags", "capa"])

    def test_list(self):
        other = self.connect()
        mine, others = self.do("CLIENT ID"), other("CLIENT", "ID")
        ids = [int(self.fields(line)["id"]) for line in self.do("CLIENT LIST").splitlines()]
        self.assertTrue({mine, others} <= set(ids))
        listed = self.do(f"CLIENT LIST ID {others} {mine} 99999999").splitlines()
        self.assertEqual([int(self.fields(line)["id"]) for line in listed], sorted([others, mine]))
        normal = self.do("CLIENT LIST TYPE normal").splitlines()
        self.assertGreaterEqual(len(normal), 2)
        self.expect("CLIENT LIST TYPE replica", b"")
        self.expect("CLIENT LIST TYPE what", err("Unknown client type 'what'"))
        self.expect("CLIENT LIST ID x", SYNTAX)
        self.expect("CLIENT LIST WHAT", SYNTAX)

    def test_kill_by_address_and_id(self):
        for argument in ("addr", "id"):
            with self.subTest(by=argument):
                victim = self.server.connect()
                self.addCleanup(victim.close)
                number = victim("CLIENT", "ID")
                host, port = victim.socket.getsockname()
                if argument == "addr":
                    self.expect(f"CLIENT KILL {host}:{port}", OK)
                else:
                    self.expect(f"CLIENT KILL ID {number}", 1)
                self.assertTrue(victim.is_closed_by_server())
        self.expect("CLIENT KILL 1.2.3.4:5", err("No such client"))
        self.expect("CLIENT KILL ID 999999999", 0)
        self.expect("CLIENT KILL ID x", SYNTAX)
        self.expect("CLIENT KILL TYPE what", err("Unknown client type 'what'"))
        self.expect("CLIENT KILL SKIPME maybe", SYNTAX)
        self.expect("CLIENT KILL USER nobody", err("No such user 'nobody'"))

    def test_kill_passes_over_the_caller_unless_asked(self):
        mine = self.do("CLIENT ID")
        self.expect(f"CLIENT KILL ID {mine}", 0)
        self.expect(f"CLIENT KILL ID {mine} SKIPME no", 1)
        self.assertTrue(self.client.is_closed_by_server())

    def test_reply_off_and_skip(self):
        self.client.send_raw(encode("CLIENT", "REPLY", "OFF") + encode("SET", "a", "1") +
                             encode("CLIENT", "REPLY", "ON") + encode("CLIENT", "REPLY", "SKIP") +
                             encode("SET", "b", "2") + encode("GET", "a"))
        self.assertEqual([self.client.read(), self.client.read()], [OK, b"1"])
        self.expect("GET b", b"2")
        self.expect("CLIENT REPLY what", SYNTAX)

    def test_pause_and_unpause(self):
        other = self.connect()
        self.expect("CLIENT PAUSE 60000 WRITE", OK)
        self.assertIsNone(other("GET", "key"))
        other.send("SET", "key", "value")
        self.expect("GET key", None)
        self.expect("CLIENT UNPAUSE", OK)
        self.assertEqual(other.read(), OK)
        begun = time.monotonic()
        self.expect("CLIENT PAUSE 500 ALL", OK)
        self.assertEqual(other("GET", "key"), b"value")
        self.assertGreater(time.monotonic() - begun, 0.49)
        self.expect("CLIENT PAUSE x", err("timeout is not an integer or out of range"))
        self.expect("CLIENT PAUSE -1", err("timeout is negative"))
        self.expect("CLIENT PAUSE 1 what", err("CLIENT PAUSE mode must be WRITE or ALL"))
        self.expect("CLIENT PAUSE x what", err("CLIENT PAUSE mode must be WRITE or ALL"))

    def test_who_has_gone_while_paused_wants_nothing(self):
        self.expect("CLIENT PAUSE 60000 WRITE", OK)
        gone, here = self.connect(), self.connect()
        for client, key in ((gone, "gone"), (here, "here")):
            client.send("SET", key, "1")
        wait_until(lambda: self.server.info("clients")["blocked_clients"] == "2")
        gone.close()
        self.expect("CLIENT UNPAUSE", OK)
        self.assertEqual(here.read(), OK)
        self.expect("MGET gone here", [None, b"1"])

    def test_who_is_reset_while_paused_keeps_no_worker_busy(self):
        self.expect("CLIENT PAUSE 60000 WRITE", OK)
        gone = self.connect()
        gone.send("SET", "gone", "1")
        wait_until(lambda: self.server.info("clients")["blocked_clients"] == "1")
        gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()
        before = int(self.server.info("stats")["eventloop_cycles"])
        time.sleep(0.5)
        self.assertLess(int(self.server.info("stats")["eventloop_cycles"]) - before, 500)
        self.expect("CLIENT UNPAUSE", OK)

    def test_list_shows_the_command_that_came_last(self):
        other = self.connect()
        number = other("CLIENT", "ID")
        for command, shown in (("MULTI", "multi"), ("SET a b", "set"), ("FOO", "NULL"),
                               ("CLIENT WHAT", "NULL"), ("CLIENT ID", "client|id"),
                               ("DISCARD", "discard"), ("GET", "get"), ("MULTI", "multi"),
                               ("GET a", "get"), ("EXEC", "exec")):
            self.do(command, other)
            self.assertIn(f" cmd={shown} ".encode(), self.do(f"CLIENT LIST ID {number}"), command)

    def test_list_shows_the_command_that_waits(self):
        self.expect("CLIENT PAUSE 60000 WRITE", OK)
        client = self.connect()
        client.send("SET", "key", "1")
        wait_until(lambda: b"cmd=set " in self.do("CLIENT LIST"))
        self.expect("CLIENT UNPAUSE", OK)
        self.assertEqual(client.read(), OK)

    def test_no_evict_no_touch_and_others(self):
        self.expect_all(
            ("CLIENT NO-EVICT on", OK),
            ("CLIENT NO-EVICT off", OK),
            ("CLIENT NO-EVICT what", SYNTAX),
            ("CLIENT NO-TOUCH on", OK),
            ("CLIENT NO-TOUCH off", OK),
            ("CLIENT NO-TOUCH what", SYNTAX),
            ("CLIENT IMPORT-SOURCE off", OK),
            ("CLIENT IMPORT-SOURCE on", err("Server is not in import mode")),
            ("CLIENT UNBLOCK 999999", 0),
            ("CLIENT UNBLOCK x", err("value is not an integer or out of range")),
            ("CLIENT UNBLOCK 999999 2 3", 0),
            ("CLIENT UNBLOCK 1 what",
             err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")),
            ("CLIENT what", err("unknown subcommand 'what'. Try CLIENT HELP.")),
            ("CLIENT", arity("client")),
            ("CLIENT ID x", arity("client|id")),
            ("CLIENT SETNAME", arity("client|setname")),
        )
        self.assertEqual(self.do("CLIENT HELP")[0],
                         Status("CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"))


class LimitsTest(ServerTest):
    options = ("--maxclients", "20")

    def test_refuses_clients_above_maxclients(self):
        clients = []
        refused = None
        for _ in range(25):
            client = self.server.connect()
            self.addCleanup(client.close)
            clients.append(client)
            try:
                reply = client("PING")
            except (Closed, OSError):
                reply = None
            if reply != Status("PONG"):
                refused = reply
                break
        self.assertEqual(refused, err("max number of clients reached"))
        self.assertLessEqual(len(clients), 21)
        for client in clients:
            client.close()
        self.expect("PING", Status("PONG"))
        # Not a newcomer, who might be refused himself.
        wait_until(lambda: int(parse_info(self.do("INFO clients"))["connected_clients"]) <= 3)

    def test_closes_idle_clients(self):
        idle = self.server.connect()
        self.addCleanup(idle.close)
        subscriber = self.connect(3)
        subscriber.send("SUBSCRIBE", "a")
        subscriber.read_push()
        self.expect("CONFIG SET timeout 1", OK)
        self.assertTrue(idle.is_closed_by_server())
        # Who listens is never idle.
        self.expect("CONFIG SET timeout 0", OK, subscriber)


class ClientMemoryTest(ServerTest):
    """maxmemory-clients."""

    def stuck(self, *first):
        client = self.server.connect()
        self.addCleanup(client.close)
        if first:
            client(*first)
        client.send_raw(b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n" * 100)
        return client

    def evicted(self):
        """Asked by the test's own client: one that comes to ask may be evicted for it."""
        return int(parse_info(self.do("INFO stats"))["evicted_clients"])

    def test_a_tiny_limit_leaves_small_clients_alone(self):
        other = self.connect()
        self.expect("CONFIG SET maxmemory-clients 1", OK)
        self.expect_all(("PING", Status("PONG")), ("PING", Status("PONG")))
        self.expect("PING", Status("PONG"), other)
        self.expect("CONFIG SET maxmemory-clients 0", OK)
        self.assertEqual(self.evicted(), 0)

    def test_clients_that_stay_count_too(self):
        self.client("CLIENT", "NO-EVICT", "on")
        self.expect(("SET", "key", "x" * 1_000_000), OK)
        self.stuck("CLIENT", "NO-EVICT", "on")
        wait_until(lambda: int(self.server.info("memory")["mem_clients_normal"]) > 15_000_000)
        self.expect("CONFIG SET maxmemory-clients 10mb", OK)
        before = self.evicted()
        others = [self.server.connect() for _ in range(2)]
        for other in others:
            self.addCleanup(other.close)
            other.send("PING")
        for other in others:
            self.assertTrue(other.is_closed_by_server())
        self.assertGreaterEqual(self.evicted(), before + 2)
        self.expect("PING", Status("PONG"))
        self.expect("CONFIG SET maxmemory-clients 0", OK)


class SlowReaderTest(ServerTest):
    """Those who send and do not read, and those whose requests wait."""

    def used_memory(self):
        """A sanitized build knows nothing of the buffers: 0 then."""
        info = self.server.info("memory")
        return int(info["used_memory"]) if info["allocator_allocated"] != "0" else 0

    REPLIES = 60_000  # Of 1000 bytes: more than the kernel takes from a server.

    def stuck(self, name):
        """A client with 60 MB of replies that it does not read."""
        client = self.server.connect()
        self.addCleanup(client.close)
        client("CLIENT", "SETNAME", name)
        client.send_until_closed(b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n" * self.REPLIES)
        return client

    def output_of(self, name):
        for line in self.do("CLIENT LIST").decode().splitlines():
            fields = dict(field.split("=", 1) for field in line.split())
            if fields["name"] == name:
                return int(fields["omem"])
        return 0

    def test_what_a_huge_request_took_goes_back(self):
        words = [b"k%d" % n for n in range(300_000)]
        self.expect("SET key value", OK)
        before = self.used_memory()
        for request in ([["EXISTS", *words]], [["DEL", *words]], [["PING", *words]],
                        [["MULTI"], ["EXISTS", *words], ["EXEC"]],
                        [["HDEL", "hash", *words]], [["WATCH", *words], ["UNWATCH"]]):
            clients = [self.connect() for _ in range(4)]  # Each worker gets one.
            for client in clients:
                client.pipeline(request)
                client.close()
        wait_until(lambda: self.used_memory() < before + 1_000_000)

    def test_half_a_request_of_many_words_is_the_clients(self):
        client = self.connect()
        number = client("CLIENT", "ID")
        client.send_raw(b"*200000\r\n$3\r\nDEL\r\n" + b"$1\r\na\r\n" * 150_000)

        def total():
            line = self.do(f"CLIENT LIST ID {number}").decode()
            return int(dict(field.split("=", 1) for field in line.split())["tot-mem"])
        # The bytes, and for each word where it is.
        wait_until(lambda: total() > 150_000 * (7 + 16))
        client.send_raw(b"$1\r\na\r\n" * 49_999)
        self.assertEqual(client.read(), 0)
        wait_until(lambda: total() < 1_000_000)

    def test_what_nobody_reads_goes_with_the_client(self):
        self.expect(("SET", "key", "x" * 1000), OK)
        before = self.used_memory()
        for name in ("first", "second", "third"):
            self.stuck(name)
            wait_until(lambda name=name: self.output_of(name) > 10_000_000)
        if before > 0:
            self.assertGreater(self.used_memory(), before + 30_000_000)
        self.assertGreaterEqual(self.do("CLIENT KILL TYPE normal SKIPME yes"), 3)
        wait_until(lambda: self.used_memory() < before + 2_000_000)

    def test_the_output_limit_counts_what_is_being_sent(self):
        self.expect(("SET", "key", "x" * 1000), OK)
        self.expect(("CONFIG", "SET", "client-output-buffer-limit", "normal 5mb 0 0"), OK)
        before = self.used_memory()
        closed = self.output_disconnections()
        self.stuck("over")
        wait_until(lambda: self.output_disconnections() == closed + 1)
        wait_until(lambda: self.used_memory() < before + 2_000_000)
        self.expect(("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0"), OK)

    def test_a_transaction_over_the_output_limit_runs_to_its_end(self):
        self.expect(("SET", "key", "x" * 10_000), OK)
        self.expect(("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0"), OK)
        closed = self.output_disconnections()
        client = self.connect()
        gets = encode("GET", "key") * 1000
        client.send_until_closed(encode("MULTI") + gets + encode("SET", "done", "1")
                                 + gets + encode("EXEC"))
        wait_until(lambda: self.output_disconnections() == closed + 1)
        self.expect("GET done", b"1")
        self.assertTrue(client.is_closed_by_server())
        self.expect(("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0"), OK)

    def test_a_reply_cut_by_the_limit_is_the_last_one(self):
        """Also when the limit is lifted before the client is closed for it."""
        self.expect(("SET", "key", "x" * 10_000), OK)
        client = self.connect()
        limit = ("CONFIG", "SET", "client-output-buffer-limit")
        client.send_until_closed(encode(*limit, "normal 1mb 0 0")
                                 + encode("MGET", *["key"] * 1000)
                                 + encode(*limit, "normal 0 0 0") + encode("PING"))
        self.assertTrue(client.is_closed_by_server(5))
        self.expect((*limit, "normal 0 0 0"), OK)

    def output_disconnections(self):
        return int(self.server.info("stats")["client_output_buffer_limit_disconnections"])

    def test_a_reply_that_ends_the_connection_arrives_whole(self):
        self.expect(("SET", "key", "x" * 1000), OK)
        client = self.stuck("leaving")
        client.send("QUIT")
        for _ in range(self.REPLIES):
            self.assertEqual(len(client.read()), 1000)
        self.assertEqual(client.read(), OK)
        self.assertTrue(client.is_closed_by_server())

    def test_paused_clients_hold_nobody_up(self):
        self.expect("CLIENT PAUSE 60000 WRITE", OK)
        paused = [self.connect() for _ in range(200)]
        for i, client in enumerate(paused):
            for j in range(10):
                client.send("SET", f"key{i}", f"value{j}")
        for _ in range(50):
            self.expect("GET key0", None)
        self.expect("CLIENT UNPAUSE", OK)
        for client in paused:
            for _ in range(10):
                self.assertEqual(client.read(), OK)
        self.expect("GET key199", b"value9")

    def test_fat_pipelines_leave_room_for_others(self):
        value = b"x" * 1000
        request = b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1000\r\n" + value + b"\r\n"
        count = 20_000
        fat = [self.server.connect() for _ in range(4)]
        senders = [threading.Thread(target=client.send_raw, args=(request * count,))
                   for client in fat]
        for sender in senders:
            sender.start()
        others = [self.connect() for _ in range(100)]
        for client in others:
            client.send("PING")
        for client in others:
            self.assertEqual(client.read(), Status("PONG"))
        for client in fat:
            for _ in range(count):
                self.assertEqual(client.read(), OK)
            client.close()
        for sender in senders:
            sender.join()


class FairnessTest(ServerTest):
    def test_short_requests_for_long_replies_share_the_turns(self):
        self.do(["HSET", "big", *(b"%d" % i for i in range(2000))])
        requests = 2000  # Some 15 MB of replies for 40 KB of requests.
        before = int(self.server.info("stats")["eventloop_cycles"])
        client = self.connect()
        client.send_raw(b"HGETALL big\r\n" * requests)
        for _ in range(requests):
            self.assertEqual(len(client.read()), 2000)
        self.assertGreater(int(self.server.info("stats")["eventloop_cycles"]) - before, 8)


class RestartTest(ServerTest):
    def test_the_port_is_free_when_the_process_is_gone(self):
        """Nobody is connected to a server that no longer is, and the next one gets the port."""
        for end in (Server.kill, Server.stop) * 5:
            with Server() as server:
                with server.connect() as client:
                    self.assertEqual(client("PING"), Status("PONG"))
                    end(server)
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", server.port)).close()

    def test_many_connections_at_once(self):
        sockets = [socket.socket() for _ in range(500)]
        for one in sockets:
            self.addCleanup(one.close)
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.server.port))
        for one in sockets:
            one.setblocking(True)
            one.settimeout(20)
            one.sendall(b"PING\r\n")
        for one in sockets:
            self.assertEqual(one.recv(100), b"+PONG\r\n")


class UnixSocketTest(ServerTest):
    def test_serves_a_unix_socket(self):
        with Server("--unixsocket", "./s", "--unixsocketperm", "700") as server:
            path = server.path("s")
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
            with Connection(path) as client:
                self.assertEqual(client("SET", "key", "value"), OK)
                self.assertEqual(client("GET", "key"), b"value")
                self.assertIn(b"unixsocket", client("INFO", "everything") + b"unixsocket")
            server.stop()
            self.assertFalse(os.path.exists(path))


class MonitorTest(ServerTest):
    def test_monitor_shows_commands(self):
        watcher = self.server.connect()
        self.addCleanup(watcher.close)
        self.assertEqual(watcher("MONITOR"), OK)
        self.do(["SET", "key", b'a"\n\x00'])
        line = watcher.read()
        self.assertRegex(line, r'^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "key" "a\\"\\n\\x00"$')
        self.do("SELECT 5")
        self.assertRegex(watcher.read(), r'\[5 .*"SELECT" "5"|\[0 .*"SELECT" "5"')


class PushTest(ServerTest):
    def test_a_push_is_told_from_a_reply(self):
        client = self.connect(3)
        client.send("SUBSCRIBE", "channel")
        self.assertEqual(client.read_push(), Push([b"subscribe", b"channel", 1]))
        self.assertEqual(client("PING"), Status("PONG"))
        self.expect("PUBLISH channel hello", 1)
        self.assertEqual(client.read_push(), Push([b"message", b"channel", b"hello"]))


if __name__ == "__main__":
    main()
