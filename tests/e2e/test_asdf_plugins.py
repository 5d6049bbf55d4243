"""`toolpin plugin` for asdf's plugins: where from, how they move, who wins a name."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.machine import linux_only
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, INSTALL, commit, git, repository, write
from tests.support.server import Hang, Server, Status


@pytest.fixture
def greet(home: Home) -> Path:
    """A plugin's repository, as it would lie on a server."""
    return repository(home.root / "upstream" / "asdf-greet", GREET)


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch /tmp/x'",
        "--upload-pack=touch",
        "-u",
        "ssh://-oProxyCommand=touch/x",
        "git://greet.example/x",
        "http://greet.example/x",
        "https://ana:secret@greet.example/x",
        "file:///a\nb",
        "fd::17",
        "https://greet.example/x@--force",
        "https://greet.example/x@a..b",
        "/no/such/directory",
    ],
)
def test_hostile_69_a_url_that_git_would_obey_is_refused(url: str, home: Home) -> None:
    refused = home.toolpin("plugin", "add", "greet", "--", url)
    assert refused.code == 2
    assert "secret" not in refused.err
    assert not (home.data / "plugins").exists()


@pytest.mark.parametrize("ref", ["--upload-pack=x", "+main:refs/heads/main", "a..b"])
def test_hostile_69_what_is_no_ref_is_not_handed_to_git(
    ref: str, home: Home, greet: Path
) -> None:
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    for action in ("update", "diff"):
        refused = home.toolpin("plugin", action, "greet", "--", ref)
        assert refused.code in (1, 2)
        assert "is not a Git ref" in refused.err


def test_hostile_69_no_hook_and_no_submodule_of_a_repository_runs(
    home: Home, greet: Path
) -> None:
    other = repository(home.root / "other", {"x": "x"})
    git(
        greet, "-c", "protocol.file.allow=always", "submodule", "add", str(other), "sub"
    )
    commit(greet, {})
    templates = home.root / "templates"
    write(templates, {"hooks/post-checkout": f"#!/bin/sh\ntouch {home.root}/ran\n"})
    (templates / "hooks/post-checkout").chmod(0o755)
    (home.home / ".gitconfig").write_text(
        f"[init]\ntemplateDir = {templates}\n[submodule]\nrecurse = true\n"
        f'[core]\nhooksPath = {templates}/hooks\n[protocol "file"]\nallow = always\n'
    )
    assert home.toolpin("plugin", "add", "greet", f"file://{greet}").code == 0
    commit(greet, {"more": "x"})
    assert home.toolpin("plugin", "update", "greet").code == 0
    assert not (home.root / "ran").exists()
    assert not os.listdir(home.data / "plugins/greet/sub")


def test_hostile_69_a_branch_that_moves_moves_nothing_that_is_locked(
    home: Home, greet: Path
) -> None:
    first = git(greet, "rev-parse", "HEAD")
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    home.pin("greet 1.1.0\n")
    assert home.toolpin("lock").code == 0
    before = (home.project / "toolpin.lock").read_bytes()
    commit(greet, {"bin/install": "exit 9\n"})
    assert home.toolpin("install", "--locked").code == 0
    assert home.toolpin("lock").code == 0
    assert (home.project / "toolpin.lock").read_bytes() == before
    assert git(home.data / "plugins/greet", "rev-parse", "HEAD") == first


def test_hostile_69_other_files_under_a_locked_commit_are_refused(
    home: Home, greet: Path
) -> None:
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    home.pin("greet 1.1.0\n")
    locked = home.toolpin("lock")
    assert locked.code == 0, locked.err
    script = home.data / "plugins/greet/bin/install"
    script.write_text(INSTALL.replace("hello", "HELLO"))
    refused = home.toolpin("install", "--locked")
    assert refused.code == 1
    assert "a plugin is not installed as locked" in refused.err
    assert "--force" in refused.err
    assert home.toolpin("lock", "--refresh", "greet").code == 1
    update = home.toolpin("plugin", "update", "greet")
    assert update.code == 1
    assert "--force" in update.err
    assert home.toolpin("plugin", "update", "greet", "--force").code == 0
    assert home.toolpin("install", "--locked").code == 0


