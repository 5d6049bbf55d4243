"""Builds among the assets of a GitHub repository's releases.

A release's tag holds the version. The digest of an asset is the one in the release's
checksum file; where that is missing, or does not list the asset, the one that GitHub's
API reports; and where there is none, as for assets from before June 2025, the one that
the asset had when it was trusted on first use.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from toolpin.binaries.fit import best, lacks, newer_partner
from toolpin.errors import NoFit, NotPublished, listed
from toolpin.model import Artifact, Build, Host, Release
from toolpin.sources.contract import (
    Fault,
    Kind,
    fill,
    shape_of,
    tool_requirements,
)
from toolpin.sources.fields import (
    HOST_VALUES,
    NO_CHECKSUMS,
    VARIANT,
    Field,
    read_asset,
    read_assets,
    read_checksums,
    read_repo,
    read_tag,
    read_text,
)
from toolpin.sources.github_api import (
    API,
    api_digest,
    download_url,
    read_release,
    read_releases,
)
from toolpin.sources.shared import ARCHIVE, COMMON, WITH, archive_steps, built_for
from toolpin.sources.spec import SourceSpec
from toolpin.verify import parse_checksums

if TYPE_CHECKING:  # the HTTP client's libraries are heavy
    from toolpin.cache.first_use import FirstUse
    from toolpin.cache.indexes import Indexes

_VARIANT = "[A-Za-z0-9.]+"
_CHECKSUMS_BYTES = 1 << 20


class Github(NamedTuple):
    """The fields that only kind `github` has."""

    repo: str
    tag: str
    assets: tuple[str, ...]
    checksums_asset: str
    checksums: str
    variants: str


FIELDS: dict[str, Field] = {
    "repo": Field(read_repo, "OWNER/NAME", "the repository on GitHub", ""),
    "tag": Field(
        read_tag, "a tag with {version} in it", "a release's tag", "v{version}"
    ),
    "assets": Field(
        read_assets,
        "a list of file names",
        "the builds of a version: the first that is released is used",
        (),
        holds=("version", HOST_VALUES, VARIANT),
    ),
    "checksums_asset": Field(
        read_asset,
        "a file name",
        "the SHA-256 list of a release; where it is missing or does not list the "
        "asset, the digest that GitHub reports is used",
        "",
        holds=("version", "asset", HOST_VALUES, VARIANT),
    ),
    "checksums": Field(
        read_checksums,
        "none",
        "`none` where no digest is published: an install is refused but with "
        "--trust-on-first-use, which records the one that it had. So it is for any "
        "asset without a digest",
        "",
    ),
    "variants": Field(
        read_text,
        "what precedes a variant in a version, such as -otp-",
        "a version with it has the assets with {variant} in their names, one without "
        "it the others",
        "",
    ),
}


class GithubSource:
    """A plugin's source of kind `github`."""

    def __init__(
        self,
        spec: SourceSpec,
        indexes: Indexes,
        first_use: FirstUse,
    ) -> None:
        self._spec = spec
        self._own: Github = spec.own
        self._first_use = first_use
        self._indexes = indexes

    def releases(self, host: Host) -> list[Release]:
        """Return the versions whose release has an asset for the host."""
        prefix, _, suffix = self._own.tag.partition("{version}")
        found = []
        for release in read_releases(self._indexes, self._own.repo):
            tag = release.tag
            if not (tag.startswith(prefix) and tag.endswith(suffix)):
                continue
            version = tag[len(prefix) : len(tag) - len(suffix)]
            names = {asset.name for asset in release.assets}
            variants = self._with_variants(version, names, host)
            for one in (version, *variants):
                known = not names.isdisjoint(_names(self._spec, one, host))
                if version and (known or (variants and self._spec.built_for)):
                    found.append(Release(one))
        return found

    def _with_variants(
        self, version: str, names: Iterable[str], host: Host
    ) -> list[str]:
        """Return the versions with a variant that assets of these names are for."""
        if not self._own.variants:
            return []
        shapes = [re.compile(one) for one in _variant_shapes(self._spec, version, host)]
        matches = [shape.fullmatch(name) for shape in shapes for name in names]
        found = {match["variant"] for match in matches if match}
        return [f"{version}{self._own.variants}{one}" for one in sorted(found)]

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one build there is, or one for each version of another tool."""
        return [
            build._replace(artifacts=(self.artifact(one, host),))
            for one, build in self._to_choose(version, host).items()
        ]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the one artifact there is, or the one that fits best.

        Raises NoFit where the tool that is pinned beside it is too old for all.
        """
        found = self._to_choose(version, host)
        chosen = best(found.items(), host, lambda item: item[1])
        if chosen is None:
            facts = [
                (one, f"needs {' and '.join(lacks(host, build))}")
                for one, build in found.items()
            ]
            raise NoFit(
                f"no build of {self._spec.publisher} runs on this machine",
                facts,
                newer_partner(host, found.values()),
            )
        return (self.artifact(chosen[0], host),)

    def _to_choose(self, version: str, host: Host) -> dict[str, Build]:
        """Return the variants that a plain version has, and what each requires.

        Only the version itself where it names one, or where the plugin has none.
        """
        base, variant = _split(self._spec, version)
        variants: list[str] = []
        if self._spec.built_for and not variant:
            tag = _tag(self._spec, version)
            release = read_release(self._indexes, self._own.repo, tag)
            names = {asset.name for asset in release.assets}
            variants = self._with_variants(base, names, host)
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
        release = read_release(self._indexes, self._own.repo, tag)
        by_name = {asset.name: asset for asset in release.assets}
        names = _names(self._spec, version, host)
        for name in names:
            if asset := by_name.get(name):
                url = download_url(self._own.repo, tag, name)
                if not asset.digest:
                    self._check_unlisted(version, host, name, by_name)
                    return self._first_use.artifact(url, name)
                return Artifact(url, api_digest(asset, url), asset.size_bytes, name)
        place = f"{self._own.repo} {tag} on GitHub"
        raise NotPublished(
            f"{place} has no build for {host}", [("wanted", ", ".join(names))]
        )

    def _check_unlisted(
        self, version: str, host: Host, name: str, released: Collection[str]
    ) -> None:
        """Make sure that no checksum file of the release vouches for an asset.

        One that is released and cannot be downloaded must not make its asset one
        without a checksum. Raises Unreachable.
        """
        values = {**_values(self._spec, version, host), "asset": name}
        checksums = fill(self._own.checksums_asset, values)
        if checksums in released:
            place = download_url(self._own.repo, _tag(self._spec, version), checksums)
            with listed(checksums):
                self._indexes.read(place, max_bytes=_CHECKSUMS_BYTES)

    def _listed(self, version: str, host: Host, tag: str) -> Artifact | None:
        """Return the first asset that a checksum file of the release lists, if any."""
        repo = self._own.repo
        names = _names(self._spec, version, host)
        for name in names if self._own.checksums_asset else ():
            values = {**_values(self._spec, version, host), "asset": name}
            place = download_url(repo, tag, fill(self._own.checksums_asset, values))
            try:
                text = self._indexes.read(place, max_bytes=_CHECKSUMS_BYTES)
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


