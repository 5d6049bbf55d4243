"""Two small tools: one that writes its place into its files, one that is built."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from tests.support.archives import Entry, compress, directory, tar
from tests.support.server import Server

_PLUGIN = """
[tool]
name = "{name}"
description = "a tool that is killed"
homepage = "https://{name}.example/"
commands = ["{name}"]
proof = ["{name}", "{{version}}"]

[[source]]
id = "upstream"
kind = "lines"
publisher = "{name}.example"
list = "https://{name}.example/{name}.txt"
line = "{{version}} {{sha256}}"
artifacts = ["https://{name}.example/{name}-{{version}}.tar.gz"]
"""
_HOSTS = """
[source.hosts]
linux-x64 = {}
linux-arm64 = {}
macos-x64 = {}
macos-arm64 = {}
"""
_BOXED = 'strip = 1\nrun = ["sh", "Install", "{install}"]\n'
_BUILT = """
[build]
phases = [
  { name = "make", run = ["sh", "make"] },
  { name = "install", run = ["sh", "install", "{install}"] },
]
"""
# The name of its place is in the program, which runs nowhere else.
_INSTALL = """#!/bin/sh
set -eu
sed "s|PLACE|$1|" "$1/boxed.in" >"$1/bin/boxed"
chmod 755 "$1/bin/boxed"
"""
_PROGRAM = """#!/bin/sh
[ "$0" = PLACE/bin/boxed ] || exit 3
echo {version}
"""
_MAKE = """#!/bin/sh
set -eu
echo '#!/bin/sh' >program
cat version >>program
for i in 1 2 3 4 5 6; do echo "part $i" >"part$i"; done
"""
_PUT = """#!/bin/sh
set -eu
mkdir -p "$1/bin" "$1/lib"
cp part* "$1/lib/"
cp program "$1/bin/built"
chmod 755 "$1/bin/built"
"""


def write_plugins(plugins: Path) -> None:
    """Make both known to a machine."""
    plugins.mkdir()
    boxed = _PLUGIN.format(name="boxed") + _BOXED + _HOSTS
    (plugins / "boxed.toml").write_text(boxed)
    built = _PLUGIN.format(name="built") + "build = true\n" + _HOSTS + _BUILT
    (plugins / "built.toml").write_text(built)


def publish_boxed(server: Server, versions: Sequence[str]) -> None:
    """Publish versions of the tool that is bound to its place."""
    _publish(
        server,
        "boxed",
        {
            version: [
                directory("top/bin/"),
                Entry("top/Install", _INSTALL.encode(), 0o755),
                Entry("top/boxed.in", _PROGRAM.format(version=version).encode()),
                *(Entry(f"top/lib/{number}", b"library\n") for number in range(8)),
            ]
            for version in versions
        },
    )


def publish_built(server: Server, versions: Sequence[str], make: str = _MAKE) -> None:
    """Publish versions of the tool that is built, by this script."""
    _publish(
        server,
        "built",
        {
            version: [
                Entry("top/make", make.encode(), 0o755),
                Entry("top/install", _PUT.encode(), 0o755),
                Entry("top/version", f"echo {version}\n".encode()),
            ]
            for version in versions
        },
    )


def _publish(server: Server, name: str, versions: dict[str, list[Entry]]) -> None:
    lines = []
    for version, entries in versions.items():
        data = compress(tar(*entries), "gz")
        server.put(f"/{name}-{version}.tar.gz", data)
        lines.append(f"{version} {hashlib.sha256(data).hexdigest()}\n")
    server.put(f"/{name}.txt", "".join(lines).encode())
