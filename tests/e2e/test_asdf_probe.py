"""What each callback and hook of a plugin receives, compared with asdf's contract."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.asdf import ASDF
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import git, repository

# Appends its name, directory, PATH, stdin, arguments and asdf's variables to a file.
# The name is its first argument, so that a hook's line can be `DUMP NAME "$@"`.
DUMP = """#!/usr/bin/env bash
{{ printf '%s\\0' "$1" "$PWD" "$PATH" "$(cat)" "$(($# - 1))" "${{@:2}}"
  env -0 | grep -z ^ASDF_
  printf '\\036'; }} >>{root}/calls
"""
PRINTS = {
    "list-all": "echo 1.0 1.1",
    "latest-stable": "echo 1.0 1.1",
    "download": 'echo archive >"$ASDF_DOWNLOAD_PATH/archive"',
    "install": 'cat "$ASDF_DOWNLOAD_PATH/archive"; mkdir -p "$ASDF_INSTALL_PATH/bin"\n'
    'printf "#!/bin/sh\\necho ran\\n" >"$ASDF_INSTALL_PATH/bin/tell"\n'
    'chmod +x "$ASDF_INSTALL_PATH/bin/tell"',
    "list-bin-paths": "echo bin",
    "exec-env": 'export SET_IN="$PWD"',
    "exec-path": "echo bin/tell",
    "parse-legacy-file": 'cat "$1"',
    "list-legacy-filenames": "echo .probe-version",
    "uninstall": "",
    "help.overview": "echo overview",
    "help.deps": "echo dependencies",
    "help.config": "echo settings",
    "help.links": "echo links",
    "post-plugin-add": "",
    "post-plugin-update": "",
    "pre-plugin-remove": "",
}
EXTENSIONS = ("command", "command-sing")
# A hook, and its arguments.
HOOKS = {
    "pre_asdf_plugin_add": "probe",
    "pre_asdf_plugin_add_probe": "",
    "post_asdf_plugin_add": "probe",
    "post_asdf_plugin_add_probe": "",
    "pre_asdf_download_probe": "{value}",
    "pre_asdf_install_probe": "{value}",
    "post_asdf_install_probe": "{value}",
    "pre_asdf_reshim_probe": "{version}",
    "post_asdf_reshim_probe": "{version}",
    "pre_asdf_uninstall_probe": "{value}",
    "post_asdf_uninstall_probe": "{value}",
    "pre_asdf_plugin_update": "probe",
    "pre_asdf_plugin_update_probe": "probe",
    "post_asdf_plugin_update": "probe",
    "post_asdf_plugin_update_probe": "",
    "pre_asdf_plugin_remove": "probe",
    "pre_asdf_plugin_remove_probe": "",
    "post_asdf_plugin_remove": "probe",
    "post_asdf_plugin_remove_probe": "",
}
# The commands that run all of these, in this order.
COMMANDS: dict[tuple[str, ...], tuple[str, ...]] = {
    TOOLPIN: (
        "plugin add probe {url}",
        "list-all probe",
        "latest probe",
        "latest probe 1",
        "install probe {version}",
        "exec tell WORDS",
        "plugin show probe",
        "plugin update probe",
        "uninstall probe {version}",
        "plugin remove probe",
    ),
    ASDF: (
        "plugin add probe {url}",
        "list all probe",
        "latest probe",
        "latest probe 1",
        "install probe {version}",
        "exec tell WORDS",
        "help probe",
        "help probe {version}",
        "cmd probe WORDS",
        "cmd probe sing WORDS",
        "plugin update probe",
        "uninstall probe {version}",
        "plugin remove probe",
    ),
}
WORDS = ("a b", "", "$(x) \"'")


# Arguments, and asdf's variables without that of the data directory.
Received = tuple[tuple[str, ...], dict[str, str]]


class Call(NamedTuple):
    """One call of a callback or a hook."""

    name: str
    directory: str
    path: str
    stdin: str
    args: tuple[str, ...]
    variables: dict[str, str]


def _calls(home: Home) -> list[Call]:
    results = []
    for text in (home.root / "calls").read_text().split("\036")[:-1]:
        name, directory, path, stdin, count, *rest = text.split("\0")[:-1]
        args, variables = rest[: int(count)], rest[int(count) :]
        pairs = dict(text.split("=", 1) for text in variables)
        results.append(Call(name, directory, path, stdin, tuple(args), pairs))
    return results


@pytest.fixture
def url(home: Home) -> str:
    """The repository of a plugin whose callbacks, and a user whose hooks, dump."""
    dump = home.root / "dump"
    dump.write_text(DUMP.format(root=home.root))
    dump.chmod(0o755)
    files = {f"bin/{name}": f'{dump} {name} "$@"\n{PRINTS[name]}\n' for name in PRINTS}
    for name in EXTENSIONS:
        files[f"lib/commands/{name}"] = f'#!/bin/sh\n{dump} {name} "$@"\n'
    hooks = {**HOOKS, "pre_probe_tell": ""}
    lines = [f'{name} = {dump} {name} "$@"' for name in hooks]
    rc = "\n".join(("legacy_version_file = yes", "concurrency = 3", *lines))
    (home.home / ".asdfrc").write_text(f"{rc}\n")
    return f"file://{repository(home.root / 'probe', files)}"


def _run(home: Home, front: tuple[str, ...], version: str, url: str) -> list[str]:
    """Run the commands; return the plugin's commits before and after its update."""
    repository_ = home.root / "probe"
    commits = [git(repository_, "rev-parse", "HEAD")]
    (home.project / ".probe-version").write_text(version)
    for line in COMMANDS[front]:
        if line.startswith("plugin update"):
            git(repository_, "commit", "-q", "--allow-empty", "-m", "more")
            commits.append(git(repository_, "rev-parse", "HEAD"))
        command, has_words, _ = line.partition(" WORDS")
        words = command.format(url=url, version=version).split()
        words += WORDS if has_words else ()
        result = home.run(*front, *words, stdin="typed\n")
        assert result.code == 0, (words, result.err)
    return commits


