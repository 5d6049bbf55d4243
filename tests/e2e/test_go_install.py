"""What `go install` builds runs, and the user's own settings of Go count."""

from __future__ import annotations

import pytest

from tests.shell.scenario import TOOLPIN
from tests.support.golang import GoUpstream
from tests.support.run import Home
from tests.support.upstream import Upstream

VERSIONS = ("1.25.3", "1.26.6")


@pytest.fixture
def go(home: Home, upstream: Upstream) -> Home:
    """Two versions of Go, the older one pinned."""
    copy = GoUpstream(upstream.server)
    copy.mirror_for(home)
    for version in VERSIONS:
        copy.publish(version, hosts=("linux-x64",))
        done = home.toolpin("install", "golang", version)
        assert done.code == 0, done.err
    home.pin("golang 1.25.3\n")
    home.env["PATH"] = f"{home.data}/shims:{home.env['PATH']}"
    return home


@pytest.mark.parametrize(
    "line",
    [
        "go install hello && hello",
        f"{TOOLPIN} exec go install hello && hello",
        f'eval "$({TOOLPIN} env)" && go install hello && hello',
    ],
)
def test_what_is_built_runs_at_once(go: Home, line: str) -> None:
    done = go.run("sh", "-c", line)
    assert (done.code, done.out) == (0, "built by 1.25.3\n"), done.err
    assert go.toolpin("verify", "golang").code == 0
    assert go.toolpin("doctor").out.count("golang") == 0


def test_a_version_without_the_command_does_not_run_anothers(go: Home) -> None:
    assert go.run(go.shim("go"), "install", "hello").code == 0
    go.pin("golang 1.26.6\n")
    done = go.run(go.shim("hello"))
    assert done.code == 126
    assert "golang 1.26.6 does not provide hello" in done.err
    assert go.run(go.shim("go"), "install", "hello").code == 0
    assert go.run(go.shim("hello")).out == "built by 1.26.6\n"


@pytest.mark.parametrize(
    ("variable", "directory"), [("GOBIN", "mine"), ("GOPATH", "mine/bin")]
)
@pytest.mark.parametrize("road", ["shim", "exec", "env"])
def test_a_directory_that_the_user_has_set_counts(
    go: Home, road: str, variable: str, directory: str
) -> None:
    line = {
        "shim": "go install hello",
        "exec": f"{TOOLPIN} exec go install hello",
        "env": f'eval "$({TOOLPIN} env)" && go install hello',
    }[road]
    done = go.run("sh", "-c", line, env={variable: str(go.root / "mine")})
    assert done.code == 0, done.err
    assert (go.root / directory / "hello").exists()
    assert not (go.data / "installs/golang/1.25.3/bin/hello").exists()


@pytest.mark.parametrize("theirs", ["", "auto", "go1.27.1+auto"])
@pytest.mark.parametrize("words", ["go", f"{TOOLPIN} exec go"])
def test_the_users_toolchain_wins(go: Home, words: str, theirs: str) -> None:
    env = {"GOTOOLCHAIN": theirs} if theirs else {}
    done = go.run("sh", "-c", f"{words} toolchain", env=env)
    assert done.out == f"{theirs or 'local'}\n", done.err


def test_each_new_go_gets_the_packages_of_the_list(go: Home) -> None:
    packages = go.home / ".default-golang-pkgs"
    packages.write_text("// allows comments\nhello\n")
    go.pin("golang 1.26.6\n")
    assert go.toolpin("install").code == 0  # it is no new install
    assert not (go.data / "shims/hello").exists()
    assert go.toolpin("uninstall", "golang", "1.26.6").code == 0
    done = go.toolpin("install")
    assert done.code == 0, done.err
    assert "running 1 command of" in done.err
    assert go.run(go.shim("hello")).out == "built by 1.26.6\n"
