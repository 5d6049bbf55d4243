"""Builds toolpin's wheel from this checkout, offline, and Pythons that lack parts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY
from tests.support.shared import made_once

PARTS = ("toolpin", "plugins", "shims", "ci", "requirements", "install.sh")
INDEX_VARIABLES = (
    *("PIP_", "UV_", "NPM_CONFIG_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("SSL_CERT_", "REQUESTS_CA_", "NODE_EXTRA_CA_"),
)
FILES = ("pyproject.toml", "README.md", "LICENSE")
_OWN = os.path.dirname(os.path.realpath(sys.executable))
SEARCH_PATH = f"/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin:{_OWN}"
"""Where install.sh looks for a Python in these tests."""


def copy_checkout(target: Path) -> Path:
    """Copy what a wheel is made of, and install.sh, into `target`."""
    target.mkdir(parents=True)
    for name in PARTS + FILES:
        source = REPOSITORY / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target / name, ignore=ignore)
        else:
            shutil.copy2(source, target / name)
    return target


def package_index_environment() -> dict[str, str]:
    """Return the variables by which this machine reaches its package indexes."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper().startswith(INDEX_VARIABLES)
    }


def shared_wheel(factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this checkout, which every account can read."""
    place = made_once(factory, "wheel", _build_shared_wheel)
    (wheel,) = place.glob("*.whl")
    return wheel


def _build_shared_wheel(place: Path) -> None:
    shutil.move(build_wheel(copy_checkout(place / "source")), place)
    shutil.rmtree(place / "source")


def shared_packages(factory: pytest.TempPathFactory) -> Path:
    """Return a directory with all the wheels that requirements/ names.

    They come from the package index once, and pip checks the hash of each. They are for
    the Python that install.sh finds, which it prints before it misses the wheel.
    """
    return made_once(factory, "packages", _download_packages)


def _download_packages(place: Path) -> None:
    env = {**os.environ, "HOME": str(place), "PATH": SEARCH_PATH}
    script = ["sh", str(REPOSITORY / "install.sh"), "--prefix", str(place / "prefix")]
    result = subprocess.run(
        [*script, "--wheel", str(place / "none.whl")],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    python = result.stdout.partition("python    ")[2].partition(" (")[0]
    words = ["--require-hashes", "--only-binary", ":all:", "--dest", str(place)]
    for name in ("runtime", "build"):
        words += ["--requirement", str(REPOSITORY / f"requirements/{name}.txt")]
    pip = [sys.executable, "-I", "-m", "pip", "--no-cache-dir", "--python", python]
    subprocess.run(
        [*pip, "download", "--quiet", *words],
        env=env,
        check=True,
        capture_output=True,
        timeout=300,
    )


def build_wheel(checkout: Path) -> Path:
    """Build the wheel of a copied checkout into its `dist/`."""
    command = [sys.executable, "-I", "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True, timeout=120)
    (wheel,) = (checkout / "dist").glob("*.whl")
    return wheel


def set_version(checkout: Path, version: str) -> None:
    """Give a copied checkout another version."""
    file = checkout / "toolpin" / "__init__.py"
    lines = file.read_text().splitlines()
    changed = [
        f'__version__ = "{version}"' if line.startswith("__version__") else line
        for line in lines
    ]
    assert changed != lines
    file.write_text("\n".join(changed) + "\n")


def python_without_ensurepip(root: Path, *, with_pip: bool) -> Path:
    """Make a Python of links to this one's parts, but for ensurepip, as Debian's is."""
    standard = Path(sysconfig.get_path("stdlib"))
    library = root / "lib" / standard.name
    library.mkdir(parents=True)
    for entry in standard.iterdir():
        if entry.name not in ("ensurepip", "site-packages", "dist-packages"):
            (library / entry.name).symlink_to(entry)
    for shared in Path(sys.base_prefix, "lib").glob("libpython*"):
        (root / "lib" / shared.name).symlink_to(shared)
    if with_pip:
        (library / "site-packages").mkdir()
        pip = Path(sysconfig.get_path("purelib")) / "pip"
        (library / "site-packages" / "pip").symlink_to(pip)
    (root / "bin").mkdir()
    interpreter = root / "bin" / standard.name
    shutil.copy2(os.path.realpath(sys.executable), interpreter)
    return interpreter
