"""`toolpin import MANAGER`: imports the versions that another manager has installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.config.asdf_env import data_directory
from toolpin.errors import ToolpinError
from toolpin.json_tables import pin_table
from toolpin.model import Origin, Pin
from toolpin.plugins.registry import script_directories
from toolpin.project import known_projects, project_files
from toolpin.project.toolversions import edit, parse, parse_wanted
from toolpin.project.validation import NAME, VERSION, fits
from toolpin.store import installs
from toolpin.store.imported_installs import copy_plugin, link, record
from toolpin.system.paths import Paths, names_in
from toolpin.tasks.mise_tools import translate
from toolpin.tasks.shim_refresh import refresh_shims

_MISE_FILES = ("mise.toml", ".mise.toml", ".config/mise.toml", "mise/config.toml")


class _Manager(NamedTuple):
    """Where a manager keeps versions: its variable, root and subdirectory.

    `tool` is what it installs, in directories that begin with `prefix`; "" for many
    tools.
    """

    variable: str
    root: str
    below: str
    tool: str = ""
    prefix: str = ""


_MANAGERS = {
    "asdf": _Manager("ASDF_DATA_DIR", ".asdf", "installs"),
    "mise": _Manager("MISE_DATA_DIR", ".local/share/mise", "installs"),
    "pyenv": _Manager("PYENV_ROOT", ".pyenv", "versions", "python"),
    "rbenv": _Manager("RBENV_ROOT", ".rbenv", "versions", "ruby"),
    "nvm": _Manager("NVM_DIR", ".nvm", "versions/node", "nodejs", "v"),
    "volta": _Manager("VOLTA_HOME", ".volta", "tools/image/node", "nodejs"),
}


class _Version(NamedTuple):
    """A version that another manager has, and its tree."""

    pin: Pin
    tree: str


class Options(NamedTuple):
    """The arguments of the command line."""

    manager: str
    from_: str = ""


ARGUMENTS: Arguments = {
    "manager": ("the version manager that installed them", tuple(_MANAGERS)),
    "--from DIR": (
        "the directory of that manager (default: the value of its variable, such as "
        "$ASDF_DATA_DIR, or its usual place, such as ~/.asdf)"
    ),
}


def run(options: Options, app: App) -> int:
    """Link each version, and copy asdf's plugins; exit 1 if one was not imported."""
    source = _source(options, app)
    in_place = os.path.realpath(source) == os.path.realpath(app.paths.data)
    plugins: list[str] = []
    taken: list[Pin] = []
    errors: list[ToolpinError] = []
    if options.manager == "asdf":
        plugins = _plugins(source, app, errors, in_place=in_place)
    for version in _versions(options.manager, source, app):
        try:
            if _adopt(version, app, in_place=in_place):
                taken.append(version.pin)
        except (ToolpinError, OSError) as error:
            what = error.what if isinstance(error, ToolpinError) else str(error)
            facts = error.facts if isinstance(error, ToolpinError) else ()
            errors.append(
                ToolpinError(f"{version.pin} cannot be imported: {what}", facts)
            )
    app.reload_plugins()
    refresh_shims(app.paths, app.registry)
    for failure in errors:
        app.report.error(failure)
    if options.manager == "mise":
        _pin_as_mise(app)
    _report(options.manager, source, plugins, taken, app)
    return 1 if errors else 0


def _adopt(managed: _Version, app: App, *, in_place: bool) -> bool:
    """Adopt a version; False if that was done before."""
    paths = app.paths
    if not in_place:
        return link(paths, managed.pin, managed.tree, app.env)
    # A link that names a directory of the user's own as a version is used as it is.
    is_link = os.path.islink(paths.install(*managed.pin))
    if is_link or os.path.exists(f"{managed.tree}/{installs.RECORD}"):
        return False
    record(paths, managed.pin, app.env)
    return True


def _source(options: Options, app: App) -> str:
    """Return the other manager's directory. Raises ToolpinError if there is none."""
    place = _MANAGERS[options.manager]
    is_asdf = options.manager == "asdf"
    named = data_directory(app.env) if is_asdf else app.env.get(place.variable)
    directory = options.from_ or named or f"{app.home}/{place.root}"
    source = os.path.normpath(os.path.join(app.directory, directory))
    if not os.path.isdir(f"{source}/{place.below}"):
        raise ToolpinError(
            f"no {options.manager} installation to import was found",
            [("searched", f"{source}/{place.below}")],
            "toolpin help import",
        )
    return source