@pytest.mark.parametrize(
    ("script", "text", "told"),
    [
        ("list-bin-paths", "echo ../../../bin", "outside the install"),
        ("list-bin-paths", "echo /usr/bin", "outside the install"),
        ("list-bin-paths", "echo bin:more", "outside the install"),
        ("list-bin-paths", "exit 3", "ended with 3"),
    ],
)
def test_hostile_68_a_plugins_directories_stay_in_the_install(
    script: str, text: str, told: str, home: Home
) -> None:
    repository(home.root / "greet", {**GREET, f"bin/{script}": f"{text}\n"})
    home.toolpin("plugin", "add", "greet", f"{home.root}/greet")
    refused = home.toolpin("install", "greet", "1.0.0")
    assert refused.code == 1
    assert told in refused.err
    assert not (home.data / "installs/greet").exists()


HOSTILE_INSTALL = """#!/bin/bash
mkdir -p "$ASDF_INSTALL_PATH/bin"
for name in greet sudo ls toolpin asdf -x .x; do
  printf '#!/bin/sh\\necho mine\\n' >"$ASDF_INSTALL_PATH/bin/$name"
  chmod +x -- "$ASDF_INSTALL_PATH/bin/$name"
done
"""


def test_hostile_68_no_program_of_a_plugin_takes_the_name_of_a_systems_one(
    home: Home,
) -> None:
    listing = "echo 1.0.0 ../../x a/b '$(touch x)' 2.0.0"
    files = {**GREET, "bin/install": HOSTILE_INSTALL, "bin/list-all": listing}
    repository(home.root / "greet", files)
    home.toolpin("plugin", "add", "greet", f"{home.root}/greet")
    assert home.toolpin("list-all", "greet").out.split() == ["1.0.0", "2.0.0"]
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    assert os.listdir(home.data / "shims") == ["greet"]
    for name in ("..", "../x", "Greet", "a b", "-x"):
        assert home.toolpin("plugin", "add", "--", name, f"{home.root}/greet").code == 2


@pytest.mark.parametrize("variable", ["LD_PRELOAD=/x.so", "BASH_ENV=/x", "IFS=x"])
def test_hostile_68_a_record_holds_no_variable_that_decides_what_runs(
    variable: str, home: Home
) -> None:
    repository(home.root / "greet", {**GREET, "bin/exec-env": f"export {variable}\n"})
    home.toolpin("plugin", "add", "greet", f"{home.root}/greet")
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    record = home.data / "installs/greet/1.0.0/.toolpin/record.sh"
    assert variable.partition("=")[0] not in record.read_text()


def test_a_locked_plugin_is_fetched_only_where_that_is_allowed(
    home: Home, greet: Path
) -> None:
    more = repository(home.root / "upstream" / "more", GREET)
    for name, place in (("greet", greet), ("more", more)):
        home.toolpin("plugin", "add", name, f"file://{place}")
    home.pin("greet 1.1.0\nmore 1.0.0\n")
    assert home.toolpin("lock").code == 0
    commits = {item: git(item, "rev-parse", "HEAD") for item in (greet, more)}
    for name in ("greet", "more"):
        home.toolpin("plugin", "remove", name)
    commit(greet, {"bin/install": "exit 9\n"})

    refused = home.toolpin("install", "--locked")
    assert refused.code == 1
    assert "2 plugins are not installed as locked" in refused.err
    for name, place in (("greet", greet), ("more", more)):
        line = f"toolpin plugin add {name} file://{place}@{commits[place]}"
        assert line in refused.err
    assert "toolpin install --allow-plugins" in refused.err
    assert not (home.data / "installs").exists()

    elsewhere = {"TOOLPIN_ALLOW_PLUGINS": f"file://{home.root}/up file:///else/"}
    assert home.toolpin("install", "--locked", env=elsewhere).code == 1
    here = {"TOOLPIN_ALLOW_PLUGINS": f"file://{home.root}/upstream/"}
    allowed = home.toolpin("install", "--locked", env=here)
    assert allowed.code == 0, allowed.err
    assert home.run(home.shim("greet")).code == 0
    home.toolpin("plugin", "remove", "more")
    home.toolpin("uninstall", "more", "1.0.0")
    assert home.toolpin("install", "--allow-plugins").code == 0
    assert git(home.data / "plugins/greet", "rev-parse", "HEAD") == commits[greet]


