"""Says by its published name whether a file is an archive, or one packed program."""

from __future__ import annotations

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("zip", (".zip", ".whl")),
    ("Debian package", (".deb",)),
    ("tar", (".tar", ".tgz", ".txz", ".tbz2", ".tzst")),
    ("tar", (".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst")),
)
_PACKED = (".gz", ".xz", ".bz2", ".zst")


def is_archive(filename: str) -> bool:
    """Say whether a file of this name holds a tree."""
    return any(filename.endswith(suffixes) for _, suffixes in FAMILIES)


def is_packed(filename: str) -> bool:
    """Say whether a file of this name is one file, compressed."""
    return filename.endswith(_PACKED) and not is_archive(filename)
