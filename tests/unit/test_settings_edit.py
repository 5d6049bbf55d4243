"""config.toml as text: one setting in, one setting out."""

from __future__ import annotations

import pytest

from toolpin.config.edit import set_value, unset_value
from toolpin.errors import ToolpinError, UsageError

MIRROR = "mirrors.https://a.example/x"


def test_a_setting_is_written_as_its_type() -> None:
    text = ""
    for name, words in (
        ("jobs", "3"),
        ("sources", "npm, pypi"),
        ("network.stall_timeout_s", "2.5"),
        (MIRROR, "https://b.example"),
    ):
        text = set_value(text, "f", name, words)
    assert text == (
        'jobs = 3\nsources = ["npm", "pypi"]\n\n[network]\nstall_timeout_s = 2.5\n'
        '\n[mirrors]\n"https://a.example/x" = "https://b.example"\n'
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("jobs", "0"),
        ("jobs", "two"),
        ("jobs.x", "1"),
        ("colour", "1"),
        ("mirrors", "https://a.example"),
        ("mirrors.ftp://a", "https://b.example"),
        (MIRROR, "file:///etc"),
        (MIRROR, "https://b/\r\nHost: c"),
        ("sources", "../x"),
        ("network.stall_timeout_s", "nan"),
    ],
)
def test_what_the_schema_refuses_is_not_written(name: str, words: str) -> None:
    with pytest.raises(UsageError):
        set_value("", "f", name, words)


def test_a_wrong_value_is_fixed_by_a_right_one() -> None:
    assert set_value("jobs = 0\n", "f", "jobs", "2") == "jobs = 2\n"
    with pytest.raises(UsageError, match="f:1 sets colour"):
        set_value("colour = 1\n", "f", "jobs", "2")


def test_a_key_that_is_no_setting_can_be_removed() -> None:
    assert unset_value("colour = 1\njobs = 2\n", "f", "colour") == "jobs = 2\n"
    assert unset_value("jobs = 2\n", "f", "sources") == "jobs = 2\n"
    assert unset_value('[mirrors]\n"x.y" = "z"\n', "f", "mirrors") == ""


def test_an_edit_that_would_land_in_another_table_is_refused() -> None:
    text = "[network.more]\na = 1\n"
    with pytest.raises(ToolpinError, match="edit it by hand"):
        set_value(text, "f", "network.stall_timeout_s", "3")