def test_a_plugins_credential_is_in_no_file_and_no_message(
    home: Home, greet: Path
) -> None:
    """As asdf's users have one in the URL of a private repository."""
    assert home.toolpin("plugin", "add", "greet", f"file://{greet}").code == 0
    url = "https://ana:ghp_SECRET@127.0.0.1:9/org/asdf-greet.git"
    git(home.data / "plugins/greet", "remote", "set-url", "origin", url)
    home.pin("greet 1.0.0\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    lockfile = home.project / "toolpin.lock"
    text = lockfile.read_text()
    assert 'locator = "git:https://127.0.0.1:9/org/asdf-greet.git@' in text
    results = [
        home.toolpin(*words)
        for words in (
            ("install",),
            ("plugin", "list", "--urls"),
            ("plugin", "update", "greet"),
            ("plugin", "diff", "greet"),
            ("uninstall", "greet", "1.0.0"),
            ("install", "--dry-run"),
            ("install", "--locked"),
        )
    ]
    assert results[0].code == results[-1].code == 0
    assert not any("SECRET" in result.out + result.err for result in results)
    receipt = home.data / "installs/greet/1.0.0/.toolpin/receipt.json"
    assert "SECRET" not in text + receipt.read_text()
    lockfile.write_text(text.replace("git:https://", "git:https://ana:ghp_SECRET@"))
    refused = home.toolpin("lock", "--check")
    assert refused.code == 2
    assert "SECRET" not in refused.err


def test_a_lockfile_puts_no_plugin_in_the_place_of_toolpins_own(
    home: Home, greet: Path
) -> None:
    """Else all projects would have Node.js as one of them wants it made."""
    assert home.toolpin("plugin", "add", "nodejs", f"file://{greet}").code == 0
    home.pin("nodejs 1.1.0\n")
    assert home.toolpin("lock").code == 0
    assert home.toolpin("plugin", "remove", "nodejs").code == 0
    allowed = {"TOOLPIN_ALLOW_PLUGINS": f"file://{home.root}/upstream"}
    for words in ((), ("--allow-plugins",), ("--locked", "--allow-plugins")):
        refused = home.toolpin("install", *words, env=allowed)
        assert refused.code == 1
        command = f"toolpin plugin add nodejs file://{greet}@"
        assert command in refused.err
        assert "a different plugin of that name is installed" in refused.err
        assert "--allow-plugins" not in refused.err
    assert not (home.data / "plugins/nodejs").exists()
    added = f"file://{greet}@{git(greet, 'rev-parse', 'HEAD')}"
    assert home.toolpin("plugin", "add", "nodejs", added).code == 0
    assert home.toolpin("install", "--locked").code == 0


def test_a_plugin_is_added_at_a_commit_a_tag_or_a_branch(
    home: Home, greet: Path
) -> None:
    first = git(greet, "rev-parse", "HEAD")
    git(greet, "tag", "v1")
    second = commit(greet, {"more": "x"})
    git(greet, "checkout", "-q", "-b", "work")
    third = commit(greet, {"more": "y"})
    git(greet, "checkout", "-q", "main")
    at = {first: first, first[:10]: first, "v1": first, "main": second, "work": third}
    for ref, expected in at.items():
        added = home.toolpin("plugin", "add", "greet", f"file://{greet}@{ref}")
        assert added.code == 0, added.err
        assert git(home.data / "plugins/greet", "rev-parse", "HEAD") == expected, ref
        home.toolpin("plugin", "remove", "greet")
    unknown = home.toolpin("plugin", "add", "greet", f"file://{greet}@nowhere")
    assert unknown.code == 1
    assert not (home.data / "plugins/greet").exists()


def test_update_moves_to_the_default_branch_or_a_named_one_and_keeps_new_files(
    home: Home, greet: Path
) -> None:
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    plugin = home.data / "plugins/greet"
    (plugin / "cache").write_text("its own")
    second = commit(greet, {"more": "x"})
    dry = home.toolpin("plugin", "diff", "greet")
    assert "+x" in dry.out
    assert not (plugin / "more").exists()
    assert home.toolpin("plugin", "update", "--all").code == 0
    assert git(plugin, "rev-parse", "HEAD") == second
    assert git(plugin, "branch", "--show-current") == "main"
    assert (plugin / "cache").read_text() == "its own"
    git(greet, "checkout", "-q", "-b", "work")
    third = commit(greet, {"more": "y"})
    result = home.toolpin("plugin", "update", "greet", "work", "--json")
    (move,) = json.loads(result.out)["result"]["moves"]
    assert (move["before"], move["after"], move["branch"]) == (second, third, "work")
    assert home.toolpin("plugin", "update", "nosuch").code == 1
    assert home.toolpin("plugin", "update").code == 2


@linux_only
def test_a_mirrors_password_is_in_no_word_of_git_or_of_what_it_starts(
    home: Home, greet: Path
) -> None:
    git(greet, "update-server-info")
    head = git(greet, "rev-parse", "HEAD")  # no shallow fetch: that is for a branch
    with Server() as server:
        _serve(greet, server)
        server.put("/x/info/refs", greet / ".git/info/refs", fault=_asks(times=1))
        mirror = server.url.replace("//", "//ana:s%2Fcret@")
        home.env["TOOLPIN_MIRRORS"] = f"https://greet.example={mirror}"
        words = ("plugin", "add", "greet", f"https://greet.example/x@{head}")
        added = home.toolpin(*words)
        assert added.code == 0, added.err
        shown = {request.headers.get("authorization") for request in server.requests}
        assert home.toolpin("plugin", "remove", "greet").code == 0
        server.put("/x/info/refs", fault=Hang())
        before = len(server.requests)
        adding = subprocess.Popen([*TOOLPIN, *words], env=home.env, cwd=home.project)
        end = time.monotonic() + 60
        while len(server.requests) == before:
            assert time.monotonic() < end, "git has asked for nothing"
        running = list(Path("/proc").glob("[0-9]*/cmdline"))
        texts = [value for value in map(_read, running) if server.url[7:] in value]
        adding.terminate()
        adding.wait()
    assert any("remote-http" in text for text in texts)
    assert not any("cret@" in text for text in texts)
    assert shown == {None, "Basic " + base64.b64encode(b"ana:s/cret").decode()}


@pytest.mark.parametrize("is_asking", [False, True])
def test_a_mirrors_password_is_not_shown_to_where_the_mirror_leads(
    is_asking: bool, home: Home, greet: Path
) -> None:
    git(greet, "update-server-info")
    with Server() as mirror, Server() as other:
        _serve(greet, other)
        if is_asking:
            other.put("/x/info/refs", fault=_asks())
        place = {"Location": f"{other.url}/x/info/refs?service=git-upload-pack"}
        mirror.put("/x/info/refs", fault=Status(302, headers=place))
        url = mirror.url.replace("//", "//ana:s%2Fcret@")
        home.env["TOOLPIN_MIRRORS"] = f"https://greet.example={url}"
        home.toolpin("plugin", "add", "greet", "https://greet.example/x")
        assert other.requests
        assert {request.headers.get("authorization") for request in other.requests} == {
            None
        }


@pytest.mark.parametrize("password", ["", "known"])
@pytest.mark.parametrize("place", ["mirror", "clone"])
def test_a_token_that_is_a_urls_user_is_in_no_word_of_git(
    place: str, password: str, home: Home, greet: Path
) -> None:
    """A helper of the user's may have the password of that very user."""
    tell = f'printf "%s\\n" "$*" >>{home.root}/words; exec /usr/bin/git "$@"\n'
    write(home.root / "programs", {"bin/git": f"#!/bin/sh\n{tell}"})
    helper = "!f() { grep -q '^username=ghp_SECRET$' && echo password=known; }; f"
    home.env["PATH"] = f"{home.root}/programs/bin:{home.env['PATH']}"
    config = f'[credential]\n  helper = "{helper}"\n'
    if password:
        (home.home / ".gitconfig").write_text(config)
    git(greet, "update-server-info")
    with Server() as server:
        _serve(greet, server)
        server.put("/x/info/refs", greet / ".git/info/refs", fault=_asks(times=1))
        url = server.url.replace("//", "//ghp_SECRET@")
        if place == "mirror":
            home.env["TOOLPIN_MIRRORS"] = f"https://greet.example={url}"
            home.toolpin("plugin", "add", "greet", "https://greet.example/x")
        else:
            home.toolpin("plugin", "add", "greet", f"file://{greet}")
            directory = home.data / "plugins/greet"
            git(directory, "remote", "set-url", "origin", f"{url}/x")
            home.env["TOOLPIN_MIRRORS"] = f"{server.url}={url}"
            home.toolpin("plugin", "update", "greet")
        shown = {request.headers.get("authorization") for request in server.requests}
    both = base64.b64encode(f"ghp_SECRET:{password}".encode()).decode()
    assert shown == {None, f"Basic {both}"}
    words = (home.root / "words").read_text()
    assert server.url in words
    assert "SECRET" not in words


def _serve(repository: Path, server: Server) -> None:
    """Serve a repository's files below `/x`, as a plain web server does."""
    for file in (path for path in (repository / ".git").rglob("*") if path.is_file()):
        server.put(f"/x/{file.relative_to(repository / '.git')}", file)


def _asks(*, times: int | None = None) -> Status:
    """Ask who it is."""
    return Status(401, times=times, headers={"WWW-Authenticate": 'Basic realm="x"'})


_ASKS = {"WWW-Authenticate": 'Basic realm="x"'}


def test_a_user_in_a_mirrors_url_is_in_no_word_of_git_and_its_helper_is_asked_for_it(
    home: Home, greet: Path
) -> None:
    noted, asked = home.root / "noted", home.root / "asked"
    note = f'#!/bin/sh\necho "$*" >>{noted}\nPATH=/usr/local/bin:/usr/bin:/bin exec git'
    write(home.root / "programs", {"bin/git": f'{note} "$@"\n'})
    helper = f"!cat >>{asked}; echo password=pw; :"
    git(greet, "config", "-f", f"{home.home}/.gitconfig", "credential.helper", helper)
    with Server() as server:
        server.put("/x/info/refs", fault=Status(401, headers=_ASKS))
        mirror = server.url.replace("//", "//T0KEN@")
        home.env["TOOLPIN_MIRRORS"] = f"https://greet.example={mirror}"
        home.env["PATH"] = f"{home.root}/programs/bin:{home.env['PATH']}"
        home.toolpin("plugin", "add", "greet", "https://greet.example/x")
        shown = {request.headers.get("authorization") for request in server.requests}
    assert "/x" in noted.read_text()
    assert "T0KEN" not in noted.read_text()
    assert "username=T0KEN\n" in asked.read_text()
    assert shown == {None, "Basic " + base64.b64encode(b"T0KEN:pw").decode()}


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace")
    return ""


# Spoils where it is as a checkout that is cut short does, and its caller dies with it.
_DYING_GIT = """#!/bin/sh
case " $* " in
*' checkout '*)
    touch .git/index.lock
    echo half >bin/list-all
    kill -9 "$PPID"
    ;;
esac
PATH=/usr/local/bin:/usr/bin:/bin exec git "$@"
"""


def test_an_update_that_is_killed_leaves_the_plugin_as_it_was(
    home: Home, greet: Path
) -> None:
    assert home.toolpin("plugin", "add", "greet", f"file://{greet}").code == 0
    directory = home.data / "plugins/greet"
    (directory / "own").write_text("mine\n")
    before = _files(directory)
    commit(greet, {"bin/list-all": "#!/bin/sh\necho 3.0\n"})
    write(home.root / "programs", {"bin/git": _DYING_GIT})
    path = f"{home.root}/programs/bin:{home.env['PATH']}"
    killed = home.toolpin("plugin", "update", "greet", env={"PATH": path})
    assert killed.code == -signal.SIGKILL
    assert _files(directory) == before
    assert home.toolpin("plugin", "update", "greet").code == 0
    assert home.toolpin("list-all", "greet").out.split() == ["3.0"]
    assert (directory / "own").read_text() == "mine\n"
    assert not list((home.data / "staging").iterdir())


@linux_only
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_end_of_an_update_loses_the_plugin(
    number: signal.Signals, home: Home, greet: Path
) -> None:
    """At whichever rename, and where the disk has no exchange of two directories."""
    assert home.toolpin("plugin", "add", "greet", f"file://{greet}").code == 0
    directory = home.data / "plugins/greet"
    commit(greet, {"bin/list-all": "#!/bin/sh\necho 3.0\n"})
    calls = "?rename,?renameat,?renameat2"
    for count in range(1, 4):
        inject = f"inject={calls}:signal={number.name}:when={count}"
        place = ("-P", str(directory), "-e", inject)
        strace = ("strace", "-f", "-qq", "-o", "/dev/null", *place)
        home.run(*strace, *TOOLPIN, "plugin", "update", "greet")
        assert (directory / "bin/install").exists(), count
    assert home.toolpin("plugin", "update", "greet").code == 0
    assert home.toolpin("list-all", "greet").out.split() == ["3.0"]


def test_an_update_that_brings_nothing_leaves_the_directory_in_place(
    home: Home, greet: Path
) -> None:
    assert home.toolpin("plugin", "add", "greet", f"file://{greet}").code == 0
    directory = home.data / "plugins/greet"
    before = directory.stat().st_ino
    assert home.toolpin("plugin", "update", "greet").code == 0
    assert directory.stat().st_ino == before


def test_the_locks_that_a_killed_git_left_stop_no_update(
    home: Home, greet: Path
) -> None:
    assert home.toolpin("plugin", "add", "greet", f"file://{greet}").code == 0
    directory = home.data / "plugins/greet"
    (directory / ".git/index.lock").touch()
    (directory / "bin/list-all").write_text("half\n")
    commit(greet, {"bin/list-all": "#!/bin/sh\necho 3.0\n"})
    assert "--force" in home.toolpin("plugin", "update", "greet").err
    assert home.toolpin("plugin", "update", "greet", "--force").code == 0
    assert home.toolpin("list-all", "greet").out.split() == ["3.0"]


@pytest.mark.parametrize("kind", ["submodule", "worktree"])
def test_a_plugin_that_is_part_of_another_repository_is_moved_by_git_alone(
    kind: str, home: Home, greet: Path
) -> None:
    directory = home.data / "plugins/greet"
    if kind == "worktree":
        whole = home.root / "whole"
        git(home.root, "clone", "-q", f"file://{greet}", str(whole))
        directory.parent.mkdir(parents=True)
        git(whole, "worktree", "add", "-q", "--detach", str(directory))
    else:
        repository(home.data, {".gitignore": "*\n"})
        add = ("submodule", "add", "-q", "-f", f"file://{greet}", "plugins/greet")
        git(home.data, "-c", "protocol.file.allow=always", *add)
    before = git(directory, "rev-parse", "HEAD")
    moved = commit(greet, {"bin/list-all": "#!/bin/sh\necho 3.0\n"})
    refused = home.toolpin("plugin", "update", "greet")
    assert refused.code == 1
    assert git(directory, "rev-parse", "HEAD") == before
    assert git(directory, "status", "--porcelain") == ""
    hint = refused.err.rpartition("  try: ")[2].split()
    assert hint[:3] == ["git", "-C", str(directory)]
    git(directory, *hint[3:])
    assert git(directory, "rev-parse", "HEAD") == moved


def _files(directory: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and ".git/" not in str(path.relative_to(directory))
    }


def test_a_commit_that_is_in_no_branch_of_the_plugins_repository_is_not_taken(
    home: Home, greet: Path
) -> None:
    git(greet, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(greet, "checkout", "-q", "--detach")
    forked = commit(greet, {"bin/list-all": "touch stolen\n"})
    git(greet, "update-ref", "refs/pull/1/head", forked)
    git(greet, "checkout", "-q", "main")
    result = home.toolpin("plugin", "add", "greet", f"file://{greet}@{forked}")
    assert result.code == 1
    assert not (home.data / "plugins/greet").exists()
    assert f"contains {forked}" in result.err
    git(greet, "tag", "v1", forked)
    tagged = home.toolpin("plugin", "add", "greet", f"file://{greet}@{forked}")
    assert tagged.code == 0, tagged.err


def test_a_plain_directory_has_one_commit_whoever_adds_it(home: Home) -> None:
    directory = write(
        home.project / "tools/greet", {**GREET, ".gitignore": "LICENSE\n"}
    )
    assert home.toolpin("plugin", "add", "greet", "tools/greet").code == 0
    first = git(home.data / "plugins/greet", "rev-parse", "HEAD")
    home.pin("greet 1.1.0\n")
    assert home.toolpin("lock").code == 0
    lock = (home.project / "toolpin.lock").read_text()
    assert f'locator = "folder:greet@{first}"' in lock
    assert str(home.root) not in lock
    home.toolpin("plugin", "remove", "greet")
    missing = home.toolpin("install", "--allow-plugins")
    assert missing.code == 1
    assert "toolpin plugin add greet DIRECTORY" in missing.err
    home.toolpin("plugin", "add", "greet", str(directory))
    assert git(home.data / "plugins/greet", "rev-parse", "HEAD") == first
    assert home.toolpin("install", "--locked").code == 0
    (directory / "bin/install").write_text(INSTALL.replace("hello", "HELLO"))
    (directory / "LICENSE").unlink()
    assert "HELLO" in home.toolpin("plugin", "diff", "greet").out
    assert home.toolpin("plugin", "update", "greet").code == 0
    assert "HELLO" in (home.data / "plugins/greet/bin/install").read_text()
    assert not (home.data / "plugins/greet/LICENSE").exists()


def test_the_index_of_short_names_works_offline_once_it_is_fetched(
    home: Home, greet: Path
) -> None:
    names = {
        "plugins/greet": f"repository = file://{greet}\n",
        "plugins/other": "repository = https://other.example/x.git\n",
    }
    index = repository(home.root / "index", names)
    home.env["TOOLPIN_PLUGIN_INDEX"] = f"file://{index}"
    added = home.toolpin("plugin", "add", "greet")
    assert added.code == 0, added.err
    listed = home.toolpin("plugin", "list", "all").out.splitlines()
    assert [line.split() for line in listed] == [
        ["greet", f"*file://{greet}"],
        ["other", "https://other.example/x.git"],
    ]
    index.rename(home.root / "gone")
    os.utime(home.data / "plugin-index/.git/toolpin-fetched", (0, 0))
    for options in ((), ("--offline",)):
        again = home.toolpin(*options, "plugin", "list", "all")
        assert again.code == 0
        assert len(again.out.splitlines()) == 2
        assert "outdated" in again.err
    unknown = home.toolpin("plugin", "add", "othr")
    assert unknown.code == 1
    assert "other" in unknown.err


def test_a_trial_leaves_nothing_and_says_what_fails(home: Home, greet: Path) -> None:
    url = f"file://{greet}"
    tried = home.toolpin("plugin", "test", "greet", url, "greet you")
    assert tried.code == 1, "bin/download is what asdf's own test wants"
    assert "bin/download" in tried.err
    commit(greet, {"bin/download": "true\n"})
    tried = home.toolpin("plugin", "test", "greet", url, "greet", "you")
    assert tried.code == 0, tried.err
    assert "greet 2.0.0 says hello to you" in tried.err
    failed = home.toolpin("plugin", "test", "greet", url, "false", "--version", "1.0.0")
    assert failed.code == 1
    git(greet, "rm", "-q", "LICENSE")
    commit(greet, {})
    assert "license" in home.toolpin("plugin", "test", "greet", url).err
    assert not (home.data / "plugins").exists()
    assert not (home.data / "installs").exists()


def test_a_bundled_tool_wins_its_name_until_a_url_is_given_for_it(home: Home) -> None:
    golang = repository(home.root / "asdf-golang", GREET)
    write(home.data / "plugins/golang", GREET)  # as another manager has left it
    home.pin("go 1.1.0\n")
    first = home.toolpin("plugin", "list")
    assert "golang" in first.err
    assert "toolpin plugin add golang <url>" in first.err
    assert home.toolpin("plugin", "list").err == "", "it says so once"
    assert "bundled" in home.toolpin("plugin", "list").out
    assert home.toolpin("plugin", "add", "golang").code == 0
    other = home.toolpin("plugin", "add", "go", f"file://{golang}")
    assert other.code == 1, "that directory is from elsewhere"
    assert "toolpin plugin remove golang" in other.err
    (home.data / "plugins/golang").rename(home.root / "away")

    chosen = home.toolpin("plugin", "add", "go", f"file://{golang}")
    assert chosen.code == 0, chosen.err
    assert (home.data / "plugins/golang").is_dir()
    assert home.toolpin("list-all", "go").out.split()[0] == "1.0.0"
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("greet")).out.startswith("greet 1.1.0")
    assert home.toolpin("where", "golang").out.endswith("/golang/1.1.0\n")
    again = home.toolpin("plugin", "add", "golang", f"file://{golang}")
    assert again.code == 0, "the same one is there"
    home.toolpin("plugin", "remove", "go")
    assert "bundled" in home.toolpin("plugin", "list").out


def test_what_is_no_plugin_is_not_added(home: Home, greet: Path) -> None:
    git(greet, "rm", "-q", "bin/install")
    commit(greet, {})
    refused = home.toolpin("plugin", "add", "greet", f"file://{greet}")
    assert refused.code == 2
    assert "bin/install" in refused.err
    assert not (home.data / "plugins/greet").exists()
    assert not any((home.data / "staging").iterdir())


def test_git_variables_of_a_callers_hook_do_not_reach_a_plugin(
    home: Home, greet: Path
) -> None:
    env = {"GIT_DIR": str(home.root / "nowhere"), "GIT_INDEX_FILE": "/nowhere"}
    added = home.toolpin("plugin", "add", "greet", f"file://{greet}", env=env)
    assert added.code == 0, added.err
