#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The signed repositories: apt and dnf install from them, and refuse what was tampered with."""

import os
import re
import shutil
import tempfile
import unittest

from case import ROOT, main, package, release, run
from roots import Root

REPO = os.path.join(release.OUTPUT, "repo")
STUB = """Name: distribution
Version: 1
Release: 1
Summary: What a distribution provides
License: none
{provides}
%description
.
%files
"""


class RepositoryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        home = os.path.join(cls.folder.name, "gnupg")
        os.makedirs(home, 0o700)
        cls.variables = {**os.environ, "GNUPGHOME": home}
        run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "test@skarn.example",
            "rsa2048", "sign", "never", env=cls.variables)
        run("python3", "-B", os.path.join(ROOT, "packaging/make/package.py"), "--repo",
            "test@skarn.example", "--url", "file:///repo", env=cls.variables)

    @classmethod
    def tearDownClass(cls):
        run("gpgconf", "--kill", "all", env=cls.variables)
        cls.folder.cleanup()

    def root(self):
        root = Root()
        self.addCleanup(root.close)
        shutil.copytree(REPO, root.path("/repo"))
        return root

    def test_the_sums_are_signed(self):
        run("gpg", "--verify", f"{release.OUTPUT}/SHA256SUMS.asc", f"{release.OUTPUT}/SHA256SUMS",
            env=self.variables)
        run("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=release.OUTPUT)

    def test_apt_installs(self):
        root = self.root()
        root.sh("rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; "
                "cp /repo/skarn.gpg /usr/share/keyrings/; "
                "cp /repo/skarn.sources /etc/apt/sources.list.d/; apt-get update")
        said = root.sh("apt-get install -y --no-install-recommends skarn-server")
        self.assertIn("Setting up skarn-server", said)
        root.sh("skarn-server --version; apt-cache policy skarn-redis-compat | grep -q Candidate")

    def test_apt_refuses_a_changed_index(self):
        root = self.root()
        root.sh("rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; "
                "cp /repo/skarn.gpg /usr/share/keyrings/; "
                "cp /repo/skarn.sources /etc/apt/sources.list.d/; "
                "sed -i 's/^Suite: stable/Suite: staple/' /repo/apt/dists/stable/InRelease "
                "/repo/apt/dists/stable/Release")
        told = root.sh("apt-get update", status=None)
        self.assertRegex(told, "BADSIG|NOSPLIT|not signed|invalid")

    def test_rpms_and_index_are_signed(self):
        root = self.root()
        run("rpm", "--root", root.folder, "--dbpath", "/var/lib/rpm", "--initdb")
        run("rpm", "--root", root.folder, "--dbpath", "/var/lib/rpm", "--import",
            f"{REPO}/skarn.asc")
        for architecture in ("x86_64", "aarch64"):
            for name in os.listdir(f"{REPO}/yum/{architecture}"):
                if name.endswith(".rpm"):
                    told = run("rpm", "--root", root.folder, "--dbpath", "/var/lib/rpm", "-K",
                               f"{REPO}/yum/{architecture}/{name}")
                    self.assertIn("digests signatures OK", told)
            run("gpg", "--verify", f"{REPO}/yum/{architecture}/repodata/repomd.xml.asc",
                f"{REPO}/yum/{architecture}/repodata/repomd.xml", env=self.variables)

    @unittest.skipUnless(shutil.which("dnf"), "no dnf")
    def test_dnf_installs(self):
        root = self.root()
        self.make_distribution(root.path("/stub"))
        conf = root.path("/dnf.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write("[main]\nreposdir=/nonexistent\ncachedir=/var/cache/dnf\n"
                       "install_weak_deps=0\npluginpath=/nonexistent\n"
                       f"[stub]\nname=stub\nbaseurl=file://{root.folder}/stub\ngpgcheck=0\n"
                       f"[skarn]\nname=skarn\nbaseurl=file://{REPO}/yum/$basearch\ngpgcheck=1\n"
                       f"repo_gpgcheck=1\ngpgkey=file://{REPO}/skarn.asc\n")
        said = run("dnf", "-y", "-c", conf, f"--installroot={root.folder}", "--releasever=9",
                   "--forcearch=x86_64", "install", "skarn-server", env=self.variables)
        self.assertIn("Complete!", said)
        root.sh("skarn-server --version; getent passwd skarn")

    def make_distribution(self, folder):
        """A package that provides what ours need of a distribution, the newest glibc 2.34."""
        needs = set()
        for name in ("skarn-tools", "skarn-server"):
            needs |= set(run("rpm", "-qpR", package(f"{name}-[0-9]*.x86_64.rpm")).splitlines())
        needs = {need for need in needs if not re.match(r"skarn|rpmlib|config\(", need)}
        os.makedirs(folder)
        spec = os.path.join(folder, "stub.spec")
        with open(spec, "w", encoding="utf-8") as file:
            file.write(STUB.format(provides="\n".join(
                f"Provides: {need}" for need in sorted(needs))))
        run("rpmbuild", "-bb", "--define", f"_topdir {folder}", spec)
        run("createrepo_c", "--quiet", folder)


if __name__ == "__main__":
    main()
