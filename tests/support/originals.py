"""The tarballs of upstreams, as Debian's source packages have them unchanged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.shared import shared_apt
from toolpin.sources.apt_client import AptClient
from toolpin.sources.apt_lists import upstream_version


class Original(NamedTuple):
    """A tarball, and the version that it has."""

    version: str
    data: bytes


def original(
    factory: pytest.TempPathFactory, suite: str, package: str, place: Path
) -> Original:
    """Download the tarball of a source package to a directory, through apt."""
    client = AptClient(dict(os.environ), str(shared_apt(factory)))
    found = client.source_code(suite, package)
    assert found is not None, f"Debian {suite} has no source package {package}"
    file = place / found.artifact().filename
    client.download(found.artifact(), str(file))
    return Original(upstream_version(found.version), file.read_bytes())
