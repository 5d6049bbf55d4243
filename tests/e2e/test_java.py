"""Java as its users pin it: vendors, bare numbers, other files, and JAVA_HOME."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator

import pytest

from tests.support.archives import Entry, compress, symlink, tar
from tests.support.java import JavaUpstream, jdk
from tests.support.releases import Releases
from tests.support.run import TOOLPIN, Home
from tests.support.server import Server

TEMURIN = "https://github.com/adoptium/temurin{}-binaries/releases/download/jdk-{}"
OLD, NEW = "temurin-17.0.9+9", "temurin-21.0.12+8.0.LTS"
ZULU = "zulu-17.46.19"
MAVEN = "/archive.apache.org/dist/maven/maven-3/3.9.9/binaries"
BUILDS = [
    (OLD, TEMURIN.format(17, "17.0.9%2B9/OpenJDK17U-jdk.tar.gz"), "jdk-17.0.9+9"),
    (NEW, TEMURIN.format(21, "21.0.12%2B8/OpenJDK21U-jdk.tar.gz"), "jdk-21.0.12+8"),
    (ZULU, "https://static.azul.com/zulu/bin/zulu17.46.19.tar.gz", "zulu17.46.19"),
]


def _maven(server: Server) -> None:
    """Publish a Maven that starts the Java of JAVA_HOME, as the real one does."""
    script = b'#!/bin/sh\nexec "$JAVA_HOME/bin/java" maven "$@"\n'
    root = "apache-maven-3.9.9/bin"
    entries = [Entry(f"{root}/{name}", script, 0o755) for name in ("mvn", "mvnDebug")]
    data = compress(tar(*entries), "gz")
    name = f"{MAVEN}/apache-maven-3.9.9-bin.tar.gz"
    server.put(name, data)
    server.put(f"{name}.sha512", hashlib.sha512(data).hexdigest().encode())


@pytest.fixture(scope="module")
def upstream() -> Iterator[JavaUpstream]:
    with Server() as server:
        java = JavaUpstream(server)
        builds = [(name, url, jdk(name, top=top)) for name, url, top in BUILDS]
        for host in ("linux-x64", "linux-arm64"):
            java.publish(host, builds)
        linked = compress(
            tar(
                Entry(
                    "zulu17/zulu-17.jdk/Contents/Home/bin/java", b"#!/bin/sh\n", 0o755
                ),
                symlink("zulu17/bin", "zulu-17.jdk/Contents/Home/bin"),
            ),
            "gz",
        )
        inside = jdk(OLD, top="jdk-17.0.9+9", home="Contents/Home")
        for host in ("macos-x64", "macos-arm64"):
            of_macos = [(OLD, BUILDS[0][1].replace("jdk.", "jdk_mac."), inside)]
            of_macos.append((ZULU, BUILDS[2][1].replace(".tar", "_mac.tar"), linked))
            java.publish(host, of_macos)
        _maven(server)
        java.also("archive.apache.org")
        yield java


@pytest.fixture
def machine(home: Home, upstream: JavaUpstream) -> Home:
    upstream.mirror_for(home)
    return home


def test_a_bare_number_is_temurins(machine: Home) -> None:
    machine.pin("java 17.0.9\n")
    result = machine.toolpin("install")
    assert result.code == 0, result.err
    assert f"java temurin-17.0.9 is {OLD} today" in result.err
    ran = machine.run(machine.shim("java"), "-version")
    home = f"{machine.data}/installs/java/{OLD}"
    assert ran.out == f"java {OLD} {home} -version\n"
    machine.pin("java 21\n")
    assert NEW in machine.toolpin("install").err
    assert machine.toolpin("latest", "java").out == f"{NEW}\n"
    assert machine.toolpin("latest", "java", "17").out == f"{OLD}\n"
    assert machine.toolpin("list-all", "java", "17").out == f"{OLD}\n"
    pinned = machine.toolpin("pin", "java", "latest:17")
    assert "java latest:temurin-17" in pinned.err


def test_another_vendor_is_named(machine: Home) -> None:
    machine.pin("java zulu-17\n")
    result = machine.toolpin("install")
    assert result.code == 0, result.err
    assert machine.toolpin("current").out.endswith(f"  runs {ZULU}\n")
    missing = machine.toolpin("install", "java", "zulu-17.0.9")
    assert missing.code == 1
    assert f"nearest {ZULU}" in missing.err


def test_an_exact_version_needs_no_lockfile_in_ci(machine: Home) -> None:
    ci = {"CI": "true"}
    machine.pin(f"java {OLD}\n")
    assert machine.toolpin("install", env=ci).code == 0
    machine.pin("java temurin-21\n")
    assert machine.toolpin("install", env=ci).code == 4


def test_a_lockfile_states_where_the_digest_is_from(machine: Home) -> None:
    machine.pin("java 17\n")
    assert machine.toolpin("lock").code == 0
    text = (machine.project / "toolpin.lock").read_text()
    assert f'"java temurin-17" = "{OLD}"' in text
    assert set(_verified(text)) == {"checksum"}
    assert machine.toolpin("install", "--locked").code == 0
    ran = machine.run(machine.shim("javac"), "-version")
    assert ran.out.startswith(f"javac {OLD} ")
    machine.pin("java zulu-17\n")
    assert machine.toolpin("lock").code == 0
    text = (machine.project / "toolpin.lock").read_text()
    assert set(_verified(text)) == {"third-party"}


def _verified(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.startswith("verified")]
    return [json.loads(line.partition(" = ")[2]) for line in lines]


@pytest.mark.parametrize("version", [OLD, ZULU])
def test_a_tree_for_macos_has_its_programs_in_bin(version: str, machine: Home) -> None:
    machine.pin(f"java {version}\n")
    assert machine.toolpin("lock").code == 0
    into = machine.root / "trees"
    result = machine.toolpin("install", "--into", str(into), "--host", "macos-arm64")
    assert result.code == 0, result.err
    assert (into / "java/bin/java").is_file()


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        (".java-version", "17\n", OLD),
        (".java-version", f"{NEW}\n", NEW),
        (".sdkmanrc", "# Enable auto-env\nxqwzt=8.5\njava=17.0.9-tem\n", OLD),
    ],
)
def test_other_managers_files_pin_java(
    file: str, text: str, version: str, machine: Home
) -> None:
    machine.env["TOOLPIN_IDIOMATIC"] = "all"
    (machine.project / file).write_text(text)
    result = machine.toolpin("install")
    assert result.code == 0, result.err
    ran = machine.run(machine.shim("java"))
    assert ran.out.startswith(f"java {version} "), ran.err


def test_a_vendor_of_sdkman_with_other_numbers_is_reported(machine: Home) -> None:
    machine.env["TOOLPIN_IDIOMATIC"] = "all"
    (machine.project / ".sdkmanrc").write_text("java=17.0.9-zulu\n")
    result = machine.toolpin("install")
    assert result.code == 1
    for part in (".sdkmanrc:1", "java zulu-17.0.9 does not exist", f"nearest {ZULU}"):
        assert part in result.err


def test_maven_runs_with_the_pinned_java_on_every_road(machine: Home) -> None:
    machine.pin(f"java {OLD}\nmaven 3.9.9\n")
    machine.env["JAVA_HOME"] = "/usr/lib/jvm/another"
    result = machine.toolpin("install")
    assert result.code == 0, result.err
    home = f"{machine.data}/installs/java/{OLD}"
    expected = f"java {OLD} {home} maven package\n"
    assert machine.run(machine.shim("mvn"), "package").out == expected
    assert machine.toolpin("exec", "mvn", "package").out == expected
    env = machine.toolpin("env").out
    assert machine.run("sh", "-c", f"{env}\nmvn package").out == expected
    hook = f'eval "$({shlex.join(TOOLPIN)} activate bash)"; _toolpin_hook'
    ran = machine.run("bash", "--norc", "-c", f'{hook}; mvn package; echo "$JAVA_HOME"')
    assert ran.out == f"{expected}{home}\n", ran.err


def test_maven_runs_on_no_other_java_than_the_pinned(machine: Home) -> None:
    other = machine.root / "other"
    (other / "bin").mkdir(parents=True)
    (other / "bin/java").write_text('#!/bin/sh\necho "another $*"\n')
    (other / "bin/java").chmod(0o755)
    machine.env["JAVA_HOME"] = str(other)
    machine.pin("maven 3.9.9\n")
    assert machine.toolpin("install").code == 0
    assert machine.run(machine.shim("mvn"), "package").out == "another maven package\n"
    machine.pin(f"java {OLD}\nmaven 3.9.9\n")
    for command in ((machine.shim("mvn"),), (*TOOLPIN, "exec", "mvn")):
        refused = machine.run(*command, "package")
        assert (refused.code, refused.out) == (126, "")
        assert f"java {OLD} is not installed" in refused.err


def test_clojures_scripts_find_its_files(home: Home) -> None:
    # The scripts begin so, and its installer replaces the words in capitals.
    finds = b"#!/bin/sh\ninstall_dir=PREFIX\ncd $install_dir\nls libexec deps.edn\n"
    starts = b'#!/bin/sh\nbin_dir=BINDIR\nexec "$bin_dir/clojure"\n'
    files = {"clojure": finds, "clj": starts, "deps.edn": b"{}", "exec.jar": b""}
    files["clojure-tools-1.12.2.1565.jar"] = b""
    entries = [Entry(f"clojure-tools/{name}", data) for name, data in files.items()]
    name = "clojure-tools-1.12.2.1565.tar.gz"
    with Server() as server:
        releases = Releases(server, "clojure/brew-install")
        releases.publish("1.12.2.1565", {name: compress(tar(*entries), "gz")})
        releases.mirror_for(home)
        home.pin("clojure 1.12.2.1565\n")
        result = home.toolpin("install")
    assert result.code == 0, result.err
    for command in ("clojure", "clj"):
        ran = home.run(home.shim(command))
        assert "clojure-tools-1.12.2.1565.jar\n" in ran.out, ran.err
        assert "exec.jar\n" in ran.out
        assert "deps.edn\n" in ran.out
