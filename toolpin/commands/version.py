"""`toolpin version`: prints toolpin's version."""

from __future__ import annotations

from toolpin import __version__
from toolpin.app import App
from toolpin.commands import NoOptions

Options = NoOptions


def run(options: NoOptions, app: App) -> int:  # noqa: ARG001 - every verb's shape
    """Print the name and the version."""
    app.report.document("version", {"version": __version__})
    app.report.answer(f"toolpin {__version__}")
    return 0
