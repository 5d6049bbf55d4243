"""Parses the lists that apt has fetched and verified into packages."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from toolpin.digests import make_digest
from toolpin.errors import Unreachable
from toolpin.model import Artifact, Digest
from toolpin.versions import sort_key

LOCATOR = re.compile(r"deb:(pool/[A-Za-z0-9+.~_/%-]+\.(?:deb|tar\.(?:gz|xz|bz2)))")
_LISTS = ("_Packages", "_Sources")
_BLOCK_BYTES = 1 << 20


class DebPackage(NamedTuple):
    """One package of a suite, as its signed index describes it."""

    name: str
    version: str
    path: str
    digest: Digest
    size_bytes: int

    def artifact(self) -> Artifact:
        """Return the package as an artifact, by a path that is valid on any mirror."""
        name = self.path.rpartition("/")[2]
        return Artifact(f"deb:{self.path}", self.digest, self.size_bytes, name)


def read_packages(directory: str, names: Collection[str]) -> dict[str, DebPackage]:
    """Return the newest version of each package that the lists in a directory name.

    A source package is its original tarball. Lists of 60,000 packages are read in a
    tenth of a second; apt-cache takes a second to index them first.
    """
    packages: dict[str, DebPackage] = {}
    lists = [name for name in os.listdir(directory) if name.endswith(_LISTS)]
    for name in lists:
        for stanza in _stanzas(f"{directory}/{name}", names):
            package = _described(stanza) or _original(stanza)
            if package:
                known = packages.setdefault(package.name, package)
                packages[package.name] = max(
                    known, package, key=lambda each: sort_key(each.version)
                )
    return packages


def upstream_version(version: str) -> str:
    """Return upstream's part of a Debian version: `1:27.3.4.1+dfsg-1` is `27.3.4.1`.

    And `1:29.0~rc2-1` is `29.0-rc2`, which is not 29.0. Source: deb-version(7); `.dfsg`
    and the like are the packagers'.
    """
    text = version.partition(":")[2] if ":" in version else version
    text, *more = re.split(r"[-+~]", text, maxsplit=1)
    text = re.sub(r"\.(?:dfsg|ds)\w*$", "", text)
    early = re.match(r"(?:alpha|beta|rc)[.\d]*", "".join(more))
    return f"{text}-{early[0].rstrip('.')}" if early else text


def _stanzas(path: str, names: Collection[str]) -> Iterator[str]:
    """Return the stanzas of some packages; each stanza starts with a package's name."""
    wanted = {f"Package: {name}".encode() for name in names}
    rest = b""
    with open(path, "rb") as file:
        while block := file.read(_BLOCK_BYTES):
            *whole, rest = (rest + block).split(b"\n\n")
            for stanza in whole:
                if stanza.partition(b"\n")[0] in wanted:
                    yield stanza.decode("utf-8", "replace")
    if rest.partition(b"\n")[0] in wanted:
        yield rest.decode("utf-8", "replace")


def _fields(stanza: str) -> dict[str, str]:
    """Return the fields of one line of a stanza (deb-control(5))."""
    return dict(re.findall(r"(?m)^([A-Za-z0-9-]+): (.+)$", stanza))


def _described(stanza: str) -> DebPackage | None:
    """Return the package of a binary package's stanza."""
    fields = _fields(stanza)
    if {"Package", "Version", "Filename", "SHA256", "Size"} <= set(fields):
        return _package(fields)
    return None


def _original(stanza: str) -> DebPackage | None:
    """Return the original tarball of a source stanza (dsc(5)), if it has one."""
    fields = _fields(stanza)
    listed = re.search(r"(?m)^Checksums-Sha256: *\n((?: .+\n?)+)", stanza)
    if listed is None or not {"Package", "Version", "Directory"} <= set(fields):
        return None
    for line in listed[1].splitlines():
        digest, size, name = line.split()
        if re.search(r"\.orig\.tar\.\w+$", name):
            path = f"{fields['Directory']}/{name}"
            file = {"Filename": path, "SHA256": digest, "Size": size}
            return _package(fields | file)
    return None


def _package(fields: Mapping[str, str]) -> DebPackage:
    """Return a stanza's package. Raises Unreachable for an invalid one."""
    path, size = fields["Filename"], fields["Size"]
    if not LOCATOR.fullmatch(f"deb:{path}") or not size.isdecimal():
        raise Unreachable(f"apt's list names a file that is not a package: {path}")
    digest = make_digest("sha256", fields["SHA256"], path)
    return DebPackage(fields["Package"], fields["Version"], path, digest, int(size))
