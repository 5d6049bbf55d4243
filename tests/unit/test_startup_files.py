"""Which startup files a shell reads, and what is wrong with the lines in them."""

from __future__ import annotations

import pytest

from toolpin.doctor.path_search import PathDirectory
from toolpin.doctor.process_environment import ProcessEnvironment
from toolpin.doctor.shell_check import check_rc
from toolpin.shell.startup_files import (
    Homes,
    homes,
    rc_file,
    rc_line,
    reading,
    toolpin_lines,
)

HOME = "/home/ana"
AT = Homes(HOME, HOME, f"{HOME}/.config/fish")
SHIMS = f"{HOME}/.local/share/toolpin/shims"
PATH_LINE = f"export PATH='{SHIMS}':\"$PATH\""
HOOK = 'eval "$(toolpin activate {})"'


def _texts(files: dict[str, str]) -> dict[str, str]:
    return {f"{HOME}/{name}": text for name, text in files.items()}


@pytest.mark.parametrize(
    ("files", "interactive", "login"),
    [
        ({".bashrc": ""}, {".bashrc"}, set()),
        (
            {".bashrc": "", ".profile": ". ~/.bashrc"},
            {".bashrc"},
            {".profile", ".bashrc"},
        ),
        (
            {".bash_profile": "source ~/.profile", ".profile": '. "$HOME/.bashrc"'}
            | {".bashrc": ""},
            {".bashrc"},
            {".bash_profile", ".profile", ".bashrc"},
        ),
        ({".bash_profile": "", ".profile": ""}, set(), {".bash_profile"}),
        ({".bash_login": "# . ~/.bashrc", ".bashrc": ""}, {".bashrc"}, {".bash_login"}),
        (
            {".profile": "[ -f ~/.bashrc ] && . ~/.bashrc; true", ".bashrc": ""},
            {".bashrc"},
            {".profile", ".bashrc"},
        ),
        ({".bashrc": ". ~/.bashrc"}, {".bashrc"}, set()),
    ],
)
def test_bash_reads_one_login_file_and_what_that_sources(
    files: dict[str, str], interactive: set[str], login: set[str]
) -> None:
    result = reading("bash", AT, _texts(files))
    assert result.interactive == {f"{HOME}/{name}" for name in interactive}
    assert result.login == {f"{HOME}/{name}" for name in login}


def test_zsh_does_not_look_into_the_home_directory_where_it_has_another() -> None:
    at = homes({"ZDOTDIR": "/z"}, HOME)
    texts = {"/z/.zshrc": "", f"{HOME}/.zshrc": PATH_LINE, "/z/.zprofile": ""}
    assert reading("zsh", at, texts).all == {"/z/.zshrc", "/z/.zprofile"}
    assert rc_file("zsh", at, "linux") == "/z/.zshrc"


@pytest.mark.parametrize(
    ("line", "hook"),
    [
        (HOOK.format("bash"), "bash"),
        ("toolpin activate fish | source", "fish"),
        ('eval "$("$HOME/.local/bin/toolpin" activate zsh)"', "zsh"),
        ('eval "$(toolpin activate zsh --shims)"', ""),
        (PATH_LINE, ""),
        ('export PATH="$HOME/.local/share/toolpin/shims:$PATH"', ""),
        ("fish_add_path ~/.local/share/toolpin/shims", ""),
        (f"# {HOOK.format('bash')}", None),
        ("toolpin current", None),
    ],
)
def test_a_line_that_sets_toolpin_up_is_known(line: str, hook: str | None) -> None:
    lines = toolpin_lines(_texts({".rc": f"\n{line}\n"}), SHIMS, HOME)
    assert [(line.number, line.hook) for line in lines] == (
        [] if hook is None else [(2, hook)]
    )


def test_a_shell_without_a_hook_gets_the_directory() -> None:
    assert rc_line("dash", SHIMS) == PATH_LINE
    assert rc_file("dash", AT, "linux") == f"{HOME}/.profile"


def _seen(
    shell: str, os: str, files: dict[str, str], **more: bool
) -> ProcessEnvironment:
    directories = (PathDirectory(SHIMS, "shims"),) if more.get("on_path", True) else ()
    return ProcessEnvironment(
        shell, os, "", HOME, AT, _texts(files), SHIMS, directories
    )


BASH_HOOK, ZSH_HOOK = HOOK.format("bash"), HOOK.format("zsh")


@pytest.mark.parametrize(
    ("seen", "file"),
    [
        (_seen("bash", "macos", {".bash_profile": BASH_HOOK}), None),
        (_seen("bash", "linux", {".bash_profile": BASH_HOOK}), ".bashrc"),
        (_seen("bash", "macos", {".bashrc": BASH_HOOK}), ".bash_profile"),
        (_seen("bash", "linux", {".bashrc": BASH_HOOK}), ".bash_profile"),
        (_seen("bash", "linux", {".bashrc": BASH_HOOK, ".profile": ""}), ".profile"),
        (
            _seen("bash", "linux", {".bashrc": BASH_HOOK, ".profile": ". ~/.bashrc"}),
            None,
        ),
        (_seen("zsh", "macos", {".zprofile": ZSH_HOOK}), ".zshrc"),
        (_seen("zsh", "macos", {".zshrc": ZSH_HOOK}), None),
        (_seen("zsh", "linux", {".zprofile": PATH_LINE}), None),
        (_seen("zsh", "linux", {".zprofile": PATH_LINE}, on_path=False), ".zshrc"),
        (_seen("zsh", "linux", {".zshrc": BASH_HOOK}), ".zshrc"),
        (_seen("zsh", "linux", {".profile": PATH_LINE}), None),
        (_seen("fish", "linux", {".bashrc": BASH_HOOK}), ".config/fish/config.fish"),
        (_seen("bash", "linux", {}), None),
    ],
)
def test_a_line_must_stand_where_its_shell_reads_it(
    seen: ProcessEnvironment, file: str | None
) -> None:
    files = [finding.file for finding in check_rc(seen)]
    assert files == ([f"{HOME}/{file}"] if file else [])


def test_where_path_does_not_lead_to_toolpin_the_line_names_it_in_full() -> None:
    bash = rc_line("bash", SHIMS, "/it's/toolpin")
    fish = rc_line("fish", SHIMS, "/it's/toolpin")
    assert bash == "eval \"$('/it'\\''s/toolpin' activate bash)\""
    assert fish == "'/it\\'s/toolpin' activate fish | source"
    lines = toolpin_lines({"/rc": f"{bash}\n{fish}"}, SHIMS, "/home/ana")
    assert [line.hook for line in lines] == ["bash", "fish"]
