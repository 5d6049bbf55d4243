"""Secrets reach the origin that they are for, and nothing else: no message either."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.server import Redirect, Server, Status
from toolpin.errors import Refused, Unreachable, UsageError
from toolpin.http.credentials import Credentials, is_credential
from toolpin.http.fetch import Fetcher, Limits

ONCE = Limits(attempts=1)
SECRET = "hunter2"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.put("/x", b"here")
        yield running


@pytest.fixture
def other() -> Iterator[Server]:
    """A second origin: the same host, another port."""
    with Server() as running:
        running.put("/x", b"there")
        yield running


def credentials(
    directory: Path,
    *,
    netrc: str = "",
    tokens: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Credentials:
    directory.mkdir(exist_ok=True)
    (directory / ".netrc").write_text(netrc)
    return Credentials(env or {}, home=str(directory), tokens=tokens)


def token_for(url: str, directory: Path) -> Credentials:
    return credentials(
        directory, tokens={url: "env:MIRROR_TOKEN"}, env={"MIRROR_TOKEN": SECRET}
    )


def document(url: str, known: Credentials | None) -> bytes:
    return Fetcher(lambda url: url, ONCE, known).document(url)


def shown_to(server: Server) -> list[str | None]:
    return [seen.headers.get("authorization") for seen in server.requests]


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_token_is_shown_to_its_origin_alone(
    server: Server, other: Server, tmp_path: Path
) -> None:
    known = token_for(server.url, tmp_path)
    assert document(f"{server.url}/x", known) == b"here"
    assert document(f"{other.url}/x", known) == b"there"
    assert shown_to(server) == [f"Bearer {SECRET}"]
    assert shown_to(other) == [None]


def test_netrc_names_a_user_for_the_host_that_is_asked(
    server: Server, tmp_path: Path
) -> None:
    known = credentials(
        tmp_path, netrc=f"machine 127.0.0.1 login ana password {SECRET}\n"
    )
    assert document(f"{server.url}/x", known) == b"here"
    assert shown_to(server) == [basic("ana", SECRET)]


def test_the_file_that_netrc_names_beats_the_one_at_home(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("machine 127.0.0.1 login eve password other\n")
    known = credentials(
        tmp_path,
        netrc="machine 127.0.0.1 login ana password x\n",
        env={"NETRC": str(tmp_path / "mine")},
    )
    document(f"{server.url}/x", known)
    assert shown_to(server) == [basic("eve", "other")]


def test_netrc_s_default_is_shown_to_nobody(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(f"default login ana password {SECRET}\n")
    known = credentials(tmp_path, env={"NETRC": str(tmp_path / "mine")})
    document(f"{server.url}/x", known)
    assert known.find("https://default/x").header is None
    assert shown_to(server) == [None]


def test_requests_reads_no_netrc_of_its_own(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_text(f"default login ana password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "mine"))
    document(f"{server.url}/x", None)
    assert shown_to(server) == [None]


def test_a_token_beats_netrc_and_a_user_in_the_url_beats_both(
    server: Server, tmp_path: Path
) -> None:
    known = credentials(
        tmp_path,
        netrc="machine 127.0.0.1 login ana password netrc\n",
        tokens={server.url: "env:MIRROR_TOKEN"},
        env={"MIRROR_TOKEN": SECRET},
    )
    document(f"{server.url}/x", known)
    document(server.url.replace("//", "//eve:p%40ss@") + "/x", known)
    assert shown_to(server) == [f"Bearer {SECRET}", basic("eve", "p@ss")]


@pytest.mark.parametrize("kind", ["token", "netrc", "url"])
def test_hostile_46_no_redirect_takes_a_secret_to_another_origin(
    server: Server, other: Server, tmp_path: Path, kind: str
) -> None:
    netrc = f"machine 127.0.0.1 login ana password {SECRET}\n"
    known = {
        "token": token_for(server.url, tmp_path),
        "netrc": credentials(tmp_path / "home", netrc=netrc),
        "url": credentials(tmp_path),
    }[kind]
    server.put("/away", fault=Redirect(f"{other.url}/x"))
    user = f"ana:{SECRET}@" if kind == "url" else ""
    assert document(server.url.replace("//", f"//{user}") + "/away", known) == b"there"
    assert shown_to(server)[0] is not None
    assert shown_to(other) == [None]
    assert "cookie" not in other.requests[0].headers


def test_hostile_46_a_redirect_shows_no_secret_that_is_for_its_target(
    server: Server, other: Server, tmp_path: Path
) -> None:
    server.put("/away", fault=Redirect(f"{other.url}/x"))
    document(f"{server.url}/away", token_for(other.url, tmp_path))
    assert shown_to(other) == [None]


def test_hostile_46_a_redirect_cannot_bring_a_user_along(
    server: Server, other: Server, tmp_path: Path
) -> None:
    target = other.url.replace("//", "//ana:chosen@") + "/x"
    server.put("/away", fault=Redirect(target))
    document(f"{server.url}/away", credentials(tmp_path))
    assert shown_to(other) == [None]


def test_hostile_46_what_another_origin_leads_back_to_sees_no_secret(
    server: Server, other: Server, tmp_path: Path
) -> None:
    server.put("/away", fault=Redirect(f"{other.url}/back"))
    other.put("/back", fault=Redirect(f"{server.url}/x"))
    document(f"{server.url}/away", token_for(server.url, tmp_path))
    assert shown_to(server) == [f"Bearer {SECRET}", None]


def test_hostile_46_a_cookie_is_sent_to_no_server(
    server: Server, other: Server
) -> None:
    """Cookies know no ports: another server of the host would receive them too."""
    url = server.put("/x", b"here", headers={"Set-Cookie": "session=1; Path=/"})
    ours = Fetcher(lambda url: url, ONCE)
    for asked in (url, url, f"{other.url}/x"):
        ours.document(asked)
    seen = server.requests + other.requests
    assert [request.headers.get("cookie") for request in seen] == [None] * 3


def test_a_redirect_within_the_origin_keeps_the_secret(
    server: Server, tmp_path: Path
) -> None:
    server.put("/away", fault=Redirect("/x"))
    document(f"{server.url}/away", token_for(server.url, tmp_path))
    assert shown_to(server) == [f"Bearer {SECRET}"] * 2


def test_hostile_46_one_host_is_another_origin_under_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with Server(tls=authority.issue("IP:127.0.0.1")) as server:
        server.put("/x", b"here")
        plain = server.url.replace("https:", "http:")
        document(f"{server.url}/x", token_for(plain, tmp_path))
        document(f"{server.url}/x", token_for(server.url, tmp_path))
    assert shown_to(server) == [None, f"Bearer {SECRET}"]


def test_hostile_46_nothing_is_shown_in_the_open(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    url = server.put("http://mirror.example/x", b"here")
    netrc = f"machine mirror.example login ana password {SECRET}\n"
    assert document(url, credentials(tmp_path, netrc=netrc)) == b"here"
    assert shown_to(server) == [None]
    with pytest.raises(Refused) as caught:
        document("http://ana:hunter2@mirror.example/x", credentials(tmp_path))
    assert SECRET not in caught.value.render()
    assert len(server.requests) == 1


def test_hostile_46_what_is_for_this_machine_is_not_shown_to_a_proxy(
    server: Server, other: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", other.url)
    monkeypatch.setenv("no_proxy", "")
    document(f"{server.url}/x", token_for(server.url, tmp_path))
    assert other.requests == []


@pytest.mark.parametrize("code", [401, 403])
def test_a_refusal_names_whose_secret_it_was_and_never_the_secret(
    server: Server, tmp_path: Path, code: int
) -> None:
    url = server.put("/x", fault=Status(code))
    netrc = f"machine 127.0.0.1 login ana password {SECRET}\n"
    for known, place in (
        (token_for(server.url, tmp_path), "$MIRROR_TOKEN"),
        (credentials(tmp_path / "home", netrc=netrc), f"{tmp_path}/home/.netrc"),
        (credentials(tmp_path), "none"),
    ):
        with pytest.raises(Unreachable) as caught:
            document(url, known)
        assert dict(caught.value.facts)["credentials"] == place
        assert SECRET not in caught.value.render()


def test_a_netrc_that_is_unclear_is_named_without_its_words(
    server: Server, tmp_path: Path
) -> None:
    known = credentials(tmp_path, netrc=f"machine 127.0.0.1 login a b {SECRET}\n")
    url = server.put("/x", fault=Status(401))
    with pytest.raises(Unreachable) as caught:
        document(url, known)
    assert f"{tmp_path}/.netrc:1" in dict(caught.value.facts)["credentials"]
    assert SECRET not in caught.value.render()


@pytest.mark.parametrize("token", ["", "two\r\nX-Evil: lines", "a blank", "\u2028"])
def test_hostile_47_a_token_that_no_header_can_hold_is_not_sent(
    server: Server, tmp_path: Path, token: str
) -> None:
    known = credentials(
        tmp_path,
        tokens={server.url: "env:MIRROR_TOKEN"},
        env={"MIRROR_TOKEN": token},
    )
    with pytest.raises(UsageError, match="MIRROR_TOKEN") as caught:
        document(f"{server.url}/x", known)
    assert not token or token not in caught.value.render()
    assert server.requests == []


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (f"http://ana:{SECRET}@proxy.example:99999", "proxy.example:99999"),
        (f"http://ana:{SECRET}/x@proxy.example:1", "proxy.example:1"),
        (f"http://ana:x/{SECRET}@proxy.example:1", "proxy.example:1"),
        (f"http://ana:{SECRET}@proxy.example:port", "proxy.example:port"),
        (f"http://ana:{SECRET}@[::1", "[::1"),
    ],
)
def test_a_proxy_that_cannot_be_read_is_quoted_without_its_password(
    proxy: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(Unreachable) as caught:
        document("https://mirror.example/x", None)
    assert shown in dict(caught.value.facts)["reason"]
    assert SECRET not in caught.value.render()


@pytest.mark.parametrize(
    ("origin", "reference"),
    [
        pytest.param("https://a.example", SECRET, id="a secret in the file"),
        pytest.param("https://a.example", "env:", id="no name"),
        pytest.param("https://a.example", "env:A-B", id="no variable's name"),
        pytest.param("http://a.example", "env:TOKEN", id="plain http"),
        pytest.param("a.example", "env:TOKEN", id="a host alone"),
        pytest.param("https://a.example/x", "env:TOKEN", id="a path"),
        pytest.param(f"https://u:{SECRET}@a.example", "env:TOKEN", id="a user"),
        pytest.param("https://a.example\r\nX: y", "env:TOKEN", id="two lines"),
    ],
)
def test_only_an_origin_and_a_variable_are_a_credential(
    origin: str, reference: str
) -> None:
    assert not is_credential(origin, reference)


def test_an_origin_may_end_in_a_slash_and_name_its_port(tmp_path: Path) -> None:
    known = token_for("https://Mirror.example:443/", tmp_path)
    assert known.find("https://mirror.example/x").place == "$MIRROR_TOKEN"
    assert known.find("https://mirror.example:8443/x").header is None
    assert known.find("https://mirror.example.evil.example/x").header is None
    assert is_credential("https://Mirror.example:443/", "env:MIRROR_TOKEN")
