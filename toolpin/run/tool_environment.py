"""Turns the request for a tool into what its install sets: PATH, variables.

Includes what its required tools set, and what an asdf plugin's scripts compute at run
time. Light: `exec` waits for it. It installs nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from toolpin.env_patch import DEFAULT_PATH, added, apply, is_settable, settle
from toolpin.errors import NotRunnable, ToolpinError
from toolpin.model import EnvPatch, Pin, Request
from toolpin.project.pin_files import Where
from toolpin.project.toolversions import directory_of
from toolpin.resolver.local_resolution import Resolution, not_installed, resolve
from toolpin.run.lookup_context import LookupResult, Place, request_in, requests_in
from toolpin.shims.stubs import read_stub
from toolpin.store import installs
from toolpin.system.paths import Paths

if TYPE_CHECKING:
    from toolpin.plugins.asdf.script_runner import Scripts

# The install type by which a plugin's program knows that the system's version runs.
_SYSTEM = (
    ("ASDF_INSTALL_TYPE", "system"),
    ("ASDF_INSTALL_VERSION", ""),
    ("ASDF_INSTALL_PATH", ""),
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
    """Return the environment of a resolved tree, or None.

    A tree of a store that was moved is first updated to its new path.
    """
    pin, directory = resolution.pin, resolution.directory
    if pin:
        store = installs.store_of(place.paths, pin)
        if installs.recorded_place(store, pin):
            from toolpin.store.relocation import relocate_install

            relocate_install(store, pin)
            if not installs.is_installed(store, pin):
                return None
        patch = installs.environment(place.paths, pin)
        if not (patch.plugin and installs.is_outdated(store, pin)):
            return patch
    elif resolution.basis != "path":
        return None
    elif not installs.is_plugin(store := place.paths, resolution.tool):
        return EnvPatch((f"{directory}/bin",), ())
    from toolpin.plugins.asdf import (
        script_queries,
        script_runner,
    )

    plugin = script_runner.plugin_of(store, resolution.tool, place.env, place.cwd)
    own = (
        script_runner.variables_of(store, pin)
        if pin
        else script_runner.variables_at(directory)
    )
    return script_queries.patch_now(plugin, own)


def first_tree(place: Place, request: Request) -> EnvPatch:
    """Return what the first installed alternative sets: nothing for `system`.

    Raises NotRunnable if none is installed.
    """
    for resolution in resolve(request, place.paths, place.where):
        if resolution.basis == "system":
            return EnvPatch((), ())
        patch = tree_of(place, resolution)
        if patch and patch.runtime_scripts:
            return _computed(place, patch, resolution)
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


def required_by(place: Place, tool: str) -> dict[str, EnvPatch]:
    """Return what each tool that `tool` requires sets: nothing for `system`.

    Raises NotRunnable if one is pinned and not installed.
    """
    stubs = place.stub.tools if place.stub else ()
    required = {name: rest for name, *rest in stubs}
    return {
        name: first_tree(place, request)
        for name in required.get(tool, ())
        if not name.startswith("?") and (request := request_in(place, name))
    }


def used_by(place: Place, tool: str) -> tuple[EnvPatch, ...]:
    """Return what each tool that `tool` uses sets, if it is pinned and installed."""
    results = []
    stubs = place.stub.tools if place.stub else ()
    partners = next((rest for name, *rest in stubs if name == tool), [])
    for name in (partner[1:] for partner in partners if partner.startswith("?")):
        with contextlib.suppress(NotRunnable):
            if request := request_in(place, name):
                results.append(settle(first_tree(place, request), "", place.env))
    return tuple(results)


def with_used(patch: EnvPatch, program: Sequence[EnvPatch]) -> EnvPatch:
    """Return the patch with the bins and variables of the tools that it uses."""
    for more in program:
        patch = _followed_by(patch, more)
    return patch


def _followed_by(patch: EnvPatch, more: EnvPatch) -> EnvPatch:
    """Return a settled patch with that of another tool, whose variables win."""
    return EnvPatch(
        patch.path + more.path,
        more.variables + patch.variables,
        behind=patch.behind + more.behind,
    )


def with_required(
    patch: EnvPatch, program: Sequence[EnvPatch], env: Mapping[str, str]
) -> EnvPatch:
    """Return the patch with the bins and variables of the tools that it requires."""
    patch = settle(patch, program[0].major if program else "", env)
    for more in (settle(patch, "", env) for patch in program):
        patch = _followed_by(patch, more)
    return patch


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


def from_plugin(
    place: Place, program: LookupResult, patch: EnvPatch, *, whole: bool
) -> LookupResult:
    """Return the program and environment that the plugin's scripts determine here."""
    if not whole and patch.runtime_scripts == "env":
        return program
    from toolpin.plugins.asdf import script_queries

    plugin = _plugin(place, program.tool, program.pin)
    own = _own(patch, plugin, program.pin)
    command = os.path.basename(program.path)
    path = script_queries.exec_path(plugin, own, command, program.path)
    child = program.environment
    if whole:
        child = script_queries.exec_env(plugin, own, child)
    return program._replace(path=path, environment=child)


def of_system(place: Place, tool: str, command: str) -> LookupResult | None:
    """Return the plugin's program for a command of the system's version.

    None if it has none: then the machine's runs.
    """
    path = f"{place.paths.plugins}/{tool}/shims/{command}"
    if not installs.is_program(path):
        return None
    from toolpin.plugins.asdf.script_runner import answer_asdf

    answer_asdf(place.paths)
    variables = (*_SYSTEM, ("ASDF_DATA_DIR", place.paths.data))
    patch = EnvPatch((os.path.dirname(path), place.paths.answers), variables)
    child = apply(patch, place.env, place.paths.shims)
    return LookupResult(path, child, None, None, tool)


def as_system(program: LookupResult, paths: Paths) -> LookupResult:
    """Return the machine's program as asdf runs it for a tool of its plugins."""
    if not installs.is_plugin(paths, program.tool):
        return program
    return program._replace(environment={**program.environment, **dict(_SYSTEM)})


def _plugin(place: Place, tool: str, pin: Pin | None) -> Scripts:
    from toolpin.plugins.asdf.script_runner import plugin_of

    paths = installs.store_of(place.paths, pin) if pin else place.paths
    return plugin_of(paths, tool, place.env, place.cwd)


def _own(patch: EnvPatch, plugin: Scripts, pin: Pin | None) -> dict[str, str]:
    """Return the variables that identify the install to scripts."""
    if pin:
        from toolpin.plugins.asdf.script_runner import variables_of

        return variables_of(plugin.paths, pin)
    named = {name for name, _ in _SYSTEM}
    return {name: value for name, value in patch.variables if name in named}


def _computed(place: Place, patch: EnvPatch, resolution: Resolution) -> EnvPatch:
    """Return a patch whose plugin scripts have run, so that they need not run again."""
    from toolpin.plugins.asdf import script_queries

    plugin = _plugin(place, resolution.tool, resolution.pin)
    before = apply(patch, place.env, place.paths.shims)
    own = _own(patch, plugin, resolution.pin)
    from_plugin = script_queries.exec_env(plugin, own, before)
    changed = {
        name: value
        for name, value in from_plugin.items()
        if before.get(name) != value and is_settable(name)
    }
    in_front, behind = added(before["PATH"], from_plugin.get("PATH", ""))
    path = (*in_front, *patch.path, *behind)
    variables = tuple({**dict(patch.variables), **changed}.items())
    return patch._replace(path=path, variables=variables, runtime_scripts="")
