"""`toolpin pin TOOL VERSION...` and `use`: writes a line of `.tool-versions`."""

from __future__ import annotations

import os
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError, UsageError
from toolpin.lockfile.header import lockfile_beside
from toolpin.lockfile_update.pin_line import write_line
from toolpin.model import COMMAND_LINE, Origin, Request, Wanted
from toolpin.project import pin_files
from toolpin.project.suggestions import fix_command
from toolpin.project.toolversions import parse, parse_wanted
from toolpin.project.validation import Spell, without_v
from toolpin.system.paths import upward
from toolpin.tasks.listed import check_listed
from toolpin.tasks.request_options import InstallOptions
from toolpin.tasks.shim_refresh import refresh_shims
from toolpin.version_pairs import warn_of_pairs


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str
    versions: tuple[str, ...] = ()
    home: bool = False
    parent: bool = False
    install: bool = False


ARGUMENTS: Arguments = {
    "tool": "the tool to pin",
    "[version ...]": (
        "required, such as 22 or latest; several are a fallback list: the first one "
        "that is installed is used"
    ),
    "--home": "write to ~/.tool-versions",
    "--parent": "write to the nearest .tool-versions in a parent directory",
    "--install": "also install it, as `toolpin use` does",
    "--trust-on-first-use": (
        "accept files without a published checksum, and lock the checksum of the "
        "downloaded file"
    ),
}


# The kinds of versions that are in the store; the others are on this machine already.
_INSTALLED = ("version", "latest", "ref")


def run(options: Options, app: App) -> int:
    """Write the line; report when a version is not installed."""
    if options.home and options.parent:
        what = "--parent and --home cannot be combined"
        raise UsageError(what, hint="toolpin pin --help")
    tool = app.registry.require(options.tool, COMMAND_LINE)
    words, versions = _versions(options, app.registry.spell)
    check_listed(tool.name, versions, app)
    path = _place(options, app)
    names = (options.tool, *(name for name in tool.names if name != options.tool))
    before, after, is_locked = write_line(path, names, versions, app)
    requests = parse(after, path)
    warn_of_pairs(requests, app)
    refresh_shims(app.paths, app.registry, {tool.name})
    written = " ".join(str(version) for version in versions)
    pairs = zip(options.versions, words, strict=True)
    with_v = any(word != counts and without_v(word) != word for word, counts in pairs)
    left_out = ", without the leading v" if with_v else ""
    app.report.remark(f"{path}: {options.tool} {written}{left_out}")
    if is_locked:
        app.report.remark(f"{lockfile_beside(path)}: written")
    missing = _missing(tool.name, versions, path, app)
    if missing and options.install:
        origin = next(request.origin for request in requests if request.tool in names)
        request = Request(tool.name, tuple(versions), origin)
        from toolpin.tasks.install_requests import install_requests

        return install_requests([request], InstallOptions(), app)
    if missing:
        text = ", ".join(missing)
        app.report.remark(
            f"{options.tool} {text} is not installed; try: toolpin install --missing"
        )
    elif options.install:
        _report_installed(Request(tool.name, tuple(versions), Origin(path, 1)), app)
    result = {
        "tool": options.tool,
        "wanted": [str(version) for version in versions],
        "file": path,
        "missing": missing,
    }
    app.report.document("pin", result, changed=after != before)
    return 0


def _versions(options: Options, spell: Spell) -> tuple[list[str], list[Wanted]]:
    """Return the versions in canonical form, and parsed. Raises UsageError."""
    if not options.versions:
        name = "use" if options.install else "pin"
        raise UsageError(
            f"toolpin {name} requires a version of {options.tool}",
            hint=f"toolpin {name} {options.tool} latest",
        )
    words = [spell(options.tool, word) for word in options.versions]
    try:
        return words, [parse_wanted(word, COMMAND_LINE) for word in words]
    except UsageError as wrong:
        hint = fix_command([options.tool, *words], pin_files.FILENAME)
        raise UsageError(wrong.what, wrong.facts, hint) from None


def _place(options: Options, app: App) -> str:
    if options.home:
        return os.path.join(app.home, pin_files.FILENAME)
    if not options.parent:
        return os.path.join(app.directory, pin_files.FILENAME)
    for directory in upward(os.path.dirname(app.directory)):
        path = os.path.join(directory, pin_files.FILENAME)
        if os.path.exists(path):
            return path
    raise ToolpinError(
        "no parent directory has a .tool-versions", [("searched", app.directory)]
    )


def _report_installed(request: Request, app: App) -> None:
    """Report the installed version that the new line uses, and if it may change."""
    resolution = next(app.resolve(request))
    if not resolution.pin:  # the system's, or a directory
        return
    wanted, version = str(resolution.alternative), resolution.pin.version
    path = request.origin.place
    what, advice = f"{request.tool} {wanted} is ", ""
    if wanted != version:
        what += f"{version}, "
        can_lock = os.path.dirname(path) != app.home
        if can_lock and not os.path.lexists(lockfile_beside(path)):
            advice = "; not locked: toolpin lock"
    app.report.remark(f"{what}already installed{advice}")


def _missing(tool: str, versions: list[Wanted], file: str, app: App) -> list[str]:
    """Return the alternatives of the new line that match no installed version."""
    request = Request(tool, tuple(versions), Origin(file, 1))
    return [
        str(resolution.alternative)
        for resolution in app.resolve(request)
        if resolution.alternative.kind in _INSTALLED and not resolution.pin
    ]
