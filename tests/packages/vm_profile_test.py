#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The profile that is chosen on machines whose firmware says that they are of a cloud.

Each is a kernel that boots with the tables of the cloud's firmware into an initrd with busybox and
our programs: a few seconds each, without a Debian.
"""

import json
import os
import re
import subprocess
import tempfile
import unittest

from case import main, package, run
from vm import qemu
from vm_image import FIRST_STEPS, Image, accelerator, initrd

BOOT_SECONDS = 120
# machine-profile is asked of skarn-tune and of a server, which both end before the machine.
INIT = FIRST_STEPS + """
export PATH=/bin
busybox ip link set lo up
{
  echo; echo BEGIN
  skarn-tune show --json
  echo MIDDLE
  skarn-server --port 6379 --bind 127.0.0.1 --save '' --logfile /tmp/log &
  until printf 'INFO machine\\r\\nSHUTDOWN NOSAVE\\r\\n' | busybox nc 127.0.0.1 6379; do :; done
  echo END
} >/dev/ttyS0 2>&1
busybox poweroff -f
"""


def smbios(bios, vendor, product, chassis=""):
    """Options of qemu: the tables 0, 1 and 3."""
    quoted = [text.replace(",", ",,") for text in (bios, vendor, product, chassis)]
    return ("-smbios", f"type=0,vendor={quoted[0]}",
            "-smbios", f"type=1,manufacturer={quoted[1]},product={quoted[2]}",
            "-smbios", f"type=3,manufacturer={quoted[1]},asset={quoted[3]}")


def ec2(instance_type):
    return smbios("Amazon EC2", "Amazon EC2", instance_type, "Amazon EC2")


GCE = smbios("Google", "Google", "Google Compute Engine")
AZURE = smbios("American Megatrends International, LLC.", "Microsoft Corporation",
               "Virtual Machine", "7783-7084-3265-9085-8269-3286-77")
PLAIN = smbios("SeaBIOS", "QEMU", "Standard PC (Q35 + ICH9, 2009)")


def cpu(vendor, family, model):
    return f"max,vendor={vendor},family={family},model={model}"


# (options, CPU or None for any, cloud, instance type, profile)
MACHINES = (
    (ec2("c6i.4xlarge"), None, "ec2", "c6i.4xlarge", "c6i"),
    (ec2("m6in.32xlarge"), None, "ec2", "m6in.32xlarge", "c6i"),
    (ec2("c7i.8xlarge"), None, "ec2", "c7i.8xlarge", "c7i"),
    (ec2("r7iz.metal-16xl"), None, "ec2", "r7iz.metal-16xl", "c7i"),
    (ec2("m8i-flex.large"), None, "ec2", "m8i-flex.large", "c8i"),
    (ec2("m6a.2xlarge"), None, "ec2", "m6a.2xlarge", "c6a"),
    (ec2("c7a.medium"), None, "ec2", "c7a.medium", "c7a"),
    (ec2("r8a.48xlarge"), None, "ec2", "r8a.48xlarge", "c8a"),
    # A family of tomorrow, known by its CPU; and one that nothing is known of.
    (ec2("z9q.large"), cpu("GenuineIntel", 6, 143), "ec2", "z9q.large", "c7i"),
    (ec2("z9q.large"), cpu("GenuineIntel", 6, 30), "ec2", "z9q.large", "generic"),
    (GCE, cpu("GenuineIntel", 6, 106), "gce", "", "n2"),
    (GCE, cpu("GenuineIntel", 6, 143), "gce", "", "c3"),
    (GCE, cpu("GenuineIntel", 6, 173), "gce", "", "c4"),
    (GCE, cpu("AuthenticAMD", 25, 17), "gce", "", "c3d"),
    (GCE, cpu("AuthenticAMD", 25, 1), "gce", "", "n2d"),
    (AZURE, None, "azure", "", "azure-x86"),
    (PLAIN, None, "unknown", "", "generic"),
)


class ProfileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="skarn-vm-")
        cls.addClassCleanup(folder.cleanup)
        tree = os.path.join(folder.name, "tree")
        run("dpkg-deb", "-x", package("skarn-tools_*_amd64.deb"), tree)
        cls.image = Image()
        programs = {"bin/skarn-tune": os.path.join(tree, "usr/bin/skarn-tune"),
                    "bin/skarn-server": os.path.join(tree, "usr/bin/skarn"),
                    "bin/busybox": cls.image.program("busybox"),
                    "lib64/ld-linux-x86-64.so.2": cls.image.program("ld-linux-x86-64.so.2"),
                    **{f"lib/x86_64-linux-gnu/{name}": cls.image.program(name)
                       for name in ("libc.so.6", "libm.so.6")}}
        cls.initrd = os.path.join(folder.name, "initrd")
        with open(cls.initrd, "wb") as file:
            file.write(initrd(INIT, programs))

    def boot(self, options, processor):
        """(what skarn-tune shows, INFO machine) on such a machine."""
        if processor:
            processor = ("-accel", "tcg", "-cpu", processor)
        words = qemu(self.image, self.initrd, "console=ttyS0 quiet panic=-1 mitigations=off",
                     "-no-reboot", "-serial", "stdio", *options, memory="384",
                     processor=processor or accelerator())
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=BOOT_SECONDS, check=False)
        said = done.stdout.decode(errors="replace").replace("\r", "")
        found = re.search(r"\nBEGIN\n(.*)\nMIDDLE\n(.*)END\n", said, re.S)
        self.assertTrue(found, said[-3000:])
        info = dict(line.split(":", 1) for line in found[2].splitlines() if ":" in line)
        return json.loads(found[1]), info

    def test_forged_machines_get_their_profiles(self):
        for options, processor, cloud, instance_type, profile in MACHINES:
            with self.subTest(cloud=cloud, instance_type=instance_type, cpu=processor):
                shown, info = self.boot(options, processor)
                self.assertEqual(shown["profile"], profile)
                self.assertEqual(info["profile"], profile)
                self.assertEqual(info["machine_cloud"], cloud)
                self.assertEqual(info["machine_instance_type"], instance_type or "unknown")


if __name__ == "__main__":
    main()
