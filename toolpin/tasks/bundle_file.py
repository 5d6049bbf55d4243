"""Turns locked archives into one file that a machine without a network installs from.

An uncompressed tar: a manifest first, then each archive under its digest. Equal inputs
give equal bytes. Only files in the manifest are unpacked, and only used with the right
digest.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Sequence
from typing import IO, NamedTuple

from toolpin.cache.verified import Cache, Download
from toolpin.errors import (
    Mismatch,
    Refused,
    ToolpinError,
    UsageError,
    as_word,
    not_written,
)
from toolpin.http.fetch import Progress
from toolpin.json_text import SHAPELESS, parse_json
from toolpin.lockfile.document import Lockfile, render
from toolpin.lockfile.parser import parse
from toolpin.model import Artifact
from toolpin.system.atomic_write import atomic_replace
from toolpin.system.file_modes import for_user

SCHEMA = 1

_MANIFEST = "toolpin-bundle.json"
_MOST_MANIFEST_BYTES = 16 << 20
# What reading another file can raise.
_SHAPELESS = (tarfile.TarError, EOFError, *SHAPELESS)


class Bundle(NamedTuple):
    """The content of a manifest: a lockfile, and the hosts that are included."""

    lock: Lockfile
    hosts: tuple[str, ...]


def artifacts_of(bundle: Bundle) -> list[Artifact]:
    """Return the archives of a bundle's hosts, each once, by digest."""
    artifacts = {
        artifact.digest: artifact
        for entry in bundle.lock.entries
        if entry.host in bundle.hosts
        for artifact in entry.build.artifacts
    }
    return [artifacts[digest] for digest in sorted(artifacts)]


def write_bundle(path: str, bundle: Bundle, cache: Cache) -> int:
    """Write a bundle from archives that are in the cache; return its size in bytes.

    The file is complete or missing. Raises ToolpinError if it cannot be written.
    """
    manifest = {
        "schema": SCHEMA,
        "hosts": sorted(bundle.hosts),
        "lockfile": render(bundle.lock),
    }
    data = json.dumps(manifest, indent=1).encode()
    try:
        with (
            atomic_replace(path, for_user(0o644)) as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar,
        ):
            tar.addfile(_member(_MANIFEST, len(data)), io.BytesIO(data))
            for artifact in artifacts_of(bundle):
                place = cache.archive(artifact.digest)
                with open(place, "rb") as archive:
                    size_bytes = os.fstat(archive.fileno()).st_size
                    tar.addfile(_member(_name(artifact), size_bytes), archive)
        return os.path.getsize(path)
    except OSError as error:
        raise not_written(path, error) from error


def read_bundle(path: str) -> Bundle:
    """Return the manifest of a bundle. Raises Refused for any other file."""
    try:
        with tarfile.open(path, "r:") as tar:
            first = tar.next()
            if first is None or first.name != _MANIFEST or not first.isreg():
                raise ValueError(f"the first member is not {_MANIFEST}")
            if first.size > _MOST_MANIFEST_BYTES:
                raise ValueError(f"a manifest of {first.size} bytes")
            stream = tar.extractfile(first)
            table = parse_json(stream.read() if stream else b"")
        if table["schema"] != SCHEMA:
            raise ValueError(f"schema {table['schema']!r}, expected {SCHEMA}")
        hosts = tuple(str(host) for host in table["hosts"])
        return Bundle(parse(str(table["lockfile"]), path), hosts)
    except UsageError as error:
        # The hint for a project's lockfile does not apply to a bundle.
        raise _no_bundle(path, error.what) from error
    except _SHAPELESS as error:
        raise _no_bundle(path, str(error)) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def import_archives(path: str, artifacts: Sequence[Artifact], cache: Cache) -> None:
    """Put these archives of a bundle into the cache, each verified.

    Raises Refused if one is missing, damaged or has other bytes.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            # A sparse member can be larger than any disk.
            members = {
                member.name: member
                for member in tar.getmembers()
                if member.isreg() and not member.issparse()
            }
            for artifact in artifacts:
                member = members.get(_name(artifact))
                stream = tar.extractfile(member) if member else None
                if stream is None:
                    raise ValueError(f"{artifact.filename} is missing from it")

                cache.fetch(artifact, _copier(stream), lambda _done, _total: None)
    except _SHAPELESS as error:
        raise _no_bundle(path, str(error)) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    except Mismatch as error:
        lines = [fact for fact in error.facts if fact[0] != "installed"]
        facts = [("bundle", path), *lines, ("installed", "nothing")]
        raise Refused(error.what, facts, "toolpin bundle create FILE") from error


def _copier(stream: IO[bytes]) -> Download:
    """Return a download function that reads the bytes from a member."""

    def copy(_artifact: Artifact, part: str, _progress: Progress) -> None:
        with open(part, "wb") as target:
            shutil.copyfileobj(stream, target, 1 << 20)

    return copy


def _name(artifact: Artifact) -> str:
    return f"archives/{artifact.digest.algorithm}/{artifact.digest.hex}"


def _member(name: str, size_bytes: int) -> tarfile.TarInfo:
    """Return a member without time and owner: the same on every machine."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size_bytes, 0o644
    return member


def _no_bundle(path: str, why: str) -> Refused:
    return Refused(
        f"{path} is not a complete toolpin bundle",
        [("reason", why or "it is truncated"), ("installed", "nothing")],
        "toolpin bundle create FILE",
    )


def _unreadable(path: str, error: OSError) -> ToolpinError:
    """Return the error for an unreadable file, with a command that shows its owner."""
    place = path
    while not os.path.exists(place):
        place = os.path.dirname(place)
    because = error.strerror or str(error)
    return ToolpinError(
        f"{path} cannot be read", [("reason", because)], f"ls -l {as_word(place)}"
    )
