"""Project files that are links: a shim follows those that `exec` follows, no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.store import KNOWN, SHELLS, Store
from toolpin.shims.shim_directory import refresh

V10 = "nodejs 10.15.3"
LOCK = 'schema = 1\n[pins]\n"nodejs lts" = "10.15.3"\n\n'


@pytest.fixture
def elsewhere(store: Store) -> Path:
    """A directory of the user's with files such as a project has."""
    elsewhere = store.home.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".tool-versions").write_text("nodejs 10.15.3\n")
    (elsewhere / ".nvmrc").write_text("10.15.3\n")
    (elsewhere / "toolpin.lock").write_text(LOCK)
    return elsewhere


@pytest.mark.parametrize("name", [".tool-versions", ".nvmrc", "toolpin.lock"])
def test_a_link_to_a_file_of_another_kind_chooses_nothing(
    store: Store, road: str, elsewhere: Path, name: str
) -> None:
    if name == "toolpin.lock":
        store.home.pin("nodejs lts\n")
    (elsewhere / name).rename(elsewhere / "secret")
    (store.home.project / name).symlink_to(elsewhere / "secret")
    done = store.run(road, "node")
    assert done.code == 2, done.out
    assert f"{name} is a link to a file with another name" in done.err
    assert "10.15.3" not in done.err


@pytest.mark.parametrize("name", [".tool-versions", ".nvmrc", "toolpin.lock"])
def test_a_link_to_a_file_of_its_kind_elsewhere_chooses(
    store: Store, road: str, elsewhere: Path, name: str
) -> None:
    """As a worktree's to the main one, or one of a checkout without its `.git`."""
    if name == "toolpin.lock":
        store.home.pin("nodejs lts\n")
    (store.home.project / name).symlink_to(elsewhere / name)
    assert store.run(road, "node").out == f"{V10}\n"


@pytest.mark.parametrize("name", [".tool-versions", ".nvmrc"])
def test_a_link_within_the_project_chooses(
    store: Store, road: str, elsewhere: Path, name: str
) -> None:
    below = store.home.project / "below"
    below.mkdir()
    (store.home.project / name).write_text((elsewhere / name).read_text())
    (below / name).symlink_to(f"../{name}")
    assert store.run(road, "node", cwd=below).out == f"{V10}\n"


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize("directory", ["home", "config"])
def test_a_link_of_the_users_own_chooses_without_python(
    store: Store, sh: str, elsewhere: Path, directory: str
) -> None:
    own = store.home.home if directory == "home" else store.home.config
    (own / ".tool-versions").symlink_to(elsewhere / ".tool-versions")
    refresh(store.paths, KNOWN, "/gone/python")
    assert store.run(sh, "node").out == f"{V10}\n"


@pytest.fixture
def linked(store: Store) -> Path:
    """A directory of the project, and a link to it from a place that is outside."""
    (store.home.project / "packages/web").mkdir(parents=True)
    places = store.home.root / "places"
    places.mkdir()
    (places / "web").symlink_to(store.home.project / "packages/web")
    return places / "web"


@pytest.mark.parametrize("name", [".tool-versions", ".node-version"])
def test_above_a_linked_directory_the_project_pins(
    store: Store, road: str, linked: Path, name: str
) -> None:
    text = "nodejs 10.15.3\n" if name == ".tool-versions" else "10.15.3\n"
    (store.home.project / name).write_text(text)
    (store.home.home / ".tool-versions").write_text("nodejs 12.22.0\n")
    (linked / "deeper").mkdir()
    for cwd in (linked, linked / "deeper"):
        # The shell names the directory by its link; a program without PWD cannot.
        for env in ({"PWD": str(cwd)}, {"PWD": ""}):
            assert store.run(road, "node", cwd=cwd, env=env).out == f"{V10}\n"


def test_what_pins_above_the_link_comes_first(
    store: Store, road: str, linked: Path
) -> None:
    store.home.pin("nodejs 10.15.3\n")
    (linked.parent / ".tool-versions").write_text("nodejs 12.22.0\n")
    env = {"PWD": str(linked)}
    assert store.run(road, "node", cwd=linked, env=env).out == "nodejs 12.22.0\n"


def test_a_link_in_the_path_leaves_the_users_own_pins(
    store: Store, road: str, linked: Path
) -> None:
    (store.home.config / ".tool-versions").write_text("nodejs 12.22.0\n")
    env = {"PWD": str(linked)}
    assert store.run(road, "node", cwd=linked, env=env).out == "nodejs 12.22.0\n"
