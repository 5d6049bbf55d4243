"""The commands of `asdf` that change versions: install, uninstall, set, reshim.

The words are asdf's; the work is done by the tasks of toolpin's own commands.
"""

from __future__ import annotations

import functools
import os
import shlex
import string
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from toolpin.app import App
from toolpin.asdf_cli.asdf_context import (
    AsdfContext,
    FailedError,
    directory_like,
    name_as_set,
    split,
    wanted_of,
)
from toolpin.env_patch import quote
from toolpin.errors import HookFailed, ToolpinError, printable
from toolpin.install.jobs import Outcome
from toolpin.lockfile.header import lockfile_beside
from toolpin.model import COMMAND_LINE, Origin, Pin, Request, Wanted
from toolpin.plugins.asdf import script_queries
from toolpin.plugins.asdf.script_build import KEEP
from toolpin.plugins.asdf.script_runner import variables_at
from toolpin.plugins.asdf.spelling import asdf_spelling
from toolpin.plugins.script_plugin import is_scripted
from toolpin.project import known_projects, pin_files, project_files
from toolpin.project.toolversions import check_tool_name, edit
from toolpin.shims import asdf_note
from toolpin.store import installs
from toolpin.tasks.shim_refresh import refresh_shims

if TYPE_CHECKING:
    from toolpin.system.tree_paths import TreePaths

_PLAIN = frozenset(f"{string.ascii_letters}{string.digits} ._+~:/@-")


def install(context: AsdfContext, words: Sequence[str]) -> int:
    """Install what is requested here, one tool, or a version; continue after failures.

    In the order of the files, so that required tools come first if the user put them
    first.
    """
    given = split(words, "keep-download")
    if "keep-download" in given.flags:
        app = context.app
        env = {**app.env, KEEP: "1"}
        context = context._replace(app=app.derived(env=env))
    if not given.names:
        return _provide(context, context.requests(), "")
    name, version = given.name(0), given.name(1)
    if not context.app.registry.get(name):
        raise FailedError(
            f"error installing version: Plugin named {name} not installed"
        )
    tool = context.tool(name)
    if version:
        if directory_like(version):
            raise FailedError(
                f"error installing version: uninstallable version {version} of {tool}"
            )
        return _provide(context, (Request(tool, (wanted_of(version),), COMMAND_LINE),))
    request = context.request(tool)
    if request is None:
        raise FailedError(
            f"No versions specified for {tool} in config files or environment"
        )
    return _provide(context, (request,))


def _provide(
    context: AsdfContext,
    requests: Sequence[Request],
    start: str = "error installing version: ",
) -> int:
    """Install what requests name; 1 if a version is missing at the end."""
    from toolpin.tasks.install_requests import install_requests
    from toolpin.tasks.request_options import InstallOptions

    code, not_installed = 0, []
    app = context.app
    known_projects.remember_here(app.paths, app.where, app.idioms.names)
    for request in requests:
        tool = context.app.registry.get(request.tool)
        if not tool:
            continue
        for wanted, pin in _meanings(context, request, is_literal=is_scripted(tool)):
            if wanted.kind in ("system", "path"):
                context.say(f"skipping uninstallable version {wanted} of {tool.name}")
                code = 1
            elif pin:
                context.say(
                    f"version {asdf_spelling(pin.version)} of {pin.tool} is "
                    "already installed"
                )
            else:
                not_installed.append(request._replace(wanted=(wanted,)))
    show = functools.partial(_show, start=start)
    options = InstallOptions(jobs=1, literal=True)
    if (
        not_installed
        and install_requests(not_installed, options, context.app, show) != 0
    ):
        code = 1
    return code


def _meanings(
    context: AsdfContext, request: Request, *, is_literal: bool
) -> Iterator[tuple[Wanted, Pin | None]]:
    """Yield each alternative with its installed version."""
    for resolution in context.app.resolve(request):
        wanted, pin = resolution.alternative, resolution.pin
        if is_literal:
            pin = installs.exact(context.app.paths, request.tool, wanted)
        yield wanted, None if wanted.kind == "latest" else pin


def _show(
    outcomes: Sequence[Outcome],
    errors: list[ToolpinError],
    app: App,
    _trees: TreePaths | None,
    *,
    start: str,
) -> int:
    """Print what failed, as asdf does; the output of scripts comes before it."""
    errors += [outcome.error for outcome in outcomes if outcome.error]
    for error in errors:
        if isinstance(error, HookFailed):
            app.report.warn(f"{start}{error.what}")
        else:
            name_as_set(error)
            app.report.error(error)
    return 1 if errors else 0


def uninstall(context: AsdfContext, words: Sequence[str]) -> int:
    """Remove one version: only one that asdf would have installed."""
    from toolpin.tasks.removal import remove_all

    given = split(words)
    tool, version = context.tool(given.name(0)), given.name(1)
    if not version:
        raise FailedError("No version given")
    if version.startswith("latest"):
        raise FailedError(
            "'latest' is a special version value that cannot be used for uninstall "
            "command"
        )
    if directory_like(version):
        raise FailedError(
            f"{version} is not a version that was installed; nothing removed"
        )
    pin = installs.exact(context.app.paths, tool, wanted_of(version))
    if pin is None:
        raise FailedError("No such version")
    try:
        remove_all([pin], context.app)
    except HookFailed as error:
        raise FailedError(error.what) from error
    return 0


