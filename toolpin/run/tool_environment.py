"""Turns the request for a tool into what its install sets: PATH, variables.

Includes what its required tools set; `plugin_environment` has what an asdf plugin's
scripts compute at run time. Light: `exec` waits for it. It installs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from toolpin.env_patch import DEFAULT_PATH, settle
from toolpin.errors import NotRunnable, ToolpinError
from toolpin.model import EnvPatch, Pin, Request
from toolpin.project.pin_files import Where
from toolpin.project.toolversions import directory_of
from toolpin.resolver.local_resolution import Resolution, not_installed, resolve
from toolpin.run.lookup_context import LookupResult, Place, request_in, requests_in
from toolpin.shims.stubs import read_stub
from toolpin.store.installs import (
    environment,
    is_outdated,
    is_plugin,
    store_of,
)


def built_with(request: Request, built: Pin, place: Place) -> tuple[str, ...]:
    """Return the directories with the programs of a tool that a build uses.

    Raises ToolpinError for a directory that a project names: a build runs `make`, too,
    and its result is used by every project.
    """
    patch = first_tree(place, request)
    if is_of_project(patch, request, place.where):
        raise ToolpinError(
            f"{built} is built with {request.tool}, which a project pins "
            "to a directory",
            [("required by", str(request.origin)), ("directory", patch.path[0])],
            f"toolpin pin {request.tool} latest",
        )
    return patch.path


def tree_of(place: Place, resolution: Resolution) -> EnvPatch | None:
    """Return the environment of a resolved tree, or None."""
    pin = resolution.pin
    if pin:
        patch = environment(place.paths, pin)
        if not (patch.plugin and is_outdated(store_of(place.paths, pin), pin)):
            return patch
    elif resolution.basis != "path":
        return None
    elif not is_plugin(place.paths, resolution.tool):
        return EnvPatch((f"{resolution.directory}/bin",), ())
    from toolpin.run import plugin_environment

    return plugin_environment.patch_now(place, resolution)


def first_tree(place: Place, request: Request) -> EnvPatch:
    """Return what the first installed alternative sets: nothing for `system`.

    Raises NotRunnable if none is installed.
    """
    for resolution in resolve(request, place.paths, place.where):
        if resolution.basis == "system":
            return EnvPatch((), ())
        patch = tree_of(place, resolution)
        if patch and patch.runtime_scripts:
            from toolpin.run import plugin_environment

            return plugin_environment.computed(place, patch, resolution)
        if patch:
            return patch
    raise not_installed(request, place.where)


def patch_of(place: Place, request: Request) -> EnvPatch:
    """Return what one request sets here, with its variables settled.

    Raises NotRunnable if no alternative is installed.
    """
    patch = first_tree(place, request)
    if not (patch.homes or patch.behind):
        return patch
    for name in place.plugins.requires_of(request.tool):
        if required := request_in(place, name):
            return settle(patch, first_tree(place, required).major, place.env)
    return settle(patch, "", place.env)


def joined(patches: Iterable[EnvPatch]) -> EnvPatch:
    """Return what several patches set together; the first one wins.

    The directories of the first line in the file are first, and its variables win, as
    where the tool runs.
    """
    path: dict[str, None] = {}
    behind: dict[str, None] = {}
    variables: dict[str, str] = {}
    for patch in patches:
        path |= dict.fromkeys(patch.path)
        behind |= dict.fromkeys(patch.behind)
        for name, value in patch.variables:
            variables.setdefault(name, value)
    return EnvPatch(tuple(path), tuple(variables.items()), behind=tuple(behind))


def with_partners(
    place: Place, tool: str, patch: EnvPatch
) -> tuple[EnvPatch, list[str]]:
    """Return the patch with what the tools that `tool` requires or uses set here.

    Their variables win. Also returns the required tools that set nothing, as `system`
    does. Raises NotRunnable if a required one is pinned and not installed.
    """
    stubs = place.stub.tools if place.stub else ()
    names = next((partners for name, *partners in stubs if name == tool), [])
    patches: dict[str, EnvPatch] = {}
    for name in sorted(names, key=lambda name: name.startswith("?")):
        try:
            if request := request_in(place, name.removeprefix("?")):
                patches[name] = first_tree(place, request)
        except NotRunnable:
            if not name.startswith("?"):
                raise
    required = [name for name in patches if not name.startswith("?")]
    major = patches[required[0]].major if required else ""
    patch = settle(patch, major, place.env)
    for more in (settle(partner, "", place.env) for partner in patches.values()):
        patch = EnvPatch(
            patch.path + more.path,
            more.variables + patch.variables,
            behind=patch.behind + more.behind,
        )
    return patch, [name for name in required if not patches[name].path]


def pins_in(place: Place, without: str = "") -> tuple[EnvPatch, set[str]]:
    """Return what the pins set, `without` one tool, and the tools without an install.

    A directory that a project names is left out: the shims run that tool's commands.
    """
    requests, refused = requests_in(place)
    patches, not_installed_tools = [], set(refused)
    for request in (request for request in requests if request.tool != without):
        try:
            patch = patch_of(place, request)
        except ToolpinError:
            not_installed_tools.add(request.tool)
            continue
        if not is_of_project(patch, request, place.where):
            patches.append(patch)
    return joined(patches), not_installed_tools


def with_pins(place: Place, program: LookupResult) -> tuple[LookupResult, set[str]]:
    """Return the program with all installed pins, and the tools that are not installed.

    The directories of its own tool stay first on PATH.
    """
    own = program.pin.tool if program.pin else ""
    patch, missing = pins_in(place, without=own)
    child = dict(program.environment)
    for name, value in patch.variables:
        if child.get(name) == place.env.get(name):  # its own tool has not set it
            child[name] = value
    entries = child.get("PATH", DEFAULT_PATH).split(":")
    shims = place.paths.shims
    at = entries.index(shims) if shims in entries else 0
    more = [directory for directory in patch.path if directory not in entries[:at]]
    behind = [directory for directory in patch.behind if directory not in entries]
    end = at + (shims in entries)
    entries[at:end] = [*more, *entries[at:end], *behind]
    child["PATH"] = ":".join(entries)
    return program._replace(environment=child), missing


def tools_without_shims(tools: Iterable[str], place: Place) -> set[str]:
    """Return those of the tools that have a command without a shim.

    The system's program would run instead of the pinned one.
    """
    return {
        tool
        for tool in tools
        for command in place.plugins.commands_of(tool)
        if not _has_shim(f"{place.paths.shims}/{command}", tool)
    }


def _has_shim(path: str, tool: str) -> bool:
    """Return whether a command has a shim of the tool, or another program's file."""
    stub = read_stub(path)
    if stub is None:
        return os.path.lexists(path)
    return any(tool == name for name, *_ in stub.tools)


def is_of_project(patch: EnvPatch, request: Request, where: Where) -> bool:
    """Return whether a patch is for a `path:` in a file that is not the user's own.

    The author of the project may have put an `ls` or `make` into that directory, which
    other programs would find on PATH.
    """
    name = os.path.basename(where.global_file)
    own = (os.path.join(where.home, name), where.global_file)
    if not request.origin.line or request.origin.place in own:
        return False
    named = {
        f"{directory_of(alternative, where.home)}/bin"
        for alternative in request.wanted
        if alternative.kind == "path"
    }
    return not named.isdisjoint(patch.path)
