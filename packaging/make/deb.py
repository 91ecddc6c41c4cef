# SPDX-License-Identifier: BSD-3-Clause
"""Makes Debian packages from the staged files and packaging/deb/."""

import email.utils
import hashlib
import io
import lzma
import os
import shutil
import tarfile

import artifact
import release

SOURCE = os.path.join(release.ROOT, "packaging", "deb")
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def filled(text, architecture, installed_size=0):
    with open(os.path.join(release.ROOT, "LICENSE"), encoding="utf-8") as file:
        licence = "\n ".join(line or "." for line in file.read().strip().split("\n"))
    values = {
        "VERSION": release.version(), "ARCHITECTURE": architecture,
        "MAINTAINER": release.MAINTAINER, "HOMEPAGE": release.HOMEPAGE, "LICENSE": licence,
        "INSTALLED_SIZE": str(installed_size),
        "DATE": email.utils.formatdate(release.epoch()),
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def add_documents(tree, package, architecture):
    folder = os.path.join(tree, "usr/share/doc", package)
    write(os.path.join(folder, "copyright"), filled(read("copyright"), architecture))
    release.compress(filled(read("changelog"), architecture).encode(),
                     os.path.join(folder, "changelog.gz"))
    overrides = os.path.join(SOURCE, f"lintian-overrides-{package}")
    if os.path.exists(overrides):
        target = os.path.join(tree, "usr/share/lintian/overrides", package)
        os.makedirs(os.path.dirname(target))
        shutil.copyfile(overrides, target)


def add_control(tree, package, architecture, control):
    """The DEBIAN folder; everything below /etc is a conffile."""
    paths = [os.path.join(folder, name)[len(tree) + 1:]
             for folder, _, names in os.walk(tree) for name in sorted(names)]
    size = sum(os.lstat(os.path.join(tree, path)).st_size for path in paths) // 1024 + 1
    folder = os.path.join(tree, "DEBIAN")
    write(os.path.join(folder, "control"), filled(control, architecture, size))
    conffiles = sorted("/" + path for path in paths if path.startswith("etc/"))
    if conffiles:
        write(os.path.join(folder, "conffiles"), "\n".join(conffiles) + "\n")
    sums = ""
    for path in sorted(set(paths) - {name[1:] for name in conffiles}):
        if not os.path.islink(os.path.join(tree, path)):
            with open(os.path.join(tree, path), "rb") as file:
                sums += f"{hashlib.md5(file.read()).hexdigest()}  {path}\n"
    write(os.path.join(folder, "md5sums"), sums)
    for script in SCRIPTS:
        if os.path.exists(os.path.join(SOURCE, package, script)):
            write(os.path.join(folder, script), read(package, script), 0o755)


def tar(tree, names):
    """A compressed archive of these entries of the tree with all below them."""

    def owned_by_root(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = release.epoch()
        return entry

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(tree, ".", recursive=False, filter=owned_by_root)
        for name in sorted(names):
            archive.add(os.path.join(tree, name), "./" + name, filter=owned_by_root)
    return lzma.compress(buffer.getvalue(), preset=6)


def pack(tree, package, architecture):
    """dpkg-deb --build, by hand: with xz that uses as many threads as there is memory for, and
    cuts other blocks then. (xz: older systems cannot unpack zstd.)"""
    path = os.path.join(release.OUTPUT, f"{package}_{release.version()}_{architecture}.deb")
    os.makedirs(release.OUTPUT, exist_ok=True)
    control = os.path.join(tree, "DEBIAN")
    members = [("debian-binary", b"2.0\n"),
               ("control.tar.xz", tar(control, os.listdir(control))),
               ("data.tar.xz", tar(tree, set(os.listdir(tree)) - {"DEBIAN"}))]
    with open(path, "wb") as file:
        file.write(b"!<arch>\n")
        for name, data in members:
            file.write(f"{name:<16}{release.epoch():<12}0     0     100644  {len(data):<10}`\n"
                       .encode())
            file.write(data + b"\n" * (len(data) % 2))
    return path


def make_symbols(architecture):
    tree = os.path.join(release.WORK, "deb", architecture, "skarn-tools-dbgsym")
    shutil.rmtree(tree, ignore_errors=True)
    artifact.put_symbols(tree, architecture)
    os.makedirs(f"{tree}/usr/share/doc")
    os.symlink("skarn-tools", f"{tree}/usr/share/doc/skarn-tools-dbgsym")
    add_control(tree, "skarn-tools-dbgsym", architecture, read("skarn-tools-dbgsym.control"))
    return pack(tree, "skarn-tools-dbgsym", architecture)


def make(architecture):
    made = []
    for package in release.packages(architecture, "deb"):
        control = read(package, "control")
        target = "all" if "Architecture: all" in control else architecture
        if target == "all" and architecture != "amd64":
            continue
        tree = os.path.join(release.WORK, "deb", architecture, package)
        release.stage(tree, architecture, "deb", package)
        add_documents(tree, package, target)
        add_control(tree, package, target, control)
        made.append(pack(tree, package, target))
    return made + [make_symbols(architecture)]
