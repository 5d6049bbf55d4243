"""CPython's plugin: dates of builds, free-threaded ones, and what it does not have."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with, source
from tests.support.python import PythonUpstream, sigstore_bundle
from tests.support.run import Home
from tests.support.server import Server
from toolpin.errors import NoChecksum, NotPublished, Refused
from toolpin.install.planner import make_plan
from toolpin.model import Pin, Plan, Rewrite
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.steps.final_path import finish
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

HOST = any_of("linux-x64")
# Lines of real files, of builds between 2021 and 2026: Linux, musl, cross-built, macOS.
SYSCONFIG = """\
    "AR": "/tools/clang-linux64/bin/llvm-ar",
 'AR': '/usr/bin/ar',
    "BINDIR": "/install/bin",
    "BLDSHARED": "clang -bundle -undefined dynamic_lookup -isysroot /X/MacOSX14.sdk",
    "CC": "clang -pthread",
 'CC': '/usr/bin/aarch64-linux-gnu-gcc -pthread',
    "CC": "musl-clang",
    "CXX": "clang++ -pthread",
    "CFLAGS": "-Wall -fdebug-default-version=4 -I/tools/deps/include/ncursesw -fPIC",
    "CONFIG_ARGS": "'--prefix=/install' '--with-openssl=/tools/deps' 'CC=clang'",
    "INSTALL": "/usr/bin/install -c",
    "LDFLAGS": "-L/install/lib -Wl,-rpath,/install/lib",
    "MAINCC": "clang",
"""
REWRITTEN = """\
    "AR": "ar",
 'AR': 'ar',
    "BINDIR": "{tree}/bin",
    "BLDSHARED": "cc -bundle -undefined dynamic_lookup",
    "CC": "cc -pthread",
 'CC': 'cc -pthread',
    "CC": "cc",
    "CXX": "c++ -pthread",
    "CFLAGS": "-Wall -fPIC",
    "CONFIG_ARGS": "'--prefix={tree}' '--with-openssl=/tools/deps' 'CC=clang'",
    "INSTALL": "/usr/bin/install -c",
    "LDFLAGS": "-L{tree}/lib -Wl,-rpath,{tree}/lib",
    "MAINCC": "cc",
