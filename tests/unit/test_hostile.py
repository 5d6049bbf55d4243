"""Every numbered hostile input has a test, or a reason why not."""

from __future__ import annotations

from collections import Counter

from tests.hostile import NUMBERS, WITHOUT, count, lacking


def test_every_number_has_a_test_or_a_reason() -> None:
    assert lacking(count()) == []


def test_no_test_carries_a_number_that_there_is_not() -> None:
    assert set(count()) <= set(NUMBERS)


def test_a_number_without_either_is_told() -> None:
    assert lacking(Counter({1: 3})) == [
        number for number in NUMBERS if number != 1 and number not in WITHOUT
    ]
