"""Rows of asdf's table that need a state of their own: no plugin, a failing script."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.asdf import ASDF, Machine
from tests.support.scripted import GREET, repository


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of its own for each test."""
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("words", "out", "err"),
    [
        ("current", "No plugins installed\n", ""),
        ("list", "", ""),
        ("plugin list", "", "No plugins installed\n"),
        ("latest --all", "", ""),
        ("install", "", ""),
        ("plugin update --all", "", ""),
        ("reshim", "", ""),
    ],
)
def test_without_plugins_each_command_ends_with_0(
    words: str, out: str, err: str, machine: Machine
) -> None:
    for name in ("plugins", "installs"):
        shutil.rmtree(machine.data / name)
    done = machine.asdf(*words.split())
    assert (done.code, done.out, done.err) == (0, out, err)


def test_latest_of_all_plugins_states_what_is_installed(machine: Machine) -> None:
    """After a plugin that fails, too: bare's list-all does."""
    for installed in ("missing", "installed"):
        done = machine.asdf("latest", "--all")
        assert done.code == 1
        failed, line = done.out.splitlines()
        assert failed.startswith("unable to load latest version: ")
        assert line == f"dummy\t2.0.0\t{installed}"
        machine.put("2.0.0", "dummy")


def test_where_takes_the_first_version_of_a_line_alone(machine: Machine) -> None:
    (machine.project / ".tool-versions").write_text("dummy 9.9 1.0.0\n")
    done = machine.asdf("where", "dummy")
    assert (done.code, done.out) == (1, "")
    assert machine.asdf("exec", "dummy").out == "dummy 1.0.0\n"


def test_the_first_file_above_counts_though_its_version_is_not_installed(
    machine: Machine,
) -> None:
    below = machine.project / "set/below"
    below.mkdir()
    (below / ".tool-versions").write_text("dummy 9.9\n")
    assert "asdf install dummy 9.9" in machine.asdf("exec", "dummy", at="set/below").err
    (below / ".tool-versions").write_text("other 1\n")
    assert machine.asdf("exec", "dummy", at="set/below").out == "dummy 1.1.0\n"


def test_the_file_at_home_counts_outside_of_home(machine: Machine) -> None:
    (machine.home / ".tool-versions").write_text("dummy 1.0.0\n")
    assert machine.asdf("exec", "dummy").out == "dummy 1.0.0\n"
    shown = machine.asdf("current", "--no-header", "dummy").out.split()
    assert shown[1:3] == ["1.0.0", f"{machine.home}/.tool-versions"]


def test_what_an_outer_asdf_set_does_not_reach_a_program(machine: Machine) -> None:
    names = ("TYPE", "VERSION", "PATH")
    outer = {f"ASDF_INSTALL_{name}": f"/outer/{name}" for name in names}
    done = machine.asdf("env", "dummy", "env", at="set", env=outer)
    assert "/outer/" not in done.out
    script = machine.data / "plugins/dummy/bin/list-all"
    script.write_text("env >&2; exit 1\n")
    assert "/outer/" not in machine.asdf("list", "all", "dummy", env=outer).out


def test_a_plugin_comes_and_goes_with_its_downloads(machine: Machine) -> None:
    item = repository(machine.root / "item", GREET)
    downloads = machine.data / "downloads/item"
    assert machine.asdf("plugin", "add", "item", f"file://{item}").code == 0
    assert downloads.is_dir()
    assert machine.asdf("install", "item", "1.0.0", "--keep-download").code == 0
    assert machine.asdf("plugin", "remove", "item").code == 0
    assert not downloads.exists()


@pytest.mark.parametrize(
    "script",
    ["post-plugin-add", "pre-plugin-remove", "exec-path", "list-legacy-filenames"],
)
def test_a_script_whose_failure_asdf_ignores_stops_nothing(
    script: str, machine: Machine
) -> None:
    files = {**GREET, f"bin/{script}": "echo failing >&2; exit 3\n"}
    item = repository(machine.root / "item", files)
    for words in (
        ("plugin", "add", "item", f"file://{item}"),
        ("install", "item", "1.0.0"),
        ("set", "item", "1.0.0"),
        ("exec", "greet"),
        ("plugin", "remove", "item"),
    ):
        done = machine.asdf(*words)
        assert done.code == 0, (words, done.err)
    assert not (machine.data / "plugins/item").exists()


