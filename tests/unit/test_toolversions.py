"""What `.tool-versions` says, and what it may not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.errors import UsageError
from toolpin.model import Origin, Request, Wanted
from toolpin.project.toolversions import (
    check_tool_name,
    edit,
    parse,
    parse_override,
    parse_wanted,
    variable_for,
)

FILE = "/srv/app/.tool-versions"
FLAG = Origin("--version")


def versions(data: bytes) -> list[tuple[str, str]]:
    return [
        (request.tool, " ".join(map(str, request.wanted)))
        for request in parse(data, FILE)
    ]


def refusal(data: bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(data, FILE)
    assert caught.value.exit_code == 2
    return caught.value


def place(error: UsageError) -> str:
    return dict(error.facts)["at"].removeprefix(FILE)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"\n \n\t\n# only\n", [], id="blank lines and a comment"),
        pytest.param(b"nodejs 20.11.0\n", [("nodejs", "20.11.0")], id="plain"),
        pytest.param(b"  nodejs   20  ", [("nodejs", "20")], id="blanks around"),
        pytest.param(b"a 1#b 2\n", [("a", "1")], id="comment without a blank"),
        pytest.param(b"a ref:x#1\n", [("a", "ref:x")], id="first # cuts a ref too"),
        pytest.param(
            b"elixir 1.17.3-otp-27 1.16.3-otp-26 system\n",
            [("elixir", "1.17.3-otp-27 1.16.3-otp-26 system")],
            id="fallbacks in order",
        ),
        pytest.param(
            b"b 2\na 1\nb 3\n", [("b", "2"), ("a", "1"), ("b", "3")], id="file order"
        ),
        pytest.param(
            "a 1 # 2\u00a0\u200d\u05d0 \u00e9".encode(), [("a", "1")], id="comment"
        ),
    ],
)
def test_a_file_holds_requests(data: bytes, found: list[tuple[str, str]]) -> None:
    assert versions(data) == found


def test_a_request_knows_the_line_and_column_of_its_tool() -> None:
    data = b"# pins\n\n  erlang 27.1\n"
    assert parse(data, FILE) == (
        Request("erlang", (Wanted("version", "27.1"),), Origin(FILE, 3, 3)),
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10.15.3", Wanted("version", "10.15.3")),
        ("1.17.3-otp-27", Wanted("version", "1.17.3-otp-27")),
        ("21.0.1+12~x_y", Wanted("version", "21.0.1+12~x_y")),
        ("lts", Wanted("version", "lts")),
        ("system", Wanted("system", "")),
        ("latest", Wanted("latest", "")),
        ("latest:27", Wanted("latest", "27")),
        ("ref:v1.2", Wanted("ref", "v1.2")),
        ("ref:feature/a-b", Wanted("ref", "feature/a-b")),
        ("path:/opt/otp", Wanted("path", "/opt/otp")),
        ("path:~/src/elixir", Wanted("path", "~/src/elixir")),
    ],
)
def test_a_word_names_one_alternative(text: str, wanted: Wanted) -> None:
    assert parse_wanted(text, FLAG) == wanted
    assert str(wanted) == text


@pytest.mark.parametrize(
    "word",
    [
        "../../../tmp/x",
        "/tmp/x",
        ".",
        "..",
        "",
        "~",
        "-rf",
        "--help",
        "con:",
        "x" * 129,
        "1" * 5_000,
        "latest:",
        "latest:../x",
        "system:",
        "20/x",
        "lts/hydrogen",
        "_1",
    ],
)
def test_hostile_54_a_version_that_leaves_its_directory_is_refused(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_wanted(word, FLAG)
    assert len(caught.value.render()) < 600


@pytest.mark.parametrize(
    "word",
    [
        "$(id)",
        "`id`",
        "1;id",
        "1|id",
        "1&id",
        "1\n2",
        "'1'",
        '"1"',
        "{{x}}",
        "%00",
        "1*",
    ],
)
def test_hostile_55_a_version_with_shell_or_template_text_is_refused(word: str) -> None:
    for text in (word, f"latest:{word}", f"ref:{word}"):
        with pytest.raises(UsageError) as caught:
            parse_wanted(text, FLAG)
        assert "\n" not in caught.value.what


@pytest.mark.parametrize(
    ("name", "column", "received"),
    [
        pytest.param("Nodejs", 1, "'N'", id="upper case"),
        pytest.param("node/js", 5, "'/'", id="slash"),
        pytest.param("..", 1, ". at the start", id="dots"),
        pytest.param("../x", 3, "'/'", id="parent"),
        pytest.param("node\\js", 5, "'\\\\'", id="backslash"),
        pytest.param("-rf", 1, "- at the start", id="leading dash"),
        pytest.param("n\u043edejs", 2, "U+043E", id="cyrillic o"),
        pytest.param("node\u200bjs", 5, "U+200B", id="zero width"),
        pytest.param("n" * 65, 1, "65 characters", id="too long"),
    ],
)
def test_hostile_56_a_tool_name_that_is_none_is_refused(
    name: str, column: int, received: str
) -> None:
    error = refusal(f"erlang 27\n{name} 1\n".encode())
    assert place(error) == f":2:{column}"
    assert dict(error.facts)["received"] == received
    with pytest.raises(UsageError):
        check_tool_name(name, FLAG)


@pytest.mark.parametrize(
    "word",
    [
        "path:",
        "path:src",
        "path:~",
        "path:~root/x",
        "path:$HOME/x",
        "path:/a:/b",
        "path:/a b",
        "path:/a/../dev/fd/3",
        "path:~/../x",
        "path:/a/..",
        "path:/a#b",
        "path:/a\nb",
        "path:/a\u202eb",
        "ref:",
        "ref:-x",
        "ref:--upload-pack=x",
        "ref:/etc",
        "ref:a..b",
        "ref:../x",
        "ref:a//b",
        "ref:a/",
        "ref:a/.b",
        "ref:a.",
        "ref:a.lock",
        "ref:a@{1}",
        "ref:a^",
        "ref:a:b",
        "git:x",
    ],
)
def test_hostile_57_a_path_or_ref_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        parse_wanted(word, FLAG)


@pytest.mark.parametrize("path", ["/a/$(id)/;x", "/a/..b/x", "~/`x`", "/é"])
def test_hostile_57_a_path_is_taken_literally(path: str) -> None:
    assert parse_wanted(f"path:{path}", FLAG) == Wanted("path", path)


def test_hostile_58_repeated_tools_and_many_versions_keep_their_order() -> None:
    many = " ".join(str(number) for number in range(1_000))
    assert versions(f"a {many}\n".encode()) == [("a", many)]
    assert versions(b"a 1\nb 3\na 2 3\n") == [("a", "1"), ("b", "3"), ("a", "2 3")]


def test_hostile_58_too_many_versions_in_a_file_are_refused() -> None:
    lines = [b"a%d 1 2\n" % number for number in range(501)]
    assert len(versions(b"".join(lines[:500]))) == 500
    error = refusal(b"".join(lines))
    assert error.what == f"{FILE} names more than 1000 versions"
    assert dict(error.facts)["at"] == f"{FILE}:501:1"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"nodejs 20\r\nerlang 27\r\n", id="crlf"),
        pytest.param(b"\xef\xbb\xbfnodejs 20\nerlang 27\n", id="bom"),
        pytest.param(b"\tnodejs\t20\nerlang \t 27\t\n", id="tabs"),
        pytest.param(b"nodejs 20\nerlang 27", id="no final newline"),
        pytest.param(b"nodejs 20 # why\nerlang 27 #", id="trailing comments"),
    ],
)
def test_hostile_59_ways_to_write_the_same_file_are_one(data: bytes) -> None:
    assert versions(data) == [("nodejs", "20"), ("erlang", "27")]


@pytest.mark.parametrize(
    ("data", "at"),
    [
        pytest.param(b"a 1\nb\x00 2\n", ":2:2", id="nul"),
        pytest.param(b"a 1\rb 2\n", ":1:4", id="lone cr"),
        pytest.param(b"a 1\r", ":1:4", id="cr at the end"),
        pytest.param(b"a 1\r\r\n", ":1:4", id="two cr"),
        pytest.param(b"a 1 # \x1b[31m\n", ":1:7", id="escape in a comment"),
        pytest.param("a 1 # \x85\n".encode(), ":1:7", id="c1 control"),
        pytest.param("a 1\u2028b 2\n".encode(), ":1:4", id="line separator"),
        pytest.param("a 1\u2029b 2\n".encode(), ":1:4", id="paragraph separator"),
        pytest.param("a 1 # \u202ex\n".encode(), ":1:7", id="rtl override"),
        pytest.param("a 1 # \u2066x\n".encode(), ":1:7", id="isolate"),
        pytest.param("\u00e9".encode() + b"\xff", ":1:2", id="invalid utf-8"),
        pytest.param(b"a 1\n# \xed\xa0\x80", ":2:3", id="encoded surrogate"),
        pytest.param("a 1\n".encode("utf-16"), ":1:1", id="utf-16"),
        pytest.param("a 1\n".encode("utf-16-le"), ":1:2", id="utf-16 without a mark"),
        pytest.param("\ufeff\ufeffa 1".encode(), ":1:1", id="two byte order marks"),
        pytest.param("a\u00a01".encode(), ":1:2", id="no-break space"),
    ],
)
def test_hostile_60_bytes_that_are_not_plain_text_are_refused(
    data: bytes, at: str
) -> None:
    error = refusal(data)
    assert place(error) == at
    assert error.render().replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("nodejs@10", "pin nodejs 10"),
        ("nodejs=10", "pin nodejs 10"),
        ("nodejs==10.1", "pin nodejs 10.1"),
        ("nodejs: 10", "pin nodejs 10"),
        ("NodeJS 10 RC", "pin nodejs 10 RC"),
        ("nodejs", "pin nodejs latest"),
        ("nodejs # 10", "pin nodejs latest"),
        ("nodejs >=22", "pin nodejs 22"),
        ('nodejs 20 "22"', "pin nodejs 20 22"),
        ("nodejs 22;", "pin nodejs 22"),
        ("nodejs <22", "list-all nodejs"),
        ("nodejs ;", "list-all nodejs"),
        ("nodejs path:x", None),
        ("@scope/x 1", None),
        ("Node", None),
    ],
)
def test_a_wrong_line_is_shown_with_what_it_was_meant_to_be(
    line: str, hint: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        parse(f"a 1\r\n{line}\r\n".encode(), ".tool-versions")
    error = caught.value
    assert dict(error.facts)["line"] == line
    assert error.hint == (hint and f"toolpin {hint}")


def test_a_line_of_another_directory_is_fixed_there() -> None:
    with pytest.raises(UsageError) as caught:
        parse(b"nodejs\n", "/srv/my app/.tool-versions")
    assert caught.value.hint == "toolpin -C '/srv/my app' pin nodejs latest"


@pytest.mark.parametrize("place", ["/srv/.asdf-tools", "/a\ntoolpin: b/.tool-versions"])
def test_a_file_that_pin_would_not_write_gets_no_command(place: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(b"nodejs\n", place)
    assert caught.value.hint is None


def test_a_line_that_was_meant_for_a_tool_is_edited_as_its_own() -> None:
    wanted = (Wanted("version", "22"),)
    for line in (b"nodejs@10", b"NodeJS 10", b"nodejs=10", b"nodejs", b"nodejs <9"):
        assert edit(b"a 1\n%s # x\n" % line, ("nodejs",), wanted) == (
            b"a 1\nnodejs 22 # x\n"
        )


def test_a_wrong_version_is_pointed_at() -> None:
    assert place(refusal(b"a 1\nerlang  27 ref:a^b\n")) == ":2:17"
    assert place(refusal(b"erlang latest:\n")) == ":1:15"


def test_a_newline_in_a_directory_name_adds_no_line_to_an_error() -> None:
    with pytest.raises(UsageError) as caught:
        parse(b"A 1", "/a\ntoolpin: all is well/.tool-versions")
    assert "\n" not in dict(caught.value.facts)["at"]


def test_a_variable_holds_alternatives() -> None:
    assert parse_override(" 20\tsystem ", "nodejs", "TOOLPIN_NODEJS_VERSION") == (
        Request(
            "nodejs",
            (Wanted("version", "20"), Wanted("system", "")),
            Origin("TOOLPIN_NODEJS_VERSION"),
        )
    )


@pytest.mark.parametrize(
    "text",
    ["", " ", "\t", "../../x", "1\n2", "\n", "1\r", "1\u00a02", "\udcff", "1 # x"],
)
def test_hostile_64_a_variable_is_judged_like_a_file(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_override(text, "erlang", "TOOLPIN_ERLANG_VERSION")
    assert dict(caught.value.facts)["at"] == "TOOLPIN_ERLANG_VERSION"
    assert caught.value.render().replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("tool", "variable"),
    [
        ("nodejs", "TOOLPIN_NODEJS_VERSION"),
        ("aws-cli", "TOOLPIN_AWS_CLI_VERSION"),
        ("a.b_c", "TOOLPIN_A_B_C_VERSION"),
        ("path", "TOOLPIN_PATH_VERSION"),
    ],
)
def test_hostile_66_a_variable_has_a_fixed_prefix(tool: str, variable: str) -> None:
    assert variable_for(tool) == variable


LINES = st.lists(
    st.text(alphabet="aA1 .-_:/~@#\t\r\0\u2028\u202e\ufeffé", max_size=20), max_size=6
).map("\n".join)


@given(st.binary(max_size=80) | LINES.map(str.encode))
def test_any_bytes_give_requests_or_a_usage_error(data: bytes) -> None:
    try:
        result = parse(data, FILE)
    except UsageError:
        assert place(refusal(data)).count(":") == 2
        return
    again = "".join(
        f"{request.tool} {' '.join(map(str, request.wanted))}\n" for request in result
    )
    assert versions(again.encode()) == versions(data)


@given(st.text(max_size=30))
def test_any_text_is_an_alternative_or_a_usage_error(text: str) -> None:
    try:
        wanted = parse_wanted(text, FLAG)
    except UsageError:
        return
    assert str(wanted) == text
    assert versions(f"a {text}\n".encode()) == [("a", text)]


def test_hostile_61_a_mebibyte_in_one_line_is_refused() -> None:
    assert "more than 1000 versions" in refusal(b"a" + b" 1" * 500_000).what
    assert len(refusal(b"x" * (1 << 20)).render()) < 600
