# SPDX-License-Identifier: BSD-3-Clause
"""Makes the OCI image: an index of both architectures, without a container engine.

Two layers each: a minimal Debian, unpacked and not configured (no program of another architecture
can run here), and the program. The layout of an OCI image is the specification's: blobs by digest.
"""

import glob
import gzip
import hashlib
import inspect
import io
import json
import os
import re
import shutil
import tarfile
import time

import release
import sbom

SUITE = "bookworm"
BASE_PACKAGES = ("base-files,base-passwd,bash,coreutils,dash,findutils,grep,libc-bin,libc6,"
                 "libgcc-s1,sed,tzdata,util-linux")
UNWANTED = ("/usr/share/doc", "/usr/share/man", "/usr/share/locale", "/usr/share/info",
            "/usr/share/lintian", "/usr/share/bash-completion", "/usr/share/bug", "/var/cache/apt",
            "/var/lib/apt", "/var/log")
# The control files of what is unpacked, for the database of packages.
STATUS = "var/lib/dpkg/status"
LIST_PACKAGES = ('for deb in "$1"/var/cache/apt/archives/*.deb; do dpkg-deb -f "$deb"; echo; done '
                 f'>"$1/{STATUS}.unpacked"')
# Files that tell of the machine that unpacks; engines put their own there, so they stay, empty.
OF_THE_MACHINE = ("etc/resolv.conf", "etc/hostname")
SKARN_UID = 999  # As in the official images, so that their volumes keep their owner.
WORLDS = ("skarn", "valkey", "redis")
ROLES = ("server", "check-rdb")
MEDIA = "application/vnd.oci.image."


def package_sources():
    found = [path for path in ["/etc/apt/sources.list",
                               *sorted(glob.glob("/etc/apt/sources.list.d/*.sources"))]
             if os.path.exists(path) and "ebian" in open(path, encoding="utf-8").read()]
    return [path for path in found if "nodesource" not in path]


def base_folder(architecture):
    """Where the minimal Debian is kept; another name once it would be made in another way."""
    made_by = [SUITE, BASE_PACKAGES, *UNWANTED, LIST_PACKAGES, *OF_THE_MACHINE, str(SKARN_UID)]
    made_by += [inspect.getsource(maker) for maker in (base_root, configure, write_status, settle)]
    mark = hashlib.sha256("\n".join(made_by).encode()).hexdigest()[:12]
    return os.path.join(release.WORK, "roots", f"image-{architecture}-{mark}")


def base_root(architecture):
    """A folder with the minimal Debian, made once and kept."""
    tree = base_folder(architecture)
    if os.path.isdir(tree):
        return tree
    for old in glob.glob(os.path.join(os.path.dirname(tree), f"image-{architecture}*")):
        shutil.rmtree(old)
    os.makedirs(os.path.dirname(tree), exist_ok=True)
    begun = time.time()
    release.run("mmdebstrap", "--quiet", "--variant=extract", "--skip=check/qemu",
                f"--architectures={architecture}", f"--include={BASE_PACKAGES}",
                f"--extract-hook={LIST_PACKAGES}",
                "--format=directory", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
                SUITE, tree + ".new", *package_sources())
    configure(tree + ".new")
    write_status(tree + ".new")
    settle(tree + ".new", begun)
    os.rename(tree + ".new", tree)
    return tree


def configure(tree):
    """What the packages' scripts would have done, as far as an image needs it."""
    for name in ("passwd", "group"):
        shutil.copyfile(f"{tree}/usr/share/base-passwd/{name}.master", f"{tree}/etc/{name}")
    for name, line in (("passwd", f"skarn:x:{SKARN_UID}:{SKARN_UID}::/data:/usr/sbin/nologin\n"),
                       ("group", f"skarn:x:{SKARN_UID}:\n")):
        with open(f"{tree}/etc/{name}", "a", encoding="utf-8") as file:
            file.write(line)
    if not os.path.lexists(f"{tree}/usr/bin/sh"):
        os.symlink("dash", f"{tree}/usr/bin/sh")
    if not os.path.lexists(f"{tree}/etc/localtime"):
        os.symlink("/usr/share/zoneinfo/Etc/UTC", f"{tree}/etc/localtime")
    for name in OF_THE_MACHINE:
        with open(f"{tree}/{name}", "w", encoding="utf-8"):
            pass
    for path in glob.glob(f"{tree}/etc/apt/sources.list*"):  # The mirror of that machine.
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    for folder in UNWANTED:
        shutil.rmtree(tree + folder, ignore_errors=True)
    for folder in ("var/log", "tmp", "run", "proc", "sys", "dev"):
        os.makedirs(f"{tree}/{folder}", exist_ok=True)
    os.chmod(f"{tree}/tmp", 0o1777)
    for name in os.listdir(f"{tree}/dev"):
        path = f"{tree}/dev/{name}"
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)


def write_status(tree):
    """The database of packages, from the control files: nothing was installed by dpkg, but who looks
    for known faults reads it."""
    with open(f"{tree}/{STATUS}.unpacked", encoding="utf-8") as file:
        controls = sorted(part.strip() for part in file.read().split("\n\n") if part.strip())
    for path in glob.glob(f"{tree}/var/lib/dpkg/*"):
        if os.path.isfile(path):
            os.remove(path)
    with open(f"{tree}/{STATUS}", "w", encoding="utf-8") as file:
        for control in controls:
            name, rest = control.split("\n", 1)
            file.write(f"{name}\nStatus: install ok installed\n{rest}\n\n")


