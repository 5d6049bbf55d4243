"""Documents that would cost far more memory than they have bytes are refused."""

from __future__ import annotations

import json

import pytest

from toolpin import json_text
from toolpin.json_text import parse_json


@pytest.mark.parametrize("part", ["{}", "[]", "0", '""', '{"":0}', "[0]", "null"])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_hostile_88_more_values_than_may_be_held_are_refused(
    part: str, as_bytes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_text, "MOST_TOKENS", 1_000)
    text = f"[{','.join([part] * 1_001)}]"
    monkeypatch.setattr(json, "loads", lambda *_, **_kw: pytest.fail("it was parsed"))
    with pytest.raises(ValueError, match="more than 1,000 values"):
        parse_json(text.encode() if as_bytes else text)


def test_as_many_values_as_may_be_held_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_text, "MOST_TOKENS", 1_000)
    assert len(parse_json(f"[{','.join(['0'] * 1_000)}]")) == 1_000


@pytest.mark.parametrize(
    "number", ["1e999", "-1e400", "1E+400", "NaN", "Infinity", "-Infinity"]
)
@pytest.mark.parametrize("form", ["{}", '{{"size": {}}}', "[1, {}]"])
def test_hostile_114_a_number_without_end_is_no_json(number: str, form: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(form.format(number))


def test_numbers_with_fractions_are_read() -> None:
    assert parse_json("[1.5, -2e3, 0.1e-400, 7]") == [1.5, -2000.0, 0.0, 7]


def test_no_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(b"\xff{")
