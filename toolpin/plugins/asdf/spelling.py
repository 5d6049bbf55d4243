"""Turns the directory of a version into asdf's name for it: `ref-x` is `ref:x`."""

from __future__ import annotations

_REF = "ref-"


def kind_of(version: str) -> tuple[str, str]:
    """Return ASDF_INSTALL_TYPE and _VERSION for a version; `ref-x`, `ref:x`: a ref."""
    if version.startswith((_REF, "ref:")):
        return "ref", version[len(_REF) :]
    return "version", version


def asdf_spelling(version: str) -> str:
    """Return a version in asdf's spelling: the directory `ref-x` is `ref:x`."""
    kind, value = kind_of(version)
    return f"ref:{value}" if kind == "ref" else version


def directory_of_ref(ref: str) -> str:
    """Return the version for a Git ref."""
    return f"{_REF}{ref}"
