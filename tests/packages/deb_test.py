#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The life of the Debian packages in a Debian: install, edit, upgrade, remove, purge, adopt."""

import os
import shutil
import tempfile
import unittest

from case import PORT, main, package, run
from harness.resp import Connection
from harness.server import wait_until
from roots import Root, next_version

CONF = "/etc/skarn/skarn.conf"
WANTS = "/etc/systemd/system/multi-user.target.wants/skarn-server.service"


def can_connect(port):
    try:
        return Connection(("127.0.0.1", port))
    except OSError:
        return None


class RootTest(unittest.TestCase):
    """Each test has a Debian of its own."""

    def setUp(self):
        self.root = Root()
        self.addCleanup(self.root.close)

    def install(self, *names):
        packages = [package(f"{name}_*.deb") if "compat" in name else
                    package(f"{name}_*_amd64.deb") for name in names]
        return self.root.sh("dpkg -i " + self.root.copy_in(*packages))

    def serve(self, program="skarn-server", user="skarn", conf=CONF, options=""):
        """(process, connection) of a server inside, started as its unit starts it."""
        self.root.sh(f"install -d -o {user} -g {user} -m 2755 /run/{user}")
        process = self.root.start(f"{program} {conf} --daemonize no --port {PORT} {options}", user)
        client = wait_until(lambda: can_connect(PORT), what="the port")
        wait_until(lambda: client("PING") == "PONG", what="the end of the load")
        self.addCleanup(client.close)
        return process, client


