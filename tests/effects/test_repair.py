"""Looking at installs and repairing them, where the receipt or the tree is hostile."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.archives import node_tarball
from toolpin.errors import ToolpinError
from toolpin.model import Artifact, Digest, Pin, Plan, Unpack
from toolpin.store import installs, publication
from toolpin.store.inspection import Inspection, inspect
from toolpin.store.repair import Repaired, repair
from toolpin.system.host import detect
from toolpin.system.paths import Paths
from toolpin.verification import Level

PIN = Pin("nodejs", "22.1.0")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A store with one install, and its archive beside it."""
    paths = Paths(data=str(tmp_path / "data"), config=str(tmp_path / "config"))
    data = node_tarball(PIN.version, format="gz")
    archive = tmp_path / "archive.tar.gz"
    archive.write_bytes(data)
    digest = Digest("sha256", hashlib.sha256(data).hexdigest())
    plan = Plan(
        pin=PIN,
        host=detect(),
        source="upstream",
        publisher="a test",
        artifacts=(Artifact("https://a.example/x", digest, len(data), archive.name),),
        steps=(Unpack(0, strip=1),),
        bin_dirs=("bin",),
        commands=("node",),
        proof=(),
        verified=Level.CHECKSUM,
    )
    publication.publish(paths, plan, [str(archive)])
    return paths


def _tree(paths: Paths) -> Path:
    return Path(paths.install(*PIN))


def _look(paths: Paths) -> Inspection:
    return inspect(paths, PIN, ())


def _repair(paths: Paths) -> Repaired:
    archive = str(Path(paths.data).parent / "archive.tar.gz")
    return repair(paths, _look(paths), (), lambda _artifact: archive)


def test_what_matches_a_pattern_belongs_to_the_package_manager(paths: Paths) -> None:
    tree = Path(paths.install(*PIN))
    (tree / "bin/npm").unlink()
    (tree / "bin/node").write_text("damaged")
    mutable = ["bin", "bin/np*", "lib*"]
    found = [finding.path for finding in inspect(paths, PIN, mutable).findings]
    assert found == ["bin/node"]


def test_an_adopted_install_is_not_judged(paths: Paths) -> None:
    shutil.rmtree(_tree(paths) / ".toolpin")
    assert _look(paths).is_adopted


@pytest.mark.parametrize(
    "receipt",
    ["", "\xff", "{}", "[" * 100_000, '{"schema": 1}', "[]", None],
    ids=["empty", "bytes", "table", "deep", "bare", "list", "none"],
)
def test_an_install_without_a_good_receipt_is_damaged(
    paths: Paths, receipt: str | None
) -> None:
    file = _tree(paths) / ".toolpin/receipt.json"
    file.unlink()
    if receipt is not None:
        file.write_text(receipt, encoding="latin-1")
    look = _look(paths)
    assert [finding.path for finding in look.findings] == [".toolpin/receipt.json"]
    (problem,) = _repair(paths).problems
    assert problem.hint == f"toolpin uninstall {PIN} && toolpin install {PIN}"


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, "../../../victim"),
        (0, "/tmp/x"),
        (0, ".toolpin/x"),
        (0, "a//b"),
        (0, 7),
        (1, -1),
        (1, "28"),
        (2, 0o4755),
        (3, "../../x"),
        (4, None),
    ],
)
def test_hostile_86_a_receipt_leads_no_repair_astray(
    paths: Paths, at: int, value: object
) -> None:
    file = _tree(paths) / ".toolpin/receipt.json"
    receipt = json.loads(file.read_text())
    (licence,) = (file for file in receipt["files"] if file[0] == "LICENSE")
    licence[at] = value
    file.write_text(json.dumps(receipt))
    done = _repair(paths)
    assert [finding.path for finding in done.inspection.findings] == [
        ".toolpin/receipt.json"
    ]
    assert not (Path(paths.installs).parent / "victim").exists()


def test_a_receipt_of_another_version_is_damage(paths: Paths) -> None:
    other = Path(paths.install("nodejs", "22.2.0"))
    _tree(paths).rename(other)
    (finding,) = inspect(paths, Pin("nodejs", "22.2.0"), ()).findings
    assert "nodejs 22.1.0" in finding.detail


def test_hostile_06_a_repair_goes_through_no_link(paths: Paths) -> None:
    outside = Path(paths.data).parent / "outside"
    outside.mkdir()
    shutil.rmtree(_tree(paths) / "share")
    (_tree(paths) / "share").symlink_to(outside)
    (problem,) = _repair(paths).problems
    assert ("blocked by", str(_tree(paths) / "share")) in problem.facts
    assert not any(outside.iterdir())


def test_a_directory_in_the_place_of_a_file_stays_and_the_rest_is_repaired(
    paths: Paths,
) -> None:
    licence = _tree(paths) / "LICENSE"
    licence.unlink()
    licence.mkdir()
    (licence / "mine").touch()
    (_tree(paths) / "bin/node").write_text("")
    done = _repair(paths)
    assert [finding.path for finding in done.inspection.findings] == ["LICENSE"]
    assert [problem.what for problem in done.problems] == ["LICENSE cannot be restored"]
    assert (licence / "mine").exists()


def test_a_file_that_no_archive_holds_is_not_repaired(paths: Paths) -> None:
    tree = _tree(paths)
    file = tree / ".toolpin/receipt.json"
    receipt = json.loads(file.read_text())
    digest = hashlib.sha256(b"built").hexdigest()
    receipt["files"].append(["lib/built.o", 5, 0o644, digest, ""])
    file.write_text(json.dumps(receipt))
    (problem,) = _repair(paths).problems
    assert ("not in an archive", "lib/built.o") in problem.facts
    assert not (tree / "lib/built.o").exists()


def test_files_of_equal_bytes_are_all_repaired(paths: Paths) -> None:
    scripts = list((_tree(paths) / "lib/node_modules/npm/bin").iterdir())
    assert len({script.read_bytes() for script in scripts}) == 1 < len(scripts)
    for script in scripts:
        script.write_text("")
    done = _repair(paths)
    assert (done.problems, done.inspection.findings) == ((), ())


def test_hostile_76_a_repair_does_not_depend_on_the_umask(paths: Paths) -> None:
    shutil.rmtree(_tree(paths) / "share")
    (_tree(paths) / ".toolpin/record.sh").unlink()
    before = os.umask(0o077)
    try:
        assert _repair(paths).problems == ()
    finally:
        os.umask(before)
    assert (_tree(paths) / "share/man").stat().st_mode & 0o777 == 0o755
    assert (_tree(paths) / ".toolpin/record.sh").stat().st_mode & 0o777 == 0o644
    assert _look(paths).findings == ()


def test_hostile_81_an_install_that_is_removed_meanwhile_is_an_error(
    paths: Paths,
) -> None:
    result = _look(paths)._replace(findings=())
    publication.remove(paths, PIN)
    with pytest.raises(ToolpinError, match="was removed"):
        repair(paths, result, (), lambda _artifact: "")
    assert not installs.is_installed(paths, PIN)
