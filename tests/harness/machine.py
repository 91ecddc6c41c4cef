# SPDX-License-Identifier: BSD-3-Clause
"""Unpacks a recorded machine of tests/fixtures/machines/ into a directory, for --root.

    machine.py NAME DIRECTORY

A .tree file holds one machine:
    @ proc/stat                  a file; the lines up to the next @ are its content
    @ proc/irq/{27-34}/name      many files; {} in the content is the number, {-4} that less 4
    @ driver -> ../drivers/ena   a symbolic link
    @ etc/sysctl.d/              a directory
    @ proc/meminfo = 00ff        a file of bytes
"""

import os
import re
import sys

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                      "fixtures", "machines")


def names():
    return sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".tree"))


def expand(path, content):
    """Yields (path, content) for each number of the range in the path."""
    found = re.search(r"\{(\d+)-(\d+)\}", path)
    if not found:
        yield path, content
        return
    for number in range(int(found.group(1)), int(found.group(2)) + 1):
        text = re.sub(r"\{(-\d+)?\}", lambda m: str(number + int(m.group(1) or 0)), content)
        yield path[:found.start()] + str(number) + path[found.end():], text


def write(directory, path, content):
    path = os.path.join(directory, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def unpack(name, directory):
    with open(os.path.join(FOLDER, name + ".tree"), encoding="utf-8") as file:
        entries = re.split(r"^@ ", file.read(), flags=re.M)[1:]
    for entry in entries:
        head, content = entry.split("\n", 1)
        if " -> " in head:
            path, target = (os.path.join(directory, head.split(" -> ")[0]), head.split(" -> ")[1])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)
        elif " = " in head:
            path, digits = head.split(" = ")
            write(directory, path, bytes.fromhex(digits))
        elif head.endswith("/"):
            os.makedirs(os.path.join(directory, head), exist_ok=True)
        else:
            for path, text in expand(head, content):
                write(directory, path, text.encode())
    return directory


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    unpack(sys.argv[1], sys.argv[2])
