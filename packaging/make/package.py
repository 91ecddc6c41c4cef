#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes all that is published of a release, in build/packages/. `./dev package` calls this.

    package.py [--arch amd64,arm64] [--jobs N] [--no-build] [deb] [rpm] [image] [chart]
    package.py --repo KEY    signed apt and yum trees of the packages made before
"""

import argparse
import os

import artifact
import deb
import release
import rpm


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", default="amd64,arm64")
    parser.add_argument("--jobs", default=str(os.cpu_count()))
    parser.add_argument("--no-build", action="store_true", help="take the programs built before")
    parser.add_argument("kinds", nargs="*")
    options = parser.parse_args()
    os.umask(0o022)  # Modes of files and folders must not depend on the caller's.
    kinds = options.kinds or ["deb", "rpm"]
    for architecture in options.arch.split(","):
        if not options.no_build:
            print(f"package: building for {architecture}", flush=True)
            artifact.build(architecture, options.jobs)
        for kind, maker in (("deb", deb), ("rpm", rpm)):
            if kind in kinds:
                for path in maker.make(architecture):
                    print("package:", os.path.relpath(path, release.ROOT), flush=True)


if __name__ == "__main__":
    main()
