"""Turns a command's name into a program and its environment, and becomes it.

What a shim falls back to, so everything it imports is light. It installs nothing and
asks no network: what is not there is an error that says what to do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, NoReturn

from toolpin.env import added, apply, is_settable, settle
from toolpin.errors import NotRunnable, ToolpinError, UnknownCommand
from toolpin.launch import as_called, become, end_like, run_as_child
from toolpin.lockfile.lookup import Where, locked_version, match
from toolpin.model import EnvPatch, Origin, Pin, Request, Wanted
from toolpin.paths import Paths, home_folder
from toolpin.project import pin_files
from toolpin.project.idiomatic import NONE, Idioms
from toolpin.project.toolversions import folder_of
from toolpin.shims.stubs import Stub, read_stub
from toolpin.shims.system_command import DEPTH, count_round, on_path, without_versions
from toolpin.store.installs import (
    commands,
    environment,
    is_program,
    program,
    store_of,
    tools,
    versions,
)
from toolpin.versions import newest


class Found(NamedTuple):
    """A program, its environment, and what chose it.

    `pin` is None for the system's command and for `path:`; `origin` is None where
    nothing pins the command.
    """

    path: str
    environment: dict[str, str]
    pin: Pin | None
    origin: Origin | None


class Caller(NamedTuple):
    """What whoever runs a command does itself.

    `refresh` is called when programs came or went; `finish` has the last word on what
    the program gets.
    """

    refresh: Callable[[], object]
    finish: Callable[[Found], Found]


class _Place(NamedTuple):
    """Where a command is looked for."""

    paths: Paths
    aliases: Mapping[str, str]
    idioms: Idioms
    env: Mapping[str, str]
    cwd: str
    stub: Stub | None

    @property
    def where(self) -> Where:
        """Where project files are looked for."""
        return Where(self.cwd, home_folder(self.env), self.paths.global_file)


def find(
    command: str,
    *,
    paths: Paths,
    aliases: Mapping[str, str],
    idioms: Idioms,
    env: Mapping[str, str],
    cwd: str,
) -> Found:
    """Find what runs `command` in the folder `cwd`, an absolute path.

    `aliases` has the canonical name for each name of a tool, `idioms` the files that
    count beside `.tool-versions`. Raises NotRunnable for a command of a tool that is
    not there, UnknownCommand for what nothing provides.
    """
    if "/" in command or not command:
        raise UnknownCommand(
            "a command's name is wanted, without a folder",
            [("received", repr(command))],
        )
    stub = read_stub(f"{paths.shims}/{command}")
    place = _Place(paths, aliases, idioms, env, cwd, stub)
    providers = _providers(place, command)
    lacking: NotRunnable | None = None
    for request in _requests(place, providers):
        found = _choose(place, request, command)
        if found:
            return found
        lacking = lacking or _lacks(place, request, command)
    if lacking:
        raise lacking
    return _unpinned(place, providers, command)


def providers(
    command: str,
    *,
    paths: Paths,
    aliases: Mapping[str, str],
    env: Mapping[str, str],
    cwd: str,
) -> tuple[str, ...]:
    """Return the tools that are known to have a command."""
    stub = read_stub(f"{paths.shims}/{command}")
    return _providers(_Place(paths, aliases, NONE, env, cwd, stub), command)


def patch_for(
    request: Request, *, paths: Paths, env: Mapping[str, str], cwd: str
) -> EnvPatch:
    """Return what the first alternative that is there sets: nothing for `system`.

    Raises NotRunnable where none is there.
    """
    return _first_tree(_Place(paths, {}, NONE, env, cwd, None), request)


def run(
    command: str,
    args: Sequence[str],
    *,
    paths: Paths,
    aliases: Mapping[str, str],
    idioms: Idioms,
    env: Mapping[str, str],
    cwd: str,
    caller: Caller,
) -> NoReturn:
    """Become the command, or run it and refresh the shims where its tool asks for it.

    Raises what `find` raises.
    """
    env = as_called(env)
    found = caller.finish(
        find(command, paths=paths, aliases=aliases, idioms=idioms, env=env, cwd=cwd)
    )
    stub = read_stub(f"{paths.shims}/{command}")
    _run_hook(found, command, args, paths=paths, cwd=cwd)
    if not (found.pin and stub and set(stub.after) & set(args)):
        become(found.path, args, found.environment)
    before = commands(paths, found.pin)
    status = run_as_child(found.path, args, found.environment)
    if commands(paths, found.pin) != before:
        try:
            caller.refresh()
        except ToolpinError as error:
            # The command itself is done; its exit code is the answer.
            sys.stderr.write(f"{error.render()}\n")
    end_like(status)


def _run_hook(
    found: Found, command: str, args: Sequence[str], *, paths: Paths, cwd: str
) -> None:
    """Run the hook that a user of asdf's plugins has set before a command.

    Raises ToolpinError where it fails: the command is not to run then.
    """
    tool = found.pin.tool if found.pin else ""
    env = found.environment
    rc = env.get("ASDF_CONFIG_FILE") or f"{home_folder(env)}/.asdfrc"
    if not (tool and os.path.isdir(f"{paths.plugins}/{tool}")) or not os.path.exists(
        os.path.expanduser(rc)
    ):
        return
    from toolpin.settings.asdfrc import read_asdfrc  # noqa: PLC0415 - few have hooks

    hook = f"pre_{tool}_{command}"
    sys.stderr.write(read_asdfrc(env).must(hook, args, env, cwd))
    sys.stderr.flush()


def _providers(place: _Place, command: str) -> tuple[str, ...]:
    """Return the tools that are known to have the command."""
    named = place.aliases.get(command)
    if place.stub:
        found = [tool for tool, *_ in place.stub.tools]
    else:
        found = [tool for tool in tools(place.paths) if _having(place, tool, command)]
    return tuple(dict.fromkeys([*found, *([named] if named else [])]))


def _having(place: _Place, tool: str, command: str) -> list[str]:
    """Return the published versions of a tool that have the command."""
    return [
        version
        for version in versions(place.paths, tool)
        if program(place.paths, Pin(tool, version), command)
    ]


def _requests(place: _Place, providers: Sequence[str]) -> Iterator[Request]:
    """Yield what is asked of the providers, in the order of the file."""
    if len(providers) == 1:
        request = _request(place, providers[0])
        if request:
            yield request
    elif providers:
        aliases = {**{tool: tool for tool in providers}, **place.aliases}
        stated = _stated(place, aliases)
        for request in pin_files.effective(stated, env=place.env, aliases=aliases):
            if request.tool in providers:
                yield request


def _request(place: _Place, tool: str) -> Request | None:
    names = {name for name, canonical in place.aliases.items() if canonical == tool}
    stated = _stated(place, place.aliases, only={tool, *names})
    return pin_files.request_for(tool, stated, place.env)


def _stated(
    place: _Place, aliases: Mapping[str, str], only: Collection[str] = ()
) -> Iterator[Request]:
    return pin_files.stated(
        place.cwd,
        home=home_folder(place.env),
        global_file=place.paths.global_file,
        aliases=aliases,
        idioms=place.idioms,
        only=only,
    )


def _choose(place: _Place, request: Request, command: str) -> Found | None:
    """Return the first alternative that has the command.

    None where what is there lacks it; raises NotRunnable where nothing is there.
    """
    there = False
    for wanted in request.wanted:
        if wanted.kind == "system":
            path = _on_path(_without_versions(place), command)
            if path:
                place = _without_versions(place, request.tool)
                return _system(place, path, command, request.origin)
            there = True
            continue
        patch, pin = _tree(place, request, wanted)
        if patch is None:
            continue
        there = True
        count = len(patch.path)
        required = _required(place, request.tool)
        patch = _with_required(patch, tuple(required.values()), place.env)
        around = place
        for name in (one for one, sets in required.items() if not sets.path):
            around = _without_versions(around, name)
        for folder in patch.path[:count]:
            path = f"{folder}/{command}"
            if is_program(path) and folder != place.paths.answers:
                child = apply(patch, around.env, place.paths.shims)
                found = Found(path, child, pin, request.origin)
                return _asked(place, found) if patch.asks else found
    if not there:
        raise _missing(place, request)
    return None


def _asked(place: _Place, found: Found) -> Found:
    """Return what the plugin says here of a program and its environment."""
    from toolpin.scripts import asking, running  # noqa: PLC0415 - few plugins ask for it

    if found.pin is None:
        return found
    paths = store_of(place.paths, found.pin)
    plugin = running.plugin_of(paths, found.pin, place.env, place.cwd)
    command = os.path.basename(found.path)
    path = asking.exec_path(plugin, found.pin, command, found.path)
    child = asking.exec_env(plugin, found.pin, found.environment)
    return found._replace(path=path, environment=child)


def _answered(place: _Place, patch: EnvPatch, pin: Pin) -> EnvPatch:
    """Return a patch that needs no plugin to be asked any more."""
    from toolpin.scripts import asking, running  # noqa: PLC0415 - see _asked

    paths = store_of(place.paths, pin)
    plugin = running.plugin_of(paths, pin, place.env, place.cwd)
    before = apply(patch, place.env, place.paths.shims)
    asked = asking.exec_env(plugin, pin, before)
    changed = {
        name: value
        for name, value in asked.items()
        if before.get(name) != value and is_settable(name)
    }
    in_front, behind = added(before["PATH"], asked.get("PATH", ""))
    path = (*in_front, *patch.path, *behind)
    variables = tuple({**dict(patch.variables), **changed}.items())
    return patch._replace(path=path, variables=variables, asks=False)


def _tree(
    place: _Place, request: Request, wanted: Wanted
) -> tuple[EnvPatch | None, Pin | None]:
    """Return what the installed tree of an alternative sets, and its pin."""
    if wanted.kind == "path":
        folder = folder_of(wanted, home_folder(place.env))
        patch = EnvPatch((f"{folder}/bin",), ())
        return (patch if os.path.isdir(folder) else None), None
    pin = match(place.paths, request, wanted, place.where)
    return (environment(place.paths, pin) if pin else None), pin


def _first_tree(place: _Place, request: Request) -> EnvPatch:
    """Return what the first alternative that is there sets: nothing for `system`."""
    for wanted in request.wanted:
        if wanted.kind == "system":
            return EnvPatch((), ())
        patch, pin = _tree(place, request, wanted)
        if patch and pin and patch.asks:
            return _answered(place, patch, pin)
        if patch:
            return patch
    raise _missing(place, request)


def _required(place: _Place, tool: str) -> dict[str, EnvPatch]:
    """Return what each tool that `tool` requires sets: nothing for `system`.

    Raises NotRunnable where one is pinned and not there.
    """
    stubs = place.stub.tools if place.stub else ()
    required = {name: rest for name, *rest in stubs}
    return {
        name: _first_tree(place, request)
        for name in required.get(tool, ())
        if (request := _request(place, name))
    }


def _with_required(
    patch: EnvPatch, found: Sequence[EnvPatch], env: Mapping[str, str]
) -> EnvPatch:
    """Return the patch with the bins and variables of the tools that it requires."""
    patch = settle(patch, found[0].major if found else "", env)
    for more in (settle(one, "", env) for one in found):
        patch = EnvPatch(patch.path + more.path, more.variables + patch.variables)
    return patch


def _without_versions(place: _Place, tool: str = "") -> _Place:
    env = without_versions(place.env, place.paths, tool, place.cwd)
    return place._replace(env=env)


def _unpinned(place: _Place, providers: Sequence[str], command: str) -> Found:
    path = _on_path(place, command)
    if path:
        return _system(place, path, command, None)
    installed = [
        f"{tool} {newest('', having)}"
        for tool in providers
        if (having := _having(place, tool, command))
    ]
    if not providers:
        raise UnknownCommand(
            f"{command} is no command of an installed tool, nor one on PATH",
            [("in", place.cwd)],
        )
    raise NotRunnable(
        f"nothing pins {' or '.join(providers)}, which has {command}",
        [("in", place.cwd), ("installed", ", ".join(installed) or "none")],
        f"toolpin pin {installed[0] if installed else f'{providers[0]} latest'}",
    )


def _on_path(place: _Place, command: str) -> str | None:
    return on_path(command, env=place.env, cwd=place.cwd, shims=place.paths.shims)


def _system(place: _Place, path: str, command: str, origin: Origin | None) -> Found:
    """Return the system's command, with the environment it gets."""
    child = apply(EnvPatch((), ()), place.env, place.paths.shims)
    rounds = count_round(path, command, place.env)
    return Found(path, {**child, DEPTH: rounds}, None, origin)


def _missing(place: _Place, request: Request) -> NotRunnable:
    wanted = " or ".join(str(one) for one in request.wanted)
    locked = [locked_version(request, one, place.where) for one in request.wanted]
    meant = [one for one in locked if one and one not in map(str, request.wanted)]
    return NotRunnable(
        f"{request.tool} {wanted} is not installed",
        [
            ("wanted by", str(request.origin)),
            *([("locked as", ", ".join(meant))] if meant else []),
        ],
        "toolpin install",
    )


def _lacks(place: _Place, request: Request, command: str) -> NotRunnable:
    wanted = " or ".join(str(one) for one in request.wanted)
    having = _having(place, request.tool, command)
    return NotRunnable(
        f"{request.tool} {wanted} has no command {command}",
        [
            ("wanted by", str(request.origin)),
            ("have it", ", ".join(having) or f"no installed version of {request.tool}"),
        ],
        f"toolpin pin {request.tool} {newest('', having)}" if having else None,
    )
