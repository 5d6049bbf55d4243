"""Updates the shims for the store and the plugins' data."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Iterable

from toolpin.config.asdfrc import read_asdfrc
from toolpin.config.idiomatic_level import VARIABLE, idiomatic_level
from toolpin.errors import ToolpinError, remedy
from toolpin.model import Pin
from toolpin.plugins.asdf.script_runner import answer_asdf, for_scripts
from toolpin.plugins.asdf.spelling import asdf_spelling
from toolpin.plugins.registry import Registry, script_directories
from toolpin.project.idiomatic import Idioms
from toolpin.project.project_files import Files
from toolpin.shims.shim_directory import Changes, refresh, shimmed_tools
from toolpin.shims.stubs import ShimTool
from toolpin.store import installs, relocation
from toolpin.system.file_lock import held
from toolpin.system.paths import Paths

# Set for the programs of such a hook.
_HOOKED = "TOOLPIN_IN_RESHIM_HOOK"


def refresh_shims(
    paths: Paths,
    registry: Registry,
    wanted: Collection[str] = (),
    *,
    again: str = "",
    hooked: bool = True,
) -> Changes:
    """Write and remove shims under their file lock; `wanted` tools always have some.

    The scripts of tool `again` run again for its installs. Installs of a store that was
    moved are first updated to its new path. Installs that asdf made are recorded
    before, as their plugins describe them; asdf users' hooks run before and after.
    """
    relocation.relocate(paths)
    _record_asdfs(paths, again)
    if hooked:
        _run_hooks("pre_asdf_reshim", paths, registry)
    changes = _refresh(paths, registry, wanted)
    if hooked:
        _run_hooks("post_asdf_reshim", paths, registry)
    return changes


def _refresh(paths: Paths, registry: Registry, wanted: Collection[str]) -> Changes:
    with held(f"{paths.locks}/shims.lock"):
        try:
            names = {*wanted, *installs.tools(paths), *shimmed_tools(paths)}
            tools = _known(sorted(names), registry, _idioms(paths, registry))
            kept = [name for name in names if name in registry.aliases]
            kept = [name for name in kept if registry.readable(name) is None]
            return refresh(paths, tools, sys.executable, wanted, kept=kept)
        except OSError as error:
            raise ToolpinError(
                "the shims cannot be written",
                [
                    ("path", str(error.filename or paths.shims)),
                    ("reason", error.strerror or "?"),
                ],
                remedy(error, str(error.filename or paths.shims), "TOOLPIN_DATA_DIR"),
            ) from error


def _record_asdfs(paths: Paths, again: str) -> None:
    """Write the missing records of installs that asdf made here.

    Those of tool `again`, and with a script that has changed since, are written again.
    None is written into a directory behind a link, which belongs to the user.
    """
    own = paths.alone._replace(as_asdf=False)
    pins = [
        pin
        for pin in installs.pins(own, script_directories(own))
        if not os.path.islink(own.install(*pin))
        if pin.tool == again
        or installs.is_outdated(own, pin)
        or not os.path.exists(f"{own.install(*pin)}/{installs.RECORD}")
    ]
    if pins:
        from toolpin.store import imported_installs

        for pin in filter(lambda pin: _is_described(own, pin), pins):
            # Without a plugin it has asdf's default: its `bin`.
            with contextlib.suppress(ToolpinError, OSError):
                imported_installs.record_again(own, pin, os.environ)


def _is_described(paths: Paths, pin: Pin) -> bool:
    """Return whether the install's plugin describes it."""
    record = f"{paths.install(*pin)}/{installs.RECORD}"
    if not os.path.exists(record):
        return True
    try:
        variables = installs.environment(paths, pin).variables
    except ToolpinError:
        return False
    return "ASDF_INSTALL_PATH" in dict(variables)


def _run_hooks(name: str, paths: Paths, registry: Registry) -> None:
    """Run asdf's hooks of that name, for each version; failures are ignored.

    A hook that runs this again starts no other.
    """
    rc = read_asdfrc(os.environ)
    if not any(value.startswith(name) for value in rc.values) or _HOOKED in os.environ:
        return
    answer_asdf(paths)
    env = {**for_scripts(paths, os.environ, os.getcwd()), _HOOKED: "1"}
    for tool in installs.tools(paths):
        result = registry.readable(tool)
        if not (rc.hook(f"{name}_{tool}") and result and os.path.isdir(result.file)):
            continue
        for version in installs.versions(paths, tool):
            words, shown = [asdf_spelling(version)], paths.as_asdf
            output = rc.run_hook(f"{name}_{tool}", words, env, os.getcwd(), shown=shown)
            sys.stderr.write(output.out + output.err if output else "")


def _idioms(paths: Paths, registry: Registry) -> Idioms:
    """Return the level in the settings files; shims read the variable themselves."""
    env = {name: value for name, value in os.environ.items() if name != VARIABLE}
    # Settings are read again, as the file lock is held: another process may have
    # changed them, and its shims, since this one began.
    return registry.idioms(idiomatic_level(paths, env, Files().read_settings))


def _known(
    names: Iterable[str], registry: Registry, idioms: Idioms
) -> dict[str, ShimTool]:
    """Return the stub data of these tools and of those that they require.

    No other plugin's file is read: an invalid one stops only its own tool.
    """
    tools: dict[str, ShimTool] = {}
    rc = read_asdfrc(os.environ)
    for name in names:
        tool = registry.readable(name)
        partners = (*tool.requires, *tool.uses) if tool else ()
        for known in (tool, *map(registry.readable, partners)):
            if known:
                is_scripted = os.path.isdir(known.file)
                tools[known.name] = ShimTool(
                    known.name,
                    known.names,
                    reshim_after=known.reshim_after,
                    requires=known.requires,
                    commands=known.commands,
                    idiomatic=tuple(
                        name
                        for name in idioms.names
                        if known.name in idioms.tools_of(name)
                    ),
                    spellings=tuple(known.spellings.items()),
                    hooked=rc.commands_of(known.name) if is_scripted else (),
                    script_reads=known.name in idioms.readers,
                    uses=known.uses,
                    numbered=not is_scripted,
                    added=known.added_by,
                )
    return tools
