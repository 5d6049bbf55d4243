"""`toolpin self version|update|uninstall`: toolpin itself, by the way it was installed.

install.sh updates what it installed, from a copy in the wheel. For pipx, uv, pip or a
checkout the command to use is printed.
"""

from __future__ import annotations

import os
import shlex
import sys
from typing import NamedTuple, NoReturn

from toolpin import __version__
from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import Refused, ToolpinError, UsageError
from toolpin.system.ownership import foreign_access, sudo_user
from toolpin.system.paths import bundled
from toolpin.system.report import close_quietly

_MANIFEST = "toolpin-manifest"


class Setup(NamedTuple):
    """How this toolpin was installed: `install.sh`, `pipx`, `uv`, `checkout` or `pip`.

    `place` is the prefix of install.sh, the directory of a checkout, else the
    environment.
    """

    kind: str
    place: str


class Options(NamedTuple):
    """The arguments of the command line."""

    action: str
    wheel: str | None = None


ARGUMENTS: Arguments = {
    "action": (
        "show how toolpin was installed, update it, or remove it",
        ("version", "update", "uninstall"),
    ),
    "--wheel FILE": "update: install this wheel",
}


def run(options: Options, app: App) -> int:
    """Show the setup, or run install.sh; exit 1 if another program must do it."""
    if options.wheel and options.action != "update":
        raise UsageError("--wheel is for `toolpin self update`")
    setup = find_setup(sys.prefix)
    if options.action == "version":
        return _show(setup, app)
    if setup.kind != "install.sh":
        is_checkout = setup.kind == "checkout"
        method = f"from {setup.place}" if is_checkout else f"by {setup.kind}"
        raise ToolpinError(
            f"this toolpin was not installed by install.sh but {method}",
            [("environment", sys.prefix)],
            _command(setup, options),
        )
    if options.action == "update":
        _update(setup, options)
    return _become(bundled("install.sh"), "--uninstall", "--prefix", setup.place)


def find_setup(environment: str) -> Setup:
    """Return how an environment was set up, by the files left in it."""
    if os.path.isfile(f"{environment}/{_MANIFEST}"):
        return Setup("install.sh", os.path.dirname(os.path.dirname(environment)))
    root = os.path.dirname(bundled("install.sh"))
    if os.path.isfile(f"{root}/pyproject.toml"):
        return Setup("checkout", root)
    for file, kind in (("pipx_metadata.json", "pipx"), ("uv-receipt.toml", "uv")):
        if os.path.isfile(f"{environment}/{file}"):
            return Setup(kind, environment)
    return Setup("pip", environment)


def _show(setup: Setup, app: App) -> int:
    python = ".".join(map(str, sys.version_info[:3]))
    result = {
        "version": __version__,
        "python": sys.executable,
        "python_version": python,
        "installed_by": setup.kind,
        "place": setup.place,
    }
    app.report.document("self", result)
    rows = [
        ("version", __version__),
        ("python", f"{sys.executable} ({python})"),
        ("installed by", f"{setup.kind}, in {setup.place}"),
    ]
    app.report.table(rows)
    return 0


def _command(setup: Setup, options: Options) -> str:
    """Return the command to use if install.sh did not install toolpin."""
    wheel = os.path.abspath(options.wheel) if options.wheel else ""
    pip = [sys.executable, "-m", "pip"]
    if options.action == "uninstall":
        words = {
            "pipx": ["pipx", "uninstall", "toolpin"],
            "uv": ["uv", "tool", "uninstall", "toolpin"],
        }.get(setup.kind, [*pip, "uninstall", "toolpin"])
    elif setup.kind == "checkout" and not wheel:
        words = ["git", "-C", setup.place, "pull"]
    elif not wheel:
        return "toolpin self update --wheel FILE"
    else:
        words = {
            "pipx": ["pipx", "install", "--force", wheel],
            "uv": ["uv", "tool", "install", "--force", wheel],
        }.get(setup.kind, [*pip, "install", "--force-reinstall", wheel])
    return shlex.join(words)


def _update(setup: Setup, options: Options) -> NoReturn:
    """Run the installer of this environment's checkout, or the bundled one on a wheel.

    The Python stays the one that was chosen at setup.
    """
    base: str = getattr(sys, "_base_executable", sys.executable)
    words = ["--prefix", setup.place, "--python", base]
    if options.wheel:
        wheel = os.path.abspath(options.wheel)
        _become(bundled("install.sh"), *words, "--wheel", wheel)
    _become(find_script(sys.prefix), *words)


def find_script(environment: str) -> str:
    """Return the installer of the checkout that an environment came from.

    Raises ToolpinError if there is none, Refused if it belongs to another user by now:
    a clone in a directory like /tmp may have been replaced.
    """
    with open(f"{environment}/{_MANIFEST}", encoding="utf-8") as stream:
        noted = [line[5:].rstrip("\n") for line in stream if line.startswith("from ")]
    checkout = noted[0] if noted else ""
    script = f"{checkout}/install.sh"
    facts = [("installed from", checkout or "a wheel")]
    fix = "toolpin self update --wheel FILE"
    if not (checkout and os.path.isfile(script)):
        raise ToolpinError("there is nothing to update from", facts, fix)
    if hold := foreign_access(script, sudo_user(os.environ)):
        what = f"{script} was not run: another user could have created it"
        raise Refused(what, [*facts, ("reason", hold)], fix)
    return script


def _become(script: str, *options: str) -> NoReturn:
    """Replace this process by the installer, which deletes this environment."""
    close_quietly()
    os.chdir("/")
    os.execv("/bin/sh", ["sh", script, *options])
