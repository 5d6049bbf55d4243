"""The fields of a GitHub source, and the tags and assets that it expects."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from toolpin.model import Artifact, Host
from toolpin.sources import fields
from toolpin.sources.fields import Field
from toolpin.sources.github_api import download_url
from toolpin.sources.protocol import fill, shape_of
from toolpin.sources.shared_fields import TAG
from toolpin.sources.spec import SourceSpec, in_edition
from toolpin.sources.version_lists import tag_shape

_VARIANT = "[A-Za-z0-9.]+"


_FILLED = (*fields.VERSION_WORDS, fields.HOST_VALUES, fields.VARIANT, fields.REVISION)


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
    "repo": Field(fields.read_repo, "OWNER/NAME", "the repository on GitHub", ""),
    "tag": TAG._replace(default="v{version}"),
    "assets": Field(
        fields.read_assets,
        "a list of file names",
        "the builds of a version: the first that is released is used",
        (),
        holds=_FILLED,
    ),
    "parts": Field(
        fields.read_assets,
        "a list of file names",
        "further archives of a version, unpacked over the first in the same way: "
        '`parts = ["cargo-{version}-{triple}.tar.xz"]`',
        (),
        holds=_FILLED,
    ),
    "checksums_asset": Field(
        fields.read_asset,
        "a file name",
        "the SHA-256 or SHA-512 list of a release, or of one {asset} alone: "
        "`{asset}.sha256`; if it is missing or does not list the asset, the checksum "
        "that GitHub reports is used",
        "",
        holds=("asset", *_FILLED),
    ),
    "checksums": Field(
        fields.read_checksums,
        "none",
        "`none` where no checksum is published: an install then requires "
        "--trust-on-first-use, which records the checksum that it had. An asset "
        "without a checksum requires it in any case",
        "",
    ),
    "variants": Field(
        fields.read_text,
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
    revision: str = ""

    @property
    def tag(self) -> str:
        """The release's tag."""
        base, _ = split_variant(self.spec, self.version)
        return fill(self.spec.own.tag, {"version": base, "revision": self.revision})

    @property
    def names(self) -> list[str]:
        """The names of assets to look for, in order of preference.

        Those with a variant in them for a version with one, else the others.
        """
        own: Github = self.spec.own
        variant = split_variant(self.spec, self.version)[1]
        return [
            fill(template, self.values)
            for template in own.assets
            if not own.variants or ("{variant}" in template) == bool(variant)
        ]

    @property
    def parts(self) -> list[str]:
        """The names of the further archives."""
        return [fill(template, self.values) for template in self.spec.own.parts]

    @property
    def values(self) -> dict[str, str]:
        """The placeholder values for the names of assets."""
        edition, _ = self.spec.split_edition(self.version)
        base, variant = split_variant(self.spec, self.version)
        return self.spec.values(
            self.host,
            version=in_edition(edition, base),
            variant=variant,
            revision=self.revision,
        )

    def checksums(self, asset: str) -> str:
        """Return the name of the checksum file that lists an asset."""
        return fill(self.spec.own.checksums_asset, {**self.values, "asset": asset})


def names_assets(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    """Return whether a source would name these artifacts, of any single revision."""
    if len(artifacts) != 1 + len(spec.own.parts):
        return False
    revision = _revision_in(spec, artifacts[0], version)
    release = Expected(spec, version, host, revision)
    names = [artifacts[0].filename, *release.parts]
    known = names[0] in release.names
    if spec.built_for and not split_variant(spec, version)[1]:
        shapes = variant_shapes(spec, version, host)
        known = known or any(re.fullmatch(shape, names[0]) for shape in shapes)
    urls = [download_url(spec.own.repo, release.tag, name) for name in names]
    named = [(artifact.locator, artifact.filename) for artifact in artifacts]
    return known and named == list(zip(urls, names, strict=True))


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


def split_variant(spec: SourceSpec, version: str) -> tuple[str, str]:
    """Return `1.17.3` and `27` of `1.17.3-otp-27`, if the plugin has variants."""
    own: Github = spec.own
    _, version = spec.split_edition(version)
    if not own.variants:
        return version, ""
    base, _, variant = version.partition(own.variants)
    return base, variant
