"""A Tab in bash, zsh and fish: each story typed at each shell, in a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.shell.store import Store, two_versions
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, write
from tests.support.terminal import Terminal
from toolpin.cli import VERBS, parser_of
from toolpin.shell.completion_scripts import (
    CHOICES,
    KINDS,
    argument_name,
    entries,
    script,
)

# Each starts without its user's files. Candidates are shown at the first Tab.
START = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
}
PREPARE = {
    "bash": "bind 'set show-all-if-ambiguous on'; bind 'set bell-style none'; "
    "bind 'set page-completions off'; bind 'set completion-query-items 0'; "
    "bind 'set enable-bracketed-paste off'; PS1='> '",
    "zsh": "autoload -Uz compinit; compinit -u -D; LISTMAX=0; "
    "unsetopt beep listambiguous; "
    "zle_bracketed_paste=(); PS1='> '",
    "fish": "set fish_greeting; function fish_prompt; printf '> '; end",
}
LOAD = {
    "bash": 'eval "$({toolpin} completion bash)"',
    "zsh": 'eval "$({toolpin} completion zsh)"',
    "fish": "{toolpin} completion fish | source",
}
# What Enter runs instead of toolpin, to see the words that the line has.
ECHO = {
    "bash": "toolpin() { printf '<%s>' ran \"$@\"; echo; }",
    "zsh": "toolpin() { printf '<%s>' ran \"$@\"; echo; }",
    "fish": "function toolpin; printf '<%s>' ran $argv; echo; end",
}
CLEAR = "\x15"  # the line; no signal, which would take typed keys with it
CATALOG = [["20.1.0", []], ["22.3.0", ["lts", "jod"]], ["9.9.0", []]]


@pytest.fixture(params=START)
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell in turn."""
    return str(request.param)


@pytest.fixture
def machine(store: Store) -> Home:
    """A store of two versions, and a list of three others that was asked for once."""
    return _with_lists(store)


@pytest.fixture
def terminal(machine: Home, shell: str) -> Iterator[Terminal]:
    """The shell, with the completions loaded, at its prompt."""
    with _loaded(machine, shell) as terminal:
        yield terminal