def set_(context: AsdfContext, words: Sequence[str]) -> int:
    """Write a tool's versions to the file here, at home, or the nearest above."""
    given = split(words, "u home p parent")
    if not given.names:
        raise FailedError("tool and version must be provided as arguments")
    if len(given.names) < 2:
        raise FailedError("version must be provided as an argument")
    at_home = bool({"u", "home"} & given.flags.keys())
    above = bool({"p", "parent"} & given.flags.keys())
    if at_home and above:
        raise FailedError(
            "home and parent flags cannot both be specified; must be one location or "
            "the other"
        )
    name, *versions = given.names
    check_tool_name(name, COMMAND_LINE)
    path = _place(context, at_home=at_home, above=above)
    _write(
        context, name, [_exact(context, name, version) for version in versions], path
    )
    return 0


def _exact(context: AsdfContext, name: str, version: str) -> str:
    """Return a version as it is to be written: `latest` is resolved."""
    head, _, prefix = version.partition(":")
    if head != "latest":
        return version
    from toolpin.asdf_cli.version_queries import newest

    result = newest(context, context.tool(name), prefix)
    if result is None:
        raise FailedError(f"unable to resolve {version} of {name}")
    return result


def _place(context: AsdfContext, *, at_home: bool, above: bool) -> str:
    name, directory = context.app.paths.filename, context.app.directory
    if at_home:
        return os.path.join(context.app.home, name)
    if not above:
        return os.path.join(directory, name)
    for parent in pin_files.directories_up(
        os.path.dirname(directory.rstrip("/") or "/")
    ):
        path = os.path.join(parent, name)
        if os.path.exists(path):
            return path
    raise FailedError("No .tool-versions version file found in parent directory")


def _write(context: AsdfContext, name: str, versions: Sequence[str], path: str) -> None:
    """Change one line of a file, and of its lockfile if there is one."""
    from toolpin.lockfile_update.pin_line import write_line

    app = context.app
    wanted = [wanted_of(version) for version in versions]
    known = app.registry.get(name)
    names = (
        name,
        *(alias for alias in (known.names if known else ()) if alias != name),
    )
    if known and os.path.lexists(lockfile_beside(path)):
        write_line(path, names, wanted, app)
    else:
        with app.writing(path):
            before = app.files.read(path) if os.path.lexists(path) else b""
            project_files.write(path, edit(before, names, wanted, place=path))
        known_projects.remember(app.paths, [Origin(path, 1)])
    if known:
        refresh_shims(app.paths, app.registry, {known.name}, hooked=False)


def reshim(context: AsdfContext, words: Sequence[str]) -> int:
    """Update all shims for the installed versions, whichever tool is named."""
    given = split(words)
    name, version = given.name(0), given.name(1)
    _note_path(context, name, version)
    again = context.tool(name) if name else ""
    changes = refresh_shims(context.app.paths, context.app.registry, again=again)
    for skipped in changes.skipped:
        path = f"{context.app.paths.shims}/{skipped}"
        if os.path.lexists(path):
            context.say(f"{path} was not created by asdf and is left unchanged")
    return 0


def _note_path(context: AsdfContext, name: str, version: str) -> None:
    """Record a `path:` whose programs get shims; without one, remove all of them."""
    paths = context.app.paths
    kept = asdf_note.of_paths(paths) if version else []
    if version.startswith("path:"):
        tool, named = context.tool(name), version.removeprefix("path:")
        directory = os.path.join(context.app.directory, os.path.expanduser(named))
        bins = [f"{directory}/bin"]
        if installs.is_plugin(paths, tool):
            own = variables_at(directory)
            bin_dirs = script_queries.bin_dirs(context.app.scripts(tool), own)
            bins = [os.path.join(directory, bin_dir) for bin_dir in bin_dirs]
        line = [tool, version, *bins]
        if {"\t", "\n"}.intersection("".join(line)):
            raise FailedError(
                f"{printable(directory)} has a tab or newline in its name"
            )
        kept = [line, *(path for path in kept if path[:2] != line[:2])]
    if kept != asdf_note.of_paths(paths):
        asdf_note.write(paths, context.added, kept)


def shell(context: AsdfContext, words: Sequence[str]) -> int:
    """Print the code that sets a version in a shell: no program can change its caller.

    Returns 1, so that a script which does not evaluate it stops.
    """
    given = split(words, "unset")
    if not given.names or ("unset" not in given.flags and len(given.names) < 2):
        raise FailedError("usage: asdf shell <name> {<version>|--unset}")
    tool = context.tool(given.name(0))
    variable = f"ASDF_{tool.upper().replace('-', '_').replace('.', '_')}_VERSION"
    if "unset" in given.flags:
        context.answer(f"unset {variable}")
    else:
        text = " ".join(str(wanted_of(name)) for name in given.names[1:])
        # asdf's quotes, unless a directory's name would end them.
        value = f'"{text}"' if _PLAIN.issuperset(text) else quote(text)
        context.answer(f"export {variable}={value}")
    line = shlex.join(words)
    context.say(f'a program cannot change its shell: eval "$(asdf shell {line})"')
    return 1
