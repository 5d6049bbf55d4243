"""Asks an asdf plugin where an install's programs are, and what its programs need.

At install the plugin is asked in surroundings that differ in all they can: what it says
in all of them holds everywhere, and goes into the record. Anything else is asked anew
each time a program runs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from toolpin.directories import temporary
from toolpin.env import DEFAULT_PATH, is_settable
from toolpin.errors import Refused, ScriptFailed, ToolpinError
from toolpin.model import Pin
from toolpin.process import run
from toolpin.scripts.running import (
    ASK_S,
    Scripts,
    answer_asdf,
    failed,
    for_scripts,
    variables_of,
)

# Sourced, so that what it exports is there; what it prints is no answer.
_SOURCE = ("/usr/bin/env", "bash", "-c", '. "$0" >&2; exec /usr/bin/env -0')
# bash writes these itself.
_OF_BASH = frozenset(("_", "SHLVL", "PWD", "OLDPWD", "BASH_EXECUTION_STRING"))
# What looks at the folder, at files beside it or at other versions: two answers that
# agree prove little there.
_LOOKS_AROUND = re.compile(
    r"\bPWD\b|\bpwd\b|\basdf\b|tool-versions|\$RANDOM|\bdate\b|\bgit\b"
    r"|(\[|test) +!? *-[a-z] +[\"']?[^/$\"' ]"
)
_OWN_FOLDER = re.compile(r"\bcd [^;&|\n]+&& *pwd\b")
_THEIRS = "/a/value/of/the/user"
# What a record's template would fill in.
_FILLED_IN = re.compile(r"\{(install|required)\}")


class Answer(NamedTuple):
    """What a plugin says of an install, and whether it has to be asked again."""

    bin_dirs: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    homes: tuple[tuple[str, str], ...]
    asks: bool


class _Fixed(NamedTuple):
    """Variables that hold everywhere: always, and unless the user has set them."""

    always: dict[str, str]
    homes: dict[str, str]


class _Effect(NamedTuple):
    """What exec-env does to an environment."""

    changed: dict[str, str]
    removed: frozenset[str]


class _Around(NamedTuple):
    """Surroundings that a plugin is asked in."""

    env: Mapping[str, str]
    cwd: str


def ask_all(scripts: Scripts, pin: Pin) -> Answer:
    """Return what the plugin says of a fresh install.

    Raises ToolpinError for a script that fails, Refused for a folder outside.
    """
    own = variables_of(scripts.paths, pin)
    with temporary("toolpin-ask-") as bare:
        here = _Around(scripts.env, scripts.cwd)
        there = _Around({"PATH": DEFAULT_PATH, "HOME": bare, "USER": "nobody"}, bare)
        bins = [_bin_dirs(scripts, pin, one) for one in (here, there)]
        has_env = scripts.has("exec-env")
        nothing = _Fixed({}, {})
        found = _wherever(scripts, pin, here, there) if has_env else nothing
    folders = [os.path.normpath(one) for one in bins[0]]
    templates = f"{scripts.folder}/shims"
    if os.path.isdir(templates):
        folders = [templates, *folders, scripts.paths.answers]
    asks = bins[0] != bins[1] or found is None or scripts.has("exec-path")
    fixed = found or nothing
    variables = {**own, **fixed.always}
    homes = tuple(fixed.homes.items())
    return Answer(tuple(folders), tuple(variables.items()), homes, asks)


def bin_dirs(scripts: Scripts, pin: Pin) -> tuple[str, ...]:
    """Return the folders with programs, as the plugin names them here and now."""
    return _bin_dirs(scripts, pin, _Around(scripts.env, scripts.cwd))


def exec_env(scripts: Scripts, pin: Pin, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program, from the one that it would have had.

    Raises ScriptFailed where the plugin's exec-env ends with another status than 0.
    """
    own = variables_of(scripts.paths, pin)
    if not scripts.has("exec-env"):
        return {**env, **own}
    effect = _effect(scripts, pin, _Around(env, scripts.cwd))
    kept = {name: value for name, value in env.items() if name not in effect.removed}
    changed = dict(effect.changed)
    if "PATH" in changed:
        answers = scripts.paths.answers
        spared = answers in env.get("PATH", "").split(":")
        folders = changed["PATH"].split(":")
        changed["PATH"] = ":".join(one for one in folders if spared or one != answers)
    return {**kept, **own, **changed}


