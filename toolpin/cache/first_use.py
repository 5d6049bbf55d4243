"""Records a digest for artifacts without a published one, at the first download.

Only if the user allows it, once: the recorded digest applies from then on, in the
cache, in receipts and in lockfiles. It does not prove that the publisher made the file.
The plugin states which builds need this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from toolpin import json_documents
from toolpin.cache.verified import Cache, disk_errors, note_name
from toolpin.errors import NoChecksum, Refused, as_word, listed
from toolpin.http.fetch import Fetcher
from toolpin.model import Artifact, Host
from toolpin.system import file_lock

FLAG = "--trust-on-first-use"
_KIND = "first-use"


class FirstUse:
    """The artifacts trusted on first use; with `allowed`, more may be added."""

    def __init__(
        self,
        cache: Cache,
        fetcher: Fetcher,
        remark: Callable[[str], None],
        *,
        allowed: bool,
    ) -> None:
        self._cache = cache
        self._fetcher = fetcher
        self._remark = remark
        self.allowed = allowed

    def artifact(self, url: str, filename: str) -> Artifact:
        """Return the file at a URL with its recorded digest.

        Without one it is downloaded, recorded and reported if that is allowed. Raises
        NoChecksum otherwise.
        """
        name = note_name(url)
        with file_lock.held(f"{self._cache.root}/locks/{_KIND}-{name}"):
            return self._recorded(url) or self._record(url, filename, name)

    def report_left_out(self, version: str, host: Host, builds: Iterable[str]) -> None:
        """Report builds of a version that have no checksum, if others have one."""
        self._remark(
            f"{version} for {host}: the builds for {', '.join(builds)} are published "
            f"without a checksum and skipped; use {FLAG} to include them"
        )

    def has_recorded(self, artifacts: Sequence[Artifact]) -> bool:
        """Return whether one of these has its recorded digest."""
        return any(
            artifact.locator.startswith("https:")
            and self._recorded(artifact.locator) == artifact
            for artifact in artifacts
        )

    def _recorded(self, url: str) -> Artifact | None:
        note = self._cache.read_note(_KIND, note_name(url))
        if note is None:
            return None
        try:
            address, artifacts = json_documents.parse_note(note.decode())
        except ValueError as error:
            raise Refused(
                f"the recorded digest of {url} cannot be read",
                [("reason", str(error)), ("digest", "none, apart from that one")],
                f"rm {as_word(f'{self._cache.root}/{_KIND}/{note_name(url)}')}",
            ) from error
        return artifacts[0] if address == url and artifacts else None

    def _record(self, url: str, filename: str, name: str) -> Artifact:
        if not self.allowed:
            raise NoChecksum(
                f"{filename} is published without a checksum", [("file", url)]
            )
        part = f"{self._cache.root}/partial/{_KIND}-{name}"
        with disk_errors(part):
            os.makedirs(os.path.dirname(part), exist_ok=True)
            with listed(filename):
                digest, size_bytes = self._fetcher.unverified(url, part)
            self._cache.adopt(part, digest)
        artifact = Artifact(url, digest, size_bytes, filename)
        self._cache.write_note(
            json_documents.render_note(url, [artifact]).encode(), _KIND, name
        )
        self._remark(f"trusted on first use: {digest} {url}")
        return artifact
