"""Runs an asdf plugin's scripts to find an install's programs and their environment.

At install the scripts run in surroundings that differ as much as possible: values that
are the same in all of them go into the record. For anything else the scripts run again
each time a program runs.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from toolpin.env_patch import DEFAULT_PATH, is_settable
from toolpin.errors import Refused, ScriptFailed, ToolpinError
from toolpin.model import EnvPatch, Pin, RuntimeScripts
from toolpin.plugins.asdf.script_runner import (
    QUERY_S,
    Scripts,
    answer_asdf,
    failed,
    for_scripts,
    variables_of,
)
from toolpin.system.directory_tree import temporary, walk
from toolpin.system.process import run

# Sourced, so that its exports are kept; what it prints, in a trap too, is ignored.
_ENV = 'exec 3>&1 >&2; . "$0"; exec /usr/bin/env -0 >&3 3>&-'
_SOURCE = ("/usr/bin/env", "bash", "-c", _ENV)
# bash writes these itself.
_OF_BASH = frozenset(("_", "SHLVL", "PWD", "OLDPWD", "BASH_EXECUTION_STRING"))
# Scripts that look at the current directory, at files beside it or at other versions:
# two equal results prove little for these.
_LOOKS_AROUND = re.compile(
    r"\bPWD\b|\bpwd\b|\basdf\b|tool-versions|\$RANDOM|\bdate\b|\bgit\b"
    r"|(\[|test) +!? *-[a-z] +[\"']?[^/$\"' ]"
)
_OWN_DIRECTORY = re.compile(r"\bcd [^;&|\n]+&& *pwd\b")
# The plugin directories with its scripts and their helpers.
_NOT_LOADED = frozenset((".git", "bin", "lib", "shims", "test", "tests", "docs"))
_CALLS_ASDF = re.compile(
    r"\basdf['\"]?,? +['\"]?(reshim|where|which|current|exec|list)\b"
)
_MOST_READ_BYTES = 64 * 1024
_SHELL_VARIABLES = "/a/value/of/the/user"
# Values that the template of a record would fill in.
_FILLED_IN = re.compile(r"\{(install|required)\}")


class ScriptValues(NamedTuple):
    """What a plugin states of an install, and whether scripts must run each time."""

    bin_dirs: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    homes: tuple[tuple[str, str], ...]
    runtime_scripts: RuntimeScripts


class _Fixed(NamedTuple):
    """Variables with one value everywhere: always, and unless the user sets them."""

    always: dict[str, str]
    homes: dict[str, str]


class _Effect(NamedTuple):
    """The changes that exec-env makes to an environment."""

    changed: dict[str, str]
    removed: frozenset[str]


class _Around(NamedTuple):
    """The environment in which a plugin's scripts run."""

    env: Mapping[str, str]
    cwd: str


def determine(scripts: Scripts, pin: Pin, tree: str = "") -> ScriptValues:
    """Return what the plugin states of a new install, in `tree` or in the store.

    Raises ToolpinError for a script that fails, Refused for a directory outside.
    """
    own = variables_of(scripts.paths, pin, tree)
    with temporary("toolpin-ask-") as bare:
        here = _Around(scripts.env, scripts.cwd)
        there = _Around({"PATH": DEFAULT_PATH, "HOME": bare, "USER": "nobody"}, bare)
        bins = [_bin_dirs(scripts, own, surrounding) for surrounding in (here, there)]
        has_env = scripts.has("exec-env")
        nothing = _Fixed({}, {})
        result = _wherever(scripts, own, here, there) if has_env else nothing
    is_vague = bins[0] != bins[1] or scripts.has("exec-path")
    runtime_scripts: RuntimeScripts = (
        "all" if is_vague else "env" if result is None else ""
    )
    fixed = result or nothing
    variables = {**own, **_of_programs(scripts), **fixed.always}
    homes = tuple(fixed.homes.items())
    return ScriptValues(
        _on_path(scripts, bins[0]), tuple(variables.items()), homes, runtime_scripts
    )


def bin_dirs(scripts: Scripts, own: Mapping[str, str]) -> tuple[str, ...]:
    """Return the directories with programs, as the plugin names them here and now.

    `own` are the variables that identify the install.
    """
    return _bin_dirs(scripts, own, _Around(scripts.env, scripts.cwd))


def patch_now(scripts: Scripts, own: Mapping[str, str]) -> EnvPatch:
    """Return what an install's record would contain if it were written now."""
    directories = _on_path(scripts, bin_dirs(scripts, own))
    tree = own["ASDF_INSTALL_PATH"]
    return EnvPatch(
        tuple(os.path.join(tree, directory) for directory in directories),
        tuple({**own, **_of_programs(scripts)}.items()),
        runtime_scripts="all",
    )


def _on_path(scripts: Scripts, bins: Sequence[str]) -> tuple[str, ...]:
    """Return the directories on a program's PATH: the plugin's own, and an `asdf`.

    That is for programs of the plugin and for files that it makes them load, such as a
    hook of RubyGems.
    """
    directories = [os.path.normpath(directory) for directory in bins]
    has_templates = os.path.isdir(_templates(scripts))
    if has_templates:
        directories.insert(0, _templates(scripts))
    if has_templates or _has_callers(scripts.directory):
        answer_asdf(scripts.paths)
        directories.append(scripts.paths.answers)
    return tuple(directories)


def _of_programs(scripts: Scripts) -> dict[str, str]:
    """Return the variables for a plugin's own programs, beside the install's."""
    has_templates = os.path.isdir(_templates(scripts))
    return {"ASDF_DATA_DIR": scripts.paths.data} if has_templates else {}