def test_an_update_that_brings_nothing_runs_its_script_too(machine: Machine) -> None:
    line = 'echo "$ASDF_PLUGIN_PREV_REF $ASDF_PLUGIN_POST_REF"\n'
    item = repository(machine.root / "item", {**GREET, "bin/post-plugin-update": line})
    machine.asdf("plugin", "add", "item", f"file://{item}")
    before, after = machine.asdf("plugin", "update", "item").out.split()
    assert before == after


# A hook that fails, the command that it stops, and whether the command had its effect.
STOPPED = [
    ("pre_asdf_download", "install item 1.0.0", False),
    ("pre_asdf_install", "install item 1.0.0", False),
    ("post_asdf_install", "install item 1.0.0", True),
    ("pre_asdf_uninstall", "uninstall item 1.1.0", False),
    ("post_asdf_uninstall", "uninstall item 1.1.0", True),
]
PASSED = [
    ("pre_asdf_reshim", "install item 1.0.0"),
    ("post_asdf_reshim", "install item 1.0.0"),
    ("pre_asdf_plugin_add", "plugin add other file://{root}/item"),
    ("post_asdf_plugin_add", "plugin add other file://{root}/item"),
    ("pre_asdf_plugin_update", "plugin update item"),
    ("post_asdf_plugin_update", "plugin update item"),
    ("pre_asdf_plugin_remove", "plugin remove item"),
    ("post_asdf_plugin_remove", "plugin remove item"),
]


@pytest.fixture
def item(machine: Machine) -> Machine:
    """A machine with a plugin from Git, and one version of it."""
    files = {**GREET, "bin/download": "true\n"}
    place = repository(machine.root / "item", files)
    machine.asdf("plugin", "add", "item", f"file://{place}")
    assert machine.asdf("install", "item", "1.1.0").code == 0
    return machine


@pytest.mark.parametrize(("hook", "words", "is_done"), STOPPED)
def test_a_hook_that_fails_stops_its_command(
    hook: str, words: str, is_done: bool, item: Machine
) -> None:
    (item.home / ".asdfrc").write_text(f"{hook}_item = echo told; exit 4\n")
    done = item.asdf(*words.split())
    assert (done.code, done.out) == (1, "told\n")
    version = item.data / "installs/item" / words.rsplit(maxsplit=1)[-1]
    assert version.exists() == (is_done == words.startswith("install"))


@pytest.mark.parametrize(("hook", "words"), PASSED)
def test_a_hook_whose_failure_asdf_ignores_stops_nothing(
    hook: str, words: str, item: Machine
) -> None:
    lines = [f"{hook}_{name} = echo told; exit 4\n" for name in ("item", "other")]
    (item.home / ".asdfrc").write_text("".join(lines))
    done = item.asdf(*words.format(root=item.root).split())
    assert done.code == 0, done.err
    assert "told\n" in done.out


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"bin/download": ""}, "bin/download"),
        ({"bin/install": ""}, "bin/install"),
        ({"bin/list-all": ""}, "bin/list-all"),
        ({"LICENSE": ""}, "license"),
        ({"bin/list-all": "true\n"}, "list-all"),
        ({"bin/install": "exit 3\n"}, "install"),
        ({"bin/download": "exit 3\n"}, "download"),
    ],
)
def test_plugin_test_names_what_fails(
    files: dict[str, str], text: str, machine: Machine
) -> None:
    whole = {**GREET, "bin/download": "true\n", **files}
    place = repository(
        machine.root / "item", {name: data for name, data in whole.items() if data}
    )
    done = machine.asdf("plugin", "test", "item", f"file://{place}")
    assert (done.code, done.out) == (1, "")
    assert text in f"\n{done.err}".partition("\nFAILED: ")[2]


