"""Where a machine gets Debian from, as its apt tells it, and what it fetches there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from toolpin.errors import NotPublished, Unreachable
from toolpin.model import Artifact, Digest
from toolpin.sources.apt_client import AptClient
from toolpin.sources.apt_mirror import find_mirror

SECURITY = "deb http://security.example/debian-security bookworm-security main\n"
needs_apt = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
)


def machine(directory: Path, sources: str) -> dict[str, str]:
    """Return the environment of a machine with these sources that has no lists yet."""
    (directory / "lists/partial").mkdir(parents=True)
    (directory / "sources.list").write_text(sources)
    (directory / "apt.conf").write_text(
        f'Dir::State::Lists "{directory}/lists";\n'
        f'Dir::Etc::SourceList "{directory}/sources.list";\n'
        'Dir::Etc::SourceParts "/dev/null";\n'
    )
    return {"PATH": os.environ["PATH"], "APT_CONFIG": str(directory / "apt.conf")}


@needs_apt
def test_a_machine_whose_lists_were_never_fetched_has_a_mirror(tmp_path: Path) -> None:
    more = "deb http://tools.example/debian bookworm stable\n"
    debian = "deb http://mirror.example/debian bookworm main\n"
    updates = debian.replace("bookworm", "bookworm-updates")
    env = machine(tmp_path, SECURITY + more + debian + updates)
    assert find_mirror(env).rstrip("/") == "http://mirror.example/debian"


@needs_apt
def test_of_a_list_of_mirrors_the_first_serves(tmp_path: Path) -> None:
    mirrors = tmp_path / "mirrors.list"
    mirrors.write_text("# near\n\nhttp://near.example/debian\tpriority:1\nhttp://x/\n")
    env = machine(tmp_path, f"deb mirror+file:{mirrors} bookworm main\n")
    assert find_mirror(env) == "http://near.example/debian"


@needs_apt
def test_a_machine_without_an_archive_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="names no Debian archive"):
        find_mirror(machine(tmp_path, SECURITY))


def test_a_machine_without_apt_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="apt is not installed"):
        find_mirror({"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    "locator",
    [
        "deb:pool/../../etc/x.deb",
        "deb:dists/x.deb",
        "deb:pool/x",
        "https://x/pool/x.deb",
    ],
)
def test_what_is_in_no_pool_is_not_downloaded(locator: str, tmp_path: Path) -> None:
    client = AptClient({"PATH": str(tmp_path)}, str(tmp_path))
    artifact = Artifact(locator, Digest("sha256", "0" * 64), 1, "x.deb")
    with pytest.raises(NotPublished, match="is not a Debian package"):
        client.download(artifact, str(tmp_path / "part"))
