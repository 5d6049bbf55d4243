"""The fields of a GitHub source, and the tags and assets that it expects."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from toolpin.model import Artifact, Host
from toolpin.sources.fields import (
    HOST_VALUES,
    REVISION,
    VARIANT,
    VERSION_WORDS,
    Field,
    read_asset,
    read_assets,
    read_checksums,
    read_repo,
    read_text,
)
from toolpin.sources.github_api import download_url
from toolpin.sources.protocol import fill, shape_of
from toolpin.sources.shared_fields import TAG, part_names
from toolpin.sources.spec import SourceSpec, in_edition
from toolpin.sources.version_lists import tag_shape

_VARIANT = "[A-Za-z0-9.]+"


_FILLED = (*VERSION_WORDS, HOST_VALUES, VARIANT, REVISION)


class Github(NamedTuple):
    """The fields that only kind `github` has."""

    repo: str
    tag: str
    assets: tuple[str, ...]
    parts: tuple[str, ...]
    checksums_asset: str
    checksums: str
    variants: str


FIELDS: dict[str, Field] = {
    "repo": Field(read_repo, "OWNER/NAME", "the repository on GitHub", ""),
    "tag": TAG._replace(default="v{version}"),
    "assets": Field(
        read_assets,
        "a list of file names",
        "the builds of a version: the first that is released is used",
        (),
        holds=_FILLED,
    ),
    "parts": Field(
        read_assets,
        "a list of file names",
        "further archives of a version, unpacked over the first in the same way: "
        '`parts = ["cargo-{version}-{triple}.tar.xz"]`',
        (),
        holds=_FILLED,
    ),
    "checksums_asset": Field(
        read_asset,
        "a file name",
        "the SHA-256 or SHA-512 list of a release, or of one {asset} alone: "
        "`{asset}.sha256`; if it is missing or does not list the asset, the checksum "
        "that GitHub reports is used",
        "",
        holds=("asset", *_FILLED),
    ),
    "checksums": Field(
        read_checksums,
        "none",
        "`none` where no checksum is published: an install then requires "
        "--trust-on-first-use, which records the checksum that it had. An asset "
        "without a checksum requires it in any case",
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


class Expected(NamedTuple):
    """The names that a plugin expects in one release, at its version, for a host."""

    spec: SourceSpec
    version: str
    host: Host
    revision: str

    @property
    def tag(self) -> str:
        """The release's tag."""
        return tag_of(self.spec, self.version, self.revision)

    @property
    def names(self) -> list[str]:
        """The names of assets to look for, in order of preference."""
        return asset_names(self.spec, self.version, self.host, self.revision)

    def checksums(self, asset: str) -> str:
        """Return the name of the checksum file that lists an asset."""
        values = values_of(self.spec, self.version, self.host, self.revision)
        return fill(self.spec.own.checksums_asset, {**values, "asset": asset})


def names_assets(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    """Return whether a source would name these artifacts, of any single revision."""
    if len(artifacts) != 1 + len(spec.own.parts):
        return False
    revision = _revision_in(spec, artifacts[0], version)
    values = values_of(spec, version, host, revision)
    expected = [artifacts[0].filename, *part_names(spec.own.parts, values)]
    known = expected[0] in asset_names(spec, version, host, revision)
    if spec.built_for and not split_variant(spec, version)[1]:
        shapes = variant_shapes(spec, version, host)
        known = known or any(re.fullmatch(shape, expected[0]) for shape in shapes)
    tag = tag_of(spec, version, revision)
    urls = [download_url(spec.own.repo, tag, name) for name in expected]
    named = [(artifact.locator, artifact.filename) for artifact in artifacts]
    return known and named == list(zip(urls, expected, strict=True))


def _revision_in(spec: SourceSpec, artifact: Artifact, version: str) -> str:
    """Return the revision in the tag of an asset's URL, "" if tags have none."""
    if "{revision}" not in spec.own.tag:
        return ""
    tag = unquote(artifact.locator.rpartition("/download/")[2].rpartition("/")[0])
    match = re.fullmatch(tag_shape(spec.own.tag, split_variant(spec, version)[0]), tag)
    return match["revision"] if match else ""


def variant_shapes(spec: SourceSpec, version: str, host: Host) -> list[str]:
    """Return the patterns of the assets with a variant, for any variant."""
    own: Github = spec.own
    values = spec.values(host, version=split_variant(spec, version)[0])
    return [
        shape_of(template, values, _VARIANT)
        for template in own.assets
        if "{variant}" in template
    ]


def chooses_variant(spec: SourceSpec, version: str) -> bool:
    """Return whether a version leaves the choice of a variant to toolpin."""
    own = spec.own
    chooses = isinstance(own, Github) and own.variants and spec.built_for
    return bool(chooses) and own.variants not in version


def tag_of(spec: SourceSpec, version: str, revision: str = "") -> str:
    """Return the tag of a version's release."""
    own: Github = spec.own
    base, _ = split_variant(spec, version)
    return fill(own.tag, {"version": base, "revision": revision})


def asset_names(
    spec: SourceSpec, version: str, host: Host, revision: str = ""
) -> list[str]:
    """Return the assets to look for: those with a variant in them, or the others."""
    own: Github = spec.own
    variant = split_variant(spec, version)[1]
    values = values_of(spec, version, host, revision)
    return [
        fill(template, values)
        for template in own.assets
        if not own.variants or ("{variant}" in template) == bool(variant)
    ]


def values_of(
    spec: SourceSpec, version: str, host: Host, revision: str
) -> dict[str, str]:
    """Return the placeholder values for the names of a version's assets."""
    edition, _ = spec.split_edition(version)
    base, variant = split_variant(spec, version)
    base = in_edition(edition, base)
    return spec.values(host, version=base, variant=variant, revision=revision)


def split_variant(spec: SourceSpec, version: str) -> tuple[str, str]:
    """Return `1.17.3` and `27` of `1.17.3-otp-27`, if the plugin has variants."""
    own: Github = spec.own
    _, version = spec.split_edition(version)
    if not own.variants:
        return version, ""
    base, _, variant = version.partition(own.variants)
    return base, variant
