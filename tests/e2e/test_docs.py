"""The commands of README and the guide, run as a reader would, with their output.

A block with lines that begin with `$ ` is a session: the lines below a command are what
it prints, and `...` is any number of lines. All sessions of a page run in one bash, in
order, on a machine of their own whose upstreams are on 127.0.0.1. A page or a session
that needs more is in NOT_RUN, with the reason.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import scripted
from tests.support.run import REPOSITORY, Home
from tests.support.rust import RustUpstream
from tests.support.server import Server
from tests.support.upstream import HOSTS, Upstream

PAGES = (
    "README.md",
    *sorted(f"docs/guide/{p.name}" for p in (REPOSITORY / "docs/guide").glob("*.md")),
)

# What is done before a page's first command: the page begins in the middle of a story.
# As in a terminal, what goes to stdout and to stderr keeps its order: -u.
_ACTIVATE = "eval \"$(toolpin activate bash | sed 's/ -I -m / -I -u -m /')\""
_OTHER_MANAGER = """
mkdir -p ~/.asdf/shims && ln -s /bin/true ~/.asdf/shims/node
toolpin pin --home nodejs 24.11.1; toolpin use nodejs 22; toolpin lock
export PATH="$HOME/.asdf/shims:$PATH" SHELL=/bin/bash TERM=dumb
echo 'eval "$(toolpin activate bash)"' >~/.bashrc
echo 'export PATH="$HOME/.asdf/shims:$PATH"' >>~/.bashrc
"""
BEFORE = {
    "docs/guide/doctor.md": _OTHER_MANAGER,
    "docs/guide/lockfile.md": "toolpin pin nodejs 22",
    "docs/guide/offline.md": "toolpin pin nodejs 24.11.1",
    "docs/guide/ci.md": "toolpin pin nodejs 22; toolpin lock",
    "docs/guide/shells.md": "toolpin install nodejs 22.20.0",
}

# The beginning of a session's first command, by page, and why it is not run.
_ERLANG = "it installs Erlang and Elixir: tests/e2e/test_beam.py has these commands"
_EXAMPLE = "tests/network/test_example_elixir.py builds and deploys the example"
NOT_RUN = {
    ("docs/guide/elixir.md", "cat .tool-versions"): _ERLANG,
    ("docs/guide/elixir.md", "toolpin install"): _ERLANG,
    ("docs/guide/elixir.md", "toolpin lock"): _ERLANG,
    ("docs/guide/elixir.md", "toolpin bundle create"): _ERLANG,
    ("docs/guide/elixir.md", "toolpin pin erlang"): _ERLANG,
    ("docs/guide/elixir-deployment.md", "cp -R examples/elixir"): _EXAMPLE,
    ("docs/guide/elixir-deployment.md", "scp"): _EXAMPLE,
    ("docs/guide/elixir-deployment.md", "toolpin release-check"): (
        "it needs a release: tests/e2e/test_release_check.py compares the output"
    ),
    (
        "docs/guide/elixir-deployment.md",
        "ansible-playbook",
    ): "it needs Ansible and hosts",
    ("docs/guide/java.md", "cat .tool-versions"): (
        "it needs a JDK and Maven: tests/e2e/test_java.py has these commands"
    ),
    ("docs/guide/prune.md", "toolpin prune"): (
        "it needs installs of different days: tests/e2e/test_prune.py"
    ),
    ("docs/guide/ruby.md", "cat .tool-versions"): (
        "a Ruby is downloaded or built for minutes: tests/e2e/test_ruby.py"
    ),
    ("docs/guide/php.md", "cat .tool-versions"): "it builds for minutes",
    ("docs/guide/postgres.md", "cat .tool-versions"): "it builds for minutes",
    ("docs/guide/plugins.md", "toolpin plugin new"): (
        "it needs GitHub: tests/e2e/test_plugin.py"
    ),
}

_LUA = {
    "bin/list-all": "#!/bin/sh\necho 5.4.6 5.4.7 5.4.8\n",
    "bin/install": """#!/bin/sh
