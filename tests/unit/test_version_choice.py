"""What a request means among the versions that there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.model import Release, Wanted
from toolpin.resolver.version_choice import (
    Seen,
    choose,
    for_most_hosts,
    looks_exact,
    of_variant,
)
from toolpin.sources.protocol import with_channels
from toolpin.versions import is_pre_release

NODE = (
    Release("26.1.0"),
    Release("24.11.0", ("krypton", "lts", "lts-krypton")),
    Release("24.2.0"),
    Release("22.20.0", ("jod", "lts", "lts-jod")),
    Release("22.11.0", ("jod", "lts", "lts-jod")),
    Release("27.0.0-rc.1"),
    Release("2.5.0"),
)
OTHERS = tuple(
    map(
        Release,
        "1.21 1.21.0 1.21.5 1.20 26.2 26.2.1 26.2.1.3 1.17.3 1.17.3-otp-26".split(),
    )
)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("22.11.0", "22.11.0"),
        ("22", "22.20.0"),
        ("2", "2.5.0"),
        ("lts", "24.11.0"),
        ("jod", "22.20.0"),
        ("lts-jod", "22.20.0"),
        ("27", "27.0.0-rc.1"),
        ("27.0.0-rc", "27.0.0-rc.1"),
        ("23", None),
        ("iron", None),
    ],
)
def test_a_version_is_literal_then_a_channel_then_a_prefix(
    text: str, version: str | None
) -> None:
    assert choose(Wanted("version", text), NODE) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.21", "1.21"),
        ("1.20", "1.20"),
        ("26.2", "26.2"),
        ("26.2.1", "26.2.1"),
        ("26", "26.2.1.3"),
        ("1.17.3", "1.17.3"),
        ("1.17.3-otp", "1.17.3-otp-26"),
    ],
)
def test_what_is_literally_named_so_wins_over_what_begins_so(
    text: str, version: str
) -> None:
    assert choose(Wanted("version", text), OTHERS) == version


@pytest.mark.parametrize(
    ("value", "version"), [("", "26.1.0"), ("22", "22.20.0"), ("99", None)]
)
def test_latest_is_the_newest_release(value: str, version: str | None) -> None:
    assert choose(Wanted("latest", value), NODE) == version


@pytest.mark.parametrize("kind", ["ref", "path", "system"])
def test_what_no_list_has_means_nothing(kind: str) -> None:
    assert choose(Wanted(kind, "22"), NODE) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("10.15.3", True),
        ("v10.15.3", True),
        ("26.2.5.1", True),
        ("1.17.3-otp-27", True),
        ("22.2", False),
        ("1.21", False),
        ("27", False),
        ("lts", False),
        ("temurin-21.0.2", False),
    ],
)
def test_three_numbers_look_exact(text: str, exact: bool) -> None:
    assert looks_exact(Wanted("version", text)) == exact


def test_a_line_begins_with_its_first_long_term_release() -> None:
    lines = {"jod": "22.11.0"}
    assert with_channels(Release("22.10.0"), lines).channels == ()
    assert with_channels(Release("23.1.0"), lines).channels == ()
    expected = ("jod", "lts", "lts-jod")
    assert with_channels(Release("22.11.0"), lines).channels == expected
    release = Release("22.20.0", ("jod", "lts", "lts-jod"))
    assert with_channels(release, lines) == release


NUMBERS = st.integers(0, 12).map(str)
VERSIONS = st.lists(NUMBERS, min_size=1, max_size=4).map(".".join) | st.tuples(
    NUMBERS, NUMBERS
).map(lambda two: f"{two[0]}.{two[1]}.0-rc.1")
RELEASES = st.lists(VERSIONS, unique=True, max_size=12).map(
    lambda versions: [Release(version) for version in versions]
)


@given(VERSIONS, RELEASES, st.randoms())
def test_the_answer_is_one_of_the_releases_in_whatever_order(
    text: str, releases: list[Release], random: st.DataObject
) -> None:
    wanted = Wanted("version", text)
    answer = choose(wanted, releases)
    assert answer is None or Release(answer) in releases
    shuffled = list(releases)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(wanted, shuffled) == answer


@given(VERSIONS, RELEASES)
def test_a_pre_release_answers_only_where_no_release_does(
    text: str, releases: list[Release]
) -> None:
    answer = choose(Wanted("version", text), releases)
    if answer and answer != text and is_pre_release(answer):
        ready = [release for release in releases if not is_pre_release(release.version)]
        assert choose(Wanted("version", text), ready) is None


def test_a_variant_may_be_a_word_at_the_end() -> None:
    known = ["3.13.2", "3.13.2t", "3.14.0rc1", "3.14.0rc1t"]
    assert of_variant("3.13.1t", known) == ["3.13.2t", "3.14.0rc1t"]
    assert of_variant("3.13.1", known) == known


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1.18.0", ["1.18.0", "1.18.0-otp-27", "1.19.0-rc.1-otp-27"]),
        ("1.18.0-otp-27", ["1.18.0-otp-27", "1.19.0-rc.1-otp-27"]),
        ("1.17.0-rc.1-otp-27", ["1.18.0-otp-27", "1.19.0-rc.1-otp-27"]),
        ("1.17.0-rc.1", ["1.18.0", "1.18.0-otp-27", "1.19.0-rc.1-otp-27"]),
    ],
)
def test_a_pre_release_is_no_variant(version: str, found: list[str]) -> None:
    known = ["1.18.0", "1.18.0-otp-27", "1.19.0-rc.1-otp-27"]
    assert of_variant(version, known) == found


def _seen(hosts: str, channels: str = "") -> Seen:
    return Seen(set(channels.split()), set(hosts.split()))


# As packages of one name a host have them: each host has some that others lack.
SPREAD = {
    "18.0.0": _seen("a b c d"),
    "22.23.3": _seen("a b c d", "lts"),
    "24.21.0": _seen("a b c", "lts"),
    "26.10.0": _seen("a b c"),
    "26.12.0": _seen("b"),
    "27.0.0": _seen("d"),
}


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (Wanted("latest", ""), "26.10.0"),
        (Wanted("latest", "22"), "22.23.3"),
        (Wanted("version", "26"), "26.10.0"),
        (Wanted("version", "lts"), "24.21.0"),
        (Wanted("version", "26.12.0"), "26.12.0"),
        (Wanted("version", "27"), "27.0.0"),
        (Wanted("version", "25"), None),
    ],
    ids=str,
)
def test_a_request_means_the_newest_that_more_than_half_of_the_hosts_have(
    wanted: Wanted, version: str | None
) -> None:
    assert for_most_hosts(wanted, SPREAD) == version


def test_the_words_that_a_version_begins_with_are_a_variant() -> None:
    known = ["temurin-17.0.9+9", "temurin-21.0.1+12", "adoptopenjdk-17.0.9+9"]
    assert of_variant("temurin-17.0.9+9", known) == known[:2]
    assert of_variant("adoptopenjdk-17.0.9+9", known) == known[2:]
