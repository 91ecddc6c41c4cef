# SPDX-License-Identifier: BSD-3-Clause
"""The disk and the kernel of the virtual machine, made once and kept with the roots.

mmdebstrap makes a Debian with systemd from the package sources of this machine; the kernel is taken
out of its package, so that no tools for an initrd are needed: ours has busybox, four modules and a
script.
"""

import glob
import hashlib
import os
import stat
import tempfile

from case import run
from roots import KEPT, SUITE, package_sources

HERE = os.path.dirname(os.path.abspath(__file__))
AGENT = os.path.join(HERE, "vm_agent.py")
DISK_MEGABYTES = 2000
PACKAGES = ("systemd,systemd-sysv,udev,dbus,init-system-helpers,iproute2,kmod,procps,passwd,"
            "logrotate,python3,busybox-static")
NOT_NEEDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")

# Only the files of the package are wanted, not what its scripts would do.
TAKE_KERNEL = r"""
set -eu
kernel=$(chroot "$1" apt-cache depends linux-image-cloud-amd64 |
  sed -n 's/ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
chroot "$1" sh -c "cd /opt && apt-get download -qq -o APT::Sandbox::User=root $kernel"
dpkg-deb -x "$1"/opt/linux-image-*.deb "$1/opt/kernel"
cp -a "$1"/opt/kernel/boot/vmlinuz-* "$1/boot/vmlinuz"
cp -a "$1/opt/kernel/lib/modules" "$1/usr/lib/"
rm -r "$1"/opt/*
chroot "$1" depmod "$(ls "$1/usr/lib/modules")"
"""

FILES = {
    "etc/fstab": "/dev/vda / ext4 rw,noatime 0 0\n/dev/vdb /packages ext4 ro 0 0\n",
    "etc/hostname": "skarn-vm\n",
    "etc/systemd/journald.conf.d/vm.conf": "[Journal]\nStorage=volatile\nRateLimitBurst=0\n",
    "etc/systemd/system/vm-agent.service":
        "[Unit]\nDescription=Runs what the test asks for\n\n"
        "[Service]\nExecStart=/usr/bin/python3 -B /usr/local/lib/vm_agent.py\n"
        "Restart=on-failure\nOOMScoreAdjust=-1000\n",
    "etc/systemd/system/default.target": "->/usr/lib/systemd/system/multi-user.target",
    "etc/systemd/system/multi-user.target.wants/vm-agent.service": "->../vm-agent.service",
}
# Nothing of these is of use here, and each costs time with an emulated CPU.
MASKED = ("getty@tty1.service", "serial-getty@ttyS0.service", "systemd-timesyncd.service",
          "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer",
          "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "logrotate.timer",
          "systemd-update-utmp.service", "systemd-random-seed.service", "systemd-logind.service",
          "systemd-binfmt.service", "proc-sys-fs-binfmt_misc.automount", "dev-mqueue.mount",
          "systemd-ask-password-wall.path", "systemd-ask-password-console.path",
          "sys-kernel-tracing.mount", "sys-kernel-debug.mount")

MODULES = ("virtio_pci", "virtio_blk", "virtio_console")
FIRST_STEPS = """#!/bin/busybox sh
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t devtmpfs none /dev
"""
INIT = FIRST_STEPS + """
for module in /modules/*; do /bin/busybox insmod $module; done
/bin/busybox mount -t ext4 -o rw /dev/vda /root
for folder in proc sys dev; do /bin/busybox mount --move /$folder /root/$folder; done
exec /bin/busybox switch_root /root /sbin/init
"""


def cpio(files):
    """An archive as the kernel unpacks it: {path: (mode, bytes)}; folders come first."""
    parts = []
    for number, (path, (mode, data)) in enumerate([*files.items(), ("TRAILER!!!", (0, b""))]):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        for part in (head, data):
            parts.append(part + bytes(-len(part) % 4))
    return b"".join(parts)


def initrd(init, programs):
    """An initrd that runs the script `init`. programs: {path in it: file here}."""
    folders = {"bin", "proc", "sys", "dev", "root", "run", "tmp"}
    for path in programs:
        above = os.path.dirname(path)
        while above:
            folders.add(above)
            above = os.path.dirname(above)
    files = {folder: (stat.S_IFDIR | 0o755, b"") for folder in sorted(folders)}
    files["init"] = (stat.S_IFREG | 0o755, init.encode())
    for path, source in programs.items():
        with open(source, "rb") as file:
            files[path] = (stat.S_IFREG | 0o755, file.read())
    return cpio(files)


