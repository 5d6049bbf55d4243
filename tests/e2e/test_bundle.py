"""Where there is no network: --offline, bundles, and trees for another machine."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.golang import GoUpstream
from tests.support.run import TOOLPIN, Home, Result
from tests.support.server import Server
from tests.support.upstream import HOSTS, Upstream

BUNDLE = "tools.bundle"


@pytest.fixture
def golang(home: Home, upstream: Upstream) -> GoUpstream:
    """A copy of go.dev beside the one of nodejs.org."""
    copy = GoUpstream(upstream.server)
    copy.mirror_for(home)
    return copy


@pytest.fixture
def locked(home: Home, upstream: Upstream, golang: GoUpstream) -> Home:
    """A project on Node and Go, locked for every host."""
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    golang.publish("1.26.6")
    home.pin("nodejs lts\ngo 1.26\n")
    result = home.toolpin("lock")
    assert result.code == 0, result.err
    return home


def other_machine(home: Home, directory: Path) -> Home:
    """Return a machine with an empty home, no mirror, and the same checkout."""
    other = Home(directory)
    for name in (".tool-versions", "toolpin.lock"):
        shutil.copy(home.project / name, other.project / name)
    return other


def without_network(home: Home, *args: str) -> Result:
    """Run toolpin where the kernel has no network at all."""
    return home.run("unshare", "-rn", *TOOLPIN, *args)


def receipt(home: Home, tool: str, version: str) -> dict[str, object]:
    place = home.data / "installs" / tool / version / ".toolpin/receipt.json"
    table: dict[str, object] = json.loads(place.read_text())
    del table["installed_at"]
    return table


def test_offline_installs_from_the_cache_and_asks_nobody(
    locked: Home, upstream: Upstream
) -> None:
    assert locked.toolpin("install").code == 0
    assert locked.toolpin("uninstall", "nodejs", "22.20.0").code == 0
    asked = len(upstream.server.requests)
    for args in (
        ("--offline", "install"),
        ("lock", "--offline"),
        ("list", "--offline"),
    ):
        result = locked.toolpin(*args)
        assert result.code == 0, result.err
    assert len(upstream.server.requests) == asked


def test_offline_says_what_is_not_in_the_cache(locked: Home) -> None:
    result = locked.toolpin("install", env={"TOOLPIN_OFFLINE": "1"})
    assert result.code == 1
    assert "node-v22.20.0-linux-x64.tar.xz" in result.err
    assert "toolpin is offline" in result.err
    assert "nodejs 22.20.0 cannot be fetched" in result.err
    assert f"required by  {locked.project}/.tool-versions:1\n" in result.err
    assert locked.toolpin("list").out == ""
    _, _, line = result.err.rpartition("  try: ")
    program = locked.root / "bin/toolpin"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(TOOLPIN)} "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{locked.env['PATH']}"
    env = {"TOOLPIN_OFFLINE": "1", "PATH": path}
    done = locked.run("sh", "-c", line.partition("\n")[0], env=env)
    assert done.code == 0, done.err


def test_offline_says_so_of_what_is_not_locked_either(home: Home) -> None:
    home.pin("nodejs 22.20.0\n")
    result = home.toolpin("install", "--offline")
    assert result.code == 1
    assert "try: TOOLPIN_OFFLINE=0 toolpin install\n" in result.err


def test_a_source_that_gives_no_answer_is_told_with_who_wants_it(locked: Home) -> None:
    nowhere = "http://127.0.0.1:9"
    locked.env["TOOLPIN_MIRRORS"] = f"https://nodejs.org={nowhere}"
    result = locked.toolpin("install", "nodejs")
    assert result.code == 1
    assert "nodejs 22.20.0 cannot be fetched" in result.err
    assert f"{locked.project}/.tool-versions:1\n" in result.err
    assert "try: toolpin doctor --net nodejs\n" in result.err


def test_commands_are_called_new_where_something_was_installed(locked: Home) -> None:
    path = f"{locked.data}/shims:{locked.env['PATH']}"
    offline = locked.toolpin("install", "--offline", env={"PATH": path})
    assert "new commands" not in offline.err
    shutil.rmtree(locked.data / "shims")
    locked.env["TOOLPIN_MIRRORS"] = locked.env["TOOLPIN_MIRRORS"].replace(
        "nodejs.org", "elsewhere"
    )
    locked.env["TOOLPIN_MIRRORS"] += " https://nodejs.org=http://127.0.0.1:9"
    half = locked.toolpin("install", env={"PATH": path})
    assert half.code == 1
    assert "new commands: go, gofmt; bash" in half.err


def test_offline_lists_what_was_listed_before(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.20.0", lts="Jod")
    assert home.toolpin("list-all", "nodejs", "--offline").code == 1
    assert home.toolpin("list-all", "nodejs").code == 0
    result = home.toolpin("list-all", "nodejs", "--offline")
    assert result.out == "22.20.0\n"
    assert "ago" in result.err
    assert home.toolpin("latest", "nodejs", "jod", "--offline").out == "22.20.0\n"


def test_a_bundle_installs_into_an_empty_home_without_network(
    locked: Home, tmp_path: Path
) -> None:
    assert locked.toolpin("install").code == 0
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    other = other_machine(locked, tmp_path / "other")
    shutil.copy(locked.project / BUNDLE, other.project)
    result = without_network(other, "bundle", "install", BUNDLE)
    assert result.code == 0, result.err
    assert other.run(other.shim("node"), "--version").out == "v22.20.0\n"
    assert other.run(other.shim("go"), "env", "GOVERSION").out == "go1.26.6\n"
    for tool, version in (("nodejs", "22.20.0"), ("golang", "1.26.6")):
        ours = receipt(locked, tool, version)
        assert receipt(other, tool, version) == {**ours, "verified": "lockfile"}
    assert without_network(other, "install", "--locked").code == 0


def test_what_a_bundle_brings_is_for_no_other_project(
    home: Home, upstream: Upstream, tmp_path: Path
) -> None:
    """Its author may have written the lockfile, the digest and the bytes."""
    upstream.publish("22.20.0", hosts=HOSTS)
    upstream.publish("24.1.0", hosts=HOSTS)
    theirs = Home(tmp_path / "theirs")
    with Server() as server:
        forged = Upstream(server)
        forged.mirror_for(theirs)
        forged.publish("22.20.0", hosts=HOSTS, extra="echo forged >&2\n")
        theirs.pin("nodejs 22.20.0\n")
        assert theirs.toolpin("lock").code == 0
        assert theirs.toolpin("bundle", "create", BUNDLE).code == 0
    bundle = theirs.project / BUNDLE
    result = home.toolpin("bundle", "install", BUNDLE, cwd=theirs.project)
    assert result.code == 0, result.err
    assert f"from the cache, as {bundle} has it" in result.err
    home.pin("nodejs 24.1.0\n")
    assert home.toolpin("lock").code == 0
    before = (home.project / "toolpin.lock").read_text()
    offline = home.toolpin("--offline", "pin", "nodejs", "22.20.0")
    assert offline.code == 1
    assert (home.project / "toolpin.lock").read_text() == before
    (home.project / "toolpin.lock").unlink()
    home.pin("nodejs 22.20.0\n")
    why = home.toolpin("why", "node")
    assert "no source was queried" in why.out
    assert home.toolpin("uninstall", "nodejs", "22.20.0").code == 0
    result = home.toolpin("install")
    assert result.code == 0, result.err
    assert home.run(home.shim("node"), "--version") == (0, "v22.20.0\n", "")
    assert "no source was asked" not in home.toolpin("why", "node").out


def test_equal_locks_make_equal_bundles(locked: Home) -> None:
    assert locked.toolpin("bundle", "create", "one").code == 0
    env = {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    os.utime(next((locked.cache / "archives").rglob("*/*")), (0, 0))
    assert locked.toolpin("bundle", "create", "two", env=env).code == 0
    assert (locked.project / "one").read_bytes() == (
        locked.project / "two"
    ).read_bytes()


def test_a_bundle_for_another_host_is_refused_here(locked: Home) -> None:
    created = locked.toolpin("bundle", "create", BUNDLE, "--host", "macos-arm64")
    assert created.code == 0, created.err
    result = locked.toolpin("bundle", "install", BUNDLE)
    assert result.code == 1
    assert "macos-arm64" in result.err
    assert "linux-x64" in result.err
    assert locked.toolpin("list").out == ""


def test_without_a_lockfile_there_is_nothing_to_bundle(home: Home) -> None:
    home.pin("nodejs 22.20.0\n")
    result = home.toolpin("bundle", "create", BUNDLE)
    assert result.code == 4
    assert not (home.project / BUNDLE).exists()


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip(data: bytes) -> bytes:
    at = data.index(b"archives/") + 1024
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _no_tar(_data: bytes) -> bytes:
    return b"not a bundle"


def _other_schema(data: bytes) -> bytes:
    return data.replace(b'"schema": 1,', b'"schema": 2,', 1)


def _hostile(_data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        link = tarfile.TarInfo("toolpin-bundle.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("../../escaped"))
    return stream.getvalue()


@pytest.mark.parametrize(
    "damage", [_cut, _flip, _no_tar, _other_schema, _hostile], ids=lambda f: f.__name__
)
def test_a_damaged_bundle_installs_nothing(
    damage: Callable[[bytes], bytes], locked: Home, tmp_path: Path
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    other = other_machine(locked, tmp_path / "other")
    data = damage((locked.project / BUNDLE).read_bytes())
    (other.project / BUNDLE).write_bytes(data)
    result = other.toolpin("bundle", "install", BUNDLE)
    assert result.code == 1
    assert "Traceback" not in result.err
    assert other.toolpin("list").out == ""
    assert not list(tmp_path.rglob("escaped"))


def test_trees_for_another_machine_lie_in_a_directory(locked: Home) -> None:
    arm = ("install", "--into", "image", "--host", "macos-arm64")
    assert locked.toolpin("install").code == 0  # this machine's own is another build
    result = locked.toolpin(*arm)
    assert result.code == 0, result.err
    image = locked.project / "image"
    assert sorted(os.listdir(image)) == ["golang", "nodejs"]
    assert (image / "nodejs/bin/node").is_file()
    table = json.loads((image / "nodejs/.toolpin/receipt.json").read_text())
    assert table["host"] == "macos-arm64"
    assert str(image) not in (locked.data / "shims/node").read_text()


def test_a_directory_of_trees_follows_the_lock(
    locked: Home, upstream: Upstream
) -> None:
    assert locked.toolpin("install", "--into", "image").code == 0
    result = locked.toolpin("install", "--into", "image")
    assert "2 already installed" in result.err
    upstream.publish("22.21.0", hosts=HOSTS, lts="Jod")
    assert locked.toolpin("lock", "--refresh", "nodejs").code == 0
    assert locked.toolpin("install", "--into", "image").code == 0
    node = locked.project / "image/nodejs/bin/node"
    assert locked.run(str(node), "--version").out == "v22.21.0\n"


@pytest.mark.parametrize("damage", ["bytes", "gone", "mode", "directory"])
def test_a_tree_that_was_changed_behind_its_receipt_is_made_again(
    damage: str, locked: Home
) -> None:
    assert locked.toolpin("install", "--into", "image").code == 0
    node = locked.project / "image/nodejs/bin/node"
    before = node.read_bytes()
    if damage == "bytes":
        node.write_bytes(before.replace(b"v22", b"v23"))
    elif damage == "gone":
        node.unlink()
    else:
        (node if damage == "mode" else node.parent).chmod(0o777)
    result = locked.toolpin("install", "--into", "image")
    assert result.code == 0, result.err
    assert "was changed since it was installed; installed again" in result.err
    assert "1 installed, 1 already installed" in result.err
    assert node.read_bytes() == before
    assert {item.stat().st_mode & 0o777 for item in (node, node.parent)} == {0o755}


def test_a_directory_of_trees_may_be_moved(locked: Home) -> None:
    assert locked.toolpin("install", "--into", "image").code == 0
    (locked.project / "image").rename(locked.project / "moved")
    assert "2 already installed" in locked.toolpin("install", "--into", "moved").err


def test_a_link_in_the_place_of_a_tree_is_not_taken_for_one(locked: Home) -> None:
    assert locked.toolpin("install", "--into", "image").code == 0
    (locked.project / "image/nodejs").rename(locked.root / "nodejs")
    (locked.project / "image/nodejs").symlink_to(locked.root / "nodejs")
    result = locked.toolpin("install", "--into", "image")
    assert result.code == 1
    assert "was not created by toolpin" in result.err


def test_a_directory_that_is_not_toolpins_stays(locked: Home) -> None:
    mine = locked.project / "image/nodejs"
    mine.mkdir(parents=True)
    (mine / "notes").write_text("mine")
    result = locked.toolpin("install", "--into", "image")
    assert result.code == 1
    assert "was not created by toolpin" in result.err
    assert (mine / "notes").read_text() == "mine"


def test_what_is_not_locked_goes_into_no_directory(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("install", "--into", "image").code == 4
    assert home.toolpin("install", "--host", "linux-x64").code == 2
    assert not (home.project / "image").exists()


def test_all_projects_are_one_plan(locked: Home, upstream: Upstream) -> None:
    upstream.publish("20.9.0")
    for name, text in (("a", "nodejs 20.9.0\n"), ("b/c", "nodejs 22.20.0\n")):
        directory = locked.project / name
        directory.mkdir(parents=True)
        (directory / ".tool-versions").write_text(text)
    ignored = locked.project / "node_modules/x"
    ignored.mkdir(parents=True)
    (ignored / ".tool-versions").write_text("nodejs 1.1.1\n")
    only = locked.toolpin("install", "--all-projects", ".", "--only", "nodejs")
    assert only.code == 0, only.err
    assert "2 installed" in only.err
    assert locked.toolpin("list", "golang").code == 1
    assert locked.toolpin("install", "--all-projects", ".").code == 0
    assert "1.26.6" in locked.toolpin("list").out


def test_only_names_what_is_pinned(locked: Home) -> None:
    result = locked.toolpin("install", "--only", "go")
    assert result.code == 0, result.err
    assert locked.toolpin("list", "nodejs").code == 1
    locked.pin("nodejs lts\n")
    assert locked.toolpin("install", "--only", "go").code == 2
    assert locked.toolpin("install", "--all-projects", "/nonexistent").code == 2


def test_a_stale_lock_is_not_bundled(locked: Home) -> None:
    file = locked.pin("nodejs lts\ngo 1.26\n\nnodejs 1\nrebar 3\n")
    result = locked.toolpin("bundle", "create", BUNDLE)
    assert result.code == 4
    assert f"{file}:5" in result.err
    assert not (locked.project / BUNDLE).exists()


def test_a_sparse_archive_in_a_bundle_is_not_unpacked(
    locked: Home, tmp_path: Path
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    place = locked.project / BUNDLE
    with tarfile.open(place) as tar:
        name = tar.getnames()[1]
        manifest = tar.extractfile("toolpin-bundle.json")
        data = manifest.read() if manifest else b""
    with tarfile.open(place, "w", format=tarfile.PAX_FORMAT) as tar:
        first = tarfile.TarInfo("toolpin-bundle.json")
        first.size = len(data)
        tar.addfile(first, io.BytesIO(data))
        holes = tarfile.TarInfo(name)
        holes.pax_headers = {
            "GNU.sparse.map": "0,0",
            "GNU.sparse.size": str(8 << 30),
        }
        tar.addfile(holes)
    other = other_machine(locked, tmp_path / "other")
    # Of what it stands for nothing fits: 8 GiB, where a file can have 1 MiB.
    words = " ".join([*TOOLPIN, "bundle", "install", str(place)])
    result = other.run("dash", "-c", f"ulimit -f 2048; {words}")
    assert result.code == 1
    assert "is missing from it" in result.err


def test_a_bundle_with_a_damaged_lockfile_is_made_again(
    locked: Home, tmp_path: Path
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    place = locked.project / BUNDLE
    place.write_bytes(place.read_bytes().replace(b"[pins]", b"[pons]", 1))
    other = other_machine(locked, tmp_path / "other")
    result = other.toolpin("bundle", "install", str(place))
    assert result.code == 1
    assert "try: toolpin bundle create FILE" in result.err


def test_a_directory_of_trees_is_of_one_version_of_each_tool(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("20.9.0", hosts=HOSTS)
    below = locked.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text("nodejs 20.9.0\n")
    assert locked.toolpin("lock", cwd=below).code == 0
    result = locked.toolpin("install", "--all-projects", ".", "--into", "image")
    assert result.code == 1
    assert f"{below}/.tool-versions:1" in result.err
    assert not (locked.project / "image").exists()
    (below / ".tool-versions").write_text("nodejs lts 20.9.0\n")  # falls back
    assert locked.toolpin("lock", cwd=below).code == 0
    again = locked.toolpin("install", "--into", "image", cwd=below)
    assert again.code == 0, again.err


def test_only_is_for_what_is_pinned_and_not_for_a_tool_that_is_named(
    locked: Home,
) -> None:
    result = locked.toolpin("install", "nodejs", "--only", "golang")
    assert result.code == 2
    assert "--only does not take a tool" in result.err


def test_a_directory_of_trees_is_not_compared_with_the_store(
    locked: Home, upstream: Upstream
) -> None:
    assert locked.toolpin("install").code == 0
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod", contents="22.20.0-rebuilt")
    assert locked.toolpin("lock", "--refresh", "nodejs").code == 0
    assert locked.toolpin("install", "--locked").code == 4
    other = ("--into", "image", "--host", "macos-arm64")  # where no proof is run
    result = locked.toolpin("install", *other)
    assert result.code == 0, result.err


def test_a_failed_tree_is_on_no_path_and_a_dry_run_names_its_directory(
    locked: Home,
) -> None:
    mine = locked.project / "image/nodejs"
    mine.mkdir(parents=True)
    (mine / "notes").write_text("mine")
    result = locked.toolpin("install", "--into", "image")
    assert result.code == 1
    assert f'export PATH="{locked.project}/image/golang/bin:$PATH"' in result.err
    dry = locked.toolpin("install", "--into", "image", "--dry-run", "--json")
    answer = json.loads(dry.out)["result"]
    assert (dry.code, answer["plans"]) == (1, [])  # golang is in its directory
    assert f"{locked.project}/image/nodejs" in answer["errors"][0]["what"]
    fresh = locked.toolpin("install", "--into", "new", "--dry-run", "--json")
    places = [plan["into"] for plan in json.loads(fresh.out)["result"]["plans"]]
    directory = f"{locked.project}/new"
    assert sorted(places) == [f"{directory}/golang", f"{directory}/nodejs"]
    other = locked.toolpin("install", "--into", "mac", "--host", "macos-arm64")
    assert other.code == 0, other.err
    assert "export PATH" not in other.err  # they do not run here


def test_a_projects_file_is_named_without_detours(locked: Home) -> None:
    (locked.project / "a").mkdir()
    (locked.project / "a/.tool-versions").write_text("nodejs 1.1.1\n")
    result = locked.toolpin("install", "--all-projects", ".", "--locked")
    assert f"{locked.project}/a/.tool-versions:1" in result.err
    missing = locked.toolpin("install", "--all-projects", "nowhere")
    assert missing.code == 2
    assert "does not exist" in missing.err


def test_a_bundle_whose_bytes_were_changed_is_named(
    locked: Home, tmp_path: Path
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    data = _flip((locked.project / BUNDLE).read_bytes())
    (locked.project / BUNDLE).write_bytes(data)
    other = other_machine(locked, tmp_path / "other")
    shutil.copy(locked.project / BUNDLE, other.project)
    result = without_network(other, "bundle", "install", BUNDLE)
    assert result.code == 1
    assert f"bundle     {other.project}/{BUNDLE}" in result.err
    assert "download" not in result.err


def test_what_cannot_be_fetched_for_a_bundle_is_named_with_its_host(
    locked: Home, upstream: Upstream
) -> None:
    upstream.server.close()
    result = locked.toolpin("bundle", "create", BUNDLE, "--host", "macos-arm64")
    assert result.code == 1
    assert "required for  nodejs 22.20.0 on macos-arm64" in result.err


@pytest.mark.parametrize("name", [".staging", ".incomplete", ".incomplete/mine"])
def test_a_link_that_a_checkout_brings_into_a_directory_of_trees_is_not_swept_through(
    locked: Home, name: str
) -> None:
    kept = locked.home / "work/mine/notes"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    link = locked.project / "image" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(kept.parent if name.count("/") else kept.parent.parent)
    result = locked.toolpin("install", "--into", "image")
    assert kept.exists()
    assert result.code == 1
    assert f"try: rm {link}" in result.err


def test_a_bundle_of_other_bytes_than_the_lockfile_has_is_refused(
    locked: Home, upstream: Upstream, tmp_path: Path
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod", contents="22.20.0-rebuilt")
    assert locked.toolpin("lock", "--refresh", "nodejs").code == 0
    other = other_machine(locked, tmp_path / "other")
    result = other.toolpin("bundle", "install", str(locked.project / BUNDLE))
    assert result.code == 1
    assert "nodejs 22.20.0 in the bundle does not match toolpin.lock" in result.err
    assert other.toolpin("list").out == ""


def test_a_bundle_is_not_installed_over_a_lockfile_that_is_out_of_date(
    locked: Home,
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    pins = locked.project / ".tool-versions"
    pins.write_text(pins.read_text().replace("nodejs lts", "nodejs 18.1.0"))
    assert "nodejs 18.1.0" in pins.read_text()
    result = locked.toolpin("bundle", "install", BUNDLE)
    assert result.code == 4
    assert "nodejs 18.1.0" in result.err
    assert locked.toolpin("list").out == ""


def test_a_lockfile_of_the_home_directory_is_not_about_a_bundle(
    locked: Home, tmp_path: Path
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    other = other_machine(locked, tmp_path / "other")
    lock = 'schema = 1\n[pins]\n"golang 1.25.1" = "1.25.1"\n'
    (other.home / "toolpin.lock").write_text(lock)
    result = other.toolpin("bundle", "install", str(locked.project / BUNDLE))
    assert result.code == 0, result.err


@pytest.mark.parametrize("pins", ["nodejs 20.9.0\n", "nodejs lts\ngo 1.25\n"])
def test_hostile_118_a_bundle_adds_no_version_to_the_lockfile_here(
    pins: str, locked: Home, upstream: Upstream, golang: GoUpstream, tmp_path: Path
) -> None:
    """A stranger's bundle has bytes of the stranger's for what is not locked here."""
    upstream.publish("20.9.0", hosts=HOSTS)
    golang.publish("1.25.1")
    theirs = Home(tmp_path / "theirs")
    theirs.env["TOOLPIN_MIRRORS"] = locked.env["TOOLPIN_MIRRORS"]
    theirs.env["TOOLPIN_SOURCES"] = locked.env["TOOLPIN_SOURCES"]
    theirs.pin(pins)
    assert theirs.toolpin("lock").code == 0
    assert theirs.toolpin("bundle", "create", BUNDLE).code == 0
    result = locked.toolpin("bundle", "install", str(theirs.project / BUNDLE))
    assert result.code == 1
    assert "in the bundle does not match toolpin.lock" in result.err
    assert locked.toolpin("list").out == ""
