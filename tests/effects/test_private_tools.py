"""Programs that serve toolpin alone: from their wheel, and checked at each use."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import wheel
from tests.support.run import Home
from toolpin.cache.verified import Cache
from toolpin.model import Artifact, Unpack
from toolpin.sources.npm_finder import _WHEELS
from toolpin.sources.private_tools import PrivateTool, PrivateTools, Wheel
from toolpin.sources.protocol import Progress
from toolpin.system.host import any_of

HOST = any_of("linux-x64")
PROGRAM = b"#!/bin/sh\necho from the wheel\n"


class Place:
    """A store of helpers, the wheel that one comes in, and its downloads."""

    def __init__(self, root: Path) -> None:
        self.root = root / "helpers"
        self.downloads = 0
        data = wheel([("inner/bin/tool", PROGRAM, 0o755)])
        self._wheel = root / "tool.whl"
        self._wheel.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        self.helper = PrivateTool(
            "tool",
            Wheel("a-tool", "1.0.0", "py3-none-any", digest),
            Unpack(0, strip=1, only="inner"),
        )
        cache = Cache(str(root / "cache"))
        self.helpers = PrivateTools(str(self.root), HOST, cache, self._download)

    @property
    def tree(self) -> Path:
        return self.root / "installs/tool/1.0.0"

    def _download(self, artifact: Artifact, part: str, _progress: Progress) -> None:
        assert artifact.filename == "a_tool-1.0.0-py3-none-any.whl"
        self.downloads += 1
        shutil.copy(self._wheel, part)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_helper_is_installed_once_and_used_again(place: Place) -> None:
    begun: list[str] = []
    assert not place.helpers.is_installed(place.helper)
    for _ in range(2):
        result = place.helpers.provide(place.helper, lambda: begun.append("begun"))
        assert (Path(result) / "bin/tool").read_bytes() == PROGRAM
    assert place.helpers.is_installed(place.helper)
    assert (begun, place.downloads) == (["begun"], 1)


def _change(tree: Path) -> None:
    (tree / "bin/tool").write_text("#!/bin/sh\necho planted\n")


def _add(tree: Path) -> None:
    (tree / "bin/other").write_text("planted")


def _lose_receipt(tree: Path) -> None:
    (tree / ".toolpin/receipt.json").unlink()
    _change(tree)


def _forge_digest(tree: Path) -> None:
    """A receipt that fits the planted bytes, and is of another wheel."""
    receipt = tree / ".toolpin/receipt.json"
    text = receipt.read_text()
    old = hashlib.sha256(PROGRAM).hexdigest()
    _change(tree)
    new = hashlib.sha256((tree / "bin/tool").read_bytes()).hexdigest()
    assert old in text
    receipt.write_text(text.replace(old, new).replace("a-tool==1.0.0", "a-tool==9"))


def _link_elsewhere(tree: Path) -> None:
    elsewhere = tree.parent.parent.parent.parent / "elsewhere"
    shutil.copytree(tree, elsewhere)
    _change(elsewhere)
    shutil.rmtree(tree)
    tree.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "spoil", [_change, _add, _lose_receipt, _forge_digest, _link_elsewhere]
)
def test_hostile_102_a_helper_that_is_not_its_wheel_is_installed_again(
    place: Place, spoil: Callable[[Path], None]
) -> None:
    place.helpers.provide(place.helper)
    spoil(place.tree)
    path = Path(place.helpers.provide(place.helper))
    assert (path / "bin/tool").read_bytes() == PROGRAM
    assert not (path / "bin/other").exists()
    assert not path.is_symlink()


def test_hostile_102_a_directory_that_a_commit_brings_is_no_helper(
    place: Place,
) -> None:
    (place.tree / "bin").mkdir(parents=True)
    _change(place.tree)
    path = Path(place.helpers.provide(place.helper))
    assert (path / "bin/tool").read_bytes() == PROGRAM


def test_hostile_102_no_program_in_a_cache_is_run(home: Home) -> None:
    """A CI may restore a cache, and a commit may bring one."""
    digest = _WHEELS["linux-x64"][1][:16]
    for name in (f"helpers/node-{digest}", "helpers/installs/node/24.19.0", "node"):
        program = home.cache / name / "bin/node"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho >{home.root}/planted\n")
        program.chmod(0o755)
        npm = home.cache / name / "lib/node_modules/npm/bin/npm-cli.js"
        npm.parent.mkdir(parents=True)
        npm.touch()
    bare = home.root / "bare"
    bare.mkdir()
    env = {
        "PATH": str(bare),
        "TOOLPIN_SOURCES": "npm",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
    }
    done = home.toolpin("list-all", "nodejs", env=env)
    assert done.code == 1
    assert not (home.root / "planted").exists()
