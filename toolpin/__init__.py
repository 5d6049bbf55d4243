"""toolpin: the pinned toolchain of `.tool-versions`, exactly, and side by side."""

__version__ = "0.1.0"
