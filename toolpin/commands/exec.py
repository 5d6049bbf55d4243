"""`toolpin exec CMD [ARG...]`: becomes the program that is pinned here."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn

from toolpin.config.idiomatic_level import idiomatic_level
from toolpin.errors import HookFailed, NotRunnable, ToolpinError, UnknownCommand
from toolpin.plugins.registry import read_registry
from toolpin.project import pin_files
from toolpin.project.project_files import Files
from toolpin.run import command_run
from toolpin.run.launch import become
from toolpin.run.lookup_context import LookupResult, Place
from toolpin.run.tool_environment import tools_without_shims, with_pins
from toolpin.system.paths import Paths, find_paths


def run(line: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Replace this process. The program's flags are never parsed."""
    is_shim = line[0] == "--store"  # called by `asdf`
    if is_shim:
        paths = Paths(data=line[1], config=line[2], system=line[3])
        line = line[4:]
    else:
        paths = find_paths(env)
    own = env
    if os.path.exists(paths.asdf_note):  # then asdf's variables apply here, too
        from toolpin.config import asdf_env

        env = asdf_env.as_toolpin(env)
        filename = asdf_env.filename_in(env)
        paths = paths._replace(filename=filename, as_asdf=True)
    if line[0] == "--":
        line = line[1:]
    registry, files = read_registry(paths), Files()

    def reshim(tools: Collection[str] = ()) -> None:
        from toolpin.tasks.shim_refresh import refresh_shims

        refresh_shims(paths, registry, tools)

    idioms = registry.idioms(idiomatic_level(paths, env, files.read_settings))
    cwd = pin_files.cwd_or_name(env)
    place = Place(paths, idioms, env, cwd, files, registry)

    def finish(program: LookupResult) -> LookupResult:
        if not is_shim:
            program, without_install = with_pins(place, program)
            if without_install := tools_without_shims(without_install, place):
                with contextlib.suppress(ToolpinError):  # a read-only store
                    reshim(without_install)
        if not paths.as_asdf:
            return program
        kept = asdf_env.without_translated(program.environment, own)
        return program._replace(environment=kept)

    try:
        command_run.run(line[0], line[1:], place, command_run.Caller(reshim, finish))
    except HookFailed:  # it has reported why
        sys.exit(HookFailed.exit_code)
    except NotRunnable:
        if not paths.as_asdf:
            raise
        _fail_as_asdf(line, paths, own)
    except UnknownCommand as error:
        from toolpin.near_names import with_near_commands

        raise with_near_commands(error, line[0], paths) from error


def _fail_as_asdf(
    line: Sequence[str], paths: Paths, env: Mapping[str, str]
) -> NoReturn:
    """Become `asdf exec`, which fails too, and reports why in asdf's wording."""
    more = {"ASDF_DATA_DIR": paths.data, "TOOLPIN_CONFIG_DIR": paths.config}
    become(
        sys.executable, ["-I", "-m", "toolpin.asdf_cli", "exec", *line], {**env, **more}
    )
