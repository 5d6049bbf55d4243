"""A checkout whose project files are links: what is behind them is not its author's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.asdf import Machine
from tests.support.run import Home

HEAD = "schema = 1\n[pins]\n"
SECRET = "//registry.example/:_authToken=npm_SECRET\n"


@pytest.fixture
def other(home: Home) -> Path:
    """Another project of the user's, with a lockfile."""
    other = home.root / "other"
    (other / ".git").mkdir(parents=True)
    (other / ".tool-versions").write_text("nodejs 24.2.0\n")
    (other / "toolpin.lock").write_text(f'{HEAD}"nodejs 24.2.0" = "24.2.0"\n\n')
    return other


@pytest.mark.parametrize(
    "command", [("lock",), ("pin", "golang", "system"), ("upgrade", "--latest")]
)
def test_no_command_writes_another_projects_lockfile_through_a_link(
    home: Home, other: Path, command: tuple[str, ...]
) -> None:
    before = (other / "toolpin.lock").read_text()
    home.pin("golang system\n")
    (home.project / "toolpin.lock").symlink_to("../other/toolpin.lock")
    done = home.toolpin("--offline", *command)
    if command[0] == "upgrade":  # it has nothing to write
        assert done.code == 1, done.err
    else:
        assert done.code == 2, done.err
        assert "toolpin.lock is a link" in done.err
    assert (other / "toolpin.lock").read_text() == before


@pytest.mark.parametrize("name", [".tool-versions", "new"])
def test_pin_writes_no_file_of_another_project_through_a_link(
    home: Home, other: Path, name: str
) -> None:
    (other / "new").mkdir()
    target = other / name
    behind = target / ".tool-versions" if name == "new" else target
    (home.project / ".tool-versions").symlink_to(behind)
    done = home.toolpin("pin", "nodejs", "system")
    assert done.code == 2, done.err
    assert "../other" in done.err or str(behind) in done.err
    assert (other / ".tool-versions").read_text() == "nodejs 24.2.0\n"
    assert os.listdir(other / "new") == []


@pytest.mark.parametrize("name", [".nvmrc", ".tool-versions", "toolpin.lock"])
@pytest.mark.parametrize("secret", [".npmrc", "checkout", "environment"])
def test_a_link_prints_nothing_of_the_file_behind_it(
    home: Home, name: str, secret: str
) -> None:
    behind = {
        ".npmrc": home.home / ".npmrc",
        "checkout": home.project / ".git/config",
        "environment": Path("/proc/self/environ"),
    }[secret]
    if secret != "environment":
        behind.parent.mkdir(exist_ok=True)
        behind.write_text(SECRET)
    if name == "toolpin.lock":
        home.pin("nodejs lts\n")
    (home.project / name).symlink_to(behind)
    for command in (("current",), ("install", "--locked"), ("exec", "node")):
        done = home.toolpin(*command, env={"TOKEN": "npm_SECRET"})
        assert done.code == 2, done.err
        assert f"{home.project}/{name} is a link" in done.err
        assert "SECRET" not in done.out + done.err


@pytest.mark.parametrize("link", ["toolpin.lock", ".tool-versions"])
@pytest.mark.parametrize("place", ["project", "home"])
@pytest.mark.parametrize(
    "command", [("pin", "golang", "system"), ("upgrade",), ("upgrade", "--latest")]
)
def test_a_project_s_two_files_that_are_one_are_told(
    home: Home, place: str, link: str, command: tuple[str, ...]
) -> None:
    directory = home.home if place == "home" else home.project
    (real,) = {"toolpin.lock", ".tool-versions"} - {link}
    (directory / real).write_text("golang system\n")
    (directory / link).symlink_to(real)
    done = home.toolpin("--offline", *command, cwd=directory)
    assert done.code == 2, done.err
    assert "are the same file" in done.err
    assert (directory / real).read_text() == "golang system\n"


def test_a_link_within_a_checkout_is_read_and_written_through(home: Home) -> None:
    (home.project / ".git").mkdir()
    (home.project / ".tool-versions").write_text("golang system\n")
    below = home.project / "packages/a"
    below.mkdir(parents=True)
    link = below / ".tool-versions"
    link.symlink_to("../../.tool-versions")
    done = home.toolpin("pin", "golang", "1.24.3", cwd=below)
    assert done.code == 0, done.err
    assert link.is_symlink()
    assert (home.project / ".tool-versions").read_text() == "golang 1.24.3\n"


