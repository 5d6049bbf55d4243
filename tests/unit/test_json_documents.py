"""Receipts and the cache's notes, as text and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.errors import ToolpinError
from toolpin.json_documents import (
    parse_note,
    parse_receipt,
    render_note,
    render_receipt,
)
from toolpin.model import Artifact, Digest, Pin, Receipt, TreeFile
from toolpin.verification import Level

_TEXT = st.text(max_size=20)
_ARTIFACT = st.builds(
    Artifact,
    _TEXT,
    st.binary(min_size=32, max_size=32).map(lambda b: Digest("sha256", b.hex())),
    st.none() | st.integers(0, 1 << 40),
    st.text("abc.-", min_size=1),
)
_FILE = st.builds(TreeFile, _TEXT, st.integers(0, 1 << 40), st.integers(), _TEXT, _TEXT)
_RECEIPT = st.builds(
    Receipt,
    st.builds(Pin, _TEXT, _TEXT),
    _TEXT,
    _TEXT,
    _TEXT,
    st.lists(_ARTIFACT, max_size=3).map(tuple),
    st.lists(_TEXT, max_size=3).map(tuple),
    st.lists(st.tuples(_TEXT, _TEXT), max_size=3).map(tuple),
    st.lists(_FILE, max_size=5).map(tuple),
    _TEXT,
    _TEXT,
    st.sampled_from([level for level in Level if level]),
)


@given(_RECEIPT)
def test_a_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    assert parse_receipt(render_receipt(receipt), "receipt.json") == receipt


@given(_TEXT, st.lists(_ARTIFACT, max_size=3))
def test_a_note_comes_back_as_it_was(asked: str, artifacts: list[Artifact]) -> None:
    text = render_note(asked, artifacts)
    assert parse_note(text) == (asked, tuple(artifacts))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"schema": 2}', '{"schema": 1, "tool": 3}', "\x00"]
)
def test_anything_else_is_no_receipt(text: str) -> None:
    with pytest.raises(ToolpinError, match=r"receipt\.json"):
        parse_receipt(text, "receipt.json")


@pytest.mark.parametrize(
    "artifact",
    [
        {"digest": "md5:" + "0" * 32},
        {"digest": "sha256:abc"},
        {"digest": ["sha256"]},
        {"size_bytes": "7"},
        {"filename": "../x"},
        {"filename": ""},
    ],
)
def test_a_tampered_note_is_none(artifact: dict[str, object]) -> None:
    whole = {
        "locator": "npm:a@1",
        "digest": "sha256:" + "0" * 64,
        "size_bytes": None,
        "filename": "a-1.tgz",
    }
    note = {"schema": 1, "asked": "x", "artifacts": [whole]}
    assert parse_note(json.dumps(note))
    note["artifacts"] = [{**whole, **artifact}]
    with pytest.raises(ValueError, match=r"."):
        parse_note(json.dumps(note))


@pytest.mark.parametrize("text", ["", "{}", "[]", "[" * 200_000, '{"schema": 1}'])
def test_anything_else_is_no_note(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_note(text)
