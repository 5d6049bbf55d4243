"""The order of versions, and what is picked out of many."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.versions import is_pre_release, is_prefix, nearest, newest, sort_key


@pytest.mark.parametrize(
    "ascending",
    [
        pytest.param("9.9.9 10.0.0 10.0.1 10.2.0 10.10.0", id="numbers as numbers"),
        pytest.param(
            "26.2.5 26.2.5.4 26.2.5.10 26.2.6 26.3 27.0-rc1 27.0-rc3 27.0", id="otp"
        ),
        pytest.param("R16B03 R16B03-1 17.0 18.0", id="old otp"),
        pytest.param(
            "1.17.3 1.17.3-otp-9 1.17.3-otp-25 1.17.3-otp-27 1.17.4", id="variants"
        ),
        pytest.param(
            "main-otp-27 1.18.0-rc.0 1.18.0-rc.0-otp-27 1.18.0-rc.1 1.18.0", id="elixir"
        ),
        pytest.param("1.20.14 1.21rc2 1.21rc10 1.21 1.21.0 1.21.1", id="go"),
        pytest.param(
            "3.13-dev 3.13.0a6 3.13.0b1 3.13.0rc1 3.13.0 3.13.0t 3.13.1", id="python"
        ),
        pytest.param("1.0-alpha 1.0-beta 1.0-pre 1.0-rc 1.0", id="stages"),
        pytest.param("1.1.1 1.1.1a 1.1.1b 1.1.2", id="letters as patches"),
        pytest.param("8u382-b05 8u392-b08", id="builds with a letter"),
        pytest.param("temurin-8.0.1+2 temurin-17.0.1+12 1.0", id="named"),
        pytest.param("17 17-x 17+35 17.0.9+9 17.0.9+11 17.0.9.1+1", id="build numbers"),
        pytest.param("v18.1.0 19.0.0 v20.1.0", id="with a v"),
    ],
)
def test_versions_stand_in_order(ascending: str) -> None:
    keys = [sort_key(version) for version in ascending.split()]
    assert keys == sorted(keys)


WORDS = st.lists(
    st.sampled_from(["0", "1", "01", "2", "10", "rc", "a", "otp", "v", "x", "dev"])
    | st.sampled_from([".", "-", "+", "~", "_"]),
    max_size=8,
).map("".join)
ANY = WORDS | st.text(max_size=8)


@given(ANY, ANY)
def test_two_texts_compare_one_way_only(one: str, other: str) -> None:
    less, more = sort_key(one) < sort_key(other), sort_key(other) < sort_key(one)
    assert [less, more, one == other].count(True) == 1


@given(ANY, ANY, ANY)
def test_the_order_is_transitive(one: str, two: str, three: str) -> None:
    ordered = sorted((one, two, three), key=sort_key)
    assert all(sort_key(a) <= sort_key(b) for a, b in pairwise(ordered))
    assert sort_key(ordered[0]) <= sort_key(ordered[2])


@given(
    st.lists(WORDS, max_size=8).flatmap(
        lambda x: st.tuples(st.just(x), st.permutations(x))
    )
)
def test_the_order_given_does_not_matter(lists: tuple[list[str], list[str]]) -> None:
    one, other = lists
    assert sorted(one, key=sort_key) == sorted(other, key=sort_key)
    assert newest("", one) == newest("", other)
    assert nearest("1.2", one) == nearest("1.2", other)


def test_a_number_of_five_thousand_digits_has_its_place() -> None:
    assert sort_key("1." + "9" * 5_000) < sort_key("1.1" + "0" * 5_000)


@pytest.mark.parametrize(
    ("prefix", "version", "matches"),
    [
        ("2", "20", False),
        ("2", "2", True),
        ("2", "2.0", True),
        ("20.1", "20.11.0", False),
        ("1.2", "1.2.3", True),
        ("1.2", "1.2-rc1", True),
        ("1.2", "1.2rc1", True),
        ("1.2", "1.20", False),
        ("1.2.3", "1.2", False),
        ("", "1", True),
        ("1.17.3-otp", "1.17.3-otp-27", True),
        ("1.17.3-o", "1.17.3-otp-27", False),
        ("temurin-", "temurin-21", True),
        ("3.13t", "3.13.2t", True),
        ("3t", "3.13.0rc1t", True),
        ("3.13t", "3.13.2", False),
        ("3.1t", "3.13.2t", False),
        ("3.13t", "3.13.t", False),
        ("t", "3.13.2t", False),
    ],
)
def test_a_prefix_ends_where_a_part_ends(
    prefix: str, version: str, matches: bool
) -> None:
    assert is_prefix(prefix, version) is matches


@pytest.mark.parametrize(
    ("prefix", "known", "expected"),
    [
        pytest.param("", "1.9 1.10 1.2", "1.10", id="any"),
        pytest.param("1.2", "1.2.9 1.2.10 1.20.0", "1.2.10", id="below a prefix"),
        pytest.param("3", "1.0 2.0", None, id="no match"),
        pytest.param("", "", None, id="nothing known"),
        pytest.param("", "27.0 28.0-rc1", "27.0", id="a release before a candidate"),
        pytest.param("28", "27.0 28.0-rc1 28.0-rc2", "28.0-rc2", id="nothing else"),
        pytest.param("28.0-rc1", "28.0-rc1 28.0", "28.0-rc1", id="literally named"),
        pytest.param(
            "", "1.17.3 1.18.4 1.18.4-otp-28", "1.18.4", id="plain before variants"
        ),
        pytest.param(
            "1.17.3-otp",
            "1.17.3 1.17.3-otp-9 1.17.3-otp-27",
            "1.17.3-otp-27",
            id="a variant named",
        ),
        pytest.param("", "main nightly 1.0 x-2.0", "1.0", id="numbers before names"),
        pytest.param("temurin", "temurin-8 temurin-21 22", "temurin-21", id="a name"),
    ],
)
def test_the_newest_is_found(prefix: str, known: str, expected: str | None) -> None:
    assert newest(prefix, known.split()) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("20.99.0", "20.19.4 20.9.0", id="same major first"),
        pytest.param("20.10.0", "20.9.0 20.19.4", id="the one below first"),
        pytest.param("22.1.1", "22.1.0 22.2.0", id="same minor first"),
        pytest.param("v22.1.0", "22.1.0 22.2.0", id="with a v"),
        pytest.param("99", "22.2.0", id="above all"),
        pytest.param("0.1", "18.0.0", id="below all"),
        pytest.param("hydrogen", "", id="a word: none"),
        pytest.param("", "", id="nothing: none"),
        pytest.param("23.0.0-rc2", "23.0.0-rc1", id="a candidate"),
    ],
)
def test_the_nearest_are_offered(version: str, expected: str) -> None:
    known = "18.0.0 20.9.0 20.19.4 22.1.0 22.2.0 23.0.0-rc1".split()
    wanted = expected.split()
    assert nearest(version, known) == wanted


def test_no_more_are_offered_than_asked_for() -> None:
    known = [f"1.{minor}" for minor in range(20)]
    assert len(nearest("1.5.1", known)) == 4
    assert nearest("1.5.1", []) == []


@pytest.mark.parametrize("version", ["1.0-rc1", "1.0.RC1", "3.13.0a1", "main", "1-dev"])
def test_a_pre_release_is_recognised(version: str) -> None:
    assert is_pre_release(version)


@pytest.mark.parametrize("version", ["1.0", "1.0-otp-27", "1.1.1b", "R16B03", "3.13t"])
def test_a_release_is_recognised(version: str) -> None:
    assert not is_pre_release(version)
