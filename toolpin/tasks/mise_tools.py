"""Turns the `[tools]` of a mise.toml into lines of `.tool-versions`, and the rest.

Pure: https://mise.jdx.dev/configuration.html describes the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from toolpin.errors import UsageError, shown
from toolpin.model import Origin, Wanted
from toolpin.project.toolversions import parse_wanted
from toolpin.project.validation import NAME, fits
from toolpin.toml_text import parse_toml

# mise's names of tools that have another name in toolpin and asdf.
_NAMES = {"node": "nodejs", "go": "golang"}
# Backends whose tools are those of the plain name.
_SAME = ("core:", "asdf:", "vfox:")


class Translation(NamedTuple):
    """A mise.toml in words of `.tool-versions`; `untranslated` has the rest."""

    tools: dict[str, list[Wanted]]
    untranslated: list[str]


def translate(text: str, place: str) -> Translation:
    """Parse a mise.toml. Raises UsageError for invalid TOML."""
    try:
        table = parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{place} is not valid TOML", [("because", str(error))]
        ) from error
    result = Translation(
        {}, [f"[{key}]" for key in table if key not in ("tools", "min_version")]
    )
    tools = table.get("tools")
    for key, value in tools.items() if isinstance(tools, dict) else ():
        name: str = key
        for start in _SAME:
            name = name.removeprefix(start)
        name = _NAMES.get(name) or name
        if not fits(name, NAME):
            result.untranslated.append(f"tools.{key}: not a tool of a plain name")
            continue
        wanted = [
            alternative
            for word in _words(key, value, result)
            if (alternative := _wanted(word))
        ]
        if wanted:
            result.tools[name] = wanted
        else:
            result.untranslated.append(f"tools.{key} = {shown(value):.60}")
    return result


def _words(key: str, value: object, translation: Translation) -> Iterator[str]:
    """Yield the versions of one tool; options are left out."""
    for element in value if isinstance(value, list) else [value]:
        table = element if isinstance(element, dict) else {"version": element}
        more = ", ".join(name for name in table if name != "version")
        if more:
            translation.untranslated.append(f"tools.{key}: {more}")
        if isinstance(word := table.get("version"), str):
            yield word


def _wanted(word: str) -> Wanted | None:
    """Return the word for a version; None if `.tool-versions` cannot express it."""
    word = word.removeprefix("prefix:")
    kind = word.partition(":")[0] if ":" in word else ""
    if kind not in ("", "latest", "ref", "path"):
        return None
    try:
        return parse_wanted(word, Origin("mise.toml"))
    except UsageError:
        return None
