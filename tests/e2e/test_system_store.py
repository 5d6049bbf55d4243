"""A deploy user writes the machine's store, an app user reads it: two real uids."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, Home, Result
from tests.support.server import Server
from tests.support.upstream import Upstream

DEPLOY, APP = 12345, 12346
OLD, NEW = "10.15.3", "24.11.1"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can act as two other users"
)


class User:
    """One of the machine's users, with a home that is no one else's."""

    def __init__(self, root: Path, uid: int, python: str, umask: int) -> None:
        self.uid = uid
        self.python = python
        self.umask = umask
        self.home = Home(root)
        for path in (root, *root.iterdir()):
            os.chown(path, uid, uid)
        root.chmod(0o700)

    def run(self, *command: str, env: dict[str, str] | None = None) -> Result:
        done = subprocess.run(
            command,
            cwd=self.home.project,
            env={**self.home.env, **(env or {})},
            user=self.uid,
            group=self.uid,
            extra_groups=[],
            umask=self.umask,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def toolpin(self, *args: str) -> Result:
        return self.run(self.python, "-I", "-m", "toolpin", *args)


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that every user may enter; pytest's own is root's alone."""
    with tempfile.TemporaryDirectory(prefix="toolpin-two-users-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture
def python(root: Path) -> str:
    """An interpreter with toolpin in it that all users may run."""
    bases = (os.path.realpath(sys.executable), "/usr/bin/python3")
    for base in filter(os.path.exists, bases):
        place = root / f"python{bases.index(base)}"
        made = subprocess.run(
            [base, "-I", "-m", "venv", "--without-pip", str(place)], check=False
        )
        directories = list(place.glob("lib/*/site-packages"))
        if made.returncode != 0 or not directories:
            continue
        more = [
            str(REPOSITORY),
            *(directory for directory in sys.path if "site-packages" in directory),
        ]
        (directories[0] / "all.pth").write_text("\n".join(more))
        words = [
            str(place / "bin/python"),
            "-I",
            "-c",
            "import toolpin.system.file_lock",
        ]
        try:
            subprocess.run(words, user=APP, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return words[0]
    pytest.skip("no Python with toolpin here that other users may run")


@pytest.fixture
def upstream(deploy: User, app: User) -> Iterator[Upstream]:
    with Server() as server:
        upstream = Upstream(server)
        for user in (deploy, app):
            upstream.mirror_for(user.home)
        upstream.publish(OLD)
        upstream.publish(NEW)
        yield upstream


@pytest.fixture
def deploy(root: Path, python: str) -> User:
    """Who owns the machine's store, with a umask that would hide all of it."""
    user = User(root / "deploy", DEPLOY, python, 0o077)
    (root / "system").mkdir()
    os.chown(root / "system", DEPLOY, DEPLOY)
    user.home.env["TOOLPIN_SYSTEM_DATA_DIR"] = str(root / "system")
    return user


@pytest.fixture
def app(root: Path, python: str) -> User:
    """Who may only read it."""
    user = User(root / "app", APP, python, 0o022)
    user.home.env["TOOLPIN_SYSTEM_DATA_DIR"] = f"{root}/system"
    return user


@pytest.fixture
def store(root: Path, deploy: User, upstream: Upstream) -> Path:
    """The machine's store, with one version that the deploy user put there."""
    assert upstream.server.url
    result = deploy.toolpin("install", "nodejs", OLD, "--system")
    assert result.code == 0, result.err
    return root / "system"


def test_all_may_read_what_is_in_it_and_only_its_owner_may_write(store: Path) -> None:
    for directory, names, files in os.walk(store):
        if f"{directory}/".startswith(f"{store}/locks/"):
            continue  # who may read a file lock may hold it
        for path in (directory, *(f"{directory}/{name}" for name in (*names, *files))):
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                continue
            wanted = 0o555 if stat.S_ISDIR(status.st_mode) else 0o444
            assert status.st_mode & wanted == wanted, path
            assert status.st_mode & 0o022 == 0, path
            assert status.st_uid == DEPLOY, path


def test_another_user_runs_it_through_its_own_shims(store: Path, app: User) -> None:
    app.home.pin(f"nodejs {OLD}\n")
    result = app.run(str(store / "shims/node"), "--version")
    assert (result.code, result.out) == (0, f"v{OLD}\n")
    assert not app.home.data.exists()


def test_its_versions_are_installed_for_everybody(
    store: Path, app: User, upstream: Upstream
) -> None:
    app.home.pin(f"nodejs {OLD}\n")
    result = app.toolpin("install")
    assert result.code == 0, result.err
    assert upstream.server.count(upstream.tarball_path(OLD)) == 1
    assert not (app.home.data / "installs").exists()
    assert app.run(app.home.shim("node"), "--version").out == f"v{OLD}\n"
    assert app.toolpin("where", "nodejs").out == f"{store}/installs/nodejs/{OLD}\n"


def test_an_own_version_stands_beside_the_machine_s(store: Path, app: User) -> None:
    assert store.exists()
    app.home.pin(f"nodejs {NEW}\n")
    assert app.toolpin("install").code == 0
    assert app.run(app.home.shim("node"), "--version").out == f"v{NEW}\n"
    env = {"TOOLPIN_NODEJS_VERSION": OLD}
    assert app.run(app.home.shim("node"), "--version", env=env).out == f"v{OLD}\n"
    assert app.toolpin("list").out == f"nodejs\n  {OLD} (system)\n* {NEW}\n"
    assert app.toolpin("list", "--system").out == f"nodejs\n  {OLD}\n"
    verified = app.toolpin("verify")
    assert (verified.code, verified.err) == (0, "toolpin: 2 intact\n")
    assert app.toolpin("uninstall", "nodejs", "--all").code == 0
    assert app.toolpin("list").out == f"nodejs\n  {OLD} (system)\n"


def test_a_prune_is_of_ones_own_versions(store: Path, app: User) -> None:
    assert store.exists()
    app.home.pin(f"nodejs {NEW}\n")
    assert app.toolpin("install").code == 0
    words = ("prune", "--yes", "--keep-days", "0", "--no-previous")
    pruned = app.toolpin(*words)
    assert (pruned.code, OLD in pruned.out) == (0, False), pruned
    assert app.toolpin("list").out == f"nodejs\n  {OLD} (system)\n* {NEW}\n"


@pytest.mark.parametrize("how", [(), ("--system",)])
def test_who_may_only_read_it_takes_nothing_out(
    store: Path, app: User, how: tuple[str, ...]
) -> None:
    result = app.toolpin("uninstall", "nodejs", OLD, *how)
    assert result.code == 1
    assert str(store) in result.err
    assert "this is a bug" not in result.err
    assert app.toolpin("list").out == f"nodejs\n  {OLD} (system)\n"


def test_damage_in_it_is_told_to_all_and_fixed_by_its_owner(
    store: Path, app: User, deploy: User
) -> None:
    program = store / f"installs/nodejs/{OLD}/bin/node"
    program.write_text("#!/bin/sh\necho evil\n")
    result = app.toolpin("verify", "nodejs", "--repair")
    assert result.code == 1
    assert f"toolpin verify nodejs {OLD} --repair --system" in result.err
    assert deploy.toolpin("verify", "--repair", "--system").code == 0
    assert app.toolpin("verify").code == 0


def test_what_its_owner_takes_out_is_gone_for_all(
    store: Path, app: User, deploy: User
) -> None:
    app.home.pin(f"nodejs {OLD}\n")
    assert app.toolpin("install").code == 0
    assert deploy.toolpin("uninstall", "nodejs", OLD, "--system").code == 0
    result = app.run(app.home.shim("node"), "--version")
    assert result.code == 126
    assert "toolpin install" in result.err
    assert os.listdir(store / "staging") == []


@pytest.mark.parametrize(
    ("whose", "directory"), [("HOME", "home"), ("TOOLPIN_CACHE_DIR", "cache")]
)
def test_nobody_fills_it_out_of_another_users_cache_or_home(
    whose: str, directory: str, root: Path, app: User, upstream: Upstream
) -> None:
    owner = User(root / "owner", 0, app.python, 0o022)
    upstream.mirror_for(owner.home)
    owner.home.env["TOOLPIN_SYSTEM_DATA_DIR"] = f"{root}/machine"
    app.home.cache.mkdir()
    os.chown(app.home.cache, APP, APP)
    env = {whose: app.home.env[whose]}
    words = (app.python, "-I", "-m", "toolpin", "install", "nodejs", OLD, "--system")
    before = len(upstream.server.requests)
    refused = owner.run(*words, env=env)
    assert refused.code == 1
    assert f"{root}/app/{directory} is user {APP}'s" in refused.err
    assert len(upstream.server.requests) == before
    assert not (root / "machine/installs").exists()
    assert not any(path.stat().st_uid == 0 for path in app.home.root.rglob("*"))
    for open_to_all in (owner.home.cache, owner.home.home):
        open_to_all.mkdir(exist_ok=True)
        open_to_all.chmod(0o777)
        assert f"everyone can write to {open_to_all}" in owner.run(*words).err
        open_to_all.chmod(0o755)
    assert owner.run(*words).code == 0


@pytest.mark.parametrize("name", ["", "installs", "shims"])
def test_a_store_that_everybody_may_write_is_refused_and_named(
    name: str, store: Path, deploy: User, app: User
) -> None:
    directory = store / name
    for mode in (0o777, 0o1777):  # who may not rename what is there may still add to it
        directory.chmod(mode)
        result = deploy.toolpin("install", "nodejs", NEW, "--system")
        assert result.code == 1
        assert str(directory) in result.err
        assert f"try: chmod -R o-w {store}" in result.err
        for user in (deploy, app):
            assert f"writable  {directory}\n" in user.toolpin("doctor").out
