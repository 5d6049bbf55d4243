"""The commands of `asdf` that run programs: exec, env, which, and plugins' commands.

toolpin finds the program and its environment; its errors become asdf's messages and
exit codes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NoReturn

from toolpin.asdf_cli.asdf_context import AsdfContext, FailedError, split
from toolpin.config.asdf_env import without_translated
from toolpin.config.idiomatic_level import VARIABLE
from toolpin.errors import HookFailed, NotRunnable, ScriptFailed, printable
from toolpin.model import Pin, Request
from toolpin.plugins.asdf.spelling import asdf_spelling
from toolpin.run import command_lookup, command_run
from toolpin.run.launch import as_called, become
from toolpin.run.lookup_context import LookupResult
from toolpin.shims.stubs import read_stub
from toolpin.store import installs
from toolpin.versions import sort_key

_SET_UP = 126


def exec_(context: AsdfContext, words: Sequence[str]) -> NoReturn:
    """Become a command of the effective versions here; its flags are not parsed."""
    if not words:
        raise FailedError("usage: asdf exec <command>")
    app, command = context.app, words[0]
    _check(context, command, _SET_UP)

    def reshim() -> None:
        from toolpin.tasks.shim_refresh import refresh_shims

        refresh_shims(app.paths, app.registry)

    try:
        command_run.run(
            command,
            words[1:],
            app.place,
            command_run.Caller(
                reshim,
                lambda program_path: _as_asdf(context, program_path),
            ),
        )
    except NotRunnable as error:
        raise _message(context, command, error) from error
    except HookFailed as error:
        raise FailedError("") from error


def env(context: AsdfContext, words: Sequence[str]) -> NoReturn:
    """Become a program, `env` by default, in the environment of a command."""
    if not words:
        raise FailedError("usage: asdf env <command>")
    command, *rest = words
    if rest[:1] == ["--"]:  # asdf requires it before flags
        rest = rest[1:]
    result = _find(context, command, _SET_UP)
    environment, plugins = result.environment, context.app.paths.plugins
    is_system = environment.get("ASDF_INSTALL_TYPE") == "system"
    if is_system and not result.path.startswith(f"{plugins}/"):
        # As asdf: the shims stay where they are, so that `which` shows the program.
        environment = {**environment, "PATH": context.given.get("PATH", "")}
    program, *args = rest or ["env"]
    import shutil

    path = shutil.which(program, path=environment.get("PATH"))
    if path is None:
        raise FailedError(f"{program}: command not found", 127)
    become(os.path.abspath(path), args, environment)


def which(context: AsdfContext, words: Sequence[str]) -> int:
    """Print the program that a command runs here."""
    command = split(words).name(0)
    if not command:
        raise FailedError("usage: asdf which <command>")
    context.answer(_find(context, command, 1, _no_which, whole=False).path)
    return 0


def cmd(context: AsdfContext, words: Sequence[str]) -> NoReturn:
    """Become a plugin's extension command; `--` before its flags is not needed."""
    if not words:
        raise FailedError("usage: asdf cmd <plugin> [<command> [<args>]]")
    name, *rest = words
    if "--" in rest:
        rest.remove("--")
    app = context.app
    own = name if _has_directory(context, name) else app.registry.canonical(name)
    scripts = app.scripts(own)
    result = scripts.extension(rest)
    start = "error running extension command: "
    if result is None:
        missing_message = (
            f"Plugin named {name} does not have a extension command named "
        )
        raise FailedError(f"{start}{missing_message}{''.join(rest[:1])}")
    program, args = result
    if not os.access(program, os.X_OK):
        raise FailedError(f"{start}{printable(program)} is not executable")
    become(program, args, _clean(context, scripts.env))


def has_extension(context: AsdfContext, name: str, words: Sequence[str]) -> bool:
    """Return whether a plugin has such an extension command."""
    app = context.app
    scripts = app.scripts(name)
    return _has_directory(context, name) and scripts.extension(list(words)) is not None


def _has_directory(context: AsdfContext, name: str) -> bool:
    return "/" not in name and os.path.isdir(f"{context.app.paths.plugins}/{name}")


def _no_executable(_front: AsdfContext, command: str) -> str:
    return (
        f"No executable {command} found for current version. Please select a different "
        f"version or install {command} manually for the current version"
    )


