"""Writes the fields of a plugin's file into docs/reference/plugins.md.

It reads the tables by which `plugin check` reads files.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from tests.support.run import REPOSITORY
from toolpin.plugins.tool_schema import BUILD, TOOL
from toolpin.sources.fields import Field
from toolpin.sources.kinds import IN_FILES
from toolpin.sources.shared_fields import COMPANION, WHEN

COMMAND = ".venv/bin/python -m tests.support.plugin_reference"
PAGE = REPOSITORY / "docs/reference/plugins.md"

_BEGIN = f"<!-- Written from the code. To write it again:\n     {COMMAND}\n-->\n"
_END = "<!-- End of what is written from the code. -->\n"


def render() -> str:
    """Return the section: a table for [tool], each kind of source, and [build]."""
    return "\n".join(
        [
            _table("`[tool]`", TOOL),
            _table("`[[source]]`, every kind", _fields_of(len(IN_FILES))),
            *_several(),
            *_own(),
            _table("`[[source.when]]`, with what differs", WHEN),
            _table("`[[source.with]]`", COMPANION),
            _table("`[build]`", BUILD),
        ]
    )


def in_page(page: str) -> str:
    """Return what the page has between the marks."""
    return page.partition(_BEGIN)[2].partition(_END)[0].strip("\n") + "\n"


def replaced(page: str) -> str:
    """Return the page with the section as it is today."""
    before, after = page.partition(_BEGIN)[0], page.partition(_END)[2]
    return f"{before}{_BEGIN}\n{render()}\n{_END}{after}"


def _kinds_with(key: str, field: Field) -> list[str]:
    return [name for name, kind in IN_FILES.items() if kind.fields.get(key) is field]


def _fields_of(count: int) -> dict[str, Field]:
    """Return the fields that so many kinds have in common."""
    return {
        key: field
        for kind in IN_FILES.values()
        for key, field in kind.fields.items()
        if len(_kinds_with(key, field)) == count
    }


def _several() -> Iterator[str]:
    for count in range(len(IN_FILES) - 1, 1, -1):
        groups: dict[tuple[str, ...], dict[str, Field]] = {}
        for key, field in _fields_of(count).items():
            groups.setdefault(tuple(_kinds_with(key, field)), {})[key] = field
        for kinds, fields in groups.items():
            needs = set[str].intersection(
                *(set(IN_FILES[kind].needs) for kind in kinds)
            )
            names = ", ".join(f"`{kind}`" for kind in kinds)
            yield _table(f"`[[source]]`, kinds {names}", fields, needs)


def _own() -> Iterator[str]:
    for name, kind in IN_FILES.items():
        fields = {
            key: field
            for key, field in kind.fields.items()
            if _kinds_with(key, field) == [name]
        }
        if fields:
            yield _table(f"`[[source]]`, kind `{name}`", fields, kind.needs)


def _table(title: str, fields: Mapping[str, Field], needs: Collection[str] = ()) -> str:
    rows = [
        f"| `{key}`{' *' if field.required or key in needs else ''} "
        f"| {_cell(field.expected)} | {_cell(_meaning(field))} |"
        for key, field in fields.items()
    ]
    head = f"### {title}\n\n| field | value | meaning |\n|---|---|---|"
    return "\n".join([head, *rows, ""])


def _meaning(field: Field) -> str:
    return f"{field.help}{_default(field)}{_holds(field)}"


def _default(field: Field) -> str:
    if not field.default:
        return ""
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f". Default: `{json.dumps(value)}`"


def _holds(field: Field) -> str:
    if not field.holds:
        return ""
    names = (f"`{{{item}}}`" if item.isidentifier() else item for item in field.holds)
    return f". Placeholders: {', '.join(names)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(replaced(PAGE.read_text()))
