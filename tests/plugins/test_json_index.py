"""JSON lists of releases in the shapes that publishers have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from toolpin.errors import Refused
from toolpin.json_text import MOST_TOKENS
from toolpin.sources import json_index
from toolpin.sources.fields import read_catalog

URL = "https://demo.example/index.json"
A, B = "a" * 64, "b" * 128
# One release of each, cut to what is read: releases.hashicorp.com, ziglang.org,
# deno.com, julialang-s3, flutter_infra_release, releases.astral.sh.
TERRAFORM = {
    "name": "terraform",
    "versions": {
        "1.0.1": {
            "version": "1.0.1",
            "builds": [
                {"os": "linux", "filename": "terraform_1.0.1_linux_amd64.zip"},
                {"os": "darwin", "filename": "terraform_1.0.1_darwin_amd64.zip"},
            ],
        }
    },
}
ZIG = {
    "0.14.0": {
        "date": "2025-03-05",
        "src": {"tarball": "https://ziglang.org/zig-0.14.0.tar.xz", "shasum": A},
        "x86_64-linux": {
            "tarball": "https://ziglang.org/download/0.14.0/zig-linux-x86_64-0.14.0.tar.xz",
            "shasum": A,
            "size": "49086504",
        },
    }
}
JULIA = {"1.9.0": {"files": [{"url": "https://x/julia-1.9.0.tar.gz", "sha256": A}]}}
FLUTTER = {
    "releases": [
        {"version": "3.0.0", "archive": "stable/linux/f_3.0.0.tar.xz", "sha256": A}
    ]
}
ASTRAL = b"\n".join(
    json.dumps(
        {
            "version": name,
            "artifacts": [{"url": f"https://x/{name}.tar.gz", "sha256": A}],
        }
    ).encode()
    for name in ("3.11.15+20260303", "3.12.1+20260303")
)


def read_of(documents: Mapping[str, Any]) -> json_index.Read:
    def read(url: str) -> bytes:
        document = documents[url]
        return (
            document if isinstance(document, bytes) else json.dumps(document).encode()
        )

    return read


@pytest.mark.parametrize(
    ("document", "more", "version", "file"),
    [
        (
            TERRAFORM,
            {"list": "versions", "files": "builds", "name": "filename"},
            "1.0.1",
            "terraform_1.0.1_linux_amd64.zip",
        ),
        (
            ZIG,
            {"files": "{cpu}-linux", "name": "tarball", "sha256": "shasum"},
            "0.14.0",
            "zig-linux-x86_64-0.14.0.tar.xz",
        ),
        (
            JULIA,
            {"files": "files", "name": "url", "sha256": "sha256"},
            "1.9.0",
            "julia-1.9.0.tar.gz",
        ),
        (
            FLUTTER,
            {
                "list": "releases",
                "version": "version",
                "files": ".",
                "name": "archive",
                "sha256": "sha256",
            },
            "3.0.0",
            "f_3.0.0.tar.xz",
        ),
    ],
)
def test_a_release_and_its_file_are_found(
    document: object, more: dict[str, str], version: str, file: str
) -> None:
    shape = read_catalog({"url": URL, **more})
    ((result, entry),) = json_index.entries(shape, read_of({URL: document}))
    assert result == version
    table = json_index.files(shape, entry, {"cpu": "x86_64"})[file]
    digest = json_index.digest_of(shape, table)
    assert (digest.hex if digest else None) == (A if "sha256" in more else None)


@pytest.mark.parametrize("text", [B, f"sha512:{B}", "md5:" + "c" * 32, "x", 7, True])
def test_hostile_114_a_digest_is_of_the_kind_that_the_plugin_names(
    text: object,
) -> None:
    """Else it would be compared with no other list, which has the kind named here."""
    shape = read_catalog({"url": URL, "files": "f", "name": "n", "sha256": "sum"})
    with pytest.raises(Refused):
        json_index.digest_of(shape, {"n": "x.tar.gz", "sum": text})
    for good in (A, f"sha256:{A}", A.upper()):
        digest = json_index.digest_of(shape, {"n": "x.tar.gz", "sum": good})
        assert str(digest) == f"sha256:{A}"


def test_a_host_that_a_release_does_not_have_has_no_file() -> None:
    shape = read_catalog({"url": URL, "files": "{cpu}-linux", "name": "tarball"})
    ((_, entry),) = json_index.entries(shape, read_of({URL: ZIG}))
    assert json_index.files(shape, entry, {"cpu": "aarch64"}) == {}


def test_a_list_may_be_plain_texts() -> None:
    shape = read_catalog({"url": URL, "list": "cli", "prefix": "v"})
    entries = json_index.entries(shape, read_of({URL: {"cli": ["v2.0.0", "v1.46.3"]}}))
    assert [version for version, _ in entries] == ["2.0.0", "1.46.3"]


def test_a_document_may_have_a_release_on_each_line() -> None:
    url = "https://demo.example/python.ndjson"
    shape = read_catalog({"url": url, "version": "version"})
    entries = json_index.entries(shape, read_of({url: ASTRAL}))
    assert [value for value, _ in entries] == ["3.11.15+20260303", "3.12.1+20260303"]


DOTNET = {
    "url": URL,
    "list": "releases-index",
    "next": "releases.json",
    "then": "releases",
    "version": "sdk/version",
    "files": "sdk/files",
    "name": "name",
    "sha512": "hash",
}


def test_a_list_may_lead_to_further_documents() -> None:
    following = "https://demo.example/8.0/releases.json"
    files = [{"name": "dotnet-sdk-linux-x64.tar.gz", "hash": B}]
    documents = {
        URL: {
            "releases-index": [{"channel-version": "8.0", "releases.json": following}]
        },
        following: {"releases": [{"sdk": {"version": "8.0.100", "files": files}}]},
    }
    shape = read_catalog(DOTNET)
    ((version, entry),) = json_index.entries(shape, read_of(documents))
    assert version == "8.0.100"
    (file,) = json_index.files(shape, entry, {}).values()
    assert str(json_index.digest_of(shape, file)) == f"sha512:{B}"


@pytest.mark.parametrize(
    "url", ["https://evil.example/r.json", "file:///etc/passwd", 3]
)
def test_a_list_leads_to_no_other_server(url: object) -> None:
    documents = {URL: {"releases-index": [{"releases.json": url}]}}
    with pytest.raises(ValueError, match="another server"):
        list(json_index.entries(read_catalog(DOTNET), read_of(documents)))


def test_hostile_88_a_list_leads_to_a_limited_number_of_documents() -> None:
    following = "https://demo.example/{}.json"
    rows = [{"releases.json": following.format(number)} for number in range(100_000)]
    read = read_of({URL: {"releases-index": rows}})  # it has no other document
    with pytest.raises(ValueError, match="more than 200 documents"):
        list(json_index.entries(read_catalog(DOTNET), read))


def test_hostile_88_documents_are_together_no_larger_than_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_index, "MOST_BYTES", 100_000)
    following = "https://demo.example/{}.json"
    rows = [{"releases.json": following.format(number)} for number in range(20)]
    release = {"sdk": {"version": "1.0", "files": ["x" * 10_000]}}
    documents = {row["releases.json"]: {"releases": [release]} for row in rows}
    asked = []
    read_one = read_of({URL: {"releases-index": rows}, **documents})

    def read(url: str) -> bytes:
        asked.append(url)
        return read_one(url)

    entries = json_index.entries(read_catalog(DOTNET), read)
    assert next(entries)[0] == "1.0"
    assert len(asked) == 2  # the second one is parsed when the first one is done
    with pytest.raises(ValueError, match="more than 100,000 bytes"):
        list(entries)
    assert len(asked) == 11


@pytest.mark.parametrize("ending", ["ndjson", "jsonl"])
def test_hostile_88_values_are_counted_over_all_lines(ending: str) -> None:
    url = f"https://demo.example/x.{ending}"
    line = json.dumps({"version": "1.0", "x": [0] * 10_000}).encode()
    read = read_of({url: b"\n".join([line] * (MOST_TOKENS // 10_000 + 1))})
    shape = read_catalog({"url": url, "version": "version"})
    with pytest.raises(ValueError, match="more than 4,000,000 values"):
        list(json_index.entries(shape, read))


@pytest.mark.parametrize("line", [b"{", b"]", b"1,", b"x"])
def test_a_line_that_is_no_document_makes_the_list_none(line: bytes) -> None:
    url = "https://demo.example/x.ndjson"
    shape = read_catalog({"url": url, "version": "version"})
    with pytest.raises((ValueError, TypeError)):
        list(json_index.entries(shape, read_of({url: ASTRAL + b"\n" + line})))
