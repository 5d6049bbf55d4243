"""What `asdf` answers, row for row: what it prints, where, and how it ends."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.asdf import Machine


class Row(NamedTuple):
    """A line, the directory it is typed in, and what comes of it; `{p}` is the project.

    `out` is all of stdout, `err` a part of stderr; without `err` there is nothing.
    """

    words: str
    code: int = 0
    out: str = ""
    err: str = ""
    at: str = "set"
    env: dict[str, str] = {}  # noqa: RUF012 - never changed


NONE_7 = "No compatible versions available (dummy 7)\n"
HEADER = "Name            Version         Source          Installed\n"
UNSET = "dummy           ______          ______          \n"
NO_VERSION = (
    "No version is set for command dummy\nConsider adding one of the following "
    "versions in your config file at {p}/.tool-versions\ndummy ref:main\ndummy 1.0.0\n"
    "dummy 1.1.0\n"
)
LACKS_NEWER = (
    "No executable newer found for current version. Please select a different version "
    "or install newer manually for the current version\n"
)

ROWS = [
    # current
    Row(
        "current dummy --no-header",
        out="dummy           1.1.0           {p}/set/.tool-versions true\n",
    ),
    Row("current dummy", 126, HEADER + UNSET, at="."),
    Row("current --no-header dummy", 126, UNSET, at="."),
    Row(
        "current --no-header dummy",
        1,
        "dummy           9.9             {p}/missing/.tool-versions "
        "false - Run `asdf install dummy 9.9`\n",
        at="missing",
    ),
    Row(
        "current --no-header dummy",
        out="dummy           1.0.0 1.1.0     {p}/several/.tool-versions true\n",
        at="several",
    ),
    Row(
        "current --no-header dummy",
        out="dummy           1.0.0           ASDF_DUMMY_VERSION true\n",
        env={"ASDF_DUMMY_VERSION": "1.0.0"},
    ),
    Row("current nosuch", 1, "No such plugin: nosuch\n"),
    Row(
        "current --no-header",
        out="bare            ______          ______          \n" + UNSET,
        at=".",
    ),
    # where
    Row("where dummy", out="{d}/installs/dummy/1.1.0"),
    Row("where dummy 1.0.0", out="{d}/installs/dummy/1.0.0"),
    Row("where dummy ref:main", out="{d}/installs/dummy/ref-main"),
    Row("where dummy", out="/usr", at="path"),
    Row(
        "where dummy",
        1,
        err="No version is set for dummy; please run "
        "`asdf set [options] dummy <version>`\n",
        at=".",
    ),
    Row("where dummy 7.7", 1, err="Version not installed\n"),
    Row("where dummy latest", 1, err="Version not installed\n"),
    Row("where dummy", 1, err="asdf install dummy 9.9", at="missing"),
    Row("where dummy system", 1, err="System version is selected\n"),
    Row("where dummy", 1, err="System version is selected\n", at="system"),
    Row("where nosuch", 1, err="No such plugin: nosuch\n"),
    # which
    Row("which dummy", out="{d}/installs/dummy/1.1.0/bin/dummy\n"),
    Row("which x", 1, err="unknown command: x. Perhaps you have to reshim?\n"),
    Row(
        "which newer",
        1,
        err="No newer executable found for dummy 1.0.0\n",
        at="several1",
    ),
    Row("which dummy", 126, err=NO_VERSION, at="."),
    Row("which", 1, err="usage: asdf which <command>\n"),
    # list
    Row("list dummy", out="  1.0.0\n *1.1.0\n  ref:main\n"),
    Row("list dummy 1.1", out=" *1.1.0\n"),
    Row("list dummy", out=" *1.0.0\n *1.1.0\n  ref:main\n", at="several"),
    Row("list dummy 7", err="No compatible versions installed (dummy 7)\n"),
    Row("list bare", err="No compatible versions installed (bare)\n"),
    Row("list nosuch", 1, err="No such plugin: nosuch\n"),
    Row(
        "list",
        out="bare\n  No versions installed\ndummy\n  1.0.0\n *1.1.0\n  ref:main\n",
    ),
    # list all, latest
    Row("list all dummy", out="1.0.0\n1.1.0\n2.0.0-rc1\n2.0.0\n"),
    Row("list all dummy 1", out="1.0.0\n1.1.0\n"),
    Row("list all dummy 7", 1, err="No compatible versions available (dummy 7)\n"),
    Row(
        "list all bare",
        1,
        "Plugin bare's list-all callback script failed with output:\n"
        "on stderr\non stdout\n",
    ),
    Row("list all", 1, err="No plugin given\n"),
    Row("list all nosuch", 1, err="No such plugin: nosuch\n"),
    Row("latest dummy", out="2.0.0\n"),
    Row("latest dummy 1", out="1.1.0\n"),
    Row("latest dummy 7", 1, "No compatible versions available (dummy 7)\n"),
    Row("latest bare", 1, "unable to load latest version: bin/list-all of bare's"),
    Row("latest --all", 1, "unable to load latest version: bin/list-all of bare's"),
    # exec, env
    Row("exec dummy --help -x", out="dummy 1.1.0 --help -x\n"),
    Row("exec newer", out="newer 1.1.0\n", at="set"),
    Row("exec dummy", out="dummy 1.0.0\n", env={"ASDF_DUMMY_VERSION": "1.0.0 1.1.0"}),
    Row("exec dummy", out="dummy ref-main\n", env={"ASDF_DUMMY_VERSION": "ref:main"}),
    Row("exec", 1, err="usage: asdf exec <command>\n"),
    Row("exec dummy", 126, err=NO_VERSION, at="."),
    Row("exec dummy", 126, err="asdf install dummy 9.9\n", at="missing"),
    Row(
        "exec newer",
        1,
        err=LACKS_NEWER,
        at="several1",
    ),
    Row("env dummy printenv ASDF_INSTALL_VERSION", out="1.1.0\n"),
    Row("env dummy printenv ASDF_INSTALL_TYPE", out="version\n"),
    Row("env dummy printenv ASDF_INSTALL_PATH", out="{d}/installs/dummy/1.1.0\n"),
    Row(
        "env dummy printenv ASDF_INSTALL_TYPE",
        out="ref\n",
        env={"ASDF_DUMMY_VERSION": "ref:main"},
    ),
    Row("env dummy -- ls -d /", out="/\n"),
    Row("env", 1, err="usage: asdf env <command>\n"),
    # shimversions, help, cmd
    Row("shimversions dummy", out="dummy 1.1.0\ndummy 1.0.0\ndummy ref:main\n"),
    Row("shimversions", 1, err="usage: asdf shimversions <command>\n"),
    Row("shimversions x", 1),
    Row("help dummy", out="overview of none\n\ndeps\n\nconfig\n\nlinks\n"),
    Row("help dummy 1.0.0", out="overview of 1.0.0\n\ndeps\n\nconfig\n\nlinks\n"),
    Row("help nosuch", 1, err="No plugin named nosuch\n"),
    Row("help bare", 1, err="No documentation for plugin bare\n"),
    Row("cmd dummy sing a b", out="sings a b\n"),
    Row("cmd dummy other a", out="whole other a\n"),
    Row("cmd dummy -- --flag", out="whole --flag\n"),
    Row(
        "cmd bare x",
        1,
        err="error running extension command: Plugin named bare does not have a "
        "extension command named x\n",
    ),
    # what changes nothing because it is refused
    Row("install nosuch 1", 1, err="error installing version: Plugin named nosuch not"),
    Row("install dummy", 1, err="No versions specified for dummy in config", at="."),
    Row("install dummy", 0, err="version 1.1.0 of dummy is already installed\n"),
    Row("install dummy system", 1, err="uninstallable version system of dummy\n"),
    Row("install dummy path:/x", 1, err="uninstallable version path:/x of dummy\n"),
    Row("install", 1, err="skipping uninstallable version system of", at="system"),
    Row("uninstall", 1, err="No plugin given\n"),
    Row("uninstall dummy", 1, err="No version given\n"),
    Row("uninstall nosuch 1", 1, err="No such plugin: nosuch\n"),
    Row("uninstall dummy 7", 1, err="No such version\n"),
    Row("uninstall dummy latest", 1, err="'latest' is a special version value"),
    Row("uninstall dummy latest:1", 1, err="'latest' is a special version value"),
    Row("set", 1, err="tool and version must be provided as arguments\n"),
    Row("set dummy", 1, err="version must be provided as an argument\n"),
    Row("set -u -p dummy 1", 1, err="home and parent flags cannot both be specified; "),
    Row("set -p dummy 1", 1, err="No .tool-versions version file found in", at="."),
    Row("set dummy latest:7", 1, NONE_7, "latest"),
    Row("reshim nosuch", 1, err="No such plugin: nosuch\n"),
    # plugin
    Row("plugin add", 1, err="usage: asdf plugin add <name> [<git-url>]\n"),
    Row("plugin add Dummy", 1, err="Dummy is invalid. Name may only contain lowercase"),
    Row("plugin add dummy", 0, err="Plugin named dummy already added\n"),
    Row("plugin list", out="bare\ndummy\n"),
    Row(
        "plugin list --urls",
        out="bare\t\t{d}/plugins/bare\ndummy\t\t{d}/plugins/dummy\n",
    ),
    Row("plugin list --refs", out="bare\t\t-\ndummy\t\t-\n"),
    Row("plugin remove", 1, err="No plugin given\n"),
    Row("plugin remove nosuch", 1, err="No such plugin: nosuch\n"),
    Row("plugin update nosuch", 1, err="failed to update nosuch due to error: no such"),
    Row("plugin update --all", 0, err="failed to update bare due to error: "),
    Row("plugin test x", 1, err="FAILED: please provide a plugin name and url\n"),
    Row("plugin x", 3, err="No help topic for 'x'\n"),
    Row("plugin", 0, r"re:usage: asdf plugin .*"),
    # itself
    Row("version", out=r"re:0\.20\.0 \(revision [a-z0-9.-]+\)\n"),
    Row("--version", out=r"re:asdf version 0\.20\.0 \(revision [a-z0-9.-]+\)\n"),
    Row("-v", out=r"re:asdf version 0\.20\.0 \(revision [a-z0-9.-]+\)\n"),
    Row("-h", 1, err="Incorrect Usage: flag provided but not defined: -h"),
    Row("set -h", 1, err="Incorrect Usage: flag provided but not defined: -h"),
    Row(
        "current --help", 1, err="Incorrect Usage: flag provided but not defined: -hel"
    ),
    Row("nosense", 1, "re:version: .*", "invalid command provided: nosense\n\n"),
    Row("help", 0, r're:version: \d.*\n\n"Late but latest"\n-- Rajinikanth\n'),
    Row(
        "",
        0,
        "re:version: .*MANAGE PLUGINS\n.*MANAGE TOOLS\n.*UTILS\n.*PLUGIN dummy\n"
        r"  asdf dummy\n  asdf dummy sing\n.*",
    ),
    Row("update", 1, "re:.*no longer supported.*"),
    Row("completion x", 1, err='No completions available for shell with name "x"\n'),
    Row("completion bash", 0, "re:.*complete .*asdf\n"),
    Row(
        "info",
        0,
        "re:OS:\n.*SHELL:\n.*BASH VERSION:\nGNU bash.*ASDF VERSION:\n0.20.*"
        "ASDF INTERNAL VARIABLES:\nASDF_TOOL_VERSIONS_FILENAME=.tool-versions\n"
        "ASDF_DATA_DIR={d}\nASDF_CONFIG_FILE=.*ASDF INSTALLED PLUGINS:\n"
        "bare      {d}/plugins/bare .*",
    ),
    Row(
        "info",
        0,
        "re:WARNINGS:\nASDF_TOOL_VERSIONS_FILENAME should be a filename "
        "only, not a path\n.*",
        env={"ASDF_TOOL_VERSIONS_FILENAME": "~/x"},
    ),
    # the spellings of old
    Row("list-all dummy 1", 0, "1.0.0\n1.1.0\n", "asdf list all"),
    Row("plugin-list", 0, "bare\ndummy\n", "asdf plugin list"),
    Row("plugin-add dummy", 0, "", "is now: asdf plugin add"),
    Row("plugin-remove nosuch", 1, "", "is now: asdf plugin remove"),
    Row("plugin-update nosuch", 1, "", "is now: asdf plugin update"),
    Row("plugin-test x", 1, "", "is now: asdf plugin test"),
    Row("cmd nosuch x", 1, "", "error running extension command: Plugin named nosuch "),
    Row("shim-versions newer", 0, "dummy 1.1.0\n", "is now: asdf shimversions"),
    Row("dummy sing x", 0, "sings x\n", "is now: asdf cmd dummy"),
    Row("shell dummy 1.0.0", 1, 'export ASDF_DUMMY_VERSION="1.0.0"\n', "eval"),
    Row("shell dummy --unset", 1, "unset ASDF_DUMMY_VERSION\n", "eval"),
    Row("local dummy", 1, "", "is now: asdf set"),
    Row("global dummy", 1, "", "is now: asdf set --home"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One machine for all rows: none of them changes it."""
    machine = Machine(tmp_path_factory.mktemp("asdf"))
    (machine.project / "several1").mkdir()
    (machine.project / "several1/.tool-versions").write_text("dummy 1.0.0\n")
    reshimmed = machine.asdf("reshim")
    assert reshimmed.code == 0, reshimmed.err
    return machine


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.words} at {row.at}")
def test_each_row_of_asdfs_table_holds(row: Row, machine: Machine) -> None:
    before = _state(machine)
    done = machine.asdf(*row.words.split(), at=row.at, env=row.env)
    places = {"{p}": str(machine.project), "{d}": str(machine.data)}
    out, err = row.out, row.err
    for mark, place in places.items():
        out, err = out.replace(mark, place), err.replace(mark, place)
    assert done.code == row.code, done.err
    if out.startswith("re:"):
        assert re.fullmatch(out[3:], done.out, re.DOTALL), done.out
    elif out.startswith("unable"):
        assert done.out.startswith(out)
    else:
        assert done.out == out
    assert err in done.err
    assert err or not done.err
    assert _state(machine) == before


