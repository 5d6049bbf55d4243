"""Parses the releases in GitHub's API, and builds the URLs of assets.

Downloads always come from `github.com/OWNER/NAME/releases/download/TAG/ASSET`: no URL
in a response is followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from toolpin.digests import make_digest
from toolpin.errors import NotPublished, Unreachable
from toolpin.json_text import SHAPELESS, parse_json
from toolpin.model import Digest

if TYPE_CHECKING:  # the HTTP client's libraries are heavy
    from toolpin.cache.indexes import Indexes
    from toolpin.sources.protocol import Read

API = "https://api.github.com/repos"
_PAGE = 100
_MOST_PAGES = 10
_ANSWER_BYTES = 64 << 20


class Asset(NamedTuple):
    """A file of a release; `digest` is GitHub's `sha256:HEX`, "" for older ones."""

    name: str
    size_bytes: int
    digest: str


class GithubRelease(NamedTuple):
    """A release as GitHub describes it."""

    tag: str
    is_draft: bool
    assets: tuple[Asset, ...]


def read_release(read: Read, repo: str, tag: str = "") -> GithubRelease:
    """Return one release, the latest without a tag. Raises NotPublished."""
    which = f"tags/{quote(tag)}" if tag else "latest"
    url = f"{API}/{repo}/releases/{which}"
    try:
        answer = read(url, max_bytes=_ANSWER_BYTES)
    except NotPublished as error:
        wanted = tag or "releases with a latest one"
        raise NotPublished(f"{repo} on GitHub has no {wanted}", error.facts) from error
    try:
        return _release(parse_json(answer))
    except SHAPELESS as error:
        raise _no_answer(url, error) from error


def kept_release(
    indexes: Indexes, repo: str, tag: str, names: Sequence[str]
) -> GithubRelease:
    """Return a release; from the cache if that has the digest of one of `names`."""

    def suffices(data: bytes) -> bool:
        try:
            assets = _release(parse_json(data)).assets
        except SHAPELESS:
            return False
        return any(asset.name in names and asset.digest for asset in assets)

    def read(url: str, *, max_bytes: int) -> bytes:
        return indexes.read(url, max_bytes=max_bytes, suffices=suffices)

    return read_release(read, repo, tag)


def download_url(repo: str, tag: str, name: str) -> str:
    """Return the canonical URL of an asset."""
    return (
        f"https://github.com/{repo}/releases/download/{quote(tag)}/{quote(name, '~')}"
    )


def api_digest(asset: Asset, place: str) -> Digest:
    """Return the digest that GitHub reports. Raises NotPublished without one."""
    algorithm, _, text = asset.digest.partition(":")
    if not text:
        raise NotPublished(
            f"GitHub reports no digest for {asset.name}",
            [("asset", place), ("affects", "releases from before June 2025")],
        )
    return make_digest(algorithm, text, place)


def read_releases(indexes: Indexes, repo: str) -> list[GithubRelease]:
    """Return all releases but drafts, up to the 1,000 that GitHub lists."""
    github_releases: list[GithubRelease] = []
    for page in range(1, _MOST_PAGES + 1):
        url = f"{API}/{repo}/releases?per_page={_PAGE}&page={page}"
        try:
            tables = parse_json(indexes.read(url, max_bytes=_ANSWER_BYTES))
            if not isinstance(tables, list):
                raise TypeError("a list was expected")
            github_releases += map(_release, tables)
        except SHAPELESS as error:
            raise _no_answer(url, error) from error
        if len(tables) < _PAGE:
            break
    return [release for release in github_releases if not release.is_draft]


def _release(table: dict[str, Any]) -> GithubRelease:
    assets = (
        Asset(str(asset["name"]), int(asset["size"]), str(asset.get("digest") or ""))
        for asset in table["assets"]
    )
    return GithubRelease(
        str(table["tag_name"]), bool(table.get("draft", False)), tuple(assets)
    )


def _no_answer(url: str, error: Exception) -> Unreachable:
    return Unreachable(
        f"{url} is not a valid GitHub response", [("reason", str(error))]
    )
