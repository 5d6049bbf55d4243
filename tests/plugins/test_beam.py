"""Erlang, Elixir and rebar3: every list and image leads to the right file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.beam import BeamUpstream
from tests.support.server import Server
from toolpin.binaries.fit import best
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NoFit, NotPublished, Unreachable
from toolpin.install.catalogs import Catalogs
from toolpin.install.first_builds import Failure
from toolpin.install.jobs import Job
from toolpin.install.planner import assemble, locked_builds, make_plan
from toolpin.install.source_choice import no_source_error
from toolpin.model import (
    Artifact,
    Digest,
    Host,
    Origin,
    Patch,
    Pin,
    Place,
    Release,
    Run,
    Unpack,
)
from toolpin.plugins.registry import Registry, read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.verification import Level

IMAGES = ("ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04")
OPENSSL_1 = frozenset({"libcrypto.so.1.1"})
OPENSSL_3 = frozenset({"libcrypto.so.3"})
HERE = Host("linux", "x64", "glibc", "2.36", OPENSSL_3)
OTP = "https://builds.hex.pm/builds/otp"
MACOS = "https://github.com/erlef/otp_builds/releases/download"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return read_registry(Paths(str(tmp_path), str(tmp_path)))


@pytest.fixture
def erlang(registry: Registry) -> Tool:
    return registry.require("erlang")


@pytest.fixture
def elixir(registry: Registry) -> Tool:
    return registry.require("elixir")


@pytest.fixture
def upstream() -> Iterator[BeamUpstream]:
    with Server() as server:
        yield BeamUpstream(server)


@pytest.fixture
def clients(upstream: BeamUpstream, tmp_path: Path) -> Clients:
    return Clients(
        Settings(mirrors=upstream.mirrors),
        env={},
        host=HERE,
        cache=Cache(str(tmp_path / "cache")),
        helpers=str(tmp_path / "helpers"),
        remark=print,
    )


def source(tool: Tool, name: str) -> SourceSpec:
    return next(spec for spec in tool.sources if spec.id == name)


def located(tool: Tool, spec: SourceSpec, pin: Pin, host: Host, on: Clients) -> str:
    return make_plan(tool, spec, pin, host, on).artifacts[0].locator


@pytest.mark.parametrize(
    ("host", "image"),
    [
        (Host("linux", "x64", "glibc", glibc, libraries), f"amd64/ubuntu-{image}")
        for glibc, libraries, image in (
            ("2.36", OPENSSL_3, "22.04"),  # Debian 12
            ("2.34", OPENSSL_3, "22.04"),  # RHEL 9
            ("2.31", OPENSSL_1, "20.04"),  # Debian 11, Ubuntu 20.04
            ("2.39", OPENSSL_3, "24.04"),  # Ubuntu 24.04
            ("2.41", OPENSSL_3 | OPENSSL_1, "24.04"),  # Debian 13
            ("2.36", OPENSSL_1, "20.04"),
        )
    ]
    + [(Host("linux", "arm64", "glibc", "2.35", OPENSSL_3), "arm64/ubuntu-22.04")],
    ids=str,
)
def test_a_linux_host_gets_the_build_that_asks_most_and_runs(
    host: Host, image: str, erlang: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.otp("27.1.2", IMAGES)
    plan = make_plan(
        erlang, source(erlang, "hex"), Pin("erlang", "27.1.2"), host, clients
    )
    assert plan.artifacts[0].locator == f"{OTP}/{image}/OTP-27.1.2.tar.gz"
    assert plan.steps == (
        Unpack(0, strip=1),
        Run(("sh", "Install", "-minimal", "{install}")),
    )
    assert plan.is_in_place
    assert not plan.is_bound


@pytest.mark.parametrize(
    ("arch", "target"), [("x64", "x86_64"), ("arm64", "aarch64")], ids=str
)
def test_a_mac_gets_the_build_of_its_machine_as_it_is(
    arch: str, target: str, erlang: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.otp_for_macos("27.1.2")
    host = Host("macos", arch, "", "14.5")
    spec = source(erlang, "erlef")
    plan = make_plan(erlang, spec, Pin("erlang", "27.1.2"), host, clients)
    expected = f"{MACOS}/OTP-27.1.2/otp-{target}-apple-darwin.tar.gz"
    assert plan.artifacts[0].locator == expected
    assert plan.steps == (Unpack(0),)


def test_a_build_that_lacks_a_library_here_says_which(
    erlang: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.otp("22.2", ["ubuntu-20.04"])
    upstream.otp("27.1.2", ["ubuntu-24.04"])
    hex_builds = clients.open(source(erlang, "hex"))
    with pytest.raises(NoFit) as caught:
        hex_builds.artifacts("22.2", HERE)
    assert caught.value.facts == (("ubuntu-20.04", "needs libcrypto.so.1.1"),)
    with pytest.raises(NoFit) as caught:
        hex_builds.artifacts("27.1.2", HERE)
    assert caught.value.facts == (("ubuntu-24.04", "needs glibc 2.39"),)
    assert len(hex_builds.releases(HERE)) == 2
    with pytest.raises(NotPublished) as unknown:
        hex_builds.artifacts("22.3", HERE)
    assert not isinstance(unknown.value, NoFit)


@pytest.mark.parametrize(
    ("glibc", "images", "fix"),
    [
        ("2.36", ["ubuntu-20.04"], "toolpin install erlang 22.2 --source hex-openssl"),
        ("2.36", ["ubuntu-24.04"], "toolpin list-all erlang 22"),
        ("2.28", ["ubuntu-20.04"], "toolpin list-all erlang 22"),  # too old for both
    ],
)
def test_the_fix_is_a_source_whose_build_runs_here(
    glibc: str,
    images: list[str],
    fix: str,
    erlang: Tool,
    *,
    upstream: BeamUpstream,
    clients: Clients,
    tmp_path: Path,
) -> None:
    upstream.otp("22.2", images)
    host, spec = HERE._replace(libc_version=glibc), source(erlang, "hex")
    with pytest.raises(NoFit) as caught:
        clients.open(spec).artifacts("22.2", host)
    job = Job(Pin("erlang", "22.2"), Origin("x"))
    known = Catalogs(Cache(str(tmp_path / "cache")), clients, Settings())
    error = no_source_error(erlang, job, [Failure(spec, caught.value)], host, known)
    assert error.hint == fix


def test_branches_and_damaged_lines_are_no_builds(
    erlang: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.otp("27.1.2", ["ubuntu-22.04"])
    place = "/hex/builds/otp/amd64/ubuntu-22.04/builds.txt"
    for line in (
        "maint 6dc93c1ef59d4e7d 2017-01-01T00:00:00Z",
        f"maint 6dc93c1ef59d4e7d 2017-01-01T00:00:00Z {'0' * 64}",
        f"OTP-27.1.3 6dc93c1ef59d4e7d 2017-01-01T00:00:00Z {'0' * 63}",
        "",
    ):
        upstream.add_line(place, line)
    spec = source(erlang, "hex")
    assert clients.open(spec).releases(HERE) == [Release("27.1.2")]


def test_a_page_instead_of_a_list_is_no_answer(
    erlang: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    place = "/hex/builds/otp/amd64/ubuntu-22.04/builds.txt"
    upstream.server.put(place, b"<!DOCTYPE html><title>Log in</title>")
    with pytest.raises(Unreachable, match="not a list of builds"):
        clients.open(source(erlang, "hex")).releases(HERE)


def test_every_image_is_locked_and_each_host_finds_its_own(
    erlang: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.otp("27.1.2", IMAGES)
    spec, pin = source(erlang, "hex"), Pin("erlang", "27.1.2")
    builds = locked_builds(erlang, spec, pin, any_of("linux-x64"), clients)
    assert sorted(build.requires for build in builds) == [
        (("glibc", "2.31"), ("soname", "libcrypto.so.1.1")),
        (("glibc", "2.34"), ("soname", "libcrypto.so.3")),
        (("glibc", "2.39"), ("soname", "libcrypto.so.3")),
    ]
    chosen = best(builds, HERE, lambda build: build)
    assert chosen
    assert "ubuntu-22.04" in chosen.artifacts[0].locator
    plan = assemble(erlang, spec, pin, HERE, chosen.artifacts)
    assert plan.steps
    assert plan.verified == Level.CHECKSUM
    main = chosen.artifacts[0]
    for foreign in (
        main._replace(locator=main.locator.replace("22.04", "16.04")),
        main._replace(filename="OTP-27.1.2.zip"),
    ):
        with pytest.raises(NotPublished):
            assemble(erlang, spec, pin, HERE, [foreign])


def test_libraries_beside_a_build_bind_it_to_the_machine(erlang: Tool) -> None:
    """What is locked of it is assembled without asking anybody."""
    spec, pin = source(erlang, "hex-openssl"), Pin("erlang", "22.2")
    main = f"{OTP}/amd64/ubuntu-20.04/OTP-22.2.tar.gz"
    name = "libssl1.1_1.1.1w-0+deb11u1_amd64.deb"
    build = artifact(main), artifact(f"deb:pool/main/o/openssl/{name}")
    plan = assemble(erlang, spec, pin, HERE, build)
    assert plan.steps[-1] == Patch("runtime", "")
    assert plan.is_bound
    other = artifact("deb:pool/main/o/other/other_1_amd64.deb")
    with pytest.raises(NotPublished):
        assemble(erlang, spec, pin, HERE, [build[0], other])


def artifact(locator: str) -> Artifact:
    name = locator.rpartition("/")[2]
    return Artifact(locator, Digest("sha256", "0" * 64), None, name)


@pytest.mark.parametrize("version", ["1.17.3", "1.17.3-otp-27", "1.9.4-otp-22"])
def test_elixir_comes_as_hex_names_it(
    version: str, elixir: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.elixir(version)
    spec, pin = source(elixir, "hex"), Pin("elixir", version)
    expected = f"https://builds.hex.pm/builds/elixir/v{version}.zip"
    for host in spec.hosts:
        assert located(elixir, spec, pin, any_of(host), clients) == expected
    assert clients.open(spec).releases(HERE) == [Release(version)]


def test_a_variant_of_elixir_is_another_file_of_the_same_release(
    elixir: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.elixir_on_github("1.17.3", ["elixir-otp-26.zip", "elixir-otp-27.zip"])
    upstream.elixir_on_github("1.18-latest", ["elixir-otp-27.zip"])
    upstream.elixir_on_github("1.9.4", ["Precompiled.zip"])
    spec = source(elixir, "github")
    known = clients.open(spec).releases(HERE)
    assert {
        release.version for release in known if spec.is_release(release.version)
    } == {
        "1.17.3",
        "1.17.3-otp-26",
        "1.17.3-otp-27",
    }
    place = "https://github.com/elixir-lang/elixir/releases/download"
    pin = Pin("elixir", "1.17.3-otp-27")
    expected = f"{place}/v1.17.3/elixir-otp-27.zip"
    assert located(elixir, spec, pin, HERE, clients) == expected
    for version in ("1.17.3-otp-25", "1.9.4", "1.9.4-otp-22", "1.18-latest"):
        with pytest.raises(NotPublished):
            located(elixir, spec, Pin("elixir", version), HERE, clients)


@pytest.mark.parametrize(
    ("otp", "built_for"),
    [("26.2.5", "26"), ("27.1", "27"), ("28.0", "27"), ("", "25")],
)
def test_an_elixir_without_a_plain_build_is_the_newest_for_the_pinned_otp(
    otp: str, built_for: str, elixir: Tool, upstream: BeamUpstream, clients: Clients
) -> None:
    assets = [f"elixir-otp-{name}.zip" for name in ("25", "26", "27")]
    upstream.elixir_on_github("1.17.3", assets)
    spec, pin = source(elixir, "github"), Pin("elixir", "1.17.3")
    host = HERE._replace(beside=(("erlang", otp),) if otp else ())
    place = "https://github.com/elixir-lang/elixir/releases/download/v1.17.3"
    expected = f"{place}/elixir-otp-{built_for}.zip"
    assert located(elixir, spec, pin, host, clients) == expected
    too_old = host._replace(beside=(("erlang", "24.3"),))
    with pytest.raises(NoFit) as caught:
        located(elixir, spec, pin, too_old, clients)
    assert caught.value.facts[0] == ("1.17.3-otp-25", "needs erlang 25")
    builds = locked_builds(elixir, spec, pin, any_of("macos-arm64"), clients)
    assert [dict(build.requires)["tool-erlang"] for build in builds] == [
        "25",
        "26",
        "27",
    ]
    foreign = builds[0].artifacts[0]._replace(filename="Precompiled.zip")
    with pytest.raises(NotPublished):
        assemble(elixir, spec, pin, host, [foreign])


@pytest.mark.parametrize("name", ["github", "hex-1.x"])
def test_rebar_is_a_program_and_no_archive(
    name: str, registry: Registry, upstream: BeamUpstream, clients: Clients
) -> None:
    upstream.rebar("3.24.0")
    tool = registry.require("rebar3")
    spec, pin = source(tool, name), Pin("rebar", "3.24.0")
    plan = make_plan(tool, spec, pin, HERE, clients)
    assert plan.steps == (Place(0, "bin/rebar3"),)
    assert not plan.is_in_place
    assert clients.open(spec).releases(HERE) == [Release("3.24.0")]
    away = "https://builds.hex.pm/installs/../../x/rebar3-3.24.0"
    foreign = plan.artifacts[0]._replace(locator=away, filename="rebar3-3.24.0")
    with pytest.raises(NotPublished):
        assemble(tool, spec, pin, HERE, [foreign])