def _state(machine: Machine) -> list[str]:
    directories = ("plugins", "installs", "shims")
    results = [
        str(path) for name in directories for path in (machine.data / name).rglob("*")
    ]
    texts = [path.read_text() for path in machine.project.rglob(".tool-versions")]
    return [*sorted(results), *texts]


@pytest.fixture
def fresh(tmp_path: Path) -> Machine:
    """A machine of its own for what changes something."""
    return Machine(tmp_path)


def test_install_goes_in_the_files_order_on_after_failures_and_passes_unknown_tools(
    fresh: Machine,
) -> None:
    (fresh.project / ".tool-versions").write_text(
        "nosuch 1\nbare 1\ndummy 2.0.0 1.0.0\n# no tool's line\nnor this one\n"
    )
    done = fresh.asdf("install")
    assert done.code == 1
    assert "nosuch" not in done.err
    assert done.err.endswith("failed to run install callback: exit status 1\n")
    assert "version 1.0.0 of dummy is already installed\n" in done.err
    assert (fresh.data / "installs/dummy/2.0.0/bin/dummy").exists()
    assert fresh.asdf("exec", "dummy").out == "dummy 2.0.0\n"


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("install dummy latest", "2.0.0"),
        ("install dummy latest:1.1", "1.1.0"),
        ("install dummy ref:topic", "ref-topic"),
        ("install dummy --keep-download 2.0.0", "2.0.0"),
        ("install dummy 2.0.0 other", "2.0.0"),
    ],
)
def test_install_takes_a_version(words: str, version: str, fresh: Machine) -> None:
    done = fresh.asdf(*words.split())
    assert done.code == 0, done.err
    assert (fresh.data / "installs/dummy" / version).is_dir()
    kept = fresh.data / "downloads/dummy" / version / "archive"
    assert kept.exists() == ("keep" in words)


