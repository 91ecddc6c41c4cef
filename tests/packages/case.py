# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of packages share: where the packages are, how commands are run."""

import functools
import glob
import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "packaging", "make"))
sys.path.insert(0, os.path.join(ROOT, "tests"))

import release  # noqa: E402  (the path above comes first)

PORT = int(os.environ.get("SKARN_TEST_PORT", "7600"))  # The tests use this one and the next nine.


def run(*command, status=0, **options):
    """The output of a command, which must end with `status` (None: any)."""
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if status is not None and done.returncode != status:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


@functools.cache
def package(pattern):
    """The one file of build/packages that matches."""
    found = sorted(glob.glob(os.path.join(release.OUTPUT, pattern)))
    if len(found) != 1:
        raise AssertionError(f"{pattern} in build/packages: {found or 'nothing'}; "
                             "make them by ./dev package")
    return found[0]


def architectures():
    """Those that packages were made for."""
    return [name for name in release.ARCHITECTURES
            if glob.glob(os.path.join(release.OUTPUT, f"skarn-tools_*_{name}.deb"))]


def main():
    unittest.main(verbosity=2)
