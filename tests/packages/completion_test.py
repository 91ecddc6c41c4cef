#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The completion of bash: every program has one, and it offers what the programs know."""

import os
import re
import unittest

from case import ROOT, main, release, run
from harness.server import Server

COMPLETION = os.path.join(ROOT, "packaging", "completion", "skarn")
SERVER_OWN = {"--version", "--help", "--check-config", "--reload"}


def offered(*words):
    """What is offered for the last of the words."""
    script = (f'. {COMPLETION}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              'spec=$(complete -p "$1"); function=${spec#*-F }; ${function%% *}; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    return set(run("bash", "-c", script, "bash", *words).split())


class CompletionTest(unittest.TestCase):
    def test_every_program_has_one_and_finds_it(self):
        files = list(release.files("amd64", "deb"))
        programs = {os.path.basename(file.path) for file in files
                    if re.match("/usr/s?bin/skarn", file.path)} | {"skarn-tune"}
        folder = "/usr/share/bash-completion/completions"
        known = {os.path.basename(file.path) for file in files
                 if os.path.dirname(file.path) == folder}
        self.assertEqual(programs - known, set())
        for program in sorted(programs):
            run("bash", "-c", f". {COMPLETION}; complete -p {program}")

    def test_the_server_knows_what_is_offered(self):
        server = Server()
        self.addCleanup(server.stop)
        words = offered("skarn-server", "--")
        self.assertIn("--machine-profile", words)
        with server.connect() as client:
            for word in words - SERVER_OWN:
                self.assertEqual(len(client("CONFIG", "GET", word[2:])), 2, word)

    def test_skarn_tune_offers_commands_then_options(self):
        self.assertLessEqual({"show", "check", "plan", "apply", "revert"},
                             offered("skarn-tune", ""))
        self.assertEqual(offered("skarn-tune", "re"), {"revert"})
        options = offered("skarn-tune", "apply", "--")
        self.assertEqual(options, {"--json", "--root", "--profile", "--config", "--runtime"})
        with open(os.path.join(ROOT, "packaging/man/skarn-tune.8"), encoding="utf-8") as file:
            manual = file.read().replace("\\-", "-")
        for option in options:
            self.assertIn(option, manual)
        self.assertEqual(offered("skarn-tune", "show", "--profile", "a"), {"auto"})


if __name__ == "__main__":
    main()
