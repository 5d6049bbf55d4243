"""Which versions go together, and the error of those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolpin.errors import ToolpinError
from toolpin.model import Origin, Pin
from toolpin.plugins.registry import Registry, read_registry
from toolpin.system.paths import Paths
from toolpin.version_pairs import check_pairs, suited

FILE = "/app/.tool-versions"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return read_registry(Paths(str(tmp_path), str(tmp_path)))


@pytest.mark.parametrize(
    ("elixir", "expected"),
    [
        ("1.9.4", ("20", "22")),
        ("1.14.0", ("23", "25")),
        ("1.14.5", ("23", "26")),
        ("1.14", ("23", "26")),
        ("1.18", ("25", "28")),
        ("1.1.1", ("17", "18")),
        ("1.10.2", ("21", "22")),
        ("1.10.4", ("21", "23")),
        ("1.18.4-rc.0", ("25", "27")),
        ("1.17.3-otp-27", ("27", "27")),
        ("1.17.3-otp-27.1", ("25", "27")),
        ("1.17.3-otp-latest", ("25", "27")),
        ("1.17.3-otp-", ("25", "27")),
        ("1.99.0", None),
        ("main", None),
    ],
)
def test_the_published_table_tells_what_an_elixir_is_for(
    elixir: str, expected: tuple[str, str] | None, registry: Registry
) -> None:
    assert suited(registry.require("elixir"), elixir) == expected


@pytest.mark.parametrize(
    ("elixir", "erlang"),
    [
        ("1.9.4", "22.2"),
        ("1.14.0", "25.2.3"),
        ("1.18.3", "27.3.4.1"),
        ("1.17.3-otp-27", "27.1.2"),
        ("1.99.0", "40.0"),  # newer than the table
        ("1.14.0", "maint"),
        ("1.14", "26.2"),  # 1.14.5 is for it
        ("1.17.3-otp-27x", "27.1"),  # no such build: its source says so
    ],
)
def test_what_goes_together_is_no_error(
    elixir: str, erlang: str, registry: Registry
) -> None:
    assert check_pairs(lockfile_requests(elixir, erlang), registry.get) == []


@pytest.mark.parametrize(
    ("elixir", "erlang"),
    [
        ("1.17.3-otp-26", "27.1"),
        ("1.17.3-otp-27", "28.0"),  # Elixir 1.17 has no build for it
        ("1.99.0-otp-40", "41.0"),  # newer than the table
    ],
)
def test_a_build_for_an_older_otp_is_a_warning(
    elixir: str, erlang: str, registry: Registry
) -> None:
    otp = elixir.rpartition("-")[2]
    assert check_pairs(lockfile_requests(elixir, erlang), registry.get) == [
        f"elixir {elixir} was built for erlang {otp}, which is older than "
        f"erlang {erlang}; this should work"
    ]


@pytest.mark.parametrize(
    ("elixir", "erlang", "what", "hint"),
    [
        (
            "1.17.3-otp-27",
            "26.2.5",
            "elixir 1.17.3-otp-27 was built for erlang 27, not for erlang 26.2.5",
            "toolpin pin elixir 1.17.3-otp-26",
        ),
        (
            "1.17.3-otp-27",
            "24.3",  # Elixir 1.17 has no build for it
            "elixir 1.17.3-otp-27 was built for erlang 27, not for erlang 24.3",
            "toolpin pin erlang latest:27",
        ),
        (
            "1.99.0-otp-41",
            "40.0",  # newer than the table
            "elixir 1.99.0-otp-41 was built for erlang 41, not for erlang 40.0",
            "toolpin pin erlang latest:41",
        ),
        (
            "1.18.3",
            "28.0",
            "elixir 1.18.3 is not compatible with erlang 28.0",
            "toolpin pin erlang latest:27",
        ),
        (
            "1.18.3",
            "22.2",
            "elixir 1.18.3 is not compatible with erlang 22.2",
            "toolpin pin erlang latest:27",
        ),
    ],
)
def test_what_does_not_go_together_names_both_lines_and_the_fix(
    elixir: str, erlang: str, what: str, hint: str, registry: Registry
) -> None:
    with pytest.raises(ToolpinError) as caught:
        check_pairs(lockfile_requests(elixir, erlang), registry.get)
    assert (caught.value.what, caught.value.hint) == (what, hint)
    assert ("elixir", f"{FILE}:2") in caught.value.facts
    assert ("erlang", f"{FILE}:1") in caught.value.facts


def test_of_a_fallback_list_the_first_counts(registry: Registry) -> None:
    pins = [
        *lockfile_requests("1.18.3", "27.1"),
        (Pin("erlang", "22.2"), Origin(FILE, 1)),
    ]
    check_pairs(pins, registry.get)


def lockfile_requests(elixir: str, erlang: str) -> list[tuple[Pin, Origin]]:
    return [
        (Pin("erlang", erlang), Origin(FILE, 1)),
        (Pin("elixir", elixir), Origin(FILE, 2)),
    ]
