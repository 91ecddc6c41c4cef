#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The makers of packages, as far as they can be tried without making any."""

import json
import os
import re
import tarfile
import tempfile
import unittest
from unittest import mock

from case import main, release

import chart  # noqa: E402  (case knows the path)
import image  # noqa: E402
import sbom  # noqa: E402

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


CONTROL = """Package: libc6
Source: glibc (2.36)
Version: 1:2.36-9+deb12u1
Architecture: amd64
Description: the library
 .
 Of C.
"""


class ImageTest(MakeTest):
    def tree(self):
        for name in ("passwd", "group"):
            self.write(f"tree/usr/share/base-passwd/{name}.master", "root:x:0:\n")
        for name in ("etc/resolv.conf", "etc/hostname", "etc/apt/sources.list.d/a.sources",
                     "var/lib/dpkg/status", "var/lib/dpkg/lock", "usr/bin/dash"):
            self.write("tree/" + name, "of this machine")
        os.makedirs(f"{self.folder}/tree/dev")
        os.makedirs(f"{self.folder}/tree/etc", exist_ok=True)
        self.write(f"tree/{image.STATUS}.unpacked", CONTROL + "\nPackage: bash\nVersion: 5\n"
                   "Architecture: amd64\n\n")
        return self.folder + "/tree"

    def test_nothing_of_the_machine_is_left(self):
        tree = self.tree()
        image.configure(tree)
        image.write_status(tree)
        for folder, _, names in os.walk(tree):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path) and not path.endswith("bin/dash"):
                    with open(path, encoding="utf-8") as file:
                        self.assertNotIn("of this machine", file.read(), path)
        self.assertEqual(os.listdir(tree + "/var/lib/dpkg"), ["status"])

    def test_what_was_made_here_gets_a_time_of_the_packages(self):
        tree = self.tree()
        os.utime(f"{tree}/usr/bin/dash", (1000, 1000))
        image.settle(tree, 2000)
        times = {os.lstat(os.path.join(folder, name)).st_mtime
                 for folder, folders, names in os.walk(tree) for name in folders + names}
        self.assertEqual(times, {1000})

    def test_another_base_has_another_folder(self):
        def other_configure(tree):
            return tree

        names = [image.base_folder("amd64"), image.base_folder("arm64")]
        for name, value in (("BASE_PACKAGES", "bash"), ("configure", other_configure)):
            with mock.patch.object(image, name, value):
                names.append(image.base_folder("amd64"))
        self.assertEqual(len(set(names)), 4)
        self.assertEqual(image.base_folder("amd64"), names[0])

    def test_database_and_sbom_name_the_packages(self):
        tree = self.tree()
        image.write_status(tree)
        with open(f"{tree}/{image.STATUS}", encoding="utf-8") as file:
            status = file.read()
        self.assertIn("Package: bash\nStatus: install ok installed\nVersion: 5\n", status)
        self.assertIn(" .\n Of C.\n", status)
        with mock.patch.object(image, "base_root", return_value=tree):
            packages = image.base_packages("amd64")
        self.write("WORK/artifact/amd64/skarn", "program")
        with mock.patch.object(sbom, "package_version", return_value="1"):
            document = json.loads(sbom.image_document("amd64", "bookworm", packages))
        found = {part["name"]: part for part in document["packages"]}
        self.assertLessEqual({"skarn", "skarn-image", "jemalloc", "libc6", "bash"}, set(found))
        self.assertEqual(found["libc6"]["externalRefs"][0]["referenceLocator"],
                         "pkg:deb/debian/libc6@1%3A2.36-9%2Bdeb12u1"
                         "?arch=amd64&distro=bookworm&upstream=glibc")
        names = [part["SPDXID"] for part in document["packages"]]
        self.assertEqual(len(set(names)), len(names))


class ProvenanceTest(MakeTest):
    """The sums and the provenance are about what was made of one revision."""

    def make(self, revision, architecture):
        """As package.py does for one architecture."""
        self.write(f"WORK/artifact/{architecture}/skarn", "program " + revision)
        with mock.patch.object(release, "revision", return_value=revision), \
                mock.patch.object(sbom, "package_version", return_value="1"):
            release.begin_output()
            self.write(f"OUTPUT/skarn-tools_1_{architecture}.deb", "package " + revision)
            sbom.write_all([architecture])

    def provenance(self):
        path = os.path.join(release.OUTPUT, f"skarn-{release.version()}.provenance.json")
        with open(path, encoding="utf-8") as file:
            statement = json.load(file)
        with open(os.path.join(release.OUTPUT, "SHA256SUMS"), encoding="utf-8") as file:
            summed = {line.split()[1] for line in file}
        named = {subject["name"] for subject in statement["subject"]}
        self.assertEqual(summed, named | {os.path.basename(path)})
        made = statement["predicate"]["buildDefinition"]["externalParameters"]["architectures"]
        return {name for name in named if name.endswith(".deb")}, made

    def test_one_architecture_after_the_other_of_the_same_revision(self):
        self.make("a", "amd64")
        self.make("a", "arm64")
        self.assertEqual(self.provenance(), ({"skarn-tools_1_amd64.deb", "skarn-tools_1_arm64.deb"},
                                             ["amd64", "arm64"]))

    def test_files_of_another_revision_are_not_of_this_one(self):
        self.write("OUTPUT/skarn-tools_0_arm64.deb", "of no known revision")
        self.make("a", "amd64")
        self.assertEqual(self.provenance(), ({"skarn-tools_1_amd64.deb"}, ["amd64"]))
        self.make("a", "arm64")
        self.write("OUTPUT/SHA256SUMS.asc", "signature")
        self.make("b", "amd64")
        self.assertEqual(self.provenance(), ({"skarn-tools_1_amd64.deb"}, ["amd64"]))
        self.assertEqual(sorted(os.listdir(release.OUTPUT)),
                         ["REVISION", "SHA256SUMS", f"skarn-{release.version()}-amd64.spdx.json",
                          f"skarn-{release.version()}.provenance.json", "skarn-tools_1_amd64.deb"])


if __name__ == "__main__":
    main()
