"""Becomes the program of a command, or runs it and refreshes the shims afterwards.

The last step of `exec`, and of a shim that needs Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from toolpin.errors import ToolpinError
from toolpin.run.command_lookup import find
from toolpin.run.launch import as_called, become, end_like, run_as_child
from toolpin.run.lookup_context import LookupResult, Place
from toolpin.shims.stubs import read_stub
from toolpin.store.installs import commands
from toolpin.system.file_modes import use_own_umask
from toolpin.system.paths import Paths, home_directory


class Caller(NamedTuple):
    """Callbacks of the caller of a command.

    `refresh` is called when programs came or went; `finish` may change the program and
    its environment.
    """

    refresh: Callable[[], object]
    finish: Callable[[LookupResult], LookupResult]


def run(command: str, args: Sequence[str], place: Place, caller: Caller) -> NoReturn:
    """Become the command, or run it and refresh the shims if its tool requires that.

    Raises what `find` raises.
    """
    place = place._replace(env=as_called(place.env))
    result = caller.finish(find(command, place))
    paths = place.paths
    stub = read_stub(f"{paths.shims}/{command}")
    _run_hook(result, command, args, paths=paths, cwd=place.cwd)
    if not (result.pin and stub and set(stub.after) & set(args or ("",))):
        become(result.path, args, result.environment)
    before = commands(paths, result.pin)
    status = run_as_child(result.path, args, result.environment)
    if commands(paths, result.pin) != before:
        use_own_umask()
        try:
            caller.refresh()
        except ToolpinError as error:
            # The command itself is done; its exit code is the answer.
            sys.stderr.write(f"{error.render()}\n")
    end_like(status)


def _run_hook(
    program: LookupResult, command: str, args: Sequence[str], *, paths: Paths, cwd: str
) -> None:
    """Run the hook that an asdf user has set before a command.

    Raises ToolpinError if it fails: the command must not run then.
    """
    tool, env = program.tool, program.environment
    place = env.get("ASDF_CONFIG_FILE") or f"{home_directory(env)}/.asdfrc"
    if not (tool and os.path.isdir(f"{paths.plugins}/{tool}")) or not os.path.exists(
        os.path.expanduser(place)
    ):
        return
    from toolpin.config.asdfrc import read_asdfrc

    hook = f"pre_{tool}_{command}"
    rc = read_asdfrc(env)
    sys.stderr.write(rc.must(hook, args, env, cwd, shown=paths.as_asdf))
    sys.stderr.flush()
