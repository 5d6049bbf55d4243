"""Who asks for locked bytes gets these: what is there already is compared, too."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.run import TOOLPIN, Home, Result
from tests.support.upstream import Upstream
from toolpin.model import Pin
from toolpin.store import staging
from toolpin.system.paths import Paths

PIN = Pin("nodejs", "24.11.1")


@pytest.fixture
def locked(home: Home, upstream: Upstream) -> Home:
    """A project with a lockfile, and nothing installed."""
    upstream.publish(PIN.version)
    home.pin(f"{PIN.tool} {PIN.version}\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    return home


def _by_option(home: Home) -> Result:
    return home.toolpin("install", "--locked")


def _by_variable(home: Home) -> Result:
    return home.toolpin("install", env={"CI": "1"})


def _by_ci(home: Home) -> Result:
    return home.toolpin("ci", "install")


def _by_bundle(home: Home) -> Result:
    return home.toolpin("bundle", "install", "b.toolpin")


def _plainly(home: Home) -> Result:
    return home.toolpin("install")


strictly = pytest.mark.parametrize(
    "install", [_by_option, _by_variable, _by_ci, _by_bundle]
)


def _tree(data: Path) -> Path:
    return data / "installs" / PIN.tool / PIN.version


def _make_other(tree: Path) -> None:
    """Let an install be one that was made of other bytes."""
    receipt = tree / ".toolpin/receipt.json"
    head, _, tail = receipt.read_text().partition("sha256:")
    receipt.write_text(f"{head}sha256:{'0' * 64}{tail[64:]}")
    with (tree / "bin/node").open("a") as program:
        program.write("# other\n")


def _of_other_bytes(home: Home) -> None:
    assert home.toolpin("install").code == 0
    _make_other(_tree(home.data))


def _without_receipt(home: Home) -> None:
    assert home.toolpin("install").code == 0
    (_tree(home.data) / ".toolpin/receipt.json").unlink()


def _adopted(home: Home) -> None:
    program = home.home / f".nvm/versions/node/v{PIN.version}/bin/node"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho other\n")
    program.chmod(0o755)
    assert home.toolpin("import", "nvm").code == 0


@strictly
@pytest.mark.parametrize("put", [_of_other_bytes, _without_receipt, _adopted])
def test_what_nobody_made_of_the_locked_bytes_is_no_locked_install(
    put: Callable[[Home], None], install: Callable[[Home], Result], locked: Home
) -> None:
    assert locked.toolpin("bundle", "create", "b.toolpin").code == 0
    put(locked)
    done = install(locked)
    assert done.code == 4, done.out
    assert "from different files than those that are locked" in done.err
    assert f"try: toolpin uninstall {PIN}" in done.err
    assert locked.toolpin("uninstall", *PIN).code == 0
    assert install(locked).code == 0
    assert "other" not in (_tree(locked.data) / "bin/node").read_text()


@pytest.mark.parametrize(
    "install", [_plainly, _by_option, _by_variable, _by_ci, _by_bundle]
)
def test_other_bytes_in_the_machines_store_are_installed_over(
    install: Callable[[Home], Result], locked: Home
) -> None:
    assert locked.toolpin("bundle", "create", "b.toolpin").code == 0
    assert locked.toolpin("install", "--system").code == 0
    _make_other(_tree(locked.root / "system"))
    done = install(locked)
    assert done.code == 0, done.err
    assert "other" not in (_tree(locked.data) / "bin/node").read_text()
    where = locked.toolpin("which", "node").out
    assert where == f"{_tree(locked.data)}/bin/node\n"


def test_the_locked_bytes_in_the_machines_store_are_enough(locked: Home) -> None:
    assert locked.toolpin("install", "--system").code == 0
    assert _by_option(locked).code == 0
    assert not _tree(locked.data).exists()


def test_what_another_has_published_meanwhile_is_compared(
    locked: Home, upstream: Upstream
) -> None:
    _of_other_bytes(locked)
    tree, aside = _tree(locked.data), locked.root / "aside"
    tree.rename(aside)
    assert locked.toolpin("cache", "clean").code == 0
    paths = Paths(str(locked.data), str(locked.config))
    before, archive = len(upstream.server.requests), upstream.tarball_path(PIN.version)
    with staging.version_lock(paths, PIN):
        installing = subprocess.Popen(
            [*TOOLPIN, "install", "--locked"],
            cwd=locked.project,
            env=locked.env,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + 60
        while not any(
            request.path == archive for request in upstream.server.requests[before:]
        ):
            assert time.monotonic() < end, "nothing was downloaded"
        aside.rename(tree)
    _, output = installing.communicate(timeout=60)
    assert installing.returncode == 4, output
    assert "from different files than those that are locked" in output


def test_a_plain_install_says_that_other_bytes_are_there(locked: Home) -> None:
    assert locked.toolpin("install").code == 0
    assert locked.toolpin("install").err == "toolpin: 1 already installed\n"
    _make_other(_tree(locked.data))
    result = locked.toolpin("install")
    assert result.code == 0
    assert "from different files than those that are locked" in result.err
    assert f"toolpin uninstall {PIN}" in result.err


def test_a_mirror_is_named_beside_the_publisher(home: Home, upstream: Upstream) -> None:
    upstream.publish(PIN.version)
    result = home.toolpin("install", *PIN)
    place = upstream.server.url.removeprefix("http://")
    assert f"from nodejs.org via {place}" in result.err


@pytest.mark.parametrize("install", [_by_option, _by_variable, _by_ci, _plainly])
@pytest.mark.parametrize(
    ("stated", "level"),
    [
        ("signature", "checksum"),
        ("registry", "registry"),
        ("first-use", "first-use"),
    ],
)
def test_hostile_116_a_lockfile_raises_no_level(
    stated: str, level: str, install: Callable[[Home], Result], locked: Home
) -> None:
    """The author of a pull request writes what he likes; a receipt is ours."""
    file = locked.project / "toolpin.lock"
    old = 'verified = "checksum"'
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, f'verified = "{stated}"'))
    result = install(locked)
    assert result.code == 0, result.err
    receipt = _tree(locked.data) / ".toolpin/receipt.json"
    assert json.loads(receipt.read_text())["verified"] == level