class LifeTest(RootTest):
    def test_installs(self):
        self.install("skarn-tools", "skarn-server")
        self.assertIn("Skarn server", self.root.sh("skarn-server --version"))
        self.assertEqual(self.root.sh("getent passwd skarn").split(":")[5:],
                         ["/var/lib/skarn", "/usr/sbin/nologin\n"])
        self.assertEqual(
            self.root.modes("/etc/skarn", CONF, "/var/lib/skarn", "/var/log/skarn"),
            ["/etc/skarn skarn:skarn 2770", f"{CONF} skarn:skarn 640",
             "/var/lib/skarn skarn:skarn 750", "/var/log/skarn skarn:adm 2750"])
        self.assertTrue(os.path.lexists(self.root.path(WANTS)), "not enabled")
        self.assertEqual(self.root.sh("dpkg -V skarn-tools skarn-server"), "")

    def test_the_packaged_configuration_serves(self):
        self.install("skarn-tools", "skarn-server")
        self.root.sh(f"skarn-server --check-config {CONF}")
        process, client = self.serve()
        self.assertEqual(client("SET", "key", "value"), "OK")
        self.assertEqual(client("CONFIG", "REWRITE"), "OK")
        self.root.sh(f"skarn-healthcheck 127.0.0.1 {PORT}")
        self.root.stop(process)
        self.assertIn("1 keys read", self.root.sh("skarn-check-rdb /var/lib/skarn/dump.rdb"))
        self.assertIn("bye bye", self.root.read("/var/log/skarn/skarn-server.log"))
        self.assertIn(f"port {PORT}", self.root.read(CONF))
        self.assertEqual(self.root.modes(CONF), [f"{CONF} skarn:skarn 640"])
        self.root.sh("logrotate --force /etc/logrotate.d/skarn-server")
        self.root.sh("test -e /var/log/skarn/skarn-server.log.1")

    def test_upgrade_keeps_edits_and_the_administrators_choices(self):
        def change(tree):
            with open(tree + CONF, "a", encoding="utf-8") as file:
                file.write("# of the next version\n")

        self.install("skarn-tools", "skarn-server")
        self.root.write(CONF, "maxmemory 100mb\n", "a")
        self.root.sh("systemctl disable skarn-server; "
                     "chgrp adm /var/log/skarn; dpkg-statoverride --update --add root adm 2755 "
                     "/var/log/skarn")
        self.assertIn("5", self.root.sh("dpkg -V skarn-server", status=None))
        with tempfile.TemporaryDirectory(prefix="skarn-test-") as folder:
            later = [next_version(package("skarn-tools_*_amd64.deb"), folder),
                     next_version(package("skarn-server_*_amd64.deb"), folder, change)]
            names = self.root.copy_in(*later)
        self.root.sh(f"dpkg --force-confold -i {names}")
        self.assertIn("maxmemory 100mb", self.root.read(CONF))
        self.assertIn("of the next version", self.root.read(CONF + ".dpkg-dist"))
        self.assertEqual(self.root.modes(CONF, "/var/log/skarn"),
                         [f"{CONF} skarn:skarn 640", "/var/log/skarn root:adm 2755"])
        self.assertFalse(os.path.lexists(self.root.path(WANTS)), "enabled again")

    def test_remove_keeps_and_purge_deletes(self):
        self.install("skarn-tools", "skarn-server")
        self.root.sh("echo data >/var/lib/skarn/dump.rdb; dpkg -r skarn-server skarn-tools")
        self.root.sh(f"test -e {CONF}; test -e /var/lib/skarn/dump.rdb")
        self.root.sh("! command -v skarn-server")
        self.root.sh("dpkg -P skarn-server skarn-tools")
        for path in ("/etc/skarn", "/var/lib/skarn", "/var/log/skarn", WANTS,
                     "/etc/logrotate.d/skarn-server"):
            self.assertFalse(os.path.lexists(self.root.path(path)), path)
        self.assertNotIn("skarn", self.root.sh("dpkg-statoverride --list"))
        self.root.sh("getent passwd skarn")

    def test_purge_of_the_server_alone_leaves_the_tools_whole(self):
        self.install("skarn-tools", "skarn-server")
        self.root.sh("dpkg -P skarn-server")
        self.assertEqual(self.root.modes("/etc/skarn"), ["/etc/skarn skarn:skarn 2770"])
        self.install("skarn-server")
        self.root.sh(f"test -e {CONF}")

    def test_installs_where_the_user_and_the_data_are_there_already(self):
        self.root.sh("groupadd --system skarn; useradd --system --gid skarn --home-dir /srv skarn; "
                     "mkdir -p /var/lib/skarn; echo kept >/var/lib/skarn/dump.rdb")
        self.install("skarn-tools", "skarn-server")
        self.assertEqual(self.root.read("/var/lib/skarn/dump.rdb"), "kept\n")

    def test_a_full_etc_fails_and_can_be_repeated(self):
        self.install("skarn-tools")
        # A file system without room in the place of /etc/skarn.
        failed = self.root.sh(
            "mount -t tmpfs -o size=4k,nr_inodes=1 none /etc/skarn; dpkg -i "
            + self.root.copy_in(package("skarn-server_*_amd64.deb")), status=None)
        self.assertIn("No space left", failed)
        self.install("skarn-server")
        self.root.sh(f"skarn-server --check-config {CONF}")


