"""Reads lists of releases and checksums: once per process, and only if changed.

Documents with an ETag or Last-Modified are kept in the cache; the next process requests
them conditionally. `catalogs` decides how old a list may be.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from toolpin.cache.verified import Cache, note_name
from toolpin.errors import ToolpinError
from toolpin.http import urls
from toolpin.http.fetch import Fetcher, Post

_KIND = "documents"
_CONDITIONS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class _Kept(NamedTuple):
    """A document, and the headers of a conditional request for a newer one."""

    data: bytes
    headers: Mapping[str, str]


class Indexes:
    """The documents that several queries of one process need."""

    def __init__(
        self,
        fetcher: Fetcher,
        cache: Cache,
        rewrite: Callable[[str], str],
        *,
        accept: str = "",
    ) -> None:
        self._headers = {"Accept": accept} if accept else {}
        self._fetcher = fetcher
        self._cache = cache
        self._rewrite = rewrite
        self._read: dict[str, bytes | ToolpinError] = {}
        self._locks: dict[str, threading.Lock] = {}

    def read(
        self,
        url: str,
        *,
        max_bytes: int,
        post: Post | None = None,
        suffices: Callable[[bytes], bool] | None = None,
    ) -> bytes:
        """Return the document at a URL. Raises what `Fetcher.document` raises.

        With `post` it is the response to that body, with those headers. A cached one
        that `suffices` is not requested again. A failure is kept, too: the other hosts
        of a lock do not wait for it again.
        """
        with self._locks.setdefault(url, threading.Lock()):
            if url not in self._read:
                try:
                    self._read[url] = (
                        self._fetcher.document(url, max_bytes=max_bytes, post=post)
                        if post
                        else self._request(url, max_bytes, suffices)
                    )
                except ToolpinError as error:
                    self._read[url] = error
            text = self._read[url]
        if isinstance(text, ToolpinError):
            raise text
        return text

    def _request(
        self, url: str, max_bytes: int, suffices: Callable[[bytes], bool] | None
    ) -> bytes:
        # A mirror's response is stored separately, without its password in the name.
        address = urls.shown(self._rewrite(url))
        if query := urlsplit(url).query:  # it may be signed: no note has its text
            address = f"{address}#{note_name(query)}"
        kept = self._kept(address)
        if kept and suffices and suffices(kept.data):
            return kept.data
        known = {**self._headers, **(kept.headers if kept else {})}
        data, headers = self._fetcher.document_unless(url, known, max_bytes=max_bytes)
        if data is None:
            return kept.data if kept else b""
        self._keep(address, data, headers, always=suffices is not None)
        return data

    def _kept(self, address: str) -> _Kept | None:
        """Return the last response from an address; None without a complete one."""
        try:
            note = self._cache.read_note(_KIND, note_name(address))
            head, _, data = (note or b"").partition(b"\n")
            table = json.loads(head)
            whole = table["sha256"] == hashlib.sha256(data).hexdigest()
            headers = {
                str(name): str(header) for name, header in table["headers"].items()
            }
        except (ToolpinError, ValueError, LookupError, TypeError, AttributeError):
            return None
        return _Kept(data, headers) if whole and table["address"] == address else None

    def _keep(
        self, address: str, data: bytes, received: Mapping[str, str], *, always: bool
    ) -> None:
        """Keep a document, if its server names it; a full cache is not an error."""
        headers = {
            condition: received[name]
            for name, condition in _CONDITIONS.items()
            if name in received
        }
        if not headers and not always:
            return
        table = {
            "address": address,
            "sha256": hashlib.sha256(data).hexdigest(),
            "headers": headers,
        }
        with contextlib.suppress(ToolpinError):
            head = json.dumps(table).encode()
            self._cache.write_note(head + b"\n" + data, _KIND, note_name(address))