@pytest.fixture(scope="module", params=START)
def prompt(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    """The same for many lines, one after the other, that change nothing."""
    home = Home(tmp_path_factory.mktemp("prompt"))
    machine = _with_lists(two_versions(home))
    (machine.project / "subdirectory").mkdir()
    (machine.project / "my file.toml").touch()
    with _loaded(machine, request.param) as terminal:
        yield terminal


def _with_lists(store: Store) -> Home:
    machine, arch = os.uname().machine, "arm64"
    arch = "x64" if machine in ("x86_64", "amd64") else arch
    system = "macos" if sys.platform == "darwin" else "linux"
    _catalog(store.home, f"upstream@{system}-{arch}", CATALOG)
    _catalog(store.home, "upstream@plan9-mips", [["77.0.0", []]])
    store.home.env["PATH"] += ":/usr/bin:/bin"
    return store.home


@contextmanager
def _loaded(machine: Home, shell: str) -> Iterator[Terminal]:
    env, cwd = machine.env, machine.project
    with Terminal(*START[shell], env=env, cwd=cwd) as terminal:
        load = LOAD[shell].format(toolpin=" ".join(TOOLPIN))
        lines = (PREPARE[shell], load, ECHO[shell])
        for line in lines:
            terminal.send(f"{line}\n")
        _await_prompt(terminal)
        yield terminal


def _catalog(home: Home, name: str, releases: object) -> None:
    directory = home.cache / "catalogues/nodejs"
    directory.mkdir(parents=True, exist_ok=True)
    table = {"address": "x", "time": 0, "releases": releases}
    (directory / name).write_text(json.dumps(table))


def _await_prompt(terminal: Terminal) -> str:
    # The text is not what was typed, so its echo does not count.
    terminal.send("echo rea''dy\n")
    return terminal.until("ready\r\n")


def _entered(terminal: Terminal, keys: str) -> list[str]:
    """Return the words of the line that Enter runs after these keys."""
    terminal.send(f"{keys}\n")
    shown = _await_prompt(terminal)
    return re.findall("<([^<>]*)>", shown[shown.rindex("<ran>") :])[1:]


def _shown(terminal: Terminal, keys: str, *wanted: str) -> str:
    """Return what a Tab behind these keys shows; it must have the wanted words."""
    terminal.send(f"{keys}\t")
    shown = terminal.until(*wanted)
    terminal.send(CLEAR)
    return shown + _await_prompt(terminal)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("toolpin unin\t", ["uninstall"]),
        ("toolpin plugin sh\t", ["plugin", "show"]),
        ("toolpin cache cl\t", ["cache", "clean"]),
        ("toolpin install --dry\t", ["install", "--dry-run"]),
        ("toolpin -C / --qui\t", ["-C", "/", "--quiet"]),
        ("toolpin -C / lat\t", ["-C", "/", "latest"]),
        ("toolpin env --format sys\t", ["env", "--format", "systemd"]),
        ("toolpin env --format=sys\t", ["env", "--format=systemd"]),
        ("toolpin plugin show ela\b\b\bnod\t", ["plugin", "show", "nodejs"]),
        ("toolpin list all node\t 9\t", ["list", "all", "nodejs", "9.9.0"]),
        ("toolpin pin node\t 22\t", ["pin", "nodejs", "22.3.0"]),
        ("toolpin use node\t 22\t", ["use", "nodejs", "22.3.0"]),
        ("toolpin pin nodejs 9.9.0 20\t", ["pin", "nodejs", "9.9.0", "20.1.0"]),
        ("toolpin latest nodejs lt\t", ["latest", "nodejs", "lts"]),
        ("toolpin uninstall nodejs 12\t", ["uninstall", "nodejs", "12.22.0"]),
        ("toolpin which no\t", ["which", "node"]),
        ("toolpin exec nod\t", ["exec", "node"]),
        ("toolpin help uni\t", ["help", "uninstall"]),
        ("toolpin lock --host linux-a\t", ["lock", "--host", "linux-arm64"]),
        ("toolpin install --source py\t", ["install", "--source", "pypi"]),
        ("toolpin latest nodejs --source=n\t", ["latest", "nodejs", "--source=npm"]),
        ("toolpin -C sub\t", ["-C", "subdirectory"]),
        ("toolpin plugin check my\t", ["plugin", "check", "my file.toml"]),
        ("toolpin self --wheel=my\t", ["self", "--wheel=my file.toml"]),
        ("toolpin config get job\t", ["config", "get", "jobs"]),
        ("toolpin list al\t nod\t", ["list", "all", "nodejs"]),
    ],
)
def test_a_tab_ends_the_word(prompt: Terminal, keys: str, words: list[str]) -> None:
    # zsh takes the slash of a directory away again at Enter.
    assert [item.rstrip("/") or item for item in _entered(prompt, keys)] == words


def test_a_tab_shows_the_versions_that_are_listed_or_here(
    terminal: Terminal, shell: str
) -> None:
    wanted = ("22.3.0", "20.1.0", "12.22.0", "10.15.3", "9.9.0", "lts", "latest")
    shown = _shown(terminal, "toolpin install nodejs ", *wanted)
    assert "77.0.0" not in shown
    if shell == "fish":  # it shows columns
        terminal.send("complete -C 'toolpin install nodejs '\n")
        shown = _await_prompt(terminal)
    places = [shown.index(version) for version in wanted[:5]]
    assert places == sorted(places)


def test_only_what_is_here_can_be_removed(terminal: Terminal) -> None:
    shown = _shown(terminal, "toolpin uninstall nodejs ", "12.22.0", "10.15.3")
    assert "22.3.0" not in shown
    assert _entered(terminal, "toolpin uninstall nod\t\b") in (
        ["uninstall", "nodejs"],
        ["uninstall", "nodej"],
    )


def test_a_tab_shows_the_commands_and_words_below_one(terminal: Terminal) -> None:
    _shown(terminal, "toolpin ", "install", "list-all", "completion", "verify")
    _shown(terminal, "toolpin plugin ", "list", "show", "check", "remove", "new")
    shown = _shown(terminal, "toolpin cache ", "list", "clean")
    assert "uninstall" not in shown
    _shown(terminal, "toolpin install --", "--only", "--dry-run", "--offline")


def test_behind_exec_the_line_is_the_programs(
    terminal: Terminal, machine: Home
) -> None:
    (machine.project / "server.js").touch()
    words = _entered(terminal, "toolpin exec node --quiet serv\t")
    assert words == ["exec", "node", "--quiet", "server.js"]