class AdoptionTest(RootTest):
    """Debian's redis-server with an edited configuration and data gives way to Skarn."""

    def setUp(self):
        super().setUp()
        self.root.sh("dpkg -i /opt/peers/*.deb")
        self.root.write("/etc/redis/redis.conf", "maxmemory 123mb\nhz 17\n", "a")
        process, client = self.serve("redis-server", "redis", "/etc/redis/redis.conf")
        for n in range(1000):
            client("SET", f"key{n}", f"value{n}")
        client("HSET", "hash", "field", "value")
        client("SAVE")
        client.close()
        self.root.stop(process)

    def adopt_by_packages(self):
        names = self.root.copy_in(package("skarn-tools_*_amd64.deb"),
                                  package("skarn-server_*_amd64.deb"),
                                  package("skarn-redis-compat_*.deb"))
        return self.root.sh(f"apt-get install -y --no-install-recommends {names}")

    def test_takes_over_configuration_and_data(self):
        before = self.root.sh("cd /; sha256sum etc/redis/* var/lib/redis/*")
        said = self.adopt_by_packages()
        self.assertIn("skarn-adopt: copied /var/lib/redis", said)
        self.assertEqual(self.root.sh("cd /; sha256sum etc/redis/* var/lib/redis/*"), before)
        self.assertEqual(self.root.sh("dpkg-query -W -f '${db:Status-Status}' redis-tools"),
                         "installed")
        conf = self.root.read(CONF)
        for line in ("maxmemory 123mb", "dir /var/lib/skarn",
                     "logfile /var/log/skarn/skarn-server.log"):
            self.assertIn("\n" + line + "\n", conf)
        self.assertEqual(self.root.modes(CONF, "/var/lib/skarn/dump.rdb"),
                         [f"{CONF} skarn:skarn 640", "/var/lib/skarn/dump.rdb skarn:skarn 644"])
        _, client = self.serve("redis-server")
        self.assertEqual(client("DBSIZE"), 1001)
        self.assertEqual(client("GET", "key77"), b"value77")
        self.assertEqual(client("CONFIG", "GET", "hz")[1], b"17")
        # The stock client, still installed, speaks with it.
        self.assertEqual(self.root.sh(f"redis-cli -p {PORT} hget hash field"), "value\n")

    def test_removing_the_names_leaves_skarn(self):
        self.adopt_by_packages()
        self.root.sh("dpkg -r skarn-redis-compat; ! command -v redis-server; skarn-server -v")

    def test_an_edited_target_is_left_alone(self):
        self.install("skarn-tools", "skarn-server")
        self.root.write(CONF, "# mine\n", "a")
        before = self.root.read(CONF)
        said = self.adopt_by_packages()
        self.assertIn("was changed, so nothing is taken over", said)
        self.assertEqual(self.root.read(CONF), before)
        self.assertEqual(os.listdir(self.root.path("/var/lib/skarn")), [])

    def test_data_in_the_target_is_left_alone(self):
        self.install("skarn-tools", "skarn-server")
        self.root.write("/var/lib/skarn/dump.rdb", "mine")
        self.assertIn("is not empty, so nothing is taken over", self.adopt_by_packages())
        self.assertEqual(self.root.read("/var/lib/skarn/dump.rdb"), "mine")

    def test_a_configuration_that_skarn_refuses_is_left_alone_with_the_reason(self):
        self.root.write("/etc/redis/redis.conf", "no-such-directive 1\n", "a")
        said = self.adopt_by_packages()
        self.assertIn("does not accept", said)
        self.assertIn("no-such-directive", said)
        self.assertIn("bind 127.0.0.1", self.root.read(CONF))
        self.assertEqual(os.listdir(self.root.path("/var/lib/skarn")), [])
        self.assertFalse([n for n in os.listdir(self.root.path("/etc/skarn")) if "adopt" in n])

    def test_a_dry_run_changes_nothing(self):
        self.install("skarn-tools", "skarn-server")
        before = self.root.read(CONF)
        said = self.root.sh("skarn-adopt --dry-run redis")
        self.assertIn("would copy /var/lib/redis", said)
        self.assertEqual(self.root.read(CONF), before)


class LintTest(unittest.TestCase):
    @unittest.skipUnless(shutil.which("lintian"), "no lintian")
    def test_lintian_finds_no_errors(self):
        for name in ("skarn-tools_*_amd64", "skarn-server_*_amd64", "skarn-*-compat_*_all"):
            found = run("lintian", "--fail-on", "none", "--tag-display-limit", "0",
                        *([package(f"{name}.deb")] if "compat" not in name else
                          [package("skarn-redis-compat_*_all.deb"),
                           package("skarn-valkey-compat_*_all.deb")]))
            errors = [line for line in found.splitlines() if line.startswith("E:")]
            self.assertEqual(errors, [])


if __name__ == "__main__":
    main()
