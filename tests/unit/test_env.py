"""Records: every value survives, in toolpin and in sh; nothing else is a record."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolpin.env_patch import (
    DEFAULT_PATH,
    apply,
    parse_record,
    render_record,
    settle,
)
from toolpin.errors import ToolpinError
from toolpin.model import EnvPatch, Home
from toolpin.shell.env_formats import render_env

_ANY = st.text(
    st.one_of(
        st.sampled_from("'\"\\$`\n\t !*?[]#=:;&|\r\x01\x81\x7f"),
        st.characters(exclude_characters="\0\x1d", exclude_categories=["Cs"]),
        # What os.fsdecode makes of bytes that are not UTF-8.
        st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]),
    ),
    max_size=20,
)
_DIRECTORY = _ANY.filter(lambda text: ":" not in text).map("/{}".format)
# A directory that depends on the version of another tool.
_OPEN = st.one_of(_DIRECTORY, st.builds("{}\x1d{}".format, _DIRECTORY, _DIRECTORY))
_VARIABLES = st.lists(
    st.tuples(st.from_regex(r"\AX[A-Za-z0-9_]{0,8}\Z"), _ANY),
    max_size=3,
    unique_by=lambda pair: pair[0],
)
_HOMES = st.lists(
    st.builds(
        Home,
        st.from_regex(r"\AH[A-Za-z0-9_]{0,8}\Z"),
        _DIRECTORY,
        _OPEN,
        st.lists(st.from_regex(r"\AV[A-Z]{0,3}\Z"), max_size=2).map(tuple),
    ),
    max_size=2,
    unique_by=lambda home: home.variable,
)
_MAJORS = st.from_regex(r"\A[0-9]{0,3}\Z")
_BEHIND = st.lists(
    st.from_regex(r"\A\$\{C[A-Z_]{0,4}:-\$HOME/\.?[a-z]{1,4}(/[a-z-]{1,3})?\}/bin\Z"),
    max_size=2,
)
PATCHES = st.builds(
    EnvPatch,
    st.lists(_OPEN, max_size=3).map(tuple),
    _VARIABLES.map(tuple),
    _HOMES.map(tuple),
    _MAJORS,
    behind=_BEHIND.map(tuple),
    plugin=st.just("") | _DIRECTORY,
)


@given(PATCHES)
def test_a_record_reads_back_as_the_patch_it_was(patch: EnvPatch) -> None:
    assert parse_record(render_record(patch)) == patch


@settings(max_examples=60, deadline=None)
@given(PATCHES, _MAJORS)
def test_sh_reads_the_values_that_were_written(patch: EnvPatch, major: str) -> None:
    """As Python does: both know the major version of the tool that is required."""
    settled = settle(patch, major, {})
    shown = "".join(f'printf "%s\\0" "${name}"\n' for name, _ in settled.variables)
    record = f"toolpin_major={major}\n{render_record(patch)}"
    # As a function: the record of what asks its plugin returns, as when it is sourced.
    status = int(patch.runtime_scripts == "all")
    script = f"use() {{\n{record}}}\nuse || [ $? = {status} ] || exit\n"
    script += f'printf "%s\\0" "$toolpin_bins" "$toolpin_major"\n{shown}'
    out = subprocess.run(
        ["sh"], input=os.fsencode(script), capture_output=True, check=True, env={}
    )
    assert out.stderr == b""
    bins, own, *values = map(os.fsdecode, out.stdout.split(b"\0")[:-1])
    assert bins == ":".join(settled.path)
    assert own == patch.major or (not patch.major and own == major)
    assert values == [value for _, value in settled.variables]


OWN = EnvPatch(("/t/bin",), (), behind=("${CARGO_HOME:-$HOME/.cargo}/bin",))


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"HOME": "/home/ana"}, "/home/ana/.cargo/bin"),
        ({"HOME": "/home/ana", "CARGO_HOME": ""}, "/home/ana/.cargo/bin"),
        ({"HOME": "/home/ana", "CARGO_HOME": "/c a$(x)"}, "/c a$(x)/bin"),
        ({"HOME": "/home/ana", "CARGO_HOME": "relative"}, ""),
        ({"HOME": ""}, "/.cargo/bin"),
    ],
)
def test_a_users_own_directory_is_that_of_the_environment(
    env: dict[str, str], expected: str
) -> None:
    assert settle(OWN, "", env).behind == ((expected,) if expected else ())
    script = f'{render_record(OWN)}printf %s "$toolpin_behind"'
    out = subprocess.run(
        ["sh", "-c", script], env=env, capture_output=True, text=True, check=True
    )
    assert out.stdout == (expected and f":{expected}")


@pytest.mark.parametrize(
    "directory",
    [
        "${CARGO_HOME:-$HOME/$(id)}/bin",
        "${CARGO_HOME:-$HOME/.cargo}/../bin",
        "${CARGO_HOME:-$HOME/.cargo}",
        "${CARGO_HOME:-$HOME/.cargo}}/bin",
        "${PATH:-$HOME/.cargo}/bin",
        "${LD_PRELOAD:-$HOME/.cargo}/bin",
        "${A;B:-$HOME/.cargo}/bin",
        "bin",
    ],
)
def test_a_record_holds_no_other_expansion(directory: str) -> None:
    with pytest.raises(ToolpinError):
        render_record(OWN._replace(behind=(directory,)))


HOMES = EnvPatch(
    ("/t/bin", "/s/1.17-otp-\x1d/escripts"),
    (),
    (Home("MIX_HOME", "/s", "/s/1.17-otp-\x1d"),),
    "1",
)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (None, "/s/1.17-otp-27"),
        ("", "/s/1.17-otp-27"),
        ("/home/ana/.mix", "/home/ana/.mix"),
        ("/s/1.14-otp-25", "/s/1.17-otp-27"),  # another project's, not the user's
        ("/sorry", "/sorry"),
    ],
)
def test_a_home_is_set_unless_the_user_has_set_it(
    theirs: str | None, expected: str
) -> None:
    env = {} if theirs is None else {"MIX_HOME": theirs}
    settled = settle(HOMES, "27", env)
    assert settled.path == ("/t/bin", "/s/1.17-otp-27/escripts")
    assert apply(settled, env, "/shims")["MIX_HOME"] == expected
    script = f'toolpin_major=27\n{render_record(HOMES)}printf %s "$MIX_HOME"'
    out = subprocess.run(
        ["sh", "-c", script], env=env, capture_output=True, text=True, check=True
    )
    assert out.stdout == expected


DEFAULTS = EnvPatch(
    ("/i/go/1.2/bin",),
    (),
    (
        Home("GOBIN", "/i/go", "/i/go/1.2/bin", ("GOPATH", "GOX")),
        Home("GOTOOLCHAIN", "local", "local"),
    ),
)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({}, "/i/go/1.2/bin local"),
        ({"GOBIN": "/home/ana/bin"}, "/home/ana/bin local"),
        ({"GOPATH": "/home/ana/go"}, " local"),
        ({"GOX": "1"}, " local"),
        ({"GOBIN": "/i/go/1.1/bin", "GOPATH": ""}, "/i/go/1.2/bin local"),
        ({"GOTOOLCHAIN": "auto"}, "/i/go/1.2/bin auto"),
        ({"GOTOOLCHAIN": "go1.26.1+auto"}, "/i/go/1.2/bin go1.26.1+auto"),
    ],
)
def test_a_default_is_set_unless_the_user_has_set_it_or_what_counts_as_it(
    theirs: dict[str, str], expected: str
) -> None:
    settled = settle(DEFAULTS, "", theirs)
    child = apply(settled, theirs, "/shims")
    assert f"{child.get('GOBIN', '')} {child['GOTOOLCHAIN']}" == expected
    assert parse_record(render_record(DEFAULTS)) == DEFAULTS
    script = f'{render_record(DEFAULTS)}printf "%s %s" "${{GOBIN-}}" "$GOTOOLCHAIN"'
    out = subprocess.run(
        ["sh", "-c", script], env=theirs, capture_output=True, text=True, check=True
    )
    assert out.stdout == expected


def test_what_toolpin_has_set_itself_stays_set() -> None:
    """An activated shell has the values of its last prompt."""
    first = dict(settle(DEFAULTS, "", {}).variables)
    assert dict(settle(DEFAULTS, "", first).variables) == first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "toolpin_bins=/a\n",
        "toolpin_bins='/a'",
        "toolpin_bins='/a'\nexport X=1\n",
        "toolpin_bins='/a'\nX='1'\n",
        "toolpin_bins='/a'\nexport X='1'; rm -rf ~\n",
        "toolpin_bins='/a'\nexport X='$(id)''b'\n",
        "toolpin_bins='/a'\n\nexport X='1'\n",
        "toolpin_bins='/a'\nexport PATH='/b'\n",
        "toolpin_bins='a'\n",
        "toolpin_bins='/a",
        "# toolpin_bins='/a'\n",
    ],
)
def test_any_other_text_is_no_record(text: str) -> None:
    with pytest.raises(ToolpinError):
        parse_record(text)


@pytest.mark.parametrize(
    "name",
    [
        *"PATH IFS ENV BASH_ENV LD_PRELOAD DYLD_X toolpin_bins _toolpin_x".split(),
        *("_tp_x", "UID", "A-B", "1A", "", "A B", "A\n", "É"),
    ],
)
def test_hostile_66_a_tool_cannot_set_this_variable(name: str) -> None:
    with pytest.raises(ToolpinError):
        render_record(EnvPatch((), ((name, "x"),)))
    with pytest.raises(ToolpinError):
        render_env("sh", EnvPatch((), ((name, "x"),)), (), "")


@pytest.mark.parametrize("directory", ["", "bin", "/a:/b", "/a\0"])
def test_path_takes_only_absolute_directories(directory: str) -> None:
    with pytest.raises(ToolpinError):
        render_record(EnvPatch((directory,), ()))


# The caller's PATH, and the child's: a test of the shims has them, too.
PATHS = [
    (None, f"/t/bin:/shims:{DEFAULT_PATH}"),
    ("", f"/t/bin:/shims:{DEFAULT_PATH}"),
    ("/usr/bin", "/t/bin:/shims:/usr/bin"),
    ("/shims", "/t/bin:/shims"),
    ("/shims:/usr/bin", "/t/bin:/shims:/usr/bin"),
    ("/old:/shims:/usr/bin:/shims", "/t/bin:/shims:/old:/usr/bin"),
    ("/t/bin:/usr/bin", "/t/bin:/shims:/usr/bin"),
    ("/t/bin:/shims:/usr/bin", "/t/bin:/shims:/usr/bin"),
    ("/t/bin:/old:/shims", "/t/bin:/shims:/old"),
    ("/t/binary", "/t/bin:/shims:/t/binary"),
    (":/usr/bin:", "/t/bin:/shims::/usr/bin:"),
]


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_the_bins_come_first_and_the_shims_behind_them(
    path: str | None, expected: str
) -> None:
    env = {} if path is None else {"PATH": path}
    child = apply(EnvPatch(("/t/bin",), (("X", "1"),)), {**env, "Y": "2"}, "/shims")
    assert child == {"PATH": expected, "X": "1", "Y": "2"}


def test_a_users_shell_takes_the_patch() -> None:
    text = render_env("sh", EnvPatch(("/it's/bin",), (("X", "a'b"),)), (), "")
    script = f'PATH=/usr/bin\n{text}printf "%s|%s" "$PATH" "$X"'
    out = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert out.stdout == b"/it's/bin:/usr/bin|a'b"
