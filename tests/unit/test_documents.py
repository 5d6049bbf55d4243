"""Receipts and remembered plans, as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.documents import parse_plan, parse_receipt, render_plan, render_receipt
from toolpin.errors import ToolpinError
from toolpin.model import (
    Artifact,
    Digest,
    Host,
    Link,
    Pin,
    Plan,
    Receipt,
    TreeFile,
    Unpack,
)

_TEXT = st.text(max_size=20)
_ARTIFACT = st.builds(
    Artifact,
    _TEXT,
    st.builds(
        Digest, st.sampled_from(["sha256", "sha512"]), st.text("0123456789abcdef")
    ),
    st.none() | st.integers(0, 1 << 40),
    _TEXT,
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
)
PLAN = Plan(
    pin=Pin("nodejs", "10.15.3"),
    host=Host("linux", "x64", "glibc", "2.36"),
    source="npm",
    publisher="somebody",
    artifacts=(Artifact("npm:a@1", Digest("sha512", "ab"), None, "a-1.tgz"),),
    steps=(
        Unpack(0, strip=1, only="package", without=("package.json",)),
        Link("bin/npm", "../lib/npm"),
    ),
    bin_dirs=("bin",),
    commands=("node",),
    proof=("node", "--version", "v10.15.3"),
    variables=(("NODE_HOME", "{install}"),),
)


@given(_RECEIPT)
def test_a_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    assert parse_receipt(render_receipt(receipt), "receipt.json") == receipt


def test_a_plan_comes_back_as_it_was() -> None:
    assert parse_plan(render_plan(PLAN)) == PLAN


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"schema": 2}', '{"schema": 1, "tool": 3}', "\x00"]
)
def test_anything_else_is_no_receipt(text: str) -> None:
    with pytest.raises(ToolpinError, match=r"receipt\.json"):
        parse_receipt(text, "receipt.json")


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 1, "pin": 3}'])
def test_anything_else_is_no_plan(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_plan(text)
