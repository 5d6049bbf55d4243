"""`toolpin list [TOOL [PREFIX]]`: what is installed, `*` before what is pinned here."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin import installs
from toolpin.errors import ToolpinError
from toolpin.session import Session
from toolpin.versions import is_prefix, sort_key


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, and a prefix of versions."""
    parser.add_argument("tool", nargs="?")
    parser.add_argument("prefix", nargs="?", default="")


def run(args: Namespace, session: Session) -> int:
    """Print one version a line, oldest first; under the tool's name when all are."""
    report = session.report
    if args.tool:
        tool = session.registry.canonical(args.tool)
        lines = _lines(tool, args.prefix, session)
        if not lines:
            raise ToolpinError(
                f"no version of {tool} is installed",
                [("prefix", args.prefix)] if args.prefix else [],
                f"toolpin install {tool}",
            )
        for line in lines:
            report.answer(line)
        return 0
    found = installs.tools(session.paths)
    for tool in found:
        report.answer(tool)
        for line in _lines(tool, "", session):
            report.answer(line)
    if not found:
        report.remark("nothing is installed")
    return 0


def _lines(tool: str, prefix: str, session: Session) -> list[str]:
    request = session.request(tool)
    pinned = {str(wanted) for wanted in request.wanted} if request else set()
    known = sorted(installs.versions(session.paths, tool), key=sort_key)
    return [
        f"{'*' if version in pinned else ' '} {version}"
        for version in known
        if not prefix or is_prefix(prefix, version)
    ]
