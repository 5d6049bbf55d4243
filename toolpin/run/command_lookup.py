"""Turns a command's name into a program and its environment.

Shims fall back to it, so everything it imports is light. It installs nothing and uses
no network: a missing version is an error that states what to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from toolpin.env_patch import apply
from toolpin.errors import NotRunnable, ScriptFailed, ToolpinError, UnknownCommand
from toolpin.model import EnvPatch, Origin, Pin, Request
from toolpin.project.validation import NAME, fits
from toolpin.resolver.local_resolution import not_installed, resolve, to_provide
from toolpin.run.lookup_context import (
    LookupResult,
    Place,
    effective_in,
    request_in,
    requests_in,
    stated_in,
)
from toolpin.run.tool_environment import pins_in, tree_of, with_partners
from toolpin.shims.stubs import read_stub
from toolpin.shims.system_command import DEPTH, count_round, on_path, without_versions
from toolpin.store.installs import is_plugin, is_program, program, tools, versions
from toolpin.versions import newest


def find(command: str, place: Place, *, whole: bool = True) -> LookupResult:
    """Find the program that `command` runs in a place.

    Without `whole` only its path is needed. Raises NotRunnable for a command of a tool
    that is not installed, UnknownCommand for one that no tool provides.
    """
    if "/" in command or not command:
        raise UnknownCommand(
            "a command name without a directory is required",
            [("received", repr(command))],
        )
    place = place._replace(stub=read_stub(f"{place.paths.shims}/{command}"))
    own, others = _providers(place, command)
    if place.paths.as_asdf:  # the order of the file decides there
        own, others = [*own, *others], []
    without_command: list[tuple[Request, NotRunnable | None]] = []
    for tools_ in (own, others):
        for request in _requests(place, tools_):
            missing = None
            try:
                result = _choose(place, request, command, whole=whole)
                if result:
                    return result
            except ScriptFailed:
                raise
            except NotRunnable as error:
                if not place.paths.as_asdf:
                    raise
                missing = error  # asdf continues with the next such tool
            without_command.append((request, missing))
    if not without_command:
        return _unpinned(place, (*own, *others), command)
    request, missing = without_command[0]
    if request.tool not in own and not missing:
        # A package that this version lacks does not hide a program of the system.
        path = _on_path(_without_versions(place), command)
        if path:
            return _system(place, path, command, None)
    raise missing or _not_provided(place, request, command)


def providers(command: str, place: Place) -> tuple[str, ...]:
    """Return the tools that are known to have a command, its own tools first."""
    stub = read_stub(f"{place.paths.shims}/{command}")
    own, others = _providers(place._replace(stub=stub), command)
    return (*own, *others)


def _providers(place: Place, command: str) -> tuple[list[str], list[str]]:
    """Return the tools whose own command it is, and those that have it as a package."""
    if place.stub:
        results = [tool for tool, *_ in place.stub.tools]
        own = list(place.stub.own)
    else:
        results = [tool for tool in tools(place.paths) if _having(place, tool, command)]
        own = [tool for tool in results if command in place.plugins.commands_of(tool)]
    named = place.aliases.get(command, command)
    if named in place.aliases or named in results:
        own = list(dict.fromkeys([*own, named]))
    own = own or _promising(place, command)
    return own, [tool for tool in results if tool not in own]


def _promising(place: Place, command: str) -> list[str]:
    """Return the tools that are pinned, not installed, and would have a command.

    By the tool's name or the plugin's data: no shim and no install has it.
    """
    with contextlib.suppress(ToolpinError):  # a line with an invalid tool name
        if fits(command, NAME) and request_in(place, command):
            return [command]
    requests, _ = requests_in(place)
    return [
        request.tool
        for request in requests
        if not any(
            resolution.basis
            for resolution in resolve(request, place.paths, place.where)
        )
        and command in place.plugins.commands_of(request.tool)
    ]


def _having(place: Place, tool: str, command: str) -> list[str]:
    """Return the published versions of a tool that have the command."""
    return [
        version
        for version in versions(place.paths, tool)
        if program(place.paths, Pin(tool, version), command)
    ]


def _requests(place: Place, providers: Sequence[str]) -> Iterator[Request]:
    """Yield the requests for the providers, in the order of the file.

    Other tools' lines are not validated, nor any after the one that is needed.
    """
    if len(providers) == 1:
        request = request_in(place, providers[0])
        if request:
            yield request
    elif providers:
        stated = stated_in(place, only=place.names_of(providers))
        own = {tool: tool for tool in providers}
        for request in effective_in(place, stated, own):
            if request.tool in providers:
                yield request


def _choose(
    place: Place, request: Request, command: str, *, whole: bool
) -> LookupResult | None:
    """Return the first alternative that has the command.

    None if the installed ones lack it; raises NotRunnable if none is installed.
    """
    there = False
    for resolution in resolve(request, place.paths, place.where):
        if resolution.basis == "system":
            if result := _chosen_system(place, request, command):
                return result
            there = True
            continue
        patch = tree_of(place, resolution)
        if patch is None:
            continue
        there = True
        own = patch.path
        patch, of_system = with_partners(place, request.tool, patch)
        around = place
        for name in of_system:
            around = _without_versions(around, name)
        for directory in patch.path[: len(own)]:
            path = f"{directory}/{command}"
            if is_program(path) and directory != place.paths.answers:
                child = apply(patch, around.env, place.paths.shims)
                result = LookupResult(
                    path, child, resolution.pin, request.origin, request.tool
                )
                if not patch.runtime_scripts:
                    return result
                from toolpin.run.plugin_environment import from_plugin

                return from_plugin(place, result, patch, whole=whole)
    if there:
        return None
    error = not_installed(request, place.where)
    if request.tool not in place.aliases and to_provide(request):
        error.hint = f"toolpin plugin add {request.tool}"
    raise error


def _chosen_system(place: Place, request: Request, command: str) -> LookupResult | None:
    """Return the system's command for a request of `system`, None if it has none."""
    tool, origin = request.tool, request.origin
    is_scripted = is_plugin(place.paths, tool)
    if is_scripted:
        from toolpin.run import plugin_environment

        if result := plugin_environment.of_system(place, tool, command):
            return result._replace(origin=origin)
    path = _on_path(_without_versions(place), command)
    if path is None:
        return None
    result = _system(_without_versions(place, tool), path, command, origin)
    result = result._replace(tool=tool)
    return plugin_environment.as_system(result) if is_scripted else result


