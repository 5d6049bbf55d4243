"""Publishing and removing installs, from archives that the tests make."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from tests.support.archives import (
    Entry,
    compress,
    directory,
    node_tarball,
    symlink,
    tar,
)
from toolpin.errors import NotPublished, Refused
from toolpin.model import Artifact, Digest, Link, Pin, Plan, Unpack
from toolpin.store import cleanup, installs, publication, staging
from toolpin.system.host import detect
from toolpin.system.paths import Paths
from toolpin.verification import Level

PIN = Pin("nodejs", "22.1.0")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data=str(tmp_path / "data"), config=str(tmp_path / "config"))


def _publish(paths: Paths, data: bytes, **changes: object) -> None:
    archive = Path(paths.data).parent / "archive.tar.gz"
    archive.write_bytes(data)
    digest = Digest("sha256", hashlib.sha256(data).hexdigest())
    plan = Plan(
        pin=PIN,
        host=detect(),
        source="upstream",
        publisher="a test",
        artifacts=(Artifact("https://a.example/x", digest, len(data), archive.name),),
        steps=(Unpack(0, strip=1), Link("bin/extra", "../LICENSE")),
        bin_dirs=("bin",),
        commands=("node",),
        proof=("node", "--version", "v22.1.0"),
        verified=Level.CHECKSUM,
        variables=(("NODE_HOME", "{install}/x"),),
    )._replace(**changes)  # type: ignore[arg-type]
    publication.publish(paths, plan, [str(archive)])


def test_a_published_tree_has_its_receipt_and_record(paths: Paths) -> None:
    _publish(paths, node_tarball("22.1.0", format="gz"))
    assert installs.versions(paths, "nodejs") == ("22.1.0",)
    receipt = publication.read_receipt(paths, PIN)
    assert receipt is not None
    assert time.strptime(receipt.installed_at, "%Y-%m-%dT%H:%M:%SZ")
    node = next(file for file in receipt.files if file.path == "bin/node")
    tree = Path(paths.install(*PIN))
    data = (tree / "bin/node").read_bytes()
    assert node.sha256 == hashlib.sha256(data).hexdigest()
    assert (node.size_bytes, node.mode) == (len(data), 0o755)
    link = next(file for file in receipt.files if file.path == "bin/extra")
    assert os.readlink(tree / "bin/extra") == link.link == "../LICENSE"
    patch = installs.environment(paths, PIN)
    assert patch.path == (f"{tree}/bin",)
    assert patch.variables == (("NODE_HOME", f"{tree}/x"),)


def test_hostile_23_an_archive_without_its_command_is_refused(paths: Paths) -> None:
    with pytest.raises(Refused, match="no `deno`"):
        _publish(paths, node_tarball("22.1.0", format="gz"), commands=("deno",))
    assert _nothing_is_left(paths)


def test_a_build_of_another_version_is_refused(paths: Paths) -> None:
    with pytest.raises(NotPublished, match=r"it reports v22\.2\.0"):
        _publish(paths, node_tarball("22.2.0", format="gz"))
    assert _nothing_is_left(paths)


def test_a_build_that_does_not_run_is_refused(paths: Paths) -> None:
    broken = tar(
        directory("top/bin/"), Entry("top/bin/node", b"#!/bin/sh\nexit 3\n", 0o755)
    )
    with pytest.raises(Refused, match="does not run"):
        _publish(paths, compress(broken, "gz"))
    assert _nothing_is_left(paths)


def test_a_link_of_the_archive_leads_no_step_outside(paths: Paths) -> None:
    outside = Path(paths.data).parent / "outside"
    outside.mkdir()
    hostile = tar(directory("top/"), symlink("top/bin", str(outside)))
    with pytest.raises(Refused):
        _publish(paths, compress(hostile, "gz"))
    assert not any(outside.iterdir())
    assert _nothing_is_left(paths)


def test_a_link_without_its_target_is_left_out(paths: Paths) -> None:
    steps = (Unpack(0, strip=1), Link("bin/extra", "../missing"))
    _publish(paths, node_tarball("22.1.0", format="gz"), steps=steps)
    assert not os.path.lexists(f"{paths.install(*PIN)}/bin/extra")


def test_what_a_package_adds_is_left_out(paths: Paths) -> None:
    steps = (Unpack(0, strip=1, without=("LICENSE",)),)
    _publish(paths, node_tarball("22.1.0", format="gz"), steps=steps)
    receipt = publication.read_receipt(paths, PIN)
    assert receipt is not None
    assert "LICENSE" not in {file.path for file in receipt.files}
    assert not os.path.exists(f"{paths.install(*PIN)}/LICENSE")


def test_an_install_is_removed_with_the_directory_it_leaves_empty(paths: Paths) -> None:
    _publish(paths, node_tarball("22.1.0", format="gz"))
    closed = f"{paths.install(*PIN)}/lib/node_modules"
    os.chmod(closed, 0o555)
    publication.remove(paths, PIN)
    assert not os.path.exists(f"{paths.installs}/nodejs")
    assert _nothing_is_left(paths)


def test_the_staging_of_the_dead_is_swept_and_of_the_living_not(paths: Paths) -> None:
    alive = Pin("nodejs", "23.0.0")
    for pin in (PIN, alive):
        os.makedirs(f"{paths.staging}/{pin.tool}@{pin.version}/bin")
    with staging.version_lock(paths, alive):
        cleanup.clean_up(paths)
    assert os.listdir(paths.staging) == [f"nodejs@{alive.version}"]


def test_hostile_76_modes_do_not_depend_on_the_umask(paths: Paths) -> None:
    before = os.umask(0o077)
    try:
        _publish(paths, node_tarball("22.1.0", format="gz"))
    finally:
        os.umask(before)
    tree = Path(paths.install(*PIN))
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            expected = 0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644
            assert path.stat().st_mode & 0o7777 == expected, path


def _nothing_is_left(paths: Paths) -> bool:
    staged = [path for path in Path(paths.staging).rglob("*") if not path.is_dir()]
    return not staged and not os.path.exists(paths.install(*PIN))


def test_the_machine_s_store_holds_no_home_of_a_tool(paths: Paths) -> None:
    """Who uses it could not write there."""
    homes = {"homes": (("MIX_HOME", "1.18"),), "home_bins": ("1.18/escripts",)}
    for value, expected in ((paths, 1), (paths._replace(shared=True), 0)):
        _publish(value, node_tarball("22.1.0", format="gz"), **homes)
        patch = installs.environment(value, PIN)
        assert (len(patch.homes), len(patch.path) - 1) == (expected, expected)
        publication.remove(value, PIN)
