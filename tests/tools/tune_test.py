#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""skarn-tune on recorded machines: show, check, plan, apply, revert."""

import fcntl
import json
import os
import subprocess
import unittest

from case import NOBODY, ROOT, STATE, SYSCTL, TUNE, UNIT, TuneCase, machine, snapshot

PROFILES = {
    "t4g.small": "graviton2", "c6g.xlarge": "graviton2", "c7g.4xlarge": "graviton3",
    "m7g.large-64k": "graviton3", "c6i.2xlarge": "c6i", "c7i.8xlarge": "c7i",
    "m7i-flex.large": "c7i", "c7i.metal-24xl": "c7i", "c8i.4xlarge": "c8i", "c6a.4xlarge": "c6a",
    "c7a.2xlarge": "c7a", "r8a.4xlarge": "c8a", "t2a-standard-4": "t2a", "c4a-standard-16": "c4a",
    "c3-standard-8": "c3", "n2-standard-8": "n2", "d4ps-v5": "azure-dpsv5",
    "d8ps-v6": "azure-dpsv6", "qemu": "generic", "empty": "generic", "impossible": "generic",
    "garbage": "generic", "half-cpu-v1": "container",
}


class TuneTest(TuneCase):
    def test_show_finds_the_profile_of_each_machine(self):
        for name, profile in PROFILES.items():
            with self.subTest(machine=name):
                shown = json.loads(self.run_tune(self.tree(name), "show", "--json"))
                self.assertEqual(shown["profile"], profile)
                self.assertTrue(all(one["reason"] for one in shown["settings"]))
        text = self.run_tune(self.tree("c7g.4xlarge"), "show")
        for words in ("Neoverse V1", "Profile graviton3 (cloud=ec2 family=c7g)", "io-threads"):
            self.assertIn(words, text)

    def test_show_with_a_configuration_tells_what_wins(self):
        root = self.tree("c6i.2xlarge")
        self.write(root, "skarn.conf", "tcp-backlog 64\n")
        shown = json.loads(self.run_tune(root, "show", "--json", "--config",
                                         os.path.join(root, "skarn.conf")))
        backlog = [one for one in shown["settings"] if one["name"] == "tcp-backlog"][0]
        self.assertEqual((backlog["value"], backlog["origin"]), ("64", "file"))
        self.assertTrue(backlog["left_alone"])

    def test_check_names_what_holds_the_machine_back(self):
        text = self.run_tune(self.tree("c7i.8xlarge"), "check", status=3)
        for words in ("pps_allowance_exceeded is 34567", "bw_in_allowance_exceeded is 120",
                      "steal time is 7.3 %", "huge pages are on for everybody",
                      "2047 MB of swap", "somaxconn is 128", "8 queues feed 32 CPUs"):
            self.assertIn(words, text)
        self.assertNotIn("conntrack", text)
        self.assertIn("Nothing found", self.run_tune(self.tree("c6g.xlarge"), "check"))
        found = json.loads(self.run_tune(self.tree("c7i.8xlarge"), "check", "--json", status=3))
        self.assertGreaterEqual(len(found["findings"]), 6)

    def test_check_compares_with_the_configuration(self):
        root = self.tree("c7g.4xlarge")  # Its profile has tcp-backlog 4096.
        self.write(root, "proc/sys/net/core/somaxconn", "512\n")
        text = self.run_tune(root, "check", status=3)
        self.assertIn("net.core.somaxconn is 512: it cuts tcp-backlog 4096 down", text)
        self.write(root, "skarn.conf", "tcp-backlog 64\n")
        text = self.run_tune(root, "check", "--config", os.path.join(root, "skarn.conf"), status=3)
        self.assertNotIn("somaxconn", text)

    def test_check_tells_of_a_kernel_without_io_uring(self):
        root = self.tree("c6g.xlarge")
        for value in (1, 2):
            self.write(root, "proc/sys/kernel/io_uring_disabled", f"{value}\n")
            text = self.run_tune(root, "check", status=3)
            self.assertIn(f"kernel.io_uring_disabled is {value}: the event loop is epoll", text)
        self.write(root, "skarn.conf", "event-loop epoll\n")
        self.run_tune(root, "check", "--config", os.path.join(root, "skarn.conf"))
        self.write(root, "proc/sys/kernel/io_uring_disabled", "0\n")
        self.run_tune(root, "check")

    def test_windows_grow_at_the_end_and_ena_gets_free_memory(self):
        root = self.tree("c7i.8xlarge")
        self.write(root, "proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t33554432\n")
        self.run_tune(root, "apply")
        self.assertEqual(self.value(root, "net.ipv4.tcp_rmem"), "4096 131072 16777216")
        self.assertEqual(self.value(root, "net.ipv4.tcp_wmem"), "4096\t16384\t33554432")
        text = self.read(root, SYSCTL)
        self.assertIn("net.ipv4.tcp_rmem = 4096 131072 16777216\n", text)
        for name in ("tcp_wmem", "rmem_max", "wmem_max"):
            self.assertNotIn(name, text)
        memory = [line for line in self.read(root, "proc/meminfo").splitlines()
                  if line.startswith("MemTotal")][0]
        self.assertEqual(int(self.value(root, "vm.min_free_kbytes")),
                         int(memory.split()[1]) // 100)
        root = self.tree("c3-standard-8")  # Another driver.
        self.run_tune(root, "apply")
        self.assertEqual(self.value(root, "vm.min_free_kbytes"), "67584")

    def test_plan_changes_nothing_and_says_why(self):
        root = self.tree("c7i.8xlarge")
        before = snapshot(root)
        text = self.run_tune(root, "plan")
        self.assertEqual(snapshot(root), before)
        for words in ("- 128", "+ 4096", "# it caps tcp-backlog", "+ always [madvise] never",
                      "60-skarn-tune.conf", "+ ffffffff", "ens5 adaptive-rx"):
            self.assertIn(words, text)
        plan = json.loads(self.run_tune(root, "plan", "--json"))
        self.assertTrue(all(change["reason"] for change in plan["changes"]))

    def test_apply_and_revert_restore_every_byte_on_every_machine(self):
        for name in machine.names():
            with self.subTest(machine=name):
                root = self.tree(name)
                before = snapshot(root)
                has_left = json.loads(self.run_tune(root, "plan", "--json"))["left_alone"]
                self.run_tune(root, "apply", status=3 if has_left else 0)
                again = self.run_tune(root, "plan")
                self.assertIn("Nothing to change.", again)
                self.run_tune(root, "revert")
                self.assertEqual(snapshot(root), before)

    def test_apply_puts_values_and_files_in_place(self):
        root = self.tree("c7i.8xlarge")
        self.run_tune(root, "apply")
        self.assertEqual(self.value(root, "net.core.somaxconn"), "4096")
        self.assertEqual(self.value(root, "vm.swappiness"), "1")
        text = self.read(root, SYSCTL)
        self.assertIn("net.core.somaxconn = 4096\n", text)
        self.assertIn("ExecStart=/usr/bin/skarn-tune apply --runtime", self.read(root, UNIT))
        self.assertEqual(os.readlink(os.path.join(
            root, "etc/systemd/system/multi-user.target.wants/skarn-tune.service")),
            "/etc/systemd/system/skarn-tune.service")
        self.assertIn("adaptive-rx on\n", self.read(root, "ethtool/ens5"))
        self.assertEqual(self.read(root, "proc/irq/28/smp_affinity_list"), "1\n")
        # A second time there is nothing to do, and nothing is forgotten.
        self.assertIn("Nothing to do.", self.run_tune(root, "apply"))
        self.assertEqual(self.read(root, SYSCTL), text)
        self.run_tune(root, "revert")
        self.assertEqual(self.value(root, "net.core.somaxconn"), "128")
        self.assertIn("Nothing to do.", self.run_tune(root, "revert"))

    def test_the_units_of_the_server_keep_their_limits(self):
        root = self.tree("c7i.8xlarge")
        self.run_tune(root, "apply")
        files = [name for name, (_, content) in snapshot(os.path.join(root, "etc")).items()
                 if isinstance(content, (bytes, str))]
        own = ("sysctl.d/60-skarn-tune.conf", "systemd/system/skarn-tune.service",
               "systemd/system/multi-user.target.wants/skarn-tune.service")
        self.assertEqual([name for name in files if "skarn" in name and name not in own], [])
        for unit in ("skarn-server.service", "skarn-server@.service"):
            text = self.read(ROOT, os.path.join("systemd", unit))
            self.assertIn("LimitNOFILE=1048576\n", text)

    def test_the_packaged_unit_is_enabled_where_there_is_one(self):
        root = self.tree("c6i.2xlarge")
        self.write(root, "usr/lib/systemd/system/skarn-tune.service", "[Unit]\n")
        self.run_tune(root, "apply")
        self.assertFalse(os.path.exists(os.path.join(root, UNIT)))
        link = os.path.join(root, "etc/systemd/system/multi-user.target.wants/skarn-tune.service")
        self.assertEqual(os.readlink(link), "/usr/lib/systemd/system/skarn-tune.service")

    def test_the_unit_in_the_repository_is_the_one_that_apply_writes(self):
        root = self.tree("c6i.2xlarge")
        self.run_tune(root, "apply")
        with open(os.path.join(ROOT, "systemd", "skarn-tune.service"), encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if not line.startswith("#")]
        self.assertEqual(self.read(root, UNIT).splitlines(), lines)
        # Whether irqbalance runs is known when it has been started.
        self.assertRegex(self.read(root, UNIT), "After=.*irqbalance.service")

    def test_one_changes_the_host_at_a_time(self):
        root = self.tree("c7i.8xlarge")
        os.makedirs(os.path.join(root, "etc"), exist_ok=True)
        folder = os.open(os.path.join(root, "etc"), os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        with subprocess.Popen([TUNE, "apply", "--root", root],
                              stdout=subprocess.DEVNULL) as process:
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(0.5)
            fcntl.flock(folder, fcntl.LOCK_UN)
            self.assertEqual(process.wait(60), 0)

    def test_runtime_changes_values_only_and_reverts_them(self):
        root = self.tree("c6i.2xlarge")
        before = snapshot(root)
        self.run_tune(root, "apply", "--runtime")
        self.assertFalse(os.path.exists(os.path.join(root, SYSCTL)))
        self.assertEqual(self.read(root, "sys/kernel/mm/transparent_hugepage/enabled"),
                         "always [madvise] never\n")
        self.run_tune(root, "revert", "--runtime")
        self.assertEqual(snapshot(root), before)

    def test_a_profile_that_was_chosen_holds_at_every_start(self):
        root = self.tree("c7i.8xlarge")
        before = snapshot(root)
        # Its profile steers packets to all CPUs; the one chosen does not.
        queue = "sys/class/net/ens5/queues/rx-0/rps_cpus"
        self.run_tune(root, "apply", "--profile", "graviton3")
        self.assertNotIn("ffffffff", self.read(root, queue))
        self.run_tune(root, "apply", "--runtime")
        self.assertNotIn("ffffffff", self.read(root, queue))
        self.assertIn("Nothing to change.", self.run_tune(root, "plan"))
        self.assertIn("+ ffffffff", self.run_tune(root, "plan", "--profile", "auto"))
        self.assertIn("Nothing to change.", self.run_tune(root, "plan"))
        self.run_tune(root, "apply", "--profile", "auto")
        self.assertIn("ffffffff", self.read(root, queue))
        self.assertNotIn("profile", self.read(root, STATE))
        self.run_tune(root, "apply", "--profile", "none")
        self.run_tune(root, "revert")
        self.assertEqual(snapshot(root), before)
        self.assertIn("+ ffffffff", self.run_tune(root, "plan"))

    def test_a_profile_alone_is_recorded_and_forgotten(self):
        root = self.tree("c6i.2xlarge")
        self.run_tune(root, "apply")
        self.assertIn("Nothing to do.", self.run_tune(root, "apply", "--profile", "c6i"))
        self.assertIn('profile "c6i"', self.read(root, STATE))
        self.write(root, STATE, self.read(root, STATE).replace('"c6i"', '"c99"'))
        for command in ("plan", "apply"):
            text = self.run_tune(root, command, status=1)
            self.assertIn("no such profile: 'c99'", text)
        self.run_tune(root, "apply", "--profile", "auto")
        self.assertNotIn("profile", self.read(root, STATE))

    def test_queues_come_before_what_is_theirs(self):
        root = self.tree("c7g.4xlarge")
        planned = json.loads(self.run_tune(root, "plan", "--json"))["changes"]
        paths = [change["path"] for change in planned]
        combined = paths.index("ens5 combined")
        self.assertIn("their interrupts and steering follow", planned[combined]["reason"])
        self.assertLess(combined, min(at for at, path in enumerate(paths) if "/irq/" in path))
        applied = json.loads(self.run_tune(root, "apply", "--json"))["applied"]
        self.assertEqual([change["path"] for change in applied][0], "ens5 combined")
        self.assertEqual({change["path"] for change in applied}, set(paths))

    def test_a_file_of_that_name_comes_back_as_it_was(self):
        root = self.tree("c6i.2xlarge")
        self.write(root, SYSCTL, "# mine\nvm.swappiness = 5")
        os.chmod(os.path.join(root, SYSCTL), 0o640)
        before = snapshot(root)
        self.run_tune(root, "apply")
        self.assertIn("net.ipv4.tcp_rmem", self.read(root, SYSCTL))
        self.run_tune(root, "revert")
        self.assertEqual(snapshot(root), before)

    def test_what_was_edited_since_is_left_alone_and_said(self):
        root = self.tree("c6i.2xlarge")
        self.run_tune(root, "apply")
        edited = self.read(root, SYSCTL) + "vm.swappiness = 7\n"
        self.write(root, SYSCTL, edited)
        self.write(root, "proc/sys/vm/swappiness", "7\n")
        text = self.run_tune(root, "revert", status=3)
        self.assertIn(f"left alone: /{SYSCTL}: it was changed since", text)
        self.assertIn("left alone: /proc/sys/vm/swappiness", text)
        self.assertEqual(self.read(root, SYSCTL), edited)
        self.assertEqual(self.value(root, "vm.swappiness"), "7")
        self.assertEqual(self.value(root, "vm.overcommit_memory"), "0")
        text = self.run_tune(root, "apply", status=3)
        self.assertIn("edited since", text)
        self.assertEqual(self.read(root, SYSCTL), edited)

    def test_a_damaged_record_is_refused(self):
        root = self.tree("c6i.2xlarge")
        title = "skarn-tune state 1\n"
        for text in ("", "nonsense\n", title, title + "value\nend\n", "end\n" + title,
                     title + 'file "/etc/../x" - "y"\nend\n', title + 'value "/a" "b\nend\n',
                     title + 'file "x" - "y"\nend\n', title + 'file "/x\\x00" - "y"\nend\n',
                     title + 'nic "../x combined" "1" "2"\nend\n',
                     title + 'nic "ens5" "1" "2"\nend\n', title + 'end\nend\n'):
            self.write(root, "var/lib/skarn-tune/state", text)
            before = snapshot(root)
            for command in ("plan", "apply", "revert"):
                with self.subTest(command=command, text=text):
                    told = self.run_tune(root, command, status=1)
                    self.assertIn("nothing was changed", told)
                    self.assertIn("makes no sense", told)
            self.assertEqual(snapshot(root), before)

    def test_without_permission_nothing_changes_and_the_reason_is_told(self):
        root = self.tree("c6i.2xlarge")
        os.chmod(root, 0o755)
        before = snapshot(root)
        demote = (lambda: os.setuid(NOBODY)) if os.getuid() == 0 else None
        if demote is None:
            self.skipTest("only root can become nobody")
        text = self.run_tune(root, "apply", status=1, preexec_fn=demote)
        self.assertIn("nothing was changed", text)
        self.assertIn("Permission denied", text)
        self.assertEqual(snapshot(root), before)
        # With a place for the record, each thing that cannot be changed is named.
        os.chmod(os.path.join(root, "var/lib"), 0o777)
        text = self.run_tune(root, "apply", status=3, preexec_fn=demote)
        self.assertIn("left alone: vm.swappiness: open: Permission denied", text)
        self.assertFalse(os.path.exists(os.path.join(root, "var/lib/skarn-tune")))

    def test_a_full_etc_leaves_no_halves(self):
        root = self.tree("c6i.2xlarge")
        folder = os.path.join(root, "etc")
        page = os.sysconf("SC_PAGE_SIZE")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={page}", "tmpfs", folder],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no permission to mount")
        try:
            self.write(root, "etc/filler", "x" * page)
            before = snapshot(folder)
            text = self.run_tune(root, "apply", status=3)
            self.assertIn("No space left on device", text)
            self.assertEqual(self.value(root, "vm.swappiness"), "1")
            self.run_tune(root, "revert")
            self.assertEqual(snapshot(folder), before)
            self.assertEqual(self.value(root, "vm.swappiness"), "60")
        finally:
            subprocess.run(["umount", folder], check=True)

    def test_irqbalance_is_not_fought(self):
        root = self.tree("c6i.2xlarge")
        self.write(root, "run/irqbalance/sock", "")
        text = self.run_tune(root, "plan")
        self.assertIn("irqbalance runs", text)
        self.assertNotIn("smp_affinity", text)

    def test_wrong_use(self):
        root = self.tree("empty")
        for words in ([], ["nosuch"], ["show", "--what"], ["show", "check"]):
            self.run_tune(root, *words, status=2)
        self.assertIn("no such profile", self.run_tune(root, "show", "--profile", "x9", status=1))
        done = subprocess.run([TUNE, "show", "--root"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
