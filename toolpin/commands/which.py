"""`toolpin which CMD`: the program that the shim of a command would run here."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin import execute
from toolpin.session import Session


def add_arguments(parser: ArgumentParser) -> None:
    """Take a command."""
    parser.add_argument("command")


def run(args: Namespace, session: Session) -> int:
    """Print its path. Raises what running it would."""
    found = execute.find(
        args.command,
        paths=session.paths,
        aliases=session.registry.aliases,
        env=session.env,
        cwd=session.folder,
    )
    session.report.answer(found.path)
    return 0
