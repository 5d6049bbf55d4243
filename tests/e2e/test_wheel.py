"""The wheel, built from this checkout and used from a directory that is not it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import toolpin
from tests.support.run import REPOSITORY, Home
from tests.support.wheels import (
    build_wheel,
    copy_checkout,
    package_index_environment,
    shared_wheel,
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return shared_wheel(tmp_path_factory)


def test_the_wheel_holds_every_plugin_shim_and_requirement(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    for directory in ("plugins", "shims", "ci"):
        for file in (REPOSITORY / directory).iterdir():
            assert f"toolpin/bundled/{directory}/{file.name}" in packed
    assert "toolpin/bundled/requirements/runtime.txt" in packed
    assert "toolpin/bundled/install.sh" in packed
    assert not [name for name in packed if name.endswith(".pyc")]


def test_the_same_sources_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    again = build_wheel(copy_checkout(tmp_path / "source"))
    assert again.read_bytes() == wheel.read_bytes()


def test_the_installed_wheel_answers_from_another_directory(
    wheel: Path, home: Home
) -> None:
    python = make_environment(home.root / "environment")
    pip_install(python, "--no-deps", "--no-index", str(wheel))
    expected = f"toolpin {toolpin.__version__}\n"
    script = python.with_name("toolpin")
    assert home.run(str(script), "version").out == expected
    assert home.run(str(script), "--version").out == expected
    result = home.run(str(python), "-I", "-m", "toolpin", "version", cwd=Path("/"))
    assert (result.code, result.out) == (0, expected)


def test_the_installed_wheel_brings_its_plugins(wheel: Path, home: Home) -> None:
    python = make_environment(home.root / "environment")
    pip_install(python, "--no-deps", "--no-index", str(wheel))
    code = "from toolpin.system.paths import bundled; print(bundled('plugins'))"
    directory = Path(home.run(str(python), "-I", "-c", code).out.strip())
    assert home.root in directory.parents
    bundled = {file.name for file in directory.iterdir()}
    assert bundled == {file.name for file in (REPOSITORY / "plugins").iterdir()}


@pytest.mark.network
@pytest.mark.parametrize(
    ("installer", "arguments"),
    [("pipx", ["install"]), ("uv", ["tool", "install"])],
)
def test_an_installer_of_tools_installs_the_wheel(
    installer: str, arguments: list[str], wheel: Path, home: Home
) -> None:
    python = make_environment(home.root / "environment")
    pip_install(python, installer)
    bin_dir = home.root / "bin"
    env = {
        **home.env,
        **package_index_environment(),
        "PIPX_HOME": str(home.root / "pipx"),
        "PIPX_BIN_DIR": str(bin_dir),
        "UV_TOOL_BIN_DIR": str(bin_dir),
        "UV_TOOL_DIR": str(home.root / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    command = [str(python.with_name(installer)), *arguments]
    command += ["--python", sys.executable, str(wheel)]
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=300)
    result = home.run(str(bin_dir / "toolpin"), "version")
    assert result.out == f"toolpin {toolpin.__version__}\n"


def make_environment(directory: Path) -> Path:
    """Make an empty environment and return its interpreter."""
    command = [sys.executable, "-I", "-m", "venv", "--without-pip", str(directory)]
    subprocess.run(command, check=True, timeout=60)
    return directory / "bin" / "python"


def pip_install(python: Path, *arguments: str) -> None:
    """Install into an environment that has no pip of its own.

    pip asks rustc for its version, and that may write to the home directory.
    """
    env = {**os.environ, "HOME": str(python.parents[1])}
    pip = [sys.executable, "-I", "-m", "pip", "--python", str(python), "install"]
    subprocess.run([*pip, "--quiet", *arguments], env=env, check=True, timeout=300)
