"""The tags of a repository, as Git's protocol lists them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.server import Server

_LIST = b"0014command=ls-refs\n0001001aref-prefix refs/tags/\n0000"


def serve_tags(server: Server, repository: str, tags: Sequence[str]) -> None:
    """Serve the tags of the repository at a path of the server."""
    lines = [f"{'0' * 40} refs/tags/{tag}\n".encode() for tag in tags]
    data = b"".join(b"%04x%s" % (len(line) + 4, line) for line in lines) + b"0000"
    server.answer(f"{repository}.git/git-upload-pack", _LIST, data)
