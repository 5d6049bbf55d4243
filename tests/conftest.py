"""Every test has a home of its own; the real one is a tripwire, sockets stay local."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import inherited
from tests.support.run import Home

# How fast a machine is makes no test red. CI tries the same examples each time, so that
# a red commit is one that broke something; every other run tries new ones.
settings.register_profile(
    "any-machine",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any-machine")

_PREFIXES = ("XDG_", "TOOLPIN_", "ASDF_")


@pytest.fixture(autouse=True)
def _private_environment(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(_PREFIXES):
            monkeypatch.delenv(name)
    tripwire = tmp_path_factory.mktemp("nobodys-home")
    monkeypatch.setenv("HOME", str(tripwire))
    if request.node.get_closest_marker("network") is None:
        monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    yield
    assert not os.listdir(tripwire), "a test wrote to a home that is not its own"


_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: object) -> None:
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
        pytest.fail(f"a test without the network marker connects to {address}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh machine for one test. Its apt names no archive: nothing here asks one."""
    home = Home(tmp_path)
    apt = tmp_path / "apt.conf"
    apt.write_text(
        'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "/dev/null";\n'
        'Dir::State::Lists "/dev/null";\n'
    )
    home.env["APT_CONFIG"] = str(apt)
    return home


def pytest_sessionstart(session: pytest.Session) -> None:
    """Settle what children inherit, in each process that runs tests.

    The one that hands them out to others (-n) starts these and no more.
    """
    if session.config.getoption("dist", "no") == "no":
        inherited.give_up_terminal()
        inherited.stop_ignoring_signals()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what takes minutes, unless it is asked for: `-m long`."""
    if "long" not in str(config.getoption("-m")):
        items[:] = [item for item in items if not item.get_closest_marker("long")]
