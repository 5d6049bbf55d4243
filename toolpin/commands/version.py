"""`toolpin version`: which toolpin this is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin import __version__
from toolpin.session import Session


def add_arguments(parser: ArgumentParser) -> None:
    """Take none."""


def run(args: Namespace, session: Session) -> int:  # noqa: ARG001 - every verb's shape
    """Print the name and the version."""
    if session.report.as_json:
        session.report.document("version", {"version": __version__})
    else:
        session.report.answer(f"toolpin {__version__}")
    return 0
