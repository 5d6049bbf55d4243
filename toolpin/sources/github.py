"""Builds among the assets of a GitHub repository's releases.

A release's tag holds the version. The digest of an asset is the one in the release's
checksum file; where that is missing, or does not list the asset, the one that GitHub's
API reports; and where there is none, as for assets from before June 2025, the one that
the asset had when it was trusted on first use. What is downloaded is always
`github.com/OWNER/NAME/releases/download/TAG/ASSET`: no URL of an answer is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from toolpin.binaries.fit import best, lacks
from toolpin.cache.first_use import FirstUse
from toolpin.cache.indexes import Indexes
from toolpin.errors import NoFit, NotPublished, Unreachable
from toolpin.http.fetch import Fetcher
from toolpin.json_text import parse_json
from toolpin.model import Artifact, Build, Digest, Host, Release
from toolpin.plugin.contract import SourceSpec
from toolpin.sources.contract import fill, tool_requirements
from toolpin.verify import make_digest, parse_checksums

API = "https://api.github.com/repos"
_PAGE = 100
_MOST_PAGES = 10
_ANSWER_BYTES = 64 << 20
_CHECKSUMS_BYTES = 1 << 20

# What reading an answer of another shape can raise.
_SHAPELESS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class Asset(NamedTuple):
    """A file of a release; `digest` is GitHub's `sha256:HEX`, "" for older ones."""

    name: str
    size_bytes: int
    digest: str


class GithubRelease(NamedTuple):
    """A release as GitHub tells it."""

    tag: str
    is_draft: bool
    assets: tuple[Asset, ...]


class GithubSource:
    """A plugin's source of kind `github`."""

    def __init__(
        self,
        spec: SourceSpec,
        fetcher: Fetcher,
        indexes: Indexes,
        first_use: FirstUse,
    ) -> None:
        self._spec = spec
        self._first_use = first_use
        self._indexes = indexes
        self._fetcher = fetcher

    def releases(self, host: Host) -> list[Release]:
        """Return the versions whose release has an asset for the host."""
        prefix, _, suffix = self._spec.tag.partition("{version}")
        found = []
        for release in _releases(self._indexes, self._spec.repo):
            tag = release.tag
            if not (tag.startswith(prefix) and tag.endswith(suffix)):
                continue
            version = tag[len(prefix) : len(tag) - len(suffix)]
            names = {asset.name for asset in release.assets}
            variants = self._with_variants(version, names)
            for one in (version, *variants):
                known = not names.isdisjoint(_names(self._spec, one, host))
                if version and (known or (variants and self._spec.built_for)):
                    found.append(Release(one))
        return found

    def _with_variants(self, version: str, names: Iterable[str]) -> list[str]:
        """Return the versions with a variant that assets of these names are for."""
        if not self._spec.variants:
            return []
        found = set()
        for template in self._spec.assets:
            if "{variant}" in template:
                shape = re.compile(variant_shape(template))
                found |= {match[1] for match in map(shape.fullmatch, names) if match}
        return [f"{version}{self._spec.variants}{one}" for one in sorted(found)]

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one build there is, or one for each version of another tool."""
        return [
            build._replace(artifacts=(self.artifact(one, host),))
            for one, build in self._to_choose(version).items()
        ]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the one artifact there is, or the one that fits best.

        Raises NoFit where the tool that is pinned beside it is too old for all.
        """
        found = self._to_choose(version)
        chosen = best(found.items(), host, lambda item: item[1])
        if chosen is None:
            facts = [
                (one, f"needs {' and '.join(lacks(host, build))}")
                for one, build in found.items()
            ]
            raise NoFit(f"none of {self._spec.publisher} runs here", facts)
        return (self.artifact(chosen[0], host),)

    def _to_choose(self, version: str) -> dict[str, Build]:
        """Return the variants that a plain version has, and what each requires.

        Only the version itself where it names one, or where the plugin has none.
        """
        base, variant = _split(self._spec, version)
        variants: list[str] = []
        if self._spec.built_for and not variant:
            tag = _tag(self._spec, version)
            release = read_release(self._fetcher, self._spec.repo, tag)
            names = {asset.name for asset in release.assets}
            variants = self._with_variants(base, names)
        found = {}
        for one in variants or [version]:
            values = {"variant": _split(self._spec, one)[1]}
            requires = tool_requirements(self._spec.built_for, values)
            found[one] = Build((), requires if variants else ())
        return found

    def artifact(self, version: str, host: Host) -> Artifact:
        """Return the first of the plugin's assets that is released, with its digest.

        Raises NotPublished where there is none, NoChecksum where it has no digest.
        """
        tag = _tag(self._spec, version)
        if listed := self._listed(version, host, tag):
            return listed
        release = read_release(self._fetcher, self._spec.repo, tag)
        by_name = {asset.name: asset for asset in release.assets}
        names = _names(self._spec, version, host)
        for name in names:
            if asset := by_name.get(name):
                url = download_url(self._spec.repo, tag, name)
                if not asset.digest:
                    return self._first_use.artifact(url, name)
                return Artifact(url, api_digest(asset, url), asset.size_bytes, name)
        place = f"{self._spec.repo} {tag} on GitHub"
        raise NotPublished(
            f"{place} has no build for {host}", [("wanted", ", ".join(names))]
        )

    def _listed(self, version: str, host: Host, tag: str) -> Artifact | None:
        """Return the first asset that a checksum file of the release lists, if any."""
        repo = self._spec.repo
        names = _names(self._spec, version, host)
        for name in names if self._spec.checksums_asset else ():
            values = {**_values(self._spec, version, host), "asset": name}
            place = download_url(repo, tag, fill(self._spec.checksums_asset, values))
            try:
                text = self._fetcher.document(place, max_bytes=_CHECKSUMS_BYTES)
                checksums = text.decode("utf-8", "replace")
                digest = parse_checksums(checksums, name, "sha256", place)
            except NotPublished:
                continue
            return Artifact(download_url(repo, tag, name), digest, None, name)
        return None


