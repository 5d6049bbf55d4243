"""`toolpin exec CMD [ARG...]`: becomes the program that is pinned here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from toolpin import execute, project
from toolpin.errors import ToolpinError, UnknownCommand
from toolpin.idiomatic_level import idiomatic_level
from toolpin.paths import Paths, find_paths
from toolpin.plugin.registry import read_registry


def run(line: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Replace this process. The child's flags are never looked at."""
    if line[0] == "--store":  # as a shim calls it, whatever the environment says
        paths, line = Paths(data=line[1], config=line[2]), line[3:]
    else:
        paths = find_paths(env)
    if line[0] == "--":
        line = line[1:]
    registry = read_registry(paths)

    def reshim() -> None:
        from toolpin.reshim import refresh_shims  # noqa: PLC0415 - rarely

        refresh_shims(paths, registry)

    try:
        execute.run(
            line[0],
            line[1:],
            paths=paths,
            aliases=registry.aliases,
            idioms=registry.idioms(idiomatic_level(paths, env)),
            env=env,
            cwd=_folder(env),
            refresh=reshim,
        )
    except UnknownCommand as error:
        from toolpin.suggest import with_near_commands  # noqa: PLC0415 - rarely

        raise with_near_commands(error, line[0], paths) from error


def _folder(env: Mapping[str, str]) -> str:
    """Return the current folder; one that is gone still has a name to search above."""
    try:
        return project.logical_cwd(env)
    except ToolpinError:
        named = env.get("PWD", "")
        return named if named.startswith("/") else "/"
