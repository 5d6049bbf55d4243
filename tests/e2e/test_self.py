"""`toolpin self`: whose this toolpin is, and who updates and removes it."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import toolpin
from tests.support.run import REPOSITORY, Home
from toolpin.errors import Refused, ToolpinError
from toolpin.system import paths

self_verb = importlib.import_module("toolpin.commands.self")


def test_the_version_comes_with_the_interpreter_and_the_installer(home: Home) -> None:
    result = home.toolpin("self", "version", "--json")
    output = json.loads(result.out)["result"]
    assert output["version"] == toolpin.__version__
    assert output["python"] == sys.executable
    assert (output["installed_by"], output["place"]) == ("checkout", str(REPOSITORY))


@pytest.mark.parametrize("action", ["update", "uninstall"])
def test_what_install_sh_did_not_make_is_left_to_its_maker(
    action: str, home: Home
) -> None:
    result = home.toolpin("self", action)
    assert (result.code, result.out) == (1, "")
    command = {
        "update": f"git -C {REPOSITORY} pull",
        "uninstall": f"{sys.executable} -m pip uninstall toolpin",
    }[action]
    assert result.err.endswith(f"try: {command}\n")


def test_a_wheel_is_for_an_update_alone(home: Home) -> None:
    assert home.toolpin("self", "uninstall", "--wheel", "x.whl").code == 2


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        ("toolpin-manifest", "install.sh"),
        ("pipx_metadata.json", "pipx"),
        ("uv-receipt.toml", "uv"),
        ("pyvenv.cfg", "pip"),
    ],
)
def test_an_installer_is_known_by_what_it_leaves(
    left: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "lib/toolpin/site-packages/toolpin/system/paths.py"
    (package.parent / "bundled").mkdir(parents=True)
    (package.parent / "bundled/install.sh").touch()
    monkeypatch.setattr(paths, "__file__", str(package))
    environment = tmp_path / "lib/toolpin"
    (environment / left).touch()
    place = tmp_path if kind == "install.sh" else environment
    assert self_verb.find_setup(str(environment)) == (kind, str(place))


@pytest.fixture
def clone() -> Iterator[Path]:
    """A clone of toolpin's repository in `/tmp`, and what it was installed into."""
    with tempfile.TemporaryDirectory(prefix="toolpin-clone-") as directory:
        clone = Path(directory) / "toolpin"
        clone.mkdir()
        (clone / "install.sh").touch()
        (Path(directory) / "environment").mkdir()
        (Path(directory) / "environment/toolpin-manifest").write_text(f"from {clone}\n")
        yield clone


def _script(clone: Path) -> str:
    script: str = self_verb.find_script(str(clone.parent / "environment"))
    return script


def test_an_update_comes_out_of_the_checkout_that_was_installed(clone: Path) -> None:
    assert _script(clone) == f"{clone}/install.sh"
    (clone / "install.sh").unlink()
    with pytest.raises(ToolpinError, match="nothing to update from"):
        _script(clone)


@pytest.mark.parametrize("place", ["..", ".", "install.sh"])
def test_no_update_runs_what_another_user_could_have_written(
    place: str, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = (clone / place).resolve()
    before = path.stat().st_mode
    path.chmod(0o777)
    with pytest.raises(Refused) as caught:
        _script(clone)
    assert ("reason", f"everyone can write to {path}") in caught.value.facts
    path.chmod(before)
    if os.geteuid() == 0:  # else this user can give nothing away
        os.chown(path, 12345, 12345)
        with pytest.raises(Refused) as caught:
            _script(clone)
        assert ("reason", f"{path} is user 12345's") in caught.value.facts
        monkeypatch.setenv("SUDO_UID", "12345")
        assert _script(clone) == f"{clone}/install.sh"
