#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares what servers tell about themselves: command table, directives, INFO fields.

    tables.py [--server COMMAND] --peer "COMMAND OF VALKEY 9.1" [commands|config|info|help ...]

For a developer's hand: the peer has to be the level which Skarn follows. Of commands which only
the peer has, only the names are shown: they are still to come.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.resp import Error
from harness.server import Server, default_command

ROW = ("name", "arity", "flags", "first key", "last key", "step", "categories", "tips",
       "key specs", "subcommands")
HOST_DIRECTIVES = {"port", "bind", "dir", "io-threads", "maxclients", "save", "daemonize"}
DOC_FIELDS = ("since", "group", "arguments", "doc_flags", "deprecated_since", "replaced_by")


def plain(value):
    """Replies without the difference of status and bulk, sets and maps in a fixed order."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(name): plain(item) for name, item in value.items()}
    return str(value) if isinstance(value, str) else value


def rows(client):
    return {row[0]: row for row in plain(client("COMMAND"))}


def compare_rows(ours, theirs, prefix=""):
    differences = 0
    for name, row in sorted(ours.items()):
        if name not in theirs:
            print(f"{prefix}{name}: only ours")
            differences += 1
            continue
        for label, mine, their in zip(ROW, row, theirs[name]):
            if label == "subcommands":
                differences += compare_rows({sub[0]: sub for sub in mine},
                                            {sub[0]: sub for sub in their}, prefix)
                missing = {sub[0] for sub in their} - {sub[0] for sub in mine}
                if missing:
                    print(f"{prefix}{name}: without {' '.join(sorted(missing))}")
                continue
            if label in ("flags", "categories", "tips"):
                mine, their = sorted(mine), sorted(their)
            if mine != their:
                print(f"{prefix}{name}: {label}\n    ours   {mine}\n    theirs {their}")
                differences += 1
    return differences


def compare_docs(ours, theirs):
    differences = 0
    mine, their = (plain(client("COMMAND", "DOCS")) for client in (ours, theirs))
    for name in sorted(mine.keys() & their.keys()):
        for field in DOC_FIELDS:
            if mine[name].get(field) != their[name].get(field):
                print(f"{name}: documentation, {field}\n    ours   {mine[name].get(field)}\n"
                      f"    theirs {their[name].get(field)}")
                differences += 1
    return differences


def compare_commands(ours, theirs):
    mine, their = rows(ours), rows(theirs)
    print(f"still to come: {' '.join(sorted(their.keys() - mine.keys()))}")
    return compare_rows(mine, their) + compare_docs(ours, theirs)


def compare_config(ours, theirs):
    mine, their = (plain(client("CONFIG", "GET", "*")) for client in (ours, theirs))
    differences = 0
    print(f"only ours: {' '.join(sorted(mine.keys() - their.keys()))}")
    for name in sorted(their):
        if name not in HOST_DIRECTIVES and mine.get(name) != their[name]:
            print(f"{name}: ours {mine.get(name)!r}, theirs {their[name]!r}")
            differences += 1
    return differences


def sections(client):
    """INFO as {section: [field names in order]}."""
    found, current = {}, ""
    for line in client("INFO", "everything").decode().splitlines():
        if line.startswith("# "):
            current = line[2:]
            found[current] = []
        elif ":" in line:
            found[current].append(line.split(":", 1)[0])
    return found


def compare_info(ours, theirs):
    mine, their = sections(ours), sections(theirs)
    differences = 0
    for section, fields in their.items():
        if section not in mine:
            print(f"INFO {section}: missing")
            differences += 1
        elif section not in ("Commandstats", "Latencystats", "Errorstats", "Keyspace", "Modules"):
            missing = [name for name in fields if name not in mine[section]]
            more = [name for name in mine[section] if name not in fields]
            if missing:
                print(f"INFO {section}: missing {' '.join(missing)}")
                differences += 1
            if more:
                print(f"INFO {section}: only ours {' '.join(more)}")
    return differences


def compare_help(ours, theirs):
    """The subcommands which HELP lists (its sentences are our own)."""
    differences = 0
    for name in ("CLIENT", "COMMAND", "COMMANDLOG", "CONFIG", "DEBUG", "LATENCY", "MEMORY",
                 "MODULE", "OBJECT", "PUBSUB", "SLOWLOG"):
        mine, their = ours(name, "HELP"), theirs(name, "HELP")
        if isinstance(mine, Error):
            print(f"{name} HELP: {mine}")
            differences += 1
            continue
        heads = [{line.split()[0] for line in lines if line and not line.startswith(" ")}
                 for lines in (mine, their)]
        if heads[1] - heads[0]:
            print(f"{name} HELP: without {' '.join(sorted(heads[1] - heads[0]))}")
            differences += 1
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=default_command())
    parser.add_argument("--peer", required=True)
    parser.add_argument("tables", nargs="*", help="commands, config, info, help; default all")
    options = parser.parse_args()
    tables = {"commands": compare_commands, "config": compare_config, "info": compare_info,
              "help": compare_help}
    differences = 0
    with Server("--enable-debug-command", "yes", command=options.server) as ours, \
            Server("--enable-debug-command", "yes", command=options.peer) as theirs:
        with ours.connect(3) as mine, theirs.connect(3) as their:
            for name in options.tables or tables:
                print(f"== {name}")
                differences += tables[name](mine, their)
    print(f"{differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
