"""A short run of the fuzz targets; `python -m tests.fuzz.run` is the long one."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, EscapeError, Target, check

_WORDS = (
    *(b"\0", b"\n", b"\r", b'"', b"'", b"=", b"[", b"]", b"{", b"}", b"#", b" ", b"\\"),
    *(b"../", b"/etc/x", b"~", b"-rf", b"$(id)", b"\xff", b"\xe2\x80\xa8", b"\x1b[2J"),
    *(b"[[", b"]]", b'"""', b"null", b"1e999", b"-1", b"NaN", b"\xed\xa0\x80", b"%00"),
    *(b"9" * 5000, b"[" * 3000, b"a." * 2000, b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf"),
)


def inputs(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Return any bytes, or a seed of which places are cut, replaced and repeated."""
    places = st.floats(0, 1)
    pieces = st.one_of(st.sampled_from(_WORDS), st.binary(max_size=8))
    changes = st.lists(st.tuples(places, places, pieces), max_size=4)
    changed = st.builds(_changed, st.sampled_from(seeds), changes)
    return st.one_of(changed, changed, st.binary(max_size=400))


def _changed(seed: bytes, changes: list[tuple[float, float, bytes]]) -> bytes:
    for start, length, piece in changes:
        at = int(start * len(seed))
        end = at + int(length**8 * (len(seed) - at))  # mostly few bytes
        seed = seed[:at] + piece + seed[end:]
    return seed


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_crash_a_reader_or_lead_it_astray(name: str) -> None:
    target = TARGETS[name]

    @settings(
        max_examples=20 if name == "archive" else 80,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(inputs(target.seeds))
    def run(data: bytes) -> None:
        check(target, data)

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_are_understood(name: str) -> None:
    """A target whose seeds are all refused at their first byte tests nothing."""
    taken = 0
    for seed in TARGETS[name].seeds:
        check(TARGETS[name], seed)
        try:
            TARGETS[name].run(seed)
        except Exception:  # noqa: BLE001 - a seed may be for one of two readers
            continue
        taken += 1
    assert taken


@pytest.mark.parametrize(
    "does",
    [
        lambda _data: subprocess.run(["true"], check=False),
        lambda _data: os.mkdir("/tmp/never"),
        lambda _data: open("/tmp/never", "w").close(),
        lambda _data: os.symlink("x", "/tmp/never"),
    ],
)
def test_what_no_input_may_do_is_noticed(does: object) -> None:
    assert callable(does)
    with pytest.raises(EscapeError):
        check(Target(does, ()), b"")
