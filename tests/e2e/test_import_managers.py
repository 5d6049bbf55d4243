"""Moving in from mise, rbenv and volta, and being told of an asdf that was not."""

from __future__ import annotations

import pytest

from tests.support.asdf import ASDF
from tests.support.run import Home
from tests.support.scripted import write

PROGRAM = "#!/bin/sh\necho it runs\n"


@pytest.mark.parametrize(
    ("manager", "tree", "program", "pin"),
    [
        ("rbenv", ".rbenv/versions/3.3.0", "ruby", "ruby 3.3.0"),
        ("volta", ".volta/tools/image/node/20.1.0", "node", "nodejs 20.1.0"),
        ("mise", ".local/share/mise/installs/node/20.1.0", "node", "nodejs 20.1.0"),
    ],
)
def test_what_another_manager_has_runs_here(
    manager: str, tree: str, program: str, pin: str, home: Home
) -> None:
    place = home.home / tree
    write(place, {f"bin/{program}": PROGRAM})
    (place.parent / "latest").symlink_to(f"./{place.name}")
    done = home.toolpin("import", manager)
    assert done.code == 0, done.err
    assert "1 versions" in done.err
    home.pin(f"{pin}\n")
    assert home.run(home.shim(program)).out == "it runs\n"
    assert home.toolpin("verify").code == 0


MISE = """\
[tools]
node = "22"
go = ["1.22", "prefix:1.21"]
zig = { version = "0.13.0", postinstall = "true" }
"npm:prettier" = "3"
erlang = "sub-1:latest"

[env]
A = "1"
"""


def test_a_mise_toml_becomes_lines_and_what_has_none_is_listed(home: Home) -> None:
    (home.home / ".local/share/mise/installs").mkdir(parents=True)
    (home.project / "mise.toml").write_text(MISE)
    file = home.pin("golang 1.20\n")
    done = home.toolpin("import", "mise")
    assert done.code == 0, done.err
    assert file.read_text() == "golang 1.20\nnodejs 22\nzig 0.13.0\n"
    lacking = [line for line in done.err.splitlines() if "not imported" in line]
    for word in ("npm:prettier", "postinstall", "erlang", "[env]"):
        assert any(word in line for line in lacking), word
    assert len(lacking) == 4


def test_an_asdf_that_was_not_imported_is_named_with_the_command(home: Home) -> None:
    write(home.home / ".asdf/installs/zig/0.13.0", {"bin/zig": PROGRAM})
    placed = home.toolpin("asdf-alias", f"{home.root}/bin")
    assert f"{home.home}/.asdf has versions that are not installed here" in placed.err
    assert "toolpin import asdf" in placed.err
    # As a shim of a real asdf does.
    missed = home.run(*ASDF, "exec", "zig")
    assert missed.code == 126
    assert "toolpin import asdf" in missed.err
    assert "toolpin import asdf" in home.toolpin("doctor").out
    assert home.toolpin("import", "asdf").code == 0
    assert "toolpin import asdf" not in home.toolpin("doctor").out
    again = home.toolpin("asdf-alias", f"{home.root}/bin")
    assert "toolpin import" not in again.err


@pytest.mark.parametrize(
    "text",
    [
        f"x = {'9' * 5_000}",
        f"x = 0x{'f' * 5_000}",
        f"[tools]\nnode = 0x{'f' * 5_000}",
        f"[tools]\nnode = [1, 0b{'1' * 20_000}]",
        "[tools]\nnode = " + "[" * 5_000,
        "[tools]\nnode = " + "{a = " * 200 + "1" + "}" * 200,
        '[tools]\n"a\\u001b[2J\\ntoolpin: done" = "1"',
        '["a\\ntoolpin: done"]',
        "tools = 7",
        "[[tools]]\nnode = '22'",
    ],
)
def test_hostile_67_88_89_a_mise_toml_is_data(text: str, home: Home) -> None:
    (home.home / ".local/share/mise/installs").mkdir(parents=True)
    (home.project / "mise.toml").write_text(text)
    done = home.toolpin("import", "mise")
    assert done.code in (0, 2), done.err
    assert "a bug" not in done.err
    assert "\x1b" not in done.err
    assert "\ntoolpin: done" not in done.err
    assert not (home.project / ".tool-versions").exists()


def test_hostile_67_a_mise_toml_writes_no_file_that_is_not_read(home: Home) -> None:
    (home.home / ".local/share/mise/installs").mkdir(parents=True)
    versions = ", ".join(f"'1.{number}'" for number in range(1_001))
    (home.project / "mise.toml").write_text(f"[tools]\nnode = [{versions}]")
    file = home.pin("golang 1.20\n")
    done = home.toolpin("import", "mise")
    assert done.code == 2
    assert "names more than 1000 versions" in done.err
    assert file.read_text() == "golang 1.20\n"
