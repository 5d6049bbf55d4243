"""Wheels on the Python package index that this machine's pip is set up for.

toolpin's own pip is the client, run apart (`-I`), so that the user's index, mirror,
proxy and credentials hold. Nothing is installed by it and no project code runs.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence

from toolpin.directories import drop_tree
from toolpin.errors import NotPublished, Unreachable
from toolpin.model import Artifact, Build, Host
from toolpin.process import Finished, run
from toolpin.sources.contract import Progress
from toolpin.verify import make_digest

_QUESTION_S = 60.0
_DOWNLOAD_S = 3600.0
# What may say where the index is; any other PIP_ variable could change the meaning of
# the calls below (PIP_USER, PIP_TARGET, PIP_NO_BINARY ...).
_KEPT = (
    "PIP_CERT PIP_CLIENT_CERT PIP_CONFIG_FILE PIP_DEFAULT_TIMEOUT PIP_EXTRA_INDEX_URL "
    "PIP_FIND_LINKS PIP_INDEX_URL PIP_KEYRING_PROVIDER PIP_NO_INDEX PIP_PROXY "
    "PIP_TIMEOUT PIP_TRUSTED_HOST"
).split()
# What a pip.conf may say of other calls, and must not say of these.
_SETTLED = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_QUIET": "0",
    "PIP_REQUIRE_HASHES": "0",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
    "PIP_VERBOSE": "0",
}
# pip wants a target where a platform is named; a dry run never makes it.
_NOWHERE = "/nonexistent/toolpin"
_PLATFORM = re.compile(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)")
_NEWEST_GLIBC, _NEWEST_MACOS = "2.50", "40.0"
_OLDEST_GLIBC, _OLDEST_MACOS = 17, 11
_LOCATOR = re.compile(r"pypi:([\w.-]+)==([\w.+!-]+)#([\w.+-]+)")


class PypiClient:
    """Asks and downloads through pip."""

    def __init__(self, env: Mapping[str, str]) -> None:
        kept = {
            name: value
            for name, value in env.items()
            if not name.startswith("PIP_") or name in _KEPT
        }
        self._env = {**kept, **_SETTLED}
        self._known: dict[tuple[str, Host], list[str]] = {}

    def versions(self, dist: str, host: Host) -> list[str]:
        """Return the versions with a wheel for the host. Raises Unreachable.

        The index is asked once by each run.
        """
        at = (dist, host)
        if at not in self._known:
            self._known[at] = self._ask_versions(dist, host)
        return self._known[at]

    def _ask_versions(self, dist: str, host: Host) -> list[str]:
        told = self._pip("index", "versions", dist, "--json", *_for_host(host))
        try:
            return [str(version) for version in json.loads(told.out)["versions"]]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise _unreachable(dist, told) from None

    def artifact(self, dist: str, version: str, host: Host) -> Artifact:
        """Return the wheel of one version for the host, with the index's digest.

        Source: pip's installation report, https://pip.pypa.io/en/stable/reference/
        installation-report/. Raises NotPublished or Unreachable.
        """
        if version not in self.versions(dist, host):
            raise NotPublished(f"{dist} has no {version} for {host}")
        told = self._pip(
            "install",
            *("--dry-run", "--ignore-installed", "--quiet", "--report", "-"),
            *("--target", _NOWHERE, "--no-deps", *_for_host(host)),
            f"{dist}=={version}",
        )
        try:
            found = json.loads(told.out)["install"][0]["download_info"]
            filename = found["url"].partition("#")[0].rpartition("/")[2]
            digest = make_digest("sha256", found["archive_info"]["hashes"]["sha256"])
        except (ValueError, LookupError, TypeError, RecursionError):
            raise _unreachable(dist, told) from None
        return Artifact(f"pypi:{dist}=={version}#{filename}", digest, None, filename)

    def builds(self, dist: str, version: str, host: Host) -> list[Build]:
        """Return the wheels of one version for hosts of this kind, each once.

        pip names the best for one host: it is asked again for hosts that are too old
        for what it named, until it knows none.
        """
        found: list[Build] = []
        asked = host
        while True:
            try:
                artifact = self.artifact(dist, version, asked)
            except NotPublished:
                if found:
                    return found
                raise
            requires = wheel_requires(artifact.filename)
            found.append(Build((artifact,), requires))
            older = _older(requires)
            if not older:
                return found
            asked = host._replace(libc_version=older)

    def download(self, artifact: Artifact, part: str, progress: Progress) -> None:
        """Download a `pypi:` artifact to `part`, for whatever host the wheel is.

        The caller verifies it.
        """
        match = _LOCATOR.fullmatch(artifact.locator)
        if match is None:
            raise NotPublished(f"{artifact.locator} is not a wheel")
        folder = f"{part}.d"
        drop_tree(folder)

        def read_progress(line: str) -> None:
            if told := re.fullmatch(r"Progress (\d+) of (\d+)\s*", line):
                progress(int(told[1]), int(told[2]))

        told = run(
            [
                *_PIP,
                *("download", "--no-deps", "--progress-bar", "raw", "--dest", folder),
                *("--no-cache-dir", "--retries", "3", *_for_wheel(artifact.filename)),
                f"{match[1]}=={match[2]}",
            ],
            env=self._env,
            cwd="/",
            timeout_s=_DOWNLOAD_S,
            on_line=read_progress,
        )
        try:
            os.replace(f"{folder}/{match[3]}", part)
        except OSError:
            raise _unreachable(match[1], told) from None
        finally:
            drop_tree(folder)

    def index(self) -> str:
        """Return the index that pip is set up for, "" where that is its own default.

        Source: pip's `config list`, a line a setting, as `global.index-url='URL'`.
        """
        told = self._pip("config", "list")
        found = re.findall(r"(?m)^(\S+)\.index-url='(.*)'$", told.out)
        # A variable counts more than a file.
        return str(dict(found).get(":env:", found[-1][1] if found else ""))

    def _pip(self, *args: str) -> Finished:
        return run(
            [*_PIP, *args, "--retries", "1", "--timeout", "15"],
            env=self._env,
            cwd="/",
            timeout_s=_QUESTION_S,
        )


_PIP = (sys.executable, "-I", "-m", "pip")


def _for_host(host: Host) -> list[str]:
    tags = platform_tags(host)
    return ["--only-binary=:all:", *(f"--platform={tag}" for tag in tags)]


def _for_wheel(filename: str) -> list[str]:
    tags = filename.removesuffix(".whl").rpartition("-")[2].split(".")
    return ["--only-binary=:all:", *(f"--platform={tag}" for tag in tags)]


def platform_tags(host: Host) -> list[str]:
    """Return the wheel platforms that the host can run, newest first.

    Of a host without a version all that there may be. Sources: PEP 425, 600, 656.
    """
    if host.os == "macos":
        arch = "arm64" if host.arch == "arm64" else "x86_64"
        major = int((host.libc_version or _NEWEST_MACOS).partition(".")[0])
        return [
            f"macosx_{release}_0_{arch}"
            for release in range(major, _OLDEST_MACOS - 1, -1)
        ]
    arch = "aarch64" if host.arch == "arm64" else "x86_64"
    if host.libc == "musl":
        return [f"musllinux_1_{minor}_{arch}" for minor in (2, 1)]
    minor = int((host.libc_version or _NEWEST_GLIBC).partition(".")[2])
    tags = [f"manylinux_2_{number}_{arch}" for number in range(minor, 16, -1)]
    return [*tags, f"manylinux2014_{arch}"]


def wheel_requires(filename: str) -> tuple[tuple[str, str], ...]:
    """Return what a wheel asks of its host, by the least of its platform tags."""
    tags = filename.removesuffix(".whl").rpartition("-")[2]
    least: dict[str, tuple[int, int]] = {}
    for name, major, minor in _PLATFORM.findall(
        tags.replace("manylinux2014", "manylinux_2_17")
    ):
        libc = {"manylinux": "glibc", "musllinux": "musl"}.get(name, "macos")
        one = (int(major), int(minor))
        least[libc] = min(one, least.get(libc, one))
    return tuple(sorted((name, f"{a}.{b}") for name, (a, b) in least.items()))


def _older(requires: Sequence[tuple[str, str]]) -> str | None:
    """Return the version just below a requirement, None where no wheel can go."""
    for name, least in requires:
        major, minor = map(int, least.split("."))
        if name == "macos" and major > _OLDEST_MACOS:
            return f"{major - 1}.0"
        if name == "glibc" and minor > _OLDEST_GLIBC:
            return f"{major}.{minor - 1}"
    return None


def _unreachable(dist: str, told: Finished) -> Unreachable:
    lines = [line.removeprefix("ERROR: ") for line in told.err.splitlines() if line]
    said = next((line for line in reversed(lines) if "WARNING" not in line), "")
    return Unreachable(
        f"pip did not answer about {dist}",
        [("exit status", str(told.status)), ("pip output", said or "nothing")],
    )
