"""`toolpin version`: prints toolpin's version."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import NamedTuple

from toolpin import __version__
from toolpin.app import App


class Options(NamedTuple):
    """The command line has no arguments."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare no arguments."""


def run(options: Options, app: App) -> int:  # noqa: ARG001 - every verb's shape
    """Print the name and the version."""
    if app.report.as_json:
        app.report.document("version", {"version": __version__})
    else:
        app.report.answer(f"toolpin {__version__}")
    return 0
