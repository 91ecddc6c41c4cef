#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The OCI image: its layout, and what its entry point does with each form of arguments."""

import glob
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
import unittest

from case import PORT, ROOT, main, package, run
from harness.resp import Connection, Error
from harness.server import wait_until

SHELL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Image:
    """The layout out of the archive; every blob is held against its digest."""

    def __init__(self, folder):
        run("tar", "-xf", package("skarn-*.oci.tar"), "-C", folder)
        self.folder = folder
        with open(f"{folder}/index.json", encoding="utf-8") as file:
            self.index = self.json(json.load(file)["manifests"][0])
        self.manifests = {entry["platform"]["architecture"]: self.json(entry)
                          for entry in self.index["manifests"]}

    def blob(self, entry):
        kind, digest = entry["digest"].split(":")
        with open(f"{self.folder}/blobs/{kind}/{digest}", "rb") as file:
            data = file.read()
        assert hashlib.sha256(data).hexdigest() == digest and len(data) == entry["size"]
        return data

    def json(self, entry):
        return json.loads(self.blob(entry))

    def config(self, architecture):
        return self.json(self.manifests[architecture]["config"])

    def unpack(self, architecture, target):
        for entry in self.manifests[architecture]["layers"]:
            data = gzip.decompress(self.blob(entry))
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                archive.extractall(target, numeric_owner=True)


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="skarn-image-")
        os.chmod(cls.folder.name, 0o755)
        os.makedirs(cls.folder.name + "/layout")
        cls.image = Image(cls.folder.name + "/layout")
        cls.root = cls.folder.name + "/root"
        os.makedirs(cls.root)
        cls.image.unpack("amd64", cls.root)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.data = self.root + "/data"
        shutil.rmtree(self.data)
        os.makedirs(self.data)
        os.chown(self.data, 999, 999)
        os.chmod(self.data, 0o1777)

    # --- running the image ---------------------------------------------------------------------

    def command(self, arguments, user=0, variables=(), read_only=False):
        """As an engine would: the entry point in the root, with /proc and a writable /data."""
        words = " ".join(f"'{word}'" for word in ["docker-entrypoint.sh", *arguments])
        who = f"setpriv --reuid={user} --regid={user} --clear-groups " if user else ""
        lock = ("mount --bind $R $R; mount --bind $R/data $R/data; "
                "mount -o remount,bind,ro $R; " if read_only else "")
        script = (f"R={self.root}; {lock} mount -t proc proc $R/proc; "
                  "mount --bind /dev $R/dev; "
                  f"exec chroot $R {who}env -i -C /data PATH={SHELL_PATH} "
                  + " ".join(f"'{v}'" for v in variables) + " " + words)
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script]

    def output(self, *arguments, status=0, **options):
        return run(*self.command(arguments, **options), status=status)

    def serve(self, *arguments, **options):
        """(process, connection); the arguments name the port or leave 6379 to a file."""
        process = subprocess.Popen(self.command(arguments, **options), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, process)

        def connect():
            try:
                return Connection(("127.0.0.1", PORT))
            except OSError:
                return None

        client = wait_until(connect, what="the server of the image")
        self.addCleanup(client.close)
        return process, client

    def stop(self, process):
        """SIGTERM for process 1 of the container; its exit status."""
        child = run("pgrep", "-P", process.pid).split()[0]
        run("kill", "-TERM", child)
        return process.wait(60)

    def end(self, process):
        """Whatever still runs; a change of user makes it forget to die with its parent."""
        children = run("pgrep", "-P", process.pid, status=None).split()
        if children:
            run("kill", "-KILL", *children, status=None)
        process.kill()
        process.wait(60)

    # --- layout --------------------------------------------------------------------------------

    def test_index_has_both_architectures_and_layers_match_their_digests(self):
        self.assertEqual(sorted(self.image.manifests), ["amd64", "arm64"])
        for architecture, manifest in self.image.manifests.items():
            config = self.image.config(architecture)
            self.assertEqual(config["architecture"], architecture)
            for entry, digest in zip(manifest["layers"], config["rootfs"]["diff_ids"]):
                data = gzip.decompress(self.image.blob(entry))
                self.assertEqual("sha256:" + hashlib.sha256(data).hexdigest(), digest)

    def test_configuration_is_that_of_a_drop_in(self):
        config = self.image.config("amd64")["config"]
        self.assertEqual(config["Entrypoint"], ["docker-entrypoint.sh"])
        self.assertEqual(config["Cmd"], ["skarn-server"])
        self.assertEqual(config["WorkingDir"], "/data")
        self.assertIn("/data", config["Volumes"])
        self.assertIn("6379/tcp", config["ExposedPorts"])
        for name in ("title", "version", "revision", "created", "source", "licenses", "vendor"):
            self.assertTrue(config["Labels"]["org.opencontainers.image." + name])

    def test_root_has_user_zones_names_and_sbom(self):
        for world in ("skarn", "valkey", "redis"):
            for role in ("server", "check-rdb"):
                self.assertTrue(os.path.lexists(f"{self.root}/usr/local/bin/{world}-{role}"))
        self.assertIn("skarn:x:999:999", self.output("cat", "/etc/passwd"))
        self.assertTrue(os.path.exists(self.root + "/usr/share/zoneinfo/Europe/Vienna"))
        with open(self.root + "/usr/local/share/skarn/skarn.spdx.json", encoding="utf-8") as file:
            document = json.load(file)
        self.assertEqual(document["spdxVersion"], "SPDX-2.3")
        self.assertIn("jemalloc", [part["name"] for part in document["packages"]])
        with open(self.root + "/usr/local/bin/skarn", "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(),
                             document["packages"][0]["checksums"][0]["checksumValue"])

    def test_tells_nothing_of_the_machine_that_made_it(self):
        for name in ("resolv.conf", "hostname"):
            self.assertEqual(os.path.getsize(f"{self.root}/etc/{name}"), 0, name)
        self.assertFalse(glob.glob(self.root + "/etc/apt/sources.list*"))

    def test_database_and_sbom_name_the_packages_of_the_system(self):
        with open(self.root + "/var/lib/dpkg/status", encoding="utf-8") as file:
            status = file.read()
        names = set(re.findall(r"^Package: (.*)\nStatus: install ok installed$", status, re.M))
        self.assertLessEqual({"libc6", "bash", "coreutils", "tzdata"}, names)
        with open(self.root + "/usr/local/share/skarn/skarn.spdx.json", encoding="utf-8") as file:
            packages = {part["name"]: part for part in json.load(file)["packages"]}
        self.assertLessEqual(names, set(packages))
        purl = packages["libc6"]["externalRefs"][0]["referenceLocator"]
        self.assertRegex(purl, r"^pkg:deb/debian/libc6@2[.]36.*[?]arch=amd64&.*upstream=glibc")

    # --- arguments -----------------------------------------------------------------------------

    def test_other_programs_run_as_they_are(self):
        self.assertEqual(self.output("sh", "-c", "id -u"), "0\n")
        self.assertEqual(self.output("bash", "-c", "id -u", user=1000), "1000\n")
        self.assertIn("Skarn server", self.output("redis-server", "--version"))
        self.assertIn("Skarn server", self.output("--version"))

    def test_root_becomes_the_user_and_gets_the_data(self):
        with open(self.data + "/foreign", "w", encoding="utf-8"):
            pass
        process, client = self.serve("--port", PORT)
        pid = int(client("INFO", "server").decode().split("process_id:")[1].split()[0])
        self.assertEqual(pid, 1)
        self.assertEqual(os.stat(self.data + "/foreign").st_uid, 999)
        self.assertEqual(client("CONFIG", "GET", "protected-mode")[1], b"no")
        self.assertEqual(client("CONFIG", "GET", "dir")[1], b"/data")
        client("SET", "key", "value")
        self.assertEqual(self.stop(process), 0)
        saved = os.stat(self.data + "/dump.rdb")
        self.assertEqual((saved.st_uid, saved.st_mode & 0o077), (999, 0))

    def test_any_user_and_a_read_only_root(self):
        process, client = self.serve("redis-server", "--port", PORT, user=1000, read_only=True)
        client("SET", "key", "value")
        self.assertEqual(client("SAVE"), "OK")
        self.assertEqual(self.stop(process), 0)
        self.assertEqual(os.stat(self.data + "/dump.rdb").st_uid, 1000)

    def test_a_configuration_file_alone_is_for_the_server(self):
        with open(self.data + "/mine.conf", "w", encoding="utf-8") as file:
            file.write(f"port {PORT}\nprotected-mode yes\nhz 42\n")
        _, client = self.serve("/data/mine.conf", "--hz", 43)
        self.assertEqual(client("CONFIG", "GET", "hz")[1], b"43")
        self.assertEqual(client("CONFIG", "GET", "protected-mode")[1], b"yes")
        self.assertEqual(client("CONFIG", "REWRITE"), "OK")

    def test_extra_flags_come_last(self):
        for world in ("VALKEY", "SKARN"):
            process, client = self.serve(
                "valkey-server", "--port", PORT, "--hz", 20,
                variables=[f"{world}_EXTRA_FLAGS=--hz 30 --databases 3"])
            self.assertEqual(client("CONFIG", "GET", "hz")[1], b"30")
            self.assertEqual(client("CONFIG", "GET", "databases")[1], b"3")
            self.stop(process)

    def test_passwords_from_the_environment_and_from_files(self):
        word = 'a "b\\c $d'
        with open(self.data + "/secret", "w", encoding="utf-8") as file:
            file.write(word + "\n")
        for variable in (f"REDIS_PASSWORD={word}", "SKARN_PASSWORD_FILE=/data/secret"):
            process, client = self.serve("--port", PORT, variables=[variable])
            self.assertIsInstance(client("PING"), Error)
            self.assertEqual(client("AUTH", word), "OK")
            self.assertNotIn(word, run("ps", "axww", "-o", "args").replace(variable, ""))
            self.stop(process)
        self.assertIn("not both", self.output(
            "--port", PORT, variables=["REDIS_PASSWORD=a", "REDIS_PASSWORD_FILE=/data/secret"],
            status=1))
        self.output("--port", PORT, variables=["REDIS_PASSWORD_FILE=/none"], status=1)

    def test_health_check(self):
        self.output("skarn-healthcheck", "127.0.0.1", PORT, status=1)
        process, _ = self.serve("--port", PORT, variables=["SKARN_PASSWORD=word"])
        check = ("skarn-healthcheck", "127.0.0.1", PORT)
        self.output(*check, variables=["SKARN_PASSWORD=word"])
        self.output("skarn-healthcheck", variables=["REDIS_PASSWORD=word", f"SKARN_PORT={PORT}"],
                    user=1000)
        self.assertIn("AUTH", self.output(*check, variables=["SKARN_PASSWORD=no"], status=1))
        self.output(*check, status=1)
        self.output("skarn-healthcheck", "--alive", *check[1:])
        # A server that hangs.
        child = run("pgrep", "-P", process.pid).split()[0]
        run("kill", "-STOP", child)
        begun = time.monotonic()
        self.assertIn("no answer", self.output(*check, status=1))
        self.assertLess(time.monotonic() - begun, 10)
        run("kill", "-CONT", child)

    def test_the_built_in_health_check_finds_a_server_on_another_port(self):
        # The shell is process 1 here, so the server is found among the others.
        self.output("bash", "-c", f"redis-server --port {PORT} & "
                    "for ((n = 0; n < 100; ++n)); do "
                    "if skarn-healthcheck --alive; then kill $!; wait; exit 0; fi; "
                    "done; exit 1", variables=["REDIS_PORT=tcp://10.0.0.1:80"])

    def test_an_exit_status_other_than_0_reaches_the_engine(self):
        self.assertIn("FATAL CONFIG", self.output("--no-such-directive", "1", status=1))


