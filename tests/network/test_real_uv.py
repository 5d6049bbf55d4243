"""The real uv runs on the Python that the project pins."""

from __future__ import annotations

import pytest

from tests.support.python import VERSION, PythonUpstream, archive, is_complete
from tests.support.run import Home
from tests.support.server import Server
from tests.support.wheels import package_index_environment

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        not is_complete(),
        reason="the archive is made from this Python, which lacks parts",
    ),
]


def test_uv_finds_the_pinned_python_and_no_other(home: Home) -> None:
    with Server() as server:
        upstream = PythonUpstream(server)
        upstream.publish(VERSION, "20250610", data=archive())
        upstream.mirror_for(home)
        home.env |= package_index_environment()
        home.env["TOOLPIN_SOURCES"] = "standalone,pypi"
        home.pin(f"python {VERSION}\nuv 0.9.5\n")
        done = home.toolpin("install", timeout_s=300)
        assert done.code == 0, done.err
    tree = home.data / f"installs/python/{VERSION}"
    found = home.run(home.shim("uv"), "python", "find")
    assert found.out.startswith(f"{tree}/bin/python"), found.err
    assert home.toolpin("exec", "uv", "python", "find").out == found.out
    done = home.run(home.shim("uv"), "venv", "env")
    assert done.code == 0, done.err
    program = home.project / "env/bin/python"
    assert program.resolve().parent == (tree / "bin").resolve()
    assert home.toolpin("reshim").code == 0
    stated = home.run(str(program), "-c", "import sys; print(sys.base_prefix)")
    assert stated.out == f"{tree}\n"
