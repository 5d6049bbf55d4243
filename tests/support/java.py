"""A loopback copy of asdf-java's list of JDKs, and of vendors' files beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.support.archives import Entry, compress, tar
from tests.support.run import Home
from tests.support.server import Server

LISTS = "https://raw.githubusercontent.com/halcyon/asdf-java/master/data"
RECORDED = Path(__file__).parents[1] / "upstream/java"
# The list of each host; those of musl are among the others.
NAMES = {
    "linux-x64": "jdk-linux-x86_64-ga.tsv",
    "linux-arm64": "jdk-linux-aarch64-ga.tsv",
    "linux-x64-musl": "jdk-linux-x86_64-ga.tsv",
    "linux-arm64-musl": "jdk-linux-aarch64-ga.tsv",
    "macos-x64": "jdk-macosx-x86_64-ga.tsv",
    "macos-arm64": "jdk-macosx-aarch64-ga.tsv",
}
# What vendors write beside a file: the ending, and the text for a digest and a name.
BESIDE = {
    "temurin-": (".sha256.txt", "{hex}  {name}\n"),
    "graalvm-community-": (".sha256", "{hex}"),
    "oracle-graalvm-": (".sha256", "{hex}"),
    "openjdk-": (".sha256", "{hex}\n"),
    "microsoft-": (".sha256sum.txt", "{hex}  {name}\n"),
}


class Row(NamedTuple):
    """A line of a list."""

    version: str
    file: str
    url: str
    sha256: str


def rows_of(host: str, directory: Path = RECORDED) -> list[Row]:
    """Return the lines of a host's list, those for musl and for glibc."""
    text = (directory / NAMES[host]).read_text()
    return [Row(*line.split("\t")) for line in text.splitlines()]


def beside(version: str) -> tuple[str, str] | None:
    """Return the ending and the text of the file beside a build, if there is one."""
    starts = [start for start in BESIDE if version.startswith(start)]
    return BESIDE[starts[0]] if starts else None


class JavaUpstream:
    """The lists and the vendors' files, as far as a test has put them there."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._rows: dict[str, list[Row]] = {}
        self._hosts = {"raw.githubusercontent.com"}

    @property
    def mirrors(self) -> tuple[tuple[str, str], ...]:
        """Each publisher's URL with that of the copy."""
        url = self._server.url
        return tuple(
            (f"https://{host}", f"{url}/{host}") for host in sorted(self._hosts)
        )

    def also(self, host: str) -> None:
        """Copy another host, too: its files are below its name on the server."""
        self._hosts.add(host)

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin use this copy."""
        pairs = (f"{host}={copy}" for host, copy in self.mirrors)
        home.env["TOOLPIN_MIRRORS"] = " ".join(pairs)

    def put_recorded(self, directory: Path = RECORDED) -> None:
        """Serve the recorded lists, and what vendors have beside the files in them."""
        for host in NAMES:
            self.put(host, rows_of(host, directory))

    def put(self, host: str, rows: Iterable[Row]) -> None:
        """Serve these lines as a host's list."""
        self._rows[host] = list(rows)
        text = "".join("\t".join(row) + "\n" for row in self._rows[host])
        self._server.put(self._path(f"{LISTS}/{NAMES[host]}"), text.encode())
        for row in self._rows[host]:
            if file := beside(row.version):
                ending, shape = file
                text = shape.format(hex=row.sha256, name=row.file)
                self._server.put(self._path(row.url + ending), text.encode())
            self._hosts.add(urlsplit(row.url).netloc)

    def publish(self, host: str, archives: Iterable[tuple[str, str, bytes]]) -> None:
        """Serve archives, each with its version and URL, and the list of them."""
        rows = []
        for version, url, data in archives:
            self._server.put(self._path(url), data)
            sha256 = hashlib.sha256(data).hexdigest()
            rows.append(Row(version, url.rpartition("/")[2], url, sha256))
        self.put(host, rows)

    def _path(self, url: str) -> str:
        return f"/{url.removeprefix('https://')}"


def jdk(version: str, *, top: str, home: str = "") -> bytes:
    """Return an archive in a JDK's layout whose programs are scripts.

    `top` is its one directory, `home` the directory of the tree below that.
    """
    members = _members(version, f"{top}/{home}" if home else top)
    return compress(tar(*members), "gz")


def _members(version: str, root: str) -> Iterator[Entry]:
    for program in ("java", "javac", "jar"):
        script = f'#!/bin/sh\necho "{program} {version} ${{JAVA_HOME-none}} $*"\n'
        yield Entry(f"{root}/bin/{program}", script.encode(), 0o755)
    yield Entry(f"{root}/release", f'JAVA_VERSION="{version}"\n'.encode())
