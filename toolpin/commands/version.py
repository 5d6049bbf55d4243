"""`toolpin version`: prints toolpin's version."""

from __future__ import annotations

from toolpin import __version__
from toolpin.app import App


def run(_options: None, app: App) -> int:
    """Print the name and the version."""
    app.report.document("version", {"version": __version__})
    app.report.answer(f"toolpin {__version__}")
    return 0
