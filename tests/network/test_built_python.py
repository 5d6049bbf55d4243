"""CPython out of python.org's source code: an extension, an environment, no network.

Minutes: `-m long`.
"""

from __future__ import annotations

import gzip
import json
import lzma
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.originals import Original, original
from tests.support.python import sigstore_bundle
from tests.support.run import TOOLPIN, Home, Result
from tests.support.server import Server
from tests.support.tags import serve_tags
from tests.support.wheels import package_index_environment

pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    pytest.mark.skipif(
        shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
    ),
]
# Without its tests Python is installed in half the time.
QUICKLY = {"CFLAGS": "-O1", "PYTHON_CONFIGURE_OPTS": "--disable-test-modules"}
MARKUPSAFE = ("--no-binary", "markupsafe", "markupsafe==3.0.2")
ESCAPES = (
    "import markupsafe, markupsafe._speedups as compiled;"
    "print(markupsafe.escape('<'), compiled.__file__)"
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def locked(home: Home, server: Server, code: Original) -> Home:
    """Return a machine whose project has this Python in its lockfile."""
    plain = lzma.decompress if code.data.startswith(b"\xfd7zXZ") else gzip.decompress
    data = lzma.compress(plain(code.data), preset=0)
    path = f"/org/ftp/python/{code.version}/Python-{code.version}.tar.xz"
    server.put(path, data)
    server.put(f"{path}.sigstore", sigstore_bundle(data))
    serve_tags(server, "/github/python/cpython", [f"v{code.version}", "v3.99.0a1"])
    home.env["TOOLPIN_MIRRORS"] = (
        f"https://www.python.org={server.url}/org https://github.com={server.url}/github"
    )
    home.env |= package_index_environment()
    home.env |= QUICKLY
    home.pin(f"python {code.version}\n")
    done = home.toolpin("lock", "--source", "source", "--host", "linux-x64")
    assert done.code == 0, done.err
    return home


def unplugged(home: Home, *words: str) -> Result:
    """Run toolpin where the kernel has no network at all."""
    return home.run("unshare", "-rn", *TOOLPIN, *words, timeout_s=3600)


def builds_an_extension(home: Home, version: str) -> None:
    """Install a package from its source code, which has C code in it."""
    tree = home.data / f"installs/python/{version}"
    done = home.run(home.shim("pip"), "install", *MARKUPSAFE, timeout_s=600)
    assert done.code == 0, done.out + done.err
    done = home.run(home.shim("python"), "-c", ESCAPES)
    assert done.out.startswith(f"&lt; {tree}/lib/"), done.err


def environment_of(home: Home, version: str) -> Path:
    """Create an environment, which outlives the shims; return its program."""
    tree = home.data / f"installs/python/{version}"
    done = home.run(home.shim("python"), "-m", "venv", "env", timeout_s=300)
    assert done.code == 0, done.err
    program = home.project / "env/bin/python"
    assert program.resolve().parent == (tree / "bin").resolve()
    shutil.rmtree(home.data / "shims")
    assert home.toolpin("reshim").code == 0
    return program


def prints_its_place(home: Home, program: Path, version: str) -> None:
    """Run the program of an environment, with modules that were compiled here."""
    code = "import ctypes, ssl, sys, zlib; print(sys.base_prefix)"
    done = home.run(str(program), "-c", code)
    assert done.out == f"{home.data}/installs/python/{version}\n", done.err


def test_python_is_built_and_installed_again_offline(
    home: Home, server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = original(tmp_path_factory, "bookworm", "python3.11", tmp_path)
    machine = locked(home, server, code)
    done = machine.toolpin("install", timeout_s=3600)
    assert done.code == 0, done.err
    builds_an_extension(machine, code.version)
    program = environment_of(machine, code.version)
    prints_its_place(machine, program, code.version)
    assert machine.toolpin("verify", timeout_s=120).code == 0
    assert machine.toolpin("uninstall", "python", code.version).code == 0
    done = unplugged(machine, "install", "--locked")
    assert done.code == 0, done.err
    assert f"{code.version} took" in done.err
    prints_its_place(machine, program, code.version)


def test_python_is_built_from_a_bundle_where_there_is_no_network(
    home: Home, server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = original(tmp_path_factory, "trixie", "python3.13", tmp_path)
    first = locked(home, server, code)
    done = first.toolpin("bundle", "create", "tools.bundle")
    assert done.code == 0, done.err
    machine = Home(tmp_path / "other")
    machine.env |= package_index_environment()
    machine.env |= QUICKLY
    for name in (".tool-versions", "toolpin.lock", "tools.bundle"):
        shutil.copy(first.project / name, machine.project)
    done = unplugged(machine, "bundle", "install", "tools.bundle")
    assert done.code == 0, done.err
    receipt = machine.data / f"installs/python/{code.version}/.toolpin/receipt.json"
    facts = dict(json.loads(receipt.read_text())["facts"])
    assert (facts["ssl"], facts["zlib"], facts["ctypes"]) == ("yes", "yes", "yes")
    builds_an_extension(machine, code.version)
    program = environment_of(machine, code.version)
    prints_its_place(machine, program, code.version)
    assert unplugged(machine, "install", "--locked").code == 0
    assert os.listdir(machine.data / "logs") == [f"python@{code.version}.log"]
