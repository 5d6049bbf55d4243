"""Builds among the assets of a GitHub repository's releases.

A release's tag holds the version. The digest of an asset is the one in the release's
checksum file; else the one that GitHub's API reports; and if there is none, as for
assets from before June 2025, the one recorded when the asset was trusted on first use.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from toolpin.binaries.fit import best
from toolpin.errors import NotPublished, Unreachable, listed
from toolpin.model import Artifact, Build, Host, Release
from toolpin.sources import github_api, github_names, protocol, version_lists
from toolpin.sources.fields import NO_CHECKSUMS, REVISION, VARIANT
from toolpin.sources.github_names import Expected, Github
from toolpin.sources.shared_fields import (
    ARCHIVE,
    COMMON,
    WITH,
    archive_steps,
    built_for,
)
from toolpin.sources.spec import SourceSpec
from toolpin.verification import Level

if TYPE_CHECKING:  # the HTTP client's libraries are heavy
    from toolpin.cache.first_use import FirstUse
    from toolpin.cache.indexes import Indexes


class GithubSource:
    """A plugin's source of kind `github`."""

    def __init__(self, spec: SourceSpec, indexes: Indexes, first_use: FirstUse) -> None:
        self._spec = spec
        self._own: Github = spec.own
        self._first_use = first_use
        self._indexes = indexes
        self._read = indexes.read

    def releases(self, host: Host) -> list[Release]:
        """Return the versions that tags name, or the releases with the host's asset.

        Tags cost no request of the API. Releases are read if variants are chosen by
        asset, or if only the API answers.
        """
        with contextlib.suppress(NotPublished, Unreachable):
            if not self._own.variants:
                tags = version_lists.read_tags(self._indexes, self._own.repo)
                return version_lists.listed_releases(self._spec, tags, host)
        return self._with_assets(host)

    def _with_assets(self, host: Host) -> list[Release]:
        results = []
        for release in github_api.read_releases(self._indexes, self._own.repo):
            names = {asset.name for asset in release.assets}
            for version, revision in version_lists.versions_in(
                self._spec, [release.tag], host
            ).items():
                variants = self._with_variants(version, names, host)
                for edition in (*self._spec.in_editions(version), *variants):
                    spec = self._spec.at(edition, host)
                    wanted = Expected(spec, edition, host, revision).names
                    known = not names.isdisjoint(wanted)
                    if known or (variants and spec.built_for):
                        results.append(edition)
        return [Release(release) for release in dict.fromkeys(results)]

    def _with_variants(
        self, version: str, names: Iterable[str], host: Host
    ) -> list[str]:
        """Return the versions with a variant that assets of these names are for."""
        if not self._own.variants:
            return []
        spec = self._spec.at(version, host)
        shapes = [
            re.compile(shape)
            for shape in github_names.variant_shapes(spec, version, host)
        ]
        matches = [shape.fullmatch(name) for shape in shapes for name in names]
        results = {match["variant"] for match in matches if match}
        return [
            f"{version}{self._own.variants}{variant}" for variant in sorted(results)
        ]

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the single build, or one for each version of another tool."""
        return [
            build._replace(artifacts=self._files(key, host))
            for key, build in self._choices(version, host).items()
        ]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the single artifact, or the one that fits best.

        Raises NoFit if the tool that is pinned beside it is too old for all.
        """
        result = self._choices(version, host)
        chosen = best(result.items(), host, lambda pair: pair[1])
        if chosen is None:
            raise protocol.no_fit(self._spec.publisher, result.items(), host)
        return self._files(chosen[0], host)

    def _choices(self, version: str, host: Host) -> dict[str, Build]:
        """Return the variants of a plain version, and what each requires.

        Only the version itself if it names a variant, or if the plugin has none.
        """
        base, variant = github_names.split_variant(self._spec, version)
        variants: list[str] = []
        if self._spec.built_for and not variant:
            tag = Expected(self._spec.at(version, host), version, host).tag
            release = github_api.read_release(self._read, self._own.repo, tag)
            names = {asset.name for asset in release.assets}
            variants = self._with_variants(base, names, host)
        results = {}
        for choice in variants or [version]:
            values = {"variant": github_names.split_variant(self._spec, choice)[1]}
            requires = protocol.tool_requirements(self._spec.built_for, values)
            results[choice] = Build((), requires if variants else ())
        return results

    def _files(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the first of the plugin's assets that is released, and its parts.

        Raises NotPublished if there is none, NoChecksum if it has no digest.
        """
        spec = self._spec.at(version, host)
        revision = self._revision(spec, version, host)
        release = Expected(spec, version, host, revision)
        wanted = [release.names, *([part] for part in release.parts)]
        return tuple(self._artifact(release, names) for names in wanted)

    def _revision(self, spec: SourceSpec, version: str, host: Host) -> str:
        """Return the newest revision of a version, if tags have one."""
        if "{revision}" not in spec.own.tag:
            return ""
        try:
            tags = version_lists.read_tags(self._indexes, spec.own.repo)
        except (NotPublished, Unreachable):
            releases = github_api.read_releases(self._indexes, spec.own.repo)
            tags = [release.tag for release in releases]
        versions = version_lists.versions_in(self._spec, tags, host)
        base, _ = github_names.split_variant(spec, version)
        if base not in versions:
            raise NotPublished(f"{spec.own.repo} on GitHub has no {version}")
        return versions[base]

    def _artifact(self, release: Expected, names: Sequence[str]) -> Artifact:
        """Return the first of these assets that is released, with its digest."""
        if listed := self._listed(release, names):
            return listed
        repo, tag = self._own.repo, release.tag
        result = github_api.kept_release(self._indexes, repo, tag, names)
        by_name = {asset.name: asset for asset in result.assets}
        for name in names:
            if asset := by_name.get(name):
                url = github_api.download_url(repo, tag, name)
                if not asset.digest:
                    self._check_unlisted(release, name, by_name)
                    return self._first_use.artifact(url, name)
                return Artifact(
                    url, github_api.api_digest(asset, url), asset.size_bytes, name
                )
        raise NotPublished(
            f"{repo} {tag} on GitHub has no build for {release.host}",
            [("wanted", ", ".join(names))],
        )

    def _check_unlisted(
        self, release: Expected, name: str, released: Collection[str]
    ) -> None:
        """Check that no checksum file of the release should list an asset.

        A checksum file that is released and cannot be downloaded must not make its
        asset one without a checksum. Raises Unreachable.
        """
        checksums = release.checksums(name)
        if checksums in released:
            place = github_api.download_url(self._own.repo, release.tag, checksums)
            with listed(checksums):
                self._read(place, max_bytes=protocol.CHECKSUMS_BYTES)

    def _listed(self, release: Expected, names: Sequence[str]) -> Artifact | None:
        """Return the first asset that a checksum file of the release lists, if any."""
        repo, tag = self._own.repo, release.tag
        template = release.spec.own.checksums_asset
        for name in names if template else ():
            place = github_api.download_url(repo, tag, release.checksums(name))
            try:
                alone = "{asset}" in template
                digest = protocol.stated_digest(self._read, place, name, alone=alone)
            except NotPublished:
                continue
            return Artifact(
                github_api.download_url(repo, tag, name), digest, None, name
            )
        return None


def _faults(spec: SourceSpec) -> Iterator[protocol.Fault]:
    own: Github = spec.own
    if own.checksums == NO_CHECKSUMS and own.checksums_asset:
        what = f"source {spec.id} cannot have `checksums` none"
        yield protocol.Fault("checksums", what, (("expected", "no `checksums_asset`"),))


KIND = protocol.Kind(
    own=Github,
    fields={**COMMON, **ARCHIVE, **WITH, **built_for(VARIANT), **github_names.FIELDS},
    needs=("repo", "assets"),
    open=lambda spec, on: GithubSource(spec, on.indexes, on.first_use),
    address=lambda spec, _: f"{github_api.API}/{spec.own.repo}/releases",
    names=github_names.names_assets,
    steps=archive_steps,
    level=lambda _: Level.CHECKSUM,
    groups=lambda spec: {
        VARIANT: ("variant",) if spec.own.variants else (),
        REVISION: ("revision",) if "{revision}" in spec.own.tag else (),
    },
    faults=_faults,
)
