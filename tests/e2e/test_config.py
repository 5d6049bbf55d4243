"""`toolpin config`: what holds, who said so, and the user's file as it is edited."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.run import Home
from tests.support.upstream import Upstream


def test_each_place_beats_the_one_before_it(home: Home) -> None:
    (home.root / "system.toml").write_text("jobs = 2\nsources = ['npm']\n")
    (home.config / "config.toml").write_text("# mine\njobs = 3\n")
    shown = home.toolpin("config", "get", "jobs", "--origin")
    assert shown.out == f"3  {home.config}/config.toml:2\n"
    env = {"TOOLPIN_JOBS": "5"}
    assert home.toolpin("config", "get", "jobs", env=env).out == "5\n"
    rows = home.toolpin("config", "list", "--origin", env=env).out.splitlines()
    assert rows[0].split() == ["jobs", "5", "TOOLPIN_JOBS"]
    assert rows[1].split() == ["sources", '["npm"]', f"{home.root}/system.toml:2"]
    assert rows[2].split() == ["offline", "false", "default"]
    assert rows[3].split() == ["check_pairs", "true", "default"]
    assert rows[4].split() == ["default_packages", "true", "default"]
    assert rows[5].split() == ["idiomatic", '"plain"', "default"]
    assert rows[6].split() == ["strict", "false", "default"]
    assert rows[7].split() == ["allow", "[]", "default"]
    assert rows[8].split() == ["allow_plugins", "[]", "default"]
    assert rows[9].split()[::2] == ["plugin_index", "TOOLPIN_PLUGIN_INDEX"]
    assert rows[10].split() == ["network.connect_timeout_s", "5", "default"]


def test_set_and_unset_keep_the_rest_of_the_file_and_its_mode(home: Home) -> None:
    file = home.config / "config.toml"
    before = "# mine\njobs = 3 # few\n[network] # slow line\nstall_timeout_s = 9\n"
    file.write_text(before)
    file.chmod(0o600)
    url = "mirrors.https://nodejs.org/dist"
    assert home.toolpin("config", "set", url, "https://m.example/n").code == 0
    assert file.read_text().startswith(before)
    assert home.toolpin("config", "get", url).out == "https://m.example/n\n"
    assert home.toolpin("config", "unset", "mirrors").code == 0
    assert file.read_text().rstrip() == before.rstrip()
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(home.config) == ["config.toml"]


def test_a_password_is_written_into_a_file_that_others_cannot_read(home: Home) -> None:
    file = home.config / "config.toml"
    for url, mode in (("https://m.example", 0o644), ("https://a:b@m.example", 0o600)):
        key = "mirrors.https://nodejs.org/dist"
        assert home.toolpin("config", "set", key, url).code == 0
        assert file.stat().st_mode & 0o777 == mode
        assert home.toolpin("config", "get", key).out == f"{url}\n"


def test_json_tells_what_changed(home: Home) -> None:
    answer = json.loads(home.toolpin("config", "set", "jobs", "3", "--json").out)
    assert (answer["command"], answer["changed"]) == ("config set", True)
    again = json.loads(home.toolpin("config", "set", "jobs", "3", "--json").out)
    assert again["changed"] is False
    listed = json.loads(home.toolpin("--json", "config", "list").out)["result"]
    assert listed[0]["value"] == 3
    place = {"place": f"{home.config}/config.toml", "line": 1}
    assert listed[0]["origin"] == place
    item = json.loads(home.toolpin("config", "get", "jobs", "--json").out)["result"]
    assert item == listed[0]


def test_a_fault_names_its_line_and_the_command_that_fixes_it(home: Home) -> None:
    file = home.config / "config.toml"
    file.write_text('sources = [\n  "npm",\n]\njosb = 3\n')
    wrong = home.toolpin("config", "list")
    assert wrong.code == 2
    assert f"{file}:4 sets josb" in wrong.err
    assert "similar   jobs" in wrong.err
    assert "try: toolpin config unset josb" in wrong.err
    assert home.toolpin("config", "unset", "josb").code == 0
    assert home.toolpin("config", "list").code == 0
    file.write_text("jobs = 3\nsources = [\n")
    broken = home.toolpin("config", "set", "jobs", "4")
    assert broken.code == 2
    assert f"{file}:2 is not TOML" in broken.err
    assert file.read_text() == "jobs = 3\nsources = [\n"


def test_a_variable_that_wins_over_the_file_is_told(home: Home) -> None:
    env = {"TOOLPIN_JOBS": "5"}
    assert (
        "TOOLPIN_JOBS is set" in home.toolpin("config", "set", "jobs", "2", env=env).err
    )


def test_what_is_not_set_is_an_error(home: Home) -> None:
    assert home.toolpin("config", "get", "mirrors.https://a.example").code == 1
    assert home.toolpin("config", "get", "colour").code == 2
    assert home.toolpin("config").code == 2
    relative = {"TOOLPIN_SYSTEM_CONFIG": "x.toml"}
    assert home.toolpin("config", "list", env=relative).code == 2


def test_settings_that_are_set_at_once_are_all_in_the_file(home: Home) -> None:
    keys = [f"mirrors.https://host{number}.example" for number in range(8)]

    def set_one(key: str) -> int:
        return home.toolpin("config", "set", key, "https://m.example").code

    with ThreadPoolExecutor(len(keys)) as pool:
        assert list(pool.map(set_one, keys)) == [0] * len(keys)
    text = (home.config / "config.toml").read_text()
    assert [key for key in keys if key.removeprefix("mirrors.") not in text] == []


@pytest.fixture
def without_debian(home: Home, upstream: Upstream) -> Home:
    """A machine whose settings name sources that nodejs does not have."""
    del home.env["TOOLPIN_SOURCES"]
    (home.config / "config.toml").write_text(
        'jobs = 1\nsources = ["debian", "xqwzt"]\n'
    )
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    return home


def own_line(home: Home) -> str:
    return (
        "nodejs has none of the sources debian, xqwzt "
        f"({home.config}/config.toml:2), and its own are used: upstream, "
    )


def test_a_tool_without_the_sources_of_the_setting_is_installed_from_its_own(
    without_debian: Home,
) -> None:
    for options in (["--dry-run"], []):
        result = without_debian.toolpin("install", *options)
        assert result.code == (5 if options else 0), result.err
        assert result.err.count(own_line(without_debian)) == 1
    shutil.rmtree(without_debian.data / "installs/nodejs")
    again = without_debian.toolpin("install")
    assert "from the cache: published by nodejs.org" in again.err
    assert again.err.count(own_line(without_debian)) == 1
    assert own_line(without_debian) not in without_debian.toolpin("install").err


def test_a_tool_without_the_sources_of_the_setting_is_locked_from_its_own(
    without_debian: Home,
) -> None:
    without_debian.pin("nodejs 10.15.3 10\n")
    result = without_debian.toolpin("lock", "--host", "linux-x64")
    assert result.code == 0, result.err
    assert result.err.count(own_line(without_debian)) == 1
    assert own_line(without_debian) not in without_debian.toolpin("lock").err


def test_a_source_on_the_command_line_must_be_one_of_the_tool(
    without_debian: Home,
) -> None:
    assert without_debian.toolpin("install").code == 0
    shutil.rmtree(without_debian.data / "installs/nodejs")
    for command in ("install", "list-all nodejs", "latest nodejs"):
        result = without_debian.toolpin(*command.split(), "--source", "debian")
        assert result.code != 0
        assert "nodejs has no source of that name" in result.err
    assert not (without_debian.data / "installs/nodejs/10.15.3").exists()


def test_a_setting_orders_and_restricts_the_sources_that_a_tool_has(
    without_debian: Home,
) -> None:
    without_debian.env["TOOLPIN_SOURCES"] = "debian upstream"
    result = without_debian.toolpin("install", "nodejs", "10.15.9")
    assert result.code == 1
    assert "none of the sources" not in result.err
    assert "  upstream  " in result.err
    assert "pypi" not in result.err
