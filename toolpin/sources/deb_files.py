"""Finds the package of a Debian artifact, and the directory for its libraries."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from toolpin.model import Artifact, Step, Unpack

RUNTIME = "runtime"


def library_steps(
    runtime: Collection[str], triplet: str, artifacts: Sequence[Artifact]
) -> list[Step]:
    """Return the steps that put the packages' libraries into a separate directory."""
    return [
        Unpack(index, into=RUNTIME, only=f"usr/lib/{triplet}", strip=3)
        for index, artifact in enumerate(artifacts)
        if is_package(artifact, runtime)
    ]


def is_package(artifact: Artifact, names: Collection[str]) -> bool:
    """Return whether an artifact is one of these packages, by its pool path."""
    return (
        package_of(artifact) in names
        and artifact.locator.startswith("deb:pool/")
        and artifact.locator.endswith(f"/{artifact.filename}")
        and ".." not in artifact.locator
    )


def package_of(artifact: Artifact) -> str:
    """Return the name of the package that a file is: `erlang-base_25.2.3_amd64.deb`."""
    return artifact.filename.partition("_")[0]
