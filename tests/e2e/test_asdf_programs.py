"""Plugins written like the real ones: what their programs find when they run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.asdf import ASDF
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, INSTALL, repository, write

# As asdf-nodejs: a program before npm, which asks for the store and for `asdf`.
NODE = {
    **GREET,
    "bin/install": """#!/usr/bin/env bash
bins=$ASDF_INSTALL_PATH/bin; mkdir -p "$bins"
cat >"$bins/npm" <<END
#!/bin/sh
echo "npm of $ASDF_INSTALL_VERSION"
[ "\\$1" = -v ] || install -m 755 /dev/null "$bins/\\$3"
END
chmod +x "$bins/npm"
""",
    "shims/npm": """#!/usr/bin/env bash
set -eu
data=$(cd "${ASDF_DATA_DIR:-$HOME/.asdf}" && pwd -P)
plugin=$(basename "$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)")")
[ -d "$data/plugins/$plugin" ]
"$(asdf where "$plugin")/bin/npm" "$@"
[ "$1" = -v ] || asdf reshim "$plugin"
""",
}


@pytest.mark.parametrize("way", ["shim", "exec", "asdf", "asdf env", "activated"])
def test_a_plugins_own_npm_finds_the_store_and_asdf(way: str, home: Home) -> None:
    repository(home.root / "fakenode", NODE)
    home.toolpin("plugin", "add", "fakenode", f"{home.root}/fakenode")
    assert home.toolpin("install", "fakenode", "1.0.0").code == 0
    home.pin("fakenode 1.0.0\n")
    env = home.toolpin("env").out
    ways: dict[str, tuple[str, ...]] = {
        "shim": (home.shim("npm"),),
        "exec": (*TOOLPIN, "exec", "npm"),
        "asdf": (*ASDF, "exec", "npm"),
        "asdf env": (*ASDF, "env", "npm", "npm"),
        "activated": ("/bin/sh", "-c", f'{env}\nnpm "$@"', "sh"),
    }
    assert not (home.home / ".asdf").exists()
    result = home.run(*ways[way], "-v")
    assert (result.out, result.err, result.code) == ("npm of 1.0.0\n", "", 0)
    added = home.run(*ways[way], "install", "-g", "tool")
    assert added.code == 0, added.err
    assert (home.data / "shims/tool").exists()


# As asdf-ruby: a hook of its own that the programs load calls `asdf`.
RUBY = {
    **GREET,
    "bin/list-bin-paths": "echo bin lib/bin\n",
    "bin/install": """#!/usr/bin/env bash
bins=$ASDF_INSTALL_PATH/bin; mkdir -p "$bins"
printf '#!/bin/sh\\n. "$RUBYLIB/after.sh"\\n' >"$bins/gem"
chmod +x "$bins/gem"
""",
    "bin/exec-env": """#!/usr/bin/env bash
dir=$(dirname "$(dirname "${BASH_SOURCE[0]}")")
RUBYLIB=${RUBYLIB:-}
if [ "$RUBYLIB" = "" ]; then
  export RUBYLIB="$dir/gems"
else
  export RUBYLIB="$dir/gems:$RUBYLIB"
fi
""",
    "gems/after.sh": """touch "$1"; chmod +x "$1"
