# SPDX-License-Identifier: BSD-3-Clause
"""Builds the programs of one architecture, and parts them from their debug symbols."""

import glob
import os
import shutil

import release

PROGRAMS = {"skarn-server": "skarn", "skarn-tune": "skarn-tune"}  # Built as: installed as.


def fetch_arm64_jemalloc(preset):
    """libjemalloc-dev of two architectures cannot be installed together, so the library of arm64
    is taken out of its package."""
    folder = os.path.join(release.ROOT, "build", preset, "arm64-libraries")
    library = os.path.join(folder, "libjemalloc.a")
    if os.path.exists(library):
        return
    os.makedirs(folder, exist_ok=True)
    release.run("apt-get", "download", "-q", "libjemalloc-dev:arm64", cwd=folder)
    for package in glob.glob(os.path.join(folder, "libjemalloc-dev_*.deb")):
        release.run("dpkg-deb", "-x", package, os.path.join(folder, "unpacked"))
        os.remove(package)
    shutil.copyfile(os.path.join(folder, "unpacked/usr/lib/aarch64-linux-gnu/libjemalloc.a"),
                    library)
    shutil.rmtree(os.path.join(folder, "unpacked"))


def split(built, program, tools):
    """Writes `program`, stripped, and program.debug, which it names."""
    debug = program + ".debug"
    release.run(tools + "objcopy", "--only-keep-debug", "--compress-debug-sections", built, debug)
    os.chmod(debug, 0o644)
    release.run(tools + "strip", "--strip-unneeded", "--remove-section=.comment", "-o", program,
                built)
    release.run(tools + "objcopy", f"--add-gnu-debuglink={debug}", program)


def build(architecture, jobs):
    names = release.ARCHITECTURES[architecture]
    if architecture == "arm64":
        fetch_arm64_jemalloc(names.preset)
    release.run("cmake", "--preset", names.preset, cwd=release.ROOT)
    tree = os.path.join(release.ROOT, "build", names.preset)
    targets = release.run("ninja", "-C", tree, "-t", "targets", "all")
    wanted = [name for name in PROGRAMS if f"bin/{name}: " in targets]
    release.run("ninja", "-C", tree, "-j", jobs, *wanted)
    folder = release.artifact_folder(architecture)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in wanted:
        split(os.path.join(tree, "bin", name), os.path.join(folder, PROGRAMS[name]),
              names.triplet + "-")


def put_symbols(tree, architecture):
    """Installs the debug symbols where debuggers of every distribution look. Returns the paths."""
    folder = release.artifact_folder(architecture)
    paths = []
    for program in sorted(name for name in os.listdir(folder) if not name.endswith(".debug")):
        number = build_id(architecture, program)
        paths.append(f"/usr/lib/debug/.build-id/{number[:2]}/{number[2:]}.debug")
        os.makedirs(os.path.dirname(tree + paths[-1]), exist_ok=True)
        shutil.copyfile(f"{folder}/{program}.debug", tree + paths[-1])
    return paths


def build_id(architecture, program):
    tools = release.ARCHITECTURES[architecture].triplet
    path = os.path.join(release.artifact_folder(architecture), program)
    notes = release.run(f"{tools}-readelf", "-n", path)
    return notes.split("Build ID:")[1].split()[0]
