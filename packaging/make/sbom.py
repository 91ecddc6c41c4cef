# SPDX-License-Identifier: BSD-3-Clause
"""What is in the files of a release (SPDX 2.3), and where they come from (SLSA provenance 1)."""

import hashlib
import json
import os
import time
import urllib.parse

import release

NAMESPACE = release.HOMEPAGE + "/spdx/"

# Linked statically: name, licence, and the Debian package that tells the version.
BUNDLED = (("jemalloc", "BSD-2-Clause", "libjemalloc-dev"), ("fmt", "MIT", "libfmt-dev"),
           ("liburing", "MIT", "liburing-dev"),
           ("libstdc++", "GPL-3.0-or-later WITH GCC-exception-3.1", "libstdc++-12-dev"))


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_version(name):
    return release.run("dpkg-query", "-W", "-f", "${Version}\n", name).split("\n")[0]


def package_entry(name, version, licence, **more):
    return {"SPDXID": "SPDXRef-" + name.replace("+", "p").replace("_", "-"), "name": name,
            "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "licenseConcluded": licence, "licenseDeclared": licence,
            "copyrightText": "NOASSERTION", **more}


def document(name, packages, relationships):
    return json.dumps({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": name, "documentNamespace": NAMESPACE + f"{name}-{release.revision()}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(release.epoch())),
            "creators": ["Tool: skarn-package", "Organization: The Skarn authors"]},
        "packages": packages,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}
                          for a, kind, b in relationships],
    }, indent=1, sort_keys=True) + "\n"


def program_parts(architecture):
    """(the entry of the program, the entries of what is linked into it, their relations)"""
    program = os.path.join(release.artifact_folder(architecture), "skarn")
    entry = package_entry(
        "skarn", release.version(), "BSD-3-Clause",
        checksums=[{"algorithm": "SHA256", "checksumValue": digest(program)}],
        externalRefs=[{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                       "referenceLocator": f"pkg:generic/skarn@{release.version()}"
                                           f"?arch={architecture}"}])
    parts = [package_entry(name, package_version(package), licence)
             for name, licence, package in BUNDLED]
    return entry, parts, [(entry["SPDXID"], "CONTAINS", part["SPDXID"]) for part in parts]


def program_document(architecture):
    entry, parts, relations = program_parts(architecture)
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", entry["SPDXID"])] + relations
    return document(f"skarn-{release.version()}-{architecture}", [entry] + parts, relations)


def debian_entry(fields, suite):
    """A package of the system, from its control file; scanners go by the purl."""
    name, version = fields["Package"], fields["Version"]
    where = {"arch": fields["Architecture"], "distro": suite}
    if "Source" in fields:
        where["upstream"] = fields["Source"].split()[0]
    purl = f"pkg:deb/debian/{urllib.parse.quote(name)}@{urllib.parse.quote(version, safe='')}"
    return package_entry(
        name, version, "NOASSERTION", SPDXID="SPDXRef-deb-" + name.replace("+", "p"),
        externalRefs=[{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                       "referenceLocator": f"{purl}?{urllib.parse.urlencode(where)}"}])


def image_document(architecture, suite, packages):
    """The program, and the packages (fields of control files) of the Debian below it."""
    entry, parts, relations = program_parts(architecture)
    image = package_entry("skarn-image", release.version(), "NOASSERTION",
                          primaryPackagePurpose="CONTAINER")
    system = [debian_entry(fields, suite) for fields in packages]
    relations += [("SPDXRef-DOCUMENT", "DESCRIBES", image["SPDXID"])]
    relations += [(image["SPDXID"], "CONTAINS", part["SPDXID"]) for part in [entry] + system]
    return document(f"skarn-image-{release.version()}-{architecture}",
                    [entry] + parts + [image] + system, relations)


def write_all(architectures):
    """The documents beside the packages, and the sums of everything; signed with a repository."""
    for architecture in architectures:
        name = f"skarn-{release.version()}-{architecture}.spdx.json"
        with open(os.path.join(release.OUTPUT, name), "w", encoding="utf-8") as file:
            file.write(program_document(architecture))
    names = release.published()
    sums = {name: digest(os.path.join(release.OUTPUT, name)) for name in names}
    # Those of earlier runs for the same revision are here too.
    architectures = [name for name in release.ARCHITECTURES
                     if f"skarn-{release.version()}-{name}.spdx.json" in names]
    materials = [{"uri": f"git+{release.HOMEPAGE}", "digest": {"gitCommit": release.revision()}}]
    materials += [{"uri": f"pkg:deb/debian/{package}@{package_version(package)}"}
                  for _, _, package in BUNDLED]
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": name, "digest": {"sha256": value}} for name, value in sums.items()],
        "predicate": {
            "buildDefinition": {
                "buildType": release.HOMEPAGE + "/build/dev-package/v1",
                "externalParameters": {"version": release.version(),
                                       "architectures": architectures,
                                       "sourceDateEpoch": release.epoch()},
                "resolvedDependencies": materials},
            "runDetails": {"builder": {"id": release.HOMEPAGE + "/build/dev-package"}}},
    }
    name = f"skarn-{release.version()}.provenance.json"
    with open(os.path.join(release.OUTPUT, name), "w", encoding="utf-8") as file:
        json.dump(statement, file, indent=1, sort_keys=True)
    sums[name] = digest(os.path.join(release.OUTPUT, name))
    with open(os.path.join(release.OUTPUT, "SHA256SUMS"), "w", encoding="utf-8") as file:
        file.write("".join(f"{value}  {name}\n" for name, value in sorted(sums.items())))
