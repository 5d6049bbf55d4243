"""Asks Debian's archive through this machine's apt, with a state of its own.

No root, and no package of the machine is touched: each suite has its lists below the
cache folder. apt checks the archive's signature, and by it every digest told here. The
mirror is the one that the machine's own sources name; what the machine prefers of its
packages, and what it does after an update, do not count.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from toolpin.cache.verified import Cache
from toolpin.errors import NotPublished, Unreachable
from toolpin.model import Artifact, Digest, Host
from toolpin.mutex import held
from toolpin.process import Finished, run
from toolpin.sources.apt_mirror import find_mirror
from toolpin.verify import make_digest
from toolpin.versions import sort_key

_ARCHES = {"x64": "amd64", "arm64": "arm64"}
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_HELPER = "/usr/lib/apt/apt-helper"
_UPDATE_S = 600.0
_QUESTION_S = 120.0
_DOWNLOAD_S = 3600.0
# A suite's lists change a few times a day; a stable one's hardly ever.
_LISTS_AGE_S = 24 * 3600.0
_LOCATOR = re.compile(r"deb:(pool/[A-Za-z0-9+.~_/%-]+\.(?:deb|tar\.(?:gz|xz|bz2)))")
# The state of a suite's source packages, beside those of its machines.
_SOURCE = "source"
# What machines let apt start when their lists are new is about their own lists.
_NO_HOOKS = "#clear APT::Update;\n"


class DebPackage(NamedTuple):
    """One package of a suite, as its signed index tells it."""

    name: str
    version: str
    path: str
    digest: Digest
    size_bytes: int

    def artifact(self) -> Artifact:
        """Return what is fetched: a locator by pool path holds for every mirror."""
        name = self.path.rpartition("/")[2]
        return Artifact(f"deb:{self.path}", self.digest, self.size_bytes, name)


class AptClient:
    """Asks and downloads through apt."""

    def __init__(self, env: Mapping[str, str], cache: Cache) -> None:
        self._env = {**env, "LC_ALL": "C"}
        self._root = f"{cache.root}/helpers/apt"
        self._mirror = ""
        self._known: dict[tuple[str, str], dict[str, DebPackage]] = {}

    def packages(
        self, suite: str, names: Sequence[str], host: Host
    ) -> dict[str, DebPackage]:
        """Return those of the packages that the suite has. Raises Unreachable."""
        arch = _ARCHES.get(host.arch)
        if host.os != "linux" or host.libc != "glibc" or arch is None:
            return {}
        with held(f"{self._root}/{suite}-{arch}.lock"):
            self._update(suite, arch)
            missing = [
                name for name in names if name not in self._known.get((suite, arch), {})
            ]
            if missing:
                told = self._apt(
                    ["apt-cache", "show", "--no-all-versions", *missing],
                    (suite, arch),
                    _QUESTION_S,
                )
                found = {one.name: one for one in map(_package, _stanzas(told.out))}
                self._known.setdefault((suite, arch), {}).update(found)
        known = self._known.get((suite, arch), {})
        return {name: known[name] for name in names if name in known}

    def artifacts(
        self, suite: str, names: Sequence[str], host: Host
    ) -> tuple[Artifact, ...]:
        """Return all of these packages. Raises NotPublished, Unreachable."""
        found = self.packages(suite, names, host)
        if missing := sorted(set(names) - set(found)):
            raise NotPublished(f"Debian {suite} has no {', '.join(missing)} for {host}")
        return tuple(found[name].artifact() for name in names)

    def source_code(self, suite: str, name: str) -> DebPackage | None:
        """Return upstream's tarball of a source package. Raises Unreachable."""
        with held(f"{self._root}/{suite}-{_SOURCE}.lock"):
            self._update(suite, _SOURCE)
            told = self._apt(
                ["apt-cache", "showsrc", "--only-source", name],
                (suite, _SOURCE),
                _QUESTION_S,
            )
        found = [one for one in map(_original, told.out.split("\n\n")) if one]
        return max(found, key=lambda one: sort_key(one.version), default=None)

    def download(self, artifact: Artifact, part: str) -> None:
        """Download a `deb:` artifact to `part` by its pool path.

        apt compares it with the digest, and so does the caller.
        """
        match = _LOCATOR.fullmatch(artifact.locator)
        if match is None or "/../" in artifact.locator:
            raise NotPublished(f"{artifact.locator} is no Debian package")
        url = f"{self.find_mirror().rstrip('/')}/{match[1]}"
        expected = f"{artifact.digest.algorithm.upper()}:{artifact.digest.hex}"
        told = run(
            [_HELPER, *_sandbox(), "download-file", url, part, expected],
            env=self._env,
            cwd="/",
            timeout_s=_DOWNLOAD_S,
        )
        if told.status != 0 or not os.path.exists(part):
            raise _unreachable(artifact.filename, told)

    def _update(self, suite: str, arch: str) -> None:
        """Fetch a suite's lists where they are old, or not there."""
        folder = f"{self._root}/{suite}-{arch}"
        done = f"{folder}/updated"
        try:
            if 0 <= time.time() - os.stat(done).st_mtime < _LISTS_AGE_S:
                return
        except FileNotFoundError:
            pass
        for name in ("etc", "lists/partial", "cache/archives/partial"):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
        with open(f"{folder}/etc/sources.list", "w", encoding="utf-8") as file:
            kind = "deb-src" if arch == _SOURCE else "deb"
            where = "" if arch == _SOURCE else f"arch={arch} "
            options = f"[{where}signed-by={_KEYRING}]"
            file.write(f"{kind} {options} {self.find_mirror()} {suite} main\n")
        with open(f"{folder}/etc/apt.conf", "w", encoding="utf-8") as file:
            file.write(_NO_HOOKS)
        update = ["apt-get", "-q", "-c", f"{folder}/etc/apt.conf", "update"]
        told = self._apt(update, (suite, arch), _UPDATE_S)
        # apt-get ends well with old lists, too: it says so in these lines.
        if told.status != 0 or re.search(r"(?m)^(W|E|Err):? ?.*", told.err + told.out):
            raise _unreachable(f"Debian {suite}", told)
        with open(done, "w", encoding="utf-8"):
            pass

    def find_mirror(self) -> str:
        """Return where this machine gets Debian from. Raises Unreachable."""
        self._mirror = self._mirror or find_mirror(self._env)
        return self._mirror

    def _apt(
        self, command: Sequence[str], state: tuple[str, str], timeout_s: float
    ) -> Finished:
        suite, arch = state
        folder = f"{self._root}/{suite}-{arch}"
        settings = {
            "Dir::State::Lists": f"{folder}/lists",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": f"{folder}/cache",
            "Dir::Etc::SourceList": f"{folder}/etc/sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "APT::Default-Release": "",
            "Acquire::Languages": "none",
        }
        if arch != _SOURCE:
            settings |= {"APT::Architecture": arch, "APT::Architectures": arch}
        options = [word for item in settings.items() for word in ("-o", "=".join(item))]
        name, *words = command
        return run(
            [name, *options, *_sandbox(), *words],
            env=self._env,
            cwd="/",
            timeout_s=timeout_s,
        )


