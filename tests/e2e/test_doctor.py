"""`toolpin doctor` on broken setups: each is told with its cause and its fix."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.support.login import (
    BASH,
    FISH,
    LOGIN_BASH,
    LOGIN_ZSH,
    OTHER,
    PINNED,
    ZSH,
    Login,
    Shell,
)
from tests.support.run import Home
from tests.support.upstream import Upstream
from toolpin.system.file_lock import held

ACTIVATE_BASH = 'eval "$(toolpin activate bash)"'
ACTIVATE_ZSH = 'eval "$(toolpin activate zsh)"'
ACTIVATE_FISH = "toolpin activate fish | source"
MANAGERS = {
    "asdf": ".asdf/shims",
    "mise": ".local/share/mise/shims",
    "pyenv": ".pyenv/shims",
    "rbenv": ".rbenv/shims",
    "nvm": ".nvm/versions/node/v18.20.0/bin",
    "volta": ".volta/bin",
}


@pytest.fixture
def login(home: Home, upstream: Upstream) -> Login:
    """A machine on which nothing is wrong."""
    return Login(home, upstream)


class Broken(NamedTuple):
    """A setup, the shell it is seen from, and what must be said of it.

    `words` name the cause, `mend` is the line or command, `file` where a line goes,
    below the home directory.
    """

    arrange: Callable[[Login], object]
    shell: Shell
    check: str
    words: tuple[str, ...]
    fix: str
    file: str = ""


def _usual(login: Login) -> None:
    assert (login.home.home / ".bashrc").exists()


def _no_line(login: Login) -> None:
    login.rc(".bashrc", "alias ll='ls -l'")


def _others_node_in_front(login: Login) -> None:
    login.program(login.home.home / "tools/node", "echo v18")
    login.rc(".bashrc", login.path_line, 'export PATH="$HOME/tools:$PATH"')


def _hard_wired_version(login: Login) -> None:
    line = f"export PATH='{login.tree(OTHER)}/bin':\"$PATH\""
    login.rc(".bashrc", login.path_line, line)


def _bash_profile_hides_bashrc(login: Login) -> None:
    login.rc(".bash_profile", "export LANG=C.UTF-8")


def _bash_profile_hides_profile(login: Login) -> None:
    login.rc(".bashrc", "alias ll='ls -l'")
    login.rc(".profile", login.path_line)
    login.rc(".bash_profile", "export LANG=C.UTF-8")


def _hook_in_zprofile(login: Login) -> None:
    login.rc(".zprofile", login.path_line, ACTIVATE_ZSH)


def _path_in_zprofile(login: Login) -> None:
    login.rc(".zprofile", login.path_line)


def _bash_activated_in_zsh(login: Login) -> None:
    login.rc(".zshrc", login.path_line, ACTIVATE_BASH)


def _both_modes(login: Login) -> None:
    """What a hook leaves, and a line behind it that puts the shims first."""
    bins = f"{login.tree()}/bin"
    login.rc(
        ".bashrc",
        f"{ACTIVATE_BASH} 2>/dev/null",
        f"export TOOLPIN_ACTIVE=bash PATH='{bins}':'{login.shims}':\"$PATH\"",
        login.path_line,
    )


def _lost_shims(login: Login) -> None:
    for name in ("node", "npm"):
        (login.home.data / "shims" / name).unlink()


def _foreign_shim(login: Login) -> None:
    shim = login.home.data / "shims/npm"
    shim.unlink()
    login.program(shim, "echo somebody's")


def _lost_library(login: Login) -> None:
    (login.home.data / "lib/shim.sh").unlink()


def _lost_rare_functions(login: Login) -> None:
    (login.home.data / "lib/shim-more.sh").unlink()


def _lost_program(login: Login) -> None:
    (login.tree() / "bin/node").unlink()


def _lost_record(login: Login) -> None:
    (login.tree() / ".toolpin/record.sh").unlink()


def _broken_record(login: Login) -> None:
    (login.tree() / ".toolpin/record.sh").write_text("rm -rf /\n")


def _mark_left(login: Login) -> None:
    mark = login.home.data / "incomplete/nodejs" / PINNED
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _not_installed(login: Login) -> None:
    login.home.pin("# runtimes\nnodejs 11.0.0\n")


def _wrong_line(login: Login) -> None:
    login.home.pin("nodejs 10.15.3\nnodejs@12\n")


def _stale_lockfile(login: Login) -> None:
    login.home.pin("nodejs 10\n")
    text = 'schema = 1\n[pins]\n"nodejs 12" = "12.22.0"\n\n'
    (login.home.project / "toolpin.lock").write_text(text)


def _unreadable_lockfile(login: Login) -> None:
    login.home.pin("nodejs 10\n")
    (login.home.project / "toolpin.lock").write_text("<<<<<<< HEAD\n")


def _unmatched_pair(login: Login) -> None:
    login.home.pin("elixir 1.17.3-otp-27\nerlang 26.1\n")


def _strict_and_not_agreed(login: Login) -> None:
    (login.home.config / "config.toml").write_text("strict = true\n")
    (login.home.project / ".nvmrc").write_text("12.22.0\n")


def _wrong_setting(login: Login) -> None:
    (login.home.config / "config.toml").write_text("jobs = 0\n")


BROKEN = {
    "no line in any file": Broken(
        _no_line, BASH, "path", ("lacks the shims",), ACTIVATE_BASH, ".bashrc"
    ),
    "somebody's node in front": Broken(
        _others_node_in_front,
        BASH,
        "path",
        ("node", "/tools", ".bashrc:1"),
        ACTIVATE_BASH,
        ".bashrc",
    ),
    "one version hard-wired": Broken(
        _hard_wired_version,
        BASH,
        "path",
        ("nodejs 12.22.0", ".bashrc:2"),
        ACTIVATE_BASH,
        ".bashrc",
    ),
    "a .bash_profile that hides .bashrc": Broken(
        _bash_profile_hides_bashrc,
        LOGIN_BASH,
        "rc",
        ("login", ".bashrc:1", ".bash_profile"),
        '[ -z "$BASH_VERSION" ] || . "$HOME/.bashrc"',
        ".bash_profile",
    ),
    "a .bash_profile that hides .profile": Broken(
        _bash_profile_hides_profile,
        LOGIN_BASH,
        "rc",
        (".profile:1", "does not read"),
        'eval "$(',  # by its path, where /etc/profile has set a PATH without it
        ".bashrc",
    ),
    "a hook in .zprofile": Broken(
        _hook_in_zprofile,
        LOGIN_ZSH,
        "rc",
        (".zprofile:2", "only a login"),
        ACTIVATE_ZSH,
        ".zshrc",
    ),
    "PATH in .zprofile": Broken(
        _path_in_zprofile,
        ZSH,
        "rc",
        (".zprofile:1", "only a login"),
        ACTIVATE_ZSH,
        ".zshrc",
    ),
    "zsh with a line of bash's": Broken(
        _usual,
        ZSH,
        "rc",
        (".bashrc:1", "zsh"),
        ACTIVATE_ZSH,
        ".zshrc",
    ),
    "fish with a line of bash's": Broken(
        _usual,
        FISH,
        "rc",
        (".bashrc:1", "fish"),
        ACTIVATE_FISH,
        ".config/fish/config.fish",
    ),
    "bash activated in zsh": Broken(
        _bash_activated_in_zsh,
        ZSH,
        "rc",
        (".zshrc:2", "activates toolpin for bash"),
        ACTIVATE_ZSH,
        ".zshrc",
    ),
    "both modes": Broken(
        _both_modes,
        BASH,
        "modes",
        ("before", ".bashrc:3"),
        ACTIVATE_BASH,
        ".bashrc",
    ),
    "lost shims": Broken(_lost_shims, BASH, "shims", ("node, npm",), "toolpin reshim"),
    "a foreign file among the shims": Broken(
        _foreign_shim, BASH, "shims", ("shims/npm",), "rm "
    ),
    "a lost library": Broken(
        _lost_library, BASH, "shims", ("lib/shim.sh",), "toolpin reshim"
    ),
    "a lost second library": Broken(
        _lost_rare_functions, BASH, "shims", ("lib/shim-more.sh",), "toolpin reshim"
    ),
    "a lost program": Broken(
        _lost_program,
        BASH,
        "installs",
        ("nodejs 10.15.3", "node"),
        "toolpin verify nodejs 10.15.3 --repair",
    ),
    "a lost record": Broken(
        _lost_record,
        BASH,
        "installs",
        ("nodejs 10.15.3", "record"),
        "toolpin verify nodejs 10.15.3 --repair",
    ),
    "a broken record": Broken(
        _broken_record,
        BASH,
        "installs",
        ("nodejs 10.15.3", "receipt"),
        "toolpin verify nodejs 10.15.3 --repair",
    ),
    "a mark left": Broken(
        _mark_left,
        BASH,
        "installs",
        ("nodejs 10.15.3", "incomplete"),
        "toolpin install nodejs 10.15.3",
    ),
    "a pin that is not installed": Broken(
        _not_installed,
        BASH,
        "project",
        ("nodejs 11.0.0", ".tool-versions:2"),
        "toolpin install",
    ),
    "a line that is none": Broken(
        _wrong_line, BASH, "project", (".tool-versions:2", "nodejs@12"), "toolpin -C "
    ),
    "a stale lockfile": Broken(
        _stale_lockfile,
        BASH,
        "lockfile",
        ("toolpin.lock is out of date", "nodejs 10", ".tool-versions:1"),
        "toolpin lock",
    ),
    "an unreadable lockfile": Broken(
        _unreadable_lockfile,
        BASH,
        "lockfile",
        ("toolpin.lock:1",),
        "git checkout --ours toolpin.lock && toolpin lock",
    ),
    "an Elixir for another OTP": Broken(
        _unmatched_pair,
        BASH,
        "pairs",
        ("elixir 1.17.3-otp-27", "erlang 26.1", ".tool-versions:2"),
        "toolpin pin elixir 1.17.3-otp-26",
    ),
    "a wrong setting": Broken(
        _wrong_setting, BASH, "settings", ("config.toml:1", "jobs"), ""
    ),
    "two files that disagree, where that is refused": Broken(
        _strict_and_not_agreed,
        BASH,
        "project",
        ("disagree", ".tool-versions:1 nodejs 10.15.3", ".nvmrc:1 nodejs 12.22.0"),
        "rm /",
    ),
}


# The command that doctor names repairs these.
FIXED = (
    "lost shims",
    "a lost library",
    "a lost program",
    "a lost record",
    "a broken record",
    "a mark left",
)


def _said(finding: dict[str, Any]) -> str:
    facts = [f"{fact['label']} {fact['value']}" for fact in finding["facts"]]
    return "\n".join([finding["what"], *facts])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_set_up_is_told_with_its_cause_and_its_fix(
    name: str, login: Login
) -> None:
    broken = BROKEN[name]
    broken.arrange(login)
    code, result = login.answer(broken.shell, "toolpin doctor --json")
    assert code == 1
    results = [
        finding for finding in result["findings"] if finding["check"] == broken.check
    ]
    assert len(results) == 1, result["findings"]
    (finding,) = results
    for word in broken.words:
        assert word in _said(finding)
    assert (finding["mend"] or "").startswith(broken.fix)
    file = str(login.home.home / broken.file) if broken.file else None
    assert finding["file"] == file
    if name in FIXED:
        for item in result["findings"]:
            done = login.type(BASH, item["mend"])
            assert done.code == 0, done.err
        assert login.answer(BASH, "toolpin doctor --json")[0] == 0


@pytest.mark.parametrize(
    "name", ["no line in any file", "a lost record", "a wrong setting"]
)
def test_the_screen_shows_what_json_has(name: str, login: Login) -> None:
    """A line for a file, a command, and a finding without either."""
    BROKEN[name].arrange(login)
    _, result = login.answer(BASH, "toolpin doctor --json")
    screen = login.type(BASH, "toolpin doctor")
    assert screen.code == 1
    for finding in result["findings"]:
        assert finding["what"] in screen.out
        assert (finding["mend"] or "") in screen.out


@pytest.mark.parametrize("name", MANAGERS)
def test_another_manager_in_front_is_named_with_its_line(
    name: str, login: Login
) -> None:
    directory = MANAGERS[name]
    login.program(login.home.home / directory / "node", "echo v18")
    login.program(login.home.home / directory / "ruby", "echo 3.3")
    line = f'export PATH="$HOME/{directory}:$PATH"'
    login.rc(".bashrc", login.path_line, f"{line}  # {name} init")
    code, result = login.answer(BASH, "toolpin doctor --json")
    assert code == 1
    (finding,) = result["findings"]
    assert finding["check"] == "managers"
    for word in (name, "node", ".bashrc:2"):
        assert word in _said(finding)
    assert "ruby" not in _said(finding)
    assert finding["mend"] == ACTIVATE_BASH


@pytest.mark.parametrize("shell", [BASH, LOGIN_BASH, ZSH, LOGIN_ZSH, FISH])
def test_nothing_is_wrong_where_nothing_is(shell: Shell, login: Login) -> None:
    login.rc(".zshrc", login.path_line)
    login.rc(".config/fish/config.fish", f"set -gx PATH '{login.shims}' $PATH")
    assert login.answer(shell, "toolpin doctor --json") == (
        0,
        {"findings": [], "sources": None},
    )
    done = login.type(shell, "toolpin doctor")
    assert (done.code, done.out) == (0, "")
    assert "no problem found" in done.err


@pytest.mark.parametrize("job", [{}, {"SHELL": "/bin/sh"}, {"CI": "true", "TERM": "x"}])
def test_a_job_in_ci_or_cron_is_judged_by_its_path_alone(
    job: dict[str, str], login: Login
) -> None:
    home = login.home
    line = f"{login.command} doctor --json"

    def answer(before: str = "") -> tuple[int, list[dict[str, Any]]]:
        done = home.run("sh", "-c", f"{before}{line}", env=job)
        return done.code, json.loads(done.out)["result"]["findings"]

    login.rc(".profile", login.path_line)
    code, (finding,) = answer()
    assert (code, finding["check"], finding["file"]) == (1, "path", None)
    assert finding["what"].startswith("PATH has neither the shims directory nor")
    assert answer(f"{finding['mend']}; ") == (0, [])
    assert answer(f'eval "$({login.command} env)"; ') == (0, [])


def test_a_manager_that_has_no_command_of_ours_is_left_in_peace(login: Login) -> None:
    login.program(login.home.home / ".rbenv/shims/ruby", "echo 3.3")
    login.rc(".bashrc", login.path_line, 'export PATH="$HOME/.rbenv/shims:$PATH"')
    assert login.answer(BASH, "toolpin doctor --json")[0] == 0


def test_a_virtual_environment_in_front_is_meant_to_be(login: Login) -> None:
    login.program(login.home.home / "venv/bin/node", "echo v18")
    lines = ('export VIRTUAL_ENV="$HOME/venv"', 'export PATH="$HOME/venv/bin:$PATH"')
    login.rc(".bashrc", login.path_line, *lines)
    assert login.answer(BASH, "toolpin doctor --json")[0] == 0


def test_without_net_nobody_is_asked(login: Login) -> None:
    before = len(login.upstream.server.requests)
    assert login.type(BASH, "toolpin doctor").code == 0
    assert len(login.upstream.server.requests) == before


def test_the_pinned_version_s_own_directory_in_front_is_meant_to_be(
    login: Login,
) -> None:
    line = f"export PATH='{login.tree()}/bin':\"$PATH\""
    login.rc(".bashrc", login.path_line, line)
    assert login.answer(BASH, "toolpin doctor --json")[0] == 0


def test_where_nothing_is_pinned_nothing_is_wrong(login: Login) -> None:
    (login.home.project / ".tool-versions").unlink()
    assert login.answer(BASH, "toolpin doctor --json")[0] == 0


def test_an_install_at_work_is_not_broken_off(login: Login) -> None:
    home = login.home
    home.pin(f"nodejs {OTHER}\n")
    _mark_left(login)
    with held(f"{home.data}/locks/nodejs/{PINNED}.lock"):
        assert login.answer(BASH, "toolpin doctor --json")[0] == 0
    assert login.answer(BASH, "toolpin doctor --json")[0] == 1


def test_a_script_that_an_activated_shell_started_gets_a_fix_that_fixes(
    login: Login,
) -> None:
    login.rc(".bashrc", ACTIVATE_BASH)
    below, outside = login.home.project / "below", login.home.root / "outside"
    for directory in (below, outside):
        directory.mkdir()
    (below / ".tool-versions").write_text(f"nodejs {OTHER}\n")
    script = "sh -c 'cd {}; toolpin doctor --json'"
    code, result = login.answer(BASH, script.format(below))
    (finding,) = result["findings"]
    assert (code, finding["check"], finding["file"]) == (1, "path", None)
    assert f"nodejs {PINNED}" in finding["what"]
    fix = f"sh -c 'cd {below}; {finding['mend']}; toolpin doctor && command -v node'"
    assert login.type(BASH, fix).out.endswith(f"{login.tree(OTHER)}/bin/node\n")
    code, result = login.answer(BASH, script.format(outside))
    (finding,) = result["findings"]
    assert (code, finding["mend"]) == (1, "toolpin exec node")
