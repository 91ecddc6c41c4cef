# SPDX-License-Identifier: BSD-3-Clause
"""The base of the tests of skarn-tune: recorded machines in folders, and what is in them."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import machine

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TUNE = os.environ.get("SKARN_TUNE", os.path.join(ROOT, "build", "release", "bin", "skarn-tune"))
STATE = "var/lib/skarn-tune/state"
SYSCTL = "etc/sysctl.d/60-skarn-tune.conf"
UNIT = "etc/systemd/system/skarn-tune.service"
LINK = "etc/systemd/system/multi-user.target.wants/skarn-tune.service"
NOBODY = 65534


def snapshot(root):
    """{path: what is there, with its mode}"""
    found = {}
    for folder, folders, names in os.walk(root):
        for name in folders + names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if os.path.islink(path):
                content = os.readlink(path)
            elif os.path.isdir(path):
                content = None
            else:
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, root)] = (status.st_mode, content)
    return found


class TuneCase(unittest.TestCase):
    maxDiff = 4000

    def tree(self, name):
        root = tempfile.mkdtemp(prefix="skarn-tune-")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        return machine.unpack(name, root)

    def run_tune(self, root, *arguments, status=0, **more):
        done = subprocess.run([TUNE, *arguments, "--root", root], capture_output=True, text=True,
                              timeout=60, **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def read(self, root, path):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return file.read()

    def write(self, root, path, text):
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def value(self, root, key):
        return self.read(root, "proc/sys/" + key.replace(".", "/")).strip()
