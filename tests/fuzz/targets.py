"""Every reader of bytes that somebody else wrote, as a function that may refuse them.

A target takes any bytes. It may raise ToolpinError and nothing else; while it runs no
process starts, nothing outside its directory is written and no connection is made.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import NamedTuple, cast

from tests.support.archives import (
    Entry,
    ZipEntry,
    compress,
    deb,
    hardlink,
    node_tarball,
    symlink,
    tar,
    wheel,
    zip_of,
)
from tests.support.run import REPOSITORY
from toolpin.archive.unpack import unpack
from toolpin.config.edit import set_value
from toolpin.config.settings import stated_in
from toolpin.digests import parse_checksums, parse_sri
from toolpin.env_patch import parse_record, render_record
from toolpin.errors import ToolpinError
from toolpin.json_documents import parse_note, parse_receipt, render_receipt
from toolpin.lockfile.document import render
from toolpin.lockfile.header import pinned
from toolpin.lockfile.parser import parse as parse_lockfile
from toolpin.model import EnvPatch, Wanted
from toolpin.plugins.tool_file import parse_tool
from toolpin.project import toolversions
from toolpin.project.idiomatic import Idioms
from toolpin.project.validation import VERSION, fits, respell
from toolpin.shell.activation import STATE, entered, left, parse_state, render_state
from toolpin.sources.http import HttpSource
from toolpin.sources.protocol import Services, read_lines
from toolpin.sources.spec import SourceSpec
from toolpin.sources.wheels import parse_page
from toolpin.system.host import any_of
from toolpin.tasks.mise_tools import translate

_HEX = "0123456789abcdef" * 4
_IDIOMS = Idioms(
    {".nvmrc": "nodejs"},
    lambda _tool, word: respell(
        word, {"lts/*": "lts", "node": "latest", "lts/": "", "*-tem": "temurin-*"}
    ),
    {
        "package.json": (("nodejs", "node"),),
        "go.mod": (("golang", "go"),),
        "global.json": (("dotnet", "sdk"),),
        ".sdkmanrc": (("java", "java"),),
        "rust-toolchain.toml": (("rust", "rustc,cargo"),),
        "Gemfile": (("ruby", "ruby"),),
    },
)


class EscapeError(Exception):
    """Something was done that no input may bring about."""


class Target(NamedTuple):
    """A reader, and inputs to begin with."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def check(target: Target, data: bytes) -> None:
    """Run a target; anything but a result or a ToolpinError goes through."""
    with _watched(), contextlib.suppress(ToolpinError):
        target.run(data)


_FORBIDDEN = (
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"),
    *("os.forkpty", "socket.connect", "socket.getaddrinfo", "socket.sendto"),
)
_WRITES = (
    *("os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.rename", "os.utime"),
    *("os.link", "os.symlink", "os.truncate", "shutil.rmtree", "shutil.copyfile"),
)
_allowed: list[str] = []


def _audit(event: str, args: tuple[object, ...]) -> None:
    """Judge what Python is about to do, while a target runs (PEP 578)."""
    if not _allowed:
        return
    if event in _FORBIDDEN:
        raise EscapeError(f"{event} {args!r}")
    writes = event == "open" and isinstance(args[2], int) and args[2] & _OPENS_TO_WRITE
    if event in _WRITES or writes:
        # A symbolic link's first argument is its text, and not a place.
        places = args[1:2] if event == "os.symlink" else args[:1]
        for place in places:
            if isinstance(place, str) and not place.startswith(_allowed[-1]):
                raise EscapeError(f"{event} {args!r}")


_OPENS_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
sys.addaudithook(_audit)


@contextlib.contextmanager
def _watched(directory: str = "\0") -> Iterator[None]:
    _allowed.append(directory)
    try:
        yield
    finally:
        _allowed.pop()