def test_uninstall_and_plugin_remove_take_what_they_name_and_no_more(
    fresh: Machine,
) -> None:
    assert fresh.asdf("uninstall", "dummy", "1.1.0").code == 0
    installs = fresh.data / "installs/dummy"
    assert sorted(os.listdir(installs)) == ["1.0.0", "ref-main"]
    assert not (fresh.data / "shims/newer").exists()
    assert (fresh.data / "shims/dummy").exists()
    assert fresh.asdf("plugin", "remove", "dummy").code == 0
    assert not installs.exists()
    assert not (fresh.data / "plugins/dummy").exists()
    assert os.listdir(fresh.data / "shims") == []


@pytest.mark.parametrize(
    ("words", "place", "text"),
    [
        ("set dummy 1.0.0", "below/deep", "dummy 1.0.0\n"),
        ("set dummy 1.0.0 system", "below/deep", "dummy 1.0.0 system\n"),
        ("set dummy latest", "below/deep", "dummy 2.0.0\n"),
        ("set dummy latest:1", "below/deep", "dummy 1.1.0\n"),
        ("set nosuch 3", "below/deep", "nosuch 3\n"),
        ("set -u dummy 1.0.0", "home", "dummy 1.0.0\n"),
        ("set dummy --home 1.0.0", "home", "dummy 1.0.0\n"),
        ("set -p dummy 1.0.0", "below", "# kept\n\nother 1 # why\ndummy 1.0.0\n"),
        ("set --parent other 2", "below", "# kept\n\nother 2 # why\n"),
        ("local dummy 1.0.0", "below/deep", "dummy 1.0.0\n"),
        ("global dummy 1.0.0", "home", "dummy 1.0.0\n"),
    ],
)
def test_set_writes_one_line(words: str, place: str, text: str, fresh: Machine) -> None:
    deep = fresh.project / "below/deep"
    deep.mkdir(parents=True)
    (deep.parent / ".tool-versions").write_text("# kept\n\nother 1 # why\n")
    done = fresh.asdf(*words.split(), at="below/deep")
    assert (done.code, done.out) == (0, ""), done.err
    directory = fresh.home if place == "home" else fresh.project / place
    assert (directory / ".tool-versions").read_text() == text