HOSTILE = ("$(touch pwned)", "`touch pwned`", ";touch pwned;", "a$(touch pwned)", "-x")


def test_no_name_of_a_file_runs_or_is_offered(
    terminal: Terminal, machine: Home
) -> None:
    for name in HOSTILE:
        (machine.data / "shims" / name).touch()
        (machine.data / "installs" / name / "1.0/bin").mkdir(parents=True)
        (machine.data / "installs/nodejs" / name / "bin").mkdir(parents=True)
        (machine.project / name).touch()
    _catalog(machine, "evil@linux-x64", [[name, [name]] for name in HOSTILE])
    machine.pin("$(touch pwned) $(touch pwned)\n")
    for line, sure in (
        ("toolpin which ", "npm"),
        ("toolpin install ", "elixir"),
        ("toolpin install nodejs ", "12.22.0"),
        ("toolpin uninstall nodejs ", "12.22.0"),
        ("toolpin exec ", "npm"),
    ):
        assert "pwned" not in _shown(terminal, line, sure)
    (machine.config / "plugins").mkdir()
    for name in HOSTILE:
        (machine.config / f"plugins/{name}.toml").write_text('[tool]\nname = "x"\n')
    terminal.send(f"toolpin plugin show \t\t{CLEAR}")
    for typed in ("'$(touch pwned)'", '"$(touch pwned)"', "$(touch pwned)"):
        terminal.send(f"toolpin install {typed} \t{CLEAR}")
        terminal.send(f"toolpin {typed} \t{CLEAR}")
    _await_prompt(terminal)
    assert not list(machine.root.rglob("pwned"))


def test_a_tab_runs_no_toolpin_of_the_directory(
    terminal: Terminal, machine: Home, shell: str
) -> None:
    mine = machine.project / "toolpin"
    mine.write_text("#!/bin/sh\ntouch pwned\n")
    mine.chmod(0o755)
    if shell == "fish":
        terminal.send("set -gx PATH . $PATH\n")
    else:
        terminal.send('PATH=.:"$PATH"\n')
    _await_prompt(terminal)
    _shown(terminal, "toolpin install nodejs ", "22.3.0")
    _shown(terminal, "./toolpin install nodejs ", "22.3.0")
    assert not (machine.project / "pwned").exists()


def test_the_script_is_as_good_as_a_file_that_the_shell_finds(
    machine: Home, shell: str
) -> None:
    place: Path
    if shell == "bash":  # as bash-completion does at the first Tab
        place = machine.home / "completions/toolpin"
        first = f". {place}; {PREPARE[shell]}"
    elif shell == "zsh":
        place = machine.home / "functions/_toolpin"
        first = f"fpath=({place.parent} $fpath); {PREPARE[shell]}"
    else:
        place = machine.home / "completions/toolpin.fish"
        first = f"set -p fish_complete_path {place.parent}; {PREPARE[shell]}"
    place.parent.mkdir()
    place.write_text(machine.toolpin("completion", shell).out)
    with Terminal(*START[shell], env=machine.env, cwd=machine.project) as terminal:
        terminal.send(f"{first}\n{ECHO[shell]}\n")
        _await_prompt(terminal)
        assert _entered(terminal, "toolpin pin nodejs 22\t") == [
            "pin",
            "nodejs",
            "22.3.0",
        ]


# What prints the words of a place of the line, one a line, behind its key.
FIND = {
    "bash": '_toolpin_find {key} && printf "%s\\n" {key} "${{_words[@]}}"\n',
    "zsh": '_toolpin_find {key} && printf "%s\\n" {key} "${{_words[@]}}"\n',
    "fish": 'set words; __toolpin_find {key}; and printf "%s\\n" {key} $words\n',
}


def _found(home: Home, shell: str, text: str, keys: Sequence[str]) -> str:
    """Return what a shell that runs a script finds in its table."""
    lines = "".join(FIND[shell].format(key=f"'{key}'") for key in keys)
    file = home.root / "script"
    stub = "compdef() { :; }\n" if shell == "zsh" else ""
    file.write_text(f"{stub}{text}\n{lines}")
    result = home.run(*START[shell][:-1], str(file))
    assert result.err == ""
    return result.out


