"""What `asdf` changes of versions: install, uninstall, set, reshim.

The words are asdf's; what is done is what toolpin's own commands do.
"""

from __future__ import annotations

import functools
import os
import shlex
import string
from collections.abc import Iterator, Sequence

from toolpin.app import App
from toolpin.asdf.front import (
    COMMAND_LINE,
    FailedError,
    Front,
    folder_like,
    name_as_set,
    split,
    wanted_of,
)
from toolpin.env import quote
from toolpin.errors import HookFailed, ToolpinError
from toolpin.install.jobs import Outcome
from toolpin.lockfile.head import lockfile_beside
from toolpin.model import Pin, Request, Wanted
from toolpin.plugin.script import is_scripted
from toolpin.project import files, pin_files
from toolpin.project.toolversions import check_tool_name, edit
from toolpin.scripts import asking
from toolpin.scripts.build import KEEP
from toolpin.scripts.running import variables_at
from toolpin.scripts.spelling import spelt
from toolpin.shims import asdf_note
from toolpin.store import installs
from toolpin.upkeep.reshim import refresh_shims

_PLAIN = frozenset(f"{string.ascii_letters}{string.digits} ._+~:/@-")


def install(front: Front, words: Sequence[str]) -> int:
    """Install what is asked for here, of one tool, or a version; go on after failures.

    In the order of the files: what a tool needs comes before it where its user put it
    so.
    """
    given = split(words, "keep-download")
    if "keep-download" in given.flags:
        app = front.app
        env = {**app.env, KEEP: "1"}
        front = front._replace(app=app.derived(env=env))
    if not given.names:
        return _provide(front, front.requests(), "")
    name, version = given.name(0), given.name(1)
    if not front.app.registry.get(name):
        raise FailedError(
            f"error installing version: Plugin named {name} not installed"
        )
    tool = front.tool(name)
    if version:
        if folder_like(version):
            raise FailedError(
                f"error installing version: uninstallable version {version} of {tool}"
            )
        return _provide(front, (Request(tool, (wanted_of(version),), COMMAND_LINE),))
    request = front.request(tool)
    if request is None:
        raise FailedError(
            f"No versions specified for {tool} in config files or environment"
        )
    return _provide(front, (request,))


def _provide(
    front: Front,
    requests: Sequence[Request],
    start: str = "error installing version: ",
) -> int:
    """Install what requests ask for; 1 where something is missing at the end."""
    from toolpin.wanted.install_requests import (  # noqa: PLC0415 - with it much else
        install_requests,
    )
    from toolpin.wanted.requests import InstallOptions  # noqa: PLC0415

    code, lacking = 0, []
    for request in requests:
        tool = front.app.registry.get(request.tool)
        if not tool:
            continue
        for wanted, pin in _meanings(front, request, is_literal=is_scripted(tool)):
            if wanted.kind in ("system", "path"):
                front.say(f"skipping uninstallable version {wanted} of {tool.name}")
                code = 1
            elif pin:
                front.say(
                    f"version {spelt(pin.version)} of {pin.tool} is already installed"
                )
            else:
                lacking.append(request._replace(wanted=(wanted,)))
    show = functools.partial(_show, start=start)
    options = InstallOptions(jobs=1, literal=True)
    if lacking and install_requests(lacking, options, front.app, show) != 0:
        code = 1
    return code


def _meanings(
    front: Front, request: Request, *, is_literal: bool
) -> Iterator[tuple[Wanted, Pin | None]]:
    """Yield each alternative, and the installed version that it is."""
    for found in front.app.resolve(request):
        wanted, pin = found.alternative, found.pin
        if is_literal:
            pin = installs.exact(front.app.paths, request.tool, wanted)
        yield wanted, None if wanted.kind == "latest" else pin


def _show(
    outcomes: Sequence[Outcome],
    errors: list[ToolpinError],
    app: App,
    *,
    start: str,
    runs_here: bool = True,  # noqa: ARG001 - every Show's shape
) -> int:
    """Say what failed, as asdf does; what scripts said of it stands before."""
    errors += [one.error for one in outcomes if one.error]
    for error in errors:
        if isinstance(error, HookFailed):
            app.report.warn(f"{start}{error.what}")
        else:
            name_as_set(error)
            app.report.error(error)
    return 1 if errors else 0


