#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The arm64 packages at work under emulation: requests, snapshots, tools, instructions."""

import bisect
import os
import re
import shutil
import tempfile
import unittest

from case import architectures, main, package, release, run

from harness import machine
from harness.server import Server, default_command

EMULATOR = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
# Without and with atomic instructions, and all that the emulator knows.
CPUS = ("cortex-a72", "neoverse-n1", "max")
LIBRARIES = "/"  # libc6:arm64 lies beside the libraries of this machine.
PROGRAMS = ("skarn", "skarn-tune")
COMMANDS = "set,get,incr,hset,mset"
REQUESTS = 4000
PAGE = 1 << 16

# What the first version of the architecture does not have, by mnemonic, and which functions may
# have it: those that are only called where the CPU tells that it can. The compiler's atomics ask.
LATER = (
    (r"((ld|st)(add|clr|eor|set|smax|smin|umax|umin)|swp|casp?)(a|l|al)?[bh]?",
     r"__aarch64_(cas|swp|ldadd|ldclr|ldeor|ldset)\w*"),
    (r"aes\w+|sha(1|256)\w+", r".*5skarn.*(HashKeys|Crc64).*"),
    (r"crc32c?[bhwx]", r"(?!)"),
    # GCC's unwinder, for frames of functions that use SVE: there are none.
    (r"cntd", r"execute_stack_op|_?uw_\w+|_Unwind_\w+"),
    (r"sha512\w+|eor3|rax1|xar|bcax|sm[34]\w+|[su]dot|usdot|[su]mmla|bf\w*mmla|bfdot|"
     r"sqrdml[as]h|ldapu?r[bh]?|fjcvtzs|fcmla|fcadd|fml[as]l2?|rmif|setf(8|16)|cfinv|axflag|"
     r"xaflag|frint(32|64)\w|ldra[ab]|reta[ab]|bl?ra[ab]z?|pac[id][ab]z?|aut[id][ab]z?|ptrue|"
     r"whilel[ot]|cnt[bhw]|rdvl|addvl|addpl|ld1[bhwd]|st1[bhwd]|cpy[fpme]\w*|set[pme]\w+|"
     r"irg|stz?2?g|ldg|wfet|wfit|ld64b",
     r"(?!)"),
)


def emulated(cpu, *words, status=0):
    return run(EMULATOR, "-cpu", cpu, "-L", LIBRARIES, *words, status=status)


@unittest.skipUnless("arm64" in architectures(), "no packages for arm64")
class Arm64Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        cls.tree = os.path.join(cls.folder.name, "arm64")
        for name in ("skarn-tools", "skarn-server", "skarn-tools-dbgsym"):
            run("dpkg-deb", "-x", package(f"{name}_*_arm64.deb"), cls.tree)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def program(self, name):
        return os.path.join(self.tree, "usr/bin", name)

    def tool(self, name, *arguments):
        return run(f"{release.ARCHITECTURES['arm64'].triplet}-{name}", *arguments)


