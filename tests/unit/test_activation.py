"""Entering and leaving an environment: nothing of the user's is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.model import EnvPatch
from toolpin.shell.activation import ACTIVE, STATE, State, entered, left, parse_state

SHIMS = "/data/shims"
TEN = EnvPatch(("/data/10/bin", "/data/go/bin"), (("A", "ten"), ("B", "go")))
TWELVE = EnvPatch(("/data/12/bin",), (("A", "twelve"),))


def _after(env: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    merged = {**env, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _enter(
    env: dict[str, str], patch: EnvPatch, *, in_front: bool = False
) -> dict[str, str]:
    return _after(env, entered(env, patch, SHIMS, message="", in_front=in_front))


def _block(patch: EnvPatch) -> str:
    return ":".join((*patch.path, SHIMS))


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
ENTRIES = st.lists(
    st.sampled_from(["", ".", "/usr/bin", "/bin", SHIMS, "/data/10/bin", "~/x"]),
    min_size=1,
)
PATCHES = st.sampled_from([EnvPatch((), ()), TEN, TWELVE])


@given(
    ENTRIES,
    st.dictionaries(st.sampled_from(["A", "B", "C"]), WORDS),
    st.lists(PATCHES, min_size=1),
)
def test_leaving_restores_the_environment_whatever_was_entered(
    entries: list[str], variables: dict[str, str], patches: list[EnvPatch]
) -> None:
    # An empty PATH is none: the default takes its place.
    start = {"PATH": ":".join(entries) or "/bin", **variables}
    env = _enter(start, patches[0], in_front=True)
    for patch in patches[1:]:
        env = _enter(env, patch)
    assert _after(env, left(env)) == start


@given(ENTRIES, PATCHES, PATCHES)
def test_entering_again_depends_on_the_last_patch_alone(
    entries: list[str], one: EnvPatch, other: EnvPatch
) -> None:
    start = {"PATH": ":".join(entries) or "/bin"}
    through = _enter(_enter(start, one, in_front=True), other)
    direct = _enter(start, other, in_front=True)
    states = [parse_state(env.pop(STATE)) for env in (through, direct)]
    assert through == direct
    # All but what has stood there before.
    first, second = [state._replace(past=()) for state in states]
    assert first == second


def test_an_older_path_that_is_put_back_loses_what_stood_in_it() -> None:
    env = _enter({"PATH": "/bin"}, TEN, in_front=True)
    old = f"/mine:{env['PATH']}"
    inside, outside = _enter(env, TWELVE), _enter(env, EnvPatch((), ()))
    for later, patch in ((inside, TWELVE), (outside, EnvPatch((), ()))):
        later["PATH"] = old
        assert _enter(later, patch)["PATH"] == f"/mine:{_block(patch)}:/bin"
        assert _after(later, left(later))["PATH"] == "/mine:/bin"


def test_the_state_does_not_grow_with_every_project() -> None:
    env = {"PATH": "/bin"}
    for number in range(100):
        env = _enter(env, EnvPatch((f"/data/{number}/bin",), ()))
    past = parse_state(env[STATE]).past
    assert past == tuple(f"/data/{number}/bin" for number in range(99, 67, -1))


def test_the_block_stays_behind_what_the_user_put_before_it() -> None:
    env = _enter({"PATH": "/bin"}, TEN, in_front=True)
    env["PATH"] = f"/mine:{env['PATH']}:/last"
    assert _enter(env, TWELVE)["PATH"] == f"/mine:{_block(TWELVE)}:/bin:/last"
    again = _enter(env, TWELVE, in_front=True)
    assert again["PATH"] == f"{_block(TWELVE)}:/mine:/bin:/last"


def test_a_torn_block_is_gathered_where_its_first_directory_stands() -> None:
    env = _enter({"PATH": "/a:/b"}, TEN, in_front=True)
    env["PATH"] = "/a:/data/go/bin:/b:/data/10/bin"
    assert _enter(env, TWELVE)["PATH"] == f"/a:{_block(TWELVE)}:/b"
    env["PATH"] = "/a:/b"
    assert _enter(env, TWELVE)["PATH"] == f"{_block(TWELVE)}:/a:/b"


def test_without_path_the_usual_one_follows() -> None:
    assert _enter({}, TEN)["PATH"] == f"{_block(TEN)}:/usr/local/bin:/usr/bin:/bin"


def test_what_the_user_changed_is_not_put_back() -> None:
    env = _enter({"PATH": "/bin", "A": "old"}, TEN)
    env["A"] = "mine"
    assert _after(env, left(env)) == {"PATH": "/bin", "A": "mine"}


def test_leaving_forgets_what_named_the_shell() -> None:
    env = {**_enter({"PATH": "/bin"}, TEN), ACTIVE: "bash"}
    assert _after(env, left(env)) == {"PATH": "/bin"}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        "[]",
        "{}",
        "[1]",
        '[["/a"],[],""]',
        '[["/a"],[["A"]],"",[]]',
        '[["/a"],[["A",1,null]],"",[]]',
        '[["/a"],[["A","x",2]],"",[]]',
        '[["/a"],[["A;reboot","x",null]],"",[]]',
        '[["/a"],[["LD_PRELOAD","x",null]],"",[]]',
        '[[1],[],"",[]]',
        '["ab",[],3,[]]',
        '[["/a"],[],"",[1]]',
        '[["/a"],[["A","x","\\ud800"]],"",[]]',
        '[["/a\\u0000"],[],"",[]]',
        "[" * 100_000,
        "null",
    ],
)
def test_hostile_65_a_forged_state_is_that_of_a_fresh_shell(text: str | None) -> None:
    assert parse_state(text) == State()
    env = {"PATH": "/bin", **({} if text is None else {STATE: text})}
    env["A;reboot"] = env["LD_PRELOAD"] = "x"
    assert _enter(env, TEN)["PATH"] == f"{_block(TEN)}:/bin"