def test_a_link_at_home_is_the_users_own(home: Home) -> None:
    dotfiles = home.root / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "tool-versions").write_text("golang system\n")
    link = home.home / ".tool-versions"
    link.symlink_to(dotfiles / "tool-versions")
    assert home.toolpin("current", "golang").code == 0
    done = home.toolpin("pin", "--home", "golang", "1.24.3")
    assert done.code == 0, done.err
    assert link.is_symlink()
    assert (dotfiles / "tool-versions").read_text() == "golang 1.24.3\n"


@pytest.mark.parametrize("name", ["x1-hm_.toolversions", "versions.symlink"])
def test_a_link_at_home_is_the_users_own_whatever_it_leads_to(
    name: str, home: Home
) -> None:
    """home-manager and collections of dotfiles have names of their own."""
    (home.root / name).write_text("golang system\n")
    (home.home / ".tool-versions").symlink_to(home.root / name)
    assert home.toolpin("current", "golang").code == 0


def test_a_link_to_another_variant_beside_it_is_read_and_written(home: Home) -> None:
    variant = home.project / ".tool-versions.ci"
    variant.write_text("golang system\n")
    (home.project / ".tool-versions").symlink_to(variant.name)
    assert home.toolpin("current", "golang").code == 0
    assert home.toolpin("pin", "golang", "1.24.3").code == 0
    assert variant.read_text() == "golang 1.24.3\n"


def test_a_file_of_a_directory_above_is_read_through_a_link_and_not_written(
    home: Home,
) -> None:
    home.pin("golang system\n")
    checkout = home.project / "checkout"
    (checkout / ".git").mkdir(parents=True)
    (checkout / ".tool-versions").symlink_to("../.tool-versions")
    assert home.toolpin("current", "golang", cwd=checkout).code == 0
    done = home.toolpin("pin", "golang", "1.24.3", cwd=checkout)
    assert done.code == 2, done.err
    assert (home.project / ".tool-versions").read_text() == "golang system\n"


def test_a_home_that_is_a_repository_makes_no_checkout_below_it_its_own(
    home: Home,
) -> None:
    (home.home / ".git").mkdir()
    other = home.home / "other"
    other.mkdir()
    (other / ".tool-versions").write_text("golang system\n")
    mine = home.home / "mine"
    mine.mkdir()
    (mine / ".tool-versions").symlink_to("../other/.tool-versions")
    assert home.toolpin("current", "golang", cwd=mine).code == 0
    assert home.toolpin("pin", "golang", "1.24.3", cwd=mine).code == 2
    assert (other / ".tool-versions").read_text() == "golang system\n"


def test_the_lockfile_beside_the_global_file_may_be_a_link_to_anywhere(
    home: Home,
) -> None:
    (home.config / ".tool-versions").write_text("golang lts\n")
    kept = home.root / "lock.symlink"
    kept.write_text(f'{HEAD}"golang lts" = "1.24.3"\n\n')
    (home.config / "toolpin.lock").symlink_to(kept)
    result = home.toolpin("current", "golang")
    assert "1.24.3" in result.out + result.err
    assert "is a link" not in result.err


def test_the_global_file_may_be_a_link_to_anywhere(home: Home) -> None:
    kept = home.root / "kept"
    kept.write_text("golang system\n")
    (home.config / ".tool-versions").symlink_to(kept)
    assert home.toolpin("current", "golang").code == 0


@pytest.mark.parametrize("command", ["set", "local"])
def test_asdf_set_writes_into_no_startup_file(command: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    startup = machine.home / ".bashrc"
    startup.write_text("alias l=ls\n")
    directory = machine.project / "evil"
    directory.mkdir()
    (directory / ".tool-versions").symlink_to("../../home/.bashrc")
    (directory / "toolpin.lock").write_text(f"{HEAD}\n")
    for tool in ("dummy", "curl"):
        assert machine.asdf(command, tool, "1.0.0", at="evil").code == 1
    assert startup.read_text() == "alias l=ls\n"
