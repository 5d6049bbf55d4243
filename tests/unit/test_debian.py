"""Debian's versions and packages, as far as text alone tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from toolpin.model import Artifact, Digest, Host, Patch, Rewrite, Unpack
from toolpin.plugins.registry import read_registry
from toolpin.sources.apt_client import AptClient
from toolpin.sources.apt_lists import DebPackage, upstream_version
from toolpin.sources.deb_files import package_of
from toolpin.sources.debian import KIND, DebianSource
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

HOST = any_of("linux-x64")
POOL = "deb:pool/main/e/erlang"


def package(name: str, version: str, pool: str = POOL) -> Artifact:
    filename = f"{name}_{version}_amd64.deb"
    return Artifact(f"{pool}/{filename}", Digest("sha256", "0" * 64), 1, filename)


BASE = package("erlang-base", "25.2.3+dfsg-1+deb12u4")
CRYPTO = package("erlang-crypto", "25.2.3+dfsg-1+deb12u4")
JQUERY = package("libjs-jquery", "3.6.1-1", "deb:pool/main/n/node-jquery")
SCRIPTS = "usr/share/javascript"
LIBC = package("libc6", "2.41-12", "deb:pool/main/g/glibc")


@pytest.fixture
def debian(tmp_path: Path) -> SourceSpec:
    registry = read_registry(Paths(str(tmp_path), str(tmp_path)))
    return next(
        source for source in registry.require("erlang").sources if source.id == "debian"
    )


@pytest.mark.parametrize(
    ("debian_version", "version"),
    [
        ("1:25.2.3+dfsg-1+deb12u4", "25.2.3"),
        ("1:27.3.4.1+dfsg-1+deb13u3", "27.3.4.1"),
        ("1.14.0.dfsg-2", "1.14.0"),
        ("1.18.3.dfsg-1.1", "1.18.3"),
        ("1.10.3.ds1-1", "1.10.3"),
        ("29.1.2-1~bpo13+1", "29.1.2"),
        ("1:29.1~rc2-1", "29.1-rc2"),
        ("1.19.0~rc.2.dfsg-1", "1.19.0-rc.2"),
        ("1:27.0~rc1+dfsg-1", "27.0-rc1"),
        ("3.1.2", "3.1.2"),
    ],
)
def test_a_packagers_part_of_a_version_does_not_count(
    debian_version: str, version: str
) -> None:
    assert upstream_version(debian_version) == version


def test_packages_of_the_tool_join_and_a_runtime_lies_apart(debian: SourceSpec) -> None:
    plain = KIND.steps(debian, (BASE, CRYPTO, JQUERY), "25.2.3", HOST)
    assert [step for step in plain if isinstance(step, Unpack)] == [
        Unpack(0, only="usr/lib/erlang", strip=3, shared=(SCRIPTS,)),
        Unpack(1, only="usr/lib/erlang", strip=3, shared=(SCRIPTS,)),
        Unpack(2, into=SCRIPTS, only=SCRIPTS, strip=3),
    ]
    assert Rewrite("bin/erl", "/usr/lib/erlang") in plain
    assert not [step for step in plain if isinstance(step, Patch)]
    bound = KIND.steps(debian, (BASE, LIBC), "25.2.3", HOST)
    assert Unpack(1, "runtime", 3, "usr/lib/x86_64-linux-gnu") in bound
    assert bound[-1] == Patch("runtime", "ld-linux-x86-64.so.2")


class Apt:
    """Stands for a machine's apt: bookworm has each package that is asked for."""

    def packages(
        self, suite: str, names: Sequence[str], host: Host
    ) -> dict[str, DebPackage]:
        assert host.os == "linux"
        if suite != "bookworm":
            return {}
        digest = Digest("sha256", "0" * 64)
        path = "pool/main/e/erlang/{}_25.2.3+dfsg-1_amd64.deb"
        return {
            name: DebPackage(name, "1:25.2.3+dfsg-1", path.format(name), digest, 1)
            for name in names
        }


@pytest.mark.parametrize(
    ("glibc", "libraries", "bound"),
    [
        pytest.param("2.36", {"libcrypto.so.3"}, False, id="all is here"),
        pytest.param("2.35", {"libcrypto.so.3"}, True, id="an older glibc"),
        pytest.param("2.41", {"libcrypto.so.1.1"}, True, id="another OpenSSL"),
        pytest.param("2.41", set(), True, id="no OpenSSL"),
    ],
)
def test_what_the_host_lacks_comes_out_of_the_suite(
    glibc: str, libraries: set[str], bound: bool, debian: SourceSpec
) -> None:
    host = HOST._replace(libc_version=glibc, libraries=frozenset(libraries))
    source = DebianSource(debian, cast(AptClient, Apt()))
    packages = [package_of(artifact) for artifact in source.artifacts("25.2.3", host)]
    assert ("libc6" in packages) == bound
    plain, more = source.builds("25.2.3", host)
    assert plain.requires == (("glibc", "2.36"), ("soname", "libcrypto.so.3"))
    assert more.requires == ()


@pytest.mark.parametrize(
    "artifacts",
    [
        pytest.param((), id="nothing"),
        pytest.param((CRYPTO,), id="no main package"),
        pytest.param((BASE, BASE), id="two main packages"),
        pytest.param((BASE, package("bash", "5.2")), id="another package"),
        pytest.param((package("erlang-base", "27.0-1"),), id="another version"),
        pytest.param(
            (package("erlang-base", "25.2.3-1", "https://evil.example"),), id="a URL"
        ),
        pytest.param(
            (package("erlang-base", "25.2.3-1", "deb:pool/../../x"),), id="a way out"
        ),
    ],
)
def test_a_lockfile_names_no_other_package(
    artifacts: tuple[Artifact, ...], debian: SourceSpec
) -> None:
    assert not KIND.names(debian, artifacts, "25.2.3", HOST)
    assert KIND.names(debian, (BASE, CRYPTO, JQUERY, LIBC), "25.2.3", HOST)


@pytest.mark.parametrize(
    ("filename", "is_it"),
    [
        ("erlang_25.2.3+dfsg.orig.tar.xz", True),
        ("erlang_25.2.4+dfsg.orig.tar.xz", False),
        ("erlang_25.2.3+dfsg-1_amd64.deb", False),
        ("elixir-lang_25.2.3.orig.tar.xz", False),
    ],
)
def test_source_code_is_the_original_tarball(
    filename: str, is_it: bool, debian: SourceSpec
) -> None:
    code = debian._replace(build=True, own=debian.own._replace(package="erlang"))
    artifact = Artifact(f"{POOL}/{filename}", Digest("sha256", "0" * 64), 1, filename)
    assert KIND.names(code, (artifact,), "25.2.3", HOST) == is_it
    foreign = artifact._replace(locator=f"https://evil.example/{filename}")
    assert not KIND.names(code, (foreign,), "25.2.3", HOST)
