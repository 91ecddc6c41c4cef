#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The debs in a booted Debian: what only a running systemd can show of the service."""

import os
import re
import time
import unittest

from case import ROOT, main, package
from vm import Machine

CONF = "/etc/skarn/skarn.conf"
LOG = "/var/log/skarn/skarn-server.log"
DROP_IN = "/run/systemd/system/{}.service.d/test.conf"
EXPOSURE_MAX = 1.5
# Loading these takes some seconds.
MANY_KEYS = 100_000
MANY_BYTES = 300
# With the delay for each key that the test sets, saving these takes some seconds.
SLOW_KEYS = 20_000
SLOW_DELAY_US = 300
SLOW_SECONDS = SLOW_KEYS * SLOW_DELAY_US / 1e6
RELOADS = 20  # By systemctl.
MORE_RELOADS = 200  # By what systemctl runs.


def packages_and_client():
    """What a machine needs in /packages."""
    files = {name + ".deb": package(f"{name}_*_amd64.deb")
             for name in ("skarn-tools", "skarn-server")}
    files["resp.py"] = os.path.join(ROOT, "tests", "harness", "resp.py")
    files["vm_ask.py"] = os.path.join(ROOT, "tests", "packages", "vm_ask.py")
    return files


class ServiceTest(unittest.TestCase):
    """One machine for all; each test begins with a stopped server, its stock configuration, no data
    and no log."""

    @classmethod
    def setUpClass(cls):
        cls.machine = Machine(packages_and_client())
        cls.addClassCleanup(cls.machine.close)
        cls.machine.settle()
        cls.sh = staticmethod(cls.machine.sh)
        cls.said = cls.sh("dpkg -i /packages/*.deb; cp -a " + CONF + " /root/stock.conf")
        cls.after_install = cls.sh(
            "systemctl is-enabled skarn-server; systemctl is-active skarn-server; "
            "ps -o user= -p $(systemctl show -P MainPID skarn-server)").split()
        cls.after_install.append(cls.ask("PING"))

    def setUp(self):
        self.sh("systemctl stop skarn-server.socket skarn-server 'skarn-server@*'; "
                "rm -rf /run/systemd/system/*.d /etc/systemd/system.conf.d "
                f"/var/lib/skarn/* {LOG} /etc/skarn/*; cp -a /root/stock.conf {CONF}; "
                "systemctl daemon-reload; systemctl reset-failed; journalctl --rotate -q; "
                "journalctl --vacuum-time=1us -q 2>&1")

    def tearDown(self):
        # Filtered system calls fail; none may end the process or be worth a line.
        found = self.sh("journalctl -q -o cat | grep -iE 'sigsys|seccomp|type=1326' || true")
        self.assertEqual(found, "")

    @classmethod
    def ask(cls, *command, port=6379):
        words = " ".join(f"'{word}'" for word in command)
        return cls.sh(f"python3 -BE /packages/vm_ask.py {port} {words}").rstrip("\n")

    def configure(self, *lines):
        self.sh(f"cp -a /root/stock.conf {CONF}.new; cat >>{CONF}.new <<'EOF'\n"
                + "\n".join(lines) + f"\nEOF\nmv {CONF}.new {CONF}")

    def start(self, *lines, drop_in=None, unit="skarn-server"):
        self.configure(*lines)
        if drop_in:
            self.drop_in(drop_in, unit)
        self.sh(f"systemctl start {unit}")

    def drop_in(self, text, unit="skarn-server"):
        path = DROP_IN.format(unit)
        self.sh(f"mkdir -p {os.path.dirname(path)}; printf '[Service]\\n%s\\n' '{text}' >{path}; "
                "systemctl daemon-reload")

    def show(self, name, unit="skarn-server"):
        return self.sh(f"systemctl show -P {name} {unit}").strip()


    # --- start and end ---------------------------------------------------------------------------

    def test_installing_enables_and_starts(self):
        self.assertEqual(self.after_install, ["enabled", "active", "skarn", "PONG"], self.said)

    def test_active_only_after_the_load(self):
        self.start("enable-debug-command local")
        self.assertEqual(self.ask("DEBUG", "POPULATE", MANY_KEYS, "key", MANY_BYTES), "OK")
        self.assertEqual(self.ask("SAVE"), "OK")
        self.sh("systemctl stop skarn-server")
        # Loading takes more time than the unit gives it, on any machine: 100 us a key, and what
        # the timer adds. The start of the process does not.
        self.configure("enable-debug-command local", "key-load-delay 100")
        self.drop_in("TimeoutStartSec=8")
        seen = self.sh(
            "systemctl start --no-block skarn-server; state=activating\n"
            "until [ $state = active ]; do\n"
            "  state=$(systemctl is-active skarn-server || true)\n"
            "  echo \"$state|$(python3 -BE /packages/vm_ask.py 6379 PING 2>&1 | tail -n 1)"
            "|$(systemctl status skarn-server | grep Status: || true)\"\n"
            "  [ $state != failed ]\n"
            "done").splitlines()
        self.assertRegex("\n".join(seen),
                         r'(?m)^activating\|LOADING .*Status: "Loading the dataset: \d+ % of')
        self.assertNotRegex("\n".join(seen), r"(?m)^active\|(?!PONG)")
        self.assertIn("Ready to accept connections", seen[-1])
        self.assertEqual(self.ask("DBSIZE"), str(MANY_KEYS))

    def test_killed_it_comes_back_with_the_last_save(self):
        self.start()
        self.assertEqual(self.ask("SET", "key", "value"), "OK")
        self.assertEqual(self.ask("SAVE"), "OK")
        self.assertEqual(self.ask("SET", "late", "value"), "OK")
        before = self.show("MainPID")
        self.sh(f"kill -9 {before}")
        self.machine.until(f"[ $(systemctl show -P MainPID skarn-server) != {before} ]; "
                           "systemctl is-active -q skarn-server", seconds=30)
        self.assertEqual(self.ask("GET", "key"), "value")
        self.assertEqual(self.ask("EXISTS", "late"), "0")
        self.assertEqual(self.show("NRestarts"), "1")

    def test_the_final_save_takes_the_time_it_takes(self):
        self.sh("mkdir -p /etc/systemd/system.conf.d; cd /etc/systemd/system.conf.d; "
                "printf '[Manager]\\nDefaultTimeoutStopSec=1\\n' >test.conf; "
                "systemctl daemon-reload")
        self.assertEqual(self.show("TimeoutStopUSec", "dbus"), "1s")
        self.start("enable-debug-command local", "save 3600 1",
                   f"rdb-key-save-delay {SLOW_DELAY_US}")
        self.assertEqual(self.ask("DEBUG", "POPULATE", SLOW_KEYS), "OK")
        stopping = self.machine.start("systemctl stop skarn-server")
        self.machine.until("systemctl status skarn-server | "
                           "grep -q 'Status: \"Saving the dataset before the end: [0-9]* %'")
        started = time.monotonic()
        self.machine.finish(stopping)
        self.assertGreater(time.monotonic() - started, SLOW_SECONDS / 2)
        self.assertEqual(self.show("Result"), "success")
        self.assertIn("bye bye", self.sh(f"tail -n 1 {LOG}"))
        self.start()
        self.assertEqual(self.ask("DBSIZE"), str(SLOW_KEYS))

    # --- reload ----------------------------------------------------------------------------------

    def reload(self, *lines, status=0):
        self.configure(*lines)
        return self.sh("systemctl reload skarn-server", status=status)

    def test_reload_applies_or_refuses_with_the_reason(self):
        self.start("hz 20")
        before = self.show("MainPID")
        self.reload("hz 30")
        self.assertIn("hz\n30", self.ask_list("CONFIG", "GET", "hz"))
        for line, reason in (("hz nonsense", f"of {CONF}: hz: "),
                             ("no-such-directive 1", f"of {CONF}: no-such-directive: "),
                             ("databases 33", "only a restart can change databases")):
            with self.subTest(line=line):
                self.reload("hz 40", line, status=1)
                self.assertIn(reason, self.sh(
                    "journalctl -q -o cat -u skarn-server --since -1min | tail -n 8"))
                self.assertIn("reload refused", self.show("StatusText"))
                self.assertEqual(
                    (self.show("ActiveState"), self.show("SubState"), self.show("MainPID")),
                    ("active", "running", before))
                self.assertIn("hz\n30", self.ask_list("CONFIG", "GET", "hz"))
        self.reload("hz 40")
        self.assertIn("hz\n40", self.ask_list("CONFIG", "GET", "hz"))
        self.assertIn("reloaded: hz", self.show("StatusText"))

    def ask_list(self, *command):
        return "\n".join(re.findall(r"b'([^']*)'", self.ask(*command)))

    def test_reloads_under_load_fail_no_command(self):
        self.start()
        before = self.show("MainPID")
        load = self.machine.start("python3 -BE /packages/vm_ask.py load 6379 /run/enough", 300)
        self.sh(f"cp -a /root/stock.conf {CONF}.0; cp -a /root/stock.conf {CONF}.1; "
                f"echo hz 20 >>{CONF}.0; echo hz 30 >>{CONF}.1\n"
                f"reload() {{ ln -f {CONF}.$1 {CONF}.new; mv {CONF}.new {CONF}; shift; \"$@\"; }}\n"
                f"for i in $(seq {RELOADS}); do\n"
                "  reload $((i % 2)) systemctl reload skarn-server; done\n"
                f"for i in $(seq {MORE_RELOADS}); do\n"
                f"  reload $((i % 2)) skarn-server --reload {before} >/dev/null; done\n"
                "touch /run/enough", seconds=240)
        self.assertGreater(int(self.machine.finish(load)), RELOADS + MORE_RELOADS)
        info = self.ask("INFO", "skarn")
        self.assertIn(f"config_reloads:{RELOADS + MORE_RELOADS}", info)
        self.assertIn("config_reloads_refused:0", info)
        self.machine.until("[ $(systemctl show -P SubState skarn-server) = running ]", seconds=30)
        self.assertEqual(self.show("MainPID"), before)

    # --- more than one server, sockets, secrets --------------------------------------------------

    def test_an_instance_beside_the_main_server(self):
        self.sh("install -d -o skarn -g skarn -m 750 /var/lib/skarn/one\n"
                "cat >/etc/skarn/skarn-one.conf <<EOF\n"
                f"include {CONF}\nport 6380\ndir /var/lib/skarn/one\n"
                "logfile /var/log/skarn/one.log\npidfile /run/skarn-one/skarn-server.pid\nEOF\n"
                "chown skarn: /etc/skarn/skarn-one.conf; systemctl start skarn-server "
                "skarn-server@one")
        self.assertEqual(self.ask("SET", "key", "main"), "OK")
        self.assertEqual(self.ask("SET", "key", "one", port=6380), "OK")
        self.assertEqual(self.ask("CONFIG", "REWRITE", port=6380), "OK")
        self.sh("systemctl reload skarn-server@one; systemctl restart skarn-server@one")
        self.sh("systemctl stop skarn-server; test -e /run/skarn-one/skarn-server.pid")
        self.assertEqual(self.ask("CONFIG", "GET", "dir", port=6380),
                         "[b'dir', b'/var/lib/skarn/one']")
        self.sh("systemctl stop skarn-server@one; systemctl start skarn-server")
        self.assertEqual(self.show("Result", "skarn-server@one"), "success")

    def test_the_socket_starts_the_server_with_the_first_client(self):
        self.sh("systemctl start skarn-server.socket")
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.assertEqual(self.ask("SET", "key", "value"), "OK")
        self.assertEqual(self.show("ActiveState"), "active")
        self.sh("systemctl restart skarn-server")
        self.assertEqual(self.ask("PING"), "PONG")

    def test_a_password_as_the_unit_tells(self):
        example = self.sh("sed -n 's/^# *\\(LoadCredential=.*\\)/\\1/p' "
                          "/usr/lib/systemd/system/skarn-server.service").strip()
        path = example.rsplit(":", 1)[1]
        self.sh(f"umask 077; echo secret >{path}; chown root: {path}")
        self.start(drop_in=example)
        self.assertRegex(self.ask("GET", "key"), "^NOAUTH")
        self.assertEqual(self.ask("AUTH", "secret"), "OK")
        self.sh("systemctl reload skarn-server")
        self.assertEqual(self.ask("AUTH", "secret"), "OK")

    # --- the sandbox -----------------------------------------------------------------------------

    def test_exposure(self):
        for unit in ("skarn-server", "skarn-server@one"):
            told = self.sh(f"systemd-analyze security --no-pager {unit}.service")
            score = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", told).group(1))
            self.assertLessEqual(score, EXPOSURE_MAX)

    def worker_cpus(self):
        return self.sh("grep -h Cpus_allowed_list /proc/$(systemctl show -P MainPID skarn-server)"
                       "/task/*/status | cut -f 2").split()

    def test_workers_are_pinned_inside_the_sandbox(self):
        self.start("io-threads 2", "worker-pinning yes")
        self.assertLessEqual({"0", "1"}, set(self.worker_cpus()))
        self.assertNotIn("left alone", self.sh(f"cat {LOG}"))

    def test_a_stricter_filter_leaves_the_server_running(self):
        self.start("io-threads 2", "worker-pinning yes", drop_in="SystemCallFilter=~@resources")
        self.assertEqual(self.ask("SET", "key", "value"), "OK")
        self.assertEqual(set(self.worker_cpus()), {"0-1"})
        self.assertIn("worker-pinning is left alone: Operation not permitted",
                      self.sh(f"cat {LOG}"))


if __name__ == "__main__":
    main()
