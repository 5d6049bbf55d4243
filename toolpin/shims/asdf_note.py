"""The note in a store that the `asdf` command works on.

A line is a bundled tool that `asdf plugin add` named, or a tool, a `path:` and its
directories of programs that `asdf reshim` was run for; separated by tabs.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolpin.system.paths import Paths


def added(paths: Paths) -> frozenset[str]:
    """Return the bundled tools that were added."""
    return frozenset(line[0] for line in _lines(paths) if len(line) == 1)


def of_paths(paths: Paths) -> list[list[str]]:
    """Return a tool, a `path:` and its directories for each that has shims."""
    return [line for line in _lines(paths) if len(line) > 1]


def write(paths: Paths, tools: frozenset[str], of_paths: Sequence[list[str]]) -> None:
    """Write the note again."""
    from toolpin.system.atomic_write import atomic_replace

    lines = [*([tool] for tool in sorted(tools)), *of_paths]
    with atomic_replace(paths.asdf_note) as file:
        for line in lines:
            file.write("\t".join(line).encode(errors="surrogateescape") + b"\n")


def _lines(paths: Paths) -> list[list[str]]:
    try:
        with open(paths.asdf_note, "rb") as file:
            text = file.read().decode(errors="surrogateescape")
    except OSError:
        return []
    return [line.split("\t") for line in text.split("\n") if line]
