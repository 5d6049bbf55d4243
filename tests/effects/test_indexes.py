"""Documents that are kept: each answers for its own address, query included."""

from __future__ import annotations

from pathlib import Path

from tests.support.server import Server
from toolpin.cache.indexes import Indexes
from toolpin.cache.verified import Cache
from toolpin.http.fetch import Fetcher, Limits


def test_pages_that_differ_in_their_query_are_kept_apart(tmp_path: Path) -> None:
    secret = "signature=s3cret"
    paths = ["/list?page=1", "/list?page=2", f"/list?page=3&{secret}", "/list"]
    with Server() as server:
        pages = {server.put(path, path.encode()): path.encode() for path in paths}
        for _ in range(2):  # the second time as another process
            fetcher = Fetcher(str, Limits(attempts=1))
            indexes = Indexes(fetcher, Cache(str(tmp_path)), str)
            for url, page in pages.items():
                assert indexes.read(url, max_bytes=1000) == page
        stated = [request.headers.get("if-none-match") for request in server.requests]
    assert stated[:4] == [None] * 4
    assert len(set(stated[4:])) == 4
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    # In the pages themselves it is, once in each.
    assert kept.count(secret.encode()) == 1
