#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compiles each header alone. A header whose text, and that of all it includes from the project,
compiled before with the same compiler is not compiled again: the cache, beside that of ccache,
serves all checkouts of a user.

    lone_headers.py [COMPILER]
"""

import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import sources

FLAGS = ["-std=c++23", "-fsyntax-only", "-fno-rtti", "-Wall", "-Wextra", "-Wshadow", "-Werror",
         "-Isrc", "-I.", "-x", "c++", "-"]
KNOWN_MAX = 20_000


def cache_path():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(home, "skarn")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        folder = os.path.join(sources.ROOT, ".cache")
        os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, "lone-headers")


def resolve(name):
    for root in ("src", "."):
        path = os.path.normpath(os.path.join(root, name))
        if os.path.exists(os.path.join(sources.ROOT, path)):
            return path
    return None


def closure(path, seen):
    """Adds path and every project header it reaches to seen."""
    if path in seen:
        return
    source = sources.Source(path)
    seen[path] = source.text
    for _, spelling in source.includes():
        if spelling[0] == '"' and (target := resolve(spelling[1:-1])):
            closure(target, seen)


def is_for_this_machine(path):
    found = re.match(r"arch/(x86_64|aarch64)/", path)
    return not found or found.group(1) == platform.machine()


def main(arguments):
    compiler = arguments[0] if arguments else "g++"
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
    prefix = (version + " ".join(FLAGS)).encode()
    cache = cache_path()
    known = set(open(cache).read().split()) if os.path.exists(cache) else set()
    digests = {}
    for path in filter(is_for_this_machine, sources.find((".h",))):
        seen = {}
        closure(path, seen)
        text = "\0".join(name + "\0" + seen[name] for name in sorted(seen))
        digests[path] = hashlib.sha256(prefix + text.encode()).hexdigest()
    waiting = [path for path in digests if digests[path] not in known]

    def compile_alone(path):
        return subprocess.run([compiler, *FLAGS], cwd=sources.ROOT, capture_output=True, text=True,
                              input=f'#include "{path}"\n')

    failures = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, result in zip(waiting, pool.map(compile_alone, waiting)):
            if result.returncode == 0:
                known.add(digests[path])
            else:
                failures += 1
                print(f"{path}: does not compile alone\n{result.stderr}")
    # As a whole or not at all: another checkout may be at it too.
    with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(cache), delete=False) as file:
        file.write("\n".join(known if len(known) <= KNOWN_MAX else known & set(digests.values())))
    os.replace(file.name, cache)
    print(f"lone headers: {len(digests)} headers, {len(waiting)} compiled, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