def _project(data: bytes) -> None:
    """Read a .tool-versions; what is edited in it is read back."""
    with contextlib.suppress(ToolpinError):
        list(toolversions.parse_for(data, {"nodejs"}, "x"))
    edited = toolversions.edit(data, ["nodejs"], [Wanted("version", "1.2.3")])
    assert toolversions.edit(edited, ["nodejs"], [Wanted("version", "1.2.3")]) == edited
    for request in toolversions.parse(data, "x"):
        for wanted in request.wanted:
            assert wanted.kind in ("path", "ref") or "/" not in wanted.value
            assert "/" not in request.tool


def _idiomatic(data: bytes) -> None:
    refusals: list[ToolpinError] = []
    for name in _IDIOMS.names:
        try:
            request = _IDIOMS.read(data, "x", name, _IDIOMS.tools_of(name)[0])
        except ToolpinError as error:
            refusals.append(error)
            continue
        for wanted in request.wanted if request else ():
            assert wanted.kind in ("path", "ref") or "/" not in wanted.value


def _lockfile(data: bytes) -> None:
    """Read a lockfile; what toolpin writes of it is the same."""
    with contextlib.suppress(ToolpinError):
        pinned(data, "nodejs", "24", "x")
    text = data.decode("utf-8", "replace")
    lock = parse_lockfile(text, "x")
    assert parse_lockfile(render(lock), "x") == lock


def _plugin(data: bytes) -> None:
    parse_tool(data.decode("utf-8", "replace"), "x")


