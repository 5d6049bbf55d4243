"""What a new user meets: the commands that add, pin and install, and how they end."""

from __future__ import annotations

import re

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, repository
from tests.support.server import Hang
from tests.support.terminal import Terminal
from tests.support.upstream import Upstream


def test_use_pins_locks_and_installs(home: Home, upstream: Upstream) -> None:
    upstream.publish("20.1.0")
    upstream.publish("22.1.0")
    home.pin("nodejs 20\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    used = home.toolpin("use", "nodejs", "22")
    assert used.code == 0, used.err
    assert (home.project / ".tool-versions").read_text() == "nodejs 22\n"
    assert '"nodejs 22" = "22.1.0"' in (home.project / "toolpin.lock").read_text()
    assert home.toolpin("which", "node").out.endswith("22.1.0/bin/node\n")


def test_pin_install_is_the_same_as_use(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.1.0")
    used = home.toolpin("pin", "nodejs", "22.1.0", "--install")
    assert used.code == 0, used.err
    assert home.toolpin("list").out == "nodejs\n* 22.1.0\n"


def test_a_name_that_no_list_has_is_not_pinned(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.1.0", lts="Jod")
    unknown = home.toolpin("pin", "nodejs", "banana")
    assert unknown.code == 0, "without a list nothing is known of it"
    (home.project / ".tool-versions").unlink()
    assert home.toolpin("list-all", "nodejs").code == 0
    refused = home.toolpin("pin", "nodejs", "banana")
    assert refused.code == 1
    assert refused.err.startswith("toolpin: nodejs has no version banana\n")
    assert not (home.project / ".tool-versions").exists()
    assert home.toolpin("pin", "nodejs", "jod").code == 0
    assert home.toolpin("pin", "nodejs", "lts").code == 0
    assert home.toolpin("pin", "nodejs", "99.0.0").code == 0, "it may be newer"


def test_installed_versions_are_a_list_too(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.1.0")
    assert home.toolpin("install", "nodejs", "22.1.0").code == 0
    home.env["TOOLPIN_CACHE_DIR"] = str(home.root / "another")
    assert home.toolpin("pin", "nodejs", "banana").code == 1
    assert home.toolpin("pin", "nodejs", "20").code == 0


def test_a_missing_version_names_the_command_that_installs_it(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("20.1.0")
    upstream.publish("20.2.0")
    home.pin("nodejs 20\n")
    missing = home.toolpin("which", "node")
    assert missing.code == 126
    assert missing.err.endswith("  try: toolpin install --missing\n")
    assert home.toolpin("install", "--missing").code == 0
    assert home.toolpin("list").out == "nodejs\n* 20.2.0\n"
    upstream.publish("20.3.0")
    again = home.toolpin("install", "--missing")
    assert again.code == 0
    assert home.toolpin("list").out == "nodejs\n* 20.2.0\n", "it is not missing"


def test_an_unknown_tool_is_answered_with_the_command_that_adds_it(home: Home) -> None:
    home.pin("xqwzt 1.9\n")
    first = home.toolpin("install")
    assert first.code == 1
    assert "no plugin provides xqwzt" in first.err
    assert "  try: toolpin plugin add xqwzt\n" in first.err
    index = home.data / "plugin-index/plugins"
    index.mkdir(parents=True)
    other = home.toolpin("install")
    assert "  try: toolpin plugin add xqwzt xqwzt.toml\n" in other.err
    (index / "xqwzt").write_text("repository = https://example.org/x\n")
    listed = home.toolpin("install")
    assert "  try: toolpin plugin add xqwzt\n" in listed.err


def test_offline_is_reported_once_and_as_offline(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.1.0")
    home.pin("nodejs 22.1.0\n")
    del home.env["TOOLPIN_SOURCES"]
    for words in (("install",), ("lock",), ("list-all", "nodejs")):
        result = home.toolpin("--offline", *words)
        assert result.code == 1
        assert result.err.count("toolpin is offline") == 1, result.err
        assert "not found" not in result.err
        assert "does not exist" not in result.err


def test_a_directory_that_cannot_be_written_is_named_with_a_remedy(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.1.0")
    home.pin("nodejs 22.1.0\n")
    # No user, root included, can make a directory below a file.
    (home.root / "file").write_text("")
    home.env["TOOLPIN_DATA_DIR"] = str(home.root / "file/data")
    result = home.toolpin("install")
    assert result.code == 1
    assert str(home.root / "file/data") in result.err
    assert "  try: export TOOLPIN_DATA_DIR=" in result.err


def test_an_interrupt_ends_the_loop_of_a_shell(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.1.0", fault=Hang())
    home.pin("nodejs 22.1.0\n")
    program = " ".join(TOOLPIN)
    path = upstream.tarball_path("22.1.0", "dist", "linux-x64")
    env = {**home.env, "PS1": "$ "}
    with Terminal("bash", "--norc", "-i", env=env, cwd=home.project) as shell:
        shell.until("$ ")
        shell.send(f"for i in 1 2 3; do {program} install; echo a''gain; done\n")
        upstream.server.wait_for_requests(path, 1)
        shell.send("\x03")
        shell.until("interrupted")
        shell.send("echo code=$?,\n")
        shown = shell.until("code=130,")
    assert "again" not in shown
    assert upstream.server.count(path) == 1
    assert not list(home.data.glob("staging/*"))


@pytest.mark.parametrize("prefix", ["", "20"])
def test_a_long_list_ends_with_the_way_to_narrow_it(
    home: Home, upstream: Upstream, prefix: str
) -> None:
    for minor in range(60):
        upstream.publish(f"20.{minor}.0")
    plain = home.toolpin("list-all", "nodejs", *([prefix] if prefix else []))
    assert plain.out.count("\n") == 60
    assert plain.err == ""
    words = ["list-all", "nodejs", *([prefix] if prefix else [])]
    with Terminal(
        "sh",
        "-c",
        '"$@"; echo en""d',
        "sh",
        *TOOLPIN,
        *words,
        env=home.env,
        cwd=home.project,
    ) as it:
        shown = it.until("end")
    narrows = "60 versions; to list fewer: toolpin list-all nodejs 20" in shown
    assert narrows is (prefix == "")


def test_pin_install_names_the_line_that_it_wrote(home: Home) -> None:
    home.pin("# ours\ngolang 1.22\n\nnode 20.0.0\n")
    failed = home.toolpin("--offline", "pin", "nodejs", "22.1.0", "--install")
    assert failed.code == 1
    assert f"{home.project}/.tool-versions:4" in failed.err


def test_use_states_which_installed_version_is_used(
    home: Home, upstream: Upstream
) -> None:
    for version in ("22.19.0", "22.20.0"):
        upstream.publish(version)
        assert home.toolpin("install", "nodejs", version).code == 0
    used = home.toolpin("use", "nodejs", "22")
    line = "nodejs 22 is 22.20.0, already installed"
    assert f"{line}; not locked: toolpin lock\n" in used.err
    used = home.toolpin("use", "nodejs", "22", "--home")
    assert f"{line}\n" in used.err
    assert "lock" not in home.toolpin("use", "nodejs", "system").err
    home.toolpin("use", "nodejs", "22")
    assert home.toolpin("lock").code == 0
    used = home.toolpin("use", "nodejs", "22.19.0")
    assert "nodejs 22.19.0 is already installed\n" in used.err
    used = home.toolpin("use", "nodejs", "22")
    assert f"{line}\n" in used.err


def test_use_latest_installs_it(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.20.0")
    used = home.toolpin("use", "nodejs", "latest")
    assert used.code == 0, used.err
    assert home.toolpin("list").out == "nodejs\n* 22.20.0\n"
    used = home.toolpin("use", "nodejs", "latest:22")
    assert "nodejs latest:22 is 22.20.0, already installed" in used.err


def test_a_small_install_has_a_size_that_is_not_zero(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    installed = home.toolpin("install", "nodejs", "22.20.0")
    assert re.search(r"installed, [1-9]\d* KB from ", installed.err), installed.err
    assert re.search(r" [1-9]\d* KB ", home.toolpin("prune").out)


def test_adding_a_plugin_ends_with_a_sentence_and_a_command(home: Home) -> None:
    place = repository(home.root / "upstream" / "asdf-greet", GREET)
    added = home.toolpin("plugin", "add", "greet", f"file://{place}")
    assert "installing a version runs its scripts: toolpin install greet" in added.err
