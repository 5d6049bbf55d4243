"""`toolpin env [TOOL]`: what the versions pinned here set, for a shell or a program."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from toolpin.env import render_sh
from toolpin.model import Request
from toolpin.project_env import joined, patch_of
from toolpin.session import Session
from toolpin.suggest import pinned_tool


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, to be told of it alone, and the form."""
    parser.add_argument("tool", nargs="?", help="this tool only")
    parser.add_argument(
        "--format",
        choices=("sh", "json"),
        default="sh",
        help='sh, for eval "$(toolpin env)", or json, the same as --json',
    )


def run(args: Namespace, session: Session) -> int:
    """Print the assignments. Raises NotRunnable when a pinned version is missing."""
    requests: Sequence[Request]
    requests = [pinned_tool(args.tool, session)] if args.tool else session.requests()
    patch = joined(patch_of(request, session) for request in requests)
    if session.report.as_json or args.format == "json":
        result = {"path": patch.path, "variables": dict(patch.variables)}
        session.report.document("env", result)
    elif text := render_sh(patch).rstrip("\n"):
        session.report.answer(text)
    return 0
