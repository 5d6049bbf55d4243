"""Rust: components that become one toolchain, channels, and the user's own Cargo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shell.scenario import TOOLPIN
from tests.support.run import Home
from tests.support.rust import RustUpstream
from tests.support.server import Server
from tests.support.triples import TRIPLES


@pytest.fixture
def rust(home: Home) -> Iterator[RustUpstream]:
    with Server() as server:
        copy = RustUpstream(server)
        copy.mirror_for(home)
        copy.release("1.83.0")
        copy.release("1.84.0")
        copy.dated("beta", "2026-07-30")
        copy.dated("nightly", "2026-07-31")
        home.env["PATH"] = f"{home.data}/shims:{home.env['PATH']}"
        yield copy


def installed(home: Home, version: str) -> Path:
    """Pin a version and install it."""
    home.pin(f"rust {version}\n")
    done = home.toolpin("install")
    assert done.code == 0, done.err
    return home.data / f"installs/rust/{version}"


@pytest.mark.usefixtures("rust")
def test_the_components_become_one_toolchain(home: Home) -> None:
    tree = installed(home, "1.84.0")
    programs = "cargo cargo-clippy cargo-fmt clippy-driver rustc rustdoc rustfmt"
    assert sorted(path.name for path in (tree / "bin").iterdir()) == programs.split()
    (library,) = (tree / "lib/rustlib").glob("*/lib/*.rlib")
    assert library.parts[-3] in TRIPLES.values()
    names = {path.name for path in tree.iterdir()}
    assert names == {"bin", "lib", ".toolpin"}
    assert home.run(home.shim("cargo"), "build").out == "rustc 1.84.0 --version\n"
    assert home.toolpin("verify", "rust").code == 0


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("stable", "1.84.0"),
        ("1.83", "1.83.0"),
        ("beta", "beta-2026-07-30"),
        ("nightly", "nightly-2026-07-31"),
        ("nightly-2026-07-31", "nightly-2026-07-31"),
    ],
)
def test_a_channel_is_locked_by_its_day_and_its_digests(
    wanted: str, version: str, home: Home, rust: RustUpstream
) -> None:
    home.pin(f"rust {wanted}\n")
    done = home.toolpin("lock")
    assert done.code == 0, done.err
    assert "next:" not in done.err
    assert "not in" not in done.err
    rust.release("1.85.0")
    rust.dated("nightly", "2026-08-01")
    rust.dated("beta", "2026-08-02")
    assert home.toolpin("install").code == 0
    done = home.run(home.shim("rustc"), "--version")
    assert (done.code, done.out) == (0, f"rustc {version} --version\n"), done.err
    text = (home.project / "toolpin.lock").read_text()
    assert text.count("locator") == len(TRIPLES) * 5


@pytest.mark.usefixtures("rust")
@pytest.mark.parametrize("wanted", ["stable", "nightly", "beta", "1.84.0"])
def test_only_the_source_of_the_channel_is_reported(home: Home, wanted: str) -> None:
    home.pin(f"rust {wanted}\n")
    done = home.toolpin("install")
    assert done.code == 0, done.err
    assert "next:" not in done.err


def test_a_day_that_the_list_does_not_have_yet_is_found(
    home: Home, rust: RustUpstream
) -> None:
    rust.dated("nightly", "2026-08-01", listed=False)
    home.pin("rust nightly-2026-08-01\n")
    done = home.toolpin("install", env={"CI": "true"})
    assert done.code == 0, done.err
    done = home.toolpin("lock")
    assert done.code == 0, done.err
    assert "nightly-2026-08-01" in home.run(home.shim("rustc")).out


PROXY = """#!/bin/sh
echo "rustup's ${0##*/} for ${RUSTUP_TOOLCHAIN:-the default}"
"""


def fill_cargo_home(directory: Path) -> None:
    """Put what rustup has into a Cargo home, and a program of `cargo install`."""
    bins = directory / "bin"
    bins.mkdir(parents=True)
    for name in ("cargo", "rustc", "rust-analyzer"):
        (bins / name).write_text(PROXY)
        (bins / name).chmod(0o755)
    (bins / "xqwzt").write_text("#!/bin/sh\necho installed by cargo\n")
    (bins / "xqwzt").chmod(0o755)


ROADS = {
    "shim": "cargo",
    "exec": f"{TOOLPIN} exec cargo",
    "env": f'eval "$({TOOLPIN} env)"; cargo',
    "activate": f'cd /; eval "$({TOOLPIN} activate bash)"; cd - >/dev/null; cargo',
}


@pytest.mark.usefixtures("rust")
@pytest.mark.parametrize("own", [False, True], ids=["default", "CARGO_HOME"])
@pytest.mark.parametrize("road", ROADS)
def test_the_users_programs_are_behind_the_toolchain_and_the_shims(
    home: Home, road: str, own: bool
) -> None:
    tree = installed(home, "1.84.0")
    directory = home.root / "own" if own else home.home / ".cargo"
    fill_cargo_home(directory)
    home.env |= {"RUSTUP_TOOLCHAIN": "xqwzt"} | (
        {"CARGO_HOME": str(directory)} if own else {}
    )

    def answer(words: str) -> str:
        done = home.run("bash", "-c", f"{ROADS[road]} {words}")
        assert done.code == 0, done.err
        return done.out

    entries = answer("path").strip().split(":")
    assert entries[:3] == [f"{tree}/bin", f"{home.data}/shims", f"{directory}/bin"]
    assert entries.count(f"{directory}/bin") == 1
    assert answer("run xqwzt") == "installed by cargo\n"
    assert answer("run rust-analyzer") == "rustup's rust-analyzer for xqwzt\n"
    assert answer("build") == "rustc 1.84.0 --version\n"


@pytest.mark.usefixtures("rust")
def test_a_users_directory_that_is_on_path_stays_where_it_is(home: Home) -> None:
    installed(home, "1.84.0")
    home.env["PATH"] += f":{home.home}/.cargo/bin"
    for line in ("cargo path", f"{TOOLPIN} exec cargo path"):
        entries = home.run("bash", "-c", line).out.strip().split(":")
        assert entries.index(f"{home.home}/.cargo/bin") == len(entries) - 1


@pytest.mark.usefixtures("rust")
def test_a_relative_cargo_home_is_not_on_path(home: Home) -> None:
    installed(home, "1.84.0")
    home.env["CARGO_HOME"] = "own"
    for line in ("cargo path", f"{TOOLPIN} exec cargo path"):
        assert "own/bin" not in home.run("bash", "-c", line).out


@pytest.mark.usefixtures("rust")
def test_a_new_toolchain_gets_the_users_default_crates(home: Home) -> None:
    (home.home / ".default-cargo-crates").write_text("xqwzt\nxqwzt-broken\n")
    home.pin("rust 1.84.0\n")
    done = home.toolpin("install")
    assert done.code == 0, done.err
    assert "rust 1.84.0: `cargo install xqwzt-broken` ended with 101" in done.err
    for words in (["cargo", "run", "xqwzt"], ["xqwzt"]):
        done = home.toolpin("exec", *words)
        assert done.out == "xqwzt from 1.84.0\n", done.err
    assert not (home.data / "shims/xqwzt").exists()


TOOLCHAIN = """[toolchain]
channel = "stable"
components = ["clippy", "rust-src"]
targets = [
  "wasm32-unknown-unknown", "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu",
]
"""


@pytest.mark.usefixtures("rust")
def test_a_toolchain_file_counts_where_manifests_do(home: Home) -> None:
    file = home.project / "rust-toolchain.toml"
    file.write_text(TOOLCHAIN)
    assert "no tool is pinned here" in home.toolpin("install").err
    home.env["TOOLPIN_IDIOMATIC"] = "all"
    for command in ("lock", "install"):
        done = home.toolpin(command)
        assert done.code == 0, done.err
        assert f"{file}:2: rust is installed without component rust-src, " in done.err
        assert "target wasm32-unknown-unknown" in done.err
        linux = (TRIPLES["linux-x64"], TRIPLES["linux-arm64"])
        named = [target for target in linux if f"target {target}" in done.err]
        assert len(named) == 1  # this host's is in each toolchain
    assert home.run(home.shim("rustc")).out == "rustc 1.84.0\n"
    (home.project / "rust-toolchain").write_text("1.83.0\n")
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("rustc")).out == "rustc 1.83.0\n"


@pytest.mark.usefixtures("rust")
def test_a_channel_can_be_pinned_after_a_release(home: Home) -> None:
    """The list of the releases is known by then, and has no such name."""
    installed(home, "1.84")
    for wanted in ("nightly", "beta-2026-07-30"):
        done = home.toolpin("pin", "rust", wanted)
        assert done.code == 0, done.err
        assert (home.project / ".tool-versions").read_text() == f"rust {wanted}\n"
    assert "rust has no version xqwzt" in home.toolpin("pin", "rust", "xqwzt").err