class Arm64Test(unittest.TestCase):
    """The image of the other architecture, its program under emulation, with its own libraries."""

    @unittest.skipUnless(shutil.which("qemu-aarch64"), "no qemu-aarch64")
    def test_program_serves_under_emulation(self):
        with tempfile.TemporaryDirectory(prefix="skarn-image-") as folder:
            os.makedirs(folder + "/layout")
            Image(folder + "/layout").unpack("arm64", folder + "/root")
            for cpu in ("cortex-a72", "max"):
                process = subprocess.Popen(
                    ["qemu-aarch64", "-cpu", cpu, "-L", folder + "/root",
                     folder + "/root/usr/local/bin/skarn", "--port", str(PORT + 1), "--dir", folder,
                     "--io-threads", "2", "--save", ""], stdout=subprocess.DEVNULL)
                try:
                    self.exercise(PORT + 1)
                finally:
                    process.terminate()
                    self.assertEqual(process.wait(60), 0)

    def exercise(self, port):
        def connect():
            try:
                return Connection(("127.0.0.1", port))
            except OSError:
                return None

        client = wait_until(connect, what="the emulated server")
        replies = client.pipeline([("SET", f"key{n}", "x" * (n % 700)) for n in range(3000)])
        self.assertEqual(set(map(str, replies)), {"OK"})
        self.assertEqual(client("GET", "key699"), b"x" * 699)
        client("HSET", "hash", *[str(n) for n in range(2000)])
        self.assertEqual(client("HLEN", "hash"), 1000)
        client.close()
        if shutil.which("redis-benchmark"):
            told = run("redis-benchmark", "-p", port, "-n", 3000, "-c", 10, "-P", 10, "-q", "-t",
                       "ping,set,get,incr,hset,mset")
            self.assertIn("HSET", told)


class ContainerfileTest(unittest.TestCase):
    def test_says_the_same_as_the_image(self):
        path = os.path.join(ROOT, "packaging/container/Containerfile")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for line in ("VOLUME /data", "WORKDIR /data", "EXPOSE 6379", 'CMD ["skarn-server"]',
                     'ENTRYPOINT ["docker-entrypoint.sh"]'):
            self.assertIn("\n" + line + "\n", text)


if __name__ == "__main__":
    main()
