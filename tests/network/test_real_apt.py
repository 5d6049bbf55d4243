"""Debian's lists through this machine's apt, whatever the machine prefers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.beam import BeamUpstream
from tests.support.server import Server
from tests.support.shared import shared_apt
from toolpin.binaries.fit import best
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NotPublished
from toolpin.model import Host
from toolpin.plugins.registry import read_registry
from toolpin.sources.apt_client import AptClient
from toolpin.sources.clients import Clients
from toolpin.sources.deb_files import package_of
from toolpin.sources.debian import DebianSource
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

needs_apt = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
)
pytestmark = [pytest.mark.network, needs_apt]


def test_what_a_machine_prefers_and_does_after_an_update_does_not_count(
    tmp_path: Path,
) -> None:
    hooked = tmp_path / "hooked"
    preferences = tmp_path / "preferences"
    preferences.write_text("Package: *\nPin: release n=bookworm\nPin-Priority: -10\n")
    config = tmp_path / "apt.conf"
    config.write_text(
        'APT::Default-Release "trixie";\n'
        f'Dir::Etc::Preferences "{preferences}";\n'
        f'APT::Update::Post-Invoke {{ "touch {hooked}; false"; }};\n'
    )
    env = {**os.environ, "APT_CONFIG": str(config)}
    client = AptClient(env, str(tmp_path / "a directory"))
    packages = client.packages("bookworm", ["elixir", "no-such"], any_of("linux-x64"))
    assert list(packages) == ["elixir"]
    assert packages["elixir"].version.startswith("1.14.0")
    assert not hooked.exists()


@pytest.mark.parametrize(
    ("glibc", "libraries", "brings_its_own"),
    [
        ("2.36", ["libcrypto.so.3"], False),
        ("2.36", ["libcrypto.so.1.1"], True),
        ("2.35", ["libcrypto.so.3"], True),
        ("", ["libcrypto.so.3"], True),
    ],
)
def test_a_host_without_what_a_suite_needs_gets_the_suites_libraries(
    glibc: str,
    libraries: list[str],
    brings_its_own: bool,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tool = read_registry(Paths(str(tmp_path), str(tmp_path))).require("erlang")
    spec = next(source for source in tool.sources if source.id == "debian")
    host = Host("linux", "x64", "glibc", glibc, frozenset(libraries))
    apt = AptClient(os.environ, str(shared_apt(tmp_path_factory)))
    source = DebianSource(spec, apt)
    packages = {package_of(artifact) for artifact in source.artifacts("25.2.3", host)}
    assert ("libssl3" in packages) == ("libc6" in packages) == brings_its_own
    needs = (("glibc", "2.36"), ("soname", "libcrypto.so.3"))
    builds = source.builds("25.2.3", host)
    assert [build.requires for build in builds] == [needs, ()]
    chosen = best(builds, host, lambda build: build)
    if glibc:
        assert chosen
        assert {package_of(artifact) for artifact in chosen.artifacts} == packages


def test_libraries_that_a_suite_lacks_are_no_build(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tool = read_registry(Paths(str(tmp_path), str(tmp_path))).require("erlang")
    spec = next(source for source in tool.sources if source.id == "hex-openssl")
    with Server() as server:
        upstream = BeamUpstream(server)
        upstream.otp("22.2", ["ubuntu-20.04"])
        clients = Clients(
            Settings(mirrors=upstream.mirrors),
            env=os.environ,
            host=any_of("linux-x64"),
            cache=Cache(str(tmp_path)),
            helpers=str(shared_apt(tmp_path_factory).parent),
            remark=print,
        )
        artifacts = clients.open(spec).artifacts("22.2", any_of("linux-x64"))
        assert package_of(artifacts[1]) == "libssl1.1"
        lacking = spec._replace(own=spec.own._replace(runtime=("libssl1.1", "no-such")))
        with pytest.raises(NotPublished, match="has no no-such"):
            clients.open(lacking).artifacts("22.2", any_of("linux-x64"))
