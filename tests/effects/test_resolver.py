"""Which version a request means: the rules of the light tier and of the full one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolpin.app import App
from toolpin.errors import NotLocked, ToolpinError, Unreachable, UsageError
from toolpin.lockfile.document import Entry, Key, Lockfile, render
from toolpin.model import Artifact, Build, Digest, Origin, Pin, Request, Wanted
from toolpin.project.toolversions import parse
from toolpin.resolver.local_resolution import Resolution
from toolpin.resolver.resolver import Resolver, Rules
from toolpin.store.installs import remember_channel
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.system.report import Report
from toolpin.verification import Level

INSTALLED = ("20.1.0", "22.1.0", "22.2.0", "22", "ref-main")
LOCKED = {"22": "22.1.0", "lts": "24.0.0", "20.1.0": "20.1.0"}


@pytest.fixture
def app(tmp_path: Path) -> App:
    """A context of an empty project, whose store has a few versions of one tool."""
    paths = Paths(str(tmp_path / "data"), str(tmp_path / "config"))
    for version in INSTALLED:
        os.makedirs(f"{paths.install('nodejs', version)}/bin")
    remember_channel(paths, Pin("nodejs", "22.2.0"), "iron")
    env = {"HOME": str(tmp_path), "TOOLPIN_SYSTEM_CONFIG": str(tmp_path / "none.toml")}
    (tmp_path / "project").mkdir()
    return App(paths, env, Report(), directory=str(tmp_path / "project"))


def write_lockfile(app: App) -> None:
    """Lock each request for this project, with a build for one host."""
    pins = {Key("nodejs", text): version for text, version in LOCKED.items()}
    url = "https://nodejs.org/dist/node.tar.gz"
    artifact = Artifact(url, Digest("sha256", "a" * 64), None, "node.tar.gz")
    entries = tuple(
        Entry(
            Pin("nodejs", item),
            "linux-x64",
            "nodejs.org",
            Level.HERE,
            Build((artifact,)),
        )
        for item in sorted(set(LOCKED.values()))
    )
    Path(app.directory, "toolpin.lock").write_text(render(Lockfile(pins, entries)))


def request_for(words: str, app: App) -> Request:
    return parse(f"nodejs {words}\n".encode(), f"{app.directory}/.tool-versions")[0]


def meanings(resolutions: Iterator[Resolution]) -> list[tuple[str, str]]:
    """Give each resolution's basis, and its version or directory."""
    return [
        (
            resolution.basis,
            resolution.pin.version if resolution.pin else resolution.directory,
        )
        for resolution in resolutions
    ]


@pytest.mark.parametrize(
    ("words", "unlocked", "locked"),
    [
        ("20.1.0", ("exact", "20.1.0"), ("exact", "20.1.0")),
        ("22.9.9", ("", ""), ("", "")),
        ("22", ("exact", "22"), ("lockfile", "22.1.0")),
        ("22.2", ("installed", "22.2.0"), ("installed", "22.2.0")),
        ("latest", ("installed", "22.2.0"), ("installed", "22.2.0")),
        ("latest:20", ("installed", "20.1.0"), ("installed", "20.1.0")),
        ("iron", ("installed", "22.2.0"), ("installed", "22.2.0")),
        ("lts", ("", ""), ("", "")),  # locked as what is not installed
        ("2", ("", ""), ("", "")),
        ("ref:main", ("exact", "ref-main"), ("exact", "ref-main")),
        ("ref:other", ("", ""), ("", "")),
        ("system", ("system", ""), ("system", "")),
        ("path:/", ("path", "/"), ("path", "/")),
        ("path:/no/such", ("", "/no/such"), ("", "/no/such")),
    ],
)
def test_what_an_alternative_means_of_what_is_installed(
    words: str, unlocked: tuple[str, str], locked: tuple[str, str], app: App
) -> None:
    request = request_for(words, app)
    assert meanings(app.resolve(request)) == [unlocked]
    write_lockfile(app)
    app.forget()
    assert meanings(app.resolve(request)) == [locked]