def _templates(scripts: Scripts) -> str:
    return f"{scripts.directory}/shims"


def _has_callers(directory: str) -> bool:
    """Return whether a file that programs load from a plugin calls `asdf`."""
    for place, names, files in walk(directory):
        if place == directory:
            names[:] = [name for name in names if name not in _NOT_LOADED]
        for name in files if place != directory else ():
            with (
                contextlib.suppress(OSError),
                open(f"{place}/{name}", encoding="utf-8", errors="replace") as file,
            ):
                if _CALLS_ASDF.search(file.read(_MOST_READ_BYTES)):
                    return True
    return False


def exec_env(
    scripts: Scripts, own: Mapping[str, str], env: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of a program, from the one that it would have had.

    Raises ScriptFailed if the plugin's exec-env exits with another status than 0.
    """
    if not scripts.has("exec-env"):
        return {**env, **own}
    effect = _effect(scripts, own, _Around(env, scripts.cwd))
    kept = {name: value for name, value in env.items() if name not in effect.removed}
    changed = dict(effect.changed)
    if "PATH" in changed:
        answers = scripts.paths.answers
        spared = answers in env.get("PATH", "").split(":")
        directories = changed["PATH"].split(":")
        changed["PATH"] = ":".join(
            directory for directory in directories if spared or directory != answers
        )
    return {**kept, **own, **changed}


def exec_path(scripts: Scripts, own: Mapping[str, str], command: str, path: str) -> str:
    """Return the program that the plugin names for a command, or else `path`."""
    tree = own["ASDF_INSTALL_PATH"]
    if not scripts.has("exec-path") or not path.startswith(f"{tree}/"):
        return path
    finished = scripts.call(
        "exec-path",
        [tree, command, os.path.relpath(path, tree)],
        {"ASDF_INSTALL_TYPE": "version"},
    )
    words = finished.out.strip()
    return os.path.join(tree, words) if finished.status == 0 and words else path


def _bin_dirs(
    scripts: Scripts, own: Mapping[str, str], around: _Around
) -> tuple[str, ...]:
    if not scripts.has("list-bin-paths"):
        return ("bin",)
    finished = scripts.call(
        "list-bin-paths",
        (),
        own,
        env=around.env,
        cwd=around.cwd,
    )
    if finished.status != 0:
        raise failed(scripts.name, "list-bin-paths", finished)
    directories = tuple(finished.out.split())
    for directory in directories:
        outside = os.path.normpath(directory).split("/")[0] == ".."
        if outside or os.path.isabs(directory) or ":" in directory:
            raise Refused(
                f"{scripts.name}'s plugin names a directory outside the install",
                [("bin/list-bin-paths", directory), ("installed", "nothing")],
            )
    return directories or ("bin",)


def _wherever(
    scripts: Scripts, own: Mapping[str, str], here: _Around, bare: _Around
) -> _Fixed | None:
    """Return what exec-env sets in every environment; None if that differs.

    It runs here, and elsewhere where each variable that it set is absent, empty, and
    has a user's value. A variable that keeps the user's value is set unless it is set.
    """
    if _looks_around(f"{scripts.directory}/bin/exec-env"):
        return None
    try:
        first = _effect(scripts, own, here)
        names = [name for name in first.changed if name != "PATH"]
        absent, empty, elsewhere = (
            _effect(scripts, own, bare._replace(env={**bare.env, **more}))
            for more in (
                {},
                dict.fromkeys(names, ""),
                dict.fromkeys(names, _SHELL_VARIABLES),
            )
        )
    except ToolpinError:
        return None  # a failure is for the user who runs the program
    result = first.changed
    removed = first.removed or elsewhere.removed
    if removed or not all(map(is_settable, result)) or result != absent.changed:
        return None
    homes = {
        name: value for name, value in result.items() if name not in elsewhere.changed
    }
    fixed = {name: value for name, value in result.items() if name not in homes}
    same = empty.changed == result and elsewhere.changed == fixed
    if not same or not all(map(os.path.isabs, homes.values())):
        return None
    if any(_FILLED_IN.search(value) for value in result.values()):
        return None
    return _Fixed(fixed, homes)


def _looks_around(script: str) -> bool:
    with open(script, encoding="utf-8", errors="replace") as file:
        return bool(_LOOKS_AROUND.search(_OWN_DIRECTORY.sub("", file.read())))


def _effect(scripts: Scripts, own: Mapping[str, str], around: _Around) -> _Effect:
    """Return the changes that exec-env makes to an environment."""
    given = {**for_scripts(scripts.paths, around.env, around.cwd), **own}
    answer_asdf(scripts.paths)
    finished = run(
        [*_SOURCE, f"{scripts.directory}/bin/exec-env"],
        env=given,
        cwd=around.cwd,
        timeout_s=QUERY_S,
        errors="surrogateescape",
        exact=True,
    )
    if finished.status != 0 or not finished.out:  # it may end bash by `exit 0`
        error = failed(scripts.name, "exec-env", finished)
        wrong = ScriptFailed(error.what, error.facts)
        wrong.status = finished.status
        raise wrong
    pairs = (word.partition("=") for word in finished.out.split("\0") if "=" in word)
    values = {name: value for name, _, value in pairs if name not in _OF_BASH}
    changed = {
        name: value for name, value in values.items() if given.get(name) != value
    }
    return _Effect(changed, frozenset(given) - frozenset(values) - _OF_BASH)