"""


@pytest.fixture
def python(tmp_path: Path) -> Tool:
    return read_registry(Paths(str(tmp_path), str(tmp_path))).require("python")


@pytest.fixture
def upstream() -> Iterator[PythonUpstream]:
    with Server() as server:
        yield PythonUpstream(server)


@pytest.fixture
def on(upstream: PythonUpstream, tmp_path: Path) -> Clients:
    return clients_with(upstream.mirrors, HOST, tmp_path)


def plan(python: Tool, on: Clients, version: str, name: str = "standalone") -> Plan:
    spec = source(python, name)
    return make_plan(python, spec, Pin("python", version), HOST, on)


def test_the_releases_own_list_must_have_the_same_digest(
    python: Tool, on: Clients, upstream: PythonUpstream
) -> None:
    upstream.publish("3.12.7", "20241016", data=b"one")
    upstream.publish("3.12.8", "20241206", data=b"two", summed="0" * 64)
    (artifact,) = plan(python, on, "3.12.7").artifacts
    assert artifact.digest.hex == hashlib.sha256(b"one").hexdigest()
    with pytest.raises(Refused, match="has two different digests"):
        plan(python, on, "3.12.8")


def test_a_newer_date_counts_only_with_an_archive_for_the_host(
    python: Tool, on: Clients, upstream: PythonUpstream
) -> None:
    upstream.publish("3.12.7", "20241016")
    upstream.publish("3.12.7", "20241205", variants=("pgo+lto-full.tar.zst",))
    upstream.publish("3.9.10", "20220227", variants=("install_only.tar.gz",))
    assert "/20241016/" in plan(python, on, "3.12.7").artifacts[0].locator
    assert "install_only.tar.gz" in plan(python, on, "3.9.10").artifacts[0].locator


def test_free_threaded_builds_are_in_either_archive(
    python: Tool, on: Clients, upstream: PythonUpstream
) -> None:
    full = ("freethreaded+pgo+lto-full.tar.zst", "pgo+lto-full.tar.zst")
    upstream.publish("3.13.2", "20250317", variants=(*full, "install_only.tar.gz"))
    names = ("freethreaded-install_only_stripped.tar.gz", "install_only.tar.gz")
    upstream.publish("3.14.5", "20260602", variants=names)
    versions = [
        release.version for release in on.open(python.sources[0]).releases(HOST)
    ]
    assert versions == ["3.14.5", "3.14.5t", "3.13.2"]
    ends = [
        plan(python, on, *words).artifacts[0].filename.partition("gnu-")[2]
        for words in (("3.13.2t", "standalone-full"), ("3.14.5t",), ("3.14.5",))
    ]
    assert ends == [full[0].replace("+", "%2B"), *names]
    with pytest.raises(NotPublished):
        plan(python, on, "3.13.2t")


def test_paths_and_compilers_of_the_build_are_replaced(
    python: Tool, on: Clients, upstream: PythonUpstream, tmp_path: Path
) -> None:
    upstream.publish("3.12.7", "20241016")
    made = plan(python, on, "3.12.7")
    rewrites = tuple(step for step in made.steps if isinstance(step, Rewrite))
    tree = tmp_path / "tree"
    data = tree / "lib/python3.12/_sysconfigdata__linux_x86_64-linux-gnu.py"
    data.parent.mkdir(parents=True)
    data.write_text(SYSCONFIG)
    finish(made._replace(steps=rewrites), str(tree), lambda: "")
    assert data.read_text() == REWRITTEN.format(tree=tree)


@pytest.mark.parametrize("version", ["pypy3.10-7.3.17", "miniconda3-latest", "2.7.18"])
@pytest.mark.parametrize("command", ["install", "lock"])
def test_another_python_is_what_the_asdf_plugin_has(
    version: str, command: str, home: Home, upstream: PythonUpstream
) -> None:
    upstream.publish("3.12.7", "20241016")
    upstream.mirror_for(home)
    home.pin(f"python {version}\n")
    done = home.toolpin(command)
    assert done.code == 1
    assert f"python {version} is a build that only an asdf plugin has" in done.err
    url = "https://github.com/asdf-community/asdf-python"
    assert f"try: toolpin plugin add python {url}\n" in done.err
    assert ".tool-versions:1" in done.err


def test_a_line_and_a_free_threaded_line_are_different(
    home: Home, upstream: PythonUpstream
) -> None:
    upstream.publish("3.13.1", "20250317", variants=("install_only.tar.gz",))
    names = ("install_only.tar.gz", "freethreaded-install_only.tar.gz")
    upstream.publish("3.13.2", "20260317", variants=names)
    upstream.publish("3.14.0rc1", "20260317", variants=names)
    upstream.mirror_for(home)
    found = [home.toolpin("latest", "python", line).out for line in ("3.13", "3.13t")]
    assert found == ["3.13.2\n", "3.13.2t\n"]


@pytest.mark.parametrize(
    ("version", "directory"), [("3.12.7", "3.12.7"), ("3.13.0rc1", "3.13.0")]
)
def test_source_code_is_verified_by_its_sigstore_bundle(
    version: str,
    directory: str,
    python: Tool,
    upstream: PythonUpstream,
    tmp_path: Path,
) -> None:
    mirrors = (("https://www.python.org", f"{upstream.server.url}/org"),)
    path = f"/org/ftp/python/{directory}/Python-{version}.tar.xz"
    upstream.server.put(f"{path}.sigstore", sigstore_bundle(b"code"))
    made = plan(python, clients_with(mirrors, HOST, tmp_path), version, "source")
    (artifact,) = made.artifacts
    assert artifact.locator == f"https://www.python.org{path.removeprefix('/org')}"
    assert artifact.digest.hex == hashlib.sha256(b"code").hexdigest()
    assert made.recipe


@pytest.mark.parametrize("version", ["3.6.15", "3.8.13", "3.9.13", "3.11.0rc1"])
def test_source_code_without_a_bundle_has_no_published_digest(
    version: str, python: Tool, on: Clients
) -> None:
    with pytest.raises(NoChecksum):
        plan(python, on, version, "source")


def test_a_shared_library_is_found_and_python_has_its_plain_name(
    python: Tool, tmp_path: Path
) -> None:
    assert python.recipe
    phases = dict(python.recipe.phases)
    (tmp_path / "configure").write_text('#!/bin/sh\necho "$* $LDFLAGS" >seen\n')
    (tmp_path / "configure").chmod(0o755)
    for option, flags in (("--enable-shared", "-Wl,-rpath,/x/lib"), ("--with-lto", "")):
        words = [*phases["configure"][:3], "/x", option]
        subprocess.run(words, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, check=True)
        seen = (tmp_path / "seen").read_text().split()
        assert seen == ["--prefix=/x", option, *flags.split()]
    (tmp_path / "bin").mkdir()
    subprocess.run([*phases["links"][:3], str(tmp_path)], check=True)
    links = {name: os.readlink(tmp_path / "bin" / name) for name in ("python", "pip")}
    assert links == {"python": "python3", "pip": "pip3"}
