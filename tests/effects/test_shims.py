"""The shims directory: one stub a command, and every foreign file left alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shell.store import KNOWN, Store
from tests.support.run import REPOSITORY, Home
from toolpin.model import Pin
from toolpin.project.validation import RESERVED_COMMANDS
from toolpin.shims.shim_directory import are_in_place, refresh, why_skipped
from toolpin.shims.stubs import Stub, read_stub


@pytest.fixture
def store(home: Home) -> Store:
    store = Store(home)
    store.publish("nodejs", "10.15.3", {"node": "", "npm": ""})
    return store


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def shim(store: Store, name: str) -> Path:
    return Path(store.home.shim(name))


def test_each_command_of_each_version_gets_a_stub(store: Store) -> None:
    store.publish("nodejs", "12.22.0", {"node": "", "corepack": ""})
    store.publish("other", "1.0", {"thing": ""})
    assert store.refresh().added == ("corepack", "node", "npm", "thing")
    own = ("nodejs",)
    assert read_stub(str(shim(store, "node"))) == Stub((own,), (), own=own)
    assert read_stub(str(shim(store, "npm"))) == Stub((own,), ("-g", "link"))


def test_a_second_refresh_rewrites_nothing(store: Store) -> None:
    store.refresh()
    before = {path: path.stat().st_ino for path in Path(store.paths.shims).iterdir()}
    changes = store.refresh()
    assert changes == ((), (), ())
    after = {path: path.stat().st_ino for path in Path(store.paths.shims).iterdir()}
    assert after == before


def in_place(store: Store) -> bool:
    return are_in_place(store.paths, [Pin("nodejs", "10.15.3")], sys.executable)


def test_shims_are_in_place_when_library_and_stubs_are(store: Store) -> None:
    assert not in_place(store)
    store.refresh()
    assert in_place(store)
    library = Path(store.paths.shim_library)
    library.write_text(library.read_text() + "# changed\n")
    assert not in_place(store)


@pytest.mark.parametrize("text", ["#!/bin/sh\n", None])
def test_a_stub_that_is_another_file_or_another_tools_is_not_in_place(
    text: str | None, store: Store
) -> None:
    store.refresh()
    npm = shim(store, "npm")
    npm.write_text(text or npm.read_text().replace("# tool nodejs", "# tool other"))
    assert not in_place(store)


def test_a_command_that_gets_no_shim_is_not_missed(store: Store) -> None:
    (store.home.data / "installs/nodejs/10.15.3/bin/-x").touch(0o755)
    store.refresh()
    assert not shim(store, "-x").exists()
    assert in_place(store)


def test_a_stub_that_nothing_provides_goes(store: Store) -> None:
    store.refresh()
    (store.home.data / "installs/nodejs/10.15.3/bin/npm").unlink()
    assert store.refresh().removed == ("npm",)
    assert not shim(store, "npm").exists()
    assert shim(store, "node").exists()


def test_hostile_85_foreign_files_stay_as_they_are(store: Store) -> None:
    directory = Path(store.paths.shims)
    directory.mkdir(parents=True)
    (directory / "node").write_text("#!/bin/sh\n# mine\n")
    (directory / "npm").symlink_to("/usr/bin/env")
    (directory / "notes").mkdir()
    (directory / "mine").write_text("mine")
    assert store.refresh() == ((), (), ("node", "npm"))
    assert (directory / "node").read_text() == "#!/bin/sh\n# mine\n"
    assert os.readlink(directory / "npm") == "/usr/bin/env"
    assert sorted(os.listdir(directory)) == ["mine", "node", "notes", "npm"]


def test_hostile_85_the_shims_directory_may_be_a_link(store: Store) -> None:
    real = store.home.root / "elsewhere"
    real.mkdir()
    store.home.data.mkdir(exist_ok=True)
    Path(store.paths.shims).symlink_to(real)
    store.refresh()
    assert sorted(os.listdir(real)) == ["node", "npm"]
    assert os.path.islink(store.paths.shims)


@pytest.mark.usefixtures("umask")
def test_hostile_76_modes_do_not_depend_on_the_umask(store: Store) -> None:
    store.refresh()
    assert shim(store, "node").stat().st_mode & 0o7777 == 0o755
    assert Path(store.paths.shims).stat().st_mode & 0o7777 == 0o755
    assert Path(store.paths.shim_library).stat().st_mode & 0o7777 == 0o644


def test_hostile_68_names_that_no_shim_may_have_are_skipped(store: Store) -> None:
    names = ["toolpin", "asdf", "-n", "a\nb", "a\x1bb", ".hidden", "a\u202eb"]
    names += ["sh", "sudo", "ls", "[", "env", "a b"]
    store.publish("evil", "1.0", dict.fromkeys(names, "evil"))
    changes = store.refresh()
    assert changes.added == ("node", "npm")
    assert set(changes.skipped) == set(names)
    assert sorted(os.listdir(store.paths.shims)) == ["node", "npm"]


@pytest.mark.parametrize("name", ["it's", "$(id)", "`id`", "@LIBRARY@"])
def test_a_strange_name_is_only_a_name(store: Store, name: str) -> None:
    store.publish("odd", "1.0", {name: "odd"})
    store.refresh()
    store.home.pin("odd 1.0\n")
    assert store.home.run(store.home.shim(name)).out == "odd\n"


@pytest.mark.parametrize("directory", ["it's $HOME", "a b", "glob*[x]?", "back\\slash"])
def test_a_strange_data_directory_is_only_a_directory(
    tmp_path: Path, directory: str
) -> None:
    (tmp_path / directory).mkdir()
    store = Store(Home(tmp_path / directory))
    store.publish("nodejs", "10.15.3", {"node": ""})
    store.refresh()
    store.home.pin("nodejs 10.15.3\n")
    assert store.home.run(store.home.shim("node")) == (0, "nodejs 10.15.3\n", "")
    store.home.pin("nodejs 10\n")
    assert store.home.run(store.home.shim("node")) == (0, "nodejs 10.15.3\n", "")


def test_what_a_killed_refresh_left_is_cleaned_up(store: Store) -> None:
    store.refresh()
    left = Path(store.paths.shims) / ".toolpin-12345"
    left.write_text("half")
    store.refresh()
    assert not left.exists()


def test_a_foreign_file_of_a_like_name_stays(store: Store) -> None:
    foreign = Path(store.paths.shims) / ".toolpin-notes"
    store.refresh()
    foreign.write_text("mine")
    (Path(store.paths.shims) / ".toolpin-7").mkdir()
    store.refresh()
    assert foreign.read_text() == "mine"


@pytest.mark.parametrize("name", ["shim.sh", "shim-more.sh"])
def test_without_its_library_a_shim_says_so(store: Store, name: str) -> None:
    store.refresh()
    Path(store.paths.data, "lib", name).unlink()
    result = store.home.run(store.home.shim("node"))
    assert result.code == 126
    assert result.err == "toolpin: the shims are broken; try: toolpin reshim\n"


def test_a_marked_version_has_no_stub(store: Store) -> None:
    mark = Path(store.paths.incomplete, "nodejs", "10.15.3")
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert store.refresh().added == ()


def test_a_damaged_record_keeps_no_other_shim_back(store: Store) -> None:
    tree = store.publish("broken", "1.0", {"thing": ""})
    (tree / ".toolpin/record.sh").write_text("not a record")
    assert store.refresh().added == ("node", "npm")


def test_a_new_interpreter_reaches_every_shim(store: Store) -> None:
    store.refresh()
    refresh(store.paths, KNOWN, "/new/python")
    assert "'/new/python'" in Path(store.paths.shim_library_more).read_text()


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\xff" * 100])
def test_a_foreign_file_is_no_stub(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert read_stub(str(file)) is None


def test_a_run_of_an_exact_version_reads_the_library_up_to_its_exec(
    store: Store,
) -> None:
    store.refresh()
    store.home.pin("nodejs 10.15.3\n")
    library = Path(store.paths.shim_library)
    library.write_bytes(library.read_bytes() + b"\n)\n")
    assert store.home.run(store.home.shim("node")).out == "nodejs 10.15.3\n"


def test_each_rare_function_is_in_the_second_library() -> None:
    texts = {
        name: (REPOSITORY / "shims" / name).read_text()
        for name in ("shim.sh", "shim-more.sh")
    }
    called = set(re.findall(r"_tp_rare (\w+)", "".join(texts.values())))
    defined = re.findall(r"^(_tp_\w+)\(\) \{$", texts["shim-more.sh"], re.MULTILINE)
    assert "_tp_ask" in called
    assert called <= set(defined)


@pytest.mark.parametrize("name", ["shim.sh", "shim-more.sh"])
def test_the_library_passes_shellcheck(name: str) -> None:
    library = REPOSITORY / "shims" / name
    done = subprocess.run(
        ["shellcheck", library], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_exec_imports_nothing_heavy() -> None:
    script = "import sys, toolpin.run.command_run; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    heavy = "argparse json tomllib subprocess pathlib shutil requests fcntl tqdm"
    assert not set(heavy.split()) & set(done.stdout.split())


def test_the_reserved_names_are_documented() -> None:
    page = (REPOSITORY / "docs/guide/shims.md").read_text()
    quoted = [line for line in page.splitlines() if line.startswith(">")]
    names = " ".join(quoted).replace(">", "").replace("`", "").split()
    assert names == sorted(RESERVED_COMMANDS)


def test_what_gets_no_shim_is_told_why(store: Store) -> None:
    store.publish("evil", "1.0", {"git": "", "-n": "", "thing": ""})
    shim(store, "thing").parent.mkdir()
    shim(store, "thing").write_text("mine")
    skipped = store.refresh().skipped
    why_skippeds = [why_skipped(store.paths, name) for name in skipped]
    assert why_skippeds == [
        "'-n' gets no shim: its name is not allowed for one",
        "git gets no shim, its name is reserved; try: toolpin exec git",
        f"{shim(store, 'thing')} was not created by toolpin and is left unchanged",
    ]
    store.home.pin("evil 1.0\n")
    assert store.home.toolpin("exec", "git", "-C", "/").out == "evil 1.0 <-C> </>\n"
