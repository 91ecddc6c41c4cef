#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes all that is published of a release, in build/packages/. `./dev package` calls this.

    package.py [--arch amd64,arm64] [--jobs N] [--no-build] [deb] [rpm] [image] [chart]
    package.py --repo KEY [--url URL]    signed apt and yum trees of the packages made before
"""

import argparse
import os

import artifact
import chart
import deb
import image
import release
import repository
import rpm
import sbom

KINDS = ("deb", "rpm", "image", "chart")


def say(path):
    print("package:", os.path.relpath(path, release.ROOT), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", default="amd64,arm64")
    parser.add_argument("--jobs", default=str(os.cpu_count()))
    parser.add_argument("--no-build", action="store_true", help="take the programs built before")
    parser.add_argument("--repo", metavar="KEY", help="gpg key that signs the repositories")
    parser.add_argument("--url", default=release.HOMEPAGE + "/packages")
    parser.add_argument("kinds", nargs="*", metavar="deb|rpm|image|chart")
    options = parser.parse_args()
    os.umask(0o022)  # Modes of files and folders must not depend on the caller's.
    if options.repo:
        return say(repository.make(options.repo, options.url))
    release.begin_output()
    kinds = options.kinds or KINDS
    architectures = options.arch.split(",")
    for architecture in architectures:
        if not options.no_build:
            print(f"package: building for {architecture}", flush=True)
            artifact.build(architecture, options.jobs)
        for kind, maker in (("deb", deb), ("rpm", rpm)):
            if kind in kinds:
                for path in maker.make(architecture):
                    say(path)
    if "image" in kinds:
        say(image.make(architectures))
    if "chart" in kinds:
        say(chart.make())
    sbom.write_all(architectures)
    return None


if __name__ == "__main__":
    main()
