"""Recognizes archives and compressed single programs by their published name."""

from __future__ import annotations

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("zip", (".zip", ".whl")),
    ("Debian package", (".deb",)),
    ("tar", (".tar", ".tgz", ".txz", ".tbz2", ".tzst")),
    ("tar", (".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst")),
)
_PACKED = (".gz", ".xz", ".bz2", ".zst")


def is_archive(filename: str) -> bool:
    """Return whether a file of this name is an archive of a tree."""
    return any(filename.endswith(suffixes) for _, suffixes in FAMILIES)


def is_packed(filename: str) -> bool:
    """Return whether a file of this name is a single compressed file."""
    return filename.endswith(_PACKED) and not is_archive(filename)
