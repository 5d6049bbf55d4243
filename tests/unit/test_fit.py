"""Which builds run on a host, and which of them fits best."""

from __future__ import annotations

import pytest

from toolpin.binaries.fit import best, lacks
from toolpin.model import Build, Host

OLD = Build((), (("glibc", "2.31"),))
NEW = Build((), (("glibc", "2.39"),))
ANY = Build((), ())


@pytest.mark.parametrize(
    ("glibc", "builds", "expected"),
    [
        ("2.41", [OLD, NEW, ANY], NEW),
        ("2.36", [OLD, NEW, ANY], OLD),
        ("2.28", [OLD, NEW, ANY], ANY),
        ("2.28", [OLD, NEW], None),
        ("", [NEW, OLD], OLD),  # nobody knows: that which asks least
    ],
)
def test_the_build_that_asks_most_and_still_runs_is_the_best(
    glibc: str, builds: list[Build], expected: Build | None
) -> None:
    host = Host("linux", "x64", "glibc", glibc)
    assert best(builds, host, lambda build: build) == expected


@pytest.mark.parametrize(
    ("host", "requires", "expected"),
    [
        (Host("linux", "x64", "glibc", "2.36"), ("musl", "1.2"), ("musl 1.2",)),
        (Host("linux", "x64", "musl", ""), ("glibc", "2.17"), ("glibc 2.17",)),
        (Host("linux", "x64", "musl", ""), ("musl", "1.2"), ()),  # of unknown version
        (Host("linux", "x64", "glibc", "2.36"), ("macos", "13.0"), ("macos 13.0",)),
        (Host("macos", "x64", "", "14.5"), ("macos", "13.0"), ()),
        (Host("linux", "x64", "glibc", "2.36"), ("soname", "libz.so.1"), ()),
        (
            Host("linux", "x64", "glibc", "2.36", frozenset()),
            ("soname", "libz.so.1"),
            ("libz.so.1",),
        ),
        (Host("linux", "x64", "glibc", "2.36"), ("cpu", "3"), ()),  # nobody can judge
    ],
)
def test_what_a_host_has_not_is_named(
    host: Host, requires: tuple[str, str], expected: tuple[str, ...]
) -> None:
    assert lacks(host, Build((), (requires,))) == expected
