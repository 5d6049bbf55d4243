"""From where a locked plugin may be fetched."""

from __future__ import annotations

import pytest

from toolpin.model import Artifact, Digest
from toolpin.sources.script import address_of
from toolpin.tasks.lockfile_plugins import _is_allowed

PREFIXES = ("https://github.com/asdf-community/", "git@gitlab.example:tools")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://github.com/asdf-community/asdf-zig", True),
        ("https://github.com/asdf-community-evil/asdf-zig", False),
        ("https://github.com/asdf-community/../evil/x", False),
        ("https://github.com/asdf-community/%2E%2e/evil/x", False),
        ("http://github.com/asdf-community/asdf-zig", False),
        ("git@gitlab.example:tools/x.git", True),
        ("git@gitlab.example:toolsmith/x.git", False),
        ("", False),
    ],
)
def test_hostile_69_a_prefix_allows_what_is_below_it(url: str, allowed: bool) -> None:
    locator = f"git:{url}@{'a' * 40}" if url else f"folder:zig@{'a' * 40}"
    artifact = Artifact(locator, Digest("sha256", "0" * 64), None, "x")
    assert address_of(artifact) == (url, "a" * 40)
    assert _is_allowed(url, PREFIXES) == allowed
