"""Where TOML statements stand, and edits of one value that leave the rest alone."""

from __future__ import annotations

import tomllib
from typing import SupportsIndex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolpin.toml_lines import line_of, render_value, statements, with_value, without

TEXT = '''# mine

jobs = 3   # few
sources = [
  "npm",  # ] not the end
  'pypi',
]
note = """
[network]
jobs = 9"""

# servers
[mirrors]
"https://a.example/x" = "https://b.example" # why

[network]
stall_timeout_s = 7
'''


def test_a_statement_has_its_line_even_behind_values_of_many_lines() -> None:
    assert [(statement.path, statement.line) for statement in statements(TEXT)] == [
        (("jobs",), 3),
        (("sources",), 4),
        (("note",), 8),
        (("mirrors",), 13),
        (("mirrors", "https://a.example/x"), 14),
        (("network",), 16),
        (("network", "stall_timeout_s"), 17),
    ]


class Watched(str):
    """A text that counts the characters which are looked at more than once."""

    looked_at = 0

    def count(self, sub: str, *span: SupportsIndex | None) -> int:
        self._look(*span)
        return super().count(sub, *span)

    def __getitem__(self, at: SupportsIndex | slice) -> str:
        if isinstance(at, slice):
            self._look(at.start, at.stop)
        return super().__getitem__(at)

    def _look(self, *span: SupportsIndex | None) -> None:
        start, stop, _ = slice(*span).indices(len(self))
        self.looked_at += stop - start


@pytest.mark.parametrize(
    "text",
    [
        '[[build]]\ntool = "nodejs"\n' * 500,
        "also = [\n" + '  "nodejs 24.1.0",\n' * 500 + "]\nhosts = []\n",
    ],
    ids=["tables", "list"],
)
def test_a_long_text_is_gone_through_once(text: str) -> None:
    watched = Watched(text)
    assert statements(watched) == statements(text)
    assert watched.looked_at < 4 * len(text)


def test_tables_of_a_list_are_counted() -> None:
    text = "[[s]]\nid = 1\n[s.hosts]\na = {}\n[[s.with]]\np = 1\n[[s]]\nb.c = 2\n"
    assert line_of(text, ("s", 0, "hosts", "a")) == 4
    assert line_of(text, ("s", 0, "with", 0, "p")) == 6
    assert line_of(text, ("s", 1, "b", "c")) == 8
    assert line_of(text, ("s", 1, "missing")) == 7


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("jobs",), 4, "jobs = 3   # few", "jobs = 4   # few"),
        (
            ("sources",),
            ["a"],
            "[\n  \"npm\",  # ] not the end\n  'pypi',\n]",
            '["a"]',
        ),
        (("new",), 1, 'jobs = 9"""\n', 'jobs = 9"""\nnew = 1\n'),
        (("mirrors", "u.v"), "w", "# why\n", '# why\n"u.v" = "w"\n'),
        (
            ("network", "x"),
            0.5,
            "stall_timeout_s = 7\n",
            "stall_timeout_s = 7\nx = 0.5\n",
        ),
        (("fresh", "x"), 1, "_s = 7\n", "_s = 7\n\n[fresh]\nx = 1\n"),
    ],
)
def test_setting_a_value_changes_nothing_else(
    path: tuple[str, ...], value: object, old: str, new: str
) -> None:
    assert old in TEXT
    assert with_value(TEXT, path, value) == TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "path", "after"),
    [
        ("", ("a",), "a = 1\n"),
        ("b = 2", ("a",), "b = 2\na = 1\n"),
        ("b = 2\r\n", ("a",), "b = 2\r\na = 1\r\n"),
        ("# top\n\n# of t\n[t]\n", ("a",), "# top\n\na = 1\n\n# of t\n[t]\n"),
        ("t = { b = 2 }\n", ("t", "a"), "t = { b = 2, a = 1 }\n"),
        ("t = { a = 2 } # c\n", ("t", "a"), "t = { a = 1 } # c\n"),
        ("t.b = 2\n[u]\n", ("t", "a"), "t.b = 2\nt.a = 1\n[u]\n"),
        ("t.a = 2\n", ("t", "a"), "t.a = 1\n"),
        ("'t'.\"a\" = 2\n", ("t", "a"), "'t'.\"a\" = 1\n"),
    ],
)
def test_every_way_to_write_a_table_is_edited(
    text: str, path: tuple[str, ...], after: str
) -> None:
    assert with_value(text, path, 1) == after
    gone = tomllib.loads(without(after, path))
    table = tomllib.loads(text)
    holder = table if len(path) == 1 else table.setdefault("t", {})
    holder.pop("a", None)
    assert {key: value for key, value in gone.items() if value} == {
        key: value for key, value in table.items() if value
    }


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_VALUES = st.one_of(
    _TEXTS, st.integers(-9, 9), st.booleans(), st.lists(_TEXTS, max_size=3)
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(_TEXTS, _VALUES, max_size=4), _TEXTS, _VALUES)
def test_what_is_set_is_read_again_and_removed_again(
    table: dict[str, object], name: str, value: object
) -> None:
    text = "".join(
        f"{render_value(key)} = {render_value(value)} # [\n"
        for key, value in table.items()
    )
    after = with_value(text, (name,), value)
    assert tomllib.loads(after) == {**table, name: value}
    table.pop(name, None)
    assert tomllib.loads(without(after, (name,))) == table
