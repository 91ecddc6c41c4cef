#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Machines that lie, hide or refuse: the server starts, works, and says what it left alone."""

import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import machine, seccomp
from harness.case import OK, OwnServersTest, main
from harness.server import Server, default_command, wait_until
from server.machine_test import settings, threads

NOBODY = 65534
# What detection reads besides /sys, and what of it may be laid over the real one.
PROC_FILES = ("cpuinfo", "meminfo", "stat")
PINNING = ("--worker-pinning", "yes", "--server-cpulist", "0", "--bio-cpulist", "0")


def can_mount():
    return os.getuid() == 0 and os.system("unshare --mount true 2>/dev/null") == 0


class BadMachineTest(OwnServersTest):
    def start(self, *options, **more):
        server = Server(*options, **more)
        self.addCleanup(server.close)
        return server

    def works(self, server):
        with server.connect() as client:
            self.assertEqual(client("SET", "key", "value"), OK)
            self.assertEqual(client("SAVE"), OK)
            self.assertEqual(client("GET", "key"), b"value")
        self.assertEqual(server.stop(), 0)

    def test_calls_that_are_refused_are_left_alone_and_said(self):
        server = self.start(*PINNING, io_threads=1,
                            prepare=seccomp.Filter(seccomp.DEBIAN, seccomp.REFUSE))
        log = server.log_text()
        self.assertIn("worker-pinning is left alone: Operation not permitted", log)
        self.assertIn("server-cpulist is left alone: Operation not permitted", log)
        self.assertIn("bio-cpulist is left alone: Operation not permitted", log)
        self.assertEqual(server.info("machine")["workers_pinned_to"], "")
        self.works(server)

    def test_calls_that_kill_are_not_made(self):
        server = self.start(*PINNING, io_threads=1,
                            prepare=seccomp.Filter(seccomp.DEBIAN, seccomp.KILL))
        self.assertIn("left alone: a filter of system calls ends programs", server.log_text())
        self.assertEqual(server.info("machine")["workers_pinned_to"], "")
        self.works(server)

    def test_saves_go_on_under_such_filters(self):
        server = self.start("--save-threads", "2",
                            prepare=seccomp.Filter(seccomp.DEBIAN, seccomp.KILL))
        with server.connect() as client:
            client("SET", "key", "value")
            self.assertEqual(client("BGSAVE"), "Background saving started")
            wait_until(lambda: server.info("persistence")["rdb_bgsave_in_progress"] == "0")
            self.assertEqual(client("SAVE"), OK)

    def test_io_uring_that_is_forbidden_is_not_used(self):
        for action in (seccomp.REFUSE, seccomp.KILL):
            for name in seccomp.IO_URING:
                with self.subTest(action=action, name=name):
                    server = self.start("--event-loop", "auto",
                                        prepare=seccomp.Filter([name], action))
                    self.assertEqual(server.info("skarn")["event_loop"], "epoll")
                    self.works(server)

    def test_io_uring_that_is_asked_for_and_forbidden_ends_the_start(self):
        for name in seccomp.IO_URING:
            with self.subTest(name=name):
                server = Server("--event-loop", "io_uring", start=False,
                                prepare=seccomp.Filter([name], seccomp.REFUSE))
                self.addCleanup(server.close)
                with self.assertRaises(AssertionError):
                    server.start()
                self.assertIn("event loop: io_uring", server.log_text())
                self.assertIn("Operation not permitted", server.log_text())

    def test_a_filter_that_forbids_nothing_of_it_changes_nothing(self):
        first = str(min(os.sched_getaffinity(0)))
        server = self.start("--server-cpulist", first,
                            prepare=seccomp.Filter(["setpriority"], seccomp.KILL))
        self.assertEqual(set(threads(server).values()), {first})

    def test_profiles_that_pin_start_under_such_filters(self):
        for action in (seccomp.REFUSE, seccomp.KILL):
            for profile in ("graviton3", "c6i"):
                with self.subTest(action=action, profile=profile):
                    self.works(self.start("--profile", profile,
                                          prepare=seccomp.Filter(seccomp.DEBIAN, action)))

    def test_few_cpus_are_all_that_is_used(self):
        cpu = min(os.sched_getaffinity(0))
        server = Server(start=False, prepare=lambda: os.sched_setaffinity(0, {cpu}))
        self.addCleanup(server.close)
        server.io_threads = None
        server.start()
        info = server.info("machine")
        self.assertEqual(info["machine_cpus_allowed"], str(cpu))
        self.assertEqual(settings(info)["io-threads"]["value"], "1")
        self.assertEqual(set(threads(server).values()), {str(cpu)})

    def test_a_user_without_rights(self):
        if os.getuid() != 0:
            self.skipTest("only root can become nobody")
        folder = tempfile.mkdtemp(prefix="skarn-test-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.chown(folder, NOBODY, NOBODY)
        # The folders above the build may be closed to others.
        program = shutil.copy(default_command(), os.path.join(folder, "skarn-server"))

        def become_nobody():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        self.works(self.start(*PINNING, command=program, directory=folder, io_threads=1,
                              prepare=become_nobody))


@unittest.skipUnless(can_mount(), "no permission to mount")
class OtherMachineTest(OwnServersTest):
    """A recorded machine laid over /sys and a part of /proc, for the server alone."""

    def start_on(self, name, *options, files=None):
        root = tempfile.mkdtemp(prefix="skarn-machine-")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        machine.unpack(name, root)
        for path, text in (files or {}).items():
            machine.write(root, path, text.encode())
        os.makedirs(os.path.join(root, "sys"), exist_ok=True)
        mounts = [f"mount --bind {root}/sys /sys"]
        mounts += [f"mount --bind {root}/proc/{file} /proc/{file}" for file in PROC_FILES
                   if os.path.isfile(f"{root}/proc/{file}")]
        for file in ("cgroup", "smaps"):  # The shell's own, as it becomes the server.
            if os.path.isfile(f"{root}/proc/self/{file}"):
                mounts.append(f"mount --bind {root}/proc/self/{file} /proc/$$/{file}")
        script = " && ".join(mounts) + ' && exec "$@"'
        server = Server(*options, start=False,
                        prefix=("unshare", "--mount", "sh", "-c", script, "sh"))
        self.addCleanup(server.close)
        server.io_threads = None
        server.start()
        return server

    def works(self, server):
        with server.connect() as client:
            self.assertEqual(client("SET", "key", b"x" * 100_000), OK)
            self.assertEqual(client("SAVE"), OK)
            self.assertEqual(client("INFO", "everything")[:1], b"#")
        self.assertEqual(server.stop(), 0)

    def test_nonsense_is_not_believed_and_said(self):
        server = self.start_on("impossible")
        log = server.log_text()
        self.assertIn("a cache of 1024 GB is not believed", log)
        self.assertIn("the list of online CPUs makes no sense", log)
        info = server.info("machine")
        self.assertIn("is not believed", info["machine_note2"] + info["machine_note1"])
        self.assertEqual(info["machine_memory_limit_bytes"], "none")
        self.works(server)

    def test_garbage_and_nothing(self):
        for name in ("garbage", "empty"):
            with self.subTest(machine=name):
                server = self.start_on(name)
                info = server.info("machine")
                self.assertEqual(info["machine_cloud"], "unknown")
                self.assertEqual(info["machine_clock_source"], "unknown")
                self.works(server)

    def test_half_a_cpu_gets_one_worker_that_is_not_pinned(self):
        server = self.start_on("half-cpu-v1", "--profile", "graviton3")
        info = server.info("machine")
        found = settings(info)
        self.assertEqual(info["machine_cpu_quota"], "0.50")
        self.assertEqual(found["io-threads"]["value"], "1")
        self.assertEqual(found["worker-pinning"]["value"], "no")
        self.works(server)

    def test_what_the_machine_does_not_give_is_left_alone_and_said(self):
        server = self.start_on(
            "c7i.8xlarge", "--profile", "graviton3",
            files={"sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n"})
        pages = settings(server.info("machine"))["slab-hugepages"]
        self.assertEqual(pages, {"value": "no", "origin": "default", "reason": "",
                                 "left_alone": "the system gives none"})
        self.assertIn("Machine: slab-hugepages yes is left alone: the system gives none",
                      server.log_text())
        self.works(server)


if __name__ == "__main__":
    main()
