"""`toolpin self`: whose this toolpin is, and who updates and removes it."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

import toolpin
from tests.support.run import REPOSITORY, Home
from toolpin import paths

self_verb = importlib.import_module("toolpin.commands.self")


def test_the_version_comes_with_the_interpreter_and_the_installer(home: Home) -> None:
    result = home.toolpin("self", "version", "--json")
    told = json.loads(result.out)["result"]
    assert told["version"] == toolpin.__version__
    assert told["python"] == sys.executable
    assert (told["installed_by"], told["place"]) == ("checkout", str(REPOSITORY))


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
    package = tmp_path / "lib/toolpin/site-packages/toolpin/paths.py"
    (package.parent / "bundled").mkdir(parents=True)
    (package.parent / "bundled/install.sh").touch()
    monkeypatch.setattr(paths, "__file__", str(package))
    environment = tmp_path / "lib/toolpin"
    (environment / left).touch()
    place = tmp_path if kind == "install.sh" else environment
    assert self_verb.find_setup(str(environment)) == (kind, str(place))
