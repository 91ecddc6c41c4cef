#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what STYLE.md asks and a program can see. Prints one line a finding: file:line: what.

    check.py [--no-format] [NAME...]    NAME limits the run to checks of these names
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import sources

LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 1000
CLANG_FORMAT_VERSION = 14  # Another version formats some lines in another way.

FEATURES = {"persistence", "replication", "cluster", "pubsub", "script"}
LAYERS = ["arch", "base", "machine", "types", "keyspace", "resp", "net", "acl", "command",
          "feature", "commands", "server", "tools"]
WORDS_OF_BASE = {"base/bytes.h", "base/result.h"}  # Plain types which arch/ may use as well.
TEST_LIBRARY = ("<gtest/", "<gmock/", "<benchmark/")
THIRD_PARTY = ("fmt/", "openssl/", "jemalloc/", "liburing")
CPU_MACROS = re.compile(
    r"^\s*#\s*(?:el)?if.*\b(__x86_64__|__i386__|__aarch64__|__arm__|__SSE\w*|__AVX\w*|__ARM_\w+)")
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|common|misc|helpers?|managers?)(_|\.|$)")


def check_width(source):
    for number, line in enumerate(source.lines, 1):
        if len(line) > LINE_COLUMNS_MAX and not source.is_data:
            yield number, f"line of {len(line)} columns, at most {LINE_COLUMNS_MAX}"
        if line != line.rstrip() and not source.is_data:
            yield number, "blanks at the end of the line"
        if source.is_cpp and "\t" in line:
            yield number, "tab"


def check_size(source):
    if source.is_data:
        return
    if len(source.lines) > FILE_LINES_MAX:
        yield 1, f"file of {len(source.lines)} lines, at most {FILE_LINES_MAX}"
    if source.is_cpp:
        for name, first, last in sources.functions(source.text):
            if last - first + 1 > FUNCTION_LINES_MAX:
                yield first, (f"function {name} of {last - first + 1} lines, "
                              f"at most {FUNCTION_LINES_MAX}")


def check_licence(source):
    comment = "//" if source.is_cpp else "#"
    wanted = f"{comment} SPDX-License-Identifier: BSD-3-Clause"
    if wanted not in source.lines[:2]:
        yield 1, f"does not begin with '{wanted}'"
    if source.path.endswith(".h") and "#pragma once" not in source.lines:
        yield 1, "no #pragma once"


def include_rank(source, spelling):
    """Own header 0, standard and system 1, third-party 2, ours 3."""
    name = spelling[1:-1]
    if spelling[0] == "<":
        return 2 if name.startswith(THIRD_PARTY) else 1
    stem = re.sub(r"(_test|_bench|_fuzz)?\.cc$", "", source.path.split("/", 1)[1])
    stem = re.sub(r"^(unit|micro)/", "", stem)
    own = {stem + ".h", source.path[:-3] + ".h", source.path.split("/", 1)[0] + "/" + stem + ".h"}
    is_first = next(source.includes())[1] == spelling
    if source.path.endswith("_test.cc") and is_first:
        return 0  # What is tested, whatever its name.
    return 0 if source.path.endswith(".cc") and name in own else 3


def check_include_order(source):
    highest = 0
    words = {0: "own header", 1: "standard header", 2: "third-party header", 3: "header of ours"}
    for number, spelling in source.includes():
        if spelling.startswith(TEST_LIBRARY) and highest < 3:
            continue  # Among the standard headers or the third-party ones.
        rank = include_rank(source, spelling)
        if rank < highest:
            yield number, f"{words[rank]} {spelling} after a {words[highest]}"
        highest = max(highest, rank)


def layer(folder):
    folder = "feature" if folder in FEATURES else folder
    return LAYERS.index(folder) if folder in LAYERS else None


def check_layers(source):
    """A folder of src/ includes only folders above it in the list; features not each other."""
    if not source.path.startswith(("src/", "arch/")):
        return
    parts = source.path.split("/")
    folder = "arch" if parts[0] == "arch" else parts[1] if len(parts) > 2 else "tools"
    own = layer(folder)
    if own is None:
        yield 1, f"src/{folder} is not a folder of the list in STYLE.md section 1"
        return
    for number, spelling in source.includes():
        if spelling[0] == "<":
            continue
        target = spelling[1:-1].split("/")[0] if "/" in spelling else None
        if target is None:
            yield number, f"{spelling}: write paths from the root, as \"keyspace/shard.h\""
        elif target == folder or folder == "arch" and spelling[1:-1] in WORDS_OF_BASE:
            continue
        elif layer(target) is None:
            yield number, f"{spelling} is not in src/ or arch/"
        elif layer(target) > own:
            yield number, f"{folder} includes {spelling}, which is a higher layer"
        elif layer(target) == own:
            yield number, f"the feature {folder} includes the feature {target}"