def digest_origin(artifact: Artifact) -> str:
    """Return where the published digest of an asset comes from, as lockfiles name it.

    The API reports a size with it; a checksum file does not.
    """
    return "checksum file" if artifact.size_bytes is None else "release"


def names_asset(spec: SourceSpec, artifact: Artifact, version: str, host: Host) -> bool:
    """Tell whether the source would name this artifact for a version."""
    expected = download_url(spec.repo, _tag(spec, version), artifact.filename)
    names = _names(spec, version, host)
    known = artifact.filename in names
    if spec.built_for and not _split(spec, version)[1]:
        known = known or any(
            re.fullmatch(variant_shape(one), artifact.filename) for one in spec.assets
        )
    return known and artifact.locator == expected


def variant_shape(template: str) -> str:
    """Return the pattern of an asset's names, whatever variant is in them."""
    head, _, tail = template.partition("{variant}")
    return f"{re.escape(head)}([A-Za-z0-9.]+){re.escape(tail)}"


def _tag(spec: SourceSpec, version: str) -> str:
    return fill(spec.tag, {"version": _split(spec, version)[0]})


def _names(spec: SourceSpec, version: str, host: Host) -> list[str]:
    """Return the assets to look for: those with a variant in them, or the others."""
    variant = _split(spec, version)[1]
    values = _values(spec, version, host)
    return [
        fill(template, values)
        for template in spec.assets
        if not spec.variants or ("{variant}" in template) == bool(variant)
    ]


def _values(spec: SourceSpec, version: str, host: Host) -> dict[str, str]:
    base, variant = _split(spec, version)
    return {**spec.hosts[str(host)], "version": base, "variant": variant}


def _split(spec: SourceSpec, version: str) -> tuple[str, str]:
    """Return `1.17.3` and `27` of `1.17.3-otp-27`, where the plugin has variants."""
    if not spec.variants:
        return version, ""
    base, _, variant = version.partition(spec.variants)
    return base, variant


def read_release(fetcher: Fetcher, repo: str, tag: str = "") -> GithubRelease:
    """Return one release, the latest without a tag. Raises NotPublished."""
    which = f"tags/{quote(tag)}" if tag else "latest"
    url = f"{API}/{repo}/releases/{which}"
    try:
        answer = fetcher.document(url, max_bytes=_ANSWER_BYTES)
    except NotPublished as error:
        wanted = tag or "releases with a latest one"
        raise NotPublished(f"{repo} on GitHub has no {wanted}", error.facts) from error
    try:
        return _release(parse_json(answer))
    except _SHAPELESS as error:
        raise _no_answer(url, error) from error


def download_url(repo: str, tag: str, name: str) -> str:
    """Return the canonical URL of an asset."""
    return (
        f"https://github.com/{repo}/releases/download/{quote(tag)}/{quote(name, '~')}"
    )


def api_digest(asset: Asset, place: str) -> Digest:
    """Return the digest that GitHub tells. Raises NotPublished where it tells none."""
    algorithm, _, text = asset.digest.partition(":")
    if not text:
        raise NotPublished(
            f"GitHub tells no digest of {asset.name}",
            [("asset", place), ("such are", "releases from before June 2025")],
        )
    return make_digest(algorithm, text, place)


def _releases(indexes: Indexes, repo: str) -> list[GithubRelease]:
    """Return all releases but drafts, as far as GitHub lists them: 1,000."""
    found: list[GithubRelease] = []
    for page in range(1, _MOST_PAGES + 1):
        url = f"{API}/{repo}/releases?per_page={_PAGE}&page={page}"
        try:
            tables = parse_json(indexes.read(url, max_bytes=_ANSWER_BYTES))
            if not isinstance(tables, list):
                raise TypeError("a list was expected")
            found += map(_release, tables)
        except _SHAPELESS as error:
            raise _no_answer(url, error) from error
        if len(tables) < _PAGE:
            break
    return [release for release in found if not release.is_draft]


def _release(table: dict[str, Any]) -> GithubRelease:
    assets = (
        Asset(str(one["name"]), int(one["size"]), str(one.get("digest") or ""))
        for one in table["assets"]
    )
    return GithubRelease(
        str(table["tag_name"]), bool(table.get("draft", False)), tuple(assets)
    )


def _no_answer(url: str, error: Exception) -> Unreachable:
    return Unreachable(f"{url} is not GitHub's answer", [("because", str(error))])
