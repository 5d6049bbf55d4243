"""PHP out of its source code: a program with its extensions. Minutes: `-m long`."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.support.originals import original
from tests.support.run import Home
from tests.support.server import Server

PROGRAM = """
$db = new PDO("sqlite::memory:");
echo $db->query("select 6 * 7")->fetchColumn(), " ", mb_strtoupper("é"), "\n";
echo strlen(openssl_random_pseudo_bytes(8)), " ", gzuncompress(gzcompress("zip")), "\n";
"""
pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    pytest.mark.skipif(
        shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
    ),
]


def test_php_is_built_and_runs_a_program(
    home: Home, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = original(tmp_path_factory, "bookworm", "php8.2", tmp_path)
    name = f"php-{code.version}.tar.xz"
    file = {"filename": name, "sha256": hashlib.sha256(code.data).hexdigest()}
    home.pin("php 8.2\n")
    home.env["CFLAGS"] = "-O0"  # compiled in half the time
    with Server() as server:
        listed = json.dumps({code.version: {"source": [file]}})
        server.put("/releases/index.php?json&version=8&max=-1", listed.encode())
        server.put(f"/distributions/{name}", code.data)
        home.env["TOOLPIN_MIRRORS"] = f"https://www.php.net={server.url}"
        done = home.toolpin("install", timeout_s=3600)
    assert done.code == 0, done.err
    done = home.run(home.shim("php"), "-r", PROGRAM)
    assert done.out == "42 É\n8 zip\n", done.err
    done = home.run(home.shim("php-config"), "--prefix")
    assert done.out == f"{home.data}/installs/php/{code.version}\n"
