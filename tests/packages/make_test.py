#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The makers of packages, as far as they can be tried without making any."""

import os
import re
import tarfile
import tempfile
import unittest
from unittest import mock

from case import main, release

import chart  # noqa: E402  (case knows the path)

SEMANTIC = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def suffix(text):
    return mock.patch.dict(os.environ, {"SKARN_VERSION_SUFFIX": text})


class MakeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name in ("OUTPUT", "WORK"):
            patch = mock.patch.object(release, name, os.path.join(self.folder, name))
            patch.start()
            self.addCleanup(patch.stop)
            os.makedirs(getattr(release, name))

    def write(self, path, text=""):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class VersionTest(MakeTest):
    def test_a_prerelease_is_one_for_charts_and_images_too(self):
        with suffix("~rc1"):
            self.assertTrue(release.version().endswith("~rc1"))
            self.assertTrue(release.semantic_version().endswith("-rc1"))
        for text in ("", "~rc1", "+next", "~rc1+git.5"):
            with suffix(text):
                self.assertRegex(release.semantic_version(), f"^{SEMANTIC.pattern}$")
                self.assertRegex(release.image_tag(), f"^{TAG.pattern}$")

    def test_the_chart_has_it(self):
        with suffix("~rc1"):
            version = release.semantic_version()
            path = chart.make()
        self.assertEqual(os.path.basename(path), f"skarn-{version}.tgz")
        with tarfile.open(path) as archive:
            about = archive.extractfile("skarn/Chart.yaml").read().decode()
        self.assertIn(f"\nversion: {version}\nappVersion: {version}\n", about)


if __name__ == "__main__":
    main()
