"""Which files count in a directory, what they say together, and how one is written."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Request
from toolpin.project.idiomatic import Idioms
from toolpin.project.pin_files import (
    Where,
    candidates,
    effective,
    logical_cwd,
    request_for,
    stated,
)
from toolpin.project.project_files import Files, read, write
from toolpin.project.validation import respell

NOBODY = 65534
IDIOMS = Idioms(
    {".node-version": "nodejs", ".nvmrc": "nodejs"},
    lambda _tool, word: respell(word, {"lts/*": "lts", "lts/": ""}),
    {"package.json": (("nodejs", "node"),)},
)
ALIASES = {"node": "nodejs", "nodejs": "nodejs", "erlang": "erlang"}


def _without_home(start: str) -> Where:
    return Where(start, "/", "/nowhere/.tool-versions", Files())


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")


class Machine:
    """A home, a project two directories deep outside of it, and a global file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.start = root / "srv" / "app" / "src"
        self.global_file = root / "config" / ".tool-versions"
        for directory in (self.home, self.start, self.global_file.parent):
            directory.mkdir(parents=True)

    def pin(self, directory: Path, text: str) -> Path:
        file = directory / ".tool-versions"
        file.write_text(text)
        return file

    def candidates(self, start: Path | str | None = None) -> list[str]:
        result = candidates(self.where(start or self.start))
        return [path for path in result if path.startswith(str(self.root))]

    def ignored(self, start: Path) -> list[str]:
        return list(candidates(self.where(start), ignored=True))

    def stated(self, *only: str) -> Iterator[Request]:
        return stated(self.where(self.start), ALIASES, IDIOMS, only)

    def where(self, start: Path | str) -> Where:
        return Where(str(start), str(self.home), str(self.global_file), Files())

    def effective(self, **env: str) -> list[str]:
        requests = effective(self.stated(), env=env, aliases=ALIASES)
        return [f"{r.tool} {' '.join(map(str, r.wanted))}" for r in requests]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that every user may enter, unlike pytest's own."""
    directory = Path(tempfile.mkdtemp(prefix="toolpin-test-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Let the system judge as it judges an ordinary user."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_the_nearest_file_comes_first_and_the_global_one_last(machine: Machine) -> None:
    near = machine.pin(machine.start, "")
    far = machine.pin(machine.root / "srv", "")
    home = machine.pin(machine.home, "")
    last = machine.pin(machine.global_file.parent, "")
    expected = [str(file) for file in (near, far, home, last)]
    assert machine.candidates() == expected
    assert machine.candidates(f"{machine.start}//") == expected


def test_a_home_on_the_way_up_comes_once(machine: Machine) -> None:
    project = machine.home / "site"
    project.mkdir()
    file = machine.pin(machine.home, "")
    assert machine.candidates(project) == [str(file)]
    assert machine.candidates(machine.home) == [str(file)]


def test_a_home_whose_name_only_begins_alike_is_outside(machine: Machine) -> None:
    project = machine.root / "home2"
    project.mkdir()
    file = machine.pin(machine.home, "")
    assert machine.candidates(project) == [str(file)]


def test_the_root_directory_ends_the_walk() -> None:
    assert len(list(candidates(_without_home("/")))) <= 1


def test_the_first_line_of_the_nearest_file_counts(machine: Machine) -> None:
    machine.pin(machine.start, "node 20 system\nnodejs 18\nzig 0.13\n")
    machine.pin(machine.root / "srv", "erlang 27\nnodejs 16\n")
    machine.pin(machine.home, "erlang 26\nruby 3\n")
    machine.pin(machine.global_file.parent, "ruby 2\nperl 5\n")
    assert machine.effective() == [
        "nodejs 20 system",
        "zig 0.13",
        "erlang 27",
        "ruby 3",
        "perl 5",
    ]


def test_a_variable_beats_the_files_in_their_place(machine: Machine) -> None:
    machine.pin(machine.start, "node 20\nzig 0.13\n")
    env = {"TOOLPIN_ZIG_VERSION": "0.14", "TOOLPIN_NODEJS_VERSION": "22 20"}
    assert machine.effective(**env) == ["nodejs 22 20", "zig 0.14"]


def test_a_variable_alone_counts_for_known_tools_only(machine: Machine) -> None:
    machine.pin(machine.start, "zig 0.13\n")
    env = {"TOOLPIN_ERLANG_VERSION": "27", "TOOLPIN_SCHEMA_VERSION": "not/one"}
    assert machine.effective(**env) == ["zig 0.13", "erlang 27"]


@pytest.mark.parametrize("value", ["../../x", "", "27\n28"])
def test_hostile_64_a_wrong_variable_is_an_error_everywhere(
    machine: Machine, value: str
) -> None:
    env = {"TOOLPIN_ERLANG_VERSION": value}
    with pytest.raises(UsageError):
        machine.effective(**env)
    with pytest.raises(UsageError):
        request_for("erlang", machine.stated(), env)


def test_one_tool_reads_no_file_behind_the_one_that_names_it(machine: Machine) -> None:
    near = machine.pin(machine.start, "zig 0.13\nnode 20\n")
    machine.pin(machine.root / "srv", "not a file at all: \0")
    request = request_for("nodejs", machine.stated(), {})
    assert request is not None
    assert (request.tool, str(request.origin)) == ("nodejs", f"{near}:2")
    with pytest.raises(UsageError):
        request_for("erlang", machine.stated(), {})
    override = request_for("erlang", machine.stated(), {"TOOLPIN_ERLANG_VERSION": "27"})
    assert override is not None
    assert override.origin.place == "TOOLPIN_ERLANG_VERSION"


def test_a_tools_own_line_counts_whatever_the_others_are(machine: Machine) -> None:
    file = machine.pin(machine.start, "Zig ^0.13\n\t node  20\t# x\nerlang@27\n")
    own = machine.stated("nodejs", "node")
    request = request_for("nodejs", own, {})
    assert request is not None
    assert str(request.origin) == f"{file}:2"
    with pytest.raises(UsageError):
        request_for("nodejs", machine.stated(), {})


def test_a_file_without_the_tools_line_is_passed_over(machine: Machine) -> None:
    machine.pin(machine.start, "Ruby 3.0\nruby\n")
    above = machine.root / "srv/.tool-versions"
    above.write_bytes(b"node 20  # \xff\n")
    own = machine.stated("nodejs", "node")
    request = request_for("nodejs", own, {})
    assert request is not None
    assert str(request.origin) == f"{above}:1"


def test_a_tool_that_nothing_names_has_no_request(machine: Machine) -> None:
    machine.pin(machine.start, "zig 0.13\n")
    assert request_for("erlang", machine.stated(), {}) is None


def hostile_file(kind: str, directory: Path) -> Path:
    file = directory / ".tool-versions"
    match kind:
        case "directory":
            file.mkdir()
        case "fifo":
            os.mkfifo(file)
        case "endless device":
            file.symlink_to("/dev/zero")
        case "dangling link":
            file.symlink_to("nowhere")
        case "link to itself":
            file.symlink_to(file)
        case "1 GiB":
            file.touch()
            os.truncate(file, 1 << 30)
        case "1 MiB and a byte":
            file.write_bytes(b"#" * ((1 << 20) + 1))
        case "a million lines":
            file.write_bytes(b"\n" * 1_000_000)
        case "one line too many":
            file.write_bytes(b"\n" * 10_001)
    return file


# The limit turns a read of everything into an error, the timeout a wait.
READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
from toolpin.errors import UsageError
from toolpin.project.project_files import read
try:
    read(sys.argv[1])
except UsageError as error:
    sys.exit(error.render())
"""


@pytest.mark.parametrize(
    "kind",
    [
        "directory",
        "fifo",
        "endless device",
        "dangling link",
        "link to itself",
        "1 GiB",
        "1 MiB and a byte",
        "a million lines",
        "one line too many",
    ],
)
def test_hostile_61_what_is_no_small_file_is_refused(
    machine: Machine, kind: str
) -> None:
    file = hostile_file(kind, machine.start)
    assert machine.candidates() == [str(file)]
    done = subprocess.run(
        [sys.executable, "-c", READ, file],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"toolpin: {file} ")


def test_a_file_at_the_limits_is_read(tmp_path: Path) -> None:
    file = tmp_path / ".tool-versions"
    for data in (b"#" * (1 << 20), b"\n" * 10_000, b""):
        file.write_bytes(data)
        assert read(str(file)) == data


def test_a_file_that_may_not_be_read_is_an_error(shared: Path) -> None:
    file = shared / ".tool-versions"
    file.touch(0o000)
    with without_privileges(), pytest.raises(ToolpinError) as caught:
        read(str(file))
    assert dict(caught.value.facts)["reason"] == "Permission denied"


@as_root
@pytest.mark.parametrize("linked", [False, True], ids=["file", "link"])
@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_hostile_62_101_a_strangers_file_is_ignored_where_everybody_may_write(
    machine: Machine, linked: bool, mode: int
) -> None:
    sticky = machine.root / "tmp"
    project = sticky / "project"
    project.mkdir(parents=True)
    sticky.chmod(mode)
    mine = machine.pin(machine.home, "nodejs 20\n")
    file = sticky / ".tool-versions"
    if linked:
        file.symlink_to(mine)
    else:
        file.write_text("nodejs 1\n")
    assert machine.candidates(project) == [str(file), str(mine)]
    os.chown(file, NOBODY, NOBODY, follow_symlinks=False)
    assert machine.candidates(project) == [str(mine)]
    assert machine.ignored(project) == [str(file)]


@as_root
def test_hostile_62_an_owner_matters_in_no_other_directory(machine: Machine) -> None:
    file = machine.pin(machine.start, "")
    os.chown(file, NOBODY, NOBODY)
    assert machine.candidates() == [str(file)]
    machine.start.chmod(0o1775)
    assert machine.candidates() == [str(file)]
    assert machine.ignored(machine.start) == []


@as_root
def test_hostile_62_roots_file_in_a_sticky_directory_counts(shared: Path) -> None:
    shared.chmod(0o1777)
    file = shared / ".tool-versions"
    file.touch()
    with without_privileges():
        assert str(file) in list(candidates(_without_home(str(shared))))


def test_hostile_63_more_directories_than_a_path_or_a_stack_takes_are_walked(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = machine.pin(machine.start, "")
    monkeypatch.chdir(machine.start)
    depth = 3_000  # Python recurses 1,000 times; a path has at most 4,096 bytes
    try:
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        start = logical_cwd({})
        assert start == str(machine.start) + "/d" * depth
        assert logical_cwd({"PWD": start}) == start
        assert machine.candidates(Path(start)) == [str(file)]
    finally:
        # No path is short enough for what cleans up after the tests.
        while not os.path.exists(".tool-versions"):
            os.chdir("..")
            os.rmdir("d")


@pytest.mark.parametrize("name", [".tool-versions", ".nvmrc"])
def test_hostile_61_63_many_files_of_one_place_are_not_read_together(
    name: str, machine: Machine
) -> None:
    """Each is as large as it may be; a repository packs them into next to nothing."""
    directory = machine.start
    for _ in range(10):
        directory /= "d"
        directory.mkdir()
        text = b"22\n" if name == ".nvmrc" else b"erlang 1\n"
        (directory / name).write_bytes(text + b"#" * 1_000_000)

    def read(start: Path) -> list[Request]:
        where = Where(str(start), "/", "/nowhere/.tool-versions", Files())
        return list(stated(where, {}, IDIOMS))

    assert len(read(directory.parents[5])) == 4
    with pytest.raises(UsageError, match="directory and its parents"):
        read(directory)


def test_hostile_63_a_loop_of_links_is_walked_by_its_name(machine: Machine) -> None:
    (machine.start / "loop").symlink_to(machine.start)
    file = machine.pin(machine.root / "srv", "")
    start = machine.start / "loop" / "loop"
    assert machine.candidates(start) == [str(file)]
    assert logical_cwd({"PWD": str(start)}) == os.getcwd()


def test_hostile_63_a_directory_that_may_not_be_entered_is_passed(shared: Path) -> None:
    closed = shared / "closed"
    start = closed / "project"
    start.mkdir(parents=True)
    (start / ".tool-versions").touch()
    file = shared / ".tool-versions"
    file.touch()
    closed.chmod(0o000)
    with without_privileges():
        results = list(candidates(_without_home(str(start))))
    closed.chmod(0o755)
    assert results[0] == str(file)


def test_hostile_63_a_deleted_directory_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for env in ({}, {"PWD": str(gone)}):
        with pytest.raises(ToolpinError) as caught:
            logical_cwd(env)
        assert "no longer exists" in caught.value.what
    gone.mkdir()
    with pytest.raises(ToolpinError):
        logical_cwd({"PWD": str(gone)})


def test_the_shell_s_name_of_a_directory_is_kept(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = machine.root / "link"
    link.symlink_to(machine.start)
    monkeypatch.chdir(machine.start)
    assert logical_cwd({"PWD": str(link)}) == str(link)


@pytest.mark.parametrize(
    "lie", ["", ".", "/", "/nowhere", "{start}/../src", "{start}/."]
)
def test_a_pwd_that_is_not_true_is_passed_over(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    monkeypatch.chdir(machine.start)
    pwd = lie.format(start=machine.start)
    assert logical_cwd({"PWD": pwd}) == str(machine.start)


def test_writing_keeps_the_mode_and_the_link(tmp_path: Path) -> None:
    real = tmp_path / "tool-versions"
    real.write_text("old")
    real.chmod(0o664)
    link = tmp_path / ".tool-versions"
    link.symlink_to("tool-versions")
    write(str(link), b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o664
    assert sorted(os.listdir(tmp_path)) == [".tool-versions", "tool-versions"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_new_file_has_the_mode_that_the_umask_leaves(
    tmp_path: Path, umask: int, mode: int
) -> None:
    file = tmp_path / ".tool-versions"
    before = os.umask(umask)
    try:
        write(str(file), b"a 1\n")
    finally:
        os.umask(before)
    assert file.read_bytes() == b"a 1\n"
    assert stat.S_IMODE(file.stat().st_mode) == mode


@as_root
def test_writing_as_root_leaves_the_file_to_its_owner(tmp_path: Path) -> None:
    file = tmp_path / ".tool-versions"
    file.touch(0o640)
    os.chown(file, NOBODY, NOBODY)
    write(str(file), b"a 1\n")
    status = file.stat()
    assert (status.st_uid, status.st_gid) == (NOBODY, NOBODY)
    assert stat.S_IMODE(status.st_mode) == 0o640


def test_a_write_that_the_system_refuses_leaves_nothing(shared: Path) -> None:
    file = shared / ".tool-versions"
    file.write_text("a 1\n")
    shared.chmod(0o555)
    with without_privileges(), pytest.raises(ToolpinError):
        write(str(file), b"a 2\n")
    shared.chmod(0o755)
    with pytest.raises(ToolpinError):
        write(str(shared), b"a 2\n")
    assert file.read_text() == "a 1\n"
    assert os.listdir(shared) == [".tool-versions"]
    beside = [name for name in os.listdir(shared.parent) if shared.name in name]
    assert beside == [shared.name]
