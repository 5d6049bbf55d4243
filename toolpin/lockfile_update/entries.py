"""Combines the entries of an old lockfile with new ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from toolpin.errors import Mismatch
from toolpin.lockfile.document import Entry, Lockfile
from toolpin.lockfile.scope import LockfileRequest
from toolpin.model import Pin
from toolpin.resolver.locked_resolution import kept_version
from toolpin.verification import Level


def old_entries(
    request: LockfileRequest, old: Lockfile
) -> tuple[str, tuple[Entry, ...]] | None:
    """Return the old entries of a request; None without any."""
    version = kept_version(old, request)
    if version is None:
        return None
    pin = Pin(request.tool, version)
    return version, tuple(entry for entry in old.entries if entry.pin == pin)


def completed(kept: Sequence[Entry], new_entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the locked entries, completed with those found for the missing hosts.

    If a host's bytes are among those found, the found entry is used, as it states more:
    an entry known on one machine states no requirements. Raises Mismatch if the bytes
    differ from the source's.
    """
    old, new = by_host(kept), by_host(new_entries)
    for at, entries in old.items():
        builds = {entry.build.artifacts for entry in new.get(at, ())}
        if not builds.issuperset(entry.build.artifacts for entry in entries):
            if any(entry.verified == Level.HERE for entry in entries):
                raise _not_published(entries[0], new.get(at, ()))
            new[at] = entries
    return tuple(entry for entries in new.values() for entry in entries)


def _not_published(locked: Entry, new_entries: Sequence[Entry]) -> Mismatch:
    """Return the error for bytes that a machine had, and their source does not have."""
    artifacts = [
        artifact for entry in new_entries for artifact in entry.build.artifacts
    ]
    digests = ", ".join(str(artifact.digest) for artifact in artifacts) or "no build"
    return Mismatch(
        f"the locked files of {locked.pin} differ from those of {locked.source}",
        [
            ("host", locked.host),
            ("locked", f"{locked.build.artifacts[0].digest}, as recorded on a machine"),
            ("published", digests),
        ],
        f"toolpin lock --refresh {locked.pin.tool}",
    )


def by_host(entries: Iterable[Entry]) -> dict[tuple[Pin, str], tuple[Entry, ...]]:
    """Return entries by their pin and host."""
    host: dict[tuple[Pin, str], tuple[Entry, ...]] = {}
    for entry in entries:
        at = (entry.pin, entry.host)
        host[at] = (*host.get(at, ()), entry)
    return host