def uninstall(front: Front, words: Sequence[str]) -> int:
    """Remove one version: never what asdf did not install, never more than one."""
    from toolpin.upkeep.removal import remove_all  # noqa: PLC0415 - rarely

    given = split(words)
    tool, version = front.tool(given.name(0)), given.name(1)
    if not version:
        raise FailedError("No version given")
    if version.startswith("latest"):
        raise FailedError(
            "'latest' is a special version value that cannot be used for uninstall "
            "command"
        )
    if folder_like(version):
        raise FailedError(
            f"{version} is not a version that was installed; nothing removed"
        )
    pin = installs.exact(front.app.paths, tool, wanted_of(version))
    if pin is None:
        raise FailedError("No such version")
    try:
        remove_all([pin], front.app)
    except HookFailed as error:
        raise FailedError(error.what) from error
    return 0


def set_(front: Front, words: Sequence[str]) -> int:
    """Write a tool's versions into the file here, at home, or the nearest above."""
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
    path = _place(front, at_home=at_home, above=above)
    _write(front, name, [_exact(front, name, one) for one in versions], path)
    return 0


def _exact(front: Front, name: str, version: str) -> str:
    """Return a version as it is to be written: what `latest` is today."""
    head, _, prefix = version.partition(":")
    if head != "latest":
        return version
    from toolpin.asdf.answers import newest  # noqa: PLC0415 - rarely

    found = newest(front, front.tool(name), prefix)
    if found is None:
        raise FailedError(f"unable to resolve {version} of {name}")
    return found


def _place(front: Front, *, at_home: bool, above: bool) -> str:
    name, folder = front.app.paths.filename, front.app.directory
    if at_home:
        return os.path.join(front.app.home, name)
    if not above:
        return os.path.join(folder, name)
    for one in pin_files.folders_up(os.path.dirname(folder.rstrip("/") or "/")):
        path = os.path.join(one, name)
        if os.path.exists(path):
            return path
    raise FailedError("No .tool-versions version file found in parent directory")


def _write(front: Front, name: str, versions: Sequence[str], path: str) -> None:
    """Change one line of a file, and of its lockfile where it has one."""
    from toolpin.locking.pin_line import write_line  # noqa: PLC0415 - one verb

    app = front.app
    wanted = [wanted_of(one) for one in versions]
    known = app.registry.get(name)
    names = (name, *(one for one in (known.names if known else ()) if one != name))
    if known and os.path.lexists(lockfile_beside(path)):
        write_line(path, names, wanted, app)
    else:
        with app.writing(path):
            before = app.files.read(path) if os.path.lexists(path) else b""
            files.write(path, edit(before, names, wanted, place=path))
    if known:
        refresh_shims(app.paths, app.registry, {known.name}, hooked=False)


def reshim(front: Front, words: Sequence[str]) -> int:
    """Bring all shims in line with what is installed, whichever tool is named."""
    given = split(words)
    name, version = given.name(0), given.name(1)
    _note_path(front, name, version)
    again = front.tool(name) if name else ""
    changes = refresh_shims(front.app.paths, front.app.registry, again=again)
    for skipped in changes.skipped:
        path = f"{front.app.paths.shims}/{skipped}"
        if os.path.lexists(path):
            front.say(f"{path} was not created by asdf and is left unchanged")
    return 0


def _note_path(front: Front, name: str, version: str) -> None:
    """Note a `path:` whose programs are to have shims; without one, all are dropped."""
    paths = front.app.paths
    kept = asdf_note.of_paths(paths) if version else []
    if version.startswith("path:"):
        tool, named = front.tool(name), version.removeprefix("path:")
        directory = os.path.join(front.app.directory, os.path.expanduser(named))
        bins = [f"{directory}/bin"]
        if installs.is_plugin(paths, tool):
            own = variables_at(directory)
            found = asking.bin_dirs(front.app.scripts(tool), own)
            bins = [os.path.join(directory, one) for one in found]
        line = [tool, version, *bins]
        kept = [line, *(one for one in kept if one[:2] != line[:2])]
    if kept != asdf_note.of_paths(paths):
        asdf_note.write(paths, front.added, kept)


def shell(front: Front, words: Sequence[str]) -> int:
    """Print what sets a version in a shell: no program can do that to its caller.

    1, so that a script which does not evaluate it stops.
    """
    given = split(words, "unset")
    if not given.names or ("unset" not in given.flags and len(given.names) < 2):
        raise FailedError("usage: asdf shell <name> {<version>|--unset}")
    tool = front.tool(given.name(0))
    variable = f"ASDF_{tool.upper().replace('-', '_').replace('.', '_')}_VERSION"
    if "unset" in given.flags:
        front.answer(f"unset {variable}")
    else:
        text = " ".join(str(wanted_of(one)) for one in given.names[1:])
        # asdf's quotes, but where a folder's name would end them.
        value = f'"{text}"' if _PLAIN.issuperset(text) else quote(text)
        front.answer(f"export {variable}={value}")
    line = shlex.join(words)
    front.say(f'a program cannot change its shell: eval "$(asdf shell {line})"')
    return 1
