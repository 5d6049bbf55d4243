"""Short texts that take hours to read by a careless rule: lists, and files of projects.

Each command ends within the time that `toolpin` has here; none of these texts is larger
than one of its kind may be.
"""

from __future__ import annotations

import json

import pytest

from tests.support.run import Home
from tests.support.server import Server

POSTGRES = "ftp.postgresql.org/pub/source/"
REDIS = "raw.githubusercontent.com/redis/redis-hashes/master/README"
RUST = "static.rust-lang.org/manifests.txt"
PYTHON = "releases.astral.sh/github/versions/main/v1/python-build-standalone.ndjson"
FILES = (
    "https://github.com/astral-sh/python-build-standalone/releases/download/20250101"
)
TRIPLES = (
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
)
MILLION = 1_000_000


def _page(rest: str) -> str:
    return f'<a href="v17.0/">v17.0/</a>{rest}'


def _nightly(*dates: str) -> str:
    form = "static.rust-lang.org/dist/{}/channel-rust-nightly.toml"
    return "\n".join(map(form.format, ("2025-01-01", *dates)))


def _hashes(*versions: str) -> str:
    form = f"hash redis-{{}}.tar.gz sha256 {'0' * 64} http://redis.example/x"
    return "\n".join(map(form.format, ("7.2.0", *versions)))


def _releases(*names: str) -> str:
    good = [f"cpython-3.12.1%2B20250101-{triple}-install_only" for triple in TRIPLES]
    files = [{"url": f"{FILES}/{name}.tar.gz", "sha256": "0" * 64} for name in good]
    releases = [{"version": name, "artifacts": files} for name in names]
    return "\n".join(map(json.dumps, releases))


@pytest.mark.parametrize(
    ("tool", "place", "text", "listed"),
    [
        ("postgres", POSTGRES, _page("<a " * MILLION), "17.0"),
        ("postgres", POSTGRES, _page("<a\n" * MILLION + ">"), "17.0"),
        ("postgres", POSTGRES, _page('<a href="' * MILLION), "17.0"),
        ("postgres", POSTGRES, _page("<a href='x" * MILLION), "17.0"),
        ("rust", RUST, _nightly("9" * 3 * MILLION), "nightly-2025-01-01"),
        ("redis", REDIS, _hashes("1" * 3 * MILLION), "7.2.0"),
        ("redis", REDIS, _hashes("1.1" * MILLION), "7.2.0"),
        *(
            ("python", PYTHON, _releases(name, "3.12.1+20250101"), "3.12.1")
            for name in (
                f"3.12.1+{'9' * 3 * MILLION}",
                f"3.{'9' * 3 * MILLION}.1+20250101",
                f"3.12.{'1a' * MILLION}+20250101",
            )
        ),
    ],
)
def test_hostile_88_a_list_of_megabytes_is_read_at_once(
    tool: str, place: str, text: str, listed: str, home: Home
) -> None:
    with Server() as server:
        server.put(f"/{place}", text.encode())
        host = place.partition("/")[0]
        home.env["TOOLPIN_MIRRORS"] = f"https://{host}={server.url}/{host}"
        home.env["TOOLPIN_SOURCES"] = "source,standalone,nightly"
        result = home.toolpin("list-all", tool)
        assert server.count(f"/{place}")
    assert result.out == f"{listed}\n", result.err


LONG_KEY = f"a{'.a' * 250_000}"


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("rust-toolchain.toml", ("current",)),
        ("toolpin.lock", ("lock", "--check")),
        ("toolpin.lock", ("install", "--offline")),
        ("mise.toml", ("import", "mise")),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        f"{LONG_KEY} = 1",
        f"[{LONG_KEY}]",
        f"x = {{ {LONG_KEY} = 1 }}",
        LONG_KEY.replace("a", '"a"') + " = 1",
        LONG_KEY[:200_001].replace("a", r'"\""') + " = 1",
        LONG_KEY.replace(".", " . ")[:800_000] + "a = 1",
        f"[x]\ny = {{ z = 1 }}\n[x.{LONG_KEY}]",
    ],
    ids=["key", "header", "inline", "quoted", "escaped", "spaced", "below"],
)
def test_hostile_88_a_key_of_thousands_of_names_is_no_toml(
    text: str, name: str, command: tuple[str, ...], home: Home
) -> None:
    home.env["TOOLPIN_IDIOMATIC"] = "all"
    home.pin("nodejs 22.20.0\n")
    head = "schema = 1\n[pins]\n\n" if name == "toolpin.lock" else "y = 1\n"
    (home.project / name).write_text(f"{head}{text}\n")
    (home.home / ".local/share/mise/installs").mkdir(parents=True)
    result = home.toolpin(*command)
    assert result.code == 2, result.err
    assert "names, joined by dots" in result.err


@pytest.mark.parametrize("key", ["a.b.c.d", 'a."b.c.d.e.f.g.h".c', "'a.b'.c"])
def test_a_key_of_some_names_is_toml(key: str, home: Home) -> None:
    home.env["TOOLPIN_IDIOMATIC"] = "all"
    address = "a.b." * 200  # in a text
    file = home.project / "rust-toolchain.toml"
    file.write_text(
        f'{key} = "{address}" # {address}\n[toolchain]\nchannel = "1.80.0"\n'
    )
    assert "1.80.0" in home.toolpin("current").out