mkdir -p "$ASDF_INSTALL_PATH/bin"
cd "$ASDF_INSTALL_PATH/bin"
printf '#!/bin/sh\\necho Lua %s\\n' "$ASDF_INSTALL_VERSION" >lua
chmod +x lua
""",
}


# A part of a page between two marks, such as a table of all tools.
_GENERATED = re.compile(r"<!-- The .*?<!-- End of .*?-->", re.DOTALL)


class Command(NamedTuple):
    """A command line of a session, and what the page says that it prints."""

    line: str
    output: list[str]


def sessions(page: str) -> list[list[Command]]:
    """Return the sessions of a page."""
    text = (REPOSITORY / page).read_text()
    blocks = re.findall(
        r"^```(?:console)?\n(\$ .*?)^```", text, re.DOTALL | re.MULTILINE
    )
    return [list(_commands(block)) for block in blocks]


def _commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *output = part.rstrip("\n").split("\n")
        yield Command(re.sub(r" {2,}# .*", "", line), output)


def _is_run(page: str, session: list[Command]) -> bool:
    return not any(
        page == name and session[0].line.startswith(beginning)
        for name, beginning in NOT_RUN
    )


@pytest.fixture
def reader(tmp_path: Path, page: str) -> Iterator[Home]:
    """A machine of a new user, with a copy of nodejs.org and of an asdf plugin."""
    home = Home(tmp_path)
    user = tmp_path / "home/ana"
    home.project = user / "site"
    home.project.mkdir(parents=True)
    programs = user / ".local/bin"
    programs.mkdir(parents=True)
    (programs / "toolpin").write_text(
        f'#!/bin/sh\nexec {sys.executable} -I -u -m toolpin "$@"\n'
    )
    (programs / "toolpin").chmod(0o755)
    home.env |= {"HOME": str(user), "PATH": f"{programs}:{home.env['PATH']}"}
    for name in ("TOOLPIN_DATA_DIR", "TOOLPIN_CACHE_DIR", "TOOLPIN_CONFIG_DIR"):
        del home.env[name]
    _publish_plugin(home)
    with Server() as server:
        upstream = Upstream(server)
        upstream.mirror_for(home)
        for version, lts in (
            ("22.20.0", "Jod"),
            ("22.21.1", "Jod"),
            ("24.11.1", "Krypton"),
        ):
            upstream.publish(version, hosts=HOSTS, lts=lts)
        if page == "docs/guide/rust.md":
            rust = RustUpstream(server)
            rust.mirror_for(home)
            del home.env["TOOLPIN_SOURCES"]
            rust.release("1.84.0")
            rust.dated("nightly", "2026-08-01")
        yield home


def _publish_plugin(home: Home) -> None:
    github = home.root / "github.com"
    scripted.repository(github / "Stratus3D/asdf-lua.git", _LUA)
    index = {"plugins/lua": "repository = https://github.com/Stratus3D/asdf-lua.git\n"}
    scripted.repository(github / "asdf-vm/asdf-plugins.git", index)
    del home.env["TOOLPIN_PLUGIN_INDEX"]
    (home.root / "home/ana/.gitconfig").write_text(
        f'[url "file://{github}/"]\n\tinsteadOf = https://github.com/\n'
        "[user]\n\tname = Ana\n\temail = ana@example.org\n"
        "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n"
    )


def commands_of(page: str) -> list[Command]:
    """Return the commands of a page that are run, in order."""
    return [
        command
        for session in sessions(page)
        if _is_run(page, session)
        for command in session
    ]


@pytest.mark.parametrize("page", [page for page in PAGES if commands_of(page)])
def test_the_commands_of_a_page_print_what_it_says(page: str, reader: Home) -> None:
    commands = commands_of(page)
    before = BEFORE.get(page, ":")
    script = f"{_ACTIVATE}\n{{ {before}\n}} >/dev/null 2>&1\n"
    script += "".join(
        f"printf '\\0'; {{ {command.line}\n}} 2>&1\n" for command in commands
    )
    ran = reader.run("bash", "-c", script)
    assert ran.err == ""
    printed = ran.out.split("\0")[1:]
    assert len(printed) == len(commands)
    differences = [
        f"{page}: $ {command.line}\n--- printed\n{text}"
        for command, text in zip(commands, printed, strict=True)
        if not _matches("\n".join(command.output), text.rstrip("\n"), reader)
    ]
    assert not differences, "\n".join(differences)


def _comparable(text: str, home: Home) -> str:
    """Return text without what differs from machine to machine and from day to day."""
    text = text.replace(str(home.root), "")
    text = re.sub(r" via 127\.0\.0\.1:\d+", "", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "nodejs.org", text)
    text = re.sub(r"\b[\d.]+ (B|kB|KB|MB|GB|s)\b", r"N", text)
    text = re.sub(r"\b[0-9a-f]{7,64}\b", "DIGEST", text)
    return re.sub(r"[ \t]+", " ", text)


def _matches(shown: str, printed: str, home: Home) -> bool:
    pattern = re.escape(_comparable(shown, home)).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, _comparable(printed, home), re.DOTALL) is not None


def test_a_page_for_users_has_a_thousand_words_at_most() -> None:
    generated = {"commands.md", "plugins.md"}
    reference = (REPOSITORY / "docs/reference").glob("*.md")
    pages = [REPOSITORY / page for page in PAGES]
    pages += [page for page in reference if page.name not in generated]
    texts = {page.name: _GENERATED.sub("", page.read_text()) for page in pages}
    words = {name: len(text.split()) for name, text in texts.items()}
    assert {name: count for name, count in words.items() if count > 1000} == {}


def test_what_is_not_run_is_in_a_page() -> None:
    for page, beginning in NOT_RUN:
        assert any(
            session[0].line.startswith(beginning) for session in sessions(page)
        ), (page, beginning)
