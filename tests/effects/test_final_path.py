"""What is done in a tree's final place: text and programs that name it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.support.archives import Entry, deb, directory
from toolpin.errors import NotPublished, Refused, ToolpinError
from toolpin.model import Artifact, Digest, Pin, Plan, Rewrite, Run, Step, Unpack
from toolpin.steps.final_path import finish
from toolpin.steps.tree_check import check_proof
from toolpin.store import (
    cleanup,
    installs,
    publication,
    stage_names,
    staging,
    tree_directory,
)
from toolpin.system.host import detect
from toolpin.system.paths import Paths
from toolpin.system.tree_paths import TreePaths
from toolpin.verification import Level

PIN = Pin("erlang", "25.2.3")
OLD = "/usr/lib/erlang"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(str(tmp_path / "data"), str(tmp_path / "config"))


def plan_of(*steps: Step, proof: tuple[str, ...] = ()) -> Plan:
    artifact = Artifact("deb:pool/x.deb", Digest("sha256", "0" * 64), 1, "x.deb")
    return Plan(
        pin=PIN,
        host=detect(),
        source="debian",
        publisher="Debian",
        artifacts=(artifact,),
        steps=(Unpack(0, only="usr/lib/erlang", strip=3), *steps),
        bin_dirs=("bin",),
        commands=("erl",),
        proof=proof,
        verified=Level.CHECKSUM,
    )


def archive(tmp_path: Path) -> str:
    script = f'#!/bin/sh\nROOTDIR={OLD}\ncat "$ROOTDIR/version"\n'.encode()
    data = deb(
        *(directory(f"./usr/{name}") for name in ("", "lib/", "lib/erlang/")),
        directory("./usr/lib/erlang/bin/"),
        Entry("./usr/lib/erlang/bin/erl", script, 0o755),
        Entry("./usr/lib/erlang/bin/beam", b"\x7fELF\0" + OLD.encode(), 0o755),
        Entry("./usr/lib/erlang/version", b"25.2.3\n"),
    )
    path = tmp_path / "x.deb"
    path.write_bytes(data)
    return str(path)


REWRITE = Rewrite("bin/*", OLD)


def test_text_names_the_final_place_before_it_is_proven(
    paths: Paths, tmp_path: Path
) -> None:
    plan = plan_of(REWRITE, proof=("erl", "25.2.3"))
    receipt = publication.publish(paths, plan, [archive(tmp_path)])
    tree = Path(paths.install(*PIN))
    script = (tree / "bin/erl").read_bytes()
    assert f"ROOTDIR={tree}\n".encode() in script
    entry = next(file for file in receipt.files if file.path == "bin/erl")
    assert entry.sha256 == hashlib.sha256(script).hexdigest()
    assert entry.size_bytes == len(script)
    assert os.access(tree / "bin/erl", os.X_OK)
    assert OLD.encode() in (tree / "bin/beam").read_bytes()  # no text: left alone
    assert installs.is_installed(paths, PIN)
    assert not os.path.exists(f"{paths.incomplete}/erlang/25.2.3")


@pytest.mark.parametrize(
    ("step", "proof"),
    [
        (REWRITE, ("erl", "25.2.4")),
        (REWRITE, ("nothing", "25.2.3")),
        (Rewrite("bin/nothing*", OLD), ()),
    ],
)
def test_what_fails_in_the_final_place_leaves_neither_tree_nor_mark(
    step: Step, proof: tuple[str, ...], paths: Paths, tmp_path: Path
) -> None:
    with pytest.raises(ToolpinError):
        publication.publish(paths, plan_of(step, proof=proof), [archive(tmp_path)])
    assert not os.path.lexists(paths.install(*PIN))
    assert not os.path.lexists(f"{paths.incomplete}/erlang/25.2.3")
    assert installs.versions(paths, "erlang") == ()


def test_a_tree_behind_the_mark_of_a_dead_process_does_not_count_and_is_swept(
    paths: Paths, tmp_path: Path
) -> None:
    publication.publish(paths, plan_of(REWRITE), [archive(tmp_path)])
    mark = Path(paths.incomplete, "erlang", "25.2.3")
    mark.write_text(stage_names.mark_text(paths.install(*PIN)))
    assert not installs.is_installed(paths, PIN)
    with staging.version_lock(paths, PIN):
        cleanup.clean_up(paths)
    assert os.path.exists(paths.install(*PIN))  # its owner lives
    cleanup.clean_up(paths)
    assert not os.path.lexists(paths.install(*PIN))
    assert not mark.exists()
    publication.publish(paths, plan_of(REWRITE), [archive(tmp_path)])
    assert installs.is_installed(paths, PIN)


@pytest.mark.parametrize("is_marked", [False, True], ids=["before", "behind"])
def test_what_stood_aside_for_a_dead_process_is_put_back(
    is_marked: bool, paths: Paths, tmp_path: Path
) -> None:
    trees = TreePaths(str(tmp_path / "image"), paths)
    publication.publish(
        trees, plan_of(REWRITE), [archive(tmp_path)], room=staging.set_aside
    )
    aside = Path(stage_names.stage_of(trees, PIN, stage_names.ASIDE))
    os.rename(trees.install(*PIN), aside)
    (aside / "old").touch()
    if is_marked:
        Path(trees.install(*PIN)).mkdir()
        mark = Path(trees.incomplete, "erlang", "25.2.3")
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(stage_names.mark_text(trees.install(*PIN)))
    with staging.version_lock(trees, PIN):
        tree_directory.clean_up(trees)
    assert aside.exists()  # its owner lives
    tree_directory.clean_up(trees, {"erlang"})
    tree_directory.tidy(trees)
    assert "old" in os.listdir(trees.install(*PIN))
    assert os.listdir(trees.data) == ["erlang"]


def test_a_tree_that_is_not_toolpins_is_put_in_no_place(
    paths: Paths, tmp_path: Path
) -> None:
    """A checkout can bring along what looks as if it had stood aside."""
    trees = TreePaths(str(tmp_path / "image"), paths)
    Path(stage_names.stage_of(trees, PIN, stage_names.ASIDE), "bin").mkdir(parents=True)
    tree_directory.clean_up(trees, {"erlang"})
    assert not os.path.lexists(trees.install(*PIN))


def test_what_made_room_is_deleted_after_a_death_at_the_end(
    paths: Paths, tmp_path: Path
) -> None:
    trees = TreePaths(str(tmp_path / "image"), paths)
    Path(trees.staging, "erlang@25.2.3@aside").mkdir(parents=True)
    publication.publish(
        trees, plan_of(REWRITE), [archive(tmp_path)], room=staging.set_aside
    )
    Path(trees.staging, "erlang@25.2.3@aside").mkdir(parents=True, exist_ok=True)
    tree_directory.clean_up(trees)
    assert os.listdir(trees.staging) == []
    assert os.path.exists(f"{trees.install(*PIN)}/bin/erl")


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(OLD)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "link").symlink_to(outside)
    finish(plan_of(Rewrite("*", OLD)), str(tree), lambda: "")
    assert outside.read_text() == OLD
    assert (tree / "link").is_symlink()


def test_a_program_of_the_tree_is_run_in_its_final_place(
    paths: Paths, tmp_path: Path
) -> None:
    make = Run(("sh", "-c", "echo hi > fresh; rm version; pwd > where", "{install}"))
    receipt = publication.publish(paths, plan_of(make), [archive(tmp_path)])
    tree = Path(paths.install(*PIN))
    assert (tree / "where").read_text().strip() == str(tree)
    assert [file.path for file in receipt.files] == [
        "bin/beam",
        "bin/erl",
        "fresh",
        "where",
    ]


def test_a_program_that_fails_is_quoted_and_leaves_nothing(
    paths: Paths, tmp_path: Path
) -> None:
    step = Run(("sh", "-c", "echo no room >&2; exit 3"))
    with pytest.raises(ToolpinError, match="ended with 3") as caught:
        publication.publish(paths, plan_of(step), [archive(tmp_path)])
    assert ("output", "no room") in caught.value.facts
    assert not os.path.lexists(paths.install(*PIN))


def test_a_path_with_blanks_is_refused_where_scripts_name_their_place(
    tmp_path: Path,
) -> None:
    paths = Paths(str(tmp_path / "my data"), str(tmp_path / "config"))
    with pytest.raises(ToolpinError, match="path with spaces"):
        publication.publish(paths, plan_of(REWRITE), [archive(tmp_path)])
    assert not os.path.lexists(paths.install(*PIN))


def test_a_pattern_that_nothing_fits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no file in which"):
        finish(plan_of(Rewrite("bin/erl", OLD)), str(tmp_path), lambda: "")


def proven(tmp_path: Path, script: str) -> tuple[tuple[str, str], ...]:
    """Run a proof whose program is a shell script, which must print 25.2.3."""
    program = tmp_path / "tree/bin/erl"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return check_proof(plan_of(proof=("erl", "25.2.3")), str(tmp_path / "tree"))


def test_a_failed_proof_reports_its_status_and_both_streams(tmp_path: Path) -> None:
    script = "printf 'a\\033[31m\\n'; seq 2 9; echo no libcrypto.so.3 >&2; exit 7"
    with pytest.raises(Refused) as caught:
        proven(tmp_path, script)
    assert caught.value.facts == (
        ("command", "erl"),
        ("exit status", "7"),
        ("stdout", "a\x1b[31m"),
        *(("stdout", str(number)) for number in range(2, 6)),
        ("stdout", "(4 more lines)"),
        ("stderr", "no libcrypto.so.3"),
    )
    assert "\x1b" not in caught.value.render()


def test_a_proof_of_another_version_reports_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(NotPublished) as caught:
        proven(tmp_path, "echo 26.0; echo warning >&2")
    facts = [("expected", "25.2.3"), ("stdout", "26.0"), ("stderr", "warning")]
    assert set(facts) <= set(caught.value.facts)


def test_a_silent_proof_that_fails_says_that_nothing_was_printed(
    tmp_path: Path,
) -> None:
    with pytest.raises(Refused) as caught:
        proven(tmp_path, "exit 3")
    assert caught.value.facts[1:] == (("exit status", "3"), ("printed", "nothing"))


def test_a_proof_has_a_home_to_write_to_that_is_removed(tmp_path: Path) -> None:
    script = 'echo 25.2.3; echo yes >"$HOME/.cache" && echo "written $HOME"'
    facts = dict(proven(tmp_path, f'{script}; env | sed "s/=/ /"'))
    assert not os.path.exists(facts.pop("written"))
    assert facts.keys() - {"PWD", "_", "SHLVL", "OLDPWD"} == {"HOME", "PATH"}
