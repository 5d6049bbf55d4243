"""Setting a version changes one line, and of that line its versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.errors import UsageError
from toolpin.model import Origin, Wanted
from toolpin.project.toolversions import edit, parse, parse_wanted

NODE = ("nodejs", "node")
V22 = (Wanted("version", "22.1.0"),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"", b"nodejs 22.1.0\n", id="empty"),
        pytest.param(b"\xef\xbb\xbf", b"\xef\xbb\xbfnodejs 22.1.0\n", id="only a mark"),
        pytest.param(b"nodejs 20\n", b"nodejs 22.1.0\n", id="plain"),
        pytest.param(b"node 20\n", b"node 22.1.0\n", id="the name as written"),
        pytest.param(b"nodejs 20", b"nodejs 22.1.0", id="no final newline"),
        pytest.param(
            b"\t nodejs \t20 18  # why\n", b"\t nodejs \t22.1.0  # why\n", id="blanks"
        ),
        pytest.param(b"nodejs 20#why\n", b"nodejs 22.1.0#why\n", id="touching comment"),
        pytest.param(
            b"nodejs  # why\n", b"nodejs 22.1.0  # why\n", id="no version yet"
        ),
        pytest.param(b"nodejs", b"nodejs 22.1.0", id="only a name"),
        pytest.param(
            b"# nodejs 1\nnodejs 2\nnodejs 3\n",
            b"# nodejs 1\nnodejs 22.1.0\nnodejs 3\n",
            id="the first line that counts",
        ),
        pytest.param(
            b"node 2\nnodejs 3\n", b"node 22.1.0\nnodejs 3\n", id="the first alias"
        ),
        pytest.param(b"erlang 27\n", b"erlang 27\nnodejs 22.1.0\n", id="added"),
        pytest.param(
            b"erlang 27", b"erlang 27\nnodejs 22.1.0\n", id="added after a newline"
        ),
        pytest.param(
            b"erlang 27\n\n# end\n\n",
            b"erlang 27\n\n# end\n\nnodejs 22.1.0\n",
            id="added after blank lines",
        ),
        pytest.param(
            b"\xef\xbb\xbfa 1\r\nnodejs 2 # x\r\n",
            b"\xef\xbb\xbfa 1\r\nnodejs 22.1.0 # x\r\n",
            id="crlf and mark",
        ),
        pytest.param(
            b"a 1\r\nb 2", b"a 1\r\nb 2\r\nnodejs 22.1.0\r\n", id="added to crlf"
        ),
        pytest.param(
            b"a 1\r\nb 2\nc 3\n",
            b"a 1\r\nb 2\nc 3\nnodejs 22.1.0\n",
            id="added to mixed line ends",
        ),
        pytest.param(
            b"nodejs-lts 1\nnode/x 2\n",
            b"nodejs-lts 1\nnode/x 2\nnodejs 22.1.0\n",
            id="names that only begin alike",
        ),
    ],
)
def test_only_the_versions_change(before: bytes, after: bytes) -> None:
    assert edit(before, NODE, V22) == after


def test_several_versions_become_a_fallback_list() -> None:
    wanted = (Wanted("latest", "22"), Wanted("path", "/opt/node"), Wanted("system", ""))
    assert edit(b"nodejs 1 2\n", NODE, wanted) == (
        b"nodejs latest:22 path:/opt/node system\n"
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("nodejs 1\n".encode("utf-16"), id="utf-16"),
        pytest.param(b"nodejs 1\n\xff", id="not utf-8"),
        pytest.param(b"erlang 1\rnodejs 2\n", id="lone cr"),
        pytest.param(b"n\0o\0", id="nul"),
    ],
)
def test_hostile_60_what_is_not_plain_text_is_not_edited(data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        edit(data, NODE, V22, place="/a/.tool-versions")
    assert dict(caught.value.facts)["at"].startswith("/a/.tool-versions:")


NAMES = st.sampled_from(["nodejs", "node", "erlang", "elixir"])
WORDS = st.sampled_from(["1", "2.0.0-rc.1", "system", "latest:3", "path:/x", "ref:a/b"])
BLANKS = st.text(alphabet=" \t", min_size=1, max_size=3)
COMMENTS = st.sampled_from(["", " # why", "#", "\t# nodejs 9 é"])
PINS = st.builds(
    lambda gap, name, words, comment: gap[1:] + gap.join([name, *words]) + comment,
    BLANKS,
    NAMES,
    st.lists(WORDS, min_size=1, max_size=3),
    COMMENTS,
)
FILES = st.builds(
    lambda mark, lines, newline, last: (mark + newline.join([*lines, last])).encode(),
    st.sampled_from(["", "\ufeff"]),
    st.lists(PINS | COMMENTS | BLANKS, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.just("") | PINS,
)
WANTED = st.lists(WORDS, min_size=1, max_size=3).map(
    lambda words: tuple(parse_wanted(word, Origin("test")) for word in words)
)


@given(FILES, WANTED)
def test_what_was_set_is_what_is_read(data: bytes, wanted: tuple[Wanted, ...]) -> None:
    after = edit(data, NODE, wanted)
    requests = [request for request in parse(after, "x") if request.tool in NODE]
    assert requests[0].wanted == wanted
    assert edit(after, NODE, wanted) == after


@given(FILES, WANTED)
def test_every_other_line_stays_as_it_was(
    data: bytes, wanted: tuple[Wanted, ...]
) -> None:
    hit = next((r.origin.line for r in parse(data, "x") if r.tool in NODE), None)
    before = data.split(b"\n")
    after = edit(data, NODE, wanted).split(b"\n")
    if hit is None:
        assert b"\n".join(after).startswith(data)
    else:
        assert after[: hit - 1] + after[hit:] == before[: hit - 1] + before[hit:]


@given(st.binary(max_size=60), WANTED)
def test_any_bytes_are_edited_or_a_usage_error(
    data: bytes, wanted: tuple[Wanted, ...]
) -> None:
    try:
        after = edit(data, NODE, wanted)
    except UsageError:
        return
    assert len(after) > 0
