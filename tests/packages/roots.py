# SPDX-License-Identifier: BSD-3-Clause
"""A Debian in a folder to install packages in: changed at will, thrown away afterwards.

The archive it is unpacked from is made once by mmdebstrap from the package sources of this machine,
and kept in build/packaging/roots/.
"""

import glob
import os
import shutil
import subprocess
import tempfile

from case import ROOT, release, run

SUITE = "bookworm"
KEPT = os.path.join(ROOT, "build", "packaging", "roots")
PACKAGES = "init-system-helpers,systemd,passwd,logrotate"
# The peer whose data is taken over, ready to be installed without a network.
FETCH_PEERS = ('mkdir -p "$1/opt/peers"; '
               'chroot "$1" apt-get install -y -qq --download-only redis-server; '
               'mv "$1"/var/cache/apt/archives/*.deb "$1/opt/peers"')


def package_sources():
    """Where this machine's apt gets Debian from."""
    found = []
    for path in ("/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*.sources"))):
        if not os.path.exists(path) or "nodesource" in path:
            continue
        with open(path, encoding="utf-8") as file:
            if "debian" in file.read():
                found.append(path)
    return found


def archive():
    path = os.path.join(KEPT, f"{SUITE}-amd64.tar")
    if not os.path.exists(path):
        os.makedirs(KEPT, exist_ok=True)
        new = os.path.join(KEPT, "new.tar")  # The name says that it is to be an archive.
        run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}",
            f"--customize-hook={FETCH_PEERS}", SUITE, new, *package_sources())
        os.rename(new, path)
    return path


class Root:
    """A fresh Debian; `sh` runs in it, with processes of its own and no systemd."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="skarn-root-")
        os.chmod(self.folder, 0o755)
        run("tar", "-xf", archive(), "--exclude=./usr/share/locale/*", "-C", self.folder)
        self.processes = []

    def close(self):
        for process in list(self.processes):
            self.stop(process, "-KILL")
        shutil.rmtree(self.folder)

    def path(self, inside):
        return self.folder + inside

    def command(self, script, user=None):
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", self.folder]
        if user:
            words += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        mount = "" if user else "mount -t proc proc /proc; "
        return words + ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                        "DEBIAN_FRONTEND=noninteractive", "sh", "-ec", mount + script]

    def sh(self, script, user=None, status=0):
        """The output of a script, run as root or another user."""
        return run(*self.command(script, user), status=status)

    def start(self, script, user=None):
        """Runs in the background until close()."""
        process = subprocess.Popen(self.command("exec " + script, user),
                                   stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def stop(self, process, signal="-TERM"):
        """A signal for what runs in the root; the process outside passes none on."""
        children = run("pgrep", "-P", process.pid, status=None).split()
        if children:
            run("kill", signal, *children, status=None)
        process.wait(60)
        self.processes.remove(process)

    def copy_in(self, *paths):
        """Puts files into /packages and returns their names there."""
        os.makedirs(self.path("/packages"), exist_ok=True)
        for path in paths:
            shutil.copy(path, self.path("/packages"))
        return " ".join("/packages/" + os.path.basename(path) for path in paths)

    def read(self, inside):
        with open(self.path(inside), encoding="utf-8") as file:
            return file.read()

    def write(self, inside, text, mode="w"):
        with open(self.path(inside), mode, encoding="utf-8") as file:
            file.write(text)

    def modes(self, *paths):
        return self.sh("stat -c '%n %U:%G %a' " + " ".join(paths)).splitlines()


def next_version(deb, folder, change=None):
    """The same package as a later version; `change` is called with its tree."""
    tree = tempfile.mkdtemp(dir=folder)
    run("dpkg-deb", "-R", deb, tree)
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    with open(control, "w", encoding="utf-8") as file:
        file.write(text.replace(release.version(), release.version() + "+next"))
    if change:
        change(tree)
    later = os.path.join(folder, os.path.basename(deb).replace("_", "+next_", 1))
    run("dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, later)
    return later
