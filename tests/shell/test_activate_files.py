"""What is noticed of the files that an activated shell depends on."""

from __future__ import annotations

import os
import shlex

import pytest

from tests.shell.scenario import (
    TOOLPIN,
    activate,
    export,
    play,
    same,
    show,
    status,
    write,
)
from tests.shell.world import OWN, V10, V12, World


def test_an_edited_file_counts_at_the_next_prompt(world: World, shell: str) -> None:
    file = world.project / ".tool-versions"
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        write(file, "nodejs 12.22.0\n"),
        same("node"),
        write(file, ""),
        same("node"),
        write(file, "# none\n"),
        same("true"),
        write(file, "# none\nnodejs 12.22.0\n"),
        show("NODE_Y"),
    )
    assert done.out.splitlines() == [V10, V12, OWN, "it's 12"], done.err


def test_a_file_that_comes_and_goes_counts(world: World, shell: str) -> None:
    (world.project / ".tool-versions").unlink()
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        write(world.project / ".nvmrc", "10.15.3"),
        same("node"),
        same("rm .nvmrc"),
        same("node"),
    )
    assert done.out.splitlines() == [OWN, V10, OWN], done.err


def test_a_file_whose_directory_comes_with_it_counts(world: World, shell: str) -> None:
    (world.project / ".tool-versions").unlink()
    config = world.store.home.config
    config.rmdir()
    done = play(
        world.store,
        shell,
        activate(),
        show("NODE_Y"),
        same(f"mkdir {config}"),
        show("NODE_Y"),
        write(config / ".tool-versions", "nodejs 12.22.0\n"),
        show("NODE_Y"),
        same(f"rm -r {config}"),
        show("NODE_Y"),
    )
    assert done.out.splitlines() == ["unset", "unset", "it's 12", "unset"], done.err


def test_files_that_lack_one_directory_are_one_word_of_the_check(
    world: World, shell: str
) -> None:
    result = world.store.home.run(*shlex.split(TOOLPIN), "activate", shell)
    system = world.store.home.env["TOOLPIN_SYSTEM_DATA_DIR"]
    assert (result.out.count(f"{system}'"), result.out.count(f"{system}/")) == (1, 0)


def test_a_lockfile_that_comes_and_changes_counts(world: World, shell: str) -> None:
    (world.project / ".tool-versions").write_text("nodejs latest\n")
    lock = 'schema = 1\n[pins]\n"nodejs latest" = "{}"\n\n# more {}\n'
    file = world.project / "toolpin.lock"
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        write(file, lock.format("10.15.3", "x" * 9000)),
        same("node"),
        write(file, lock.format("12.22.0", "y" * 9000)),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10, V12], done.err


def test_a_lockfile_that_answers_an_override_counts_where_nothing_pins(
    world: World, shell: str
) -> None:
    lock = 'schema = 1\n[pins]\n"nodejs latest" = "10.15.3"\n\n'
    file = world.outside / "toolpin.lock"
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.outside)),
        export("TOOLPIN_NODEJS_VERSION", "latest"),
        same("node"),
        write(file, lock),
        same("node"),
        write(file, lock.replace("10.15.3", "12.22.0")),
        same("node"),
        write(file, lock),
        same("node"),
        same(f"rm {file}"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10, V12, V10, V12], done.err


def test_the_lockfile_beside_the_global_file_counts(world: World, shell: str) -> None:
    lock = 'schema = 1\n[pins]\n"nodejs latest" = "10.15.3"\n\n'
    config = world.store.home.config
    (config / ".tool-versions").write_text("nodejs latest\n")
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.outside)),
        same("node"),
        write(config / "toolpin.lock", lock),
        same("node"),
        same(f"rm {config / 'toolpin.lock'}"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10, V12], done.err


