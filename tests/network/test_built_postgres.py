"""PostgreSQL out of its source code: a database, and one query. Minutes: `-m long`."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.originals import original
from tests.support.run import Home, Result
from tests.support.server import Server

pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    pytest.mark.skipif(
        shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
    ),
]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def as_a_user(home: Home, *command: str) -> Result:
    """Run a command without the rights of root, which a database refuses."""
    user = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    return home.run(*user, *command, timeout_s=120)


def test_a_database_answers(
    home: Home, server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = original(tmp_path_factory, "bookworm", "postgresql-15", tmp_path)
    path = f"/pub/source/v{code.version}/postgresql-{code.version}.tar.bz2"
    server.put(path, code.data)
    name = path.rpartition("/")[2]
    digest = hashlib.sha256(code.data).hexdigest()
    server.put(f"{path}.sha256", f"{digest}  {name}\n".encode())
    listed = (
        f'<a href="v{code.version}/">v{code.version}/</a>\n<a href="v6.0/">v6.0/</a>'
    )
    server.put("/pub/source/", listed.encode(), headers={"Content-Type": "text/html"})
    home.env["TOOLPIN_MIRRORS"] = f"https://ftp.postgresql.org={server.url}"
    home.env["CFLAGS"] = "-O0"  # compiled in half the time
    home.pin("postgres 15\n")
    done = home.toolpin("install", timeout_s=3600)
    assert done.code == 0, done.err
    install = home.data / f"installs/postgres/{code.version}"
    assert not (install / "data").exists()
    home.env |= {"PGDATA": str(home.project / ".postgres"), "PGHOST": str(tmp_path)}
    done = as_a_user(home, home.shim("initdb"), "-U", "postgres", "-A", "trust")
    assert done.code == 0, done.out + done.err
    options = f"-c listen_addresses= -k {tmp_path}"
    start = ("start", "-w", "-o", options, "-l", str(home.project / "log"))
    done = as_a_user(home, home.shim("pg_ctl"), *start)
    assert done.code == 0, done.out + done.err
    try:
        query = "CREATE EXTENSION pgcrypto; SELECT 6 * 7, length(gen_random_bytes(8))"
        done = as_a_user(home, home.shim("psql"), "-U", "postgres", "-Atc", query)
        assert done.out == "CREATE EXTENSION\n42|8\n", done.err
    finally:
        as_a_user(home, home.shim("pg_ctl"), "stop", "-m", "fast")
    assert home.toolpin("verify", timeout_s=120).code == 0
    assert "already installed" in home.toolpin("install").err