def settle(tree, begun):
    """What was made since a time gets the newest time of the packages, which is the same anywhere."""
    paths = [os.path.join(folder, name) for folder, folders, names in os.walk(tree)
             for name in folders + names] + [tree]
    times = {path: os.lstat(path).st_mtime for path in paths}
    newest = int(max((value for value in times.values() if value < begun), default=0))
    for path, value in times.items():
        if value >= begun:
            os.utime(path, (newest, newest), follow_symlinks=False)


def base_packages(architecture):
    """[{field: value}] of the packages in the minimal Debian."""
    with open(f"{base_root(architecture)}/{STATUS}", encoding="utf-8") as file:
        parts = file.read().strip().split("\n\n")
    return [dict(re.findall(r"^([A-Za-z-]+): (.*)$", part, re.M)) for part in parts]


def program_tree(architecture):
    tree = os.path.join(release.WORK, "image", architecture)
    shutil.rmtree(tree, ignore_errors=True)
    binaries = f"{tree}/usr/local/bin"
    os.makedirs(binaries)
    for name, source in (("skarn", f"{release.artifact_folder(architecture)}/skarn"),
                         ("skarn-healthcheck", "packaging/container/skarn-healthcheck"),
                         ("docker-entrypoint.sh", "packaging/container/entrypoint.sh")):
        shutil.copyfile(os.path.join(release.ROOT, source), f"{binaries}/{name}")
        os.chmod(f"{binaries}/{name}", 0o755)
    for world in WORLDS:
        for role in ROLES:
            os.symlink("skarn", f"{binaries}/{world}-{role}")
    os.makedirs(f"{tree}/data")
    os.chmod(f"{tree}/data", 0o1777)
    folder = f"{tree}/usr/local/share/skarn"
    os.makedirs(folder)
    shutil.copyfile(os.path.join(release.ROOT, "LICENSE"), f"{folder}/LICENSE")
    with open(f"{folder}/skarn.spdx.json", "w", encoding="utf-8") as file:
        file.write(sbom.image_document(architecture, SUITE, base_packages(architecture)))
    return tree


def layer(tree):
    """(uncompressed digest, compressed bytes) of a folder, the same for the same content."""

    def settled(entry):
        entry.mtime = min(entry.mtime, release.epoch())
        entry.uname = entry.gname = ""
        if entry.name == "data":
            entry.uid = entry.gid = SKARN_UID
        return entry

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in sorted(os.listdir(tree)):
            archive.add(os.path.join(tree, name), name, filter=settled)
    data = buffer.getvalue()
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, packed, 0) as out:
        out.write(data)
    return "sha256:" + hashlib.sha256(data).hexdigest(), packed.getvalue()


class Layout:
    """A folder of blobs by digest."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(f"{folder}/blobs/sha256")
        self.write("oci-layout", {"imageLayoutVersion": "1.0.0"})

    def write(self, name, content):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, sort_keys=True)

    def put(self, content, media_type, **more):
        data = content if isinstance(content, bytes) else json.dumps(
            content, sort_keys=True).encode()
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{self.folder}/blobs/sha256/{digest}", "wb") as file:
            file.write(data)
        return {"mediaType": MEDIA + media_type, "digest": "sha256:" + digest,
                "size": len(data), **more}


def created():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(release.epoch()))


def labels():
    prefix = "org.opencontainers.image."
    values = {"title": "skarn", "version": release.version(), "revision": release.revision(),
              "description": "In-memory data server compatible with Valkey and Redis",
              "created": created(), "source": release.HOMEPAGE, "url": release.HOMEPAGE,
              "documentation": release.HOMEPAGE, "licenses": "BSD-3-Clause",
              "vendor": "The Skarn authors", "base.name": f"debian:{SUITE}"}
    return {prefix + name: value for name, value in values.items()}


def image_manifest(layout, architecture):
    layers = [layer(base_root(architecture)), layer(program_tree(architecture))]
    platform = {"os": "linux", "architecture": architecture}
    if architecture == "arm64":
        platform["variant"] = "v8"
    config = {
        **platform, "created": created(), "author": "The Skarn authors",
        "rootfs": {"type": "layers", "diff_ids": [digest for digest, _ in layers]},
        "history": [{"created": created(), "created_by": f"Debian {SUITE}, minimal"},
                    {"created": created(), "created_by": f"Skarn {release.version()}"}],
        "config": {
            "Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["skarn-server"],
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    f"SKARN_VERSION={release.version()}"],
            "WorkingDir": "/data", "Volumes": {"/data": {}}, "ExposedPorts": {"6379/tcp": {}},
            "Labels": labels(), "StopSignal": "SIGTERM",
            # Beyond the specification; engines that know health checks read it.
            "Healthcheck": {"Test": ["CMD", "skarn-healthcheck", "--alive"]},
        },
    }
    manifest = {
        "schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json",
        "config": layout.put(config, "config.v1+json"),
        "layers": [layout.put(data, "layer.v1.tar+gzip") for _, data in layers],
        "annotations": labels(),
    }
    return layout.put(manifest, "manifest.v1+json", platform=platform)


def make(architectures):
    """skarn-VERSION.oci.tar, from which skopeo, podman and docker load."""
    layout = Layout(os.path.join(release.WORK, "image", "layout"))
    index = {"schemaVersion": 2, "mediaType": MEDIA + "index.v1+json",
             "manifests": [image_manifest(layout, name) for name in architectures],
             "annotations": labels()}
    top = layout.put(index, "index.v1+json",
                     annotations={"org.opencontainers.image.ref.name": release.image_tag()})
    layout.write("index.json", {"schemaVersion": 2, "mediaType": MEDIA + "index.v1+json",
                                "manifests": [top]})
    release.touch(layout.folder)
    path = os.path.join(release.OUTPUT, f"skarn-{release.image_tag()}.oci.tar")
    release.run("tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner",
                "--format=gnu", "-C", layout.folder, "-cf", path, ".")
    return path
