"""`toolpin uninstall TOOL VERSION...`: removes installs, and the shims of nothing."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin import installs, store
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Origin, Pin
from toolpin.reshim import refresh_shims
from toolpin.session import Session
from toolpin.toolversions import check_tool_name, parse_wanted


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool and exact versions: nothing is removed by a prefix."""
    parser.add_argument("tool")
    parser.add_argument("versions", nargs="+", metavar="version")


def run(args: Namespace, session: Session) -> int:
    """Remove each version; nothing at all when one of them is not installed."""
    tool = session.registry.canonical(args.tool)
    check_tool_name(tool, Origin("the command line"))
    pins = [_installed(tool, version, session) for version in args.versions]
    for pin in pins:
        with store.version_mutex(session.paths, pin):
            if installs.is_installed(session.paths, pin):
                store.remove(session.paths, pin)
        session.report.remark(f"removed {pin}")
    refresh_shims(session.paths, session.registry)
    return 0


def _installed(tool: str, version: str, session: Session) -> Pin:
    wanted = parse_wanted(version, Origin("the command line"))
    if wanted.kind != "version":
        raise UsageError(
            f"{version} is no version that toolpin installed",
            [("expected", "an exact version, as `toolpin list` shows it")],
        )
    pin = Pin(tool, version)
    if not installs.is_installed(session.paths, pin):
        have = ", ".join(installs.versions(session.paths, tool)) or "none"
        raise ToolpinError(f"{pin} is not installed", [("installed", have)])
    return pin
