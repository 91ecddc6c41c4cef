#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The unit files: sound, exposed as little as promised, and not stricter than the server needs."""

import os
import re
import shutil
import tempfile
import unittest

from case import ROOT, main, release, run

EXPOSURE_MAX = 1.5


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
class UnitTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        self.addCleanup(self.folder.cleanup)
        units = os.path.join(self.folder.name, "usr/lib/systemd/system")
        shutil.copytree(os.path.join(ROOT, "systemd"), units)
        for program in ("usr/bin/skarn", "usr/bin/skarn-server", "usr/bin/skarn-tune", "bin/sh"):
            path = os.path.join(self.folder.name, program)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8"):
                os.chmod(path, 0o755)

    def text(self, name):
        with open(os.path.join(ROOT, "systemd", name), encoding="utf-8") as file:
            return file.read()

    def test_exposure(self):
        for unit in ("skarn-server.service", "skarn-server@one.service"):
            told = run("systemd-analyze", "security", "--offline=yes", "--no-pager",
                       f"--root={self.folder.name}", unit)
            score = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", told).group(1))
            self.assertLessEqual(score, EXPOSURE_MAX)

    def test_systemd_finds_no_fault(self):
        for unit in ("skarn-server.service", "skarn-server@one.service", "skarn-server.socket"):
            told = run("systemd-analyze", "verify", f"--root={self.folder.name}", unit, status=None)
            # There are no manual pages and no units of the system in this root.
            expected = re.compile(r"Command 'man |Unit \S+ not found")
            self.assertFalse([line for line in told.splitlines()
                              if "skarn" in line and not expected.search(line)], told)

    def test_pinning_is_allowed_and_what_is_filtered_does_not_kill(self):
        text = self.text("skarn-server.service")
        filters = re.findall(r"^SystemCallFilter=(.*)$", text, re.M)
        self.assertEqual(filters[-1].split(), ["sched_setaffinity", "mbind", "set_mempolicy"])
        self.assertIn("SystemCallErrorNumber=EPERM", text)

    def test_the_final_save_is_waited_for(self):
        self.assertIn("\nTimeoutStopSec=infinity\n", self.text("skarn-server.service"))

    def test_the_template_differs_only_where_an_instance_does(self):
        single, many = [[line for line in self.text(name).splitlines() if line[:1] not in ("#", "")]
                        for name in ("skarn-server.service", "skarn-server@.service")]
        differing = {line.split("=")[0] for line in set(single) ^ set(many)}
        self.assertEqual(differing, {"Description", "ExecStart", "RuntimeDirectory",
                                     "ReadWritePaths", "Alias", "WantedBy"})

    def test_instances_have_the_names_of_the_others_too(self):
        for kind, forms in (("deb", ("{}-server@",)), ("rpm", ("{}-server@", "{}@"))):
            links = {(file.package, file.path, file.source)
                     for file in release.files("amd64", kind) if file.mode == "link"}
            for world in ("redis", "valkey"):
                for form in forms:
                    path = f"/usr/lib/systemd/system/{form.format(world)}.service"
                    self.assertIn((f"skarn-{world}-compat", path, "skarn-server@.service"), links)


if __name__ == "__main__":
    main()