def test_a_shim_is_what_scripts_look_for_in_asdfs(fresh: Machine) -> None:
    assert fresh.asdf("reshim").code == 0
    text = (fresh.data / "shims/dummy").read_text()
    assert "# asdf-plugin: dummy 1.1.0\n# asdf-plugin: dummy 1.0.0\n" in text
    assert "# asdf-plugin: dummy ref:main\n" in text
    assert "exec asdf exec 'dummy'" in text
    (fresh.data / "asdf-command").unlink()
    assert fresh.toolpin("reshim").code == 0
    assert "asdf" not in (fresh.data / "shims/dummy").read_text().replace(
        str(fresh.data), ""
    )


@pytest.mark.parametrize("shell", ["dash", "bash", "zsh"])
def test_asdfs_variables_count_in_shims_where_asdf_is_at_work(
    shell: str, fresh: Machine
) -> None:
    fresh.asdf("reshim")
    (fresh.project / ".tool-versions").write_text("dummy 1.1.0\n")
    (fresh.project / ".mine").write_text("dummy 1.0.0\n")
    emulated = ["--emulate", "sh"] if shell == "zsh" else []
    line = [shell, *emulated, fresh.shim("dummy")]
    table: list[tuple[dict[str, str], str]] = [
        ({}, "1.1.0"),
        ({"ASDF_DUMMY_VERSION": "1.0.0"}, "1.0.0"),
        ({"ASDF_DUMMY_VERSION": "  "}, "1.1.0"),
        ({"ASDF_DUMMY_VERSION": "9 1.0.0"}, "1.0.0"),
        ({"ASDF_DUMMY_VERSION": "9", "TOOLPIN_DUMMY_VERSION": "1.0.0"}, "1.0.0"),
        ({"ASDF_TOOL_VERSIONS_FILENAME": ".mine"}, "1.0.0"),
        ({"ASDF_DEFAULT_TOOL_VERSIONS_FILENAME": ".mine"}, "1.0.0"),
    ]
    for env, version in table:
        done = fresh.run(*line, env=env)
        assert done.out == f"dummy {version}\n", (env, done.err)
        assert fresh.asdf("exec", "dummy", env=env).out == done.out