def upstream_version(version: str) -> str:
    """Return upstream's part of a Debian version: `1:27.3.4.1+dfsg-1` is `27.3.4.1`.

    And `1:29.0~rc2-1` is `29.0-rc2`, which is no 29.0. Source: deb-version(7); `.dfsg`
    and the like are the packagers'.
    """
    text = version.partition(":")[2] if ":" in version else version
    text, *more = re.split(r"[-+~]", text, maxsplit=1)
    text = re.sub(r"\.(?:dfsg|ds)\w*$", "", text)
    early = re.match(r"(?:alpha|beta|rc)[.\d]*", "".join(more))
    return f"{text}-{early[0].rstrip('.')}" if early else text


def _sandbox() -> list[str]:
    """Return the option without which root's apt cannot write to folders of its own."""
    return ["-o", f"APT::Sandbox::User={'root' if os.geteuid() == 0 else ''}"]


def _stanzas(text: str) -> list[dict[str, str]]:
    """Return the fields of each stanza that describes a package (deb-control(5))."""
    found = []
    for stanza in text.split("\n\n"):
        fields = {}
        for line in stanza.splitlines():
            name, colon, value = line.partition(": ")
            if colon and not line.startswith((" ", "\t")):
                fields[name] = value
        if {"Package", "Version", "Filename", "SHA256", "Size"} <= set(fields):
            found.append(fields)
    return found


def _original(stanza: str) -> DebPackage | None:
    """Return the original tarball of a source stanza (dsc(5)), if it has one."""
    fields = dict(re.findall(r"(?m)^([A-Za-z0-9-]+): (.+)$", stanza))
    listed = re.search(r"(?m)^Checksums-Sha256: *\n((?: .+\n?)+)", stanza)
    if listed is None or not {"Package", "Version", "Directory"} <= set(fields):
        return None
    for line in listed[1].splitlines():
        digest, size, name = line.split()
        if re.search(r"\.orig\.tar\.\w+$", name):
            return _package(
                fields
                | {
                    "Filename": f"{fields['Directory']}/{name}",
                    "SHA256": digest,
                    "Size": size,
                }
            )
    return None


def _package(fields: Mapping[str, str]) -> DebPackage:
    """Return a stanza's package. Raises Unreachable for what cannot be one."""
    path, size = fields["Filename"], fields["Size"]
    if not _LOCATOR.fullmatch(f"deb:{path}") or not size.isdecimal():
        raise Unreachable(f"apt tells no package: {path}")
    digest = make_digest("sha256", fields["SHA256"], path)
    return DebPackage(fields["Package"], fields["Version"], path, digest, int(size))


def _unreachable(what: str, told: Finished) -> Unreachable:
    lines = [
        line[3:]
        for line in (told.err + told.out).splitlines()
        if line.startswith(("E: ", "W: "))
    ]
    return Unreachable(
        f"apt gives no answer about {what}",
        [("exit status", str(told.status)), ("apt says", "; ".join(lines[:3]) or "?")],
    )
