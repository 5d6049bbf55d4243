"""Files of upstreams as tests/upstream/layouts.tsv describes them.

A line of it is a file that exists: tool, version, host, URL, members, where its
checksum is, and the public source of these facts. A member is a path in the archive, or
COMMAND=PATH for the program of a command; of source code, the program that a build
makes. The checksum is in a list with this URL, in the tool's own list of versions
(`index`), reported by GitHub (`-`), or not published (`none`).

A source `aqua OWNER/NAME` is the package of this name in aquaproj/aqua-registry, at
4d86e12; `hermit NAME.hcl` is that file in cashapp/hermit-packages, at f0517fd. Each
tool has its newest version there, and older ones whose layout differs.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.support.archives import Entry, ZipEntry, compress, tar, zip_of
from tests.upstream import page

# What installs the programs of source code that is built.
_CONTENTS = {
    "configure": """#!/bin/sh
cat >GNUmakefile <<END
all:
install:
	mkdir -p ${1#*=}/bin
	find src -type f -exec cp {} ${1#*=}/bin ';'
END
""",
    "contrib/Makefile": "all:\ninstall:\n",
    "Makefile": """all:
install:
	mkdir -p $(PREFIX)/bin
	cp src/redis-* $(PREFIX)/bin
""",
}
_TAR = re.compile(r"[.](?:tar[.](gz|xz|bz2)|t(gz))$")
_RELEASE = re.compile(r"https://github[.]com/([^/]+/[^/]+)/releases/download/(.+)/(.+)")


class Layout(NamedTuple):
    """A file that exists, and what is in it."""

    tool: str
    version: str
    host: str
    url: str
    members: tuple[str, ...]
    sums: str
    origin: str

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.url.rpartition("/")[2].replace("%2B", "+")

    @property
    def programs(self) -> dict[str, str]:
        """The path of each command's program."""
        pairs = (member.partition("=") for member in self.members)
        return {command: path for command, sign, path in pairs if sign}

    @property
    def release(self) -> tuple[str, str] | None:
        """The repository and the tag of a release on GitHub."""
        match = _RELEASE.fullmatch(self.url)
        return (match[1], match[2].replace("%40", "@")) if match else None

    def data(self, answer: str) -> bytes:
        """Return the file. Its programs print their path, or to any word the answer."""
        paths = dict.fromkeys(member.rpartition("=")[2] for member in self.members)
        files = {path: self._contents(path, answer) for path in paths}
        if self.url.endswith(".zip"):
            return zip_of(*(ZipEntry(*file, 0o100755) for file in files.items()))
        entries = tar(*(Entry(*file, 0o755) for file in files.items()))
        if self.url.startswith("npm:"):
            return compress(entries, "gz")
        match _TAR.search(self.url):
            case None if self.url.endswith(".gz"):
                return compress(b"".join(files.values()), "gz")
            case None:
                return b"".join(files.values())
            case found if found[1] == "xz":
                return compress(entries, "xz")
            case found:
                return compress(entries, "bz2" if found[1] == "bz2" else "gz")

    def _contents(self, path: str, answer: str) -> bytes:
        if path in self.programs.values():
            text = f"[ $# = 0 ] && echo '{path}' && exit\ncat <<'END'\n{answer}\nEND\n"
            return f"#!/bin/sh\n{text}".encode()
        inside = path.partition("/")[2]
        return _CONTENTS.get(inside, "#!/bin/sh\n").encode()


def layouts() -> list[Layout]:
    """Return all lines of the table."""
    lines = page("../layouts.tsv").decode().splitlines()
    rows = (line.split("\t") for line in lines)
    return [
        Layout(tool, version, host, url, tuple(members.split()), sums, origin)
        for tool, version, host, url, members, sums, origin in rows
    ]
