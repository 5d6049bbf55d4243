"""Help, and what a mistyped command line is answered with."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.terminal import Terminal
from toolpin.cli import ALIASES, VERBS, command_in, parser_of
from toolpin.command_errors import FOREIGN
from toolpin.help import EXAMPLES, GROUPS

# Of 80x24, without the line of the next prompt.
LINES = 23
COLUMNS = 80


@pytest.mark.parametrize("name", ["", "options", *VERBS])
def test_every_page_fits_one_screen(home: Home, name: str) -> None:
    shown = home.toolpin("help", *([name] if name else []))
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= COLUMNS


def test_the_first_screen_has_every_command_in_one_group(home: Home) -> None:
    named = " ".join(" ".join(group) for group in GROUPS.values()).split()
    assert sorted(named) == sorted(set(VERBS) - {"help"})
    words = home.toolpin().out.split()
    assert set(named) <= set(words)


def test_the_first_screen_is_whole_in_a_small_terminal(home: Home) -> None:
    with Terminal(*TOOLPIN, "--help", env=home.env, cwd=home.project, columns=80) as it:
        screen = it.until("toolpin help options").splitlines()
    assert screen[0].startswith("usage: toolpin")
    assert len(screen) <= LINES


def test_help_of_a_subcommand_and_the_option_are_one(home: Home) -> None:
    page = home.toolpin("help", "plugin", "add")
    assert page.code == 0
    assert page.out == home.toolpin("plugin", "add", "--help").out
    assert "--force" in page.out
    assert page.out.splitlines()[1] == "Add a TOML file or an asdf plugin."


def test_help_of_help_is_the_first_screen(home: Home) -> None:
    page = home.toolpin("help", "--help")
    assert (page.code, page.out) == (0, home.toolpin("help").out)


def test_use_is_on_the_first_screen_and_has_its_own_page(home: Home) -> None:
    assert "use       pin a version of a tool, and install it" in home.toolpin().out
    page = home.toolpin("use", "--help")
    assert page.out.startswith("usage: toolpin use [OPTION...] TOOL")
    assert "--install" not in page.out


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_an_example_is_a_command_line_that_is_accepted(name: str) -> None:
    for line, _ in EXAMPLES[name]:
        text = line.removeprefix('eval "$(').removesuffix(')"').split(" | ")[0]
        program, *words = shlex.split(text)
        assert program == "toolpin"
        command, *rest = (ALIASES.get(words[0], words[0]), *words[1:])
        assert command_in(words) == (VERBS[name].module.rstrip("_") or name).replace(
            "_", "-"
        )
        if VERBS[command].module:
            parser_of(command).parse_args(rest)


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("lits", "lits is not a toolpin command", "toolpin list"),
        ("local nodejs 20", "local is not a toolpin command", "toolpin pin nodejs 20"),
        (
            "global nodejs 20",
            "global is not a toolpin command",
            "toolpin pin --home nodejs 20",
        ),
        ("-C / x npm ci", "x is not a toolpin command", "toolpin -C / exec npm ci"),
        ("i nodejs 20", "i is not a toolpin command", "toolpin install nodejs 20"),
        ("info", "info is not a toolpin command", "toolpin doctor"),
        ("frobnicate", "frobnicate is not a toolpin command", "toolpin help"),
        ("help lits", "lits is not a toolpin command", "toolpin help list"),
        ("--quit list", "toolpin has no option --quit", "toolpin --quiet list"),
        (
            "install --loked nodejs",
            "toolpin install has no option --loked",
            "toolpin install --locked nodejs",
        ),
        (
            "plugin add x --forc",
            "toolpin plugin has no option --forc",
            "toolpin plugin add x --force",
        ),
        ("self updte", "updte is not a valid value for ACTION", "toolpin self update"),
        ("lock --host", "--host requires a value", "toolpin lock --help"),
        ("current a b", "toolpin current does not take 'b'", "toolpin current --help"),
        ("where", "toolpin where requires TOOL", "toolpin where --help"),
        (
            "use nodejs",
            "toolpin use requires a version of nodejs",
            "toolpin use nodejs latest",
        ),
        (
            "pin nodejs 1 --home --parent",
            "--parent and --home cannot be combined",
            "toolpin pin --help",
        ),
        (
            "install --jobs many",
            "many is not a valid value for --jobs",
            "toolpin install --help",
        ),
        (
            "lock --check=1",
            "--check does not take a value",
            "toolpin lock --help",
        ),
        ("exec", "toolpin exec requires a command", "toolpin help exec"),
    ],
)
def test_a_mistyped_line_is_answered_with_the_right_one(
    home: Home, line: str, what: str, hint: str
) -> None:
    result = home.toolpin(*line.split())
    assert result.code == 2
    lines = result.err.splitlines()
    assert lines[0] == f"toolpin: {what}"
    assert lines[-1] == f"  try: {hint}"


def test_every_foreign_word_leads_to_a_command() -> None:
    assert not set(FOREIGN) & {*VERBS, *ALIASES}
    for command in FOREIGN.values():
        name, *words = command.split()
        assert name in VERBS
        assert not words or words[0].startswith("-") or words[0] in _help_of(name)


def test_aliases_do_what_the_command_does(home: Home) -> None:
    assert home.toolpin("ls").err == home.toolpin("list").err
    removed = home.toolpin("remove", "nodejs", "20.0.0")
    assert removed.err.startswith("toolpin: nodejs 20.0.0 is not installed")
    assert home.toolpin("ls", "all").err == home.toolpin("list", "all").err


def test_colors_are_for_terminals_and_never_under_no_color(home: Home) -> None:
    home.pin("nodejs 20.0.0\n")
    plain = home.toolpin("current")
    assert "\033" not in plain.out
    forced = home.toolpin("current", env={"FORCE_COLOR": "1"})
    assert "\033[31mmissing: 20.0.0\033[0m" in forced.out
    both = home.toolpin("current", env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert both.out == plain.out


def _help_of(name: str) -> str:
    return parser_of(name).format_help()


def test_a_directory_that_cannot_be_entered_is_named(
    home: Home, tmp_path: Path
) -> None:
    result = home.toolpin("-C", str(tmp_path / "none"), "list")
    assert result.code == 2
    assert "none cannot be used as the working directory" in result.err
