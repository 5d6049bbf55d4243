"""CPython from an archive as the real ones are: pip, C extensions, environments."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.python import (
    MINOR,
    VERSION,
    PythonUpstream,
    archive,
    is_complete,
)
from tests.support.run import Home, Result
from tests.support.server import Server

pytestmark = pytest.mark.skipif(
    not is_complete(),
    reason="the archive is made from this Python, which is not for Linux, or has no "
    "headers or no pip of its own: Debian has these in python3-dev and python3-pip",
)
# What setuptools does with a C extension, as far as the build's variables matter.
BACKEND = """
import shlex, subprocess, sysconfig, zipfile
ENTRY = "[console_scripts]\\nxqwzt = xqwzt:main\\n"
METADATA = "Metadata-Version: 2.1\\nName: xqwzt\\nVersion: 1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n"
def words(name):
    return shlex.split(sysconfig.get_config_var(name) or "")
def build_wheel(directory, config_settings=None, metadata_directory=None):
    module = "_xqwzt" + sysconfig.get_config_var("EXT_SUFFIX")
    flags = [*words("CFLAGS"), *words("CCSHARED"), "-I" + sysconfig.get_path("include")]
    subprocess.run([*words("CC"), *flags, "-c", "xqwzt.c", "-o", "xqwzt.o"], check=True)
    subprocess.run([*words("LDSHARED"), "xqwzt.o", "-o", module], check=True)
    name = "xqwzt-1.0-py3-none-any.whl"
    place = directory + "/" + name
    with zipfile.ZipFile(place, "w", strict_timestamps=False) as file:
        for path in (module, "xqwzt.py"):
            file.write(path)
        texts = {"METADATA": METADATA, "WHEEL": WHEEL, "entry_points.txt": ENTRY}
        for path, text in {**texts, "RECORD": ""}.items():
            file.writestr("xqwzt-1.0.dist-info/" + path, text)
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
MODULE = "import _xqwzt\ndef main():\n    print('answer', _xqwzt.answer())\n"
EXTENSION = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_xqwzt", "", -1, methods};
PyMODINIT_FUNC PyInit__xqwzt(void) { return PyModule_Create(&module); }
"""
VARIABLES = "import sysconfig; print(*map(sysconfig.get_config_var, {!r}.split()))"


@pytest.fixture(scope="module")
def packed() -> bytes:
    return archive()


@pytest.fixture
def published(packed: bytes) -> Iterator[PythonUpstream]:
    with Server() as server:
        copy = PythonUpstream(server)
        copy.publish(VERSION, "20250101")
        copy.publish(VERSION, "20250610", data=packed)
        yield copy


@pytest.fixture
def machine(home: Home, published: PythonUpstream) -> Home:
    """A machine whose project has this Python, installed and locked."""
    published.mirror_for(home)
    home.pin(f"python {VERSION}\n")
    for words in (["lock", "--host", "linux-x64"], ["install"]):
        done = home.toolpin(*words)
        assert done.code == 0, done.err
    return home


def tree(home: Home) -> Path:
    return home.data / f"installs/python/{VERSION}"


def python(home: Home, code: str) -> str:
    """Return what code prints in the pinned Python."""
    done = home.run(home.shim("python"), "-c", code)
    assert done.code == 0, done.err
    return done.out.strip()


def pip(home: Home, *words: str) -> Result:
    env = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return home.run(home.shim("pip"), *words, env=env)


def sdist(directory: Path) -> str:
    """Return the path of a source distribution with a C extension."""
    files = {"backend.py": BACKEND, "pyproject.toml": PROJECT}
    files |= {"xqwzt.py": MODULE, "xqwzt.c": EXTENSION}
    path = directory / "xqwzt-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name, text in files.items():
            member = tarfile.TarInfo(f"xqwzt-1.0/{name}")
            member.size = len(text)
            file.addfile(member, io.BytesIO(text.encode()))
    return str(path)


def test_the_newest_build_is_locked_with_its_date_and_digest(
    machine: Home, published: PythonUpstream
) -> None:
    lock = (machine.project / "toolpin.lock").read_text()
    name = f"cpython-{VERSION}%2B20250610-x86_64-unknown-linux-gnu"
    assert f"/20250610/{name}-install_only_stripped.tar.gz" in lock
    published.publish(VERSION, "20250701", data=b"a later build")
    machine.run("rm", "-rf", str(tree(machine)))
    assert machine.toolpin("lock").code == 0
    assert (machine.project / "toolpin.lock").read_text() == lock
    done = machine.toolpin("install", "--locked", "--offline")
    assert done.code == 0, done.err
    assert python(machine, "print(6 * 7)") == "42"


def test_what_is_built_here_uses_this_machines_compiler_and_this_path(
    machine: Home,
) -> None:
    assert python(machine, VARIABLES.format("prefix AR")) == f"{tree(machine)} ar"
    assert python(machine, VARIABLES.format("CC")).split()[0] == "cc"
    assert "/tools/" not in python(machine, VARIABLES.format("CFLAGS"))
    config = machine.run(machine.shim(f"python{MINOR}-config"))
    assert config.out == f"{tree(machine)} /usr/bin/install -c\n"
    places = (f"lib/pkgconfig/python-{MINOR}.pc", f"lib/python{MINOR}/config-{MINOR}-x")
    assert f"prefix={tree(machine)}\n" in (tree(machine) / places[0]).read_text()
    makefile = (tree(machine) / places[1] / "Makefile").read_text()
    assert makefile == f"prefix=\t{tree(machine)}\n"


def test_pip_builds_an_extension_whose_command_runs_at_once(machine: Home) -> None:
    done = pip(machine, "install", sdist(machine.root))
    assert done.code == 0, done.out + done.err
    assert machine.run(machine.shim("xqwzt")).out == "answer 42\n"
    assert machine.toolpin("verify").code == 0
    assert pip(machine, "uninstall", "-y", "xqwzt").code == 0
    assert not os.path.exists(machine.shim("xqwzt"))
    done = machine.toolpin("verify")
    assert (done.code, done.err) == (0, "toolpin: 1 intact\n")


def test_an_environment_links_to_the_install_and_not_to_a_shim(machine: Home) -> None:
    made = machine.run(machine.shim("python"), "-m", "venv", "env")
    assert made.code == 0, made.err
    program = machine.project / "env/bin/python"
    assert program.resolve() == (tree(machine) / f"bin/python{MINOR}").resolve()
    assert machine.toolpin("reshim").code == 0
    shutil.rmtree(machine.data / "shims")
    found = machine.run(str(program), "-c", "import sys; print(sys.base_prefix)")
    assert found.out == f"{tree(machine)}\n"
    assert machine.run(str(machine.project / "env/bin/pip"), "--version").code == 0


def test_a_moved_store_still_builds_extensions(machine: Home) -> None:
    assert python(machine, "import json; print(1)") == "1"  # leaves bytecode
    machine.data = machine.data.rename(machine.root / "moved")
    machine.env["TOOLPIN_DATA_DIR"] = str(machine.data)
    done = machine.toolpin("reshim")
    assert done.code == 0, done.err
    assert python(machine, VARIABLES.format("prefix")) == str(tree(machine))
    done = pip(machine, "install", sdist(machine.root))
    assert done.code == 0, done.out + done.err
    assert machine.run(machine.shim("xqwzt")).out == "answer 42\n"
    assert machine.toolpin("verify").code == 0


def test_default_packages_are_a_file_of_requirements(
    home: Home, published: PythonUpstream
) -> None:
    published.mirror_for(home)
    file = home.home / ".default-python-packages"
    file.write_text(f"# mine\n{sdist(home.root)} ; python_version > '3' # here\n")
    home.env |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = home.toolpin("install", "python", VERSION)
    assert done.code == 0, done.err
    home.pin(f"python {VERSION}\n")
    assert home.run(home.shim("xqwzt")).out == "answer 42\n"


def test_a_version_file_may_have_several_versions(machine: Home) -> None:
    (machine.project / ".tool-versions").unlink()
    (machine.project / ".python-version").write_text(f"# two\n{MINOR}\n3.99.1\n")
    assert (
        python(machine, "import platform; print(platform.python_version())") == VERSION
    )
