"""demo-release of examples/elixir, with stand-ins for systemd and for the application.

The stand-in of a program counts its calls, and can kill the whole process group or fail
at one of them: so each test that takes a step is interrupted before every step.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, Result
from tests.support.waiting import wait_until

DEPLOY = REPOSITORY / "examples/elixir/deploy"
SCRIPT = DEPLOY / "demo-release"
pytestmark = pytest.mark.skipif(
    shutil.which("flock") is None or os.uname().sysname != "Linux",
    reason="demo-release is for Linux servers, with GNU tools and flock",
)
COUNT = """#!/bin/sh
echo "${0##*/}" >>"$STATE/calls"
if [ "$(wc -l <"$STATE/calls")" = "${AT:-0}" ]; then
  [ "$HOW" = fail ] && exit 1
  kill -KILL 0
fi
"""
REAL = ("awk", "chmod", "find", "ln", "mkdir", "mv", "rm", "tar")
# systemd starts what is current; a release with the file `broken` does not answer.
SUDO = """
case $* in
  '-n /usr/bin/systemctl restart demo.service')
    rm -f "$STATE/runs"
    [ -e "$DEMO_DIRECTORY/current/broken" ] ||
      basename "$(readlink "$DEMO_DIRECTORY/current")" >"$STATE/runs" ;;
  '-n /usr/bin/systemctl start demo-migrate.service')
    basename "$(readlink "$DEMO_DIRECTORY/next")" >>"$STATE/migrated" ;;
  *) exit 9 ;;
