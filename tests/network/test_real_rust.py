"""Debian's Rust in the archives that the Rust project publishes: a program is built."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.rust import COMPONENTS
from tests.support.server import Server
from tests.support.shared import shared_apt
from tests.support.tags import serve_tags
from tests.support.triples import TRIPLES
from toolpin.sources.apt_client import AptClient
from toolpin.system.host import detect

pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    pytest.mark.skipif(
        shutil.which("apt-get") is None or str(detect()) not in TRIPLES,
        reason="only Debian and its like have an apt",
    ),
    pytest.mark.skipif(shutil.which("cc") is None, reason="rustc links with cc"),
]

VERSION = "1.63.0"
TRIPLE = TRIPLES.get(str(detect()), "")
# Rust's own archives have LLVM among their libraries, and Cargo's are linked in.
PACKAGES = """rustc libstd-rust-1.63 libstd-rust-dev cargo rust-clippy rustfmt libllvm14
    libgit2-1.5 libssh2-1 libhttp-parser2.9 libmbedtls14 libmbedcrypto7 libmbedx509-1
    """.split()
LIBRARIES = {
    "rustc": ("librustc_driver-*.so", "libstd-*.so", "libtest-*.so", "libLLVM-14.so*"),
    "cargo": ("libgit2.so.*", "libssh2.so.*", "libhttp_parser.so.*", "libmbed*.so.*"),
}
PROGRAMS = {
    "rustc": ("rustc", "rustdoc"),
    "cargo": ("cargo",),
    "clippy": ("cargo-clippy", "clippy-driver"),
    "rustfmt": ("cargo-fmt", "rustfmt"),
}
MAIN = 'fn main(){println!("{} from {}",6*7,std::env::consts::ARCH);}\n'


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's packages, all in one directory."""
    place = tmp_path_factory.mktemp("rust")
    client = AptClient(dict(os.environ), str(shared_apt(tmp_path_factory)))
    for artifact in client.artifacts("bookworm", PACKAGES, detect()):
        file = place / artifact.filename
        client.download(artifact, str(file))
        subprocess.run(("dpkg-deb", "-x", file, place / "root"), check=True)
        file.unlink()
    return place / "root"


def packed(component: str, root: Path) -> bytes:
    """Return a component in the layout of the Rust project's archives."""
    inside = {"clippy": "clippy-preview", "rustfmt": "rustfmt-preview"}
    inside["rust-std"] = f"rust-std-{TRIPLE}"
    top = f"{component}-{VERSION}-{TRIPLE}"
    base = f"{top}/{inside.get(component, component)}"
    written = BytesIO()
    with tarfile.open(fileobj=written, mode="w", dereference=True) as file:
        for name in PROGRAMS.get(component, ()):
            file.add(root / "usr/bin" / name, f"{base}/bin/{name}")
        for pattern in LIBRARIES.get(component, ()):
            for path in root.glob(f"usr/lib/*-linux-gnu/{pattern}"):
                file.add(path, f"{base}/lib/{path.name}")
        if component == "rust-std":
            libraries = f"lib/rustlib/{TRIPLE}/lib"
            file.add(root / "usr" / libraries, f"{base}/{libraries}")
        for name in ("components", "install.sh", "rust-installer-version", "version"):
            file.addfile(tarfile.TarInfo(f"{top}/{name}"))
        file.addfile(tarfile.TarInfo(f"{base}/manifest.in"))
    return lzma.compress(written.getvalue(), preset=0)


@pytest.fixture(scope="module")
def server(unpacked: Path) -> Iterator[Server]:
    with Server() as running:
        for component in COMPONENTS:
            name = f"{component}-{VERSION}-{TRIPLE}.tar.xz"
            data = packed(component, unpacked)
            running.put(f"/rust/dist/{name}", data)
            line = f"{hashlib.sha256(data).hexdigest()}  {name}\n"
            running.put(f"/rust/dist/{name}.sha256", line.encode())
        serve_tags(running, "/github/rust-lang/rust", [VERSION])
        yield running


def test_cargo_compiles_and_runs_a_program(home: Home, server: Server) -> None:
    home.env["TOOLPIN_MIRRORS"] = (
        f"https://static.rust-lang.org={server.url}/rust"
        f" https://github.com={server.url}/github"
    )
    home.pin("rust 1.63\n")
    for words in (["lock", "--host", str(detect())], ["install"]):
        done = home.toolpin(*words, timeout_s=300)
        assert done.code == 0, done.err
    install = home.data / f"installs/rust/{VERSION}"
    # Debian's programs do not search for their libraries beside themselves.
    home.env |= {"LD_LIBRARY_PATH": f"{install}/lib"}
    home.env["PATH"] = f"{home.data}/shims:{home.env['PATH']}"
    assert home.run("rustc", "--print", "sysroot").out == f"{install}\n"
    (home.project / "src").mkdir()
    (home.project / "src/main.rs").write_text(MAIN)
    manifest = '[package]\nname = "xqwzt"\nversion = "0.1.0"\nedition = "2021"\n'
    (home.project / "Cargo.toml").write_text(manifest)
    for words in (["fmt"], ["clippy", "--offline"], ["build", "--offline"]):
        done = home.run("cargo", *words, timeout_s=300)
        assert done.code == 0, done.err
    assert (home.project / "src/main.rs").read_text() != MAIN
    done = home.run("cargo", "run", "--offline", "--quiet")
    assert done.out == f"42 from {TRIPLE.partition('-')[0]}\n", done.err
    done = home.run("cargo", "install", "--offline", "--path", ".", timeout_s=300)
    assert done.code == 0, done.err
    assert home.toolpin("exec", "xqwzt").out.startswith("42 from ")
    assert home.toolpin("verify", "rust", timeout_s=120).code == 0
