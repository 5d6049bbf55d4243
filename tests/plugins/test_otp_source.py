"""The source code of Erlang/OTP: its digests, and the libraries an old one needs.

`otp-25.2.3-SHA256.txt` has two rows of that release's file, in the form in which
github.com/erlang/otp/issues/5231 quotes one: its digests are those that Homebrew's
formula has of the same files. The assets of 26.2.3 are from GitHub's API: that release
has no such file and no digests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from tests.support.run import REPOSITORY
from tests.support.server import Server
from toolpin.binaries.fit import best
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NoChecksum, NotPublished, Unreachable, UsageError
from toolpin.install.planner import (
    assemble,
    locked_builds,
    make_plan,
)
from toolpin.install.source_build_plan import left_out, recipe_for, supply
from toolpin.install.source_choice import allowed_sources, refuse_unnamed
from toolpin.model import (
    Artifact,
    Build,
    Compile,
    Digest,
    Host,
    Need,
    Patch,
    Pin,
    Recipe,
    Unpack,
)
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool, parse_tool
from toolpin.sources.apt_client import AptClient
from toolpin.sources.clients import Clients
from toolpin.sources.spec import SourceSpec
from toolpin.system.paths import Paths
from toolpin.verification import Level

HOST = Host("linux", "x64", "glibc", "2.36", frozenset({"libcrypto.so.3"}))
MUSL = Host("linux", "x64", "musl", "")
LISTED = REPOSITORY / "tests/upstream/pages/otp-25.2.3-SHA256.txt"
CODE = "f4d9f11d67ba478a053d72e635a44722a975603fe1284063fdf38276366bc61c"
DOWNLOADS = "/web/erlang/otp/releases/download"
NAMES = (
    "OTP-26.2.3.README",
    "otp_doc_html_26.2.3.tar.gz",
    "otp_doc_man_26.2.3.tar.gz",
    "otp_src_26.2.3.tar.gz",
    "otp_win32_26.2.3.exe",
    "otp_win64_26.2.3.exe",
)


@pytest.fixture
def erlang(tmp_path: Path) -> Tool:
    return read_registry(Paths(str(tmp_path), str(tmp_path))).require("erlang")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


class Apt:
    """Stands for the apt of a machine, which has each package that is asked for."""

    def artifacts(
        self, suite: str, names: Sequence[str], host: Host
    ) -> tuple[Artifact, ...]:
        assert (suite, host.libc) == ("bullseye", "glibc")
        return tuple(package(name) for name in names)


class NoApt:
    """Stands for a machine without apt."""

    def artifacts(self, *_: object) -> tuple[Artifact, ...]:
        raise Unreachable(
            "apt is not installed on this machine, so Debian cannot be queried"
        )


def package(name: str) -> Artifact:
    filename = f"{name}_1.1.1w-0+deb11u1_amd64.deb"
    locator = f"deb:pool/main/o/openssl/{filename}"
    return Artifact(locator, Digest("sha256", "0" * 64), 1, filename)


def tarball(version: str) -> Artifact:
    filename = f"otp_src_{version}.tar.gz"
    place = f"https://github.com/erlang/otp/releases/download/OTP-{version}"
    return Artifact(f"{place}/{filename}", Digest("sha256", "1" * 64), None, filename)


def clients(server: Server, tmp_path: Path, apt: object, *, first: bool) -> Clients:
    mirrors = (
        ("https://github.com", f"{server.url}/web"),
        ("https://api.github.com", f"{server.url}/api"),
    )
    settings = Settings(mirrors=mirrors, trust_on_first_use=first)
    cache = Cache(str(tmp_path / "cache"))
    made = Clients(
        settings,
        env={},
        host=HOST,
        cache=cache,
        helpers=str(tmp_path / "helpers"),
        remark=print,
    )
    made._services = made._services._replace(apt=cast(AptClient, apt))
    return made


@pytest.fixture
def on(server: Server, tmp_path: Path) -> Clients:
    return clients(server, tmp_path, Apt(), first=False)


def source(tool: Tool, name: str = "source") -> SourceSpec:
    return next(spec for spec in tool.sources if spec.id == name)


def old_needs(tool: Tool, host: Host = HOST) -> tuple[Recipe, list[Need]]:
    recipe = recipe_for(tool, source(tool), host)
    assert recipe
    return recipe, [need for need in recipe.needs if need.suite]


def test_the_digest_is_in_the_releases_own_list(
    erlang: Tool, server: Server, on: Clients
) -> None:
    server.put(f"{DOWNLOADS}/OTP-25.2.3/SHA256.txt", LISTED.read_bytes())
    pin, spec = Pin("erlang", "25.2.3"), source(erlang)
    plan = make_plan(erlang, spec, pin, HOST, on)
    assert plan.artifacts == (
        tarball("25.2.3")._replace(digest=Digest("sha256", CODE)),
    )
    (build,) = locked_builds(erlang, spec, pin, HOST, on)
    assert build.artifacts == plan.artifacts
    assert plan.verified == Level.CHECKSUM
    assert not [request for request in server.requests if "/api" in request.path]


def test_a_release_without_list_and_digests_has_no_checksum(
    erlang: Tool, server: Server, tmp_path: Path, on: Clients
) -> None:
    assets = [{"name": name, "size": 7} for name in NAMES]
    table = {"tag_name": "OTP-26.2.3", "draft": False, "assets": assets}
    place = "/api/repos/erlang/otp/releases/tags/OTP-26.2.3"
    server.put(place, json.dumps(table).encode())
    pin, spec = Pin("erlang", "26.2.3"), source(erlang)
    with pytest.raises(NoChecksum) as caught:
        make_plan(erlang, spec, pin, HOST, on)
    assert "otp_src_26.2.3.tar.gz is published without" in caught.value.what

    server.put(f"{DOWNLOADS}/OTP-26.2.3/otp_src_26.2.3.tar.gz", b"content")
    trusting = clients(server, tmp_path, Apt(), first=True)
    plan = make_plan(erlang, spec, pin, HOST, trusting)
    assert trusting.first_use.has_recorded(plan.artifacts)
    assert make_plan(erlang, spec, pin, HOST, on).artifacts == plan.artifacts

    assets[3]["digest"] = f"sha256:{CODE}"
    server.put(place, json.dumps(table).encode())
    later = clients(server, tmp_path, Apt(), first=False)
    (build,) = locked_builds(erlang, spec, pin, HOST, later)
    assert build.artifacts[0].digest.hex == CODE
    assert make_plan(erlang, spec, pin, HOST, later).verified == Level.CHECKSUM


def test_code_is_built_where_nobody_has_built_it(erlang: Tool) -> None:
    """Prebuilt ones first; who needs apt comes last, and is asked where all else fails.

    A lockfile for another machine is made where there is no apt, too.
    """
    ids = [spec.id for spec in allowed_sources(erlang, HOST, [])]
    assert ids == ["hex", "source", "debian"]
    ids = [spec.id for spec in allowed_sources(erlang, MUSL, [])]
    assert ids == ["source"]


def test_an_old_otp_is_built_with_an_openssl_of_its_own(
    erlang: Tool, server: Server, on: Clients
) -> None:
    server.put(
        f"{DOWNLOADS}/OTP-23.3/SHA256.txt",
        f"{'1' * 64}  otp_src_23.3.tar.gz\n".encode(),
    )
    pin, (_, needs) = Pin("erlang", "23.3"), old_needs(erlang)
    more = supply(needs, HOST, on)
    plan = make_plan(erlang, source(erlang), pin, HOST, on, supplies=more)
    assert plan.artifacts == (
        tarball("23.3"),
        package("libssl1.1"),
        package("libssl-dev"),
    )
    triplet = "x86_64-linux-gnu"
    assert [step for step in plan.steps if isinstance(step, Unpack)] == [
        Unpack(0, strip=1),
        Unpack(1, "toolpin-supplied/lib", 3, f"usr/lib/{triplet}"),
        Unpack(2, "toolpin-supplied/lib", 3, f"usr/lib/{triplet}"),
        Unpack(2, "toolpin-supplied/include", 2, "usr/include"),
        Unpack(2, "toolpin-supplied/include", 3, f"usr/include/{triplet}"),
    ]
    assert plan.steps[-1] == Patch("runtime", "")
    assert plan.recipe
    assert plan.recipe.supplied[0].option == "--with-ssl={supplied}"
    refuse_unnamed(plan, [])  # what is built here is for here
    plain = left_out(plan)
    assert plain.recipe
    assert (plain.recipe.supplied, plain.is_bound) == ((), False)
    assert plain.steps == (Unpack(0, strip=1), Compile(plain.recipe))


@pytest.mark.parametrize(
    ("more", "version"),
    [
        (["libssl1.1"], "23.3"),
        (["libssl1.1", "libssl-dev", "bash"], "23.3"),
        (["libssl1.1", "libssl-dev"], "24.2"),  # is new enough for OpenSSL 3
    ],
)
def test_no_other_packages_come_with_code(
    more: list[str], version: str, erlang: Tool
) -> None:
    artifacts = [tarball(version), *map(package, more)]
    with pytest.raises(NotPublished):
        assemble(erlang, source(erlang), Pin("erlang", version), HOST, artifacts)


def test_a_lockfile_has_a_build_for_either_openssl(
    erlang: Tool, server: Server, tmp_path: Path, on: Clients
) -> None:
    for version in ("23.3", "25.0"):
        listed = f"{'1' * 64}  otp_src_{version}.tar.gz\n"
        server.put(f"{DOWNLOADS}/OTP-{version}/SHA256.txt", listed.encode())
    spec, pin = source(erlang), Pin("erlang", "23.3")
    plain, more = locked_builds(erlang, spec, pin, HOST, on)
    assert plain.requires == (("soname", "libcrypto.so.1.1"),)
    assert (len(plain.artifacts), len(more.artifacts)) == (1, 3)
    assert best([plain, more], HOST, lambda item: item) == more
    older = HOST._replace(libraries=frozenset({"libcrypto.so.1.1"}))
    assert best([plain, more], older, lambda item: item) == plain

    alone = [Build((tarball("23.3"),))]
    without = clients(server, tmp_path, NoApt(), first=False)
    assert locked_builds(erlang, spec, pin, HOST, without) == alone
    assert locked_builds(erlang, spec, pin, MUSL, on) == alone
    (newer,) = locked_builds(erlang, spec, Pin("erlang", "25.0"), HOST, on)
    assert len(newer.artifacts) == 1


def test_only_linux_with_glibc_is_supplied(erlang: Tool) -> None:
    assert [need.libraries for need in old_needs(erlang)[1]] == [("libssl1.1",)]
    for host in (MUSL, Host("macos", "arm64", "", "14.5")):
        assert old_needs(erlang, host)[1] == []


def test_autoconf_is_wanted_for_debians_code_alone(erlang: Tool) -> None:
    for name, wanted in (("source", False), ("debian-source", True)):
        recipe = recipe_for(erlang, source(erlang, name), HOST)
        assert recipe
        assert ("autoconf" in [need.what for need in recipe.needs]) == wanted


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ('suite = "bullseye", ', ""),
        ('libraries = ["libssl1.1"], ', ""),
        ('headers = ["libssl-dev"], ', ""),
        ('libraries = ["libssl1.1"]', 'libraries = ["../libssl1.1"]'),
        ("--with-ssl={supplied}", "--with-ssl"),
        ('{supplied}", soname = "libcrypto.so.1.1"', '{supplied}"'),
        ('sources = ["debian-source"]', 'sources = "debian-source"'),
    ],
)
def test_a_need_names_all_that_comes_along_or_nothing(whole: str, part: str) -> None:
    text = (REPOSITORY / "plugins/erlang.toml").read_text()
    assert text.count(whole) == 1
    with pytest.raises(UsageError, match=r"build\.needs must be"):
        parse_tool(text.replace(whole, part), "erlang.toml")
