"""Trees of any depth and width are walked and removed, and nothing beside them."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.support.deep import deep_tree, removed_afterwards
from toolpin.system.directory_tree import drop_tree, remove_tree, temporary, walk


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with links, also to what lies outside, and with closed directories."""
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "kept").write_text("kept")
    (outside / "kept").chmod(0o400)
    top = tmp_path / "tree"
    for name in ("a/b/c", "a/x", "empty", "closed/below"):
        (top / name).mkdir(parents=True)
    (top / "a/b/file").write_text("x")
    (top / "closed/below/file").write_text("x")
    os.link(outside / "kept", top / "a/second name")
    (top / "a/link").symlink_to(outside)
    (top / "dangling").symlink_to("nowhere")
    os.mkfifo(top / "empty/pipe")
    for name in ("closed/below", "closed", ""):
        (top / name).chmod(0o500)
    return top


def test_a_whole_tree_is_removed_and_what_links_lead_to_stays(tree: Path) -> None:
    remove_tree(str(tree))
    assert not tree.exists()
    kept = tree.parent / "outside/kept"
    assert kept.read_text() == "kept"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400


def test_hostile_87_a_tree_deeper_than_any_path_is_removed(tmp_path: Path) -> None:
    with removed_afterwards(tmp_path / "deep") as top:
        remove_tree(str(deep_tree(top)))
        assert not top.exists()


def test_hostile_87_many_deep_trees_side_by_side_are_removed(tmp_path: Path) -> None:
    for number in range(3):
        deep_tree(tmp_path / f"top/{number}", 50)
    remove_tree(str(tmp_path / "top"))
    assert not (tmp_path / "top").exists()


def test_it_goes_on_where_something_stays_and_raises_the_first(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = os.unlink

    def unlink(name: str, *, dir_fd: int) -> None:
        if name == "file":
            raise PermissionError(errno.EPERM, "no", name)
        remove(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink)
    with pytest.raises(PermissionError) as caught:
        remove_tree(str(tree))
    assert caught.value.filename == f"{tree}/.../file"
    left = [str(path.relative_to(tree)) for path in tree.rglob("*")]
    assert sorted(left) == [
        *("a", "a/b", "a/b/file"),
        *("closed", "closed/below", "closed/below/file"),
    ]
    drop_tree(str(tree))
    assert tree.exists()


def test_what_is_moved_out_meanwhile_takes_nothing_with_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tree.parent / "elsewhere"
    (elsewhere / "b").mkdir(parents=True)
    (elsewhere / "precious").write_text("x")
    remove = os.unlink

    def unlink(name: str, *, dir_fd: int) -> None:
        remove(name, dir_fd=dir_fd)
        if name == "file" and (tree / "a/b").exists():
            (tree / "a/b").rename(elsewhere / "b")

    monkeypatch.setattr(os, "unlink", unlink)
    with pytest.raises(OSError, match="moved"):
        remove_tree(str(tree))
    assert (elsewhere / "precious").exists()
    assert (elsewhere / "b").exists()


def test_hostile_87_a_temporary_directory_goes_whatever_was_nested_in_it() -> None:
    with temporary("toolpin-") as path:
        assert deep_tree(Path(path, "x")).is_dir()
    assert not Path(path).exists()


@pytest.mark.parametrize("kind", ["link", "file", "nothing"])
def test_what_is_no_directory_is_not_removed(kind: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    path = tmp_path / "path"
    if kind == "link":
        path.symlink_to(there)
    elif kind == "file":
        path.write_text("x")
    with pytest.raises(OSError, match=r"."):
        remove_tree(str(path))
    drop_tree(str(path))
    assert there.is_dir()
    assert os.path.lexists(path) == (kind != "nothing")


def test_a_walk_yields_what_python_s_own_does(tree: Path) -> None:
    def rows(found: object) -> list[tuple[str, list[str], list[str]]]:
        return sorted((at, sorted(a), sorted(b)) for at, a, b in found)  # type: ignore[attr-defined]

    assert rows(walk(str(tree))) == rows(os.walk(tree))


def test_a_walk_leaves_out_what_its_caller_does(tree: Path) -> None:
    seen = []
    for at, names, _ in walk(str(tree)):
        seen.append(os.path.relpath(at, tree))
        names[:] = sorted(set(names) - {"b", "closed"}, reverse=True)
    assert seen == [".", "empty", "a", "a/x"]


def test_hostile_87_a_walk_ends_where_paths_do(tmp_path: Path) -> None:
    with removed_afterwards(tmp_path / "deep") as top:
        longest = max(len(at) for at, _, _ in walk(str(deep_tree(top))))
    assert 4_000 < longest < 4_096
