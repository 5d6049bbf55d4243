"""Turns an asdf plugin's scripts into what they determine when a program runs.

Loaded only for the tools of such plugins.
"""

from __future__ import annotations

import os

from toolpin.env_patch import added, apply, is_settable
from toolpin.model import EnvPatch, Pin
from toolpin.plugins.asdf import script_queries
from toolpin.plugins.asdf.script_runner import (
    Scripts,
    answer_asdf,
    plugin_of,
    variables_at,
    variables_of,
)
from toolpin.resolver.local_resolution import Resolution
from toolpin.run.lookup_context import LookupResult, Place
from toolpin.store.installs import is_program, store_of

# The install type by which a plugin's program knows that the system's version runs.
_SYSTEM = (
    ("ASDF_INSTALL_TYPE", "system"),
    ("ASDF_INSTALL_VERSION", ""),
    ("ASDF_INSTALL_PATH", ""),
)


def patch_now(place: Place, resolution: Resolution) -> EnvPatch:
    """Return what an install sets if its record is missing or out of date."""
    pin = resolution.pin
    plugin = _plugin(place, resolution.tool, pin)
    own = variables_of(plugin.paths, pin) if pin else variables_at(resolution.directory)
    return script_queries.patch_now(plugin, own)


def computed(place: Place, patch: EnvPatch, resolution: Resolution) -> EnvPatch:
    """Return a patch whose plugin scripts have run, so that they need not run again."""
    plugin = _plugin(place, resolution.tool, resolution.pin)
    before = apply(patch, place.env, place.paths.shims)
    after = script_queries.exec_env(plugin, _own(patch, plugin, resolution.pin), before)
    changed = {
        name: value
        for name, value in after.items()
        if before.get(name) != value and is_settable(name)
    }
    in_front, behind = added(before["PATH"], after.get("PATH", ""))
    path = (*in_front, *patch.path, *behind)
    variables = tuple({**dict(patch.variables), **changed}.items())
    return patch._replace(path=path, variables=variables, runtime_scripts="")


def from_plugin(
    place: Place, program: LookupResult, patch: EnvPatch, *, whole: bool
) -> LookupResult:
    """Return the program and environment that the plugin's scripts determine here."""
    if not whole and patch.runtime_scripts == "env":
        return program
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
    if not is_program(path):
        return None
    answer_asdf(place.paths)
    variables = (*_SYSTEM, ("ASDF_DATA_DIR", place.paths.data))
    patch = EnvPatch((os.path.dirname(path), place.paths.answers), variables)
    child = apply(patch, place.env, place.paths.shims)
    return LookupResult(path, child, None, None, tool)


def as_system(program: LookupResult) -> LookupResult:
    """Return the machine's program as asdf runs it for a tool of its plugins."""
    return program._replace(environment={**program.environment, **dict(_SYSTEM)})


def _plugin(place: Place, tool: str, pin: Pin | None) -> Scripts:
    paths = store_of(place.paths, pin) if pin else place.paths
    return plugin_of(paths, tool, place.env, place.cwd)


def _own(patch: EnvPatch, plugin: Scripts, pin: Pin | None) -> dict[str, str]:
    """Return the variables that identify the install to scripts."""
    if pin:
        return variables_of(plugin.paths, pin)
    named = {name for name, _ in _SYSTEM}
    return {name: value for name, value in patch.variables if name in named}
