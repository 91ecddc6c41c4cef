#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""skarn-tune in a booted Debian: applied, kept over a restart, taken back byte for byte."""

import json
import unittest

from case import main, package
from vm import Machine

SYSCTL = "/etc/sysctl.d/60-skarn-tune.conf"
WANTS = "/etc/systemd/system/multi-user.target.wants/skarn-tune.service"
LEFT_ALONE = 3
# All that apply may touch, and more.
LISTING = r"""
find /etc ! -type f -printf '%p %M %u:%g %l\n' | sort
find /etc -type f -printf '%p %M %u:%g\n' | sort
find /etc -type f -exec sha256sum {} + | sort -k 2
ls -d /var/lib/skarn-tune /run/skarn-tune 2>&1 || true
grep -sH . /proc/sys/net/core/* /proc/sys/net/ipv4/tcp_* /proc/sys/vm/* \
    /proc/sys/kernel/numa_balancing /sys/kernel/mm/transparent_hugepage/* \
    /sys/class/net/*/queues/*/*ps_* /proc/irq/*/smp_affinity_list || true
"""
# What the kernel reckons anew at each start, from the memory that is free then.
VOLATILE = ("/proc/sys/vm/user_reserve_kbytes", "/proc/sys/vm/admin_reserve_kbytes",
            "/proc/sys/net/ipv4/tcp_mem", "/proc/sys/net/ipv4/tcp_fastopen_key")


class TuneTest(unittest.TestCase):
    """One machine for all; each test leaves it as it was."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.machine = Machine({name + ".deb": package(f"{name}_*_amd64.deb")
                               for name in ("skarn-tools", "skarn-server")})
        cls.addClassCleanup(cls.machine.close)
        cls.machine.settle()
        cls.sh = staticmethod(cls.machine.sh)
        cls.sh("dpkg -i /packages/*.deb")
        # A value that apply changes, in a file of the administrator.
        cls.sh("echo vm.swappiness = 30 >/etc/sysctl.d/10-own.conf; sysctl -q --system")

    def setUp(self):
        self.sh("skarn-tune revert", status=None)  # What a failed test has left.
        self.before = self.listing()

    def listing(self):
        return [line for line in self.sh(LISTING).splitlines() if not line.startswith(VOLATILE)]

    def tune(self, command, status=(0, LEFT_ALONE)):
        """(what was done, what was left alone), as JSON."""
        words = f"skarn-tune {command} --json; status=$?; "
        told = self.sh("set +e; " + words + "echo; echo $status", status=None)
        text, closing = told.rstrip().rsplit("\n", 1)
        self.assertIn(int(closing), status, told)
        verb = {"apply": "applied", "revert": "reverted", "plan": "changes"}[command]
        found = json.loads(text)
        return found[verb], found["left_alone"]

    def values(self, changes):
        """{path: content now} of what is a value of the kernel."""
        paths = [change["path"] for change in changes]
        return {path: self.sh(f"cat {path}") for path in paths
                if path.startswith(("/proc/", "/sys/"))}

    def assert_same(self, lines, leaving_out=()):
        differing = set(self.listing()) ^ set(lines)
        self.assertEqual([line for line in sorted(differing)
                          if not any(name in line for name in leaving_out)], [])

    def assert_reverted(self):
        self.assert_same(self.before)

    def test_apply_lasts_over_a_restart_and_revert_restores_every_byte(self):
        planned, _ = self.tune("plan", status=(0,))
        self.assert_reverted()
        applied, left = self.tune("apply")
        self.assertEqual({change["path"] for change in planned},
                         {change["path"] for change in applied} |
                         {one["what"] for one in left if one["what"].startswith("/")})
        values = self.values(applied)
        self.assertEqual(values["/proc/sys/vm/swappiness"], "1\n")
        self.assertEqual(values["/proc/sys/net/ipv4/tcp_rmem"].split()[2], "16777216")
        self.assertIn("[madvise]", self.sh("cat /sys/kernel/mm/transparent_hugepage/enabled"))
        self.sh(f"test -f {SYSCTL}; test -L {WANTS}; systemctl is-enabled skarn-tune")
        self.machine.reboot()
        self.machine.settle()
        self.assertEqual(self.values(applied), values)
        self.sh("systemctl is-active skarn-tune skarn-server")
        _, left = self.tune("revert")
        self.assertEqual(left, [])
        self.assert_reverted()

    def test_an_edited_file_is_left_alone_and_said(self):
        self.tune("apply")
        self.sh(f"echo '# mine' >>{SYSCTL}")
        reverted, left = self.tune("revert", status=(LEFT_ALONE,))
        self.assertEqual([one["what"] for one in left], [SYSCTL])
        self.assertIn("changed since", left[0]["why"])
        self.assertIn("/proc/sys/vm/swappiness", [change["path"] for change in reverted])
        self.sh(f"tail -n 1 {SYSCTL} | grep -qx '# mine'; rm {SYSCTL}")
        self.tune("revert", status=(0, LEFT_ALONE))
        self.assert_reverted()

    def test_a_full_etc_leaves_no_halves(self):
        # A file system without a free block, with all that is in /etc.
        self.sh("mkdir -p /run/full; mount -t tmpfs -o size=16m none /run/full; "
                "cp -a /etc/. /run/full/; mount --bind /run/full /etc; "
                "dd if=/dev/zero of=/etc/filler bs=4k 2>/dev/null || true")
        try:
            before = self.listing()
            _, left = self.tune("apply", status=(LEFT_ALONE,))
            reasons = {one["what"]: one["why"] for one in left}
            self.assertIn("No space left on device", reasons.get(SYSCTL, ""), reasons)
            self.sh(f"! test -e {SYSCTL}; ! ls /etc/sysctl.d/*.tmp 2>/dev/null")
            self.tune("revert")
            self.assert_same(before)
        finally:
            self.sh("umount -l /etc /run/full; systemctl daemon-reload")
        self.assert_reverted()

    def test_removing_the_packages_takes_the_tuning_back(self):
        self.tune("apply")
        self.sh("dpkg -r skarn-server skarn-tools")
        try:
            own = ("skarn.service", "multi-user.target.wants/skarn-server.service")
            self.assert_same(self.before, leaving_out=own)
            self.sh("! systemctl is-active -q skarn-server; ! pgrep skarn-server")
        finally:
            self.sh("dpkg -i /packages/*.deb")


if __name__ == "__main__":
    main()