@unittest.skipUnless(EMULATOR, "no qemu-aarch64 (package qemu-user)")
class RunningTest(Arm64Test):
    def start(self, cpu, *options, **more):
        server = Server("--save", "", "--enable-debug-command", "yes", *options,
                        command=self.program("skarn-server"), io_threads=2,
                        prefix=(EMULATOR, "-cpu", cpu, "-L", LIBRARIES), **more)
        self.addCleanup(server.close)
        return server

    def bench(self, server):
        """Runs redis-benchmark; every test ends with a rate, and nobody hears of an error."""
        told = run("redis-benchmark", "-p", server.port, "-P", 16, "-c", 20, "-n", REQUESTS,
                   "-r", 1000, "-d", 100, "-q", "-t", COMMANDS)
        rates = re.findall(r"^([A-Z]+).*: [0-9.]+ requests per second", told, re.M)
        self.assertEqual(",".join(rates).lower(), COMMANDS, told)
        self.assertNotRegex(told.lower(), "error|warning")
        self.assertEqual(server.info("stats")["total_error_replies"], "0")
        calls = server.info("commandstats")
        for name in COMMANDS.split(","):
            done = int(re.match(r"calls=(\d+)", calls[f"cmdstat_{name}"]).group(1))
            self.assertGreaterEqual(done, REQUESTS, name)

    @unittest.skipUnless(shutil.which("redis-benchmark"), "no redis-benchmark")
    def test_serves_saves_and_loads_on_each_cpu(self):
        for cpu in CPUS:
            with self.subTest(cpu=cpu):
                server = self.start(cpu)
                self.bench(server)
                with server.connect() as client:
                    size, digest = client("DBSIZE"), client("DEBUG", "DIGEST")
                    self.assertGreater(size, 1000)
                    self.assertEqual(client("SAVE"), "OK")
                self.assertEqual(server.stop(), 0)
                dump = server.path("dump.rdb")
                checked = emulated(cpu, self.program("skarn-check-rdb"), dump)
                self.assertIn("RDB looks OK", checked)
                server.start()
                self.expect_data(server, size, digest)
                server.stop()
                self.loads_on_this_machine(server.directory, size, digest)

    def loads_on_this_machine(self, directory, size, digest):
        if not os.path.exists(default_command().split()[0]):
            self.skipTest("no build for this machine")
        with Server("--enable-debug-command", "yes", directory=directory) as native:
            self.expect_data(native, size, digest)
            with native.connect() as client:
                client("SET", "by", "amd64")
                self.assertEqual(client("SAVE"), "OK")
                size, digest = client("DBSIZE"), client("DEBUG", "DIGEST")
        back = self.start("max", directory=directory)
        self.expect_data(back, size, digest)
        back.stop()

    def expect_data(self, server, size, digest):
        with server.connect() as client:
            self.assertEqual(client("DBSIZE"), size)
            self.assertEqual(client("DEBUG", "DIGEST"), digest)

    def test_a_damaged_file_is_told(self):
        path = os.path.join(self.folder.name, "damaged.rdb")
        with open(path, "wb") as file:
            file.write(b"REDIS0011\xfa\x05hello")
        told = emulated("cortex-a72", self.program("skarn-check-rdb"), path, status=1)
        self.assertNotIn("RDB looks OK", told)

    def test_the_tuner_knows_gravitons(self):
        for name, profile in (("t4g.small", "graviton2"), ("c7g.4xlarge", "graviton3"),
                              ("r8g.48xlarge", "graviton4"), ("m7g.large-64k", "graviton3")):
            with self.subTest(machine=name):
                root = os.path.join(self.folder.name, name)
                machine.unpack(name, root)
                told = emulated("neoverse-n1", self.program("skarn-tune"), "show", "--root", root)
                self.assertIn(f"Profile {profile} (cloud=ec2 family=", told)
                emulated("cortex-a72", self.program("skarn-tune"), "apply", "--root", root)
                told = emulated("max", self.program("skarn-tune"), "revert", "--root", root)
                self.assertIn("reverted: /proc/sys/vm/swappiness", told)


class InstructionTest(Arm64Test):
    def functions(self, name):
        """Sorted (address, name) of all functions, from the symbols of the -dbgsym package."""
        notes = self.tool("readelf", "-n", self.program(name))
        number = re.search(r"Build ID: (\w+)", notes).group(1)
        debug = f"{self.tree}/usr/lib/debug/.build-id/{number[:2]}/{number[2:]}.debug"
        found = re.findall(r"^ *\d+: ([0-9a-f]{16}) +\w+ FUNC +\w+ +\w+ +\d+ (\S+)",
                           self.tool("readelf", "-sW", debug), re.M)
        return sorted((int(address, 16), symbol) for address, symbol in found)

    def test_no_instruction_is_newer_than_what_is_asked_for(self):
        kinds = [(re.compile(later), re.compile(where)) for later, where in LATER]
        for name in PROGRAMS:
            functions = self.functions(name)
            starts = [address for address, _ in functions]
            seen = set()
            lines = self.tool("objdump", "-d", "--no-show-raw-insn", self.program(name))
            for line in lines.splitlines():
                address, mark, rest = line.partition(":\t")
                if not mark:
                    continue
                mnemonic = rest.split(".")[0].split()[0]
                self.assertNotRegex(rest, r"\b[zp]\d+[./]", f"{name}: SVE")
                for later, where in kinds:
                    if later.fullmatch(mnemonic):
                        symbol = functions[bisect.bisect(starts, int(address, 16)) - 1][1]
                        self.assertRegex(symbol, f"^({where.pattern})$", f"{name}: {line}")
                        seen.add(mnemonic)
            # The test sees what it looks for: the server cannot do without atomics.
            if name == "skarn":
                self.assertLessEqual({"casal", "ldaddal", "aese"}, seen)

    def test_segments_fit_pages_of_64_kb(self):
        for name in PROGRAMS:
            told = self.tool("readelf", "-lW", self.program(name))
            segments = re.findall(r"^ +LOAD +(0x\w+) (0x\w+) .* (0x\w+)$", told, re.M)
            self.assertGreaterEqual(len(segments), 2, told)
            for offset, address, alignment in segments:
                self.assertEqual(int(alignment, 16) % PAGE, 0, told)
                self.assertEqual((int(offset, 16) - int(address, 16)) % PAGE, 0, told)
            # What becomes read-only after the start ends where a page ends.
            part = re.search(r"GNU_RELRO +0x\w+ (0x\w+) 0x\w+ 0x\w+ (0x\w+)", told)
            start, size = part.groups()
            self.assertEqual((int(start, 16) + int(size, 16)) % PAGE, 0, told)


if __name__ == "__main__":
    main()
