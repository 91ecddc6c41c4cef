#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The programs that are shipped: run on old systems and CPUs, hardened, reproducible."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from case import ROOT, architectures, main, package, release, run

OLDEST_GLIBC = (2, 34)
LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1"}
EMULATED_CPUS = {"amd64": ("qemu-x86_64", ["Nehalem", "Haswell"]),
                 "arm64": ("qemu-aarch64", ["cortex-a72", "neoverse-n1", "max"])}


class ArtifactTest(unittest.TestCase):
    """Each test looks at the program of each architecture that packages were made for."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        cls.trees = {}
        for name in architectures():
            tree = os.path.join(cls.folder.name, name)
            for part in ("skarn-tools", "skarn-tools-dbgsym"):
                run("dpkg-deb", "-x", package(f"{part}_*_{name}.deb"), tree)
            cls.trees[name] = tree

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def programs(self):
        return [(name, os.path.join(tree, "usr/bin/skarn")) for name, tree in self.trees.items()]

    def tool(self, architecture, name, *arguments):
        return run(f"{release.ARCHITECTURES[architecture].triplet}-{name}", *arguments)

    def test_needs_no_symbol_of_a_newer_glibc(self):
        for name, program in self.programs():
            symbols = self.tool(name, "objdump", "-T", program)
            for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", symbols):
                self.assertLessEqual((int(major), int(minor)), OLDEST_GLIBC, symbols)
            self.assertNotRegex(symbols, r"GLIBCXX_|CXXABI_")

    def test_needs_no_library_but_that_of_c(self):
        for name, program in self.programs():
            dynamic = self.tool(name, "readelf", "-d", program)
            needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
            needed = {library for library in needed if not library.startswith("ld-linux")}
            self.assertLessEqual(needed, LIBRARIES)
            self.assertNotRegex(dynamic, "RPATH|RUNPATH")

    def test_is_hardened(self):
        for name, program in self.programs():
            elf = self.tool(name, "readelf", "-hldn", program)
            self.assertRegex(elf, r"Type: +DYN \(Position-Independent Executable")
            self.assertRegex(elf, r"FLAGS_1.*NOW.*PIE")
            self.assertIn("GNU_RELRO", elf)
            self.assertRegex(elf, r"GNU_STACK.*\n +0x0+ 0x0+ +RW ")
            symbols = self.tool(name, "objdump", "-T", program)
            self.assertIn("__stack_chk_fail", symbols)
            self.assertRegex(symbols, "__(memcpy|memmove|read|vsnprintf)_chk")

    def test_pages_of_64_kb_are_fine_on_arm64(self):
        for name, program in self.programs():
            if name != "arm64":
                continue
            segments = self.tool(name, "readelf", "-lW", program)
            alignments = re.findall(r"LOAD .* (0x[0-9a-f]+)\n", segments)
            self.assertEqual(set(alignments), {"0x10000"}, segments)

    def test_has_its_symbols_beside_it(self):
        for name, program in self.programs():
            self.assertNotIn(".debug_info", self.tool(name, "readelf", "-SW", program))
            notes = self.tool(name, "readelf", "-n", program)
            number = re.search(r"Build ID: (\w+)", notes).group(1)
            debug = f"{self.trees[name]}/usr/lib/debug/.build-id/{number[:2]}/{number[2:]}.debug"
            self.assertIn(".debug_info", self.tool(name, "readelf", "-SW", debug))
            self.assertIn(number, self.tool(name, "readelf", "-n", debug))

    def test_names_no_folder_of_the_machine_it_was_built_on(self):
        for name, program in self.programs():
            for path in [program, release.artifact_folder(name) + "/skarn.debug"]:
                with open(path, "rb") as file:
                    self.assertNotIn(ROOT.encode(), file.read())

    def test_runs_on_the_oldest_cpu(self):
        for name, program in self.programs():
            emulator, cpus = EMULATED_CPUS[name]
            emulator = shutil.which(emulator + "-static") or shutil.which(emulator)
            if emulator is None:
                self.skipTest("no emulator")
            for cpu in cpus:
                shown = run(emulator, "-cpu", cpu, "-L", "/", program, "--version")
                self.assertIn("Skarn server", shown, cpu)

    def test_exceptions_find_their_handler_without_the_newer_glibc(self):
        program = os.path.join(self.folder.name, "unwind")
        run("g++", "-std=c++23", "-O2", "-static-libstdc++", "-static-libgcc", "-fPIE", "-pie",
            os.path.join(ROOT, "tests/packages/unwind.cc"),
            os.path.join(ROOT, "packaging/build/dl_find_object.cc"), "-o", program)
        self.assertIn("after 10 frames", run(program))
        self.assertNotIn("GLIBC_2.35", run("objdump", "-T", program))


class ReproducibleTest(unittest.TestCase):
    def test_packages_are_the_same_bytes_again(self):
        """The packing; SKARN_TEST_REBUILD=1 compiles once more in another folder as well."""
        before = self.sums()
        variables = {**os.environ, "TZ": "Asia/Kathmandu", "LANG": "C", "LC_ALL": "C",
                     "SOURCE_DATE_EPOCH": str(release.epoch())}
        old_mask = os.umask(0o077)
        try:
            self.pack(ROOT, variables, "--no-build")
        finally:
            os.umask(old_mask)
        self.assertEqual(self.sums(), before)

    @unittest.skipUnless(os.environ.get("SKARN_TEST_REBUILD"), "takes a whole build")
    def test_programs_are_the_same_bytes_in_another_folder(self):
        with tempfile.TemporaryDirectory(prefix="skarn-test-") as folder:
            other = os.path.join(folder, "another", "checkout")
            made_here = {"build", ".cache", ".git"}
            shutil.copytree(ROOT, other, symlinks=True, ignore=lambda path, names:
                            made_here & set(names) if path == ROOT else ())
            variables = {**os.environ, "SOURCE_DATE_EPOCH": str(release.epoch()),
                         "CCACHE_DISABLE": "1"}
            self.pack(other, variables, "--jobs", os.environ.get("SKARN_JOBS", "1"))
            name = package("skarn-tools_*_amd64.deb")
            made = os.path.join(other, "build", "packages", os.path.basename(name))
            with open(name, "rb") as first, open(made, "rb") as second:
                self.assertEqual(first.read(), second.read())

    def pack(self, root, variables, *options):
        done = subprocess.run(
            ["python3", os.path.join(root, "packaging/make/package.py"), "--arch", "amd64",
             *options, "deb", "rpm"], env=variables, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def sums(self):
        files = [package(f"{name}_*_amd64.deb") for name in ("skarn-tools", "skarn-server")]
        files += [package(f"{name}-[0-9]*.x86_64.rpm") for name in
                  ("skarn-tools", "skarn-server", "skarn-redis-compat")]
        return run("sha256sum", *files)


if __name__ == "__main__":
    main()
