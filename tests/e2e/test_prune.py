"""`toolpin prune`: what nothing has used for long goes, what anybody needs stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.asdf import ASDF
from tests.support.machine import linux_only
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, repository
from tests.support.upstream import Upstream

VERSIONS = ("10.15.0", "10.15.1", "10.15.2", "10.15.3")
LONG_AGO = time.time() - 90 * 86_400


@pytest.fixture
def store(home: Home, upstream: Upstream) -> Home:
    """A machine with four versions that nobody has used for three months."""
    for version in VERSIONS:
        upstream.publish(version)
        assert home.toolpin("install", "nodejs", version).code == 0
        _age(home, version, LONG_AGO)
    return home


def test_nothing_goes_without_yes(store: Home) -> None:
    shown = store.toolpin("prune")
    assert shown.code == 0
    assert "remove  nodejs 10.15.0" in shown.out
    assert "keep    nodejs 10.15.3" in shown.out
    assert "2 can be removed, freeing" in shown.err
    assert "try: toolpin prune --yes" in shown.err
    assert _have(store) == list(VERSIONS)


def test_the_newest_and_the_one_before_it_stay(store: Home) -> None:
    answer = _prune(store)
    assert _have(store) == ["10.15.2", "10.15.3"]
    assert _reasons(answer) == {
        "10.15.0": None,
        "10.15.1": None,
        "10.15.2": "the version before 10.15.3",
        "10.15.3": "the newest",
    }
    assert answer["freed_bytes"] > 0
    assert not os.path.exists(store.data / "installs/nodejs/10.15.0")


def test_the_one_before_goes_where_that_is_said(store: Home) -> None:
    _prune(store, "--no-previous")
    assert _have(store) == ["10.15.3"]


def test_what_a_project_names_stays_wherever_prune_is_called(store: Home) -> None:
    file = store.pin("nodejs 10.15.1\n")
    assert store.toolpin("install").code == 0
    elsewhere = store.root / "elsewhere"
    elsewhere.mkdir()
    result = store.toolpin("prune", "--yes", "--no-previous", "--json", cwd=elsewhere)
    reasons = _reasons(json.loads(result.out)["result"])
    assert reasons["10.15.1"] == f"{file}:1"
    assert _have(store) == ["10.15.1", "10.15.3"]


PIN = "nodejs 10.15.1\n"
# A command that makes a project known, after what its `.tool-versions` has by then.
COMMANDS = {
    "use": ("", "use nodejs 10.15.1"),
    "pin": ("", "pin nodejs 10.15.1"),
    "pin and install": ("", "pin nodejs 10.15.1 --install"),
    "install all": (PIN, "install"),
    "install what is missing": (PIN, "install --missing"),
    "install a version": (PIN, "install nodejs 10.15.2"),
    "lock": (PIN, "lock --host linux-x64"),
    "upgrade": ("nodejs 10.15.0\n", "upgrade --latest"),
    "asdf set": ("", "asdf set nodejs 10.15.1"),
    "asdf install": (PIN, "asdf install"),
    "asdf install a version": (PIN, "asdf install nodejs 10.15.2"),
    "import": ("", "import mise"),
}


@pytest.mark.parametrize(("text", "command"), COMMANDS.values(), ids=COMMANDS)
def test_a_project_is_known_after_every_command_that_installs_pins_or_locks(
    text: str, command: str, store: Home
) -> None:
    file = store.pin(text)
    if not text:
        file.unlink()
        (store.project / "mise.toml").write_text('[tools]\nnode = "10.15.1"\n')
        (store.root / "mise/installs").mkdir(parents=True)
    program, *words = f"toolpin {command}".replace("toolpin asdf", "asdf").split()
    start = ASDF if program == "asdf" else TOOLPIN
    result = store.run(*start, *words, env={"MISE_DATA_DIR": f"{store.root}/mise"})
    assert result.code == 0, result.err
    file.write_text(PIN)
    answer = _prune(store, "--no-previous", cwd=store.root)
    assert _reasons(answer)["10.15.1"] == f"{file}:1"
    assert "10.15.1" in _have(store)


@pytest.mark.parametrize(
    "command", ["which node", "current", "outdated", "lock --check", "exec true"]
)
def test_a_project_that_is_only_read_is_not_known(command: str, store: Home) -> None:
    store.pin(PIN)
    store.toolpin(*command.split())
    assert not (store.data / "projects").exists()


def test_a_project_that_a_ci_job_installed_for_is_known(store: Home) -> None:
    file = store.pin("nodejs 10.15.1\n")
    assert store.toolpin("ci", "install").code == 0
    result = store.toolpin("prune", "--json", cwd=store.root)
    assert _reasons(json.loads(result.out)["result"])["10.15.1"] == f"{file}:1"


@pytest.mark.parametrize("version", ["10.15.1", "10.15.0"])
def test_a_project_in_which_use_ran_is_known(store: Home, version: str) -> None:
    shutil.rmtree(store.data / "installs/nodejs/10.15.1")
    assert store.toolpin("use", "nodejs", version).code == 0
    result = store.toolpin("prune", "--json", cwd=store.root)
    place = f"{store.project}/.tool-versions:1"
    assert _reasons(json.loads(result.out)["result"])[version] == place


def test_a_project_that_is_gone_keeps_nothing(store: Home) -> None:
    store.pin("nodejs 10.15.1\n")
    assert store.toolpin("install").code == 0
    shutil.rmtree(store.project)
    store.project.mkdir()
    _prune(store, "--no-previous")
    assert _have(store) == ["10.15.3"]


def test_what_a_lockfile_of_a_project_means_stays(
    store: Home, upstream: Upstream
) -> None:
    store.pin("nodejs 10.15\n")
    assert store.toolpin("lock").code == 0
    assert store.toolpin("install").code == 0
    upstream.publish("10.15.4")
    assert store.toolpin("install", "nodejs", "10.15.4").code == 0
    _prune(store, "--no-previous", "--keep-days", "0", cwd=store.root)
    assert _have(store) == ["10.15.3", "10.15.4"]


def test_a_projects_file_that_cannot_be_read_lets_nothing_go(store: Home) -> None:
    file = store.pin("nodejs 10.15.1\n")
    assert store.toolpin("install").code == 0
    file.write_bytes(b"nodejs \0\n")
    result = store.toolpin("prune", "--yes", cwd=store.root)
    assert result.code == 2
    assert str(file) in result.err
    assert f"nothing: the needs of {store.project} are unknown" in result.err
    assert _have(store) == list(VERSIONS)


def test_what_a_process_runs_stays(store: Home) -> None:
    directory = store.data / "installs/nodejs/10.15.0/bin"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", directory / "sleep")
    _age(store, "10.15.0", LONG_AGO)
    process = subprocess.Popen([directory / "sleep", "600"])
    try:
        _age(store, "10.15.0", LONG_AGO)
        answer = _prune(store, "--no-previous")
    finally:
        process.kill()
        process.wait()
    assert _reasons(answer)["10.15.0"] == "a process runs it"
    assert "10.15.0" in _have(store)


def test_a_project_whose_file_has_another_name_now_is_known(store: Home) -> None:
    (store.project / ".nvmrc").write_text("10.15.1\n")
    assert store.toolpin("install").code == 0
    (store.project / ".nvmrc").rename(store.project / ".node-version")
    _prune(store, "--no-previous", cwd=store.root)
    assert _have(store) == ["10.15.1", "10.15.3"]


def test_a_nested_project_is_known_by_the_files_above_it_too(store: Home) -> None:
    store.pin("nodejs 10.15.1\n")
    nested = store.project / "a/b"
    nested.mkdir(parents=True)
    (nested / ".nvmrc").write_text("10.15.0\n")
    assert store.toolpin("install", cwd=nested).code == 0
    _prune(store, "--no-previous", cwd=store.root)
    assert _have(store) == ["10.15.0", "10.15.1", "10.15.3"]


@pytest.mark.parametrize(
    "name", [b"\xff", b"a\rb", "\u00e9".encode(), b"a\nb", b"\\n\n\\"]
)
def test_a_project_with_a_directory_of_any_name_is_known(
    name: bytes, store: Home
) -> None:
    directory = store.root / os.fsdecode(name)
    directory.mkdir()
    (directory / ".tool-versions").write_text("nodejs 10.15.1\n")
    assert store.toolpin("install", cwd=directory).code == 0
    _prune(store, "--no-previous", cwd=store.root)
    assert _have(store) == ["10.15.1", "10.15.3"]


def test_a_note_that_was_cut_short_takes_no_other_project_along(store: Home) -> None:
    store.pin("nodejs 10.15.1\n")
    (store.data / "projects").write_text("/home/ana/si")
    assert store.toolpin("install").code == 0
    _prune(store, "--no-previous", cwd=store.root)
    assert _have(store) == ["10.15.1", "10.15.3"]


def test_a_project_that_cannot_be_looked_at_lets_nothing_go(store: Home) -> None:
    file = store.pin("nodejs 10.15.1\n")
    assert store.toolpin("install").code == 0
    shutil.rmtree(store.project)
    store.project.symlink_to(store.project)
    result = store.toolpin("prune", "--yes", cwd=store.root)
    assert result.code == 1
    assert str(file) in result.err
    assert _have(store) == list(VERSIONS)


def test_what_runs_in_a_store_behind_a_link_stays(store: Home) -> None:
    directory = store.data / "installs/nodejs/10.15.0/bin"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", directory / "sleep")
    real = store.root / "disk"
    store.data.rename(real)
    store.data.symlink_to(real)
    process = subprocess.Popen([real / "installs/nodejs/10.15.0/bin/sleep", "600"])
    try:
        _age(store, "10.15.0", LONG_AGO)
        answer = _prune(store, "--no-previous")
    finally:
        process.kill()
        process.wait()
    assert _reasons(answer)["10.15.0"] == "a process runs it"
    assert "10.15.0" in _have(store)


def test_what_a_process_has_among_its_words_stays(store: Home) -> None:
    tree = store.data / "installs/nodejs/10.15.0"
    process = subprocess.Popen(
        ["sh", "-c", "read line", "--root", tree, "more"], stdin=subprocess.PIPE
    )
    try:
        answer = _prune(store, "--no-previous")
    finally:
        process.kill()
        process.communicate()
    assert _reasons(answer)["10.15.0"] == "a process runs it"


def test_a_program_that_ran_lately_keeps_its_version(store: Home) -> None:
    if os.statvfs(store.data).f_flag & os.ST_NOATIME:
        pytest.skip("this filesystem notes no access")
    store.pin("nodejs 10.15.0\n")
    assert store.run(store.shim("node"), "--version").out == "v10.15.0\n"
    store.pin("")
    assert _reasons(_prune(store))["10.15.0"] == "used in the last 30 days"
    assert _have(store) == ["10.15.0", "10.15.2", "10.15.3"]


def test_more_goes_until_the_rest_fits_the_longest_unused_first(store: Home) -> None:
    for age, version in enumerate(("10.15.0", "10.15.2", "10.15.1"), 1):
        _age(store, version, LONG_AGO + age * 86_400)
    shown = json.loads(store.toolpin("prune", "--json").out)["result"]["versions"]
    size = next(
        version["size_bytes"] for version in shown if version["version"] == "10.15.0"
    )
    limits = ("--no-previous", "--keep-days", "1000", "--max-size", str(size * 5 // 2))
    _prune(store, *limits)
    assert _have(store) == ["10.15.1", "10.15.3"]


def test_a_size_that_is_none_is_refused(store: Home) -> None:
    result = store.toolpin("prune", "--max-size", "big")
    assert result.code == 2
    assert "try: --max-size 2G" in result.err


def test_a_plugins_script_hears_of_what_goes_and_may_refuse(home: Home) -> None:
    uninstall = (
        "#!/bin/sh\ncase $ASDF_INSTALL_VERSION in 1.0*) exit 3;; esac\n"
        'echo "bye $ASDF_INSTALL_VERSION"\n'
    )
    plugin = repository(home.root / "greet", {**GREET, "bin/uninstall": uninstall})
    assert home.toolpin("plugin", "add", "greet", f"file://{plugin}").code == 0
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        assert home.toolpin("install", "greet", version).code == 0
    result = home.toolpin("prune", "--yes", "--keep-days", "0", "--no-previous")
    assert result.code == 1
    assert "bye 1.1.0" in result.err
    assert "toolpin: 1 removed" in result.err
    assert sorted(os.listdir(home.data / "installs/greet")) == ["1.0.0", "2.0.0"]


def test_what_a_project_names_by_a_file_that_a_variable_let_count_stays(
    store: Home,
) -> None:
    package = store.project / "package.json"
    package.write_text('{"engines": {"node": "10.15.1"}}')
    assert store.toolpin("install", env={"TOOLPIN_IDIOMATIC": "all"}).code == 0
    reasons = _reasons(_prune(store, "--no-previous", cwd=store.home))
    assert str(reasons["10.15.1"]).startswith(str(package))
    assert _have(store) == ["10.15.1", "10.15.3"]


@pytest.mark.parametrize("is_known", [False, True])
def test_what_a_project_names_by_the_time_of_its_removal_stays(
    is_known: bool, home: Home
) -> None:
    """The script of the first that goes plays who installs meanwhile."""
    late = home.root / "late/.tool-versions"
    late.parent.mkdir()
    late.write_text("greet 2.0.0\n" if is_known else "greet 1.1.0\n")
    script = f"#!/bin/sh\necho {late} >>{home.data}/projects\n"
    if is_known:
        script = f"#!/bin/sh\necho greet 1.1.0 >{late}\n"
        home.data.mkdir()
        (home.data / "projects").write_text(f"{late}\n")
    plugin = repository(home.root / "greet", {**GREET, "bin/uninstall": script})
    assert home.toolpin("plugin", "add", "greet", f"file://{plugin}").code == 0
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        assert home.toolpin("install", "greet", version).code == 0
    result = home.toolpin("prune", "--yes", "--keep-days", "0", "--no-previous")
    assert result.code == 0, result.err
    assert "greet 1.1.0: " in result.err
    assert "kept" in result.err
    assert sorted(os.listdir(home.data / "installs/greet")) == ["1.1.0", "2.0.0"]


@linux_only
def test_projects_are_not_read_again_for_every_version_that_goes(store: Home) -> None:
    file, log = store.pin("nodejs 10.15.3\n"), store.root / "log"
    assert store.toolpin("install").code == 0
    reads = []
    for days in ("80", "60"):  # one version goes, and then three
        _age(store, "10.15.0", time.time() - 85 * 86_400)
        for version in VERSIONS[1:3]:
            _age(store, version, time.time() - 70 * 86_400)
        traced = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=openat"]
        words = ("prune", "--yes", "--no-previous", "--keep-days", days)
        result = store.run(*traced, *TOOLPIN, *words, cwd=store.home)
        assert result.code == 0, result.err
        reads.append(log.read_text().count(f'"{file}"'))
        store.toolpin("install", "nodejs", "10.15.0")
    assert _have(store) == ["10.15.0", "10.15.3"]
    assert reads[0] == reads[1] > 0


def test_a_prune_of_the_machine_s_store_says_what_it_cannot_know(home: Home) -> None:
    result = home.toolpin("prune", "--system")
    assert "projects of other users" in result.err


def test_the_machine_s_store_is_pruned_only_by_who_says_what_unused_is(
    home: Home, upstream: Upstream
) -> None:
    for version in ("8.1.0", "9.9.0", "10.15.3"):
        upstream.publish(version)
        assert home.toolpin("install", "--system", "nodejs", version).code == 0
    system = home.root / "system/installs/nodejs"
    for path in (*system.glob("*/.toolpin/record.sh"), *system.glob("*/bin/*")):
        os.utime(path, (0, 0))
    refused = home.toolpin("prune", "--system", "--yes")
    assert refused.code == 1
    assert "try: toolpin prune --system --yes --keep-days 90" in refused.err
    assert len(list(system.iterdir())) == 3
    words = ("--system", "--yes", "--keep-days", "30", "--no-previous")
    assert home.toolpin("prune", *words).code == 0
    assert [path.name for path in system.iterdir()] == ["10.15.3"]


def _age(home: Home, version: str, when_s: float) -> None:
    """Let a version be made, and its programs read, at a time."""
    tree = home.data / "installs/nodejs" / version
    for path in (tree / ".toolpin/record.sh", *(tree / "bin").iterdir()):
        os.utime(path, (when_s, when_s))


def _prune(home: Home, *args: str, cwd: Path | None = None) -> dict[str, Any]:
    result = home.toolpin("prune", "--yes", "--json", *args, cwd=cwd)
    assert result.code == 0, result.err
    answer: dict[str, Any] = json.loads(result.out)["result"]
    return answer


def _reasons(answer: dict[str, Any]) -> dict[str, str | None]:
    return {
        version["version"]: version["kept_because"] for version in answer["versions"]
    }


def _have(home: Home) -> list[str]:
    return sorted(os.listdir(home.data / "installs/nodejs"))
