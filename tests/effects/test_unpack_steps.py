"""Steps over several archives: no link that a plugin places leads out of the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.archives import Entry, compress, directory, symlink, tar
from toolpin.errors import Refused
from toolpin.model import Artifact, Digest, Link, Pin, Plan, Step, Unpack, Write
from toolpin.steps.unpack_steps import unpack_all
from toolpin.system.host import any_of
from toolpin.verification import Level

FILE = "demo-1.0.tar.gz"


def placed(tmp_path: Path, *steps: Step) -> Path:
    """Carry out steps on an archive with a link to its own root; return the tree."""
    archive = tmp_path / FILE
    data = tar(
        directory("a/b/"),
        symlink("a/b/c", "../.."),
        Entry("real", b"a program"),
        Entry("bin/other", b"another"),
    )
    archive.write_bytes(compress(data, "gz"))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/real").write_text("not the tool's")
    (tmp_path / "real").write_text("not the tool's")
    stage = tmp_path / "outside/stage"
    stage.mkdir()
    artifact = Artifact("https://demo.example/x", Digest("sha256", ""), None, FILE)
    plan = Plan(
        Pin("demo", "1.0"),
        any_of("linux-x64"),
        "s",
        "p",
        (artifact,),
        steps,
        (),
        (),
        (),
        Level.CHECKSUM,
    )
    unpack_all(plan, [str(archive)], str(stage))
    return stage


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("bin/x", "../../real"),
        ("x", "../real"),
        ("a/b/c/bin/x", "../../../../real"),
        ("a/b/c/x", "../../../real"),
    ],
)
def test_hostile_113_a_plugins_link_leads_to_no_file_outside_of_the_tree(
    path: str, target: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="leads outside of the install"):
        placed(tmp_path, Unpack(0), Link(path, target))
    assert not (tmp_path / "outside/stage" / path).is_symlink()


@pytest.mark.parametrize(
    ("path", "target"),
    [("bin/x", "../real"), ("a/b/c/bin/x", "../real"), ("x", "a/b/c/real"), ("x", ".")],
)
def test_a_link_within_the_tree_is_placed(
    path: str, target: str, tmp_path: Path
) -> None:
    stage = placed(tmp_path, Unpack(0), Link(path, target))
    assert (stage / path).is_symlink()
    assert str((stage / path).resolve()).startswith(str(stage))


def test_a_link_to_what_a_version_lacks_is_left_out(tmp_path: Path) -> None:
    assert not (
        placed(tmp_path, Unpack(0), Link("bin/x", "../y")) / "bin/x"
    ).is_symlink()


def test_a_line_of_the_plugin_is_written_to_a_new_file(tmp_path: Path) -> None:
    stage = placed(tmp_path, Unpack(0), Write("share/1.0/text", "of the plugin"))
    file = stage / "share/1.0/text"
    assert file.read_text() == "of the plugin\n"
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("path", ["real", "bin/other", "a/b/c", "a/b/c/new/text"])
def test_a_line_of_the_plugin_replaces_nothing_of_the_archive(
    path: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="would replace a file of the archive"):
        placed(tmp_path, Unpack(0), Write(path, "of the plugin"))
    assert (tmp_path / "outside/stage/real").read_text() == "a program"
    assert not (tmp_path / "outside/stage/new").exists()
