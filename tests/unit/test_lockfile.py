"""The text of toolpin.lock: what is written, what is read, and what is refused."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolpin.errors import Mismatch, NotLocked, UsageError
from toolpin.install.jobs import Job
from toolpin.install.locked_plan import rebuilt
from toolpin.lockfile.document import (
    Entry,
    Key,
    Locked,
    Lockfile,
    filename_of,
    no_build,
    render,
)
from toolpin.lockfile.header import can_mean, pinned
from toolpin.lockfile.parser import parse
from toolpin.model import Artifact, Build, Digest, Origin, Pin
from toolpin.verification import Level

PLACE = "/p/toolpin.lock"
TOOLS = st.sampled_from(["nodejs", "golang", "erlang", "x.y-z_1"])
VERSIONS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,12}", fullmatch=True)
WANTED = VERSIONS | VERSIONS.map(lambda item: f"latest:{item}")
HOSTS = st.sampled_from(["linux-x64", "linux-arm64", "linux-x64-musl", "macos-arm64"])
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
LOCATORS = st.from_regex(
    r"(https://a\.example/[a-z0-9._~+-]{1,9}|npm:(@a/)?[a-z]{1,5}@[0-9.]{1,5}"
    r"|pypi:[a-z]{1,5}==[0-9.]{1,5}#[a-z._-]{1,9}\.whl)",
    fullmatch=True,
)
ARTIFACTS = st.builds(
    lambda locator, digits, size: Artifact(
        locator, Digest("sha256", digits), size, filename_of(locator)
    ),
    LOCATORS,
    HEX,
    st.none() | st.integers(0, 1 << 40),
)
REQUIRES = st.dictionaries(
    st.sampled_from(["glibc", "macos", "soname"]),
    st.sampled_from(["2.17", "2.28", "13.0"]),
).map(lambda table: tuple(sorted(table.items())))
BUILDS = st.builds(
    Build, st.lists(ARTIFACTS, min_size=1, max_size=3).map(tuple), REQUIRES
)
ENTRIES = st.builds(
    Entry,
    st.builds(Pin, TOOLS, VERSIONS),
    HOSTS,
    st.sampled_from(["upstream", "npm"]),
    st.sampled_from([level for level in Level if level]),
    BUILDS,
) | st.builds(
    no_build,
    st.builds(Pin, TOOLS, VERSIONS),
    HOSTS,
)


def _unlike(entry: Entry) -> object:
    return entry.pin, entry.host, entry.build.requires


LOCKFILES = st.builds(
    Lockfile,
    st.dictionaries(st.builds(Key, TOOLS, WANTED), VERSIONS, max_size=5).map(
        lambda pins: {
            key: pin
            if can_mean(key.wanted, pin)
            else key.wanted.partition(":")[2] or key.wanted
            for key, pin in pins.items()
        }
    ),
    st.lists(ENTRIES, max_size=5, unique_by=_unlike).map(tuple),
    st.lists(HOSTS, unique=True, max_size=3).map(lambda hosts: tuple(sorted(hosts))),
    st.lists(st.builds(Key, TOOLS, WANTED), unique=True, max_size=2).map(
        lambda keys: tuple(sorted(keys))
    ),
)
LOCK = Lockfile(
    {Key("nodejs", "lts"): "24.19.0", Key("golang", "1.26"): "1.26.6"},
    (
        Entry(
            Pin("nodejs", "24.19.0"),
            "linux-x64",
            "pypi",
            Level.REGISTRY,
            Build(
                (
                    Artifact(
                        "pypi:nodejs==24.19.0#n.whl",
                        Digest("sha256", "ab" * 32),
                        60_000_000,
                        "n.whl",
                    ),
                ),
                (("glibc", "2.28"),),
            ),
        ),
        no_build(Pin("golang", "1.26.6"), "macos-x64"),
    ),
    ("linux-x64", "macos-x64"),
    (Key("nodejs", "22.20.0"),),
)
TEXT = render(LOCK)


def _ordered(lock: Lockfile) -> Lockfile:
    return lock._replace(entries=tuple(sorted(lock.entries)), pins=dict(lock.pins))


@settings(max_examples=60)
@given(LOCKFILES)
def test_what_is_written_is_toml_and_is_read_back(lock: Lockfile) -> None:
    text = render(lock)
    table = tomllib.loads(text)
    assert table["schema"] == 1
    assert table["pins"] == {str(key): version for key, version in lock.pins.items()}
    assert len(table.get("build", [])) == len(lock.entries)
    assert _ordered(parse(text, PLACE)) == _ordered(lock)
    assert render(parse(text, PLACE)) == text


@settings(max_examples=60)
@given(LOCKFILES, st.integers())
def test_equal_values_have_equal_bytes(lock: Lockfile, seed: int) -> None:
    shuffled = random.Random(seed)
    pins, entries = list(lock.pins.items()), list(lock.entries)
    shuffled.shuffle(pins)
    shuffled.shuffle(entries)
    other = lock._replace(pins=dict(pins), entries=tuple(entries))
    assert render(other) == render(lock)


@settings(max_examples=60)
@given(LOCKFILES)
def test_the_head_alone_tells_every_pin(lock: Lockfile) -> None:
    head, _, _ = render(lock).partition("\n\n")
    data = f"{head}\n\n<<<<<<< what follows is not read\n".encode()
    for key, version in lock.pins.items():
        assert pinned(data, key.tool, key.wanted, PLACE) == version
    assert pinned(data, "nodejs", "not/there", PLACE) is None


def test_a_fact_a_line() -> None:
    for line in TEXT.splitlines():
        assert line.count("=") <= 1 or '"' in line
        assert len(line) < 1100


def _complaint(read: Callable[[], object]) -> str:
    """Return the error that reading raises, or the place where it raises none."""
    try:
        read()
    except (UsageError, NotLocked) as error:
        return error.render()
    return PLACE


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_a_lockfile_or_an_error_that_names_it(
    data: st.DataObject,
) -> None:
    lines = TEXT.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    change = data.draw(st.sampled_from(["drop", "double", "cut", "swap", "insert"]))
    if change == "drop":
        del lines[at]
    elif change == "double":
        lines.insert(at, lines[at])
    elif change == "cut":
        lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
    elif change == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        place = data.draw(st.integers(0, len(lines[at])))
        word = data.draw(st.text(max_size=3))
        lines[at] = lines[at][:place] + word + lines[at][place:]
    text = "\n".join(lines)
    data_of = text.encode("utf-8", "surrogatepass")
    for read in (
        lambda: parse(text, PLACE),
        lambda: pinned(data_of, "nodejs", "lts", PLACE),
    ):
        assert PLACE in _complaint(read)


def _replaced(old: str, new: str) -> Callable[[], str]:
    def change() -> str:
        assert old in TEXT
        return TEXT.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_replaced("ab" * 32, "ab" * 31), id="short digest"),
        pytest.param(_replaced("ab" * 32, "AB" * 32), id="upper-case digest"),
        pytest.param(_replaced("sha256:", "md5:"), id="weak digest"),
        pytest.param(_replaced(f'digest = "sha256:{"ab" * 32}"\n', ""), id="no digest"),
        pytest.param(_replaced("schema = 1", "schema = 2"), id="future schema"),
        pytest.param(_replaced("schema = 1\n", ""), id="no schema"),
        pytest.param(_replaced("[pins]", "[pin]"), id="no pins"),
        pytest.param(_replaced("\n\n#", "\n<<<<<<< HEAD\n#"), id="merge conflict"),
        pytest.param(_replaced("[scope]", "[scope]\nmore = 1"), id="key in scope"),
        pytest.param(_replaced("size =", "colour = 1\nsize ="), id="key in artifact"),
        pytest.param(
            _replaced("verified =", "run = 'x'\nverified ="), id="key in build"
        ),
        pytest.param(_replaced('"registry"', '"xqwzt"'), id="unknown level"),
        pytest.param(_replaced("schema = 1", "schema = 1\nx = 1"), id="key at the top"),
        pytest.param(_replaced("size = 6", "size = -6"), id="negative size"),
        pytest.param(_replaced("size = 60000000", "size = 1.5"), id="broken size"),
        pytest.param(_replaced('"24.19.0"', '"../24"'), id="version that is a path"),
        pytest.param(_replaced('"24.19.0"', "24"), id="version that is a number"),
        pytest.param(_replaced('tool = "nodejs"', 'tool = "../x"'), id="tool"),
        pytest.param(_replaced('"macos-x64"', '"plan9-x64"'), id="host"),
        pytest.param(_replaced("pypi:", "file:///etc/"), id="locator of a file"),
        pytest.param(_replaced("pypi:nodejs", "pypi:n\\u0007"), id="control character"),
        pytest.param(
            _replaced('source = "none"', 'source = "none"\nverified = "x"'),
            id="none with a build",
        ),
        pytest.param(_replaced("[[build]]", "[build]"), id="one table"),
        pytest.param(
            lambda: (
                TEXT + TEXT.partition("\n\n[[build]]\n")[2].join(["\n[[build]]\n", ""])
            ),
            id="a build twice",
        ),
        pytest.param(lambda: "[" * 100_000, id="brackets"),
        pytest.param(_replaced("\n\n", '\n\n"x 1" = "2"\n\n'), id="pin below the head"),
        pytest.param(_replaced('lts" = ', 'lts"  = '), id="two blanks"),
        pytest.param(_replaced('"24.19.0"', '"24.19.0" # mine'), id="comment"),
        pytest.param(_replaced('"24.19.0"', "'24.19.0'"), id="other quotes"),
        pytest.param(_replaced("nodejs lts", "nodejs\\u0020lts"), id="escape"),
        pytest.param(_replaced("schema = 1", "schema=1"), id="no blanks"),
        pytest.param(_replaced("schema = 1", "schema = true"), id="schema of truth"),
        pytest.param(_replaced("schema = 1", "# mine\nschema = 1"), id="comment first"),
        pytest.param(_replaced("#n.whl", "#n\\u0022.whl"), id="quote in a locator"),
        pytest.param(_replaced("#n.whl", "#n\\\\.whl"), id="backslash in a locator"),
        pytest.param(_replaced('"registry"', '"a \\" b"'), id="quote in a word"),
        pytest.param(_replaced("requires.glibc", "requires.cpu"), id="requirement"),
    ],
)
def test_hostile_67_what_toolpin_would_not_write_is_refused_with_its_place(
    change: Callable[[], str],
) -> None:
    with pytest.raises(UsageError) as caught:
        parse(change(), PLACE)
    assert PLACE in caught.value.render()


def test_hostile_67_a_future_schema_says_what_to_do() -> None:
    with pytest.raises(UsageError) as caught:
        parse(TEXT.replace("schema = 1", "schema = 9"), PLACE)
    assert caught.value.hint == "toolpin self update"


@pytest.mark.parametrize(
    "head",
    [
        "",
        "[pins]\n",
        "schema = 2\n[pins]\n",
        "schema = 1\n\n[pins]\n",
        "schema = 1\n[pins]\n<<<<<<< HEAD\n",
        "schema = 1\n[pins]\nnodejs = 3\n",
        "\ufeffschema = 1\n[pins]\n",
        "schema = 1\n[pins]\n# mine\n",
    ],
)
def test_hostile_67_a_head_in_another_form_is_refused_with_its_line(head: str) -> None:
    with pytest.raises(UsageError) as caught:
        pinned(head.encode(), "nodejs", "lts", PLACE)
    assert f"{PLACE}:" in caught.value.render()


def test_line_ends_of_another_system_are_read() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert _ordered(parse(text, PLACE)) == _ordered(LOCK)
    assert pinned(text.encode(), "nodejs", "lts", PLACE) == "24.19.0"


@pytest.mark.parametrize(
    ("wanted", "version", "can"),
    [
        ("lts", "24.19.0", True),
        ("22", "22.20.0", True),
        ("24", "22.20.0", False),
        ("2", "24.19.0", False),
        ("1.26", "1.27.3", False),
        ("1.17", "1.17.3-otp-27", True),
        ("jod", "22.20.0", True),
        ("22.20.0", "22.20.0", True),
        ("1.17.3", "1.17.3-otp-27", True),
        ("27.3.4", "27.3.4.2", True),
        ("27.3.4", "27.3.41", False),
        ("22.20.0", "18.0.0", False),
        ("v1.2.3", "1.2.4", False),
        ("latest", "18.0.0", True),
        ("latest:22", "22.20.0", True),
        ("latest:2", "22.20.0", False),
    ],
)
def test_texts_tell_what_a_request_can_mean(
    wanted: str, version: str, can: bool
) -> None:
    assert can_mean(wanted, version) is can
    text = TEXT.replace('"nodejs lts" = "24.19.0"', f'"nodejs {wanted}" = "{version}"')
    assert parse(text, PLACE)  # which `lock` fixes
    complaint = _complaint(lambda: pinned(text.encode(), "nodejs", wanted, PLACE))
    assert (complaint == PLACE) is can
    assert PLACE in complaint


def test_the_error_of_a_rebuilt_archive_outlives_its_lockfile() -> None:
    job = Job(Pin("nodejs", "24.19.0"), Origin("x"), Locked("/gone", LOCK.entries[0]))
    error = rebuilt(job, Mismatch("n.whl is not the published file"))
    assert ("locked in", "/gone") in error.facts


def test_loose_requests_come_first_for_shims_read_no_others() -> None:
    pins = {Key("a", "1.0.0"): "1.0.0", Key("z", "lts"): "2.0.0", Key("b", "1"): "1"}
    lines = render(Lockfile(pins, ())).split("\n")
    assert lines[2:5] == ['"z lts" = "2.0.0"', '"a 1.0.0" = "1.0.0"', '"b 1" = "1"']


@pytest.mark.parametrize("value", [f"0x{'f' * 5_000}", f"0b{'1' * 20_000}", "[[[1]]]"])
@pytest.mark.parametrize(
    "head",
    ['[pins]\n"nodejs 22" = {}', "pins = {}", "[pins]\n[scope]\nhosts = [{}]"],
)
def test_hostile_88_a_number_too_large_to_show_is_a_fault(
    value: str, head: str
) -> None:
    with pytest.raises(UsageError):
        parse(f"schema = 1\n{head.format(value)}\n", "toolpin.lock")
