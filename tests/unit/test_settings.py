"""config.toml and the environment as Settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run import REPOSITORY
from toolpin.config.settings import Settings, read_settings
from toolpin.config.settings_schema import KEYS
from toolpin.errors import UsageError
from toolpin.system.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data=str(tmp_path / "data"), config=str(tmp_path))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/dist/v1/x", "http://m.example/node/v1/x"),
        ("https://a.example/dist", "http://m.example/node"),
        ("https://a.example/distant/x", "https://a.example/distant/x"),
        ("https://a.example/dist/v2/x", "http://two.example/x"),
        ("https://b.example/dist/x", "https://b.example/dist/x"),
    ],
)
def test_the_longest_prefix_that_ends_at_a_slash_is_rewritten(
    url: str, expected: str, paths: Paths
) -> None:
    Path(paths.user_config).write_text(
        '[mirrors]\n"https://a.example/dist" = "http://m.example/node/"\n'
        '"https://a.example/dist/v2/" = "http://two.example"\n'
    )
    assert read_settings(paths, {}).rewrite(url) == expected


def test_the_environment_beats_the_file(paths: Paths) -> None:
    Path(paths.user_config).write_text(
        'jobs = 3\nsources = ["npm"]\n[network]\nstall_timeout_s = 7\n'
        '[mirrors]\n"https://a.example" = "https://file.example"\n'
    )
    env = {
        "TOOLPIN_JOBS": "5",
        "TOOLPIN_SOURCES": "pypi, upstream",
        "TOOLPIN_MIRRORS": "https://a.example=https://env.example?a=b",
        "TOOLPIN_CREDENTIALS": "https://a.example=env:A https://b.example=env:B",
    }
    settings = read_settings(paths, env)
    assert (settings.jobs, settings.sources) == (5, ("pypi", "upstream"))
    assert settings.stall_timeout_s == 7
    assert dict(settings.credentials)["https://b.example"] == "env:B"
    assert settings.rewrite("https://a.example/x") == "https://env.example?a=b/x"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("jobs = 0\n", "jobs", id="number out of range"),
        pytest.param("jobs = true\n", "jobs", id="no number"),
        pytest.param('sources = "npm"\n', "sources", id="no list"),
        pytest.param("colour = 1\n", "colour", id="unknown key"),
        pytest.param("[network]\nspeed = 1\n", "network.speed", id="unknown inner key"),
        pytest.param('[mirrors]\n"ftp://a" = "x"\n', "mirrors", id="no web address"),
        pytest.param(
            '[mirrors]\n"https://a/" = "https://b/\\r\\nHost: c"\n',
            "mirrors",
            id="hostile_47_line_break",
        ),
        pytest.param(
            '[credentials]\n"https://a" = "secret"\n', "credentials", id="a secret"
        ),
        pytest.param("jobs = \n", "config.toml", id="no TOML"),
    ],
)
def test_a_wrong_setting_names_its_file_and_key(
    text: str, named: str, paths: Paths
) -> None:
    Path(paths.user_config).write_text(text)
    with pytest.raises(UsageError) as caught:
        read_settings(paths, {})
    assert paths.user_config in caught.value.what
    assert named in caught.value.render()


def test_a_wrong_variable_is_named(paths: Paths) -> None:
    with pytest.raises(UsageError, match="TOOLPIN_JOBS"):
        read_settings(paths, {"TOOLPIN_JOBS": "many"})


def test_without_a_word_the_defaults_hold(paths: Paths) -> None:
    assert read_settings(paths, {}) == Settings()


def test_every_setting_is_documented_with_what_it_takes_and_its_variable() -> None:
    text = (REPOSITORY / "docs/reference/configuration.md").read_text()
    for key in KEYS:
        name = f"{key.name}.{key.entry}" if key.is_table else key.name
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        assert key.expected in row
        assert f"`{key.variable}`" in row


def test_every_setting_has_a_place_in_settings() -> None:
    fields = {key.name.rpartition(".")[2] for key in KEYS}
    # Trust on first use is the command line's alone; the other is where one was set.
    assert fields | {"trust_on_first_use", "sources_from"} == set(Settings._fields)


@pytest.mark.parametrize("text", ["mirrors = 3\n", "network = 3\n", "jobs = {a = 1}\n"])
def test_a_table_is_a_table_and_a_value_a_value(text: str, paths: Paths) -> None:
    Path(paths.user_config).write_text(text)
    with pytest.raises(UsageError, match=r"config\.toml:1"):
        read_settings(paths, {})