def _names_asset(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    own: Github = spec.own
    if len(artifacts) != 1:
        return False
    (artifact,) = artifacts
    known = artifact.filename in _names(spec, version, host)
    if spec.built_for and not _split(spec, version)[1]:
        shapes = _variant_shapes(spec, version, host)
        known = known or any(re.fullmatch(one, artifact.filename) for one in shapes)
    expected = download_url(own.repo, _tag(spec, version), artifact.filename)
    return known and artifact.locator == expected


def _variant_shapes(spec: SourceSpec, version: str, host: Host) -> list[str]:
    """Return the patterns of the assets with a variant, whatever it is."""
    own: Github = spec.own
    values = spec.values(host, version=_split(spec, version)[0])
    return [
        shape_of(template, values, _VARIANT)
        for template in own.assets
        if "{variant}" in template
    ]


def chooses_variant(spec: SourceSpec, version: str) -> bool:
    """Say whether a version leaves the choice of a variant to toolpin."""
    own = spec.own
    chooses = isinstance(own, Github) and own.variants and spec.built_for
    return bool(chooses) and own.variants not in version


def _tag(spec: SourceSpec, version: str) -> str:
    own: Github = spec.own
    return fill(own.tag, {"version": _split(spec, version)[0]})


def _names(spec: SourceSpec, version: str, host: Host) -> list[str]:
    """Return the assets to look for: those with a variant in them, or the others."""
    own: Github = spec.own
    variant = _split(spec, version)[1]
    values = _values(spec, version, host)
    return [
        fill(template, values)
        for template in own.assets
        if not own.variants or ("{variant}" in template) == bool(variant)
    ]


def _values(spec: SourceSpec, version: str, host: Host) -> dict[str, str]:
    base, variant = _split(spec, version)
    return spec.values(host, version=base, variant=variant)


def _split(spec: SourceSpec, version: str) -> tuple[str, str]:
    """Return `1.17.3` and `27` of `1.17.3-otp-27`, where the plugin has variants."""
    own: Github = spec.own
    if not own.variants:
        return version, ""
    base, _, variant = version.partition(own.variants)
    return base, variant


def _verified_by(spec: SourceSpec, build: Build | None) -> tuple[str, ...]:
    own: Github = spec.own
    if build:
        return (digest_origin(build.artifacts[0]),)
    return ("checksum file", "release") if own.checksums_asset else ("release",)


def _faults(spec: SourceSpec) -> Iterator[Fault]:
    own: Github = spec.own
    if own.checksums == NO_CHECKSUMS and own.checksums_asset:
        what = f"source {spec.id} cannot have `checksums` none"
        yield Fault("checksums", what, (("expected", "no `checksums_asset`"),))


KIND = Kind(
    own=Github,
    fields={**COMMON, **ARCHIVE, **WITH, **built_for(VARIANT), **FIELDS},
    needs=("repo", "assets"),
    open=lambda spec, on: GithubSource(spec, on.indexes, on.first_use),
    address=lambda spec, _: f"{API}/{spec.own.repo}/releases",
    names=_names_asset,
    steps=archive_steps,
    verified_by=_verified_by,
    groups=lambda spec: {VARIANT: ("variant",) if spec.own.variants else ()},
    faults=_faults,
)
