# SPDX-License-Identifier: BSD-3-Clause
"""A booted Debian with systemd in qemu, and scripts run in it.

The disk is never written to, so each machine begins as a fresh one. Nothing listens outside of it:
its network card is connected to nothing, and scripts come in through a virtio port, a socket pair
on this side. Every wait has a deadline; the end of the journal or of the console is told with a
failure.
"""

import json
import os
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

from vm_image import Image, accelerator, disk_of

BOOT_SECONDS = 240  # Two busy CPUs and an emulated one: some 25 s when they are idle.
SCRIPT_SECONDS = 120
CONSOLE_TAIL = 3000
KERNEL_OPTIONS = ("console=ttyS0 quiet loglevel=4 root=/dev/vda rw net.ifnames=0 mitigations=off "
                  "systemd.show_status=0 panic=-1")


def qemu(image, initrd, append, *more, memory="2048", cpus="2", processor=None):
    words = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-M", "q35", "-m", memory,
             "-smp", cpus, *(processor or accelerator()), "-kernel", image.kernel,
             "-initrd", initrd, "-append", append, *more]
    return words


class Failed(AssertionError):
    """A script that did not end as it had to, or a machine that did not answer."""


class Machine:
    """files: {name in /packages: path here}."""

    def __init__(self, files, *more):
        self.folder = tempfile.mkdtemp(prefix="skarn-vm-")
        self.process = None
        try:
            self._start(files, more)
        except BaseException:
            self.close()
            raise

    def _start(self, files, more):
        image = Image()
        packages = os.path.join(self.folder, "packages")
        os.mkdir(packages)
        for name, path in files.items():
            shutil.copy(path, os.path.join(packages, name))
        disk_of(packages, os.path.join(self.folder, "packages.disk"))
        self.console = os.path.join(self.folder, "console")
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                qemu(image, image.initrd, KERNEL_OPTIONS,
                     "-drive", f"file={image.disk},if=virtio,format=raw,snapshot=on,cache=unsafe",
                     "-drive", f"file={self.folder}/packages.disk,if=virtio,format=raw,readonly=on",
                     "-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net",
                     "-device", "virtio-serial-pci",
                     "-chardev", f"socket,id=agent,fd={theirs.fileno()}",
                     "-device", "virtserialport,chardev=agent,name=skarn",
                     "-serial", f"file:{self.console}", *more),
                stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
                env={**os.environ, "TMPDIR": self.folder})
        self.pending = b""
        self.answers = {}
        self.boot = None
        self.last_id = 0
        self.has_failed = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.channel, selectors.EVENT_READ)
        self.has_failed = True  # Nobody can be asked yet.
        self._wait(lambda: self.boot, BOOT_SECONDS, "the boot")
        self.has_failed = False

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait(60)
            self.channel.close()
        shutil.rmtree(self.folder)

    def sh(self, script, status=0, seconds=SCRIPT_SECONDS):
        """The output of a script, which must end with `status` (None: any)."""
        return self.finish(self.start(script, seconds), status)

    def start(self, script, seconds=SCRIPT_SECONDS):
        """Runs a script beside others; finish() waits for what this returns."""
        self.last_id += 1
        request = {"id": self.last_id, "script": script, "seconds": seconds}
        self.channel.settimeout(30)
        self.channel.sendall(json.dumps(request).encode() + b"\n")
        return request

    def finish(self, request, status=0):
        # The agent ends it at its time; it has some more to say so.
        self._wait(lambda: request["id"] in self.answers, request["seconds"] + 30,
                   request["script"])
        answer = self.answers.pop(request["id"])
        if status is not None and answer["status"] != status:
            self._fail(f"{request['script']}: status {answer['status']}\n{answer['output']}")
        return answer["output"]

    def is_running(self, request):
        self._receive(0)
        return request["id"] not in self.answers

    def until(self, script, seconds=SCRIPT_SECONDS):
        """Repeats a script inside until it succeeds."""
        return self.sh(f"until ( {script} ); do sleep 0.1; done", seconds=seconds)

    def reboot(self):
        before = self.boot
        self.start("systemctl reboot")
        self._wait(lambda: self.boot != before, BOOT_SECONDS, "the reboot")
        self.answers.clear()

    def settle(self):
        """Waits for the end of the boot; nothing may have failed in it."""
        state = self.sh("systemctl is-system-running --wait", status=None).strip()
        if state != "running":
            self._fail(f"the system is {state}: " + self.sh("systemctl --failed --no-legend"))

    def _wait(self, is_done, seconds, what):
        deadline = time.monotonic() + seconds
        while not is_done():
            left = deadline - time.monotonic()
            if left <= 0:
                self._fail(f"no end after {seconds} s: {what}")
            self._receive(min(left, 1))

    def _receive(self, seconds):
        if self.process.poll() is not None:
            self._fail(f"qemu ended with {self.process.returncode}")
        if not self.selector.select(seconds):
            return
        data = self.channel.recv(1 << 20)
        if not data:
            self._fail("qemu closed the port of the agent")
        self.pending += data
        *lines, self.pending = self.pending.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "boot" in message:
                self.boot = message["boot"]
            else:
                self.answers[message["id"]] = message

    def _fail(self, text):
        """Says what the machine has to say about it, as far as it still speaks."""
        if not self.has_failed:
            self.has_failed = True  # What follows may fail as well, and then ends here.
            try:
                text += "\n-- end of the journal:\n" + self.sh(
                    "journalctl --no-pager -o short-monotonic -n 60", status=None, seconds=10)
                self.has_failed = False
            except Failed as failed:
                text += f"\n-- no journal: {failed}"
        else:
            with open(self.console, "rb") as file:
                text += "\n-- end of the console:\n" + file.read().decode(
                    errors="replace")[-CONSOLE_TAIL:]
        raise Failed(text)
