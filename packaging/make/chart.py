# SPDX-License-Identifier: BSD-3-Clause
"""Packs the Helm chart: skarn-VERSION.tgz, as `helm package` does, with the version filled in."""

import gzip
import io
import os
import tarfile

import release

CHART = os.path.join(release.ROOT, "packaging", "helm", "skarn")


def make():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder, folders, names in os.walk(CHART):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    data = file.read()
                if name == "Chart.yaml":
                    data = data.replace(b"0.0.0", release.semantic_version().encode())
                entry = tarfile.TarInfo("skarn/" + os.path.relpath(path, CHART))
                entry.size, entry.mtime, entry.mode = len(data), release.epoch(), 0o644
                archive.addfile(entry, io.BytesIO(data))
    path = os.path.join(release.OUTPUT, f"skarn-{release.semantic_version()}.tgz")
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as out:
        out.write(buffer.getvalue())
    return path
