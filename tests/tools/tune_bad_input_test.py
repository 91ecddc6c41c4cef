#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""skarn-tune on trees that lie and hosts that refuse: no crash, and a line that says why."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

from case import LINK, NOBODY, STATE, SYSCTL, TUNE, UNIT, TuneCase, machine, snapshot


def can_mount():
    return os.getuid() == 0 and os.system("unshare --mount true 2>/dev/null") == 0


def replace(path, make):
    """Puts something else in the place of a file or folder."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.remove(path)
    make(path)


class RevertTest(TuneCase):
    """Files that somebody has touched between apply and revert."""

    def applied(self):
        root = self.tree("c6i.2xlarge")
        self.before = snapshot(root)
        self.run_tune(root, "apply")
        return root

    def revert_leaves(self, root, path, why):
        """The rest goes back; when the obstacle is gone a second revert ends it."""
        text = self.run_tune(root, "revert", status=3)
        self.assertIn(f"left alone: /{path}: {why}", text)
        self.assertEqual(text.count("left alone"), 1, text)
        self.assertEqual(self.value(root, "vm.swappiness"), "60")
        self.assertIn(path, self.read(root, STATE))

    def test_a_file_that_is_gone_is_as_before(self):
        root = self.applied()
        os.remove(os.path.join(root, SYSCTL))
        self.run_tune(root, "revert")
        self.assertEqual(snapshot(root), self.before)

    def test_a_file_that_replaced_another_and_is_gone_is_told(self):
        root = self.tree("c6i.2xlarge")
        self.write(root, SYSCTL, "# mine\n")
        self.run_tune(root, "apply")
        os.remove(os.path.join(root, SYSCTL))
        self.revert_leaves(root, SYSCTL, "it was changed since")
        self.assertFalse(os.path.exists(os.path.join(root, SYSCTL)))

    def test_a_link_in_the_place_of_a_file_stays(self):
        for target in ("/dev/null", "copy.conf", "60-skarn-tune.conf", "nowhere"):
            with self.subTest(target=target):
                root = self.applied()
                path = os.path.join(root, SYSCTL)
                shutil.copy(path, os.path.join(root, "etc/sysctl.d/copy.conf"))
                replace(path, lambda name, target=target: os.symlink(target, name))
                self.revert_leaves(root, SYSCTL, "not a regular file")
                self.assertEqual(os.readlink(path), target)
                self.assertIn("not a regular file", self.run_tune(root, "apply", status=3))
                self.assertEqual(os.readlink(path), target)

    def test_a_folder_or_pipe_in_the_place_of_a_file_stays(self):
        for make in (os.mkdir, os.mkfifo):
            with self.subTest(make=make.__name__):
                root = self.applied()
                replace(os.path.join(root, SYSCTL), make)
                self.revert_leaves(root, SYSCTL, "not a regular file")
                self.assertTrue(os.path.lexists(os.path.join(root, SYSCTL)))

    def test_a_file_in_the_place_of_the_link_is_nobodys_to_take(self):
        root = self.applied()
        replace(os.path.join(root, LINK), lambda path: self.write(root, LINK, "mine"))
        self.revert_leaves(root, LINK, "not a symbolic link")
        self.assertEqual(self.read(root, LINK), "mine")
        root = self.tree("c6i.2xlarge")
        self.write(root, LINK, "mine")
        self.assertIn("not a symbolic link", self.run_tune(root, "apply", status=3))
        self.assertEqual(self.read(root, LINK), "mine")

    def test_a_card_that_is_gone_is_told(self):
        root = self.tree("c7i.8xlarge")
        self.run_tune(root, "apply")
        os.remove(os.path.join(root, "ethtool/ens5"))
        text = self.run_tune(root, "revert", status=3)
        self.assertIn("left alone: ens5 adaptive-rx: the card does not tell", text)

    def test_what_is_gone_for_good_is_told_once(self):
        root = self.tree("c7g.4xlarge")
        before = snapshot(root)
        self.run_tune(root, "apply")
        for path in ("proc/irq/30", "proc/sys/vm/swappiness"):
            replace(os.path.join(root, path), lambda _: None)
        text = self.run_tune(root, "revert", status=3)
        for path in ("proc/irq/30/smp_affinity_list", "proc/sys/vm/swappiness"):
            self.assertIn(f"left alone: /{path}: it is gone", text)
        self.assertEqual(text.count("left alone"), 2, text)
        self.assertFalse(os.path.exists(os.path.join(root, STATE)))
        self.assertIn("Nothing to do.", self.run_tune(root, "revert"))
        gone = ("proc/irq/30", "proc/sys/vm/swappiness")
        self.assertEqual(snapshot(root), {path: content for path, content in before.items()
                                          if not path.startswith(gone)})

    def test_a_detached_card_is_told_once(self):
        root = self.tree("c7g.4xlarge")
        self.run_tune(root, "apply")
        for path in ("sys/class/net/ens5", "ethtool/ens5"):
            replace(os.path.join(root, path), lambda _: None)
        text = self.run_tune(root, "revert", status=3)
        self.assertIn("left alone: ens5 combined: it is gone", text)
        self.assertNotIn("changed since", text)
        self.assertIn("Nothing to do.", self.run_tune(root, "revert"))

    def test_a_file_too_large_to_remember_is_not_replaced(self):
        root = self.tree("c6i.2xlarge")
        self.write(root, SYSCTL, "# mine\n" * 200_000)
        text = self.run_tune(root, "apply", status=3)
        self.assertIn(f"left alone: /{SYSCTL}: too large", text)
        self.assertEqual(len(self.read(root, SYSCTL)), 1_400_000)

    def test_a_record_cut_off_anywhere_is_refused(self):
        root = self.applied()
        record = self.read(root, STATE)
        for size in [*range(0, len(record) - 1, 97), record.rindex("end")]:
            self.write(root, STATE, record[:size])
            before = snapshot(root)
            text = self.run_tune(root, "revert", status=1)
            self.assertIn("nothing was changed: /var/lib/skarn-tune/state: ", text)
            self.assertEqual(snapshot(root), before)

    def test_nothing_is_taken_back_when_one_of_two_records_is_damaged(self):
        root = self.applied()
        self.write(root, "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n")
        self.run_tune(root, "apply", "--runtime")
        self.write(root, STATE, "skarn-tune state 1\nvalue")
        before = snapshot(root)
        self.run_tune(root, "revert", status=1)
        self.assertEqual(snapshot(root), before)


class HostileTreeTest(TuneCase):
    """Commands on trees that nobody recorded."""

    def run_all(self, root):
        """Each command ends in order and writes valid JSON."""
        for command in ("show", "check", "plan", "apply", "revert"):
            done = subprocess.run([TUNE, command, "--json", "--root", root], capture_output=True,
                                  timeout=60, check=False)
            self.assertIn(done.returncode, (0, 1, 3), (command, done.stderr))
            if done.returncode != 1:
                json.loads(done.stdout.decode("ascii"))
            done = subprocess.run([TUNE, command, "--root", root], capture_output=True, timeout=60,
                                  check=False)
            self.assertIn(done.returncode, (0, 1, 3), (command, done.stderr))
            shown = done.stdout + done.stderr
            self.assertFalse([c for c in shown if c != 10 and not 32 <= c <= 126], command)

    def test_any_bytes_in_any_file(self):
        source = random.Random(11)
        makers = (lambda: source.randbytes(300), lambda: b"[" * 5000, lambda: b"",
                  lambda: b"1" * 300_000, lambda: b"\x1b[2J\x1b]0;x\x07 \xff\n",
                  lambda: b'"\\\n' * 9, lambda: b"\n" * 100_000, lambda: b"-9223372036854775808\n")
        for number, maker in enumerate(makers):
            with self.subTest(maker=number):
                root = self.tree("c7i.8xlarge")
                for folder, _, names in os.walk(root):
                    for name in names:
                        path = os.path.join(folder, name)
                        if not os.path.islink(path) and source.random() < 0.5:
                            with open(path, "wb") as file:
                                file.write(maker())
                self.run_all(root)

    def test_other_things_in_the_place_of_files(self):
        source = random.Random(12)
        makers = [os.mkdir, os.mkfifo, lambda path: os.symlink(os.path.basename(path), path),
                  lambda path: os.symlink("/dev/zero", path),
                  lambda path: os.symlink("../" * 30 + "etc/passwd", path)]
        if os.getuid() == 0:
            makers.append(lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5)))
        for number, maker in enumerate(makers):
            with self.subTest(maker=number):
                root = self.tree("c6i.2xlarge")
                for folder, _, names in os.walk(root):
                    for name in names:
                        if source.random() < 0.5:
                            replace(os.path.join(folder, name), maker)
                self.run_all(root)

    def test_names_with_any_bytes(self):
        root = self.tree("c6i.2xlarge")
        net = os.path.join(root, "sys/class/net")
        for name in (b'a"b', b"\x1b[2J", b"\xff\xfe", b"with blank", b"a" * 250):
            shutil.copytree(os.path.join(net, "ens5"), os.path.join(net, os.fsdecode(name)),
                            symlinks=True)
        self.run_all(root)
        shown = json.loads(self.run_tune(root, "show", "--json"))
        self.assertIn('a"b=ena', shown["facts"]["network"])

    def test_a_link_in_the_tree_leads_to_nothing_outside(self):
        outside = tempfile.mkdtemp(prefix="skarn-tune-")
        self.addCleanup(shutil.rmtree, outside)
        os.makedirs(os.path.join(outside, "vm"))
        for name in ("swappiness", "overcommit_memory"):
            self.write(outside, "vm/" + name, "60\n")
        before = snapshot(outside)
        for target in (outside, "../" * 40 + outside[1:]):
            root = self.tree("c6i.2xlarge")
            for path in ("proc/sys/vm", "etc/sysctl.d", "etc/systemd", "var/lib"):
                there = target + "/vm" if path == "proc/sys/vm" else target
                replace(os.path.join(root, path), lambda name, there=there: os.symlink(there, name))
            text = self.run_tune(root, "plan")
            self.assertIn("left alone: vm.swappiness: there is no readable", text)
            self.run_all(root)
            self.assertEqual(snapshot(outside), before)

    def test_a_link_inside_the_tree_is_followed(self):
        root = self.tree("c6i.2xlarge")
        os.rename(os.path.join(root, "etc"), os.path.join(root, "other"))
        os.symlink("/other", os.path.join(root, "etc"))
        before = snapshot(root)
        self.run_tune(root, "apply")
        self.assertTrue(os.path.exists(os.path.join(root, SYSCTL.replace("etc", "other"))))
        self.run_tune(root, "revert")
        self.assertEqual(snapshot(root), before)

    def test_no_tree_is_made_where_there_is_none(self):
        for command in ("show", "plan", "apply", "revert"):
            text = self.run_tune("/nonexistent/skarn", command, status=1)
            self.assertIn("there is no folder", text)
        self.assertIn("there is no folder", self.run_tune(TUNE, "show", status=1))

    def test_output_that_cannot_be_written(self):
        root = self.tree("c6i.2xlarge")
        for command, status in (("show", 1), ("plan", 1), ("apply", 3), ("revert", 3)):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([TUNE, command, "--root", root], stdout=full,
                                      stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, status, command)
            self.assertIn(b"cannot be written", done.stderr)


@unittest.skipUnless(can_mount(), "no permission to mount")
class RefusingHostTest(TuneCase):
    """Parts of a tree that the kernel keeps from being written, in a mount namespace."""

    def run_with(self, root, mounts, command, *, status):
        script = mounts + ' && exec "$@"'
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-ec", script, "sh", TUNE, command, "--root", root],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_a_value_that_the_kernel_refuses(self):
        root = self.tree("c6i.2xlarge")
        before = snapshot(root)
        # A real one, in the place of one that would take 4096: it takes 0, 1 and 2.
        key = "proc/sys/net/core/somaxconn"
        mounts = f"mount --bind /proc/sys/vm/overcommit_memory {root}/{key}"
        text = self.run_with(root, mounts, "apply", status=3)
        self.assertIn("left alone: net.core.somaxconn: write: Invalid argument", text)
        self.assertEqual(self.value(root, "vm.swappiness"), "1")
        self.assertNotIn("/proc/sys/net/core/somaxconn", self.read(root, STATE))
        self.run_tune(root, "revert")
        self.assertEqual(snapshot(root), before)

    def test_read_only_parts(self):
        for part, names, value in ((SYSCTL.split("/")[0], [SYSCTL, LINK, UNIT], "1"),
                                   ("proc", ["vm.swappiness", "net.ipv4.tcp_rmem"], "60")):
            with self.subTest(part=part):
                root = self.tree("c6i.2xlarge")
                before = snapshot(root)
                mounts = (f"mount --bind {root}/{part} {root}/{part} && "
                          f"mount -o remount,bind,ro {root}/{part}")
                text = self.run_with(root, mounts, "apply", status=3)
                for name in names:
                    shown = "/" + name if name.startswith("etc") else name
                    self.assertRegex(text, f"left alone: {shown}: .*Read-only file system")
                self.assertEqual(self.value(root, "vm.swappiness"), value)
                self.run_tune(root, "revert")
                self.assertEqual(snapshot(root), before)

    def test_a_read_only_place_for_the_record_changes_nothing(self):
        root = self.tree("c6i.2xlarge")
        before = snapshot(root)
        mounts = f"mount --bind {root}/var {root}/var && mount -o remount,bind,ro {root}/var"
        text = self.run_with(root, mounts, "apply", status=1)
        self.assertIn("nothing was changed", text)
        self.assertIn("Read-only file system", text)
        self.assertEqual(snapshot(root), before)

    def test_what_cannot_be_taken_back_stays_in_the_record(self):
        root = self.tree("c6i.2xlarge")
        before = snapshot(root)
        self.run_tune(root, "apply")
        mounts = f"mount --bind {root}/etc {root}/etc && mount -o remount,bind,ro {root}/etc"
        text = self.run_with(root, mounts, "revert", status=3)
        self.assertIn(f"left alone: /{SYSCTL}: remove: Read-only file system", text)
        self.assertEqual(self.value(root, "vm.swappiness"), "60")
        self.run_tune(root, "revert")
        self.assertEqual(snapshot(root), before)

    def test_a_full_place_for_the_record_changes_nothing(self):
        root = self.tree("c6i.2xlarge")
        before = snapshot(root)
        page = os.sysconf("SC_PAGE_SIZE")
        mounts = (f"mount -t tmpfs -o size={page} tmpfs {root}/var/lib && "
                  f"head -c {page} /dev/zero >{root}/var/lib/filler")
        text = self.run_with(root, mounts, "apply", status=1)
        self.assertIn("nothing was changed", text)
        self.assertIn("No space left on device", text)
        self.assertEqual(snapshot(root), before)


@unittest.skipUnless(os.getuid() == 0, "only root can become nobody")
class UnprivilegedTest(TuneCase):
    """A user without rights, on this machine and on a tree that root has changed."""

    def run_as_nobody(self, *arguments):
        folder = tempfile.mkdtemp(prefix="skarn-tune-")
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        program = shutil.copy(TUNE, folder)  # The folders above the build may be closed.

        def become_nobody():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60,
                              check=False, cwd="/", preexec_fn=become_nobody)
        return done.returncode, done.stdout + done.stderr

    def test_this_machine_can_be_looked_at_and_not_changed(self):
        for command, statuses in (("show", (0,)), ("check", (0, 3)), ("plan", (0,))):
            status, text = self.run_as_nobody(command)
            self.assertIn(status, statuses, text)
        _, plan = self.run_as_nobody("plan", "--json")
        status, text = self.run_as_nobody("apply")
        if json.loads(plan)["changes"]:
            self.assertEqual(status, 1, text)
            self.assertIn("nothing was changed, as the record of it cannot be written", text)

    def test_a_record_that_cannot_be_read_is_no_empty_one(self):
        root = self.tree("c6i.2xlarge")
        os.chmod(root, 0o755)
        self.run_tune(root, "apply")
        before = snapshot(root)
        folder = os.path.join(root, os.path.dirname(STATE))
        for mode in (0o755, 0o700):
            os.chmod(folder, mode)
            for command in ("plan", "apply", "revert"):
                status, text = self.run_as_nobody(command, "--root", root)
                self.assertEqual(status, 1, text)
                self.assertIn("nothing was changed", text)
                self.assertIn("Permission denied", text)
        os.chmod(folder, 0o755)
        self.assertEqual(snapshot(root), before)

    def test_show_where_nothing_may_be_read(self):
        root = self.tree("c6i.2xlarge")
        os.chmod(root, 0o755)
        for part in ("sys", "proc"):
            os.chmod(os.path.join(root, part), 0)
        status, text = self.run_as_nobody("show", "--root", root)
        self.assertEqual(status, 0, text)
        self.assertIn("the count of CPUs is not known: 1 is assumed", text)
        status, text = self.run_as_nobody("plan", "--root", root)
        self.assertIn("left alone: vm.swappiness: there is no readable", text)


if __name__ == "__main__":
    unittest.main()
