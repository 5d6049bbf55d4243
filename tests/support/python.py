"""A loopback copy of python-build-standalone: its list, its checksums, one archive.

The archive is made from the Python that runs the tests, in the layout of the real ones:
what a build has in its texts is the directory `/install` and the compiler `clang`.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import io
import itertools
import json
import os
import platform
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.archives import Entry, compress, symlink, tar
from tests.support.run import Home
from tests.support.server import Server

VERSION = platform.python_version()
MINOR = ".".join(VERSION.split(".")[:2])
_TREE = f"lib/python{MINOR}"
_LEFT_OUT = frozenset(
    "test tests site-packages dist-packages __pycache__ idlelib lib2to3 turtledemo "
    "tkinter".split()
)
_LIST = "/astral/github/versions/main/v1/python-build-standalone.ndjson"
_FILES = "/github/astral-sh/python-build-standalone/releases/download"
_PIP = f"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python{MINOR}" "$0" "$@"
' '''
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""
_PC = "prefix=/install\nlibdir=${prefix}/lib\n\nName: Python\nVersion: 3\n"
_CONFIG = "#!/bin/sh\nprefix=/install\necho \"$prefix\" '/usr/bin/install -c'\n"
_SCRIPT = b"""#!/bin/sh
version=%s
case $1 in
-IBc) printf '%%s\\n' "$version" 'ssl yes' 'zlib yes' 'ctypes yes' ;;
*) echo "Python $version" ;;
esac
"""


class PythonUpstream:
    """What python-build-standalone publishes, as far as a test has put it there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._releases: list[dict[str, object]] = []
        self._sums: dict[str, str] = {}

    @property
    def mirrors(self) -> tuple[tuple[str, str], ...]:
        """The publisher's addresses, each with that of this copy."""
        return (
            ("https://releases.astral.sh", f"{self.server.url}/astral"),
            ("https://github.com", f"{self.server.url}/github"),
        )

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin ask this copy, and no other source."""
        home.env["TOOLPIN_MIRRORS"] = " ".join(map("=".join, self.mirrors))
        home.env["TOOLPIN_SOURCES"] = "standalone"

    def publish(
        self,
        version: str,
        date: str,
        *,
        data: bytes = b"x",
        summed: str = "",
        variants: tuple[str, ...] = ("install_only_stripped.tar.gz",),
        triples: tuple[str, ...] = ("x86_64-unknown-linux-gnu",),
    ) -> None:
        """Publish a build; `summed` is another digest for it."""
        artifacts: list[dict[str, str]] = []
        for triple, variant in itertools.product(triples, variants):
            name = f"cpython-{version}+{date}-{triple}-{variant}"
            path = f"{_FILES}/{date}/{name.replace('+', '%2B')}"
            self.server.put(path, data)
            digest = hashlib.sha256(data).hexdigest()
            url = path.replace("/github", "https://github.com", 1)
            artifacts.append({"platform": triple, "url": url, "sha256": digest})
            line = f"{summed or digest}  {name}\n"
            self._sums[date] = self._sums.get(date, "") + line
        self.server.put(f"{_FILES}/{date}/SHA256SUMS", self._sums[date].encode())
        release: dict[str, object] = {"version": f"{version}+{date}", "date": date}
        release["artifacts"] = artifacts
        self._releases.insert(0, release)  # the newest comes first, as in the real list
        lines = [json.dumps(release) for release in self._releases]
        self.server.put(_LIST, "".join(f"{line}\n" for line in lines).encode())


def archive() -> bytes:
    """Return this Python in an archive whose directory is `python/`."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz", compresslevel=1) as file:
        for path, data, mode in _files():
            member = tarfile.TarInfo(f"python/{path}")
            member.size, member.mode = len(data), mode
            file.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("python/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, f"python{MINOR}"
        file.addfile(link)
    return written.getvalue()


def scripted_archive(version: str) -> bytes:
    """Return an archive in the real layout whose programs are scripts."""
    minor = ".".join(version.split(".")[:2])
    tree = f"python/lib/python{minor}"
    variables = b'build_time_vars = {"CC": "clang -pthread", "prefix": "/install"}\n'
    entries = [
        Entry(f"python/bin/python{minor}", _SCRIPT % version.encode(), 0o755),
        symlink("python/bin/python3", f"python{minor}"),
        symlink("python/bin/python", f"python{minor}"),
        *(
            Entry(f"python/bin/{name}", _PIP.encode(), 0o755)
            for name in ("pip", "pip3", f"pip{minor}")
        ),
        Entry(f"python/bin/python{minor}-config", _CONFIG.encode(), 0o755),
        Entry(f"python/lib/pkgconfig/python-{minor}.pc", _PC.encode()),
        Entry(f"{tree}/config-{minor}-x/Makefile", b"prefix=\t/install\n"),
        Entry(f"{tree}/_sysconfigdata__linux_x86_64-linux-gnu.py", variables),
    ]
    return compress(tar(*entries), "gz")


def sigstore_bundle(data: bytes) -> bytes:
    """Return the bundle that python.org has beside a file with these bytes."""
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    stated = {"messageDigest": {"algorithm": "SHA2_256", "digest": digest}}
    return json.dumps({"messageSignature": {**stated, "signature": ""}}).encode()


def is_complete() -> bool:
    """Return whether this Python has what its archive needs: headers, and a pip."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    return sys.platform == "linux" and headers.is_file() and any(_wheels())


def _wheels() -> list[Path]:
    return [*Path(sysconfig.get_path("stdlib"), "ensurepip/_bundled").glob("pip-*.whl")]


def _files() -> Iterator[tuple[str, bytes, int]]:
    """Yield the path, the bytes and the mode of every file of the archive."""
    program = Path(sys.executable).resolve()
    yield f"bin/python{MINOR}", program.read_bytes(), 0o755
    for name in ("pip", "pip3", f"pip{MINOR}"):
        yield f"bin/{name}", _PIP.encode(), 0o755
    yield f"bin/python{MINOR}-config", _CONFIG.encode(), 0o755
    yield f"lib/pkgconfig/python-{MINOR}.pc", _PC.encode(), 0o644
    yield f"{_TREE}/config-{MINOR}-x/Makefile", b"prefix=\t/install\n", 0o644
    yield from _below(sysconfig.get_path("include"), f"include/python{MINOR}")
    yield from _below(sysconfig.get_path("stdlib"), _TREE)
    for wheel in _wheels():
        with zipfile.ZipFile(wheel) as packed:
            for name in packed.namelist():
                yield f"{_TREE}/site-packages/{name}", packed.read(name), 0o644


def _below(directory: str, into: str) -> Iterator[tuple[str, bytes, int]]:
    for place, names, files in os.walk(directory):
        names[:] = [
            name
            for name in names
            if name not in _LEFT_OUT and not name.startswith("config-")
        ]
        for name in files:
            path = Path(place, name)
            inside = f"{into}/{path.relative_to(directory)}"
            if name.startswith("_sysconfigdata") and name.endswith(".py"):
                yield inside, _build_variables(path.stem), 0o644
            elif not name.startswith("_sysconfigdata"):
                yield inside, path.read_bytes(), 0o644


def _build_variables(module: str) -> bytes:
    """Return the build's variables as the real archives have them."""
    variables = dict(importlib.import_module(module).build_time_vars)
    for key, value in variables.items():
        if isinstance(value, str):
            text = value.replace(sys.base_prefix, "/install")
            variables[key] = text.replace("gcc", "clang").replace("g++", "clang++")
    variables["AR"] = "/tools/clang-linux64/bin/llvm-ar"
    variables["CFLAGS"] += " -I/tools/deps/include"
    text = json.dumps(variables, indent=4, sort_keys=True)
    head = "# system configuration generated and used by the sysconfig module\n"
    return f"{head}build_time_vars = {text}".encode()