esac
"""
CURL = '[ -e "$STATE/runs" ] && echo "ok $(cat "$STATE/runs")"\n'
SYSTEMCTL = 'cat "$STATE/migration" 2>/dev/null || echo inactive\n'


class Site:
    """A server of the example, in directories with a blank in their names."""

    def __init__(self, root: Path) -> None:
        self.root = root / "a server"
        self.directory = self.root / "opt demo"
        self.state = self.root / "state"
        programs = self.root / "bin"
        for directory in (self.directory, self.state, programs):
            directory.mkdir(parents=True, exist_ok=True)
        bodies = {name: f'exec {shutil.which(name)} "$@"\n' for name in REAL}
        bodies |= {"sudo": SUDO, "curl": CURL, "systemctl": SYSTEMCTL}
        for name, body in bodies.items():
            (programs / name).write_text(COUNT + body)
            (programs / name).chmod(0o755)
        self._env = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "DEMO_DIRECTORY": str(self.directory),
            "DEMO_HEALTH_TRIES": "1",
            "STATE": str(self.state),
        }

    def run(self, *words: object, **env: str) -> Result:
        """Run demo-release in a process group of its own."""
        (self.state / "calls").unlink(missing_ok=True)
        done = subprocess.run(
            ["sh", SCRIPT, *map(str, words)],
            env={**self._env, **env},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            start_new_session=True,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def tarball(self, name: str, *more: tarfile.TarInfo, mode: int = 0o755) -> Path:
        """Return the tarball of a release with these entries too."""
        path = self.root / f"demo-{name}.tar.gz"
        program = tarfile.TarInfo("./bin/demo")
        program.mode, program.size = mode, 2
        with tarfile.open(path, "w:gz") as tar:
            tar.addfile(program, io.BytesIO(b"#!"))
            for entry in more:
                tar.addfile(entry, io.BytesIO(b"x" * entry.size))
        return path

    def deploy(self, name: str, *more: tarfile.TarInfo, **env: str) -> Result:
        """Deploy a release of this name."""
        return self.run("deploy", self.tarball(name, *more), **env)

    @property
    def current(self) -> str:
        """The name of the current release; it must be a whole one."""
        link = self.directory / "current"
        assert os.access(link / "bin/demo", os.X_OK)
        return os.readlink(link).removeprefix("releases/")

    @property
    def runs(self) -> str:
        """The name of the release that answers."""
        return (self.state / "runs").read_text().strip()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def entry(name: str, **values: object) -> tarfile.TarInfo:
    """Return an entry of a tarball."""
    result = tarfile.TarInfo(name)
    for key, value in values.items():
        setattr(result, key, value)
    return result


BROKEN = entry("./broken")


def after(site: Site, copy: Path, *names: str) -> Site:
    """Return a copy of a server to which these releases have been deployed."""
    for name in names:
        assert site.deploy(name).code == 0
    shutil.copytree(site.root, copy / site.root.name, symlinks=True)
    return Site(copy)


def steps_of(site: Site, *words: object) -> range:
    """Run a command, and return the numbers of the programs that it starts."""
    assert site.run(*words).code == 0
    return range(1, 1 + len((site.state / "calls").read_text().splitlines()))


@pytest.mark.parametrize("how", ["kill", "fail"])
def test_a_deployment_that_ended_at_any_step_is_repeated(
    how: str, site: Site, tmp_path: Path
) -> None:
    trial = after(site, tmp_path / "trial", "1-a", "2-b")
    steps = steps_of(trial, "deploy", trial.tarball("3-c"))
    assert len(steps) > 12
    for step in steps:
        copy = after(site, tmp_path / str(step))
        ended = copy.deploy("3-c", AT=str(step), HOW=how)
        if how == "kill":
            assert ended.code == -signal.SIGKILL
        assert copy.current in ("2-b", "3-c"), ended
        if "runs again" in ended.err:
            assert copy.current == copy.runs == "2-b"
        done = copy.deploy("3-c")
        assert done.code == 0, (step, ended, done)
        assert copy.current == copy.runs == "3-c"
        assert (copy.state / "migrated").read_text().split()[-1] == "3-c"
        assert not list(copy.directory.glob("releases/.*"))
        back = copy.run("rollback")
        assert (back.code, copy.runs) == (0, "2-b"), (step, ended, back)


def test_a_rollback_that_was_killed_at_any_step_goes_back_once(
    site: Site, tmp_path: Path
) -> None:
    steps = steps_of(after(site, tmp_path / "trial", "1-a", "2-b", "3-c"), "rollback")
    assert len(steps) > 5
    for step in steps:
        copy = after(site, tmp_path / str(step))
        assert copy.run("rollback", AT=str(step)).code == -signal.SIGKILL
        if copy.runs == "3-c":
            assert copy.run("rollback").code == 0, step
        assert copy.current == copy.runs == "2-b", step


def test_another_process_on_the_port_is_not_the_new_release(site: Site) -> None:
    assert site.deploy("1-a").code == 0
    curl = site.root / "bin/curl"
    curl.write_text("#!/bin/sh\necho ok 1-a\n")
    failed = site.deploy("2-b")
    assert failed.code == 1
    assert "2-b does not run, and 1-a runs again: " in failed.err
    assert "answers 'ok 1-a', not 'ok 2-b'" in failed.err
    assert site.current == "1-a"


def test_a_broken_release_is_no_release_to_go_back_to(site: Site) -> None:
    for name in ("1-a", "2-b"):
        assert site.deploy(name).code == 0
    failed = site.deploy("3-c", BROKEN)
    assert (failed.code, site.current, site.runs) == (1, "2-b", "2-b")
    assert site.deploy("4-d").code == 0
    for name in ("2-b", "1-a"):
        assert site.run("rollback").code == 0
        assert site.current == site.runs == name
    assert site.run("rollback").code == 1
    assert site.current == "1-a"


@pytest.mark.parametrize(
    "history",
    ["", "\n\n../../bin\n3-c\n", "\0\xff1-a", "2-b\n" * 3],
    ids=["empty", "foreign lines", "bytes", "repeated"],
)
def test_a_damaged_history_stops_no_deployment(history: str, site: Site) -> None:
    for name in ("1-a", "2-b"):
        assert site.deploy(name).code == 0
    (site.directory / "history").write_bytes(history.encode("latin-1"))
    site.run("rollback")
    assert site.deploy("3-c").code == 0
    assert site.current == site.runs == "3-c"


def test_migrations_that_still_run_are_not_those_of_the_next_release(
    site: Site,
) -> None:
    assert site.deploy("1-a").code == 0
    (site.state / "migration").write_text("activating\n")
    failed = site.deploy("2-b")
    assert (failed.code, site.current) == (1, "1-a")
    assert "migrations of an interrupted deployment are running" in failed.err
    assert (site.state / "migrated").read_text() == "1-a\n"


def test_a_second_deployment_at_the_same_time_is_refused(site: Site) -> None:
    assert site.deploy("1-a").code == 0
    lock = site.directory / ".lock"
    holder = subprocess.Popen(["flock", lock, "cat"], stdin=subprocess.PIPE)
    held = ["flock", "-n", str(lock), "true"]
    wait_until(lambda: subprocess.run(held, check=False).returncode != 0)
    refused, listed = site.deploy("2-b"), site.run("list")
    holder.communicate()
    assert (refused.code, site.current) == (1, "1-a")
    assert "another deployment" in refused.err
    assert listed.out == "* 1-a\n"


def test_a_tarball_writes_nowhere_but_to_its_release(
    site: Site, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    hostile = (
        entry(f"{outside}/absolute", size=1),
        entry("../../../climbs", size=1),
        entry("./link", type=tarfile.SYMTYPE, linkname=str(outside)),
        entry("./link/through", size=1),
        entry("./root", size=1, mode=0o4777),
    )
    site.deploy("1-a", *hostile)
    assert list(outside.iterdir()) == []
    assert not list(tmp_path.rglob("climbs"))
    for path in tmp_path.rglob("releases/*/root"):
        assert path.stat().st_mode & 0o7022 == 0


def test_a_release_that_was_built_under_a_tight_umask_can_be_read(site: Site) -> None:
    directory = entry("./lib", type=tarfile.DIRTYPE, mode=0o700)
    file = entry("./lib/code", size=1, mode=0o600)
    tarball = site.tarball(
        "1-a", entry(".", type=tarfile.DIRTYPE, mode=0o700), directory, file, mode=0o700
    )
    assert site.run("deploy", tarball).code == 0
    release = site.directory / "releases/1-a"
    modes = [
        path.stat().st_mode & 0o777
        for path in (
            release,
            release / "lib",
            release / "bin/demo",
            release / "lib/code",
        )
    ]
    assert modes == [0o755, 0o755, 0o755, 0o644]


@pytest.mark.parametrize(
    "name",
    [
        "demo-.tar.gz",
        "demo-$(id).tar.gz",
        "demo-1 2.tar.gz",
        "demo-1\nx.tar.gz",
        "x.zip",
    ],
)
def test_a_file_that_is_named_otherwise_is_refused(name: str, site: Site) -> None:
    path = site.root / name
    shutil.copy(site.tarball("1-a"), path)
    refused = site.run("deploy", path)
    assert refused.code == 1
    assert "is not named demo-TIME-COMMIT.tar.gz" in refused.err
    assert list((site.directory / "releases").iterdir()) == []


def test_what_is_not_a_release_is_never_removed(site: Site) -> None:
    for name in ("2020 history", "1-a b", "notes"):
        (site.directory / "releases" / name).mkdir(parents=True)
    for count in range(1, 5):
        assert site.deploy(f"{count}-x", DEMO_KEEP="1").code == 0
    assert sorted(os.listdir(site.directory / "releases")) == sorted(
        ["1-a b", "2020 history", "3-x", "4-x", "notes"]
    )
    assert (site.directory / "history").exists()
    for keep in ("0", "all", "-1"):
        refused = site.deploy("5-x", DEMO_KEEP=keep)
        assert (refused.code, site.current) == (1, "4-x")


def test_an_end_during_the_wait_brings_the_release_before_back(site: Site) -> None:
    assert site.deploy("1-a").code == 0
    tarball = site.tarball("2-b", BROKEN)
    sleep = site.root / "bin/sleep"  # the signal comes in the wait between two tries
    sleep.write_text("#!/bin/sh\nkill -TERM $PPID\n")
    sleep.chmod(0o755)
    ended = site.run("deploy", tarball, DEMO_HEALTH_TRIES="1000000")
    assert (ended.code, site.current, site.runs) == (1, "1-a", "1-a")
    assert "1-a runs again" in ended.err
