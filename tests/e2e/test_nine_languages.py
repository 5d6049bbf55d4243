"""One project on nine tools of as many publishers: locked, installed, moved, run."""

from __future__ import annotations

import json
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.beam import BeamUpstream
from tests.support.cloud import CloudUpstream
from tests.support.java import JavaUpstream, jdk
from tests.support.python import PythonUpstream, scripted_archive
from tests.support.releases import Releases
from tests.support.ruby import PUB, portable
from tests.support.run import TOOLPIN, Home
from tests.support.rust import RustUpstream
from tests.support.server import Server
from tests.support.triples import TRIPLES
from tests.support.upstream import Upstream

JAVA = "temurin-21.0.12+8.0.LTS"
TEMURIN = (
    "https://github.com/adoptium/temurin21-binaries/releases/download/"
    "jdk-21.0.12%2B8/OpenJDK21U-jdk_{}_hotspot_21.0.12_8.tar.gz"
)
PINS = """\
# What the site is built and deployed with.
erlang 27.1
elixir 1.17.3-otp-27
nodejs lts
python 3.13   # the newest patch
ruby 3.4.9
java 21
rust stable
terraform v1.9.8
kubectl 1.31.2
"""
VERSIONS = {
    "erlang": "27.1.2",
    "elixir": "1.17.3-otp-27",
    "nodejs": "22.20.0",
    "python": "3.13.2",
    "ruby": "3.4.9",
    "java": JAVA,
    "rust": "1.84.0",
    "terraform": "1.9.8",
    "kubectl": "1.31.2",
}
HOSTS = ("linux-x64", "linux-arm64", "macos-arm64")
# A command of each tool, and the first line that it prints.
PRINTS = {
    "erl": "27.1.2",
    "mix": "mix 1.17.3-otp-27 on 27.1.2",
    "node --version": "v22.20.0",
    "python --version": "Python 3.13.2",
    "ruby": "3.4.9",
    "javac -version": f"javac {JAVA} JAVA_HOME -version",
    "cargo build": "rustc 1.84.0 --version",
    "terraform version": "Terraform v1.9.8",
    "kubectl version": "Client Version: v1.31.2",
}


def publish(server: Server) -> str:
    """Publish each tool as its publisher does; return the mirrors."""
    server.put("/index/ruby/index.txt", b"name\turl\tsha1\tsha256\tsha512\n")
    images = ("ubuntu-22.04", "ubuntu-24.04")
    beam, java, python = (
        BeamUpstream(server),
        JavaUpstream(server),
        PythonUpstream(server),
    )
    beam.otp("27.1.2", images)
    beam.otp("27.2", images)
    beam.otp_for_macos("27.1.2")
    beam.elixir("1.17.3-otp-27")
    Upstream(server).publish("22.20.0", hosts=HOSTS, lts="Jod")
    triples = tuple(TRIPLES[host] for host in HOSTS)
    data = scripted_archive("3.13.2")
    python.publish("3.13.2", "20250317", data=data, triples=triples)
    Releases(server, "jdx/ruby").publish("3.4.9-1", portable("3.4.9", "1"))
    for host in HOSTS:
        home = "Contents/Home" if host.startswith("macos") else ""
        java.publish(
            host, [(JAVA, TEMURIN.format(host), jdk(JAVA, top="jdk-21", home=home))]
        )
    rust, cloud = RustUpstream(server), CloudUpstream(server)
    rust.release("1.84.0")
    cloud.terraform("1.9.8")
    cloud.kubectl("1.31.2")
    pairs = dict(
        (
            *(*java.mirrors, *beam.mirrors, *python.mirrors),
            *(*rust.mirrors, *cloud.mirrors),
            (PUB, f"{server.url}/index/ruby"),
            ("https://nodejs.org/dist", f"{server.url}/dist"),
            ("https://github.com/adoptium", f"{server.url}/github.com/adoptium"),
            ("https://github.com/jdx", f"{server.url}/web/jdx"),
        )
    )
    return " ".join(map("=".join, pairs.items()))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def machine(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A machine whose project has all of them, locked and installed."""
    home = Home(tmp_path_factory.mktemp("machine"))
    home.env["TOOLPIN_MIRRORS"] = publish(server)
    home.pin(PINS)
    hosts = [word for host in HOSTS for word in ("--host", host)]
    for words in (("lock", *hosts), ("install",)):
        done = home.toolpin(*words)
        assert done.code == 0, done.err
    return home


def answers(home: Home, before: str = "") -> dict[str, str]:
    """Return the first line that each command prints in one shell."""
    script = "".join(f"{line} | head -n 1\n" for line in PRINTS)
    done = home.run("bash", "--norc", "-c", f"{before}\n{script}")
    assert done.err == ""
    found = dict(zip(PRINTS, done.out.splitlines(), strict=True))
    place = f"{home.data}/installs/java/{JAVA}"
    return {line: text.replace(place, "JAVA_HOME") for line, text in found.items()}


def test_each_tool_is_locked_for_each_host(machine: Home) -> None:
    lock = tomllib.loads((machine.project / "toolpin.lock").read_text())
    locked = {
        (build["tool"], build["version"], build["host"]) for build in lock["build"]
    }
    assert locked == {
        (tool, version, host) for tool, version in VERSIONS.items() for host in HOSTS
    }
    assert {build["verified"] for build in lock["build"]} == {"checksum"}
    (pin,) = (pin for pin in lock["pins"] if pin.startswith("java "))
    assert pin == "java temurin-21"


def test_their_shims_run_the_pinned_versions(machine: Home) -> None:
    assert answers(machine, f"PATH={machine.data}/shims:$PATH") == PRINTS
    assert machine.toolpin("verify").code == 0


def test_env_and_activation_run_the_pinned_versions(machine: Home) -> None:
    stated = machine.toolpin("env")
    assert stated.code == 0, stated.err
    assert answers(machine, stated.out) == PRINTS
    activate = f'cd /; eval "$({shlex.join(TOOLPIN)} activate bash)"; cd - >/dev/null'
    assert answers(machine, f"{activate}; _toolpin_hook") == PRINTS
    places = stated.out.rpartition("export PATH='")[2].split(":")
    tools = [place.split("/")[-3] for place in places if "/installs/" in place]
    assert tools == list(VERSIONS)


def test_ci_plans_all_of_them_without_a_request(machine: Home, server: Server) -> None:
    before = len(server.requests)
    planned = machine.toolpin("ci", "plan", "--format", "json", env={"CI": "true"})
    assert planned.code == 0, planned.err
    plan = json.loads(planned.out)["result"]
    assert not plan["needs_build"]
    assert {tool["tool"]: tool["version"] for tool in plan["tools"]} == VERSIONS
    assert all(tool["locked"] for tool in plan["tools"])
    assert len(server.requests) == before


def test_a_bundle_installs_all_of_them_where_there_is_no_network(
    machine: Home, tmp_path: Path
) -> None:
    created = machine.toolpin("bundle", "create", "tools.bundle")
    assert created.code == 0, created.err
    other = Home(tmp_path)
    for name in (".tool-versions", "toolpin.lock", "tools.bundle"):
        shutil.copy(machine.project / name, other.project)
    offline = ("unshare", "-rn", *TOOLPIN)
    done = other.run(*offline, "bundle", "install", "tools.bundle")
    assert done.code == 0, done.err
    assert answers(other, f"PATH={other.data}/shims:$PATH") == PRINTS
    shutil.rmtree(other.data)
    done = other.run(*offline, "install", "--locked")
    assert done.code == 0, done.err
    assert answers(other, f"PATH={other.data}/shims:$PATH") == PRINTS