def modules_in_order(tree):
    """The files of MODULES and what they need, which comes first."""
    [folder] = glob.glob(os.path.join(tree, "usr/lib/modules/*"))
    needs = {}
    with open(os.path.join(folder, "modules.dep"), encoding="utf-8") as file:
        for line in file:
            path, needed = line.split(":")
            needs[path] = needed.split()
    found = []
    for name in MODULES:
        # One that is missing is part of the kernel itself.
        for path in [path for path in needs if path.endswith(f"/{name}.ko")]:
            # The direct needs come first in the list, so it is taken from its end.
            for one in [*reversed(needs[path]), path]:
                if one not in found:
                    found.append(one)
    return [os.path.join(folder, path) for path in found]


def write_tree(tree):
    for path, text in FILES.items():
        path = os.path.join(tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if text.startswith("->"):
            os.symlink(text[2:], path)
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    for name in MASKED:
        path = os.path.join(tree, "etc/systemd/system", name)
        if not os.path.lexists(path):
            os.symlink("/dev/null", path)
    os.makedirs(os.path.join(tree, "packages"))
    run("install", "-m", "644", AGENT, os.path.join(tree, "usr/local/lib/vm_agent.py"))


class Image:
    """Paths of what a machine is booted from: kernel, initrd, disk; and busybox and a libc."""

    def __init__(self):
        with open(AGENT, encoding="utf-8") as agent:
            recipe = repr((PACKAGES, NOT_NEEDED, TAKE_KERNEL, FILES, MASKED, MODULES, INIT,
                           DISK_MEGABYTES, agent.read()))
        mark = hashlib.sha256(recipe.encode()).hexdigest()[:12]
        self.folder = os.path.join(KEPT, f"{SUITE}-vm-{mark}")
        self.kernel, self.initrd, self.disk, self.programs = [
            os.path.join(self.folder, name) for name in ("vmlinuz", "initrd", "disk", "programs")]
        if not os.path.exists(self.folder):
            self.make()

    def make(self):
        os.makedirs(KEPT, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT, prefix="new-") as work:
            tree, new = os.path.join(work, "tree"), os.path.join(work, "new")
            os.makedirs(os.path.join(new, "programs"))
            run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}",
                *[f"--dpkgopt=path-exclude={path}" for path in NOT_NEEDED],
                f"--customize-hook={TAKE_KERNEL}", SUITE, tree, *package_sources())
            write_tree(tree)
            modules = {f"modules/{number:02}.ko": path
                       for number, path in enumerate(modules_in_order(tree))}
            busybox = os.path.join(tree, "bin/busybox")
            with open(os.path.join(new, "initrd"), "wb") as file:
                file.write(initrd(INIT, {"bin/busybox": busybox, **modules}))
            run("cp", "-L", os.path.join(tree, "boot/vmlinuz"), new)
            libraries = ("ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6")
            for path in (busybox, *[os.path.join(tree, "lib/x86_64-linux-gnu", name)
                                    for name in libraries]):
                run("cp", "-L", path, os.path.join(new, "programs"))
            run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", tree, "-F",
                os.path.join(new, "disk"), f"{DISK_MEGABYTES}M")
            os.rename(new, self.folder)

    def program(self, name):
        return os.path.join(self.programs, name)


def disk_of(folder, path):
    """A disk with the files of a folder, for /packages in the machine."""
    size = sum(os.path.getsize(os.path.join(where, name))
               for where, _, names in os.walk(folder) for name in names)
    run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", folder, "-F", path,
        f"{(size >> 20) * 5 // 4 + 8}M")


def accelerator():
    """The kernel's, if it works here; emulation else."""
    # Under this one, made for machines without nested virtualisation, stock kernels hang.
    if os.access("/dev/kvm", os.R_OK | os.W_OK) and not os.path.exists("/sys/module/kvm_pvm"):
        return ("-accel", "kvm", "-cpu", "host")
    return ("-accel", "tcg,thread=multi", "-cpu", "max")
