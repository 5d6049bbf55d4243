"""Whose certificates count: the system's, or exactly those that a variable names."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.server import Redirect, Server
from toolpin.errors import Refused, Unreachable, UsageError
from toolpin.http import trust
from toolpin.http.fetch import Fetcher, Limits

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
ONCE = Limits(attempts=1)


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority) -> Iterator[Server]:
    with Server(tls=authority.issue("IP:127.0.0.1")) as running:
        running.put("/x", b"hello")
        yield running


def document(url: str) -> bytes:
    return Fetcher(lambda url: url, ONCE).document(url)


def cause_of_distrust(url: str) -> str:
    with pytest.raises(Unreachable) as caught:
        document(url)
    facts = dict(caught.value.facts)
    assert "clock" in facts
    return facts["reason"]


def test_hostile_48_an_unknown_authority_is_not_trusted(server: Server) -> None:
    assert "unable to get local issuer" in cause_of_distrust(f"{server.url}/x")
    assert server.requests == []


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_authority_that_a_variable_names_is_trusted(
    server: Server,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, str(authority.certificate))
    assert document(f"{server.url}/x") == b"hello"


@pytest.mark.parametrize("variable", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_a_directory_of_certificates_is_trusted(
    server: Server,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    directory = tmp_path / "certs"
    directory.mkdir()
    (directory / f"{subject_hash(authority)}.0").symlink_to(authority.certificate)
    value = f"{directory}:/nowhere" if variable == "SSL_CERT_DIR" else str(directory)
    monkeypatch.setenv(variable, value)
    assert document(f"{server.url}/x") == b"hello"


def subject_hash(authority: Authority) -> str:
    asked = ["openssl", "x509", "-hash", "-noout", "-in", str(authority.certificate)]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout[:8]


def test_a_named_authority_alone_counts(authority: Authority) -> None:
    context = trust.make_context({"SSL_CERT_FILE": str(authority.certificate)})
    assert len(context.get_ca_certs()) == 1


def test_without_a_variable_the_system_decides() -> None:
    context = trust.make_context({"SSL_CERT_FILE": ""})
    assert type(context).__module__.startswith("truststore")
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_requests_own_certificates_are_never_added(
    server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(authority.certificate)
    )
    cause_of_distrust(f"{server.url}/x")


@pytest.mark.parametrize(
    ("name", "days", "cause"),
    [
        pytest.param("DNS:nodejs.org", 1, "not valid for '127.0.0.1'", id="other host"),
        pytest.param("IP:127.0.0.1", -1, "expired", id="expired"),
    ],
)
def test_hostile_48_a_trusted_authority_vouches_for_a_host_and_a_time_only(
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    days: int,
    cause: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with Server(tls=authority.issue(name, days=days)) as server:
        assert cause in cause_of_distrust(f"{server.url}/x")
    assert server.requests == []


def test_hostile_48_a_server_without_tls_is_not_asked_in_the_open(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with Server() as plain:
        url = plain.url.replace("http:", "https:")
        with pytest.raises(Unreachable):
            document(f"{url}/x")


@pytest.mark.parametrize("variable", [*VARIABLES, "SSL_CERT_DIR"])
def test_certificates_that_are_not_there_are_named(
    server: Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "/nowhere/ca.pem")
    with pytest.raises(UsageError, match=variable) as caught:
        document(f"{server.url}/x")
    assert dict(caught.value.facts)["path"] == "/nowhere/ca.pem"


def test_a_file_that_holds_no_certificate_is_named(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    with pytest.raises(UsageError, match="SSL_CERT_FILE"):
        document(f"{server.url}/x")


def test_hostile_44_a_redirect_from_tls_to_plain_http_is_not_followed(
    server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with Server() as plain:
        target = plain.put("/x", b"plain")
        url = server.put("/away", fault=Redirect(target))
        with pytest.raises(Refused) as caught:
            document(url)
    assert dict(caught.value.facts)["redirect to"] == target
    assert plain.requests == []
