"""What `uninstall --all`, `--unused` and `cache clean` take away, and what stays."""

from __future__ import annotations

import contextlib
import os
import stat

import pytest

from tests.support.machine import without_rights
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, repository
from tests.support.upstream import Upstream
from toolpin.system.atomic_write import atomic_replace
from toolpin.system.file_lock import held
from toolpin.versions import sort_key

_VERSIONS = ("8.1.0", "9.9.0", "10.15.3", "11.0.0-rc.1")


@pytest.fixture
def installed(home: Home, upstream: Upstream) -> Home:
    """A machine with four versions, none of them pinned."""
    for version in _VERSIONS:
        upstream.publish(version)
    result = home.toolpin("install", "nodejs", *_VERSIONS)
    assert result.code == 0, result.err
    return home


def _left(home: Home) -> list[str]:
    directory = home.data / "installs/nodejs"
    return sorted(os.listdir(directory) if directory.exists() else [], key=sort_key)


def test_unused_is_what_nothing_here_pins_and_not_the_newest(installed: Home) -> None:
    installed.pin("node 9.9.0\n")
    shown = installed.toolpin("uninstall", "--unused", "--dry-run")
    assert shown.out == "nodejs 8.1.0\nnodejs 11.0.0-rc.1\n"
    assert _left(installed) == list(_VERSIONS)
    gone = installed.toolpin("uninstall", "--unused", "--yes")
    assert gone.code == 0, gone.err
    assert _left(installed) == ["9.9.0", "10.15.3"]
    again = installed.toolpin("uninstall", "--unused")
    assert (again.code, again.err) == (0, "no unused versions\n")


def test_a_file_with_a_second_name_outside_keeps_its_mode(installed: Home) -> None:
    outside = installed.root / "shared.js"
    outside.write_text("theirs\n")
    outside.chmod(0o444)
    directory = installed.data / "installs/nodejs/8.1.0/lib/ro"
    directory.mkdir()
    (directory / "shared.js").hardlink_to(outside)
    directory.chmod(0o555)
    command = without_rights(*TOOLPIN, "uninstall", "nodejs", "8.1.0")
    assert installed.run(*command).code == 0
    assert _left(installed) == list(_VERSIONS[1:])
    assert not list((installed.data / "staging").iterdir())
    assert stat.S_IMODE(outside.stat().st_mode) == 0o444


def test_without_yes_the_unused_are_named_and_stay(installed: Home) -> None:
    refused = installed.toolpin("uninstall", "node", "--unused")
    assert refused.code == 1
    for version in ("8.1.0", "9.9.0"):
        assert f"not used here  nodejs {version}\n" in refused.err
    assert refused.err.endswith("try: toolpin uninstall node --unused --yes\n")
    assert _left(installed) == list(_VERSIONS)


def test_no_file_that_counts_is_overlooked(installed: Home) -> None:
    (installed.root / ".tool-versions").write_text("nodejs 9.9.0\n")
    (installed.home / ".tool-versions").write_text("nodejs system 8\n")
    (installed.config / ".tool-versions").write_text("nodejs 11.0.0-rc.1\n")
    installed.pin("nodejs 10.15.3\n")
    assert installed.toolpin("uninstall", "--unused", "--dry-run").out == ""


def test_an_override_counts_as_a_pin(installed: Home) -> None:
    env = {"TOOLPIN_NODEJS_VERSION": "8.1.0"}
    shown = installed.toolpin("uninstall", "--unused", "--dry-run", env=env)
    assert shown.out == "nodejs 9.9.0\nnodejs 11.0.0-rc.1\n"


def test_a_file_that_cannot_be_read_keeps_everything(installed: Home) -> None:
    (installed.home / ".tool-versions").write_text("nodejs 9.9.0 ../x\n")
    result = installed.toolpin("uninstall", "--unused", "--yes")
    assert result.code == 2
    assert _left(installed) == list(_VERSIONS)


def test_all_is_every_version_of_one_tool(installed: Home) -> None:
    assert installed.toolpin("uninstall", "--all").code == 2
    assert installed.toolpin("uninstall", "node").code == 2
    assert installed.toolpin("uninstall", "node", "9.9.0", "--all").code == 2
    assert _left(installed) == list(_VERSIONS)
    assert installed.toolpin("uninstall", "node", "--all").code == 0
    assert _left(installed) == []
    assert installed.toolpin("uninstall", "node", "--all").code == 1