def test_what_asdf_exec_runs_gets_asdfs_variables_and_none_of_toolpins(
    fresh: Machine,
) -> None:
    env = {"ASDF_DUMMY_VERSION": "1.0.0"}
    done = fresh.asdf("env", "dummy", "env", env=env)
    lines = [line.partition("=")[0] for line in done.out.splitlines()]
    assert {"ASDF_INSTALL_PATH", "ASDF_INSTALL_TYPE"} <= set(lines)
    mine = [line for line in lines if line.startswith("TOOLPIN_")]
    assert set(mine) == {item for item in fresh.env if item.startswith("TOOLPIN_")}


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ASDF_DATA_DIR", "~/my asdf"), ("ASDF_CONFIG_FILE", "~/rc")],
)
def test_a_tilde_in_asdfs_variables_is_home(
    variable: str, value: str, fresh: Machine
) -> None:
    (fresh.home / "rc").write_text("legacy_version_file = yes\n")
    result = fresh.asdf("info", env={variable: value})
    assert f"{variable}={fresh.home}/{value[2:]}\n" in result.out


@pytest.mark.parametrize(("said", "version"), [("", "1.1.0"), ("yes", "1.0.0")])
def test_other_managers_files_count_where_asdfrc_says_so(
    said: str, version: str, fresh: Machine
) -> None:
    plugin = fresh.data / "plugins/dummy/bin/list-legacy-filenames"
    plugin.write_text("echo .dummy-version\n")
    plugin.chmod(0o755)
    (fresh.data / "idiomatic").mkdir()
    (fresh.data / "idiomatic/dummy").write_text(".dummy-version\n")
    (fresh.project / ".tool-versions").write_text("dummy 1.1.0\n")
    below = fresh.project / "below"
    below.mkdir()
    (below / ".dummy-version").write_text("1.0.0\n")
    (fresh.home / ".asdfrc").write_text(f"legacy_version_file = {said}\n")
    assert fresh.asdf("exec", "dummy", at="below").out == f"dummy {version}\n"


