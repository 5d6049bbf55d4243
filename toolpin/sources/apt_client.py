"""Queries Debian's archive through this machine's apt, with separate state.

It needs no root and touches no package of the machine: each suite has its lists in one
of toolpin's directories. apt checks the archive's signature, which covers every digest
returned here. The mirror is the machine's own; its package preferences and update hooks
are ignored.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Mapping, Sequence

from toolpin.errors import NotPublished, Unreachable
from toolpin.model import Artifact, Host
from toolpin.sources.apt_lists import LOCATOR, DebPackage, read_packages
from toolpin.sources.apt_mirror import find_mirror
from toolpin.system.file_lock import held
from toolpin.system.process import Finished, run

_ARCHES = {"x64": "amd64", "arm64": "arm64"}
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_HELPER = "/usr/lib/apt/apt-helper"
_UPDATE_S = 600.0
_DOWNLOAD_S = 3600.0
# A suite's lists change a few times a day; a stable one's hardly ever.
_LISTS_AGE_S = 24 * 3600.0
# The state of a suite's source packages, beside those of its machines.
_SOURCE = "source"
# The file whose age is that of the lists next to it.
_FETCHED = "fetched"
# The machine's update hooks are for its own lists.
_NO_HOOKS = "#clear APT::Update;\n"


class AptClient:
    """Queries and downloads through apt."""

    def __init__(
        self, env: Mapping[str, str], directory: str, *, keyring: str = _KEYRING
    ) -> None:
        self._env = {**env, "LC_ALL": "C"}
        self._keyring = keyring
        self._root = directory
        self._lock = threading.Lock()
        self._mirror: str | Unreachable | None = None
        self._known: dict[tuple[str, str], dict[str, DebPackage | None]] = {}
        self._failed: dict[tuple[str, str], Unreachable] = {}

    def packages(
        self, suite: str, names: Sequence[str], host: Host
    ) -> dict[str, DebPackage]:
        """Return those of the packages that the suite has. Raises Unreachable."""
        arch = _ARCHES.get(host.arch)
        if host.os != "linux" or host.libc != "glibc" or arch is None:
            return {}
        return self._read(suite, arch, names)

    def artifacts(
        self, suite: str, names: Sequence[str], host: Host
    ) -> tuple[Artifact, ...]:
        """Return all of these packages. Raises NotPublished, Unreachable."""
        packages = self.packages(suite, names, host)
        if missing := sorted(set(names) - set(packages)):
            raise NotPublished(f"Debian {suite} has no {', '.join(missing)} for {host}")
        return tuple(packages[name].artifact() for name in names)

    def source_code(self, suite: str, name: str) -> DebPackage | None:
        """Return upstream's tarball of a source package. Raises Unreachable."""
        return self._read(suite, _SOURCE, [name]).get(name)

    def _read(
        self, suite: str, arch: str, names: Sequence[str]
    ) -> dict[str, DebPackage]:
        """Return the packages in a suite's lists, which are read once per name."""
        with held(f"{self._root}/{suite}-{arch}.lock"):
            known = self._known.setdefault((suite, arch), {})
            missing = [name for name in names if name not in known]
            if missing:
                self._update(suite, arch)
                directory = f"{self._root}/{suite}-{arch}/lists"
                known |= dict.fromkeys(missing) | read_packages(directory, missing)
            return {name: result for name in names if (result := known[name])}

    def download(self, artifact: Artifact, part: str) -> None:
        """Download a `deb:` artifact to `part` by its pool path.

        apt compares it with the digest, and so does the caller.
        """
        match = LOCATOR.fullmatch(artifact.locator)
        if match is None or "/../" in artifact.locator:
            raise NotPublished(f"{artifact.locator} is not a Debian package")
        url = f"{self.find_mirror().rstrip('/')}/{match[1]}"
        expected = f"{artifact.digest.algorithm.upper()}:{artifact.digest.hex}"
        finished = run(
            [_HELPER, *_sandbox(), "download-file", url, part, expected],
            env=self._env,
            cwd="/",
            timeout_s=_DOWNLOAD_S,
        )
        if finished.status != 0 or not os.path.exists(part):
            raise _unreachable(artifact.filename, finished)

    def find_mirror(self) -> str:
        """Return the Debian mirror of this machine. Raises Unreachable."""
        with self._lock:
            if self._mirror is None:
                try:
                    self._mirror = find_mirror(self._env)
                except Unreachable as error:
                    self._mirror = error
        if isinstance(self._mirror, Unreachable):
            raise self._mirror
        return self._mirror

    def _update(self, suite: str, arch: str) -> None:
        """Fetch a suite's lists if they are old or missing.

        An archive that gave no answer is not queried again by this process.
        """
        if error := self._failed.get((suite, arch)):
            raise error
        directory = f"{self._root}/{suite}-{arch}"
        if _is_fresh(directory):
            return
        try:
            _prepare(directory, self._source_line(suite, arch))
            self._fetch(suite, arch, directory)
        except Unreachable as error:
            self._failed[suite, arch] = error
            raise
        with open(f"{directory}/{_FETCHED}", "w", encoding="utf-8"):
            pass

    def _source_line(self, suite: str, arch: str) -> str:
        kind = "deb-src" if arch == _SOURCE else "deb"
        where = "" if arch == _SOURCE else f"arch={arch} "
        options = f"[{where}signed-by={self._keyring}]"
        return f"{kind} {options} {self.find_mirror()} {suite} main\n"

    def _fetch(self, suite: str, arch: str, directory: str) -> None:
        settings = {
            "Dir::State::Lists": f"{directory}/lists",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": f"{directory}/cache",
            "Dir::Etc::SourceList": f"{directory}/etc/sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "APT::Default-Release": "",
            "Acquire::Languages": "none",
            # The lists are read directly, without apt's index.
            "Acquire::GzipIndexes": "false",
            "pkgCacheFile::Generate": "false",
        }
        if arch != _SOURCE:
            settings |= {"APT::Architecture": arch, "APT::Architectures": arch}
        options = [
            word for setting in settings.items() for word in ("-o", "=".join(setting))
        ]
        config = ["-q", "-c", f"{directory}/etc/apt.conf"]
        finished = run(
            ["apt-get", *options, *_sandbox(), *config, "update"],
            env=self._env,
            cwd="/",
            timeout_s=_UPDATE_S,
        )
        # apt-get succeeds with old lists, too: it reports them in these lines.
        text = finished.err + finished.out
        if finished.status != 0 or re.search(r"(?m)^(W|E|Err):? ?.*", text):
            raise _unreachable(f"Debian {suite}", finished)