def _expected(
    home: Home, version: str, url: str, commits: list[str]
) -> dict[str, list[Received]]:
    """Return what asdf's table states of each callback, and of the hooks."""
    kind, _, value = version.rpartition(":")
    plugin = str(home.data / "plugins/probe")
    tree = str(home.data / "installs/probe" / version.replace(":", "-"))
    own = _install_variables(kind or "version", value, tree)
    build = {
        **own,
        "ASDF_DOWNLOAD_PATH": tree.replace("/installs/", "/downloads/"),
        "ASDF_CONCURRENCY": "3",
    }
    source = {"ASDF_PLUGIN_PATH": plugin, "ASDF_PLUGIN_SOURCE_URL": url}
    update = {
        "ASDF_PLUGIN_PATH": plugin,
        "ASDF_PLUGIN_PREV_REF": commits[0],
        "ASDF_PLUGIN_POST_REF": commits[1],
    }
    helps: list[Received] = [
        ((), _install_variables("", "", plugin)),
        ((), _install_variables(kind or "version", value, plugin)),
    ]
    alone: Received = ((), {})
    return {
        "list-all": [alone],
        "latest-stable": [(("",), {}), (("1",), {})],
        "download": [((), build)],
        "install": [((), build)],
        "list-bin-paths": [((), own)],
        "exec-env": [((), own)],
        "exec-path": [((tree, "tell", "bin/tell"), {"ASDF_INSTALL_TYPE": "version"})],
        "uninstall": [((), own)],
        **{name: helps for name in PRINTS if name.startswith("help.")},
        "list-legacy-filenames": [alone],
        "parse-legacy-file": [((f"{home.project}/.probe-version",), {})],
        "post-plugin-add": [((), source)],
        "post-plugin-update": [((), update)],
        "pre-plugin-remove": [((), {**source, "ASDF_PLUGIN_SOURCE_URL": ""})],
        "pre_probe_tell": [(WORDS, own)],
        "command": [(WORDS, {})],
        "command-sing": [(WORDS, {})],
        **{
            name: [((*args.format(version=version, value=value).split(),), {})]
            for name, args in HOOKS.items()
        },
    }


def _install_variables(kind: str, version: str, path: str) -> dict[str, str]:
    names = ("ASDF_INSTALL_TYPE", "ASDF_INSTALL_VERSION", "ASDF_INSTALL_PATH")
    return dict(zip(names, (kind, version, path), strict=True))


@pytest.mark.parametrize("version", ["1.1", "ref:main"])
@pytest.mark.parametrize("front", [TOOLPIN, ASDF], ids=["toolpin", "asdf"])
def test_callbacks_and_hooks_receive_what_asdfs_contract_states(
    front: tuple[str, ...], version: str, home: Home, url: str
) -> None:
    commits = _run(home, front, version, url)
    expected = _expected(home, version, url, commits)
    if front == TOOLPIN:  # it has neither extension commands nor help of a version
        del expected["command"], expected["command-sing"]
        expected |= {
            name: texts[:1]
            for name, texts in expected.items()
            if name.startswith("help.")
        }
    received: dict[str, list[Received]] = {}
    directories: dict[str, set[str]] = {}
    for call in _calls(home):
        is_hook = "_" in call.name
        given = call.variables.pop("ASDF_DATA_DIR", None)
        assert given == str(home.data) or is_hook, call
        assert call.stdin == ("typed" if call.name.startswith("command") else ""), call
        assert f"{home.data}/lib/asdf" in call.path.split(":") or is_hook, call
        pair = (call.args, call.variables)
        known = received.setdefault(call.name, [])
        known += [] if pair in known else [pair]
        directories.setdefault(call.name, set()).add(call.directory)
    assert received == expected
    # These two also run in other directories, to see if they print the same there.
    for name in ("list-bin-paths", "exec-env"):
        assert str(home.project) in directories.pop(name)
    assert set().union(*directories.values()) == {str(home.project)}
    ran = [call for call in _calls(home) if call.name == "exec-env"][-1]
    tree = ran.variables["ASDF_INSTALL_PATH"]
    assert f"{tree}/bin" in ran.path.split(":"), "exec-env may run the tool itself"
