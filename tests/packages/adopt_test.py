#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""skarn-adopt in folders that look like machines with another server: what it takes and says."""

import os
import shutil
import tempfile
import unittest

from case import ROOT, main, run
from harness.server import default_command

ADOPT = os.path.join(ROOT, "packaging", "adopt", "skarn-adopt")
CONF = "etc/skarn/skarn.conf"
MAIN = "dir /var/lib/redis\n"


class AdoptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for path in ("etc/skarn", "var/lib/skarn", "var/log/skarn", "usr/share/skarn", "usr/bin"):
            os.makedirs(os.path.join(self.root, path))
        for target in (CONF, "usr/share/skarn/skarn.conf"):
            shutil.copyfile(os.path.join(ROOT, "packaging/config/skarn.conf"),
                            os.path.join(self.root, target))
        os.symlink(shutil.which(default_command().split()[0]),
                   os.path.join(self.root, "usr/bin/skarn-server"))

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def names(self, folder):
        return sorted(os.listdir(os.path.join(self.root, folder)))

    def adopt(self, *words, status=0):
        words = words or ("redis",)
        return run("sh", ADOPT, *words, status=status, env={**os.environ, "SKARN_ROOT": self.root})

    def refuses(self, reason, *words):
        """Nothing is changed, and the reason is told."""
        before = self.read(CONF)
        said = self.adopt(*words, status=1)
        self.assertIn(reason, said)
        self.assertEqual(self.read(CONF), before)
        self.assertEqual(self.names("etc/skarn"), ["skarn.conf"])
        self.assertEqual(self.names("var/lib/skarn"), [])

    # --- included files ------------------------------------------------------------------------

    def test_files_included_by_a_pattern_come_along(self):
        self.write("etc/redis/redis.conf", MAIN + "include /etc/redis/conf.d/*.conf\n")
        self.write("etc/redis/conf.d/pw.conf", "requirepass word\ninclude /etc/redis/deep/a\n")
        self.write("etc/redis/deep/a", "logfile /var/log/redis/redis-server.log\n")
        self.write("etc/redis/tls/key.bin", "\0\1")
        self.adopt()
        self.assertIn("include /etc/skarn/conf.d/*.conf\n", self.read(CONF))
        self.assertEqual(self.read("etc/skarn/conf.d/pw.conf"),
                         "requirepass word\ninclude /etc/skarn/deep/a\n")
        self.assertEqual(self.read("etc/skarn/deep/a"),
                         "logfile /var/log/skarn/skarn-server.log\n")
        self.assertEqual(self.read("etc/skarn/tls/key.bin"), "\0\1")

    def test_a_linked_file_is_copied(self):
        self.write("srv/pw.conf", "requirepass word\n")
        self.write("etc/redis/redis.conf", MAIN + 'include "/etc/redis/on/*"\n')
        os.makedirs(os.path.join(self.root, "etc/redis/on"))
        os.symlink("../../../srv/pw.conf", os.path.join(self.root, "etc/redis/on/pw"))
        self.adopt()
        self.assertFalse(os.path.islink(os.path.join(self.root, "etc/skarn/on/pw")))
        self.assertEqual(self.read("etc/skarn/on/pw"), "requirepass word\n")

    def test_an_included_file_that_would_be_missing_stops_it(self):
        self.write("etc/redis/redis.conf", MAIN + "include /etc/redis/sentinel*.conf\n")
        self.write("etc/redis/sentinel.conf", "requirepass word\n")
        self.refuses("sentinel.conf would be missing")

    def test_faults_in_included_files_are_found(self):
        self.write("etc/redis/redis.conf", MAIN + "include /etc/redis/a/*\n")
        self.write("etc/redis/a/b", "include /etc/redis/c\n")
        self.write("etc/redis/c", "no-such-directive 1\n")
        self.refuses("no-such-directive")

    # --- what packages of rpm leave ------------------------------------------------------------

    def test_the_layout_of_the_rpms_of_valkey(self):
        self.write("etc/valkey/default.conf",
                   "include /etc/valkey/includes/defaults.conf\ndir /var/lib/valkey/default\n"
                   "logfile /var/log/valkey/default/valkey.log\npidfile /run/valkey/default.pid\n")
        self.write("etc/valkey/includes/defaults.conf", "requirepass word\n")
        self.write("var/lib/valkey/default/dump.rdb", "data")
        self.write("etc/valkey/other.conf", "dir /var/lib/valkey/other\nport 6380\n"
                                            "unixsocket /run/valkey/other.sock\n")
        self.write("var/lib/valkey/other/dump.rdb", "more")
        said = self.adopt("valkey")
        self.assertEqual(self.read(CONF),
                         "include /etc/skarn/includes/defaults.conf\ndir /var/lib/skarn\n"
                         "logfile /var/log/skarn/skarn-server.log\n"
                         "pidfile /run/skarn/default.pid\n")
        self.assertEqual(self.read("etc/skarn/includes/defaults.conf"), "requirepass word\n")
        self.assertEqual(self.names("var/lib/skarn"), ["dump.rdb", "other"])
        self.assertEqual(self.read("etc/skarn/skarn-other.conf"),
                         "dir /var/lib/skarn/other\nport 6380\n"
                         "unixsocket /run/skarn-other/other.sock\n")
        self.assertEqual(self.read("var/lib/skarn/other/dump.rdb"), "more")
        self.assertIn("skarn-server@other", said)

    def test_an_edited_file_of_an_erased_package(self):
        self.write("etc/redis/redis.conf.rpmsave", MAIN + "include /etc/redis/pw.conf\n")
        self.write("etc/redis/pw.conf.rpmsave", "requirepass word\n")
        self.write("etc/redis/pw.conf.rpmnew", "requirepass other\n")
        self.adopt()
        self.assertEqual(self.read(CONF),
                         "dir /var/lib/skarn\ninclude /etc/skarn/pw.conf\n")
        self.assertEqual(self.names("etc/skarn"), ["pw.conf", "skarn.conf"])
        self.assertEqual(self.read("etc/skarn/pw.conf"), "requirepass word\n")

    def test_data_without_the_main_configuration_stays(self):
        self.write("etc/redis/special.conf", "requirepass word\n")
        self.write("var/lib/redis/dump.rdb", "data")
        self.refuses("no redis.conf")

    def test_data_alone_is_copied(self):
        self.write("var/lib/valkey/default/dump.rdb", "data")
        self.adopt("valkey")
        self.assertEqual(self.read("var/lib/skarn/dump.rdb"), "data")

    def test_data_is_not_mixed(self):
        self.write("etc/valkey/default.conf", "dir /var/lib/valkey/default\n")
        self.write("var/lib/valkey/default/dump.rdb", "data")
        self.write("var/lib/valkey/dump.rdb", "older")
        self.refuses("dump.rdb is in", "valkey")

    # --- several servers -----------------------------------------------------------------------

    def test_instances_get_names_folders_and_data_of_ours(self):
        self.write("etc/redis/redis.conf", MAIN)
        self.write("etc/redis/redis-common.conf", "pidfile /run/redis/redis-server.pid\n")
        self.write("etc/redis/redis-foo.conf",
                   "include /etc/redis/redis-common.conf\ndir /var/lib/redis-foo\nport 6380\n"
                   "unixsocket /run/redis-foo/redis-server.sock\n"
                   "logfile /var/log/redis/redis-server-foo.log\n")
        self.write("var/lib/redis/dump.rdb", "data")
        self.write("var/lib/redis-foo/dump.rdb", "more")
        self.write("var/lib/redis-bar/dump.rdb", "other")
        said = self.adopt("--dry-run", "redis")
        self.assertIn("would copy", said)
        self.assertEqual(self.names("etc/skarn"), ["skarn.conf"])
        said = self.adopt()
        self.assertEqual(self.names("etc/skarn"),
                         ["skarn-common.conf", "skarn-foo.conf", "skarn.conf"])
        self.assertEqual(self.read("etc/skarn/skarn-common.conf"),
                         "pidfile /run/skarn/skarn-server.pid\n")
        self.assertEqual(self.read("etc/skarn/skarn-foo.conf"),
                         "include /etc/skarn/skarn-common.conf\n"
                         "dir /var/lib/skarn/foo\nport 6380\n"
                         "unixsocket /run/skarn-foo/skarn-server.sock\n"
                         "logfile /var/log/skarn/skarn-server-foo.log\n")
        self.assertEqual(self.read("var/lib/skarn/foo/dump.rdb"), "more")
        self.assertIn("skarn-server@foo", said)
        self.assertIn("var/lib/redis-bar: left alone", said)

    def test_a_folder_that_only_begins_like_ours_is_another(self):
        self.write("etc/redis/redis.conf", "dir /var/lib/redisearch\n")
        self.refuses("dir /var/lib/redisearch lies outside")

    # --- what will not be as before ------------------------------------------------------------

    def test_a_foreign_folder_of_data_stops_it(self):
        os.makedirs(os.path.join(self.root, "srv/redis"))
        self.write("etc/redis/redis.conf", f"dir {self.root}/srv/redis\n")
        self.refuses("lies outside /var/lib/redis")

    def test_paths_that_change_or_cannot_be_written_are_said(self):
        self.write("etc/redis/redis.conf", MAIN + "unixsocket /run/redis/redis-server.sock\n"
                                           "logfile /srv/log/redis.log\n")
        said = self.adopt()
        self.assertIn("socket for clients will be /run/skarn/skarn-server.sock", said)
        self.assertIn("logfile /srv/log/redis.log lies outside", said)
        self.write(CONF, self.read("usr/share/skarn/skarn.conf"))
        self.write("etc/redis/redis.conf", MAIN + "unixsocket /tmp/redis.sock\n")
        self.assertIn("unixsocket /tmp/redis.sock lies outside", self.adopt())


if __name__ == "__main__":
    main()
