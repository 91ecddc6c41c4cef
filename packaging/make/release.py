# SPDX-License-Identifier: BSD-3-Clause
"""What all makers of packages need: version, time, architectures, the list of files, commands.

Everything that is made depends on the sources and on SOURCE_DATE_EPOCH only (the time of the last
commit by default): two runs give the same bytes.
"""

import collections
import gzip
import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUTPUT = os.environ.get("SKARN_PACKAGE_OUTPUT") or os.path.join(ROOT, "build", "packages")
WORK = os.path.join(ROOT, "build", "packaging")
MAINTAINER = "Skarn maintainers <maintainers@skarn.example>"
HOMEPAGE = "https://skarn.example"

# What each world calls an architecture.
Architecture = collections.namedtuple("Architecture", "deb rpm triplet preset")
ARCHITECTURES = {
    "amd64": Architecture("amd64", "x86_64", "x86_64-linux-gnu", "package"),
    "arm64": Architecture("arm64", "aarch64", "aarch64-linux-gnu", "package-arm64"),
}
FILE_MODES = {"conf": 0o640, "conf644": 0o644}

# One line of packaging/files.txt.
File = collections.namedtuple("File", "package mode path source")


def version():
    """Of the project; a pre-release (1.0~rc1) comes from SKARN_VERSION_SUFFIX."""
    with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        number = re.search(r"project\(skarn VERSION ([0-9.]+)", file.read()).group(1)
    return number + os.environ.get("SKARN_VERSION_SUFFIX", "")


def semantic_version():
    """The same for those who sort pre-releases by a hyphen and take no tilde: charts."""
    return version().replace("~", "-")


def image_tag():
    """The same with what the tag of an image may have; the chart turns its version into it too."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", semantic_version())


def epoch():
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    shown = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    # An unpacked source archive has no history: then its files tell the time.
    return int(shown.stdout or os.path.getmtime(os.path.join(ROOT, "CMakeLists.txt")))


def revision():
    shown = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return shown.stdout.strip() or "unknown"


PUBLISHED = (".deb", ".rpm", ".oci.tar", ".tgz", ".spdx.json")


def published():
    """Names of the files in the output that sums and provenance are about."""
    return sorted(name for name in os.listdir(OUTPUT) if name.endswith(PUBLISHED))


def begin_output():
    """The output holds what was made of one revision: one run may make the packages of amd64, a
    later one of the same revision those of arm64. Files of another revision are deleted."""
    os.makedirs(OUTPUT, exist_ok=True)
    mark, now = os.path.join(OUTPUT, "REVISION"), f"{version()} {revision()}\n"
    before = None
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as file:
            before = file.read()
    if before == now:
        return
    told = [name for name in os.listdir(OUTPUT)
            if name.startswith("SHA256SUMS") or name.endswith(".provenance.json")]
    for name in published() + told:
        os.remove(os.path.join(OUTPUT, name))
    with open(mark, "w", encoding="utf-8") as file:
        file.write(now)


def environment():
    """For every command: nothing of the caller's language or zone gets into a file."""
    return {**os.environ, "SOURCE_DATE_EPOCH": str(epoch()), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def run(*command, **options):
    words = [str(word) for word in command]
    done = subprocess.run(words, env=environment(), text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        raise SystemExit(f"package: {' '.join(words)}\n{done.stdout}")
    return done.stdout


def artifact_folder(architecture):
    return os.path.join(WORK, "artifact", architecture)


def files(architecture, kind):
    """The lines of files.txt for "deb" or "rpm"; optional ones only if their source is there."""
    with open(os.path.join(ROOT, "packaging", "files.txt"), encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    for package, mode, path, source in lines:
        where = source.replace("@program", artifact_folder(architecture))
        where = os.path.join(ROOT, where) if mode not in ("link", "dir") else source
        if ":" in package:
            only, package = package.split(":")
            if only != kind:
                continue
        if package.startswith("?"):
            if not os.path.exists(where):
                continue
            package = package[1:]
        yield File(package, mode, path, where)


def packages(architecture, kind):
    return list(dict.fromkeys(file.package for file in files(architecture, kind)))


def put(tree, file):
    """Installs one file below `tree` and returns its path there."""
    target = tree + file.path + (".gz" if file.mode == "man" else "")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if file.mode == "link":
        os.symlink(file.source, target)
    elif file.mode == "dir":
        os.makedirs(target, exist_ok=True)
    elif file.mode == "man":
        with open(file.source, "rb") as source:
            compress(source.read(), target)
    else:
        shutil.copyfile(file.source, target)
        os.chmod(target, FILE_MODES.get(file.mode) or int(file.mode, 8))
    return target


def stage(tree, architecture, kind, package):
    """A fresh tree with the files of one package."""
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    for file in files(architecture, kind):
        if file.package == package:
            put(tree, file)


def compress(data, path):
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as out:
        out.write(data)


def touch(tree):
    """All times to the epoch: what packs the tree need not know about it."""
    for folder, folders, names in os.walk(tree):
        for name in folders + names:
            os.utime(os.path.join(folder, name), (epoch(), epoch()), follow_symlinks=False)
    os.utime(tree, (epoch(), epoch()))
