"""How a version may be written in a project file, and what it means."""

from __future__ import annotations

import pytest

from toolpin.plugins.registry import Registry, read_registry
from toolpin.project.toolversions import parse
from toolpin.system.paths import Paths


@pytest.fixture
def registry(tmp_path: object) -> Registry:
    """The bundled tools alone."""
    return read_registry(Paths(f"{tmp_path}/data", f"{tmp_path}/config"))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("nodejs 20.x", ["20"]),
        ("node v20.11.X", ["20.11"]),
        ("nodejs v20.11.0 20.*", ["20.11.0", "20"]),
        ("nodejs lts/iron", ["iron"]),
        ("nodejs lts/*", ["lts"]),
        ("erlang OTP-26.2.1", ["26.2.1"]),
        ("go go1.22.x", ["1.22"]),
        ("elixir v1.17.3-otp-27", ["1.17.3-otp-27"]),
        ("rebar 3.x.x", ["3"]),
        ("nodejs system latest:20.x ref:v20.x", ["system", "latest:20.x", "ref:v20.x"]),
        ("java 21", ["temurin-21"]),
        ("java v17.x 17.0.9+9", ["temurin-17", "temurin-17.0.9+9"]),
        ("java temurin-21 zulu-17.x", ["temurin-21", "zulu-17.x"]),
        ("java latest latest:21", ["latest:temurin", "latest:temurin-21"]),
        ("java latest:zulu-21 system", ["latest:zulu-21", "system"]),
        ("java 1.8", ["temurin-8"]),
        ("java 17.0.9-tem 21-graalce", ["temurin-17.0.9", "graalvm-community-21"]),
        ("java 17.0.9.fx-librca", ["liberica-javafx-17.0.9"]),
        ("java 17.0.9-xqwzt", ["17.0.9-xqwzt"]),
        # Of a tool that no TOML file describes a version may be named so.
        ("unheard-of v1.2 2.x", ["v1.2", "2.x"]),
    ],
)
def test_a_version_may_be_written_as_its_people_write_it(
    registry: Registry, line: str, wanted: list[str]
) -> None:
    (request,) = parse(line.encode(), ".tool-versions", registry.spell)
    assert [str(alternative) for alternative in request.wanted] == wanted
