#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rpm packages: what they say, and their scriptlets on a real root (a Debian one)."""

import glob
import os
import re
import shutil
import tempfile
import unittest

from case import ROOT, architectures, main, package, release, run
from roots import Root

CONF = "/etc/skarn/skarn.conf"
WANTS = "/etc/systemd/system/multi-user.target.wants/skarn-server.service"
PARTS = ("skarn-tools", "skarn-server")


class MetadataTest(unittest.TestCase):
    def query(self, name, *options, architecture="x86_64"):
        return run("rpm", "-qp", *options, package(f"{name}-[0-9]*.{architecture}.rpm"))

    def test_needs_nothing_above_the_oldest_glibc(self):
        for name in architectures():
            needs = self.query("skarn-tools", "--requires",
                               architecture=release.ARCHITECTURES[name].rpm)
            self.assertIn("libc.so.6", needs)
            for minor in re.findall(r"GLIBC_2\.(\d+)", needs):
                self.assertLessEqual(int(minor), 34, needs)
            self.assertNotIn("libstdc++", needs)

    def test_flags_modes_and_owners(self):
        form = ("[%{FILENAMES} %{FILEFLAGS:fflags} %{FILEMODES:perms} "
                "%{FILEUSERNAME}:%{FILEGROUPNAME}\n]")
        lines = (self.query("skarn-server", "--qf", form)
                 + self.query("skarn-tools", "--qf", form)).splitlines()
        for line in (f"{CONF} cn -rw-r----- skarn:skarn",
                     "/etc/logrotate.d/skarn-server cn -rw-r--r-- root:root",
                     "/etc/skarn  drwxrws--- skarn:skarn", "/var/lib/skarn  drwxr-x--- skarn:skarn",
                     "/var/log/skarn  drwxr-s--- skarn:adm",
                     "/usr/lib/systemd/system/skarn-server@.service  -rw-r--r-- root:root"):
            self.assertIn(line, lines)

    def test_upgrades_only_restart_what_runs(self):
        scripts = self.query("skarn-server", "--scripts")
        after = scripts[scripts.index("postuninstall"):]
        self.assertIn("try-restart", after)
        self.assertNotRegex(after, "disable|stop ")

    @unittest.skipUnless(shutil.which("rpmlint"), "no rpmlint")
    def test_rpmlint_finds_nothing_beyond_the_reviewed_filter(self):
        told = run("rpmlint", "-c", os.path.join(ROOT, "packaging/rpm/rpmlint.toml"),
                   *sorted(glob.glob(release.OUTPUT + "/*.x86_64.rpm")), status=None)
        self.assertRegex(told, r"0 errors, 0 warnings", told)


class ScriptletTest(unittest.TestCase):
    def setUp(self):
        self.root = Root()
        self.addCleanup(self.root.close)
        run("rpm", "--root", self.root.folder, "--dbpath", "/var/lib/rpm", "--initdb")

    def rpm(self, *words):
        return run("rpm", "--root", self.root.folder, "--dbpath", "/var/lib/rpm", "--nodeps",
                   *words)

    def install(self, *names):
        return self.rpm("-ivh", *[package(f"{name}-[0-9]*.x86_64.rpm") for name in names])

    def later(self):
        """The same packages as a later version, with another configuration."""
        folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        self.addCleanup(folder.cleanup)
        run("python3", "-B", os.path.join(ROOT, "packaging/make/package.py"), "--no-build",
            "--arch", "amd64", "rpm",
            env={**os.environ, "SKARN_PACKAGE_OUTPUT": folder.name,
                 "SKARN_VERSION_SUFFIX": "+next"})
        return [glob.glob(f"{folder.name}/{name}-[0-9]*.rpm")[0] for name in PARTS]

    def test_installs(self):
        self.install(*PARTS)
        self.assertIn("/var/lib/skarn", self.root.sh("getent passwd skarn"))
        self.assertEqual(
            self.root.modes("/etc/skarn", CONF, "/var/lib/skarn", "/var/log/skarn"),
            ["/etc/skarn skarn:skarn 2770", f"{CONF} skarn:skarn 640",
             "/var/lib/skarn skarn:skarn 750", "/var/log/skarn skarn:adm 2750"])
        # Debian's default preset enables what EL's does not; this tells that presets were asked.
        self.assertTrue(os.path.lexists(self.root.path(WANTS)))
        self.root.sh(f"skarn-server --check-config {CONF}")

    def test_upgrade_keeps_edits_and_the_state_of_the_service(self):
        self.install(*PARTS)
        later = self.later()
        self.root.write(CONF, "maxmemory 100mb\n", "a")
        self.root.sh("systemctl disable skarn-server; systemctl enable skarn-server@two")
        self.rpm("-Uvh", *later)
        self.assertIn("+next", run("rpm", "--root", self.root.folder, "--dbpath", "/var/lib/rpm",
                                   "-q", "skarn-server"))
        self.assertIn("maxmemory 100mb", self.root.read(CONF))
        self.assertFalse(os.path.lexists(self.root.path(WANTS)), "enabled again")
        self.assertTrue(os.path.lexists(self.root.path(WANTS.replace("server", "server@two"))))
        self.root.sh("systemctl enable skarn-server")
        self.rpm("-Uvh", "--force", *later)
        self.assertTrue(os.path.lexists(self.root.path(WANTS)), "disabled")

    def test_erasing_keeps_data_and_edits(self):
        self.install(*PARTS)
        self.root.write(CONF, "maxmemory 100mb\n", "a")
        self.root.sh("echo data >/var/lib/skarn/dump.rdb")
        self.rpm("-e", *PARTS)
        self.assertIn("maxmemory 100mb", self.root.read(CONF + ".rpmsave"))
        self.assertEqual(self.root.read("/var/lib/skarn/dump.rdb"), "data\n")
        self.assertFalse(os.path.lexists(self.root.path(WANTS)))

    def test_the_names_of_redis_adopt_its_files(self):
        self.root.sh("mkdir -p /etc/redis /var/lib/redis; echo data >/var/lib/redis/dump.rdb; "
                     "printf 'dir /var/lib/redis\\nhz 20\\n' >/etc/redis/redis.conf")
        self.install(*PARTS)
        said = self.install("skarn-redis-compat")
        self.assertIn("skarn-adopt: copied /var/lib/redis", said)
        self.assertEqual(self.root.read(CONF), "dir /var/lib/skarn\nhz 20\n")
        self.assertEqual(self.root.modes("/var/lib/skarn/dump.rdb"),
                         ["/var/lib/skarn/dump.rdb skarn:skarn 644"])
        self.assertIn("Usage", self.root.sh("redis-check-rdb --help"))


if __name__ == "__main__":
    main()