def test_all_of_a_long_file_counts(world: World, shell: str) -> None:
    file = world.project / ".tool-versions"
    long = "# \u20ac and more\n" * 1000
    done = play(
        world.store,
        shell,
        activate(),
        write(file, f"{long}nodejs 12.22.0\n"),
        same("node"),
        write(file, f"{long}nodejs 10.15.3\n"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10], done.err


@pytest.mark.parametrize("shift", range(3))
def test_a_long_file_that_is_cut_within_a_character_does_not_change(
    world: World, shell: str, shift: int
) -> None:
    long = "#" * (65534 + shift) + "\u20ac\u20ac\n"
    (world.project / ".tool-versions").write_text(f"nodejs 12.22.0\n{long[15:]}")
    check = "_toolpin_same; and echo same" if shell == "fish" else "_toolpin_same"
    done = play(
        world.store,
        shell,
        activate(),
        same(check if shell == "fish" else f"{check} && echo same"),
    )
    assert done.out == "same\n", done.err


def test_a_file_of_another_encoding_counts_when_it_is_fixed(
    world: World, shell: str
) -> None:
    file = world.project / ".tool-versions"
    text = "nodejs 12.22.0 # d\u00e9j\u00e0\n"
    latin = world.outside / "latin"
    latin.write_bytes(text.encode("latin-1"))
    done = play(
        world.store,
        shell,
        activate(),
        same(f"cat {latin} >{file}"),
        show("NODE_Y"),
        write(file, text),
        show("NODE_Y"),
    )
    assert done.out.splitlines() == ["unset", "it's 12"], done.err
    assert done.err.count("is not UTF-8") == 1


def test_a_named_pipe_in_place_of_a_file_does_not_stop_the_shell(
    world: World, shell: str
) -> None:
    file = world.project / ".tool-versions"
    os.mkfifo(world.outside / "pipe")
    done = play(
        world.store,
        shell,
        activate(),
        same(f"mv {world.outside}/pipe {file}"),
        same("true"),
        same(world.cd(world.nested)),
        same("node"),
    )
    assert done.out == f"{V12}\n", done.err


def test_files_that_disagree_are_told_once(world: World, shell: str) -> None:
    (world.project / ".tool-versions").unlink()
    (world.project / ".nvmrc").write_text("12.22.0")
    (world.project / ".node-version").write_text("10.15.3")
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.project / "apps")),
        same("toolpin list"),
        same("node"),
    )
    assert done.out.splitlines()[-1] == V10, done.err
    assert done.err.count("which is used") == 1


def test_a_file_that_cannot_be_read_is_told_once(world: World, shell: str) -> None:
    file = world.project / ".tool-versions"
    done = play(
        world.store,
        shell,
        activate(),
        write(file, "nodejs $(touch pwned)\n"),
        same("true"),
        same("node"),
        status(),
        write(file, "nodejs 10.15.3\n"),
        same("node"),
    )
    assert done.out.splitlines() == ["status 2", V10], done.err
    assert done.err.count("is not a version") == 2  # the hook once, the program once
    assert not (world.project / "pwned").exists()


def test_what_a_loose_request_meant_may_go_in_another_shell(
    world: World, shell: str
) -> None:
    (world.project / ".tool-versions").write_text("nodejs latest\n")
    tree = world.store.paths.install("nodejs", "12.22.0")
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        same(f"rm -r {tree}"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10], done.err


@pytest.mark.parametrize(
    "form",
    ['[mirrors]\n"{site}" = "{mirror}"\n', 'mirrors = {{ "{site}" = "{mirror}" }}\n'],
    ids=["table", "line"],
)
def test_a_password_of_the_settings_is_in_no_shell(
    world: World, shell: str, form: str
) -> None:
    mirror = "https://ana:s3cretword@mirror.example/dist"
    config = world.store.home.config / "config.toml"
    text = form.format(site="https://nodejs.org/dist", mirror=mirror)
    (world.project / ".nvmrc").write_text("12.22.0")
    config.write_text(f"jobs = 3\n{text}")
    edited = world.outside / "edited"
    edited.write_text(f"jobs = 3\nstrict = true\n{text}")
    everything = {"bash": "set; declare -f", "zsh": "set; functions", "fish": "set"}
    shown = "functions _toolpin_same" if shell == "fish" else "true"
    done = play(
        world.store,
        shell,
        activate(),
        same(everything[shell]),
        same(shown),
        same(f"cat {edited} >{config}"),
        same("true"),
    )
    assert "_toolpin_same" in done.out
    assert "s3cretword" not in done.out + done.err
    assert "toolpin: the version files in" in done.err  # the edit was seen


def test_the_settings_of_activation_hold_no_password(world: World, shell: str) -> None:
    config = world.store.home.config / "config.toml"
    config.write_text(
        'mirrors."https://a.example" = "https://ana:s3cretword@b.example"\n'
    )
    result = world.store.home.toolpin("activate", shell)
    assert str(config) in result.out
    assert "s3cretword" not in result.out