def _parsers(path: str, parser: ArgumentParser) -> Iterator[tuple[str, ArgumentParser]]:
    yield path, parser
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, child in action.choices.items():
                yield from _parsers(f"{path} {name}", child)


def test_the_script_has_every_option_of_every_parser(home: Home, shell: str) -> None:
    parsers = {
        path: parser
        for name, verb in VERBS.items()
        if verb.module
        for path, parser in _parsers(name, parser_of(name))
    }
    keys = [f"command {path}" for path in parsers]
    text = home.toolpin("completion", shell).out
    word = _found(home, shell, text, keys).split("command ")[1:]
    assert len(word) == len(parsers) > 30
    for block, (path, parser) in zip(word, parsers.items(), strict=True):
        title, *lines = block.splitlines()
        names = [re.split("[:\t]", line)[0] for line in lines]
        wanted = [
            name
            for action in parser._actions
            if action.help != SUPPRESS
            for name in action.option_strings
        ]
        assert (title, sorted(names)) == (path, sorted(wanted))


def test_no_text_of_a_parser_is_read_by_the_shell_as_more(
    home: Home, shell: str
) -> None:
    odd = 'it\'s 50% of "$HOME": `touch pwned` $(touch pwned) \\ \\n * ; } ) esac # @'
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--odd", help=odd.replace(" ", "\n"))
    below = parser.add_subparsers(metavar="ACTION").add_parser("below")
    below.add_argument("choice", choices=[odd])
    below.add_argument("rest", choices=["a b", "$c"], nargs="*")
    text = script(shell, entries(" odd", parser))
    keys = ["command odd", "word odd below 0", "word odd below 7", "option odd --no"]
    colon, tab = {"bash": ("", ""), "zsh": (":", ":"), "fish": ("\t", "\t")}[shell]
    help_ = odd if colon else ""
    choice = odd.replace(":", "\\:") if shell == "zsh" else odd
    assert _found(home, shell, text, keys).split("\n") == [
        *(keys[0], f"--odd{colon}{help_}"),
        *(keys[1], f"{choice}{tab}"),
        *(keys[2], f"a b{tab}", f"$c{tab}"),
        "",
    ]
    assert not list(home.root.rglob("pwned"))


def test_it_is_decided_for_every_argument_what_completes_it() -> None:
    names = {
        argument_name(action)
        for name, verb in VERBS.items()
        if verb.module
        for _, parser in _parsers(name, parser_of(name))
        for action in parser._actions
        if action.nargs != 0 and action.choices is None
    }
    nothing = "KIND N OWNER/REPO PATH REF SIZE TAG TOOL@VERSION URL VALUE WORD".split()
    assert names - {*KINDS, *CHOICES} == set(nothing)
    assert {*KINDS, *CHOICES} - names == set()


@pytest.mark.parametrize("shell", START)
def test_json_carries_the_script(home: Home, shell: str) -> None:
    output = json.loads(home.toolpin("completion", shell, "--json").out)["result"]
    assert output["shell"] == shell
    assert output["script"] == home.toolpin("completion", shell).out


def test_the_sources_offered_are_those_of_the_tool_or_of_all(home: Home) -> None:
    def offered(*tool: str) -> list[str]:
        return home.toolpin("completion", "--words", "sources", *tool).out.split()

    node = ["upstream", "unofficial", "pypi", "pypi-musl", "npm"]
    assert offered("node") == node
    assert {"upstream", "hex", "github", "debian-source"} <= set(offered())
    assert len(offered()) == len(set(offered()))
    assert offered("nosuch") == offered("../../x") == []
    plugin = write(home.data / "plugins/greet", GREET)
    assert offered("greet") == ["asdf-plugin"]
    (plugin / "bin/install").unlink()
    (home.config / "plugins").mkdir()
    (home.config / "plugins/broken.toml").write_text("[")
    assert offered("broken") == offered("greet") == []


def test_words_are_local_and_of_nothing_there_are_none(home: Home) -> None:
    for kind in ("installed-tools", "installed-versions", "commands", "nonsense"):
        result = home.toolpin("completion", "--words", kind, "nodejs")
        assert (result.code, result.out, result.err) == (0, "", "")
    assert home.toolpin("completion", "--words", "versions", "../../x").out == ""
    for words in ((), ("bash", "--words", "tools"), ("tcsh",)):
        assert home.toolpin("completion", *words).code == 2