def exec_path(scripts: Scripts, pin: Pin, command: str, path: str) -> str:
    """Return the program that the plugin names for a command, or else `path`."""
    if not scripts.has("exec-path"):
        return path
    tree = scripts.paths.install(*pin)
    told = scripts.call(
        "exec-path",
        [tree, command, os.path.relpath(path, tree)],
        {"ASDF_INSTALL_TYPE": "version"},
    )
    words = told.out.strip()
    return os.path.join(tree, words) if told.status == 0 and words else path


def _bin_dirs(scripts: Scripts, pin: Pin, around: _Around) -> tuple[str, ...]:
    if not scripts.has("list-bin-paths"):
        return ("bin",)
    told = scripts.call(
        "list-bin-paths",
        (),
        variables_of(scripts.paths, pin),
        env=around.env,
        cwd=around.cwd,
    )
    if told.status != 0:
        raise failed(scripts.name, "list-bin-paths", told)
    folders = tuple(told.out.split())
    for folder in folders:
        outside = os.path.normpath(folder).split("/")[0] == ".."
        if outside or os.path.isabs(folder) or ":" in folder:
            raise Refused(
                f"{scripts.name}'s plugin names a directory outside the install",
                [("bin/list-bin-paths", folder), ("installed", "nothing")],
            )
    return folders or ("bin",)


def _wherever(
    scripts: Scripts, pin: Pin, here: _Around, bare: _Around
) -> _Fixed | None:
    """Return what exec-env sets wherever it is asked; None where that differs.

    Asked here, and elsewhere where each variable that it set is absent, empty, and has
    a value of the user's own. What keeps the user's own is set unless it is set.
    """
    if _looks_around(f"{scripts.folder}/bin/exec-env"):
        return None
    try:
        first = _effect(scripts, pin, here)
        names = [name for name in first.changed if name != "PATH"]
        absent, empty, theirs = (
            _effect(scripts, pin, bare._replace(env={**bare.env, **more}))
            for more in ({}, dict.fromkeys(names, ""), dict.fromkeys(names, _THEIRS))
        )
    except ToolpinError:
        return None  # where it fails it is for whoever runs the program to see
    found = first.changed
    removed = first.removed or theirs.removed
    if removed or not all(map(is_settable, found)) or found != absent.changed:
        return None
    homes = {name: value for name, value in found.items() if name not in theirs.changed}
    fixed = {name: value for name, value in found.items() if name not in homes}
    same = empty.changed == found and theirs.changed == fixed
    if not same or not all(map(os.path.isabs, homes.values())):
        return None
    if any(_FILLED_IN.search(value) for value in found.values()):
        return None
    return _Fixed(fixed, homes)


def _looks_around(script: str) -> bool:
    with open(script, encoding="utf-8", errors="replace") as file:
        return bool(_LOOKS_AROUND.search(_OWN_FOLDER.sub("", file.read())))


def _effect(scripts: Scripts, pin: Pin, around: _Around) -> _Effect:
    """Return what exec-env does to an environment."""
    given = {
        **for_scripts(scripts.paths, around.env, around.cwd),
        **variables_of(scripts.paths, pin),
    }
    answer_asdf(scripts.paths)
    told = run(
        [*_SOURCE, f"{scripts.folder}/bin/exec-env"],
        env=given,
        cwd=around.cwd,
        timeout_s=ASK_S,
        errors="surrogateescape",
    )
    if told.status != 0:
        error = failed(scripts.name, "exec-env", told)
        wrong = ScriptFailed(error.what, error.facts)
        wrong.status = told.status
        raise wrong
    pairs = (one.partition("=") for one in told.out.split("\0") if "=" in one)
    found = {name: value for name, _, value in pairs if name not in _OF_BASH}
    changed = {
        name: value
        for name, value in found.items()
        if name not in given or value != _as_read(given[name])
    }
    return _Effect(changed, frozenset(given) - frozenset(found) - _OF_BASH)


def _as_read(text: str) -> str:
    """Return a value as it comes back from a program: line ends are all alike."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