def test_a_clean_cache_holds_no_download_and_the_versions_run(installed: Home) -> None:
    partial = installed.cache / "partial"
    name = f"sha256-{'0' * 64}"
    (partial / f"{name}.d").mkdir(parents=True)
    (partial / f"{name}.d/half").write_text("half")
    (partial / name).write_text("half")
    helper = installed.data / "helpers/node/bin"
    helper.mkdir(parents=True)
    shown = installed.toolpin("cache", "clean", "--dry-run").out.splitlines()
    # An archive, a note and a list of checksums of each version.
    assert len(shown) == len(_VERSIONS) * 3 + 2
    assert all(os.path.exists(path) for path in shown)
    assert installed.toolpin("cache", "clean").code == 0
    assert not any(os.path.lexists(path) for path in shown)
    assert helper.is_dir()
    assert installed.toolpin("cache", "list").out == ""
    env = {"TOOLPIN_NODEJS_VERSION": "9.9.0"}
    assert installed.toolpin("exec", "node", "--version", env=env).out == "v9.9.0\n"


def test_hostile_81_what_another_process_fetches_is_not_cleaned(
    installed: Home,
) -> None:
    archives = installed.cache / "archives/sha256"
    busy, *others = sorted(os.listdir(archives))
    with held(f"{installed.cache}/locks/sha256-{busy}"):
        result = installed.toolpin("cache", "clean")
    assert result.code == 0
    assert f"{archives}/{busy} is in use and was kept\n" in result.err
    assert os.listdir(archives) == [busy]
    assert others


def test_the_cache_lists_what_each_archive_is_of(installed: Home) -> None:
    plan = installed.cache / "plans/nodejs/9.9.0"
    [file] = [path for path in plan.rglob("*") if path.is_file()]
    file.write_text("{")
    lines = installed.toolpin("cache", "list").out.splitlines()
    assert max(map(len, lines)) <= 80
    named = {line.split("  ")[-1] for line in lines}
    assert "node-v10.15.3-linux-x64.tar.xz" in named
    assert sum(line.split()[2] == "-" for line in lines) == 1


def test_cleaning_leaves_what_has_no_name_that_the_cache_gives(
    installed: Home,
) -> None:
    """The directory may be a workspace, or a home."""
    mine = [
        installed.cache / path
        for path in (
            "documents/important/thesis.odt",
            "documents/thesis.odt",
            "plans/house.dwg",
            "plans/house/2026/ground/floor.dwg",
            "catalogues/spring.pdf",
            "catalogues/spring/2026.pdf",
            "archives/2026/photos",
            "partial/letter",
        )
    ]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    assert installed.toolpin("cache", "clean").code == 0
    assert [path for path in mine if not path.exists()] == []


@pytest.mark.parametrize("kind", ["documents", "catalogues/nodejs"])
def test_cleaning_takes_what_a_killed_writer_of_a_note_left(
    kind: str, installed: Home
) -> None:
    """By the name that such a file really has while it is written."""
    assert installed.toolpin("list-all", "nodejs").code == 0
    note = next(path for path in (installed.cache / kind).iterdir() if path.is_file())
    with contextlib.suppress(KeyboardInterrupt), atomic_replace(str(note)):
        fresh = next(path for path in note.parent.iterdir() if ".toolpin-" in path.name)
        kept = fresh.with_name(
            f"{fresh.name[:-1]}{(int(fresh.name[-1], 16) + 1) % 16:x}"
        )
        kept.write_text("half")
        raise KeyboardInterrupt
    assert kept.exists()
    assert installed.toolpin("cache", "clean").code == 0
    assert not kept.exists()


def test_an_uninstall_that_a_script_stops_leaves_no_shim_of_what_is_gone(
    home: Home,
) -> None:
    install = GREET["bin/install"].replace(
        "bin/greet", "bin/greet-$ASDF_INSTALL_VERSION"
    )
    refuse = "#!/bin/sh\n[ $ASDF_INSTALL_VERSION != 2.0.0 ]\n"
    files = {**GREET, "bin/install": install, "bin/uninstall": refuse}
    plugin = repository(home.root / "greet", files)
    assert home.toolpin("plugin", "add", "greet", f"file://{plugin}").code == 0
    assert home.toolpin("install", "greet", "1.0.0", "2.0.0").code == 0
    assert home.toolpin("uninstall", "greet", "1.0.0", "2.0.0").code == 1
    assert os.listdir(home.data / "shims") == ["greet-2.0.0"]


def test_a_removal_changes_no_file_that_has_another_name_outside(
    installed: Home,
) -> None:
    outside = installed.root / "pnpm/file"
    outside.parent.mkdir()
    outside.write_text("mine")
    outside.chmod(0o444)
    closed = installed.data / "installs/nodejs/9.9.0/lib/closed"
    closed.mkdir()
    os.link(outside, closed / "file")
    closed.chmod(0o555)
    done = installed.run(*without_rights(*TOOLPIN, "uninstall", "node", "9.9.0"))
    assert done.code == 0, done.err
    assert outside.stat().st_mode & 0o777 == 0o444
