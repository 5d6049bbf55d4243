"""Runs what the user wants in every new install, such as ~/.default-mix-commands lists.

A plugin names the file and the command; each line of the file is the words of one run,
which no shell reads. A tool that keeps what it installs in a directory for a pair of
versions (`homes`) gets them when that directory is new, others with each install. A
failure is reported and fails no install.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.config.settings import effective
from toolpin.env_patch import is_ci
from toolpin.errors import ToolpinError, as_word
from toolpin.install.jobs import Outcome
from toolpin.model import DefaultPackages, Pin
from toolpin.project.pin_files import is_used_file
from toolpin.project.toolversions import variable_for
from toolpin.run.command_lookup import find
from toolpin.run.lookup_context import LookupResult
from toolpin.run.tool_environment import with_pins
from toolpin.store import installs
from toolpin.system.file_lock import file_lock_path, held
from toolpin.system.process import run
from toolpin.system.report import counted
from toolpin.tasks.shim_refresh import refresh_shims

_WORDS, _FILE = "{words}", "{file}"
_TIMEOUT_S = 1800
_COMMENTS = ("#", "//")  # the second in lists for Go
# One file for both streams, in the order in which they come.
_INTO_LOG = 'exec "$@" >>"$0" 2>&1'


class _Target(NamedTuple):
    """An install, what it is to have, and the directory whose pins are beside it."""

    pin: Pin
    packages: DefaultPackages
    file: str
    directory: str
    home: str
    is_new: bool


def run_default_packages(
    outcomes: Iterable[Outcome], app: App, *, all_projects: bool = False
) -> None:
    """Run the commands of the user's lists in each install that lacks them.

    The project's pins are those of the current directory, or with `all_projects` those
    of the file that wants the install.
    """
    if app.paths.shared or not _is_wanted(app):
        return
    for outcome in outcomes:
        directory = app.directory
        if all_projects:
            directory = os.path.dirname(outcome.job.origin.place)
        target = _target(outcome, directory, app)
        if target and is_used_file(target.file):
            _provide(target, app)


def _target(outcome: Outcome, directory: str, app: App) -> _Target | None:
    """Return what an install is to have; None where its plugin names no list."""
    pin = outcome.job.pin
    tool = app.registry.readable(pin.tool)
    if outcome.status == "failed" or tool is None or tool.default_packages is None:
        return None
    return _Target(
        pin,
        tool.default_packages,
        file=f"{app.home}/{tool.default_packages.file}",
        directory=directory,
        home=tool.homes[0][0] if tool.homes else "",
        is_new=outcome.status == "installed",
    )


def _is_wanted(app: App) -> bool:
    """Return whether the lists are used: under CI only if a setting states it."""
    if not is_ci(app.env):
        return app.settings.default_packages
    stated = effective(app.paths, app.env, app.files.read_settings)["default_packages"]
    return bool(stated.value) and stated.origin.place != "default"


def _provide(target: _Target, app: App) -> None:
    """Run the commands for one install, unless it has what they provide."""
    try:
        with held(file_lock_path(app.paths.locks, target.file)):
            if not _lacks_them(target, app):
                return
            if app.settings.offline:
                remark = f"the commands of {target.file} were not run: offline"
                app.report.remark(f"{target.pin}: {remark}")
                return
            _run_all(_commands(target, app), target, app)
    except ToolpinError as error:
        app.report.error(error)


def _lacks_them(target: _Target, app: App) -> bool:
    if not target.home:
        return target.is_new
    result = _lookup(target.packages.run[0], target, app)
    return not os.path.exists(result.environment.get(target.home, ""))


def _lookup(command: str, target: _Target, app: App) -> LookupResult:
    """Return a command of the install, with the environment that `exec` gives it."""
    tool, version = target.pin
    env = {**app.env, variable_for(tool): version}
    place = app.place._replace(env=env, cwd=target.directory)
    result, _ = with_pins(place, find(command, place))
    return result


def _commands(target: _Target, app: App) -> list[list[str]]:
    """Return the words of each command that the list has."""
    text = app.files.read(target.file).decode(errors="replace")
    run = target.packages.run
    if _FILE in run:
        return [[target.file if word == _FILE else word for word in run]]
    results = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or words[0].startswith(_COMMENTS):
            continue
        if not all(word.isprintable() for word in words):
            what = f"{target.file}:{number} holds a control character"
            app.report.error(ToolpinError(what, [("line", line)]))
            continue
        at = run.index(_WORDS)
        results.append([*run[:at], *words, *run[at + 1 :]])
    return results


def _run_all(commands: Sequence[list[str]], target: _Target, app: App) -> None:
    """Run commands one after the other; each that fails is reported."""
    pin = target.pin
    log = app.paths.log(*pin)
    if commands:
        what = f"running {counted(len(commands), 'command')} of {target.file}"
        app.report.remark(f"{pin}: {what} (log: {log})")
    for words in commands:
        try:
            _run(words, target, app)
        except ToolpinError as error:
            error.hint = _repeated(words, target, app)
            app.report.error(error)
    refresh_shims(app.paths, app.registry, {pin.tool})


def _run(words: Sequence[str], target: _Target, app: App) -> None:
    """Run one command, with its output in the log of the install.

    Not in the directory of the project: what its files say is for no install.
    """
    pin = target.pin
    log = app.paths.log(*pin)
    result = _lookup(words[0], target, app)
    try:
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"== {' '.join(words)}\n")
    except OSError as error:
        reason = [("reason", error.strerror or "?")]
        raise ToolpinError(f"{log} cannot be written", reason) from error
    done = run(
        ["/bin/sh", "-c", _INTO_LOG, log, result.path, *words[1:]],
        env=result.environment,
        cwd=installs.tree(app.paths, pin),
        timeout_s=_TIMEOUT_S,
    )
    if done.status:
        what = f"{pin}: `{' '.join(words)}` ended with {done.status}"
        raise ToolpinError(what, [("log", log)])


def _repeated(words: Sequence[str], target: _Target, app: App) -> str:
    """Return the line that runs a command again, wherever it is pasted."""
    tool, version = target.pin
    here = target.directory == app.directory
    option = "" if here else f" -C {as_word(target.directory)}"
    command = " ".join(map(as_word, words))
    return f"{variable_for(tool)}={version} toolpin{option} exec {command}"
