# SPDX-License-Identifier: BSD-3-Clause
"""Makes rpm packages from the staged files and packaging/rpm/skarn.spec."""

import glob
import os
import shutil
import time

import artifact
import release

SPEC = os.path.join(release.ROOT, "packaging", "rpm", "skarn.spec")

# Owner, group and mode where they are not root's.
OWNED_DIRECTORIES = {
    "/etc/skarn": "%dir %attr(2770,skarn,skarn)",
    "/var/lib/skarn": "%dir %attr(0750,skarn,skarn)",
    "/var/log/skarn": "%dir %attr(2750,skarn,adm)",
}


def file_line(file):
    if file.mode == "conf":
        return f"%config(noreplace) %attr(0640,skarn,skarn) {file.path}"
    if file.mode == "conf644":
        return f"%config(noreplace) {file.path}"
    if file.mode == "dir":
        return f"{OWNED_DIRECTORIES[file.path]} {file.path}"
    return file.path + (".gz" if file.mode == "man" else "")


def file_sections(architecture):
    text = ""
    for package in release.packages(architecture, "rpm"):
        text += f"%files -n {package}\n%defattr(-,root,root,-)\n"
        text += f"/usr/share/licenses/{package}\n"
        if package == "skarn-tools":
            text += "%dir /usr/share/skarn\n"
        for file in release.files(architecture, "rpm"):
            if file.package == package:
                text += file_line(file) + "\n"
        text += "\n"
    return text + symbols_section(architecture)


def symbols_section(architecture):
    lines = ["%files -n skarn-tools-debuginfo", "%defattr(-,root,root,-)", "%dir /usr/lib/debug",
             "%dir /usr/lib/debug/.build-id"]
    paths = artifact.put_symbols(staged(architecture), architecture)
    lines += sorted({f"%dir {os.path.dirname(path)}" for path in paths})
    return "\n".join(lines + paths) + "\n\n"


def stage(tree, architecture):
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    for file in release.files(architecture, "rpm"):
        release.put(tree, file)
    for package in release.packages(architecture, "rpm"):
        folder = os.path.join(tree, "usr/share/licenses", package)
        os.makedirs(folder)
        shutil.copyfile(os.path.join(release.ROOT, "LICENSE"), os.path.join(folder, "LICENSE"))
    release.touch(tree)


def staged(architecture):
    return os.path.join(release.WORK, "rpm", architecture, "tree")


def make(architecture):
    top = os.path.join(release.WORK, "rpm", architecture)
    shutil.rmtree(top, ignore_errors=True)
    stage(staged(architecture), architecture)
    values = {
        "VERSION": release.version(), "HOMEPAGE": release.HOMEPAGE,
        "MAINTAINER": release.MAINTAINER, "STAGED": staged(architecture),
        "FILES": file_sections(architecture),
        "DATE": time.strftime("%a %b %d %Y", time.gmtime(release.epoch())),
    }
    with open(SPEC, encoding="utf-8") as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    spec = os.path.join(top, "skarn.spec")
    with open(spec, "w", encoding="utf-8") as file:
        file.write(text)
    release.run("rpmbuild", "-bb", "--target", release.ARCHITECTURES[architecture].rpm,
                "--define", f"_topdir {top}", "--define", "_buildhost reproducible",
                "--define", "use_source_date_epoch_as_buildtime 1",
                "--define", "clamp_mtime_to_source_date_epoch 1", spec)
    os.makedirs(release.OUTPUT, exist_ok=True)
    made = []
    for path in sorted(glob.glob(os.path.join(top, "RPMS", "*", "*.rpm"))):
        made.append(os.path.join(release.OUTPUT, os.path.basename(path)))
        shutil.copyfile(path, made[-1])
    return made
