"""What each system gets for an Erlang version: docs/guide/erlang-builds.md.

Hex's lists are the recorded ones. They end in spring 2024 but for Ubuntu 26.04's; what
Hex has built since then follows the rules of its build server (hexpm/bob,
lib/bob/job/otp_checker.ex): from OTP 24.2 on Ubuntu 22.04, from 24.3.4 on 24.04, from
26.0 on 26.04, and every version on 20.04 until April 2026, with a SHA-256 since
September 2024.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.beam import COMMIT, BeamUpstream
from tests.support.clients import clients_with
from tests.support.run import REPOSITORY
from tests.support.server import Server
from tests.upstream import page
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NoChecksum, NotPublished
from toolpin.install.catalogs import Catalogs
from toolpin.install.first_builds import Failure
from toolpin.install.jobs import Job
from toolpin.install.planner import make_plan
from toolpin.install.source_choice import allowed_sources, no_source_error
from toolpin.model import Host, Origin, Pin
from toolpin.plugins.registry import read_registry
from toolpin.sources.clients import Clients
from toolpin.system.paths import Paths

OPENSSL_1 = frozenset({"libcrypto.so.1.1"})
OPENSSL_3 = frozenset({"libcrypto.so.3"})
HOSTS = {
    "Ubuntu 20.04": Host("linux", "x64", "glibc", "2.31", OPENSSL_1),
    "Ubuntu 22.04": Host("linux", "x64", "glibc", "2.35", OPENSSL_3),
    "Ubuntu 24.04": Host("linux", "x64", "glibc", "2.39", OPENSSL_3),
    "Debian 12": Host("linux", "x64", "glibc", "2.36", OPENSSL_3),
    "Amazon Linux 2023": Host("linux", "x64", "glibc", "2.34", OPENSSL_3),
    "Alpine": Host("linux", "x64", "musl", "1.2", OPENSSL_3),
    "macOS arm64": Host("macos", "arm64", "", "14.5"),
    "macOS x64": Host("macos", "x64", "", "14.5"),
}
WITHOUT_APT = ("Amazon Linux 2023", "Alpine", "macOS arm64", "macOS x64")
VERSIONS = ("22.2", "25.3", "26.2", "27.3", "28.1")
FLAGS = {
    "--trust-on-first-use": "trust",
    "--source hex-openssl --trust-on-first-use": "hex-openssl with trust",
}


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        upstream = BeamUpstream(server)
        upstream.put_recorded()
        for image in ("ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04"):
            more = "".join(
                f"OTP-{version} {COMMIT} 2025-10-01T00:00:00Z {'0' * 64}\n"
                for version in ("27.3", "28.1")
            )
            place = f"/hex/builds/otp/amd64/{image}/builds.txt"
            server.put(place, page(f"hex-otp-{image}.txt") + more.encode())
        for version in VERSIONS[1:]:  # 22.2 has no tarball of its own on GitHub
            place = f"/github/erlang/otp/releases/download/OTP-{version}/SHA256.txt"
            listed = page("otp-25.2.3-SHA256.txt").replace(b"25.2.3", version.encode())
            server.put(place, listed)
        yield clients_with(upstream.mirrors, HOSTS["Debian 12"], tmp_path)


def outcome(host: Host, version: str, clients: Clients, tmp_path: Path) -> str:
    """Return what `toolpin install` does with a version, as the table words it."""
    erlang = read_registry(Paths(str(tmp_path), str(tmp_path))).require("erlang")
    pin = Pin("erlang", version)
    failures = []
    for spec in allowed_sources(erlang, host, ()):
        if spec.kind == "debian":  # other versions, on Debian's own machines
            continue
        try:
            make_plan(erlang, spec, pin, host, clients)
        except NotPublished as error:
            failures.append(Failure(spec, error))
            continue
        if not spec.build:
            return "prebuilt"
        undigested = any(isinstance(failure.error, NoChecksum) for failure in failures)
        return "source, or trust" if undigested else "source"
    catalogs = Catalogs(Cache(str(tmp_path / "cache")), clients, Settings())
    job = Job(pin, Origin("the command line"))
    hint = no_source_error(erlang, job, failures, host, catalogs).hint or ""
    return FLAGS.get(hint.removeprefix(f"toolpin install {pin} "), "none")


def documented() -> dict[tuple[str, str], str]:
    """Return the table of docs/guide/erlang-builds.md by system and version."""
    text = (REPOSITORY / "docs/guide/erlang-builds.md").read_text()
    table = re.search(r"(?m)^\| system \|.*\n\|[-| ]+\n((?:\|.*\n)+)", text)
    assert table
    head = table[0].splitlines()[0]
    versions = [cell.strip() for cell in head.strip("|").split("|")][1:]
    results: dict[tuple[str, str], str] = {}
    for line in table[1].splitlines():
        system, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        results |= {(system, v): cell for v, cell in zip(versions, cells, strict=True)}
    return results


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("system", HOSTS)
def test_the_table_of_the_docs_is_what_install_does(
    system: str,
    version: str,
    clients: Clients,
    tmp_path: Path,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if system in WITHOUT_APT:
        monkeypatch.setenv("PATH", "/nowhere")
    expected = outcome(HOSTS[system], version, clients, tmp_path)
    assert documented()[system, version] == expected


def test_the_table_of_the_docs_has_every_system_and_version() -> None:
    assert set(documented()) == {(host, other) for host in HOSTS for other in VERSIONS}