def test_a_file_is_written_under_the_users_umask_and_through_a_link(
    machine: Machine,
) -> None:
    line = 'umask 027; exec "$@" set dummy 1.0.0'
    done = machine.run("sh", "-c", line, "sh", *ASDF)
    assert done.code == 0, done.err
    file = machine.project / ".tool-versions"
    assert file.stat().st_mode & 0o777 == 0o640
    file.rename(machine.project / ".tool-versions.mine")
    file.symlink_to(".tool-versions.mine")
    assert machine.asdf("set", "dummy", "1.1.0").code == 0
    assert file.is_symlink()
    assert file.read_text() == "dummy 1.1.0\n"


@pytest.mark.parametrize("value", ["yes", "YES", "no", "No", ""])
def test_settings_in_asdfrc_are_yes_or_no_in_any_case(
    value: str, machine: Machine
) -> None:
    script = machine.data / "plugins/dummy/bin/list-legacy-filenames"
    script.write_text("echo .dummy-version\n")
    script.chmod(0o755)
    (machine.project / ".dummy-version").write_text("1.0.0\n")
    rc = machine.root / "my rc"
    rc.write_text(f"legacy_version_file = {value}\nalways_keep_download = {value}\n")
    env = {"ASDF_CONFIG_FILE": str(rc)}
    is_yes = value.lower() == "yes"
    assert machine.asdf("exec", "dummy", env=env).code == (0 if is_yes else 126)
    assert machine.asdf("install", "dummy", "2.0.0", env=env).code == 0
    assert (machine.data / "downloads/dummy/2.0.0").exists() == is_yes


@pytest.mark.parametrize(
    ("setting", "variable", "expected"),
    [
        ("concurrency = 3", "", "3"),
        ("concurrency = 3", "5", "5"),
        ("concurrency = auto", "", str(os.cpu_count())),
        ("concurrency = 3", "auto", str(os.cpu_count())),
        ("", "", str(os.cpu_count())),
    ],
)
def test_a_build_gets_as_many_jobs_as_asdf_gives_it(
    setting: str, variable: str, expected: str, machine: Machine
) -> None:
    (machine.home / ".asdfrc").write_text(f"{setting}\n")
    script = machine.data / "plugins/dummy/bin/install"
    script.write_text("echo $ASDF_CONCURRENCY\n")
    env = {"ASDF_CONCURRENCY": variable} if variable else {}
    assert machine.asdf("install", "dummy", "2.0.0", env=env).out == f"{expected}\n"


COMPLETED = {
    "plugin ": ["add", "list", "remove", "test", "update"],
    "uninstall d": ["dummy"],
    "where dummy 1": ["1.0.0", "1.1.0"],
    "install dummy 2": ["2.0.0-rc1", "2.0.0"],
    "latest dummy 2": ["2.0.0-rc1", "2.0.0"],
    "set dummy s": ["system"],
    "exec n": ["newer"],
    "which new": ["newer"],
    "plugin remove b": ["bare"],
    "help du": ["dummy"],
    "shimv": ["shimversions"],
}


@pytest.mark.parametrize("line", COMPLETED)
def test_a_tab_offers_what_asdfs_own_script_offers(line: str, machine: Machine) -> None:
    machine.toolpin("asdf-alias", f"{machine.root}/bin")
    machine.asdf("reshim")
    script = machine.root / "completion"
    script.write_text(machine.asdf("completion", "bash").out)
    words = ["asdf", *line.split(), *([""] if line.endswith(" ") else [])]
    ask = (
        f"source '{script}'; COMP_WORDS=({' '.join(words[:-1])} '{words[-1]}'); "
        f'COMP_CWORD={len(words) - 1}; _asdf; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    path = f"{machine.root}/bin:{machine.env['PATH']}"
    done = machine.run("bash", "--norc", "-c", ask, env={"PATH": path})
    assert done.out.split() == COMPLETED[line], done.err