asdf reshim fakeruby 1.0.0
""",
}


def test_a_hook_that_programs_load_finds_an_asdf_of_this_store(home: Home) -> None:
    repository(home.root / "fakeruby", RUBY)
    home.toolpin("plugin", "add", "fakeruby", f"{home.root}/fakeruby")
    assert home.toolpin("install", "fakeruby", "1.0.0").code == 0
    home.pin("fakeruby 1.0.0\n")
    # Nothing in the environment names this store.
    bare = dict.fromkeys(("TOOLPIN_DATA_DIR", "TOOLPIN_CONFIG_DIR"), "")
    tree = home.data / "installs/fakeruby/1.0.0"
    for number, command in enumerate(((home.shim("gem"),), (*TOOLPIN, "exec", "gem"))):
        env = bare if number == 0 else {}
        ran = home.run(*command, f"{tree}/bin/rake{number}", env=env)
        assert (ran.code, ran.err) == (0, "")
        assert (home.data / f"shims/rake{number}").exists()


SHOWS = """#!/usr/bin/env bash
mkdir -p "$ASDF_INSTALL_PATH/bin"
printf '#!/bin/sh\\n/usr/bin/env\\n' >"$ASDF_INSTALL_PATH/bin/show"
chmod +x "$ASDF_INSTALL_PATH/bin/show"
"""


def _env(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _source(home: Home) -> Path:
    """A directory with a program that `path:` names, laid out as its plugin says."""
    place = home.root / "mine/sbin/show"
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\n/usr/bin/env\n")
    place.chmod(0o755)
    return home.root / "mine"


def test_path_and_system_versions_go_through_the_plugin(home: Home) -> None:
    files = {
        **GREET,
        "bin/install": SHOWS,
        "bin/list-bin-paths": 'if [ "$ASDF_INSTALL_TYPE" = path ]; then '
        "echo sbin; else echo bin; fi\n",
        "bin/exec-env": 'export A="$ASDF_INSTALL_TYPE of $ASDF_INSTALL_PATH"\n',
        "shims/helper": '#!/bin/sh\necho "helps $ASDF_INSTALL_TYPE"\n',
    }
    repository(home.root / "envy", files)
    home.toolpin("plugin", "add", "envy", f"{home.root}/envy")
    assert home.toolpin("install", "envy", "1.0.0").code == 0
    (home.home / ".asdfrc").write_text("pre_envy_show = echo hooked\n")
    assert home.toolpin("reshim").code == 0
    mine = _source(home)
    home.pin(f"envy path:{mine}\n")
    ran = home.run(home.shim("show"))
    assert ran.code == 0, ran.err
    got = _env(ran.out)
    assert got["A"] == f"path of {mine}"
    assert [got[f"ASDF_INSTALL_{name}"] for name in ("TYPE", "VERSION", "PATH")] == [
        "path",
        str(mine),
        str(mine),
    ]
    assert "hooked" in ran.out + ran.err
    assert home.run(home.shim("helper")).out == "helps path\n"
    home.pin("envy system\n")
    results = {"PATH": f"{mine}/sbin:{home.env['PATH']}"}
    ran = home.run(home.shim("show"), env=results)
    assert ran.code == 0, ran.err
    assert _env(ran.out)["ASDF_INSTALL_TYPE"] == "system"
    assert "A" not in _env(ran.out), "no exec-env for the machine's own"
    assert "hooked" in ran.out + ran.err
    assert home.run(home.shim("helper"), env=results).out == "helps system\n"


def test_a_script_that_changes_after_the_install_is_seen_at_the_next_call(
    home: Home,
) -> None:
    files = {**GREET, "bin/install": SHOWS, "bin/exec-env": "export A=one\n"}
    repository(home.root / "envy", files)
    home.toolpin("plugin", "add", "envy", f"{home.root}/envy")
    assert home.toolpin("install", "envy", "1.0.0").code == 0
    home.pin("envy 1.0.0\n")
    assert _env(home.run(home.shim("show")).out)["A"] == "one"
    plugin, tree = home.data / "plugins/envy/bin", home.data / "installs/envy/1.0.0"
    record = tree / ".toolpin/record.sh"
    later = record.stat().st_mtime + 5
    for text, script in (
        ("export A=two\n", "exec-env"),
        ("echo sbin\n", "list-bin-paths"),
    ):
        (plugin / script).write_text(text)
        (plugin / script).chmod(0o755)
        os.utime(plugin / script, (later, later))
        if script == "list-bin-paths":
            (tree / "bin").rename(tree / "sbin")
        for command in ((home.shim("show"),), (*TOOLPIN, "exec", "show")):
            got = _env(home.run(*command).out)
            assert got["A"] == "two", script
    assert home.run(*ASDF, "reshim", "envy", "1.0.0").code == 0
    assert f"{tree}/sbin'" in record.read_text()
    assert record.stat().st_mtime > later - 5


def test_reshim_hooks_hear_a_ref_as_asdf_spells_it(home: Home) -> None:
    repository(home.root / "greet", GREET)
    home.toolpin("plugin", "add", "greet", f"{home.root}/greet")
    (home.home / ".asdfrc").write_text(
        f'post_asdf_reshim_greet = echo "$1" >>{home.root}/told\n'
        f"post_asdf_install_greet = ls {home.data}/shims >>{home.root}/shims\n"
    )
    assert home.toolpin("install", "greet", "ref:main").code == 0
    assert "ref:main\n" in (home.root / "told").read_text()
    assert (home.root / "shims").read_text() == "greet\n", "they are there by then"


def test_a_file_of_another_manager_is_parsed_where_its_reader_stands(
    home: Home,
) -> None:
    files = {
        **GREET,
        "bin/list-legacy-filenames": "echo .greet-version\n",
        "bin/parse-legacy-file": 'pwd >"$TELL"; cat "$1"\n',
    }
    home.env["TELL"] = str(home.root / "told")
    repository(home.root / "greet", files)
    home.toolpin("plugin", "add", "greet", f"{home.root}/greet")
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    (home.project / ".greet-version").write_text("1.0.0\n")
    below = home.project / "below"
    below.mkdir()
    ran = home.run(home.shim("greet"), cwd=below, env={"PWD": str(below)})
    assert ran.code == 0, ran.err
    assert (home.root / "told").read_text() == f"{below}\n"


def test_files_of_other_managers_count_at_once_where_asdf_has_put_its_plugins(
    home: Home,
) -> None:
    """In place: nothing was added or updated by toolpin."""
    files = {**GREET, "bin/list-legacy-filenames": "echo .greet-version\n"}
    data = home.home / ".asdf"
    write(data / "plugins/greet", files)
    write(data / "installs/greet/1.0.0", {"bin/greet": "#!/bin/sh\necho greets\n"})
    (home.home / ".asdfrc").write_text("legacy_version_file = yes\n")
    (home.project / ".greet-version").write_text("1.0.0\n")
    env = {"ASDF_DATA_DIR": str(data)}
    result = home.run(*ASDF, "current", "--no-header", "greet", env=env)
    assert result.out.split()[1:3] == ["1.0.0", f"{home.project}/.greet-version"]
    assert home.run(*ASDF, "exec", "greet", env=env).out == "greets\n"
    assert home.run(str(data / "shims/greet")).out == "greets\n"
    (data / "plugins/greet/bin/list-legacy-filenames").write_text("echo .other\n")
    (home.project / ".other").write_text("2.0.0\n")
    os.utime(data / "plugins/greet/bin/list-legacy-filenames", (2e9, 2e9))
    result = home.run(*ASDF, "current", "--no-header", "greet", env=env)
    assert result.out.split()[1] == "2.0.0"


def test_asdf_installs_what_is_named_and_shows_what_scripts_print(home: Home) -> None:
    loud = f'{INSTALL}echo "on stdout"; echo "on stderr $ASDF_CONCURRENCY" >&2\n'
    repository(home.root / "greet", {**GREET, "bin/install": loud})
    added = home.run(*ASDF, "plugin", "add", "greet", f"{home.root}/greet")
    assert (added.code, added.out, added.err) == (0, "", "")
    for version in ("1.0", "9"):  # one begins others, one is in no list
        done = home.run(
            *ASDF, "install", "greet", version, env={"ASDF_CONCURRENCY": "-1"}
        )
        assert (done.code, done.out, done.err) == (0, "on stdout\n", "on stderr -1\n")
        assert (home.data / "installs/greet" / version).is_dir()
    (home.data / "installs/greet/0").mkdir()
    assert home.run(*ASDF, "where", "greet", "0").out.endswith("/installs/greet/0")
    gone = home.run(*ASDF, "uninstall", "greet", "9")
    assert (gone.code, gone.out, gone.err) == (0, "", "")
    home.pin("greet 7 1.0\n")
    assert home.run(home.shim("greet")).out.startswith("greet 1.0 says")


def test_a_bundled_name_is_added_where_short_names_count(home: Home) -> None:
    rc = home.home / ".asdfrc"
    rc.write_text("disable_plugin_short_name_repository = yes\n")
    refused = home.run(*ASDF, "plugin", "add", "elixir")
    assert (refused.code, refused.err) == (
        1,
        "Short-name plugin repository is disabled\n",
    )
    rc.write_text("")
    for text in ("", "Plugin named elixir already added\n"):
        added = home.run(*ASDF, "plugin", "add", "elixir")
        assert (added.code, added.out, added.err) == (0, "", text)
    assert home.run(*ASDF, "plugin", "list").out == "elixir\n"
    assert home.run(*ASDF, "plugin", "remove", "elixir").code == 0
    assert home.run(*ASDF, "plugin", "list").out == ""


def test_a_path_that_is_reshimmed_has_shims_until_the_next_full_reshim(
    home: Home,
) -> None:
    repository(home.root / "greet", GREET)
    home.run(*ASDF, "plugin", "add", "greet", f"{home.root}/greet")
    mine = home.root / "my own"
    write(mine, {"bin/mine": "#!/bin/sh\n"})
    assert home.run(*ASDF, "reshim", "greet", f"path:{mine}").code == 0
    shim = home.data / "shims/mine"
    assert f"# asdf-plugin: greet path:{mine}\n" in shim.read_text()
    assert home.run(*ASDF, "reshim").code == 0
    assert not shim.exists()


def test_warnings_in_the_log_of_an_install_are_reported(home: Home) -> None:
    loud = f"{INSTALL}echo 'installing default package x ... FAIL'\n"
    repository(home.root / "greet", {**GREET, "bin/install": loud})
    home.toolpin("plugin", "add", "greet", f"{home.root}/greet")
    done = home.toolpin("install", "greet", "1.0.0")
    assert done.code == 0
    assert f"warn in 1 lines of {home.data}/logs/greet@1.0.0.log" in done.err
    assert "default package x ... FAIL" in done.err


def test_a_directory_that_a_plugin_names_and_no_version_has_is_no_damage(
    home: Home,
) -> None:
    repository(home.root / "greet", {**GREET, "bin/list-bin-paths": "echo bin sbin\n"})
    home.toolpin("plugin", "add", "greet", f"{home.root}/greet")
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    home.pin("greet 1.0.0\n")
    assert "lost a part" not in home.toolpin("doctor").out
    assert "intact" in home.toolpin("verify").out


def test_messages_name_the_variable_that_was_set(home: Home) -> None:
    repository(home.root / "greet", GREET)
    home.run(*ASDF, "plugin", "add", "greet", f"{home.root}/greet")
    assert home.run(*ASDF, "install", "greet", "1.0.0").code == 0
    env = {"ASDF_GREET_VERSION": "9"}
    for command in ((*ASDF, "exec", "greet"), (home.shim("greet"),)):
        missed = home.run(*command, env=env)
        assert missed.code == 126
        assert "required by ASDF_GREET_VERSION\n" in missed.err
        assert "TOOLPIN" not in missed.err


def test_an_exec_env_that_fails_ends_a_shim_of_asdfs_users_as_asdf_does(
    home: Home,
) -> None:
    files = {**GREET, "bin/exec-env": "pwd; exit 3\n"}
    repository(home.root / "greet", files)
    home.run(*ASDF, "plugin", "add", "greet", f"{home.root}/greet")
    assert home.run(*ASDF, "install", "greet", "1.0.0").code == 0
    home.pin("greet 1.0.0\n")
    for command in ((*ASDF, "exec", "greet"), (home.shim("greet"),)):
        assert home.run(*command).code == 3