def _config(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    stated_in(text, "x")
    stated_in(set_value(text, "x", "jobs", "3"), "x")


def _checksums(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(ToolpinError):
        digest = parse_checksums(text, "node.tar.xz", "x")
        assert len(digest.hex) == 64
    parse_sri(text)


def _state(data: bytes) -> None:
    """Enter and leave a shell whose state is anything; a fresh one comes back whole."""
    text = data.decode("utf-8", "surrogateescape")
    assert parse_state(render_state(parse_state(text))) == parse_state(text)
    env = {"PATH": "/a:/b", "HOME": "/h", STATE: text}
    patch = EnvPatch(("/n/bin",), (("GOROOT", "/n"),))
    changes = entered(env, patch, "/shims", message="", in_front=True)
    after = {**env, **changes}
    left({name: value for name, value in after.items() if value is not None})


def _record(data: bytes) -> None:
    patch = parse_record(data.decode("utf-8", "surrogateescape"))
    assert parse_record(render_record(patch)) == patch


def _mise(data: bytes) -> None:
    for tool, wanted in translate(
        data.decode("utf-8", "replace"), "mise.toml"
    ).tools.items():
        toolversions.edit(b"", (tool,), wanted)


def _documents(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(ValueError):
        parse_note(text)
    receipt = parse_receipt(text, "x")
    render_receipt(receipt)


def _archive(data: bytes) -> None:
    """Unpack as each family by name; nothing stays outside, and refused is undone."""
    allowed = _watched("")  # what makes and removes the directory is not the reader
    with allowed, tempfile.TemporaryDirectory() as directory:
        root = os.path.realpath(directory)
        stage, archive = f"{root}/stage", f"{root}/archive"
        os.mkdir(stage)
        with open(archive, "wb") as file:
            file.write(data)
        for name in ("x.tar.gz", "x.zip", "x.deb"):
            try:
                with _watched(stage):
                    unpack(archive, name, stage)
            except ToolpinError:
                assert not os.listdir(stage)
                continue
            _assert_inside(stage)
            break
        assert sorted(os.listdir(root)) == ["archive", "stage"]


def _assert_inside(stage: str) -> None:
    for directory, names, files in os.walk(stage):
        for name in (*names, *files):
            place = os.path.realpath(f"{directory}/{name}")
            assert place == stage or place.startswith(f"{stage}/"), place


class _Asked:
    """Stands in for the network: gives the same bytes to all, and notes who asked."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.urls: list[str] = []

    def read(self, url: str, *, max_bytes: int) -> bytes:
        """Answer as Indexes does."""
        self.urls.append(url)
        return self.data[:max_bytes]


def _spec(name: str) -> SourceSpec:
    file = REPOSITORY / f"plugins/{name}.toml"
    return parse_tool(file.read_text(), str(file)).sources[0]


_SPECS = {name: _spec(name) for name in ("nodejs", "golang")}
_PUBLISHERS = ("https://nodejs.org/", "https://go.dev/", "https://dl.google.com/")


def _index(data: bytes) -> None:
    """Ask sources whose server says anything: only the plugin's hosts are asked."""
    asked = _Asked(data)
    services = cast(Services, SimpleNamespace(indexes=asked, first_use=None))
    host = any_of("linux-x64")
    for spec in _SPECS.values():
        source = HttpSource(spec, services)
        with contextlib.suppress(ToolpinError):
            source.releases(host)
        with contextlib.suppress(ToolpinError):
            (artifact,) = source.artifacts("24.11.1", host)
            assert artifact.locator.startswith(_PUBLISHERS)
            assert len(artifact.digest.hex) == 64
    assert all(url.startswith(_PUBLISHERS) for url in asked.urls)


def _wheels(data: bytes) -> None:
    """Read a page of a Python package index: what it names stays a name of a wheel."""
    shapeless = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
    with contextlib.suppress(*shapeless):
        for item in parse_page(data, "https://index.example/simple/rg/", "rg"):
            assert re.fullmatch(r"(?i)rg-[\w.+!-]+\.whl", item.filename)
            item.requires(any_of("linux-x64"))
            assert item.rank


def _lines(data: bytes) -> None:
    """Read the long-term lines that a package states: names and versions stay words."""
    shape = {"version": "version", "channel": "lts"}
    with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
        for name, first in read_lines(data, shape).items():
            assert fits(name, VERSION)
            assert fits(first, VERSION)


def _plugins() -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in (REPOSITORY / "plugins").glob("*.toml"))


_LOCK = f"""schema = 1
[pins]
"nodejs 24" = "24.11.1"
"nodejs 20.1.0" = "20.1.0"

[scope]
hosts = ["linux-x64"]

[[build]]
tool = "nodejs"
version = "24.11.1"
host = "linux-x64"
source = "upstream"
verified = "checksum"
requires = {{ glibc = "2.28" }}
[[build.artifact]]
locator = "https://nodejs.org/dist/v24.11.1/node-v24.11.1-linux-x64.tar.xz"
digest = "sha256:{_HEX}"
size = 3
"""
_RECEIPT = {
    "schema": 1,
    "tool": "nodejs",
    "version": "1",
    "host": "linux-x64",
    "source": "upstream",
    "publisher": "x",
    "artifacts": [
        {
            "locator": "https://x/y",
            "digest": f"sha256:{_HEX}",
            "size_bytes": 3,
            "filename": "y",
        }
    ],
    "bin_dirs": ["bin"],
    "variables": [["A", "b"]],
    "installed_at": "2026-01-31T12:00:00Z",
    "toolpin": "0",
    "bound": False,
    "homes": [],
    "home_bins": [],
    "facts": [],
    "asks": "",
    "verified": "checksum",
    "files": [["bin/node", 3, 493, _HEX, ""]],
}

TARGETS: dict[str, Target] = {
    "project": Target(
        _project,
        (
            b"nodejs 24.11.1\n",
            b"# c\r\nerlang 27.1 system\r\nelixir 1.17.3-otp-27 # x",
            b"\xef\xbb\xbfnodejs ref:main path:~/x latest:20 lts\n",
        ),
    ),
    "idiomatic": Target(
        _idiomatic,
        (
            b"java=17.0.9-tem\n",
            b"v20.1.0\n",
            b"lts/iron # c\n",
            b'{"engines": {"node": "20.x"}, "volta": {"node": "20.1.0"}}',
            b'{"devEngines": {"runtime": [{"name": "node", "version": "^24"}]}}',
            b"module x\n\ngo 1.22.1\ntoolchain go1.23.4\n",
            b'{"sdk": {"version": "8.0.404"}}',
            b'[toolchain]\nchannel = "1.84"\ntargets = ["wasm32-wasip1"]\n',
            b'ruby "3.1.4", engine: "jruby", engine_version: "9.4.5.0"\n',
        ),
    ),
    "lockfile": Target(_lockfile, (_LOCK.encode(),)),
    "plugin": Target(_plugin, _plugins()),
    "config": Target(
        _config,
        (
            b'jobs = 3\nsources = ["upstream"]\n[mirrors]\n"https://a/b" = '
            b'"https://c"\n',
            b"[network]\nstall_timeout_s = 3\n[credentials]\n",
        ),
    ),
    "checksums": Target(
        _checksums,
        (
            f"{_HEX}  node.tar.xz\n".encode(),
            f"{_HEX} *node.tar.xz\r\nSHA256 (node.tar.xz) = {_HEX}\n".encode(),
            b"sha512-" + b"A" * 86 + b"== sha256-" + b"A" * 43 + b"=",
        ),
    ),
    "state": Target(
        _state,
        (b'[["/n/bin","/shims"],[["GOROOT","/n",null],["A","b","c"]],"told"]',),
    ),
    "record": Target(
        _record,
        (
            render_record(EnvPatch(("/a/bin",), (("A", "it's\n"),))).encode(),
            render_record(
                EnvPatch(("/a",), (), (), "27", runtime_scripts="all")
            ).encode(),
        ),
    ),
    "mise": Target(
        _mise,
        (
            b'[tools]\nnode = "22"\ngo = ["1.22", "prefix:1.21"]\n',
            b'[tools]\nzig = { version = "0.13.0", os = 0xff }\n[env]\nA = 1\n',
        ),
    ),
    "documents": Target(
        _documents,
        (
            json.dumps(_RECEIPT).encode(),
            json.dumps({**_RECEIPT, "asked": "https://x/y"}).encode(),
        ),
    ),
    "archive": Target(
        _archive,
        (
            node_tarball("1.0.0", format="gz"),
            tar(Entry("a/b", b"1" * 600), symlink("a/l", "b"), hardlink("a/h", "a/b")),
            compress(tar(Entry("a", b"x")), "xz"),
            compress(tar(Entry("a", b"x")), "zst"),
            zip_of(ZipEntry("a/b", b"1" * 50), ZipEntry("a/l", b"b", 0o120777)),
            wheel([("a/b", b"1" * 500, 0o755)]),
            deb(Entry("./a", b"1")),
        ),
    ),
    "lines": Target(
        _lines,
        (
            b'[{"version":"24.10.0","lts":false},{"version":"24.11.0","lts":"Krypton"}]',
            b'[{"version":"../1","lts":"a/b"},{"version":1,"lts":"Jod"}]',
        ),
    ),
    "wheels": Target(
        _wheels,
        (
            b'{"files": [{"filename": "rg-1.0-py3-none-manylinux_2_28_x86_64.whl",'
            b'"url": "../rg.whl", "hashes": {"sha256": "' + _HEX.encode() + b'"}}]}',
            b'<base href="/x/"><a data-yanked href="rg-1-2b-py3-none-any.whl#sha256='
            + _HEX.encode()
            + b'">x</a>',
        ),
    ),
    "index": Target(
        _index,
        (
            b'[{"version":"v24.11.1","files":["linux-x64"],"lts":"Krypton"}]',
            b'[{"version":"go1.24","files":[{"filename":"go1.24.linux-amd64.tar.gz",'
            b'"sha256":"' + _HEX.encode() + b'","size":3}]}]',
            f"{_HEX}  node-v24.11.1-linux-x64.tar.xz\n".encode(),
        ),
    ),
}