def _without_versions(place: Place, tool: str = "") -> Place:
    env = without_versions(place.env, place.paths, tool, place.cwd)
    return place._replace(env=env)


def _unpinned(place: Place, providers: Sequence[str], command: str) -> LookupResult:
    # A version that the caller has on PATH is not one that is pinned here.
    outside = _without_versions(place) if providers else place
    path = _on_path(outside, command)
    if not path and not providers:  # as with `env` and in activated shells
        behind = ":".join(pins_in(place)[0].behind)
        path = behind and _on_path(place._replace(env={"PATH": behind}), command)
    if path:
        return _system(place, path, command, None)
    installed = [
        f"{tool} {newest('', having)}"
        for tool in providers
        if (having := _having(place, tool, command))
    ]
    if not providers:
        raise UnknownCommand(
            f"{command} is not a command of an installed tool, and is not on PATH",
            [("in", place.cwd)],
        )
    raise NotRunnable(
        f"{' or '.join(providers)} is not pinned here and provides {command}",
        [("in", place.cwd), ("installed", ", ".join(installed) or "none")],
        f"toolpin pin {installed[0] if installed else f'{providers[0]} latest'}",
    )


def _on_path(place: Place, command: str) -> str | None:
    return on_path(command, env=place.env, cwd=place.cwd, shims=place.paths.shims)


def _system(
    place: Place, path: str, command: str, origin: Origin | None
) -> LookupResult:
    """Return the system's command, with its environment."""
    child = apply(EnvPatch((), ()), place.env, place.paths.shims)
    rounds = count_round(path, command, place.env)
    return LookupResult(path, {**child, DEPTH: rounds}, None, origin)


def _not_provided(place: Place, request: Request, command: str) -> NotRunnable:
    wanted = " or ".join(str(alternative) for alternative in request.wanted)
    having = _having(place, request.tool, command)
    hint = f"toolpin pin {request.tool} {newest('', having)}" if having else None
    if place.stub and place.stub.added:
        hint = place.stub.added
    return NotRunnable(
        f"{request.tool} {wanted} does not provide {command}",
        [
            ("required by", str(request.origin)),
            (
                "available in",
                ", ".join(having) or f"no installed version of {request.tool}",
            ),
        ],
        hint,
    )
