"""How `asdf` runs programs: exec, env, which, and the commands that plugins bring.

What runs, and in which environment, is toolpin's to find; here its errors become asdf's
messages and exit codes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NoReturn

from toolpin.asdf.front import FailedError, Front, split
from toolpin.errors import HookFailed, NotRunnable, ScriptFailed, printable
from toolpin.execute import finding, running
from toolpin.execute.launch import as_called, become
from toolpin.execute.place import Found
from toolpin.model import Pin, Request
from toolpin.scripts.spelling import spelt
from toolpin.settings.asdf_env import without_translated
from toolpin.settings.idiomatic_level import VARIABLE
from toolpin.shims.stubs import read_stub
from toolpin.store import installs
from toolpin.versions import sort_key

_SET_UP = 126


def exec_(front: Front, words: Sequence[str]) -> NoReturn:
    """Become a command of the versions that count here; its flags are its own."""
    if not words:
        raise FailedError("usage: asdf exec <command>")
    app, command = front.app, words[0]
    _check(front, command, _SET_UP)

    def reshim() -> None:
        from toolpin.upkeep.reshim import refresh_shims  # noqa: PLC0415 - rarely

        refresh_shims(app.paths, app.registry)

    try:
        running.run(
            command,
            words[1:],
            app.place,
            running.Caller(
                reshim,
                lambda found: _as_asdf(front, found),
            ),
        )
    except NotRunnable as error:
        raise _told(front, command, error) from error
    except HookFailed as error:
        raise FailedError("") from error


def env(front: Front, words: Sequence[str]) -> NoReturn:
    """Become a program, `env` without one, in the environment that a command gets."""
    if not words:
        raise FailedError("usage: asdf env <command>")
    command, *rest = words
    if rest[:1] == ["--"]:  # asdf wants it before flags
        rest = rest[1:]
    found = _find(front, command, _SET_UP)
    program, *args = rest or ["env"]
    import shutil  # noqa: PLC0415 - with it much else

    path = shutil.which(program, path=found.environment.get("PATH"))
    if path is None:
        raise FailedError(f"{program}: command not found", 127)
    become(os.path.abspath(path), args, found.environment)


def which(front: Front, words: Sequence[str]) -> int:
    """Print the program that a command runs here."""
    command = split(words).name(0)
    if not command:
        raise FailedError("usage: asdf which <command>")
    front.answer(_find(front, command, 1, _lacks_it, whole=False).path)
    return 0


def cmd(front: Front, words: Sequence[str]) -> NoReturn:
    """Become a command that a plugin brings; `--` before its flags is not needed."""
    if not words:
        raise FailedError("usage: asdf cmd <plugin> [<command> [<args>]]")
    name, *rest = words
    if "--" in rest:
        rest.remove("--")
    app = front.app
    own = name if _has_folder(front, name) else app.registry.canonical(name)
    scripts = app.scripts(own)
    found = scripts.extension(rest)
    start = "error running extension command: "
    if found is None:
        lacking = f"Plugin named {name} does not have a extension command named "
        raise FailedError(f"{start}{lacking}{''.join(rest[:1])}")
    program, args = found
    if not os.access(program, os.X_OK):
        raise FailedError(f"{start}{printable(program)} is not executable")
    become(program, args, _clean(front, scripts.env))


def has_extension(front: Front, name: str, words: Sequence[str]) -> bool:
    """Say whether a plugin brings such a command."""
    app = front.app
    scripts = app.scripts(name)
    return _has_folder(front, name) and scripts.extension(list(words)) is not None


def _has_folder(front: Front, name: str) -> bool:
    return "/" not in name and os.path.isdir(f"{front.app.paths.plugins}/{name}")


def _lacks(_front: Front, command: str) -> str:
    return (
        f"No executable {command} found for current version. Please select a different "
        f"version or install {command} manually for the current version"
    )


def _lacks_it(front: Front, command: str) -> str:
    """Return what `which` says where the versions that are set lack a command."""
    requests = _asked_for(front, command)
    versions = (str(wanted) for one in requests for wanted in one.wanted)
    tools = ", ".join(one.tool for one in requests)
    return f"No {command} executable found for {tools} {', '.join(versions)}"


def _asked_for(front: Front, command: str) -> list[Request]:
    """Return what is set here of the tools that have, or had, a command."""
    tools = {pin.tool for pin in _having(front, command)} or _of_stub(front, command)
    return [one for tool in sorted(tools) if (one := front.request(tool))]


def _find(
    front: Front,
    command: str,
    unknown: int,
    lacking: Callable[[Front, str], str] = _lacks,
    *,
    whole: bool = True,
) -> Found:
    """Return what a command runs. Raises FailedError with what asdf says instead."""
    _check(front, command, unknown)
    app = front.app
    try:
        place = app.place._replace(env=as_called(app.env))
        found = finding.find(command, place, whole=whole)
    except NotRunnable as error:
        raise _told(front, command, error, lacking) from error
    return _as_asdf(front, found)


def _check(front: Front, command: str, unknown: int) -> None:
    """Raise FailedError for a command of nothing, or of nothing that counts here."""
    pins = _having(front, command)
    tools = {pin.tool for pin in pins} | _of_stub(front, command)
    if not tools:
        what = f"unknown command: {command}. Perhaps you have to reshim?"
        from toolpin.upkeep.unimported import (  # noqa: PLC0415 - an error
            import_line,
            unimported,
        )

        if theirs := unimported(front.app.paths, front.given):
            what += f"\n{theirs} has versions that are not here: {import_line(theirs)}"
        raise FailedError(what, unknown)
    if any(front.request(tool) for tool in sorted(tools)):
        return
    raise FailedError(
        "\n".join(
            [
                f"No version is set for command {command}",
                "Consider adding one of the following versions in your config file at "
                f"{printable(_file(front))}",
                *(f"{pin.tool} {spelt(pin.version)}" for pin in pins),
            ]
        ),
        _SET_UP,
    )


def _told(
    front: Front,
    command: str,
    error: NotRunnable,
    lacking: Callable[[Front, str], str] = _lacks,
) -> Exception:
    """Return what asdf says of a command that a version is set for, and cannot run."""
    if isinstance(error, ScriptFailed):
        return FailedError(
            f"{error.render()}\nexit status {error.status}", error.status
        )
    pins = _having(front, command)
    requests = _asked_for(front, command)
    if any(_is_there(front, request) for request in requests):
        if "does not provide" in error.what:
            return FailedError(lacking(front, command))
        return error
    lines = [
        f"No preset version installed for command {command}",
        "Please install a version by running one of the following:",
        "",
        *(
            f"asdf install {request.tool} {wanted}"
            for request in requests
            for wanted in request.wanted
        ),
    ]
    if pins:
        lines += [
            "",
            "or add one of the following versions in your config file at "
            f"{printable(_file(front))}",
            *(f"{pin.tool} {spelt(pin.version)}" for pin in pins),
        ]
    lines += [
        "",
        *(f"required by {printable(_wanting(front, one))}" for one in requests),
    ]
    return FailedError("\n".join(lines), _SET_UP)


def _wanting(front: Front, request: Request) -> str:
    return str(request.origin) if request.origin.line else front.source(request)


def _is_there(front: Front, request: Request) -> bool:
    return any(resolution.basis for resolution in front.app.resolve(request))


def _of_stub(front: Front, command: str) -> set[str]:
    stub = read_stub(f"{front.app.paths.shims}/{command}")
    return {tool for tool, *_ in stub.tools} if stub else set()


def _having(front: Front, command: str) -> list[Pin]:
    paths = front.app.paths
    return [
        pin
        for tool in installs.tools(paths)
        for version in sorted(installs.versions(paths, tool), key=sort_key)
        if "/" not in command
        and installs.program(paths, pin := Pin(tool, version), command)
    ]


def _file(front: Front) -> str:
    return os.path.join(front.app.directory, front.app.paths.filename)


def _as_asdf(front: Front, found: Found) -> Found:
    """Return what was found with asdf's variables, and without what was put there."""
    more: dict[str, str] = {}
    if found.pin:
        from toolpin.scripts.running import variables_of  # noqa: PLC0415 - some

        more = variables_of(front.app.paths, found.pin)
    return found._replace(environment=_clean(front, {**found.environment, **more}))


def _clean(front: Front, environment: dict[str, str]) -> dict[str, str]:
    kept = without_translated(environment, front.given)
    if VARIABLE not in front.given:
        kept.pop(VARIABLE, None)
    return kept
