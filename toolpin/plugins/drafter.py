"""Turns a GitHub repository's release into a plugin's TOML, by inspecting a build.

One archive is downloaded, verified and unpacked into a temporary directory, to find its
programs. None of them runs, and nothing is installed.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolpin.archive.unpack import unpack
from toolpin.cache.verified import Cache
from toolpin.digests import parse_checksums
from toolpin.errors import NotPublished, ToolpinError
from toolpin.model import Artifact, Host, TreeFile
from toolpin.plugins import draft
from toolpin.plugins.tool_file import parse_tool
from toolpin.sources.clients import Clients
from toolpin.sources.github_api import GithubRelease, api_digest, download_url
from toolpin.system.directory_tree import temporary

# Files next to an asset with only its digest.
_ENDINGS = (".sha256", ".sha256sum", ".sha512")


class Drafter:
    """Drafts plugins on this machine, for all hosts."""

    def __init__(self, clients: Clients, cache: Cache, host: Host) -> None:
        self._clients = clients
        self._cache = cache
        self._host = host

    def draft(self, name: str, repo: str, tag: str = "") -> str:
        """Return the TOML of a plugin for the repository's releases.

        Raises ToolpinError if a release's assets cannot be distinguished, or if none of
        them has a published digest.
        """
        release = self._clients.release(repo, tag)
        version = draft.version_in(release.tag)
        names = [asset.name for asset in release.assets]
        chosen = draft.choose_assets(names)
        if not chosen:
            raise draft.no_archives(repo, release.tag, names)
        naming = draft.name_assets(chosen, release.tag, version)
        chosen = {host: chosen[host] for host in naming.hosts}
        sample = chosen.get(str(self._host)) or next(iter(chosen.values()))
        listed = self._checksums(repo, release, sorted(set(chosen.values())))
        artifact = self._artifact(repo, release, sample, listed)
        layout = draft.read_layout(self._files(artifact), (name, repo.split("/")[1]))
        checksums = listed.replace(version, "{version}")
        text = draft.render_draft(draft.Draft(name, repo, naming, checksums, layout))
        parse_tool(text, f"the draft of {name}")
        return text

    def _checksums(
        self, repo: str, release: GithubRelease, names: Sequence[str]
    ) -> str:
        """Return the asset that lists a digest of each of the names, "" for none.

        Or the name pattern of files with one digest each. It is preferred to the
        digests of GitHub's API, which limits the requests per address and hour.
        """
        released = {asset.name for asset in release.assets}
        for end in _ENDINGS:
            if released.issuperset(f"{name}{end}" for name in names):
                return f"{{asset}}{end}"
        for candidate in draft.checksum_names(released):
            place = download_url(repo, release.tag, candidate)
            text = self._clients.document(place)
            try:
                for name in names:
                    parse_checksums(text, name, place)
            except ToolpinError:
                continue
            return candidate
        return ""

    def _artifact(
        self, repo: str, release: GithubRelease, name: str, checksums: str
    ) -> Artifact:
        asset = next(asset for asset in release.assets if asset.name == name)
        url = download_url(repo, release.tag, name)
        if checksums:
            file = checksums.replace("{asset}", name)
            place = download_url(repo, release.tag, file)
            text = self._clients.document(place)
            digest = parse_checksums(text, name, place, alone="{asset}" in checksums)
        else:
            try:
                digest = api_digest(asset, url)
            except NotPublished as error:
                raise ToolpinError(
                    f"{repo} {release.tag} publishes no SHA-256 that toolpin can read",
                    error.facts,
                ) from error
        return Artifact(url, digest, asset.size_bytes, name)

    def _files(self, artifact: Artifact) -> tuple[TreeFile, ...]:
        path = self._cache.fetch(artifact, self._clients.download, lambda *_: None)
        with temporary("toolpin-draft-") as directory:
            return unpack(path, artifact.filename, directory)
