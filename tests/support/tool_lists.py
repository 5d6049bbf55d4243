"""Version lists of upstreams, each in its publisher's form, with files of a table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.support.layouts import Layout

_GOOGLE = "https://storage.googleapis.com"
_DOTNET = "https://builds.dotnet.microsoft.com/dotnet/release-metadata"
_HEX = "https://builds.hex.pm"
_MADE = "44ffe8811dfcf3d2fe04d530c6e8fac5ca384e02 2024-10-23T21:02:30Z"
_JAVA = "https://raw.githubusercontent.com/halcyon/asdf-java/master/data"
_HASHES = "https://raw.githubusercontent.com/redis/redis-hashes/master/README"
_STANDALONE = (
    "https://releases.astral.sh/github/versions/main/v1/python-build-standalone.ndjson"
)


class File(NamedTuple):
    """A file of the table, and its bytes."""

    layout: Layout
    data: bytes

    @property
    def sha256(self) -> str:
        """The digest that most lists have."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def sha512(self) -> str:
        """The digest that some lists have."""
        return hashlib.sha512(self.data).hexdigest()


Pages = dict[str, object]  # a text, or the value of a JSON document, by URL
Files = Sequence[File]


def pages(files: Files) -> dict[str, bytes]:
    """Return the version lists with these files of one tool, by their URLs."""
    tool = files[0].layout.tool
    result: dict[str, bytes] = {}
    for url, value in _LISTS.get(tool, _none)(files).items():
        text = value if isinstance(value, str) else json.dumps(value)
        result[url] = text.encode()
    return result


def _none(_: Files) -> Pages:
    return {}


def _hashicorp(files: Files) -> Pages:
    name = files[0].layout.tool
    versions = {
        version: {
            "version": version,
            "builds": [
                {"filename": file.layout.name}
                for file in files
                if file.layout.version == version
            ],
        }
        for version in {file.layout.version for file in files}
    }
    index = f"https://releases.hashicorp.com/{name}/index.json"
    return {index: {"name": name, "versions": versions}}


def _dart(files: Files) -> Pages:
    place = "channels/stable/release/"
    prefixes = [f"{place}{file.layout.version}/" for file in files]
    listing = f"{_GOOGLE}/storage/v1/b/dart-archive/o?prefix={place}&delimiter=/"
    return {listing: {"prefixes": prefixes}}


def _dotnet(files: Files) -> Pages:
    channel = f"{_DOTNET}/8.0/releases.json"
    sdk = {
        "version": files[0].layout.version,
        "files": [{"url": file.layout.url, "hash": file.sha512} for file in files],
    }
    index = {"releases-index": [{"channel-version": "8.0", "releases.json": channel}]}
    return {
        f"{_DOTNET}/releases-index.json": index,
        channel: {"releases": [{"sdks": [sdk]}]},
    }


def _flutter(files: Files) -> Pages:
    base = f"{_GOOGLE}/flutter_infra_release/releases"
    return {
        f"{base}/releases_{system}.json": {
            "releases": [
                {
                    "archive": file.layout.url.removeprefix(f"{base}/"),
                    "sha256": file.sha256,
                }
                for file in files
                if f"/{system}/" in file.layout.url
            ]
        }
        for system in ("linux", "macos")
    }


def _golang(files: Files) -> Pages:
    release = {
        "version": f"go{files[0].layout.version}",
        "files": [
            {
                "filename": file.layout.name,
                "sha256": file.sha256,
                "size": len(file.data),
            }
            for file in files
        ],
    }
    return {"https://go.dev/dl/?mode=json&include=all": [release]}


def _gradle(files: Files) -> Pages:
    versions = [{"version": file.layout.version} for file in files]
    return {"https://services.gradle.org/versions/all": versions}


def _julia(files: Files) -> Pages:
    found = [
        {"url": file.layout.url, "sha256": file.sha256, "size": len(file.data)}
        for file in files
    ]
    index = "https://julialang-s3.julialang.org/bin/versions.json"
    return {index: {files[0].layout.version: {"files": found}}}


def _zig(files: Files) -> Pages:
    versions: dict[str, dict[str, object]] = {}
    for file in files:
        system = "linux" if file.layout.host.startswith("linux") else "macos"
        arch = "x86_64" if "x64" in file.layout.host else "aarch64"
        versions.setdefault(file.layout.version, {})[f"{arch}-{system}"] = {
            "tarball": file.layout.url,
            "shasum": file.sha256,
            "size": str(len(file.data)),
        }
    return {"https://ziglang.org/download/index.json": versions}


def _python(files: Files) -> Pages:
    version = files[0].layout.name.removeprefix("cpython-").partition("-")[0]
    artifacts = [{"url": file.layout.url, "sha256": file.sha256} for file in files]
    return {_STANDALONE: json.dumps({"version": version, "artifacts": artifacts})}


def _nodejs(files: Files) -> Pages:
    listed = ["linux-x64", "osx-arm64-tar"]
    release = {"version": f"v{files[0].layout.version}", "files": listed, "lts": False}
    return {"https://nodejs.org/dist/index.json": [release]}


def _java(files: Files) -> Pages:
    names = {"linux-x64": "linux-x86_64", "macos-arm64": "macosx-aarch64"}
    lists: dict[str, str] = {}
    for version, host, url, *_ in (file.layout[1:] for file in files):
        (file,) = (file for file in files if file.layout.url == url)
        row = "\t".join((version, file.layout.name, url, file.sha256))
        page = f"{_JAVA}/jdk-{names[host]}-ga.tsv"
        lists[page] = lists.get(page, "") + f"{row}\n"
    return {**lists}


def _erlang(files: Files) -> Pages:
    lists: Pages = {}
    for file in files:
        name = f"OTP-{file.layout.version}"
        place = file.layout.url.rpartition("/")[0]
        if place.startswith(_HEX):
            lists[f"{place}/builds.txt"] = f"{name} {_MADE} {file.sha256}\n"
        else:
            target = file.layout.name.removeprefix("otp-").removesuffix(".tar.gz")
            made = _MADE.replace(" ", ",")
            line = f"{name},{made},{file.sha256},openssl-3.1.6,wxwidgets-3.2.6\n"
            builds = "https://github.com/erlef/otp_builds/raw/main/builds"
            lists[f"{builds}/{target}.csv"] = line
    return lists


def _elixir(files: Files) -> Pages:
    file = files[0]
    line = f"v{file.layout.version} {_MADE} {file.sha256} \n"
    return {f"{_HEX}/builds/elixir/builds.txt": line}


def _rebar(files: Files) -> Pages:
    file = files[0]
    elixir, otp = file.layout.url.split("/")[4], file.layout.url.rpartition("-")[2]
    line = f"{file.layout.version},{file.sha512},{elixir},{otp}\n"
    return {f"{_HEX}/installs/rebar.csv": line}


def _redis(files: Files) -> Pages:
    file = files[0]
    line = f"hash {file.layout.name} sha256 {file.sha256} {file.layout.url}\n"
    return {_HASHES: line}


_LISTS: dict[str, Callable[[Files], Pages]] = {
    **dict.fromkeys(
        "boundary consul nomad packer terraform vault waypoint".split(), _hashicorp
    ),
    "dart": _dart,
    "dotnet": _dotnet,
    "elixir": _elixir,
    "erlang": _erlang,
    "flutter": _flutter,
    "golang": _golang,
    "gradle": _gradle,
    "java": _java,
    "julia": _julia,
    "nodejs": _nodejs,
    "python": _python,
    "rebar": _rebar,
    "redis": _redis,
    "zig": _zig,
}
