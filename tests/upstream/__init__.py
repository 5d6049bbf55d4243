"""What toolpin assumes of its upstreams, held against pages recorded from them."""

from __future__ import annotations

from pathlib import Path

PAGES = Path(__file__).parent / "pages"


def page(name: str) -> bytes:
    """Return a recorded page: a part of the real one, its lines unchanged."""
    return (PAGES / name).read_bytes()