def _is_fresh(directory: str) -> bool:
    try:
        age_s = time.time() - os.stat(f"{directory}/{_FETCHED}").st_mtime
    except FileNotFoundError:
        return False
    return 0 <= age_s < _LISTS_AGE_S


def _prepare(directory: str, source_line: str) -> None:
    """Write apt's settings; keep the lists that can be updated."""
    for name in ("etc", "lists/partial", "cache/archives/partial"):
        os.makedirs(f"{directory}/{name}", exist_ok=True)
    for name, text in (("sources.list", source_line), ("apt.conf", _NO_HOOKS)):
        with open(f"{directory}/etc/{name}", "w", encoding="utf-8") as file:
            file.write(text)


def _sandbox() -> list[str]:
    """Return the option that lets root's apt write to a directory of root's."""
    return ["-o", f"APT::Sandbox::User={'root' if os.geteuid() == 0 else ''}"]


def _unreachable(what: str, output: Finished) -> Unreachable:
    lines = [
        line[3:]
        for line in (output.err + output.out).splitlines()
        if line.startswith(("E: ", "W: "))
    ]
    return Unreachable(
        f"apt did not answer about {what}",
        [
            ("exit status", str(output.status)),
            ("apt output", "; ".join(lines[:3]) or "?"),
        ],
    )
