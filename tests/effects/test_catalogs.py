"""Lists of releases: how old they may be, and what a server is asked again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server
from tests.support.upstream import Upstream
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import Unreachable
from toolpin.install.catalogs import DAY_S, Catalogs, describe_age
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

HOST = any_of("linux-x64")
INDEX = "/dist/index.json"


class Machine:
    """One cache and one upstream; each question comes from a process of its own."""

    def __init__(self, directory: Path, server: Server) -> None:
        self.cache = Cache(str(directory / "cache"))
        self.server = server
        self.upstream = Upstream(server)
        self.clock = 1e9
        self.offline = False
        self.tool: Tool = read_registry(Paths(str(directory), str(directory))).require(
            "node"
        )

    def ask(self, max_age_s: float = 0.0, mirror: str = "/dist") -> list[str]:
        url = f"{self.server.url}{mirror}"
        settings = Settings(
            mirrors=(("https://nodejs.org/dist", url),), offline=self.offline
        )
        clients = Clients(
            settings,
            env={},
            host=HOST,
            cache=self.cache,
            helpers=f"{self.cache.root}/helpers",
            remark=print,
        )
        catalogs = Catalogs(self.cache, clients, settings, now=lambda: self.clock)
        spec = self.tool.sources[0]
        self.answer = catalogs.read(self.tool, spec, HOST, max_age_s=max_age_s)
        return [release.version for release in self.answer.releases]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with Server() as server:
        result = Machine(tmp_path, server)
        result.upstream.publish("22.20.0")
        yield result


def test_a_young_list_asks_nobody(machine: Machine) -> None:
    assert machine.ask(DAY_S) == ["22.20.0"]
    machine.upstream.publish("22.21.0")
    machine.clock += DAY_S - 1
    assert machine.ask(DAY_S) == ["22.20.0"]
    assert machine.server.count(INDEX) == 1
    machine.clock += 2
    assert machine.ask(DAY_S) == ["22.21.0", "22.20.0"]


def test_what_has_not_changed_is_not_sent_again(machine: Machine) -> None:
    machine.ask()
    first = machine.server.requests[-1].sent
    assert machine.ask() == ["22.20.0"]
    assert machine.server.count(INDEX) == 2
    assert machine.server.requests[-1].headers["if-none-match"]
    assert machine.server.requests[-1].sent == 0 < first
    machine.upstream.publish("22.21.0")
    assert machine.ask() == ["22.21.0", "22.20.0"]


def test_a_server_that_names_no_version_of_its_list_sends_it_each_time(
    machine: Machine,
) -> None:
    page = json.dumps([{"version": "v9.9.9", "files": ["linux-x64"]}]).encode()
    machine.server.put(INDEX, page, ranges=False)
    for _ in range(2):
        assert machine.ask() == ["9.9.9"]
    assert all(seen.sent for seen in machine.server.requests)


def test_a_silent_server_leaves_an_old_list_with_its_reason(machine: Machine) -> None:
    machine.ask()
    machine.clock += 3 * 3600
    machine.offline = True
    assert machine.ask() == ["22.20.0"]
    assert machine.answer.stale is not None
    assert describe_age(machine.answer.age_s) == "3 hours"


def test_without_any_list_a_silent_server_is_unreachable(machine: Machine) -> None:
    machine.offline = True
    with pytest.raises(Unreachable, match="offline"):
        machine.ask()
    assert machine.server.requests == []


@pytest.mark.parametrize("back_s", [1, DAY_S * 20_000])
def test_a_list_from_the_future_is_old(back_s: float, machine: Machine) -> None:
    machine.ask()
    machine.clock -= back_s
    machine.ask(DAY_S)
    assert machine.server.count(INDEX) == 2


def test_another_mirrors_list_does_not_count(machine: Machine) -> None:
    machine.ask(DAY_S)
    machine.upstream.publish("22.21.0", directory="other")
    assert machine.ask(DAY_S, mirror="/other") == ["22.21.0", "22.20.0"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"releases": [1]}', "\0"])
@pytest.mark.parametrize("kind", ["catalogues", "documents"])
def test_a_damaged_note_does_not_count(kind: str, text: str, machine: Machine) -> None:
    machine.ask()
    notes = list(Path(machine.cache.root, kind).rglob("*"))
    for note in notes:
        if note.is_file():
            note.write_text(text)
    machine.upstream.publish("22.21.0")
    assert machine.ask(DAY_S if kind == "catalogues" else 0.0) == ["22.21.0", "22.20.0"]


def test_a_list_that_states_its_channels_is_believed(machine: Machine) -> None:
    machine.upstream.publish("24.10.0")
    machine.upstream.publish("24.11.0", lts="Krypton")
    machine.ask()
    channels = {
        release.version: release.channels for release in machine.answer.releases
    }
    assert channels["24.10.0"] == channels["22.20.0"] == ()
    assert channels["24.11.0"] == ("krypton", "lts", "lts-krypton")


def test_a_document_that_was_cut_short_is_sent_again(machine: Machine) -> None:
    machine.ask()
    [note] = [
        path
        for path in Path(machine.cache.root, "documents").rglob("*")
        if path.is_file()
    ]
    note.write_bytes(note.read_bytes().replace(b"22.20.0", b"22.99.0"))
    assert machine.ask() == ["22.20.0"]
    assert machine.server.requests[-1].sent