def _plugins(
    source: str, app: App, errors: list[ToolpinError], *, in_place: bool
) -> list[str]:
    """Copy missing asdf plugins, and record the files that they read.

    A plugin that cannot be copied is added to `errors`, and does not stop the others.
    """
    directories = app.plugin_directories
    other_store = app.paths._replace(data=source)
    taken = []
    for name, directory in script_directories(other_store).items():
        try:
            if in_place or copy_plugin(app.paths, name, directory):
                directories.note(name)
                taken.append(name)
        except ToolpinError as error:
            errors.append(error)
    return taken


def _versions(manager: str, source: str, app: App) -> Iterator[_Version]:
    """Yield every installed version; unfinished ones are left out."""
    for candidate in _named(manager, source, app):
        if _is_version(candidate.pin.version):
            yield candidate
        else:
            app.report.warn(
                f"{candidate.tree} is skipped: "
                "no request could mean a version of that name"
            )


def _is_version(name: str) -> bool:
    """Return whether a request can name it: `latest` and `system` cannot be."""
    origin = Origin("the directory")
    ref = name.removeprefix("ref-")
    return parse_wanted(name, origin).kind == "version" or ref != name


def _named(manager: str, source: str, app: App) -> Iterator[_Version]:
    """Yield every directory with a possible name of a version."""
    if manager == "asdf":  # toolpin may have created it, too
        other_store = Paths(source, app.paths.config)
        for tool in installs.tools(other_store):
            own = app.registry.canonical(tool)
            for version in installs.versions(other_store, tool):
                tree = os.path.realpath(other_store.install(tool, version))
                yield _Version(Pin(own, version), tree)
    elif manager == "mise":
        for name in _names(f"{source}/installs"):
            tool = app.registry.canonical(name)
            yield from _below(f"{source}/installs/{name}", tool, "")
    else:
        place = _MANAGERS[manager]
        yield from _below(f"{source}/{place.below}", place.tool, place.prefix)


def _below(directory: str, tool: str, prefix: str) -> Iterator[_Version]:
    for name in _names(directory):
        version, tree = name.removeprefix(prefix), f"{directory}/{name}"
        if os.path.islink(tree) and "/" not in os.readlink(tree).removeprefix("./"):
            continue  # another name of a version beside it, as mise's `latest`
        if fits(tool, NAME) and fits(version, VERSION) and os.path.isdir(tree):
            yield _Version(Pin(tool, version), os.path.realpath(tree))


def _pin_as_mise(app: App) -> None:
    """Write the requests of mise.toml here to `.tool-versions`, and list the rest.

    Existing lines are unchanged.
    """
    places = (os.path.join(app.directory, name) for name in _MISE_FILES)
    place = next(filter(os.path.isfile, places), "")
    if not place:
        return
    output = translate(app.files.read(place).decode(errors="replace"), place)
    path = os.path.join(app.directory, app.paths.filename)
    with app.writing(path):
        text = app.files.read(path) if os.path.lexists(path) else b""
        stated = {request.tool for request in parse(text, path)}
        for tool, wanted in output.tools.items():
            if tool not in stated:
                text = edit(text, (tool,), wanted, place=path)
        parse(text, path)  # nothing is written that could not be read again
        if output.tools:
            project_files.write(path, text)
    known_projects.remember(app.paths, [Origin(path, 1)])
    app.report.remark(f"{path} now pins what {place} lists")
    for part in output.untranslated:
        app.report.warn(f"{place}: not imported: {part}")


def _names(directory: str) -> list[str]:
    return [name for name in names_in(directory) if not name.startswith(".")]


def _report(
    manager: str, source: str, plugins: list[str], taken: list[Pin], app: App
) -> None:
    report = app.report
    for pin in taken:
        report.remark(f"{pin}")
    what = f"{len(taken)} versions and {len(plugins)} plugins of {manager}"
    report.remark(f"{what} imported; the original files stay in {source}")
    app.report_passed_over()
    result = {"plugins": plugins, "taken": [pin_table(pin) for pin in taken]}
    report.document("import", result, changed=bool(plugins or taken))
