"""Debian's lists through this machine's apt, whatever the machine prefers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from toolpin.cache import Cache
from toolpin.host import any_of
from toolpin.sources.apt_client import AptClient

needs_apt = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
)
pytestmark = [pytest.mark.network, needs_apt]


def test_what_a_machine_prefers_and_does_after_an_update_does_not_count(
    tmp_path: Path,
) -> None:
    hooked = tmp_path / "hooked"
    preferences = tmp_path / "preferences"
    preferences.write_text("Package: *\nPin: release n=bookworm\nPin-Priority: -10\n")
    config = tmp_path / "apt.conf"
    config.write_text(
        'APT::Default-Release "trixie";\n'
        f'Dir::Etc::Preferences "{preferences}";\n'
        f'APT::Update::Post-Invoke {{ "touch {hooked}; false"; }};\n'
    )
    env = {**os.environ, "APT_CONFIG": str(config)}
    client = AptClient(env, Cache(str(tmp_path / "a cache")))
    found = client.packages("bookworm", ["elixir", "no-such"], any_of("linux-x64"))
    assert list(found) == ["elixir"]
    assert found["elixir"].version.startswith("1.14.0")
    assert not hooked.exists()
