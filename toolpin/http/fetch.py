"""Fetches URLs: small documents as bytes, artifacts into a verified file.

It retries after transient failures, and resumes interrupted downloads. An artifact is
returned only after its digest matches; nothing is unpacked or cached here.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from toolpin.digests import check_file, differing, mismatch
from toolpin.errors import Mismatch, Refused, Unreachable
from toolpin.http import partial, urls
from toolpin.http.credentials import Credentials
from toolpin.http.limits import DEFAULT_TRANSPORT, Interrupted, Limits, Transport
from toolpin.model import Artifact, Digest

if TYPE_CHECKING:
    from toolpin.http.client import Client
    from toolpin.http.response import Response

__all__ = ["Fetcher", "Limits", "Post", "Progress"]

# The body of a POST request, and its headers.
Post = tuple[bytes, Mapping[str, str]]

# Called with the bytes received and, if known, the total.
Progress = Callable[[int, int | None], None]

_LONGEST_WAIT_S = 10.0
_Result = TypeVar("_Result")


class _Job(NamedTuple):
    url: str
    artifact: Artifact
    part: str
    progress: Progress


class Fetcher:
    """Fetches over HTTP; `rewrite` replaces a canonical URL by the mirror's."""

    def __init__(
        self,
        rewrite: Callable[[str], str],
        limits: Limits | None = None,
        credentials: Credentials | None = None,
        transport: Transport = DEFAULT_TRANSPORT,
    ) -> None:
        self._rewrite = rewrite
        self._transport = transport
        self._limits = limits or Limits()
        self._credentials = credentials

    def document(
        self, url: str, *, max_bytes: int | None = None, post: Post | None = None
    ) -> bytes:
        """Return a small document: an index, a checksum file, the response to a POST.

        Raises NotPublished (404, 410), Unreachable, or Refused (too large).
        """
        data, _ = self.document_unless(url, {}, max_bytes=max_bytes, post=post)
        if data is None:
            raise Unreachable(
                f"{url} was reported as unchanged, although no cached copy was stated"
            )
        return data

    def document_unless(
        self,
        url: str,
        known: Mapping[str, str],
        *,
        max_bytes: int | None = None,
        post: Post | None = None,
    ) -> tuple[bytes | None, Mapping[str, str]]:
        """Return a document and its headers; None if it is still the `known` one.

        `known` are its conditional headers: If-None-Match, If-Modified-Since. Raises
        what `document` raises.
        """
        url = self._rewrite(url)
        limit = self._limits.document_bytes if max_bytes is None else max_bytes
        deadline = time.monotonic() + self._limits.document_timeout_s
        body, more = post or (None, {})
        headers = {**known, **more}

        def read() -> tuple[bytes | None, Mapping[str, str]]:
            with self._client.get(url, headers, body) as response:
                if known and response.status == 304:
                    return None, response.headers
                return self._read(url, response, limit, deadline), response.headers

        return self._retrying(url, read)

    def download(self, artifact: Artifact, part: str, progress: Progress) -> None:
        """Download the artifact, complete and verified, to `part`, or raise.

        A partial download at `part` is resumed if the server still has the same file.
        Bytes with another digest are deleted and fetched once more from the start, then
        Mismatch is raised.
        """
        job = _Job(self._rewrite(artifact.locator), artifact, part, progress)
        try:
            try:
                self._retrying(job.url, lambda: self._fill(job))
            except Mismatch:
                partial.discard(part)
                self._retrying(job.url, lambda: self._fill(job))
        except (Mismatch, Refused):
            partial.discard(part)
            raise
        partial.remember_validator(part, "")

    def unverified(self, url: str, part: str) -> tuple[Digest, int]:
        """Download whatever a URL returns to `part`; return its SHA-256 and its size.

        Never resumed: without a published digest, two halves may be of two files.
        """
        unknown = Artifact(url, Digest("sha256", ""), None, "")
        job = _Job(self._rewrite(url), unknown, part, lambda _received, _total: None)

        def receive() -> tuple[Digest, int]:
            partial.discard(part)
            return self._receive(job)[:2]

        try:
            return self._retrying(job.url, receive)
        except BaseException:
            partial.discard(part)
            raise
        finally:
            partial.remember_validator(part, "")

    @cached_property
    def _client(self) -> Client:
        """The HTTP client, whose libraries are half of what a command loads."""
        from toolpin.http.client import Client

        return Client(self._limits, self._credentials, self._transport)

    def _retrying(self, url: str, work: Callable[[], _Result]) -> _Result:
        """Return what `work` returns; repeat it, after a pause, if that may succeed.

        The only loop of retries: an attempt includes the body, which is resumed.
        """
        attempt = 1
        while True:
            try:
                return work()
            except Interrupted as failure:
                pause_s = 0.2 * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                if failure.wait_s is not None:
                    pause_s = failure.wait_s
                if attempt == self._limits.attempts or pause_s > _LONGEST_WAIT_S:
                    raise _gave_up(url, failure, attempt) from failure
            time.sleep(pause_s)
            attempt += 1

    def _read(self, url: str, response: Response, limit: int, deadline: float) -> bytes:
        """Read a document, once; `deadline` is one of time.monotonic."""
        content = bytearray()
        if response.status != 200:
            raise Interrupted(f"{response.status} for a request for the whole file")
        for block in response.blocks(decode=True):
            content += block
            if len(content) > limit:
                raise _endless(response.url, limit)
            if time.monotonic() > deadline:
                allowed_s = self._limits.document_timeout_s
                failure = Interrupted(f"it took longer than {allowed_s:g} s")
                raise _gave_up(url, failure, 1)
        return bytes(content)

    def _fill(self, job: _Job) -> None:
        """Fetch the missing rest of an artifact, once, and verify the whole."""
        offset, _ = partial.resumable(job.part)
        if offset and offset == job.artifact.size_bytes:
            check_file(job.part, job.artifact, "an earlier download")
            return
        digest, size_bytes, place = self._receive(job)
        if digest != job.artifact.digest:
            raise mismatch(job.artifact, digest.hex, size_bytes, place)

    def _receive(self, job: _Job) -> tuple[Digest, int, str]:
        """Fetch the missing rest of a file, once, without decoding.

        Returns the digest and the size of the whole, and where it came from.
        """
        offset, tag = partial.resumable(job.part)
        headers = {"Range": f"bytes={offset}-", "If-Range": tag} if offset else {}
        algorithm = job.artifact.digest.algorithm
        digest = hashlib.new(algorithm)
        with self._client.get(job.url, headers) as response:
            received = partial.granted_offset(offset, response.status, response.headers)
            if received is None:
                partial.discard(job.part)
                raise Interrupted(
                    f"{response.status} with a different range than requested"
                )
            total = self._total(response, received, job.artifact)
            if received:
                with open(job.part, "rb") as kept:
                    digest = hashlib.file_digest(kept, algorithm)
            with open(job.part, "ab" if received else "wb") as file:
                if not received:  # never next to the bytes of another file
                    partial.remember_validator(
                        job.part, partial.validator(response.headers)
                    )
                job.progress(received, total)
                for block in response.blocks(decode=False):
                    received += len(block)
                    self._check_size(received, job.artifact, response)
                    file.write(block)
                    digest.update(block)
                    job.progress(received, total)
        if total is not None and received < total:
            raise Interrupted(f"cut after {received:,} of {total:,} bytes")
        result = Digest(algorithm, digest.hexdigest())
        return result, received, _place(response)

    def _total(self, response: Response, start: int, artifact: Artifact) -> int | None:
        """Return the size of the whole file, published or announced."""
        if response.length is None:
            return artifact.size_bytes
        total = start + response.length
        if total < (artifact.size_bytes or 0):
            raise _wrong_size(artifact, total, response)
        self._check_size(total, artifact, response)
        return total

    def _check_size(
        self, size_bytes: int, artifact: Artifact, response: Response
    ) -> None:
        """Refuse a file that is larger than published, or than allowed."""
        if artifact.size_bytes is None:
            if size_bytes > self._limits.download_bytes:
                raise _endless(response.url, self._limits.download_bytes)
        elif size_bytes > artifact.size_bytes:
            raise _wrong_size(artifact, size_bytes, response)


def _wrong_size(artifact: Artifact, size_bytes: int, response: Response) -> Mismatch:
    received = f"{size_bytes:,} bytes from {_place(response)}"
    return differing(artifact, f"{artifact.size_bytes or 0:,} bytes", received)


def _place(response: Response) -> str:
    """Describe the origin of bytes, and their date.

    A page instead of a file is a login or a proxy.
    """
    page = "html" in response.headers.get("content-type", "")
    changed = response.headers.get("last-modified", "")
    return (
        urls.shown(response.url)
        + (", a web page" if page else "")
        + (f", last changed {changed}" if changed else "")
    )


def _endless(url: str, limit: int) -> Refused:
    return Refused(
        f"{urls.host(url)} sends more than {limit:,} bytes",
        [("URL", urls.shown(url)), ("kept", "nothing")],
    )


def _gave_up(url: str, failure: Interrupted, attempts: int) -> Unreachable:
    facts = [("URL", urls.shown(url)), ("reason", failure.cause)]
    if failure.wait_s is not None:
        facts.append(("retry after", f"{failure.wait_s:.0f} s"))
    facts.append(("attempts", str(attempts)))
    return Unreachable(f"{urls.host(url)} does not deliver the file", facts)