def test_the_command_is_put_renewed_and_taken_away_and_leaves_anothers_alone(
    fresh: Machine,
) -> None:
    place = fresh.root / "bin"
    for _ in range(2):
        assert fresh.toolpin("asdf-alias", str(place)).code == 0
    assert fresh.run(str(place / "asdf"), "--version").out.startswith("asdf version 0.")
    assert fresh.toolpin("asdf-alias", "--remove", str(place)).code == 0
    assert os.listdir(place) == []
    (place / "asdf").write_text("#!/bin/sh\n")
    refused = fresh.toolpin("asdf-alias", str(place))
    assert refused.code == 1
    assert "not created by toolpin" in refused.err
    assert fresh.toolpin("asdf-alias", "--remove", str(place)).code == 1
    assert (place / "asdf").read_text() == "#!/bin/sh\n"


def test_asdfs_line_for_path_finds_the_shims_after_the_line_that_is_printed(
    fresh: Machine,
) -> None:
    printed = fresh.toolpin("asdf-alias", f"{fresh.root}/bin").err
    line = "export " + printed.partition(": export ")[2].strip()
    assert fresh.asdf("reshim").code == 0
    profile = 'export PATH="${ASDF_DATA_DIR:-$HOME/.asdf}/shims:$PATH"'
    script = f"{line}\n{profile}\ncd {fresh.project}/set && dummy"
    done = fresh.run("sh", "-c", script)
    assert (done.code, done.out) == (0, "dummy 1.1.0\n"), done.err
    for env in (
        {"PATH": f"{fresh.data}/shims:{fresh.env['PATH']}"},
        {"ASDF_DATA_DIR": str(fresh.data)},
    ):
        again = fresh.toolpin("asdf-alias", f"{fresh.root}/bin", env=env)
        assert "ASDF_DATA_DIR" not in again.err
