#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The machine and its profile: INFO machine, the directives behind it, where threads run."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.case import OK, OwnServersTest, ServerTest, main
from harness.server import Server, wait_until


def settings(info):
    """{"io-threads": {"value": "2", "origin": "profile", "reason": ..., "left_alone": ...}}"""
    found = {}
    for name, value in info.items():
        if name.startswith("setting_"):
            one = {"reason": "", "left_alone": ""}
            for remark in ("reason", "left_alone"):
                value, mark, text = value.partition(f",{remark}=")
                one[remark] = text if mark else ""
            head, _, one["origin"] = value.rpartition(",origin=")
            one["value"] = head[len("value="):]
            found[name[8:]] = one
    return found


def threads(server):
    """{thread name: its CPUs as the kernel writes them}"""
    found = {}
    folder = f"/proc/{server.process.pid}/task"
    for task in os.listdir(folder):
        try:
            with open(f"{folder}/{task}/status", encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file if ":" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended since.
        found[fields["Name"].strip()] = fields["Cpus_allowed_list"].strip()
    return found


class MachineTest(ServerTest):
    def test_info_tells_facts_profile_and_origins(self):
        info = self.server.info("machine")
        self.assertGreaterEqual(int(info["machine_cpus_granted"]), 1)
        self.assertEqual(info["machine_page_bytes"], str(os.sysconf("SC_PAGE_SIZE")))
        self.assertTrue(info["profile"])
        self.assertEqual(info["profile"], self.server.info("skarn")["profile"])
        self.assertEqual(settings(info)["tcp-backlog"]["origin"], "default")
        self.assertNotIn(b"# Machine", self.do("INFO"))
        self.assertIn(b"# Machine", self.do("INFO everything"))

    def test_config_set_is_an_origin(self):
        self.expect("CONFIG SET allocator-decay-ms 2000", OK)
        self.assertEqual(settings(self.server.info("machine"))["allocator-decay-ms"],
                         {"value": "2000", "origin": "CONFIG SET", "reason": "", "left_alone": ""})
        self.expect("CONFIG SET allocator-decay-ms 1000", OK)


class ProfileTest(OwnServersTest):
    """Servers with a profile of their own; the class's own server is not used."""

    def start(self, *options, **more):
        server = Server(*options, **more)
        self.addCleanup(server.close)
        return server

    def test_a_directive_wins_over_the_profile(self):
        server = self.start("--profile", "c6i", "--event-loop", "auto")
        found = settings(server.info("machine"))
        self.assertEqual(found["prefetch-batch-max-size"]["value"], "12")
        self.assertEqual(found["prefetch-batch-max-size"]["origin"], "profile")
        self.assertTrue(found["prefetch-batch-max-size"]["reason"])
        self.assertEqual(found["event-loop"],
                         {"value": "auto", "origin": "command line", "reason": "",
                          "left_alone": "the configuration says otherwise"})
        with server.connect() as client:
            self.assertEqual(client("CONFIG", "SET", "prefetch-batch-max-size", "3"), OK)
        self.assertEqual(settings(server.info("machine"))["prefetch-batch-max-size"],
                         {"value": "3", "origin": "CONFIG SET", "reason": "",
                          "left_alone": "the configuration says otherwise"})

    def test_rewrite_makes_no_setting_of_the_profile(self):
        server = Server("--profile", "c6i", start=False)
        self.addCleanup(server.close)
        path = server.path("server.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("hz 20\n")
        server.command.append(path)
        server.start()
        with server.connect() as client:
            self.assertEqual(client("CONFIG", "REWRITE"), OK)
            self.assertEqual(settings(server.info("machine"))["bgsave-cpulist"]["origin"],
                             "default")
        with open(path, encoding="ascii") as file:
            text = file.read()
        self.assertNotIn("prefetch", text)
        self.assertIn("machine-profile \"c6i\"", text)

    def test_none_leaves_the_defaults(self):
        info = self.start("--machine-profile", "none").info("machine")
        self.assertEqual(info["profile"], "none")
        self.assertNotIn("profile", [one["origin"] for one in settings(info).values()])

    def test_an_unknown_profile_is_refused(self):
        server = Server("--profile", "c99", start=False)
        self.addCleanup(server.close)
        server.start(wait=False)
        self.assertEqual(server.wait_exit(), 1)
        self.assertIn("no such profile: 'c99'", server.log_text())

    def test_pinned_workers_leave_their_cpus_to_no_saver(self):
        cpus = sorted(os.sched_getaffinity(0))
        server = self.start("--worker-pinning", "yes", "--rdb-key-save-delay", "100000",
                            io_threads=len(cpus))
        names = [f"skarn-w{i}" for i in range(len(cpus))]
        places = [str(cpu) for cpu in cpus]
        # Each worker pins itself; the first one may serve before the last one has.
        wait_until(lambda: [threads(server).get(name) for name in names] == places,
                   what="the workers in their places")
        found = threads(server)
        with server.connect() as client:
            client.pipeline([("SET", f"key{i}", "value") for i in range(300)])
            client("BGSAVE")
            wait_until(lambda: "skarn-save" in threads(server) or None)
            place = threads(server).get("skarn-save")
            self.assertEqual(place, found["skarn-server"])

    def test_more_workers_than_cpus_are_not_pinned(self):
        count = len(os.sched_getaffinity(0)) + 1
        server = self.start("--worker-pinning", "yes", io_threads=count)
        self.assertIn("worker-pinning is left alone", server.log_text())

    def test_there_may_be_more_workers_than_256(self):
        server = self.start(io_threads=300)
        clients = [server.connect() for _ in range(600)]
        for client in clients:
            self.addCleanup(client.close)
        self.assertIn("skarn-w299", threads(server))
        for number, client in enumerate(clients):
            self.assertEqual(client("SET", f"key{number}", str(number)), OK)
        self.assertEqual(clients[0]("DBSIZE"), 600)
        self.assertEqual(clients[1]("FLUSHALL"), OK)  # All workers stop for it.
        self.assertEqual(clients[0]("CONFIG", "GET", "io-threads"), [b"io-threads", b"300"])
        refused = Server(io_threads=1025, start=False)
        self.addCleanup(refused.close)
        refused.start(wait=False)
        self.assertEqual(refused.wait_exit(), 1)
        self.assertIn("argument must be between 0 and 1024", refused.log_text())

    def test_cpulists_place_the_threads_or_are_left_alone(self):
        first = str(min(os.sched_getaffinity(0)))
        server = self.start("--server-cpulist", first, "--bio-cpulist", "8000",
                            "--bgsave-cpulist", "nonsense")
        self.assertEqual(set(threads(server).values()), {first})
        log = server.log_text()
        self.assertIn("bio-cpulist is left alone", log)
        self.assertIn("bgsave-cpulist 'nonsense' is no list of CPUs", log)

    def test_huge_pages_of_the_host_are_declined_unless_wanted(self):
        for options, wanted in (((), "0"), (("--disable-thp", "no"), "1"),
                                (("--slab-hugepages", "yes"), "1")):
            with self.subTest(options=options):
                server = self.start(*options)
                with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
                    fields = dict(line.split(":", 1) for line in file if ":" in line)
                self.assertEqual(fields["THP_enabled"].strip(), wanted)

    def test_slabs_in_huge_pages_keep_what_is_stored(self):
        server = self.start("--slab-hugepages", "yes")
        with server.connect() as client:
            for i in range(3000):
                client("SET", f"key{i}", b"%d" % i * 1000)
            self.assertEqual(client("GET", "key77"), b"77" * 1000)
            self.assertEqual(client("FLUSHALL"), OK)


if __name__ == "__main__":
    main()