def test_a_damaged_lockfile_stops_what_is_loose_and_nothing_that_is_exact(
    app: App,
) -> None:
    Path(app.directory, "toolpin.lock").write_text("<<<<<<< mine\n")
    resolutions = app.resolve(request_for("20.1.0 22", app))
    assert next(resolutions).basis == "exact"
    with pytest.raises(UsageError):
        next(resolutions)


def newest(_tool: str, _wanted: Wanted, _origin: Origin) -> str:
    """Return what a catalog that lists 24.1.0 alone has."""
    return "24.1.0"


def down(_tool: str, _wanted: Wanted, _origin: Origin) -> str:
    """Fail as sources do that cannot be reached."""
    raise Unreachable("no source answers")


@pytest.mark.parametrize(
    ("words", "rules", "has_lockfile", "expected"),
    [
        ("18.0.0", Rules(), False, ("exact", "18.0.0")),
        ("22", Rules(), False, ("exact", "22")),
        ("24", Rules(), False, ("catalog", "24.1.0")),
        ("latest", Rules(), False, ("catalog", "24.1.0")),
        ("22", Rules(), True, ("lockfile", "22.1.0")),
        ("22", Rules(ignored=True), True, ("exact", "22")),
        ("18.0.0", Rules(), True, ("exact", "18.0.0")),
        ("18.0.0", Rules(ci=True), False, ("exact", "18.0.0")),
        ("24.1", Rules(ci=True), False, ("exact", "24.1")),
        ("24", Rules(ci=True), False, NotLocked),
        ("18.0.0", Rules(ci=True), True, "has no entry for it"),
        ("18.0.0", Rules(must=True), False, "there is no toolpin.lock"),
        ("18.0.0", Rules(must=True), True, "has no entry for it"),
        ("ref:main", Rules(), False, ToolpinError),
    ],
)
def test_what_an_install_is_to_provide(
    words: str,
    rules: Rules,
    has_lockfile: bool,
    expected: tuple[str, str] | str | type[ToolpinError],
    app: App,
) -> None:
    if has_lockfile:
        write_lockfile(app)
    request = request_for(words, app)
    resolver = Resolver(app, any_of("linux-x64"), rules, [request], newest)
    resolutions = resolver.resolve(request, ())
    if isinstance(expected, type):
        with pytest.raises(expected):
            next(resolutions)
        return
    (resolution,) = resolutions
    if isinstance(expected, str):
        assert resolution.is_final
        assert resolution.problem.endswith(expected)
    else:
        assert meanings(iter([resolution])) == [expected]
        assert (resolution.locked is not None) == (expected[0] == "lockfile")


def test_a_host_that_is_not_locked_gets_the_locked_version(app: App) -> None:
    write_lockfile(app)
    request = request_for("22 20.1.0", app)
    resolver = Resolver(app, any_of("macos-x64"), Rules(), [request])
    first, second = resolver.resolve(request, ())
    assert [first.pin, second.pin] == [
        Pin("nodejs", "22.1.0"),
        Pin("nodejs", "20.1.0"),
    ]
    assert first.problem.endswith("has no build for macos-x64")
    strict = Resolver(app, any_of("macos-x64"), Rules(must=True), [request])
    (only,) = strict.resolve(request, ())
    assert only.is_final


@pytest.mark.parametrize(("words", "expected"), [("22.1", "22.1.0"), ("18", None)])
def test_where_no_source_answers_the_newest_installed_version_is_meant(
    words: str, expected: str | None, app: App
) -> None:
    request = request_for(words, app)
    resolver = Resolver(app, any_of("linux-x64"), Rules(), [request], down)
    resolutions = resolver.resolve(request, ())
    if expected is None:
        with pytest.raises(Unreachable):
            next(resolutions)
    else:
        assert meanings(resolutions) == [("installed", expected)]
