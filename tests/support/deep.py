"""Makes trees that are deeper than Python recurses and than the system takes a path."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# More levels than Python's 1,000, with a path of far more than PATH_MAX's 4,096 bytes.
DEPTH = 1_100
_NAME = "d" * 8


@contextmanager
def removed_afterwards(top: Path) -> Iterator[Path]:
    """Remove what pytest, which recurses, could not."""
    try:
        yield top
    finally:
        subprocess.run(["rm", "-rf", "--", top], check=True)


def deep_tree(top: Path, depth: int = DEPTH) -> Path:
    """Make a directory with so many below each other, and a file in each hundredth."""
    top.mkdir(parents=True, exist_ok=True)
    here = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    for level in range(depth):
        os.mkdir(_NAME, dir_fd=here)
        if level % 100 == 0:
            os.close(os.open("f", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=here))
        below = os.open(_NAME, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    return top
