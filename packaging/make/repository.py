# SPDX-License-Identifier: BSD-3-Clause
"""Makes signed repositories of the packages in build/packages/: apt (reprepro), yum (createrepo_c).

The key is one of the caller's gpg (GNUPGHOME). Signing changes the rpms, so the repository has
copies of them.
"""

import glob
import os
import shutil

import release

SUITE = "stable"


def make_apt(folder, key):
    os.makedirs(f"{folder}/conf")
    with open(f"{folder}/conf/distributions", "w", encoding="utf-8") as file:
        file.write(f"Origin: Skarn\nLabel: Skarn\nSuite: {SUITE}\nCodename: {SUITE}\n"
                   f"Architectures: {' '.join(release.ARCHITECTURES)}\nComponents: main\n"
                   f"Description: Skarn, an in-memory data server\nSignWith: {key}\n")
    for path in sorted(glob.glob(f"{release.OUTPUT}/*.deb")):
        release.run("reprepro", "--silent", "--basedir", folder, "includedeb", SUITE, path)
    shutil.rmtree(f"{folder}/conf")
    shutil.rmtree(f"{folder}/db")


def make_yum(folder, key):
    for architecture in release.ARCHITECTURES.values():
        target = f"{folder}/{architecture.rpm}"
        os.makedirs(target)
        for path in sorted(glob.glob(f"{release.OUTPUT}/*.{architecture.rpm}.rpm")):
            shutil.copy(path, target)
            release.run("rpmsign", "--define", f"_gpg_name {key}",
                        "--define", "_gpg_digest_algo sha256",
                        "--define", f"__gpg {shutil.which('gpg')}", "--addsign",
                        os.path.join(target, os.path.basename(path)))
        release.run("createrepo_c", "--quiet", "--revision", str(release.epoch()),
                    "--set-timestamp-to-revision", target)
        sign(f"{target}/repodata/repomd.xml", key)


def sign(path, key):
    release.run("gpg", "--batch", "--yes", "--local-user", key, "--armor", "--detach-sign", path)


def make(key, url):
    folder = os.path.join(release.OUTPUT, "repo")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    make_apt(f"{folder}/apt", key)
    make_yum(f"{folder}/yum", key)
    release.run("gpg", "--batch", "--yes", "--output", f"{folder}/skarn.gpg", "--export", key)
    release.run("gpg", "--batch", "--yes", "--armor", "--output", f"{folder}/skarn.asc",
                "--export", key)
    with open(f"{folder}/skarn.sources", "w", encoding="utf-8") as file:
        file.write(f"# /etc/apt/sources.list.d/skarn.sources\nTypes: deb\nURIs: {url}/apt\n"
                   f"Suites: {SUITE}\nComponents: main\n"
                   "Signed-By: /usr/share/keyrings/skarn.gpg\n")
    with open(f"{folder}/skarn.repo", "w", encoding="utf-8") as file:
        file.write(f"# /etc/yum.repos.d/skarn.repo\n[skarn]\nname=Skarn\n"
                   f"baseurl={url}/yum/$basearch\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\n"
                   f"gpgkey={url}/skarn.asc\n")
    sums = os.path.join(release.OUTPUT, "SHA256SUMS")
    if os.path.exists(sums):
        sign(sums, key)
    return folder
