"""Turns a URL into bytes: small documents whole, artifacts into a verified file.

It asks again where that can help, and resumes what was cut. It never passes on an
artifact before the digest agrees; it unpacks nothing and caches nothing.
"""

from __future__ import annotations

import hashlib
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from toolpin.errors import Mismatch, Refused, Unreachable
from toolpin.http import urls
from toolpin.http.credentials import Credentials
from toolpin.http.limits import Interrupted, Limits
from toolpin.http.partial import (
    discard,
    hash_head,
    remember_validator,
    resumable,
)
from toolpin.model import Artifact, Digest
from toolpin.verify import check_file, grouped, mismatch

if TYPE_CHECKING:
    from toolpin.http.reply import Reply
    from toolpin.http.web import Web

__all__ = ["Fetcher", "Limits", "Progress"]

# Called with the bytes that are there and, where it is known, how many there will be.
Progress = Callable[[int, int | None], None]

_LONGEST_WAIT_S = 10.0
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]+/([0-9]+|\*)")
_Got = TypeVar("_Got")


class _Job(NamedTuple):
    url: str
    artifact: Artifact
    part: str
    progress: Progress


class Fetcher:
    """Fetches over HTTP; `rewrite` turns a canonical URL into the mirror's."""

    def __init__(
        self,
        rewrite: Callable[[str], str],
        limits: Limits | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self._rewrite = rewrite
        self._limits = limits or Limits()
        self._credentials = credentials
        self._mutex = threading.Lock()
        self._web: Web | None = None

    def document(self, url: str, *, max_bytes: int | None = None) -> bytes:
        """Return a small document: an index, a checksum file.

        Raises NotPublished (404, 410), Unreachable, or Refused (too large).
        """
        data, _ = self.document_unless(url, {}, max_bytes=max_bytes)
        if data is None:
            raise Unreachable(f"{url} is unchanged, which nobody asked")
        return data

    def document_unless(
        self, url: str, known: Mapping[str, str], *, max_bytes: int | None = None
    ) -> tuple[bytes | None, Mapping[str, str]]:
        """Return a document and its headers; None where it is still the `known` one.

        `known` are the headers that name it: If-None-Match, If-Modified-Since. Raises
        what `document` raises.
        """
        asked = self._rewrite(url)
        limit = self._limits.document_bytes if max_bytes is None else max_bytes
        deadline = time.monotonic() + self._limits.document_timeout_s
        return self._retrying(asked, lambda: self._read(asked, known, limit, deadline))

    def download(self, artifact: Artifact, part: str, progress: Progress) -> None:
        """Leave the artifact, complete and verified, at `part`, or raise.

        What lies at `part` is resumed when the server still has the same file. Bytes of
        another digest are deleted and fetched once more from the start, then Mismatch.
        """
        job = _Job(self._rewrite(artifact.locator), artifact, part, progress)
        try:
            try:
                self._retrying(job.url, lambda: self._fill(job))
            except Mismatch:
                discard(part)
                self._retrying(job.url, lambda: self._fill(job))
        except (Mismatch, Refused):
            discard(part)
            raise
        remember_validator(part, "")

    def unverified(self, url: str, part: str) -> tuple[Digest, int]:
        """Leave whatever a URL gives at `part`; return its SHA-256 and its size.

        Never resumed: two halves of what nobody vouches for may be of two files.
        """
        nothing = Artifact(url, Digest("sha256", ""), None, "")
        job = _Job(self._rewrite(url), nothing, part, lambda _there, _total: None)

        def receive() -> tuple[Digest, int]:
            discard(part)
            digits, size_bytes, _ = self._receive(job)
            return Digest("sha256", digits), size_bytes

        try:
            return self._retrying(job.url, receive)
        except BaseException:
            discard(part)
            raise
        finally:
            remember_validator(part, "")

    def _asking(self) -> Web:
        """Return what asks. Its libraries are half of what a command loads."""
        with self._mutex:
            if self._web is None:
                from toolpin.http.web import Web  # noqa: PLC0415 - who asks, loads

                self._web = Web(self._limits, self._credentials)
            return self._web

    def _retrying(self, url: str, work: Callable[[], _Got]) -> _Got:
        """Do `work` until it is not Interrupted, with short and uneven pauses."""
        attempt = 1
        while True:
            try:
                return work()
            except Interrupted as fault:
                pause_s = 0.2 * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                if fault.wait_s is not None:
                    pause_s = fault.wait_s
                if attempt == self._limits.attempts or pause_s > _LONGEST_WAIT_S:
                    raise _gave_up(url, fault, attempt) from fault
            time.sleep(pause_s)
            attempt += 1

    def _read(
        self, url: str, known: Mapping[str, str], limit: int, deadline: float
    ) -> tuple[bytes | None, Mapping[str, str]]:
        """Read a document once; `deadline` is one of time.monotonic."""
        content = bytearray()
        with self._asking().get(url, known) as reply:
            if known and reply.status == 304:
                return None, reply.headers
            if reply.status != 200:
                raise Interrupted(f"{reply.status} to a request for the whole")
            for block in reply.blocks(decode=True):
                content += block
                if len(content) > limit:
                    raise _endless(reply.url, limit)
                if time.monotonic() > deadline:
                    allowed_s = self._limits.document_timeout_s
                    fault = Interrupted(f"it took longer than {allowed_s:g} s")
                    raise _gave_up(url, fault, 1)
        return bytes(content), reply.headers

    def _fill(self, job: _Job) -> None:
        """Fetch what is missing of an artifact, once, and judge the whole."""
        offset, _ = resumable(job.part)
        if offset and offset == job.artifact.size_bytes:
            check_file(job.part, job.artifact, "an earlier download")
            return
        digits, received, reply = self._receive(job)
        if digits != job.artifact.digest.hex:
            raise mismatch(job.artifact, digits, received, _place(reply))

    def _receive(self, job: _Job) -> tuple[str, int, Reply]:
        """Fetch what is missing of a file, once; return its digest and its size."""
        offset, validator = resumable(job.part)
        headers = {"Range": f"bytes={offset}-", "If-Range": validator}
        with self._asking().get(job.url, headers if offset else {}) as reply:
            start = _start(reply, offset, job.part)
            total = _total(reply, start, job)
            with open(job.part, "r+b" if start else "wb") as file:
                if not start:
                    remember_validator(job.part, _validator(reply))
                digest = hashlib.new(job.artifact.digest.algorithm)
                hash_head(file, start, digest.update)
                received = self._append(reply, file, job, digest.update)
        if total is not None and received < total:
            raise Interrupted(
                f"cut after {grouped(received)} of {grouped(total)} bytes"
            )
        return digest.hexdigest(), received, reply

    def _append(
        self,
        reply: Reply,
        file: BinaryIO,
        job: _Job,
        update: Callable[[bytes], None],
    ) -> int:
        """Write and hash the body as it is on the wire; return the file's size."""
        received = file.tell()
        total = job.artifact.size_bytes
        limit = self._limits.download_bytes if total is None else total
        if total is None and reply.length is not None:
            total = received + reply.length
        job.progress(received, total)
        for block in reply.blocks(decode=False):
            received += len(block)
            if received > limit:
                raise (
                    _endless(reply.url, limit)
                    if total != limit
                    else _wrong_size(job.artifact, received, reply)
                )
            file.write(block)
            update(block)
            job.progress(received, total)
        return received


def _validator(reply: Reply) -> str:
    """Return what tells this file from a later one; a weak ETag cannot."""
    tag = reply.headers.get("etag", "")
    if tag.startswith('"'):
        return tag
    return "" if tag else reply.headers.get("last-modified", "")


def _start(reply: Reply, offset: int, part: str) -> int:
    """Return where in the file the body begins: 0 unless the range was granted."""
    if reply.status == 200:
        return 0
    granted = _RANGE.fullmatch(reply.headers.get("content-range", ""))
    if reply.status == 206 and offset and granted and int(granted[1]) == offset:
        return offset
    discard(part)
    raise Interrupted(f"{reply.status} with another range than asked")


def _total(reply: Reply, start: int, job: _Job) -> int | None:
    """Return the size of the whole; Mismatch when it is not the published one."""
    total = job.artifact.size_bytes
    announced = None if reply.length is None else start + reply.length
    if total is not None and announced is not None and announced != total:
        raise _wrong_size(job.artifact, announced, reply)
    return announced if total is None else total


def _wrong_size(artifact: Artifact, size_bytes: int, reply: Reply) -> Mismatch:
    return Mismatch(
        f"{artifact.filename} is not the published file",
        [
            ("expected", f"{grouped(artifact.size_bytes or 0)} bytes"),
            ("received", f"{grouped(size_bytes)} bytes from {_place(reply)}"),
            ("installed", "nothing; the download was deleted"),
        ],
    )


def _place(reply: Reply) -> str:
    """Name where bytes came from, and their date.

    A page instead of a file is a login or a proxy.
    """
    page = "html" in reply.headers.get("content-type", "")
    changed = reply.headers.get("last-modified", "")
    return (
        urls.shown(reply.url)
        + (", a web page" if page else "")
        + (f", last changed {changed}" if changed else "")
    )


def _endless(url: str, limit: int) -> Refused:
    return Refused(
        f"{urls.host(url)} sends more than {grouped(limit)} bytes",
        [("asked", urls.shown(url)), ("kept", "nothing")],
    )


def _gave_up(url: str, fault: Interrupted, attempts: int) -> Unreachable:
    facts = [("asked", urls.shown(url)), ("cause", fault.cause)]
    if fault.wait_s is not None:
        facts.append(("asks to wait", f"{fault.wait_s:.0f} s"))
    facts.append(("attempts", str(attempts)))
    return Unreachable(f"{urls.host(url)} does not deliver", facts)
