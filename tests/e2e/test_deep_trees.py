"""Trees nested deeper than Python recurses end no command, and all of them go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deep import deep_tree, removed_afterwards
from tests.support.run import Home
from tests.support.upstream import Upstream


@pytest.fixture
def store(home: Home, upstream: Upstream) -> Iterator[Home]:
    """A machine with a version, and another one to be had."""
    upstream.publish("22.1.0")
    upstream.publish("22.2.0")
    with removed_afterwards(home.data), removed_afterwards(home.cache):
        home.pin("nodejs 22.1.0\n")
        assert home.toolpin("install").code == 0
        yield home


def _remains(store: Home) -> Path:
    return deep_tree(store.data / "staging/erlang@27.1")


def test_hostile_87_what_is_left_in_staging_is_swept_by_the_next_install(
    store: Home,
) -> None:
    remains = _remains(store)
    result = store.toolpin("install", "nodejs", "22.2.0")
    assert result.code == 0, result.err
    assert not remains.exists()


def test_hostile_87_doctor_finds_what_is_left_and_its_command_removes_it(
    store: Home,
) -> None:
    remains = _remains(store)
    (remains / "closed").mkdir(mode=0o500)
    result = store.toolpin("doctor")
    assert result.code == 1
    assert "remains of erlang 27.1 use disk space" in result.out
    tries = [line for line in result.out.splitlines() if str(remains) in line]
    fix = tries[-1].partition("try: ")[2]
    assert store.run("sh", "-c", fix).code == 0
    assert not remains.exists()
    assert "what is left of" not in store.toolpin("doctor").out


def test_hostile_87_a_deep_install_or_cache_is_no_bug(store: Home) -> None:
    """One command after the other; what one removes is there again for the next."""
    places = [
        store.data / "installs/nodejs/22.1.0/lib/deep",
        store.cache / "ci/archives/deep",
        store.cache / "plans/deep",
    ]
    for line in (
        "list",
        "verify",
        "doctor",
        "prune",
        "ci install",
        "install nodejs 22.2.0",
        "cache clean",
        "uninstall nodejs 22.1.0",
    ):
        for place in places:
            if not place.exists():
                deep_tree(place)
        result = store.toolpin(*line.split())
        assert result.code in (0, 1), (line, result.err)
        assert "bug" not in result.err, line
    assert not (store.data / "installs/nodejs/22.1.0").exists()