def check_portable(source):
    if source.path.startswith("src/"):
        for number, line in enumerate(source.lines, 1):
            if CPU_MACROS.match(line):
                yield number, "#if on a CPU type belongs into arch/"
    name = os.path.basename(source.path)
    if FORBIDDEN_NAMES.search(name):
        yield 1, "a file name must not say util, common, misc, helper or manager"
    for number, line in enumerate(source.lines, 1):
        if re.search(r"\bTODO(?!\(#\d+\))\b", line) and source.is_cpp:
            yield number, "TODO without an issue: write TODO(#123):"


CHECKS = {
    "width": check_width,
    "size": check_size,
    "licence": check_licence,
    "includes": check_include_order,
    "layers": check_layers,
    "portable": check_portable,
}
CPP_ONLY = {"includes", "layers"}


def unlisted():
    """Sources on disk that no CMakeLists.txt of their folder or above names."""
    lists = {}
    for path in sources.find((".cc", "_test.py")):
        folder = os.path.dirname(path)
        while True:
            if folder not in lists:
                name = os.path.join(sources.ROOT, folder, "CMakeLists.txt")
                text = open(name, encoding="utf-8").read() if os.path.exists(name) else ""
                text = re.sub(r"#.*|\$\{CMAKE_CURRENT_SOURCE_DIR\}/", "", text)
                lists[folder] = set(re.findall(r"[^\s()\"]+", text))
            relative = os.path.relpath(path, folder or ".")
            words = {relative, os.path.splitext(relative)[0]}
            if words & lists[folder] or "${CMAKE_SOURCE_DIR}/" + path in lists[folder]:
                break
            if not folder:
                yield path, 1, "no CMakeLists.txt names this file"
                break
            folder = os.path.dirname(folder)


def clang_format():
    """The program of the one version whose output counts, or None with a note."""
    for name in (f"clang-format-{CLANG_FORMAT_VERSION}", "clang-format"):
        program = shutil.which(name)
        if program:
            text = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            if f"version {CLANG_FORMAT_VERSION}." in text:
                return program
    print(f"style: no clang-format {CLANG_FORMAT_VERSION}, the format is not checked")
    return None


def misformatted(paths):
    """Runs clang-format on files whose content was not found well-formed before."""
    program = clang_format()
    if not program:
        return
    with open(os.path.join(sources.ROOT, ".clang-format"), "rb") as file:
        config = file.read()
    cache_path = os.path.join(sources.ROOT, ".cache", "style-format")
    known = set(open(cache_path).read().split()) if os.path.exists(cache_path) else set()
    digests = {}
    for path in paths:
        with open(os.path.join(sources.ROOT, path), "rb") as file:
            digests[path] = hashlib.sha256(config + file.read()).hexdigest()
    waiting = [path for path in paths if digests[path] not in known]

    def run(path):
        return subprocess.run([program, "--dry-run", "-Werror", path], cwd=sources.ROOT,
                              capture_output=True, text=True)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, result in zip(waiting, pool.map(run, waiting)):
            if result.returncode == 0:
                known.add(digests[path])
                continue
            found = re.search(r":(\d+):\d+: error", result.stderr)
            yield path, int(found.group(1)) if found else 1, "format: run clang-format -i"
    os.makedirs(os.path.dirname(cache_path), exist_ok=True)
    with open(cache_path, "w") as file:
        file.write("\n".join(sorted(known & set(digests.values()))))


def main(arguments):
    with_format = "--no-format" not in arguments
    names = [a for a in arguments if not a.startswith("-")] or list(CHECKS) + ["lists", "format"]
    findings = []
    cpp = sources.find((".cc", ".h"))
    scripts = sources.find((".py", ".sh")) + [p for p in ("dev", ".ci/run") if
                                              os.path.exists(os.path.join(sources.ROOT, p))]
    for path in cpp + scripts:
        source = sources.Source(path)
        for name in names:
            if name in CHECKS and (source.is_cpp or name not in CPP_ONLY):
                findings += [(path, line, what) for line, what in CHECKS[name](source)]
    if "lists" in names:
        findings += unlisted()
    if "format" in names and with_format:
        findings += misformatted(cpp)
    for path, line, what in sorted(findings):
        print(f"{path}:{line}: {what}")
    print(f"style: {len(cpp) + len(scripts)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