def _no_which(context: AsdfContext, command: str) -> str:
    """Return the message of `which` if the set versions lack a command."""
    requests = _requests_for(context, command)
    versions = (str(wanted) for request in requests for wanted in request.wanted)
    tools = ", ".join(request.tool for request in requests)
    return f"No {command} executable found for {tools} {', '.join(versions)}"


def _requests_for(context: AsdfContext, command: str) -> list[Request]:
    """Return what is set here for the tools that have, or had, a command."""
    tools = {pin.tool for pin in _having(context, command)} or _of_stub(
        context, command
    )
    return [request for tool in sorted(tools) if (request := context.request(tool))]


def _find(
    context: AsdfContext,
    command: str,
    unknown: int,
    missing_message: Callable[[AsdfContext, str], str] = _no_executable,
    *,
    whole: bool = True,
) -> LookupResult:
    """Return the program of a command. Raises FailedError with asdf's message."""
    _check(context, command, unknown)
    app = context.app
    try:
        place = app.place._replace(env=as_called(app.env))
        result = command_lookup.find(command, place, whole=whole)
    except NotRunnable as error:
        raise _message(context, command, error, missing_message) from error
    return _as_asdf(context, result)


def _check(context: AsdfContext, command: str, unknown: int) -> None:
    """Raise FailedError for a command without an effective version here."""
    pins = _having(context, command)
    tools = {pin.tool for pin in pins} | _of_stub(context, command)
    if not tools:
        what = f"unknown command: {printable(command)}. Perhaps you have to reshim?"
        from toolpin.store.unimported import (
            import_line,
            unimported,
        )

        if asdf_directory := unimported(context.app.paths, context.given):
            what += (
                f"\n{asdf_directory} has versions that are not here: "
                f"{import_line(asdf_directory)}"
            )
        raise FailedError(what, unknown)
    if any(context.request(tool) for tool in sorted(tools)):
        return
    raise FailedError(
        "\n".join(
            [
                f"No version is set for command {command}",
                "Consider adding one of the following versions in your config file at "
                f"{printable(_file(context))}",
                *(f"{pin.tool} {asdf_spelling(pin.version)}" for pin in pins),
            ]
        ),
        _SET_UP,
    )


def _message(
    context: AsdfContext,
    command: str,
    error: NotRunnable,
    missing_message: Callable[[AsdfContext, str], str] = _no_executable,
) -> Exception:
    """Return asdf's message for a command whose set version cannot run it."""
    if isinstance(error, ScriptFailed):
        return FailedError(
            f"{error.render()}\nexit status {error.status}", error.status
        )
    pins = _having(context, command)
    requests = _requests_for(context, command)
    if any(_is_installed(context, request) for request in requests):
        if "does not provide" in error.what:
            return FailedError(missing_message(context, command))
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
            f"{printable(_file(context))}",
            *(f"{pin.tool} {asdf_spelling(pin.version)}" for pin in pins),
        ]
    lines += [
        "",
        *(
            f"required by {printable(_location(context, request))}"
            for request in requests
        ),
    ]
    return FailedError("\n".join(lines), _SET_UP)


def _location(context: AsdfContext, request: Request) -> str:
    return str(request.origin) if request.origin.line else context.source(request)


def _is_installed(context: AsdfContext, request: Request) -> bool:
    return any(resolution.basis for resolution in context.app.resolve(request))


def _of_stub(context: AsdfContext, command: str) -> set[str]:
    stub = read_stub(f"{context.app.paths.shims}/{command}")
    return {tool for tool, *_ in stub.tools} if stub else set()


def _having(context: AsdfContext, command: str) -> list[Pin]:
    paths = context.app.paths
    return [
        pin
        for tool in installs.tools(paths)
        for version in sorted(installs.versions(paths, tool), key=sort_key)
        if "/" not in command
        and installs.program(paths, pin := Pin(tool, version), command)
    ]


def _file(context: AsdfContext) -> str:
    return os.path.join(context.app.directory, context.app.paths.filename)


def _as_asdf(context: AsdfContext, program_path: LookupResult) -> LookupResult:
    """Return a result with asdf's variables, and without the translated ones."""
    more: dict[str, str] = {}
    if program_path.pin:
        from toolpin.plugins.asdf.script_runner import variables_of

        more = variables_of(context.app.paths, program_path.pin)
    return program_path._replace(
        environment=_clean(context, {**program_path.environment, **more})
    )


def _clean(context: AsdfContext, environment: dict[str, str]) -> dict[str, str]:
    kept = without_translated(environment, context.given)
    if VARIABLE not in context.given:
        kept.pop(VARIABLE, None)
    return kept
