"""Lua out of its source code, which is published without a checksum."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.originals import original
from tests.support.run import Home
from tests.support.server import Server

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
    ),
    pytest.mark.skipif(
        not (shutil.which("cc") and shutil.which("make")),
        reason="a build needs a C compiler and make",
    ),
]


def test_lua_is_built_with_consent(
    home: Home, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = original(tmp_path_factory, "bookworm", "lua5.4", tmp_path)
    name = f"lua-{code.version}.tar.gz"
    home.pin("lua 5.4\n")
    with Server() as server:
        server.put("/ftp/", f'<A HREF="{name}">{name}</A>'.encode())
        server.put(f"/ftp/{name}", code.data)
        home.env["TOOLPIN_MIRRORS"] = f"https://www.lua.org/ftp={server.url}/ftp"
        assert "--trust-on-first-use" in home.toolpin("install").err
        done = home.toolpin("install", "--trust-on-first-use", timeout_s=600)
    assert done.code == 0, done.err
    done = home.run(home.shim("lua"), "-e", "print(_VERSION, 6 * 7)")
    assert done.out == "Lua 5.4\t42\n", done.err
    assert home.run(home.shim("luac"), "-v").out.startswith(f"Lua {code.version} ")
