"""Turns TOML text into its statements, each with its place, and edits single values.

The text must be TOML already: `tomllib` validates it. Edits keep every other byte:
comments, order, blanks. Comments inside a replaced value are lost.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from itertools import takewhile
from typing import NamedTuple

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*(\.?)""")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'"
    r"|#[^\n]*|\r?\n|[\[\]{}]|[^\"'#\[\]{}\r\n]+|\r",
    re.DOTALL,
)


class Statement(NamedTuple):
    """A `key = value` or a `[header]`; offsets count characters of the text.

    `path` is the whole path; of `[[x]]` tables the number is part of it: ("x", 0,
    "key"). `value` is None for a header. `end` is after the line's end.
    """

    path: Path
    line: int
    start: int
    end: int
    value: tuple[int, int] | None


def statements(text: str) -> list[Statement]:
    """Return every statement of a TOML text, in order."""
    results: list[Statement] = []
    counts: dict[Path, int] = {}
    table: Path = ()
    line, counted = 1, 0
    at = _skip_blank(text, 0)
    while at < len(text):
        start = text.rfind("\n", 0, at) + 1
        line += text.count("\n", counted, at)
        counted = at
        if text[at] == "[":
            double = text.startswith("[[", at)
            names, at = _key(text, at + 1 + double)
            table = _table_path(names, counts, double=double)
            end = _line_end(text, at)
            results.append(Statement(table, line, start, end, None))
        else:
            names, at = _key(text, at)
            begin, stop = _value_span(text, text.index("=", at) + 1)
            end = _line_end(text, stop)
            results.append(Statement((*table, *names), line, start, end, (begin, stop)))
        at = _skip_blank(text, end)
    return results


def line_of(text: str, path: Path) -> int:
    """Return the line of a key, of its parent, or of its table's first key."""
    known = statements(text)
    for length in range(len(path), 0, -1):
        for statement in known:
            if statement.path[:length] == path[:length]:
                return statement.line
    return 1


def with_value(text: str, path: tuple[str, ...], value: object) -> str:
    """Return the text with the key set: in its place, else at the end of its table.

    The path is of one key, or of a table and a key.
    """
    known = statements(text)
    for statement in known:
        if statement.path == path and statement.value:
            return _replaced(text, statement, render_value(value))
        if statement.path == path[:-1] and statement.value:
            table = _inline(text, statement)
            return _replaced(text, statement, render_value({**table, path[-1]: value}))
    newline = "\r\n" if "\r\n" in text else "\n"
    entry = f"{_quoted(path[-1])} = {render_value(value)}{newline}"
    if len(path) == 1:
        return _at_the_top(text, known, entry, newline)
    table_of = [statement for statement in known if statement.path[:1] == path[:1]]
    if any(not statement.value for statement in table_of):
        return _inserted(text, table_of[-1].end, entry, newline)
    if table_of:  # all are written as `table.key = value`
        dotted = f"{_quoted(path[0])}.{entry}"
        return _inserted(text, table_of[-1].end, dotted, newline)
    gap = newline if text.strip() else ""
    header = f"{gap}[{_quoted(path[0])}]{newline}"
    return _inserted(text, len(text), header + entry, newline)


def without(text: str, path: tuple[str, ...]) -> str:
    """Return the text without the key and all below it, their lines and headers."""
    for statement in reversed(statements(text)):
        if statement.path[: len(path)] == path:
            text = text[: statement.start] + text[statement.end :]
        elif statement.path == path[:-1] and statement.value:
            table = _inline(text, statement)
            table.pop(path[-1], None)
            text = _replaced(text, statement, render_value(table))
    return text


def render_value(value: object) -> str:
    """Render a text, a number, a list or a table as TOML, on one line."""
    if isinstance(value, Mapping):
        pairs = (
            f"{_quoted(key)} = {render_value(entry)}" for key, entry in value.items()
        )
        return "{ " + ", ".join(pairs) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(render_value, value)) + "]"
    if isinstance(value, str):
        plain = value.replace("\\", "\\\\").replace('"', '\\"')
        escaped = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)
        return f'"{escaped}"'
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _replaced(text: str, statement: Statement, rendered: str) -> str:
    begin, stop = statement.value or (statement.end, statement.end)
    return text[:begin] + rendered + text[stop:]


def _inline(text: str, statement: Statement) -> dict[str, object]:
    begin, stop = statement.value or (0, 0)
    table = tomllib.loads(f"table = {text[begin:stop]}")["table"]
    return table if isinstance(table, dict) else {}


def _at_the_top(text: str, known: list[Statement], entry: str, newline: str) -> str:
    """Insert a top-level key: after the last one, before the first header."""
    before = list(takewhile(lambda statement: statement.value, known))
    if before:
        return _inserted(text, before[-1].end, entry, newline)
    if not known:
        return _inserted(text, len(text), entry, newline)
    at = known[0].start
    # A comment right above a header is the header's.
    while (above := text.rfind("\n", 0, max(at - 1, 0)) + 1) < at:
        if not text[above:at].lstrip().startswith("#"):
            break
        at = above
    return _inserted(text, at, entry + newline, newline)


def _inserted(text: str, at: int, entry: str, newline: str) -> str:
    before = text[:at]
    if before and not before.endswith("\n"):
        before += newline
    return before + entry + text[at:]


def _quoted(name: str) -> str:
    """Return a key as TOML writes it."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return name
    return render_value(name)


def _skip_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _key(text: str, at: int) -> tuple[list[str], int]:
    names: list[str] = []
    while match := _KEY.match(text, at):
        word = match[1]
        quoted = word[0] in "\"'"
        names.append(tomllib.loads(f"k = {word}")["k"] if quoted else word)
        at = match.end()
        if not match[2]:
            break
    return names, at


def _table_path(names: list[str], counts: dict[Path, int], *, double: bool) -> Path:
    """Return a header's path, with the number of each `[[table]]` on the way."""
    path: Path = ()
    for at, name in enumerate(names):
        path = (*path, name)
        if double and at == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _value_span(text: str, at: int) -> tuple[int, int]:
    """Return where a value begins and ends; a list may go over many lines."""
    while text[at] in " \t":
        at += 1
    begin, stop, depth = at, at, 0
    while match := _TOKEN.match(text, at):
        token = match[0]
        if depth == 0 and (token[0] in "#\r\n"):
            break
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        at = match.end()
        if token[0] not in "#\r\n" and (word := token.rstrip(" \t")):
            stop = at - len(token) + len(word)
    return begin, stop
