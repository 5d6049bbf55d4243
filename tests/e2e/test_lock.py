"""The story of the lockfile: loose requests, one meaning, the same bytes everywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.golang import GoUpstream
from tests.support.run import REPOSITORY, TOOLPIN, Home
from tests.support.server import Flip, Hang
from tests.support.terminal import Terminal
from tests.support.upstream import HOSTS, Upstream


@pytest.fixture
def locked(home: Home, upstream: Upstream) -> Home:
    """A project that asks for the long-term release, locked at 22.20.0."""
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    upstream.publish("25.1.0", hosts=HOSTS)
    home.pin("nodejs lts  # the newest long-term release\n")
    result = home.toolpin("lock")
    assert result.code == 0, result.err
    return home


def lock_of(home: Home) -> Path:
    return home.project / "toolpin.lock"


def test_a_loose_request_gets_one_meaning_for_every_host(locked: Home) -> None:
    text = lock_of(locked).read_text()
    assert text.startswith('schema = 1\n[pins]\n"nodejs lts" = "22.20.0"\n\n')
    assert text.count("[[build]]") == 6
    assert text.count('source = "none"') == 2  # musl has no build of this release
    assert "https://nodejs.org/dist/v22.20.0/node-v22.20.0-darwin-arm64.tar.xz" in text
    assert "127.0.0.1" not in text  # what is asked is a mirror, what is written is not


def test_a_list_of_checksums_is_requested_once_for_all_hosts(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("lock").code == 0
    assert upstream.server.count("/dist/v22.20.0/SHASUMS256.txt") == 1


def test_a_list_of_checksums_that_hangs_is_waited_for_once(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    path = "/dist/v22.20.0/SHASUMS256.txt"
    upstream.server.put(path, fault=Hang())
    home.env["TOOLPIN_STALL_TIMEOUT_S"] = "0.1"
    home.env["TOOLPIN_CONNECT_TIMEOUT_S"] = "0.5"
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("lock").code == 1
    assert upstream.server.count(path) == 3  # the attempts for one request


def test_lock_says_on_a_terminal_who_is_asked_while_it_waits(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    upstream.server.put("/dist/v22.20.0/SHASUMS256.txt", fault=Hang())
    home.pin("nodejs 22.20.0\n")
    with Terminal(*TOOLPIN, "lock", env=home.env, cwd=home.project) as terminal:
        terminal.until("nodejs 22.20.0  querying nodejs.org")
    upstream.server.put("/dist/index.json", fault=Hang())
    home.pin("nodejs lts\n")
    for verb in ("lock", "outdated"):
        with Terminal(*TOOLPIN, verb, env=home.env, cwd=home.project) as terminal:
            terminal.until("nodejs lts  querying nodejs.org")


def test_lock_says_what_a_request_means_and_for_whom(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=("linux-x64", "macos-x64"), lts="Jod")
    home.pin("nodejs 22\n")
    result = home.toolpin("lock")
    none = "none: linux-arm64 linux-arm64-musl linux-x64-musl macos-arm64\n"
    assert f"nodejs  22  -> 22.20.0  2 of 6 hosts, {none}" in result.out
    assert 'source = "none"' in lock_of(home).read_text()


def test_a_release_that_is_out_for_a_few_hosts_is_not_yet_what_a_request_means(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    upstream.publish("22.21.0", hosts=("linux-arm64", "linux-x64"), lts="Jod")
    home.pin("nodejs lts\n")
    assert "-> 22.20.0" in home.toolpin("lock").out
    assert home.toolpin("outdated").out == ""
    result = home.toolpin("upgrade", "--latest", "nodejs")
    assert result.code == 0, result.err
    assert "22.21.0" not in (home.project / ".tool-versions").read_text()
    home.pin("nodejs 22.21.0\n")  # literally asked for, it is
    none = "none: linux-arm64-musl linux-x64-musl macos-arm64 macos-x64\n"
    assert none in home.toolpin("lock").out
    home.pin("nodejs lts\n")
    only = home.toolpin("lock", "--host", "linux-x64", "--refresh", "nodejs")
    assert "-> 22.21.0" in only.out


@pytest.mark.usefixtures("locked")
def test_nothing_is_downloaded_to_lock(upstream: Upstream) -> None:
    paths = [seen.path for seen in upstream.server.requests]
    assert not [path for path in paths if path.endswith((".xz", ".gz"))]


def test_install_obeys_the_lock_when_there_is_something_newer(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("22.21.0", hosts=HOSTS, lts="Jod")
    result = locked.toolpin("install")
    assert result.code == 0, result.err
    assert locked.toolpin("list").out.split()[:3] == ["nodejs", "*", "22.20.0"]
    assert locked.toolpin("exec", "node", "--version").out == "v22.20.0\n"


def test_a_locked_install_reads_no_catalog_and_a_warm_one_asks_nothing(
    locked: Home, upstream: Upstream
) -> None:
    before = len(upstream.server.requests)
    assert locked.toolpin("install").code == 0
    asked = [seen.path for seen in upstream.server.requests[before:]]
    assert asked == [upstream.tarball_path("22.20.0")]
    for args in (("install",), ("install", "--locked")):
        assert locked.toolpin(*args, env={"CI": "true"}).code == 0
    assert len(upstream.server.requests) == before + 1


def test_locking_again_changes_no_byte_and_asks_nobody(
    locked: Home, upstream: Upstream
) -> None:
    before = lock_of(locked).read_bytes()
    upstream.publish("22.21.0", hosts=HOSTS, lts="Jod")
    asked = len(upstream.server.requests)
    result = locked.toolpin("lock")
    assert result.code == 0
    assert lock_of(locked).read_bytes() == before
    assert len(upstream.server.requests) == asked


def test_comments_and_order_change_nothing(locked: Home) -> None:
    before = lock_of(locked).read_bytes()
    locked.pin("# ours\n\nnodejs   lts\n")
    assert locked.toolpin("lock").code == 0
    assert lock_of(locked).read_bytes() == before


def test_refresh_moves_a_tool_to_what_its_request_means_today(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("22.21.0", hosts=HOSTS, lts="Jod")
    result = locked.toolpin("lock", "--refresh", "nodejs")
    assert "-> 22.21.0" in result.out
    assert "(was 22.20.0)" in result.out
    assert '"nodejs lts" = "22.21.0"' in lock_of(locked).read_text()


def test_an_unreachable_source_is_not_replaced_by_another(
    home: Home, upstream: Upstream
) -> None:
    upstream.add_second_source(home)
    home.pin("nodejs 22.20.0\n")
    home.env["TOOLPIN_MIRRORS"] = home.env["TOOLPIN_MIRRORS"].replace(
        upstream.server.url + "/dist", "http://127.0.0.1:9/dist"
    )
    upstream.publish("22.20.0", directory="second")
    result = home.toolpin("lock")
    assert result.code == 1
    assert "try: toolpin lock --source second" in result.err
    assert not lock_of(home).exists()
    assert home.toolpin("lock", "--source", "second").code == 0
    assert 'source = "second"' in lock_of(home).read_text()


def test_one_request_without_an_answer_leaves_the_lockfile_as_it_was(
    locked: Home,
) -> None:
    before = lock_of(locked).read_bytes()
    locked.pin("nodejs 99\n")
    result = locked.toolpin("lock")
    assert result.code == 1
    assert f"{locked.project}/.tool-versions:1" in result.err
    assert "nearest" in result.err
    assert lock_of(locked).read_bytes() == before


@pytest.mark.parametrize(
    "args", [("install",), ("install", "--locked")], ids=["CI", "flag"]
)
def test_a_request_that_the_lock_does_not_know_is_4_with_its_line(
    args: tuple[str, ...], locked: Home
) -> None:
    locked.pin("# ours\nnodejs 22.20.0\n")
    env = {"CI": "true"} if len(args) == 1 else {}
    result = locked.toolpin(*args, env=env)
    assert result.code == 4
    assert f"{locked.project}/.tool-versions:2" in result.err
    assert "try: toolpin lock" in result.err
    advice = "in CI        lock on your own machine, and commit toolpin.lock\n"
    assert (advice in result.err) == (not args[1:])
    assert locked.toolpin("list").out == ""


def test_outside_of_ci_a_stale_lock_is_a_warning_and_the_install_goes_on(
    locked: Home,
) -> None:
    locked.pin("nodejs 22.20.0\n")
    result = locked.toolpin("install")
    assert result.code == 0, result.err
    assert "has no entry for it; try: toolpin lock" in result.err


@pytest.mark.parametrize("wanted", ["lts", "22", "latest", "latest:22", "jod"])
def test_without_a_lockfile_a_loose_request_means_the_newest_but_not_in_ci(
    wanted: str, home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.19.0", lts="Jod")
    upstream.publish("22.20.0", lts="Jod")
    home.pin(f"nodejs {wanted}\n")
    refused = home.toolpin("install", env={"CI": "true"})
    assert refused.code == 4
    assert f"{home.project}/.tool-versions:1" in refused.err
    assert home.toolpin("list").out == ""
    result = home.toolpin("install")
    assert result.code == 0, result.err
    assert f"nodejs {wanted} is 22.20.0 today, not locked: toolpin lock" in result.err
    assert home.toolpin("exec", "node", "--version").out == "v22.20.0\n"


def test_an_exact_pin_installs_in_ci_without_a_lockfile(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("install", env={"CI": "true"}).code == 0
    assert home.toolpin("install", "--locked").code == 4


def test_a_release_literally_named_so_wins_over_a_prefix(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.2", hosts=HOSTS)
    upstream.publish("22.2.9", hosts=HOSTS)
    home.pin("nodejs 22.2\n")
    assert home.toolpin("install", env={"CI": "true"}).code == 0
    assert home.toolpin("lock").code == 0
    assert '"nodejs 22.2" = "22.2"' in lock_of(home).read_text()


def test_check_tells_what_is_stale_and_asks_nobody(
    locked: Home, upstream: Upstream
) -> None:
    asked = len(upstream.server.requests)
    assert locked.toolpin("lock", "--check").code == 0
    locked.pin("nodejs 22.20.0\n")
    result = locked.toolpin("lock", "--check")
    assert result.code == 4
    assert "nodejs lts" in result.err
    assert "nodejs 22.20.0" in result.err
    assert len(upstream.server.requests) == asked


def test_a_lock_for_one_host_stays_for_one_host(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("lock", "--host", "macos-arm64").code == 0
    result = home.toolpin("install", env={"CI": "true"})
    assert result.code == 4
    assert "has no build for linux-x64" in result.err
    fix = ("lock", "--host", "linux-x64", "--host", "macos-arm64")
    assert f"try: toolpin {' '.join(fix)}\n" in result.err
    home.pin("nodejs 22\n")
    assert home.toolpin("lock").code == 0
    assert lock_of(home).read_text().count("[[build]]") == 1
    assert home.toolpin(*fix).code == 0
    assert home.toolpin("install", env={"CI": "true"}).code == 0


def test_a_host_without_a_build_is_looked_for_by_a_refresh_alone(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=("macos-x64",))
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("lock").code == 0
    upstream.publish("22.20.0", hosts=HOSTS)
    assert home.toolpin("lock").code == 0
    for args in (("install",), ("bundle", "create", "x")):
        result = home.toolpin(*args)
        assert result.code == 4
        assert "states that linux-x64 has no build" in result.err
        assert "try: toolpin lock --refresh nodejs" in result.err
    assert home.toolpin("lock", "--refresh", "nodejs").code == 0
    assert home.toolpin("install").code == 0


def test_a_matrix_job_is_locked_beside_what_the_file_asks_for(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("20.9.0", hosts=HOSTS)
    override = {"TOOLPIN_NODEJS_VERSION": "20.9.0", "CI": "true"}
    assert locked.toolpin("install", env=override).code == 4
    assert locked.toolpin("lock", "--also", "nodejs@20.9.0").code == 0
    assert locked.toolpin("lock").code == 0
    assert locked.toolpin("install", env=override).code == 0
    assert locked.toolpin("list").out.split()[:2] == ["nodejs", "20.9.0"]


def test_each_project_has_a_lock_of_its_own_and_home_has_none(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("20.9.0", hosts=HOSTS)
    (locked.home / ".tool-versions").write_text("nodejs 20\n")
    nested = locked.project / "tools"
    nested.mkdir()
    (nested / ".tool-versions").write_text("nodejs 20.9.0\n")
    assert locked.toolpin("lock", cwd=nested).code == 0
    assert '"nodejs 20.9.0"' in (nested / "toolpin.lock").read_text()
    assert "20.9.0" not in lock_of(locked).read_text()
    assert locked.toolpin("lock", cwd=Path("/")).code == 1
    assert not (locked.home / "toolpin.lock").exists()


def test_an_archive_that_was_rebuilt_installs_nothing_and_the_cached_one_lasts(
    locked: Home, upstream: Upstream
) -> None:
    assert locked.toolpin("install").code == 0
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod", contents="22.20.0-rebuilt")
    assert locked.toolpin("uninstall", "nodejs", "22.20.0").code == 0
    assert locked.toolpin("install").code == 0  # from the cache
    assert locked.toolpin("uninstall", "nodejs", "22.20.0").code == 0
    assert locked.toolpin("cache", "clean").code == 0
    result = locked.toolpin("install")
    assert result.code == 1
    assert "differ from those that are locked" in result.err
    for fact in ("expected", "received", "locked in", "published"):
        assert fact in result.err
    assert "try: toolpin lock --refresh nodejs" in result.err
    assert locked.toolpin("list").out == ""


def test_what_is_installed_with_other_bytes_is_no_locked_install(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod", contents="22.20.0")
    text = lock_of(locked).read_text()
    assert locked.toolpin("install").code == 0
    digest = text.partition("sha256:")[2][:64]
    lock_of(locked).write_text(text.replace(digest, "0" * 64))
    result = locked.toolpin("install", "--locked")
    assert result.code == 4
    assert "installed" in result.err


def test_a_revert_and_an_offline_install_bring_the_old_version_back(
    locked: Home, upstream: Upstream
) -> None:
    assert locked.toolpin("install").code == 0
    old = lock_of(locked).read_bytes()
    upstream.publish("22.21.0", hosts=HOSTS, lts="Jod")
    assert locked.toolpin("lock", "--refresh", "nodejs").code == 0
    assert locked.toolpin("install").code == 0
    assert locked.toolpin("uninstall", "nodejs", "22.20.0").code == 0
    upstream.server.close()
    lock_of(locked).write_bytes(old)
    assert locked.toolpin("install", "--offline").code == 0
    assert locked.toolpin("exec", "node", "--version").out == "v22.20.0\n"


def test_hostile_67_an_edited_locator_sends_nobody_to_another_host(
    locked: Home, upstream: Upstream
) -> None:
    text = lock_of(locked).read_text()
    evil = text.replace("https://nodejs.org/dist/", "https://evil.example/dist/")
    lock_of(locked).write_text(evil)
    asked = len(upstream.server.requests)
    result = locked.toolpin("install")
    assert result.code == 1
    assert "lists different files" in result.err
    assert "evil.example" in result.err
    assert len(upstream.server.requests) == asked


def test_hostile_67_a_lockfile_that_is_none_stops_install_with_its_line(
    locked: Home,
) -> None:
    text = lock_of(locked).read_text()
    lock_of(locked).write_text(text.replace("digest = ", "hash = ", 1))
    for args in (("install",), ("lock",), ("upgrade",), ("outdated",)):
        result = locked.toolpin(*args)
        assert result.code == 2, args
        assert "toolpin.lock:" in result.err


def test_two_machines_write_the_same_bytes(
    home: Home, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    upstream.publish("20.9.0", hosts=HOSTS)
    home.pin("nodejs lts 20.9.0 22\n")
    assert home.toolpin("lock", "--also", "nodejs@latest").code == 0
    other = Home(tmp_path / "other")
    other.env |= {
        "TOOLPIN_MIRRORS": home.env["TOOLPIN_MIRRORS"],
        "TOOLPIN_JOBS": "1",
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "1",
    }
    other.pin("# later\nnodejs  lts 20.9.0\t22\r\n")
    done = other.run(
        "sh", "-c", f"umask 077; {' '.join(TOOLPIN)} lock --also nodejs@latest"
    )
    assert done.code == 0, done.err
    assert lock_of(other).read_bytes() == lock_of(home).read_bytes()


def test_another_source_is_asked_for_the_version_that_is_locked(
    locked: Home, upstream: Upstream
) -> None:
    upstream.add_second_source(locked)
    upstream.publish("22.20.0", directory="second", hosts=HOSTS, lts="Jod")
    upstream.publish("22.21.0", directory="second", hosts=HOSTS, lts="Jod")
    result = locked.toolpin("lock", "--source", "second")
    assert result.code == 0, result.err
    text = lock_of(locked).read_text()
    assert '"nodejs lts" = "22.20.0"' in text
    assert text.count('source = "second"') == 4


def test_a_version_named_by_hand_is_not_asked_to_be_locked(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("20.9.0", hosts=HOSTS)
    result = locked.toolpin("install", "nodejs", "20.9.0")
    assert result.code == 0
    assert "toolpin lock" not in result.err


@pytest.mark.parametrize("line", ["nodejs lts 22.20.0", "nodejs latest:22 22.20.0"])
def test_another_request_for_a_locked_version_keeps_the_bytes_that_are_locked(
    line: str, locked: Home, upstream: Upstream
) -> None:
    digest = lock_of(locked).read_text().partition("sha256:")[2][:64]
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod", contents="22.20.0-rebuilt")
    locked.pin(f"{line}\n")
    assert locked.toolpin("lock").code == 0
    assert lock_of(locked).read_text().count(digest) == 4
    assert locked.toolpin("lock", "--refresh", "nodejs").code == 0
    assert digest not in lock_of(locked).read_text()


def test_a_named_source_is_for_the_tools_that_have_it(
    locked: Home, upstream: Upstream
) -> None:
    golang = GoUpstream(upstream.server)
    golang.mirror_for(locked)
    golang.publish("1.26.6")
    upstream.add_second_source(locked)
    upstream.publish("22.20.0", directory="second", hosts=HOSTS, lts="Jod")
    locked.pin("nodejs lts\ngolang 1.26\n")
    result = locked.toolpin("lock", "--source", "second")
    assert result.code == 0, result.err
    text = lock_of(locked).read_text()
    assert text.count('source = "second"') == 4
    assert text.count('source = "upstream"') >= 4  # Go's
    typo = locked.toolpin("lock", "--source", "secund")
    assert typo.code == 2
    assert "upstream, second" in typo.err


@pytest.mark.parametrize("damage", ["bytes", "directory"])
def test_a_receipt_that_cannot_be_read_is_named(damage: str, locked: Home) -> None:
    assert locked.toolpin("install").code == 0
    receipt = locked.data / "installs/nodejs/22.20.0/.toolpin/receipt.json"
    receipt.unlink()
    if damage == "bytes":
        receipt.write_bytes(b"\xff\xfe")
    else:
        receipt.mkdir()
    result = locked.toolpin("install", "--locked")
    assert result.code == 1
    assert f"{receipt} cannot be read" in result.err


@pytest.mark.parametrize("how", ["dry run", "failure"])
def test_a_channel_means_what_is_installed_until_something_newer_is(
    how: str, home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", lts="Jod")
    home.pin("nodejs lts\n")
    assert home.toolpin("install").code == 0
    shutil.rmtree(home.cache)
    fault = Flip(at=9) if how == "failure" else None
    upstream.publish("22.21.0", lts="Jod", fault=fault)
    args = ("--dry-run",) if how == "dry run" else ()
    result = home.toolpin("install", *args)
    assert "nodejs lts is 22.21.0 today" in result.err
    assert home.toolpin("list").out.split()[:3] == ["nodejs", "*", "22.20.0"]
    assert home.toolpin("exec", "node", "--version").out == "v22.20.0\n"


def test_a_channel_that_cannot_be_kept_is_no_bug(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", lts="Jod")
    home.pin("nodejs lts\n")
    home.data.mkdir()
    (home.data / "channels").touch()
    result = home.toolpin("install")
    assert result.code == 1
    assert f"{home.data}/channels/nodejs/lts cannot be written" in result.err


def test_check_finds_builds_that_no_request_means(locked: Home) -> None:
    text = lock_of(locked).read_text()
    builds = text[text.index("[[build]]") :].replace("22.20.0", "22.19.0")
    lock_of(locked).write_text(f"{text}\n{builds}")
    result = locked.toolpin("lock", "--check")
    assert result.code == 4
    assert "nodejs 22.19.0" in result.err
    assert locked.toolpin("lock").code == 0
    assert lock_of(locked).read_text() == text


def test_a_lock_that_is_limited_to_a_host_forgets_the_others(locked: Home) -> None:
    assert locked.toolpin("lock", "--host", "linux-x64").code == 0
    text = lock_of(locked).read_text()
    assert text.count("[[build]]") == text.count('host = "linux-x64"') == 1


@pytest.mark.parametrize("request_text", ["22", "22.20.0", "latest:22"])
def test_a_version_that_a_request_does_not_mean_is_stale(
    request_text: str, home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    upstream.publish("25.1.0", hosts=HOSTS)
    home.pin(f"nodejs {request_text}\n")
    assert home.toolpin("lock").code == 0
    good = lock_of(home).read_text()
    lock_of(home).write_text(good.replace('= "22.20.0"', '= "25.1.0"'))
    check = home.toolpin("lock", "--check")
    assert check.code == 4
    assert f"nodejs {request_text}" in check.err
    assert "25.1.0 does not satisfy it" in check.err
    for args in (("install",), ("exec", "node"), ("bundle", "create", "x")):
        result = home.toolpin(*args)
        assert result.code == 4
        assert "25.1.0, which does not satisfy it" in result.err
        assert "try: toolpin lock\n" in result.err
    assert home.toolpin("install", env={"CI": "true"}).code == 4
    assert home.toolpin("lock").code == 0
    assert lock_of(home).read_text() == good


def test_each_missing_entry_is_told_with_the_command_that_adds_it(
    locked: Home, upstream: Upstream
) -> None:
    upstream.publish("20.9.0", hosts=HOSTS)
    override = {"TOOLPIN_NODEJS_VERSION": "20.9.0"}
    result = locked.toolpin("install", "--locked", env=override)
    assert "try: toolpin lock --also nodejs@20.9.0" in result.err
    nested = locked.project / "tools"
    nested.mkdir()
    (nested / ".tool-versions").write_text("erlang 27.1.2\n")
    locked.pin("nodejs 20.9.0\n")
    below = locked.toolpin("-C", str(nested), "install", "--only", "nodejs", "--locked")
    assert f"try: toolpin -C {locked.project} lock\n" in below.err
    assert "try: toolpin lock\n" in locked.toolpin("install", "--locked").err


def test_check_tells_that_there_is_no_lockfile(home: Home) -> None:
    home.pin("nodejs lts\n")
    result = home.toolpin("lock", "--check")
    assert result.code == 4
    assert f"there is no {lock_of(home)}" in result.err
    assert "out of date" not in result.err


def test_a_lockfile_that_was_merged_is_fixed_by_the_lines_that_are_told(
    locked: Home,
) -> None:
    user = ("-c", "user.name=x", "-c", "user.email=x@example.org")

    def git(*words: str) -> int:
        return locked.run("git", *user, *words).code

    def commit(branch: str, *hosts: str) -> None:
        assert git("checkout", "-q", "-b", branch) == 0
        words = [word for host in hosts for word in ("--host", host)]
        assert locked.toolpin("lock", *words).code == 0
        assert git("commit", "-qam", branch) == 0

    assert git("init", "-q", "-b", "main") == 0
    assert git("add", ".") == 0
    assert git("commit", "-qm", "lock") == 0
    commit("one", "linux-x64")
    assert git("checkout", "-q", "main") == 0
    commit("two", "linux-x64", "macos-arm64")
    assert git("merge", "-q", "one") == 1
    result = locked.toolpin("lock", "--check")
    _, _, line = result.err.partition("  try: ")
    first, _, second = line.rstrip("\n").partition(" && ")
    assert locked.run("sh", "-c", first).code == 0
    assert second == "toolpin lock"
    assert locked.toolpin("lock").code == 0
    assert locked.toolpin("lock", "--check").code == 0


_VERIFIED = 'verified = "checksum"'


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (
            *("https://nodejs.org/", "https://evil.example/", 1),
            ("https://evil.example/dist/v22.20.0", "lock --refresh nodejs"),
        ),
        ('lts" = ', 'lts"=', 2, (":3 was not written by `toolpin lock`",)),
        (
            *(_VERIFIED, 'verified = "signature"', 4),
            ("signature", "try: toolpin lock --refresh nodejs"),
        ),
        ("", "", 2, ("toolpin.lock is empty", "try: git checkout toolpin.lock\n")),
        (
            *(_VERIFIED, f'{_VERIFIED}\nrequires.glibc = "99.9"', 0),
            ("nodejs 22.20.0: needs glibc 99.9, and this machine has",),
        ),
    ],
    ids=["another host", "written by hand", "verified otherwise", "empty", "glibc"],
)
def test_check_says_what_is_wrong_with_a_lockfile(
    old: str, new: str, code: int, said: tuple[str, ...], locked: Home
) -> None:
    text = lock_of(locked).read_text()
    changed = text.replace(old, new) if old else "\n"
    assert changed != text
    lock_of(locked).write_text(changed)
    result = locked.toolpin("lock", "--check")
    assert result.code == code, result.err
    for words in said:
        assert words in result.err


@pytest.mark.parametrize(
    ("behind", "line", "told"),
    [
        ("[pins]", b"<<<<<<< ours", "has a merge conflict in it"),
        ('"22.20.0"', b"<<<<<<< HEAD", "has a merge conflict in it"),
        ("[[build]]", b"=======", "has a merge conflict in it"),
        ('"22.20.0"', b'"nodejs lts" = "24.1.0"', "is not TOML"),
        ('"22.20.0"', b'"golang x" == "1"', "is not TOML"),
        ('"22.20.0"', b"golang = 1", ":4: pins.golang"),
        ("[[build]]", b"# \xff", "is not UTF-8"),
    ],
)
def test_install_says_of_no_damaged_lockfile_that_all_is_there(
    locked: Home, behind: str, line: bytes, told: str
) -> None:
    assert locked.toolpin("install").code == 0
    head, mark, rest = lock_of(locked).read_bytes().partition(behind.encode() + b"\n")
    lock_of(locked).write_bytes(head + mark + line + b"\n" + rest)
    lines, words = ["install", "lock --check"], [told]
    if behind == "[pins]":  # `exec` reads no more
        lines.append("exec node")
        words.append("try: git checkout --ours toolpin.lock && toolpin lock")
    for command in lines:
        result = locked.toolpin(*command.split())
        assert result.code == 2, (command, result.out)
        for text in words:
            assert text in result.err


def test_offline_no_other_source_is_offered(home: Home) -> None:
    home.pin("nodejs 22.20.0\n")
    result = home.toolpin("--offline", "lock")
    assert result.code == 1
    assert "  try: TOOLPIN_OFFLINE=0 toolpin lock\n" in result.err
    assert "--source" not in result.err


def test_a_git_ref_that_nobody_builds_is_told_as_one(home: Home) -> None:
    home.pin("nodejs ref:main\n")
    for command in ("lock", "install"):
        result = home.toolpin(command)
        assert "is a Git ref, and no source of nodejs builds those" in result.err


def test_ci_says_4_of_a_short_version_while_nobody_answers(
    home: Home, upstream: Upstream
) -> None:
    home.pin("nodejs 22\n")
    upstream.server.close()
    home.env["TOOLPIN_SOURCES"] = "upstream"
    result = home.toolpin("install", env={"CI": "true"})
    assert result.code == 4
    assert "try: toolpin lock" in result.err


def test_a_pin_made_offline_sends_nobody_to_a_source_that_was_not_chosen(
    home: Home, upstream: Upstream
) -> None:
    upstream.add_second_source(home)
    plugin = home.config / "plugins/nodejs.toml"
    head, mark, second = plugin.read_text().rpartition("[[source]]\n")
    lines = [word for word in second.split("\n") if not word.startswith("macos-")]
    plugin.write_text(head + mark + "\n".join(lines))
    for version in ("22.20.0", "22.21.0"):
        upstream.publish(version, directory="second", hosts=HOSTS)
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("install").code == 0
    home.pin("nodejs 22.21.0\n")
    assert home.toolpin("lock", "--source", "second").code == 0
    assert home.toolpin("--offline", "pin", "nodejs", "22.20.0").code == 0
    home.env["TOOLPIN_MIRRORS"] = home.env["TOOLPIN_MIRRORS"].replace(
        upstream.server.url + "/dist", "http://127.0.0.1:9/dist"
    )
    result = home.toolpin("lock")
    assert result.code == 0, result.err
    assert "none: linux-x64-musl macos-arm64 macos-x64\n" in result.out


def test_an_unknown_tool_does_not_stop_the_others_from_being_locked(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("24.11.1")
    home.pin("xqwzt 3.13.0\nnodejs 24.11.1\n")
    lockfile = home.project / "toolpin.lock"
    result = home.toolpin("lock", "--source", "upstream")
    assert result.code == 1
    assert "no plugin provides xqwzt" in result.err
    assert f"{home.project}/.tool-versions:1" in result.err
    assert '"nodejs 24.11.1" = "24.11.1"' in lockfile.read_text()
    checked = home.toolpin("lock", "--check")
    assert checked.code == 0
    assert ".tool-versions:1: xqwzt is unknown and was not checked" in checked.err
    again = home.toolpin("lock", "--json", "--source", "upstream")
    assert again.code == 1
    (error,) = json.loads(again.out)["result"]["errors"]
    assert "xqwzt" in error["what"]


def test_what_cannot_be_locked_keeps_what_was_locked_of_it(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("24.11.1")
    upstream.publish("22.20.0")
    home.pin("nodejs 24.11.1\n")
    lockfile = home.project / "toolpin.lock"
    assert home.toolpin("lock", "--source", "upstream").code == 0
    before = lockfile.read_text()
    home.pin("golang 1.99.9\nnodejs 24.11.1\n")
    result = home.toolpin("lock", "--source", "upstream")
    assert result.code == 1
    assert "golang 1.99.9" in result.err
    assert lockfile.read_text() == before


@pytest.mark.parametrize("wanted", ["7.2.4", "latest"])
def test_a_host_that_no_source_of_a_tool_has_is_an_error(
    home: Home, wanted: str
) -> None:
    plugins = home.config / "plugins"
    plugins.mkdir()
    text = (REPOSITORY / "plugins/redis.toml").read_text()
    tool = text.replace('"linux-arm64", ', "")
    assert '"linux-arm64"' not in tool
    (plugins / "redis.toml").write_text(tool)
    home.pin(f"redis {wanted}\n")
    result = home.toolpin("lock", "--host", "linux-arm64")
    assert result.code in (1, 2), result.err
    assert "redis" in result.err


@pytest.mark.parametrize("words", ["pin nodejs 22.21.0", "upgrade nodejs --latest"])
def test_a_tool_that_cannot_be_locked_does_not_stop_the_pin_of_another(
    home: Home, upstream: Upstream, words: str
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("lock").code == 0
    upstream.publish("22.21.0", hosts=HOSTS, lts="Jod")
    home.pin("nodejs 22.20.0\njq 1.7\n")
    closed = " https://github.com=http://127.0.0.1:9 https://api.github.com="
    home.env["TOOLPIN_MIRRORS"] += f"{closed}http://127.0.0.1:9"
    result = home.toolpin(*words.split())
    assert result.code == 0, result.err
    (line,) = [line for line in result.err.splitlines() if "jq 1.7" in line]
    assert line.endswith("; later: toolpin lock")
    assert '"nodejs 22.21.0" = "22.21.0"' in lock_of(home).read_text()
    assert "nodejs 22.21.0" in (home.project / ".tool-versions").read_text()
    assert home.toolpin("pin", "jq", "1.7.1").code == 1
    assert "jq 1.7\n" in (home.project / ".tool-versions").read_text()


def test_a_pin_without_builds_stays_in_the_lockfile(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    home.pin("nodejs 22.20.0\n")
    lock_of(home).write_text('schema = 1\n[pins]\n"nodejs 22.20.0" = "22.20.0"\n')
    result = home.toolpin("lock", "--only", "xqwzt")
    assert result.code != 0
    assert "xqwzt" in result.err


def test_only_some_tools_are_locked_and_the_others_stay(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("24.11.1")
    home.pin("xqwzt 3.13.0\nnodejs 24.11.1\n")
    result = home.toolpin("lock", "--only", "node", "--source", "upstream")
    assert result.code == 0, result.err
    before = (home.project / "toolpin.lock").read_text()
    home.pin("nodejs 24.11.1\ngolang 1.26.6\n")
    result = home.toolpin("lock", "--only", "nodejs", "--source", "upstream")
    assert result.code == 0, result.err
    assert (home.project / "toolpin.lock").read_text() == before
    wrong = home.toolpin("lock", "--only", "erlang")
    assert wrong.code == 2
    assert "--only erlang names a tool that is not pinned here" in wrong.err


def _two_sources(home: Home, upstream: Upstream) -> None:
    """Give nodejs a second source; the first has 22.20.0, the second 20.9.0 too."""
    upstream.publish("22.20.0", hosts=HOSTS)
    second = Upstream(upstream.server)
    for version in ("20.9.0", "22.20.0", "22.21.0"):
        second.publish(version, hosts=HOSTS, directory="second")
    upstream.add_second_source(home)


def test_what_the_first_source_lacks_is_locked_from_the_next_one(
    home: Home, upstream: Upstream
) -> None:
    _two_sources(home, upstream)
    for wanted in ("20.9.0", "20"):
        home.pin(f"nodejs {wanted} 22\n")
        lock_of(home).unlink(missing_ok=True)
        done = home.toolpin("lock")
        assert done.code == 0, done.err
        line = f"nodejs {wanted}: not in upstream; locked from second\n"
        assert line in done.err
        text = lock_of(home).read_text()
        assert text.count('source = "second"') == len(HOSTS)
        assert text.count('source = "upstream"') == len(HOSTS)
        assert '"nodejs 22" = "22.20.0"' in text
        assert home.toolpin("lock", "--check").code == 0
        assert home.toolpin("lock").code == 0
        assert lock_of(home).read_text() == text


def test_a_source_that_was_named_alone_is_not_replaced(
    home: Home, upstream: Upstream
) -> None:
    _two_sources(home, upstream)
    home.pin("nodejs 20.9.0\n")
    done = home.toolpin("lock", "--source", "upstream")
    assert done.code == 1
    assert "upstream has no nodejs 20.9.0" in done.err
    assert "not queried  second" in done.err


def test_the_advice_where_no_source_answers_comes_to_an_end(
    home: Home, upstream: Upstream
) -> None:
    _two_sources(home, upstream)
    home.pin("nodejs 22.20.0\n")
    mirrors = home.env["TOOLPIN_MIRRORS"]
    home.env["TOOLPIN_MIRRORS"] = mirrors.replace(
        upstream.server.url, "http://127.0.0.1:9"
    )
    lines = []
    command = ["lock"]
    while command[0] != "doctor":
        done = home.toolpin(*command)
        assert done.code == 1
        *_, hint = done.err.splitlines()
        assert hint.startswith("  try: toolpin ")
        command = hint.split()[2:]
        assert command not in lines
        lines.append(command)
    assert lines == [["lock", "--source", "second"], ["doctor", "--net", "nodejs"]]
    assert home.toolpin(*command).code == 1


def test_a_newer_release_of_another_source_is_reported_with_the_command_that_moves(
    home: Home, upstream: Upstream
) -> None:
    _two_sources(home, upstream)
    home.pin("nodejs 22\n")
    assert home.toolpin("lock", "--source", "upstream").code == 0
    line = (
        "nodejs 22: second has 22.21.0, which upstream, the locked source, does not "
        "list; to move: toolpin lock --only nodejs --refresh nodejs --source second"
    )
    for command in ("outdated", "upgrade", "install", "latest nodejs"):
        done = home.toolpin(*command.split())
        assert done.code == 0, done.err
        assert line in done.err, command
        assert "everything is up to date" not in done.err
    assert '= "22.20.0"' in lock_of(home).read_text()
    (row,) = json.loads(home.toolpin("outdated", "--json").out)["result"]
    assert (row["version"], row["elsewhere"]) == ("22.20.0", "22.21.0")
    command = line.partition("to move: toolpin ")[2]
    assert home.toolpin(*command.split()).code == 0
    assert '= "22.21.0"' in lock_of(home).read_text()
    assert "everything is up to date" in home.toolpin("outdated").err


def test_a_source_that_lacks_a_locked_host_is_not_suggested(
    home: Home, upstream: Upstream
) -> None:
    _two_sources(home, upstream)
    home.pin("nodejs 22\n")
    assert home.toolpin("lock", "--source", "upstream").code == 0
    assert "second has 22.21.0" in home.toolpin("outdated").err
    plugin = home.config / "plugins/nodejs.toml"
    host = 'macos-arm64 = { target = "darwin-arm64", listed = "osx-arm64-tar" }\n'
    first, found, second = plugin.read_text().rpartition(host)
    assert found
    plugin.write_text(first + second)
    assert "second has 22.21.0" not in home.toolpin("outdated").err


def test_latest_names_no_version_without_a_build_for_this_machine(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    upstream.publish("22.21.0", hosts=HOSTS)
    upstream.server.put("/dist/v22.21.0/SHASUMS256.txt", b"")
    assert home.toolpin("latest", "nodejs").out == "22.20.0\n"
    upstream.server.put("/dist/v22.20.0/SHASUMS256.txt", b"")
    done = home.toolpin("latest", "nodejs", "22")
    assert done.code == 1
    assert "nodejs 22 has no release for this machine yet" in done.err
    assert "try: toolpin list-all nodejs 22\n" in done.err


def test_outdated_reports_a_newer_release_elsewhere_below_the_latest_of_all(
    home: Home, upstream: Upstream
) -> None:
    _two_sources(home, upstream)
    upstream.publish("24.1.0", hosts=HOSTS)
    home.pin("nodejs 22\n")
    assert home.toolpin("lock", "--source", "upstream").code == 0
    done = home.toolpin("outdated")
    assert done.out.splitlines()[1].split()[1:5] == [
        "22",
        "22.20.0",
        "22.20.0",
        "24.1.0",
    ]
    assert "nodejs 22: second has 22.21.0, which upstream" in done.err
    rest = "the other newer versions are outside the constraints: toolpin upgrade"
    assert done.err.splitlines()[-1] == f"{rest} --latest"


def test_hosts_that_a_refresh_loses_are_reported(
    home: Home, upstream: Upstream
) -> None:
    _two_sources(home, upstream)
    fewer = ("linux-x64", "linux-arm64")
    Upstream(upstream.server).publish("22.21.0", hosts=fewer, directory="second")
    home.pin("nodejs 22\n")
    assert "fewer hosts" not in home.toolpin("lock", "--source", "upstream").err
    refresh = ("lock", "--refresh", "nodejs", "--source", "second")
    done = home.toolpin(*refresh)
    assert done.code == 0, done.err
    assert (
        "nodejs 22: locked for fewer hosts than before: no build of 22.21.0 for "
        "macos-arm64, macos-x64\n"
    ) in done.err
    assert "fewer hosts" not in home.toolpin(*refresh).err


def test_hosts_that_are_no_longer_wanted_are_not_called_lost(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    home.pin("nodejs 22\n")
    assert home.toolpin("lock").code == 0
    done = home.toolpin("lock", "--refresh", "nodejs", "--host", "linux-x64")
    assert done.code == 0
    assert "fewer hosts" not in done.err
