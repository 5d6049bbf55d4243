"""An activated shell where an asdf plugin is asked what its version sets."""

from __future__ import annotations

import os

import pytest

from tests.shell.scenario import activate, play, same, show
from tests.shell.world import World
from toolpin.env_patch import render_record
from toolpin.model import EnvPatch

# As plugins look for what not every machine has.
LOOKS = (
    "command -v brew >/dev/null && export FOUND=$(brew --prefix)\nexport SEEN=$PATH\n"
)
WHOLE = f"{LOOKS}export PATH=$ASDF_INSTALL_PATH/extra:$PATH:/opt/behind\n"


@pytest.fixture
def asked(world: World) -> World:
    """A version of `greet` whose plugin is asked; the project has a `brew`."""
    store = world.store
    tree = store.publish("greet", "1.0", {"greet": ""})
    patch = EnvPatch((f"{tree}/bin",), (), runtime_scripts="all")
    (tree / ".toolpin/record.sh").write_text(render_record(patch))
    store.script(tree / "extra/more", "more")
    store.script(store.home.data / "plugins/greet/bin/list-all", "1.0")
    store.script(world.project / "brew", f"#!/bin/sh\n: >{world.outside}/ran\n")
    store.home.pin("greet 1.0\n")
    return world


@pytest.mark.parametrize("script", [LOOKS, WHOLE], ids=["looks", "changes PATH"])
def test_no_program_runs_out_of_the_directory_that_a_shell_is_in(
    asked: World, shell: str, script: str
) -> None:
    (asked.store.home.data / "plugins/greet/bin/exec-env").write_text(script)
    (asked.store.home.data / "plugins/greet/bin/exec-env").chmod(0o755)
    for start in (asked.outside, asked.project):
        done = play(
            asked.store,
            shell,
            activate(),
            same(asked.cd(asked.project)),
            show("PATH"),
            show("SEEN"),
            same("brew"),
            same(asked.cd(asked.outside)),
            show("PATH"),
            start=start,
        )
        inside, seen, after = done.out.splitlines()
        assert not (asked.outside / "ran").exists(), inside
        assert all(map(os.path.isabs, seen.split(":")))
        bins = f"{asked.store.home.data}/installs/greet/1.0"
        more = f"{bins}/extra:{bins}/bin:/opt/behind:"
        block = (
            f"{more if script is WHOLE else f'{bins}/bin:'}{asked.store.paths.shims}"
        )
        assert inside == f"{block}:{asked.usual}"
        assert after == f"{asked.store.paths.shims}:{asked.usual}"


def test_env_tells_of_the_directories_that_a_plugin_adds(asked: World) -> None:
    script = asked.store.home.data / "plugins/greet/bin/exec-env"
    script.write_text(WHOLE)
    script.chmod(0o755)
    bins = f"{asked.store.home.data}/installs/greet/1.0"
    result = asked.store.home.toolpin("env")
    shims = asked.store.paths.shims
    path = f"export PATH='{bins}/extra:{bins}/bin:/opt/behind:{shims}':"
    assert path in result.out, result.err
    assert not (asked.outside / "ran").exists()


def test_a_plugin_that_names_programs_is_asked_what_it_sets_too(
    asked: World, shell: str
) -> None:
    for name, text in (("exec-path", "echo bin/greet"), ("exec-env", "export A=1")):
        script = asked.store.home.data / f"plugins/greet/bin/{name}"
        asked.store.script(script, f"#!/usr/bin/env bash\n{text}\n")
    result = asked.store.home.toolpin("env")
    assert result.code == 0, result.err
    assert "export A='1'" in result.out
    steps = (activate(), same("greet"), show("A"))
    done = play(asked.store, shell, *steps, start=asked.project)
    assert done.out.splitlines() == ["greet 1.0", "1"], done.err
