"""Finds what a build lacks on this machine, before anything is downloaded.

Programs are looked up on PATH; headers, libraries and their versions with the compiler.
Nothing is installed. It also finds the versions of what a build links to.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence

from toolpin.errors import NoFit
from toolpin.model import Need, Pin, Recipe
from toolpin.system.process import Finished, run
from toolpin.versions import is_older

_COMPILERS = ("cc", "gcc", "clang")
# Variables that name a compiler, by its default name.
_NAMED_BY = {"cc": "CC", "c++": "CXX"}
_COMPILE_S = 20.0
_MARK = "toolpin_version"
_INCLUDES = ("/usr/include", "/usr/include/*-linux-gnu", "/usr/local/include")
_MANAGERS = {
    "apt-get": "apt-get install -y",
    "dnf": "dnf install -y",
    "apk": "apk add",
    "brew": "brew install",
}


def missing_needs(
    recipe: Recipe, pin: Pin, env: Mapping[str, str], options: Sequence[str] = ()
) -> tuple[Need, ...]:
    """Return what is missing and can be supplied. Raises NoFit for anything else.

    `options` are those for configure: some remove a need.
    """
    needs = (need for need in recipe.needs if applies(need, pin.version))
    needed = (need for need in needs if not is_needless(need, options))
    missing = list(_missing(needed, env))
    supplied = tuple(need for need in missing if need.suite)
    given = [need.option for need in supplied]
    others = [need for need in missing if not (need.suite or is_needless(need, given))]
    if others:
        raise refusal(pin, others, env)
    return supplied


def is_needless(need: Need, options: Sequence[str]) -> bool:
    """Return whether one of the options for configure removes a need."""
    return bool(need.unless) and any(
        option.startswith(need.unless) for option in options
    )


def applies(need: Need, version: str) -> bool:
    """Return whether a need applies to a version."""
    late = not need.since or not is_older(version, need.since)
    return late and (not need.below or is_older(version, need.below))


def refusal(pin: Pin, missing: Sequence[Need], env: Mapping[str, str]) -> NoFit:
    """Return the error that names all missing needs, and what installs them."""
    facts = [("missing", need.what) for need in missing]
    facts += [("instead", need.hint) for need in missing if need.hint]
    line = _install_line(missing, env)
    if line:
        facts.append(("to build it", line))
    # That line does not fix what no package provides.
    hint = line if all(need.packages for need in missing) else None
    return NoFit(f"{pin} cannot be built on this machine", facts, hint or None)


def link_versions(
    recipe: Recipe, pin: Pin, env: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the libraries that a build declares, as (name, version).

    The version is the header's macro; "" if it cannot be determined here.
    """
    compiler = _first(_COMPILERS, env)
    return tuple(
        (need.library or need.what, _version(need, compiler, env))
        for need in recipe.needs
        if need.version and applies(need, pin.version)
    )


def _version(need: Need, compiler: Sequence[str], env: Mapping[str, str]) -> str:
    if not compiler:
        return ""
    probe = [f"#include <{need.header}>", f"{_MARK} {need.version}"]
    output = _compile(probe, [*compiler, "-E", "-P"], (), env).out
    lines = [line for line in output.splitlines() if line.startswith(_MARK)]
    return lines[-1].removeprefix(_MARK).strip() if lines else ""


def _missing(needs: Iterable[Need], env: Mapping[str, str]) -> Iterable[Need]:
    compiler = _first(_COMPILERS, env)
    for need in needs:
        if need.programs:
            if not _first(need.programs, env):
                yield need
        elif compiler:
            if not _compiles(need, compiler, env):
                yield need
        elif (
            need.header
            and not need.condition
            and not any(glob.glob(f"{place}/{need.header}") for place in _INCLUDES)
        ):
            yield need  # the compiler is missing too; checked once it is installed


def _first(programs: Iterable[str], env: Mapping[str, str]) -> list[str]:
    """Return the command of the first program found, preferring the user's."""
    names = [env.get(_NAMED_BY.get(program, ""), "") for program in programs]
    commands = [name.split() for name in (*names, *programs)]
    return next(
        (command for command in commands if command and _which(command[0], env)), []
    )


def _compiles(need: Need, compiler: Sequence[str], env: Mapping[str, str]) -> bool:
    lines = [f"#include <{need.header}>"] if need.header else []
    if need.condition:
        lines += [f"#if !({need.condition})", "#error not so", "#endif"]
    lines.append("int main(void) { return 0; }")
    options = ["-o", "probe", *_flags("LDFLAGS", env)]
    options += [f"-l{need.library}"] if need.library else []
    options += _flags("LIBS", env)
    return _compile(lines, compiler, options, env).status == 0


def _compile(
    lines: Sequence[str],
    compiler: Sequence[str],
    options: Sequence[str],
    env: Mapping[str, str],
) -> Finished:
    """Compile a program of these lines; `options` follow its name."""
    with tempfile.TemporaryDirectory() as directory:
        with open(f"{directory}/probe.c", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        flags = [*_flags("CPPFLAGS", env), *_flags("CFLAGS", env)]
        command = [*compiler, *flags, "probe.c", *options]
        return run(command, env=env, cwd=directory, timeout_s=_COMPILE_S)


def _flags(name: str, env: Mapping[str, str]) -> list[str]:
    return env.get(name, "").split()


def _install_line(missing: Iterable[Need], env: Mapping[str, str]) -> str:
    for program, start in _MANAGERS.items():
        if _which(program, env):
            words = [
                word
                for need in missing
                for manager, packages in need.packages
                if manager == program.removesuffix("-get")
                for word in packages.split()
            ]
            who = "" if os.geteuid() == 0 or program == "brew" else "sudo "
            return f"{who}{start} {' '.join(dict.fromkeys(words))}" if words else ""
    return ""


def _which(name: str, env: Mapping[str, str]) -> str | None:
    return shutil.which(name, path=env.get("PATH"))
