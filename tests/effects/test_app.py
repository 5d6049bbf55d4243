"""The context of a process: what it reads is read once, and again under a file lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolpin.app import App
from toolpin.config.settings import Settings
from toolpin.errors import UsageError
from toolpin.project.project_files import Files
from toolpin.system.paths import Paths
from toolpin.system.report import Report


@pytest.fixture
def app(tmp_path: Path) -> App:
    """A context whose store, config and project are empty directories."""
    paths = Paths(str(tmp_path / "data"), str(tmp_path / "config"))
    env = {"HOME": str(tmp_path), "TOOLPIN_SYSTEM_CONFIG": str(tmp_path / "none.toml")}
    return App(paths, env, Report(), directory=str(tmp_path))


def test_a_file_keeps_the_version_that_was_read_first(tmp_path: Path) -> None:
    file, files = tmp_path / "file", Files()
    file.write_bytes(b"first\n")
    assert files.read_beginning(str(file), 100) == b"first\n"
    file.write_bytes(b"second\n")
    assert files.read(str(file)) == b"first\n"
    assert files.read_beginning(str(file), 3) == b"fir"
    files.forget()
    assert files.read(str(file)) == b"second\n"


def test_the_limits_of_a_file_hold_for_what_was_read_before(tmp_path: Path) -> None:
    file, files = tmp_path / "file", Files()
    file.write_bytes(b"12345")
    assert files.read(str(file), (5, 1)) == b"12345"
    with pytest.raises(UsageError, match="larger than"):
        files.read(str(file), (4, 1))


def test_a_part_of_a_file_is_not_taken_for_all_of_it(tmp_path: Path) -> None:
    file, files = tmp_path / "file", Files()
    file.write_bytes(b"12345")
    assert files.read_beginning(str(file), 3) == b"123"
    assert files.read(str(file)) == b"12345"


def test_a_file_that_is_written_is_read_again_under_its_file_lock(app: App) -> None:
    file = Path(app.directory, ".tool-versions")
    file.write_text("nodejs 20.0.0\n")
    assert app.files.read(str(file)) == b"nodejs 20.0.0\n"
    file.write_text("nodejs 22.0.0\n")  # another process, before the lock is held
    with app.writing(str(file)):
        assert app.files.read(str(file)) == b"nodejs 22.0.0\n"
        file.write_text("nodejs 24.0.0\n")
    assert app.files.read(str(file)) == b"nodejs 24.0.0\n"


def test_a_lockfile_that_is_written_is_parsed_again(app: App) -> None:
    file = Path(app.directory, "toolpin.lock")
    assert app.lockfile(str(file)) is None
    with app.writing(str(file)):
        file.write_text("schema = 1\n[pins]\n")
    lock = app.lockfile(str(file))
    assert lock is not None
    assert lock is app.lockfile(str(file))


def test_plugins_are_found_again_when_they_were_added(app: App) -> None:
    assert "mine" not in app.registry.aliases
    plugin = Path(app.paths.plugins, "mine", "bin")
    plugin.mkdir(parents=True)
    assert "mine" not in app.registry.aliases
    app.reload_plugins()
    assert "mine" in app.registry.aliases


def test_a_derived_context_has_its_own_values_and_the_same_files(app: App) -> None:
    derived = app.derived(settings=Settings(jobs=7))
    assert (derived.settings.jobs, derived.directory) == (7, app.directory)
    assert derived.files is app.files
    assert app.settings.jobs != derived.settings.jobs
