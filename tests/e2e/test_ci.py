"""The CI step: what is planned is cached and nothing else, and no byte is trusted."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ci import Runner, size_of
from tests.support.code import Code
from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream

NEEDS_CC = pytest.mark.skipif(
    not (shutil.which("cc") and shutil.which("make")),
    reason="a build needs a C compiler and make",
)

_OWN_MACHINE = "lock on your own machine, and commit toolpin.lock"


class Site:
    """Who publishes: Node.js as archives, hello as source code."""

    def __init__(self, server: Server, home: Home) -> None:
        self.server = server
        self.node = Upstream(server)
        self.code = Code(server)
        self.node.mirror_for(home)
        self.code.mirror_for(home)
        del home.env["TOOLPIN_SOURCES"]


@pytest.fixture
def site(home: Home) -> Iterator[Site]:
    with Server() as server:
        yield Site(server, home)


@pytest.fixture
def runner(home: Home) -> Runner:
    return Runner(home)


@NEEDS_CC
def test_the_second_job_asks_nobody_and_runs_the_same(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    site.code.publish("2.0.1")
    runner.lock("nodejs 10.15.3", "hello 2.0.1")
    first, _ = runner.job()
    assert (first["cache_hit"], first["changed"]) == ("none", True)
    assert {tool["tool"]: tool["from"] for tool in first["tools"]} == {
        "nodejs": "fetched",
        "hello": "built",
    }
    asked = len(site.server.requests)
    second, _ = runner.job()
    assert (second["cache_hit"], second["changed"]) == ("exact", False)
    assert {tool["from"] for tool in second["tools"]} == {"restored"}
    assert len(site.server.requests) == asked
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
    assert home.run(home.shim("hello")).out == "hello 2.0.1\n"
    assert home.toolpin("verify").code == 0


@NEEDS_CC
def test_a_plan_asks_nobody_and_says_what_is_built(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    site.code.publish("2.0.1")
    runner.lock("nodejs 10.15.3", "hello 2")
    asked = len(site.server.requests)
    outputs = home.root / "outputs"
    result = home.toolpin(
        "ci", "plan", "--format", "github", env={"GITHUB_OUTPUT": str(outputs)}
    )
    assert (result.code, result.out) == (0, "")
    lines = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert lines.pop("key").startswith(lines["restore-keys"])
    assert lines == {
        "restore-keys": "toolpin-v1-linux-x64-glibc-",
        "path": str(runner.directory),
        "tools": '["nodejs 10.15.3", "hello 2.0.1"]',
        "needs-build": "true",
        "locked": "true",
    }
    dotenv = home.toolpin("ci", "plan", "--format", "gitlab").out
    assert f"TOOLPIN_CI_PATH={runner.directory}\n" in dotenv
    assert "TOOLPIN_CI_NEEDS_BUILD=true\n" in dotenv
    assert "built here" in home.toolpin("ci", "plan").out
    assert len(site.server.requests) == asked
    assert not home.data.exists() or not (home.data / "installs").exists()


def test_a_flipped_byte_of_an_archive_is_named_and_fixed(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    runner.lock("nodejs 10.15.3")
    runner.job()
    (key,) = runner.saved
    (archive,) = (runner.saved[key] / "archives/sha256").iterdir()
    _flip(archive)
    answer, result = runner.job()
    assert (
        "nodejs 10.15.3: node-v10.15.3-linux-x64.tar.xz in the restored" in result.err
    )
    assert answer["tools"][0]["from"] == "fetched"
    assert answer["changed"] is True
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
    assert (
        hashlib.sha256(
            (runner.directory / "archives/sha256" / archive.name).read_bytes()
        ).hexdigest()
        == archive.name
    )


@NEEDS_CC
@pytest.mark.parametrize("at", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("name", ["tree.tar", "receipt.json"])
def test_a_flipped_byte_of_a_tree_never_reaches_an_install(
    name: str, at: float, home: Home, site: Site, runner: Runner
) -> None:
    site.code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    runner.job()
    tree = home.data / "installs/hello/2.0.1"
    before = (tree / "bin/hello").read_bytes()
    (key,) = runner.saved
    (directory,) = (runner.saved[key] / "trees").iterdir()
    _flip(directory / name, at)
    answer, result = runner.job()
    if answer["tools"][0]["from"] == "built":
        assert "hello 2.0.1: installed again" in result.err
        assert answer["changed"] is True
    else:  # a time, a name of an owner: nothing that an install holds
        assert (tree / "bin/hello").read_bytes() == before
        assert home.toolpin("verify").code == 0
    assert home.run(home.shim("hello")).out == "hello 2.0.1\n"


@NEEDS_CC
def test_a_changed_program_of_a_tree_is_named_and_built_again(
    site: Site, runner: Runner
) -> None:
    site.code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    runner.job()
    (key,) = runner.saved
    (directory,) = (runner.saved[key] / "trees").iterdir()
    data = bytearray((directory / "tree.tar").read_bytes())
    data[data.index(b"hello 2.0.1") if b"hello 2.0.1" in data else 5000] ^= 1
    (directory / "tree.tar").write_bytes(data)
    answer, result = runner.job()
    assert answer["tools"][0]["from"] == "built"
    assert "changed  bin/hello" in result.err


def test_what_was_planted_is_gone_before_anything_runs(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    runner.lock("nodejs 10.15.3")
    runner.job()
    (key,) = runner.saved
    saved = runner.saved[key]
    outside = home.root / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    (saved / "installs/nodejs/99.0.0/bin").mkdir(parents=True)
    (saved / "installs/nodejs/99.0.0/bin/node").write_text("#!/bin/sh\necho owned\n")
    (saved / "archives/sha256" / ("0" * 64)).write_text("another version")
    (saved / "trees" / ("1" * 64)).mkdir(parents=True)
    (saved / "trees" / ("1" * 64) / "tree.tar").write_text("a tree")
    (saved / "plans").symlink_to(outside)
    (saved / "archives/sha512").symlink_to(outside)
    answer, result = runner.job()
    left = sorted(
        str(file.relative_to(runner.directory)) for file in _files(runner.directory)
    )
    (archive,) = (runner.directory / "archives/sha256").iterdir()
    assert left == [f"archives/sha256/{archive.name}"]
    assert (outside / "precious").read_text() == "mine"
    for name in ("installs", "0" * 64, "1" * 64, "plans"):
        assert f"{name}: not in the plan, removed" in result.err
    assert answer["cache_hit"] == "exact"
    assert answer["changed"] is True
    assert sorted(os.listdir(home.data / "installs/nodejs")) == ["10.15.3"]


def test_an_archive_that_is_a_link_is_not_followed(
    home: Home, site: Site, runner: Runner
) -> None:
    tarball = site.node.publish("10.15.3")
    runner.lock("nodejs 10.15.3")
    runner.job()
    (key,) = runner.saved
    (archive,) = (runner.saved[key] / "archives/sha256").iterdir()
    elsewhere = home.root / "elsewhere"
    elsewhere.write_bytes(tarball)
    archive.unlink()
    archive.symlink_to(elsewhere)
    answer, _ = runner.job()
    assert answer["tools"][0]["from"] == "fetched"
    assert not (runner.directory / "archives/sha256" / archive.name).is_symlink()
    assert elsewhere.read_bytes() == tarball


@NEEDS_CC
def test_a_tree_of_another_glibc_is_built_again(site: Site, runner: Runner) -> None:
    site.code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    runner.job()
    (key,) = runner.saved
    trees = runner.saved[key] / "trees"
    (tree,) = trees.iterdir()
    tree.rename(trees / ("a" * 64))  # the key that another glibc gave it
    answer, result = runner.job()
    assert answer["tools"][0]["from"] == "built"
    assert [path.name for path in (runner.directory / "trees").iterdir()] == [tree.name]
    assert f"trees/{'a' * 64}: not in the plan" in result.err


@NEEDS_CC
def test_a_tree_that_does_not_run_here_is_built_again_whatever_its_key(
    home: Home, site: Site, runner: Runner
) -> None:
    site.code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    runner.job()
    (key,) = runner.saved
    (tree,) = (runner.saved[key] / "trees").iterdir()
    _repack(tree, "bin/hello", b"#!/lib/ld-of-another-glibc.so.2\n")
    answer, result = runner.job()
    assert answer["tools"][0]["from"] == "built"
    assert "hello 2.0.1: installed again" in result.err
    assert home.run(home.shim("hello")).out == "hello 2.0.1\n"


def test_after_ten_bumps_the_directory_has_the_size_of_the_plan(
    site: Site, runner: Runner
) -> None:
    sizes = {}
    for patch in range(10):
        version = f"10.15.{patch}"
        sizes[version] = len(site.node.publish(version))
        runner.lock(f"nodejs {version}")
        answer, _ = runner.job()
        assert answer["tools"][0]["version"] == version
        assert size_of(runner.directory) == sizes[version]
    assert len(runner.saved) == 10


def test_without_a_lockfile_an_exact_pin_works_and_is_cached(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("ci", "plan")
    assert (result.code, "not locked" in result.out, "toolpin lock" in result.err) == (
        0,
        True,
        True,
    )
    first, _ = runner.job()
    assert first["tools"][0]["from"] == "fetched"
    asked = len(site.server.requests)
    second, _ = runner.job()
    assert second["tools"][0]["from"] == "restored"
    assert not any(".tar" in request.path for request in site.server.requests[asked:])


def test_a_note_in_the_directory_names_nothing(
    home: Home, site: Site, runner: Runner
) -> None:
    """Without a lockfile a digest comes from the publisher, and not from the cache."""
    site.node.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    runner.job()
    (key,) = runner.saved
    plans = runner.saved[key] / "plans/nodejs/10.15.3/linux-x64"
    plans.mkdir(parents=True)
    (plans / "upstream").write_text("{}")
    _, result = runner.job()
    assert "plans: not in the plan, removed" in result.err
    assert "SHASUMS256.txt" in site.server.requests[-1].path


@pytest.mark.parametrize("wanted", ["lts", "22"])
@pytest.mark.parametrize("action", ["plan", "install"])
def test_a_loose_request_without_a_lockfile_asks_nobody(
    action: str, wanted: str, home: Home, site: Site
) -> None:
    site.node.publish("22.20.0", lts="Jod")
    home.pin(f"nodejs {wanted}\n")
    result = home.toolpin("ci", action)
    assert result.code == 4
    assert f"nodejs {wanted} names no exact version" in result.err
    assert _OWN_MACHINE in result.err
    assert "try: toolpin lock" in result.err
    assert not site.server.requests


def test_what_may_be_a_release_and_is_none_is_not_locked(
    home: Home, site: Site
) -> None:
    site.node.publish("22.2.9")
    home.pin("nodejs 22.2\n")
    result = home.toolpin("ci", "install", env={"TOOLPIN_SOURCES": "upstream"})
    assert result.code == 4
    assert "versions are not resolved in CI" in result.err
    assert _OWN_MACHINE in result.err


def test_a_job_that_fails_says_why_and_stops_no_later_one(
    home: Home, site: Site
) -> None:
    home.env["TOOLPIN_SOURCES"] = "upstream"
    site.node.publish("10.15.3")
    home.pin("nodejs 10.15.4\n")
    result = home.toolpin("ci", "install")
    assert result.code == 1
    assert "nodejs 10.15.4 does not exist" in result.err
    assert "nearest 10.15.3" in result.err
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("ci", "install")
    assert result.code == 0, result.err


@pytest.mark.parametrize("left", ["locks", "partial", "catalogues"])
def test_what_a_killed_job_began_stops_no_later_one(
    left: str, home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    runner.lock("nodejs 10.15.3")
    (runner.directory / left).mkdir(parents=True)
    result = home.toolpin("ci", "install")
    assert result.code == 0, result.err


def test_what_the_store_has_already_is_put_into_the_directory(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    runner.lock("nodejs 10.15.3")
    assert home.toolpin("install").code == 0
    result = home.toolpin("ci", "install", "--format", "json")
    answer = json.loads(result.out)["result"]
    assert answer["tools"][0]["from"] == "present"
    assert len(list((runner.directory / "archives/sha256").iterdir())) == 1


def test_outputs_for_github_name_every_version(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    runner.lock("nodejs 10.15.3")
    files = {name: str(home.root / name) for name in ("GITHUB_OUTPUT", "GITHUB_PATH")}
    result = home.toolpin("ci", "install", "--format", "github", env=files)
    assert result.code == 0, result.err
    assert "nodejs 10.15.3  fetched" in result.err
    assert (home.root / "GITHUB_OUTPUT").read_text().splitlines() == [
        "cache-hit=none",
        "changed=true",
        'versions={"nodejs": "10.15.3"}',
        f"shims={home.data}/shims",
        "nodejs-version=10.15.3",
    ]
    assert (home.root / "GITHUB_PATH").read_text() == f"{home.data}/shims\n"


def _flip(file: Path, at: float = 0.5) -> None:
    data = bytearray(file.read_bytes())
    data[int(len(data) * at)] ^= 1
    file.write_bytes(data)


def _files(directory: Path) -> list[Path]:
    return [
        path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir()
    ]


def _repack(tree: Path, path: str, data: bytes) -> None:
    """Put another file into a packed tree, and into its receipt, as a builder would."""
    receipt = json.loads((tree / "receipt.json").read_text())
    digest = hashlib.sha256(data).hexdigest()
    receipt["files"] = [
        [path, len(data), 0o755, digest, ""] if file[0] == path else file
        for file in receipt["files"]
    ]
    (tree / "receipt.json").write_text(json.dumps(receipt))
    with tarfile.open(tree / "tree.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        member = tarfile.TarInfo(path)
        member.size, member.mode = len(data), 0o755
        tar.addfile(member, io.BytesIO(data))


@NEEDS_CC
def test_two_checkouts_of_two_users_have_one_key(
    home: Home, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    site.code.publish("2.0.1")
    runner.lock("nodejs 10.15.3", "hello 2.0.1")
    key = runner.plan()["key"]
    other = home.root / "elsewhere/of/ben"
    shutil.copytree(home.project, other)
    (other / ".tool-versions").write_text(
        "# ours\nhello 2.0.1  # built\n\nnodejs 10.15.3\n"
    )
    for name in (".tool-versions", "toolpin.lock"):
        os.utime(other / name, (1, 1))
    users = {
        "HOME": str(home.root / "ben"),
        "USER": "ben",
        "TOOLPIN_CACHE_DIR": str(home.root / "ben/cache"),
        "TMPDIR": "/tmp",
    }
    result = home.toolpin("ci", "plan", "--format", "json", cwd=other, env=users)
    assert json.loads(result.out)["result"]["key"] == key


@NEEDS_CC
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HELLO_OPTIONS", "--greet=hello"),
        ("CFLAGS", "-O1"),
        ("TOOLPIN_DATA_DIR", "/opt/toolpin"),
    ],
)
def test_what_changes_a_build_changes_its_key_and_no_other(
    variable: str, value: str, site: Site, runner: Runner
) -> None:
    site.node.publish("10.15.3")
    site.code.publish("2.0.1")
    runner.lock("nodejs 10.15.3", "hello 2.0.1")
    node, hello = _keys(runner.plan())
    other_node, other_hello = _keys(runner.plan({variable: value}))
    assert other_node == node
    assert other_hello != hello


@NEEDS_CC
def test_a_build_is_of_what_it_was_built_with(
    home: Home, site: Site, runner: Runner
) -> None:
    plugin = home.config / "plugins/hello.toml"
    site.node.publish("10.15.3")
    site.node.publish("10.16.0")
    site.code.publish("2.0.1")
    results = []
    for node in ("10.15.3", "10.16.0"):
        runner.lock(f"nodejs {node}", "hello 2.0.1")
        results.append(_keys(runner.plan())[1])
    assert results[0] == results[1]
    text = plugin.read_text()
    plugin.write_text(text.replace("commands", 'requires = ["nodejs"]\ncommands', 1))
    results = []
    for node in ("10.15.3", "10.16.0"):
        runner.lock(f"nodejs {node}", "hello 2.0.1")
        results.append(_keys(runner.plan())[1])
    assert results[0] != results[1]


@NEEDS_CC
def test_the_version_of_a_library_is_what_its_header_says(
    home: Home, site: Site, runner: Runner, tmp_path: Path
) -> None:
    plugin = home.config / "plugins/hello.toml"
    need = '[[build.needs]]\nwhat = "lib"\nheader = "mine.h"\nversion = "MINE"\n'
    plugin.write_text(f"{plugin.read_text()}\n{need}")
    site.code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    keys = set()
    for version in ("1.0", "1.0", "1.1"):
        (tmp_path / "mine.h").write_text(f'#define MINE "{version}"\n')
        keys.add(_keys(runner.plan({"CFLAGS": f"-I{tmp_path}"}))[0])
    assert len(keys) == 2


def _keys(plan: dict[str, Any]) -> list[str]:
    return [tool["key"] for tool in plan["tools"]]


def test_an_unknown_tool_is_in_no_key_and_the_rest_is_planned(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("24.11.1")
    home.pin("nodejs 24.11.1\n")
    assert home.toolpin("lock", "--source", "upstream").code == 0
    without = home.toolpin("ci", "plan")
    home.pin("nodejs 24.11.1\nxqwzt 3.13.0\n")
    result = home.toolpin("ci", "plan")
    assert result.code == 0, result.err
    assert result.out == without.out
    assert f"{home.project}/.tool-versions:2" in result.err
    assert "it is not part of the cache key" in result.err
    only = home.toolpin("ci", "plan", "--only", "node")
    assert (only.code, only.out, only.err) == (0, without.out, without.err)
    installed = home.toolpin("ci", "install")
    assert installed.code == 1
    assert "no plugin provides xqwzt" in installed.err
    assert home.run(home.shim("node"), "--version").out == "v24.11.1\n"
    assert home.toolpin("ci", "prune").code == 0
