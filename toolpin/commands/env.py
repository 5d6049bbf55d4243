"""`toolpin env [TOOL]`: what the versions pinned here set, for a shell or a program.

The folders of the first line in the file come first on PATH, and its variables win, as
they do where the tool runs.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from toolpin.env import render_sh, settle
from toolpin.execute import patch_for
from toolpin.model import EnvPatch, Request
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
    patch = _joined(requests, session)
    if session.report.as_json or args.format == "json":
        result = {"path": patch.path, "variables": dict(patch.variables)}
        session.report.document("env", result)
    elif text := render_sh(patch).rstrip("\n"):
        session.report.answer(text)
    return 0


def _joined(requests: Sequence[Request], session: Session) -> EnvPatch:
    path: list[str] = []
    variables: dict[str, str] = {}
    for request in requests:
        patch = _patch(request, session)
        if patch.homes:
            patch = settle(patch, _required_major(request, session), session.env)
        path += patch.path
        for name, value in patch.variables:
            variables.setdefault(name, value)
    return EnvPatch(tuple(dict.fromkeys(path)), tuple(variables.items()))


def _patch(request: Request, session: Session) -> EnvPatch:
    return patch_for(request, paths=session.paths, env=session.env, cwd=session.folder)


def _required_major(request: Request, session: Session) -> str:
    """Return the major version of the tool that this one requires, as pinned here."""
    for name in session.registry.require(request.tool).requires:
        if required := session.request(name):
            return _patch(required, session).major
    return ""
