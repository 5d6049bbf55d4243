"""The clients of every kind of source, put together for one machine and one user.

Opens a plugin's source by its kind, and downloads an artifact by its locator's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence

from toolpin.archive.unpack import unpack
from toolpin.cache.first_use import FirstUse
from toolpin.cache.indexes import Indexes
from toolpin.cache.verified import Cache
from toolpin.errors import NotPublished, Offline, Unreachable
from toolpin.http.credentials import Credentials
from toolpin.http.fetch import Fetcher, Limits
from toolpin.model import Artifact, Build, Host, Release
from toolpin.paths import home_folder, open_regular
from toolpin.plugin.contract import SourceSpec
from toolpin.plugin.script import KIND
from toolpin.scripts.gitrepo import Git
from toolpin.scripts.running import Scripts
from toolpin.settings.read import Settings
from toolpin.sources.apt_client import AptClient
from toolpin.sources.contract import Progress, Source, fill
from toolpin.sources.debian import DebianCode, DebianSource
from toolpin.sources.github import (
    GithubRelease,
    GithubSource,
    names_asset,
    read_release,
)
from toolpin.sources.helper import Helpers
from toolpin.sources.http import HttpSource
from toolpin.sources.lines import LinesSource, names_build
from toolpin.sources.npm import NpmClient
from toolpin.sources.npm_client import NpmFinder
from toolpin.sources.patchelf import patchelf_for
from toolpin.sources.pypi import PypiClient
from toolpin.sources.script import ScriptSource
from toolpin.versions import sort_key


def is_named_by(spec: SourceSpec, artifact: Artifact, version: str, host: Host) -> bool:
    """Tell whether a source would name this artifact for a version, by its locator."""
    values = {**spec.hosts[str(host)], "version": version}
    if spec.kind == "http":
        urls = [fill(template, values) for template in spec.artifacts]
        return artifact.locator in urls and artifact.filename in artifact.locator
    if spec.kind == "lines":
        return names_build(spec, artifact, version, host)
    if spec.kind == "github":
        return names_asset(spec, artifact, version, host)
    package = fill(spec.package, values)
    if spec.kind == "pypi":
        head, _, packaged = artifact.locator.partition("==")
        packaged, _, filename = packaged.partition("#")
        return (
            head == f"pypi:{package}"
            and filename == artifact.filename
            and _cut(packaged, spec.numbers) == version
        )
    return artifact.locator == f"npm:{package}@{version}"


class Clients:
    """What is needed to query any source and to download from it.

    `helpers` is the directory for what serves toolpin alone.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        env: Mapping[str, str],
        host: Host,
        cache: Cache,
        helpers: str,
        remark: Callable[[str], None],
        scripts: Callable[[str], Scripts] | None = None,
    ) -> None:
        self.remark = remark
        self._offline = settings.offline
        self._cache = cache
        self._scripts = scripts
        self._plugins: dict[str, ScriptSource] = {}
        self.git = Git(env, settings.rewrite, offline=settings.offline)
        self._fetcher = Fetcher(
            settings.rewrite,
            Limits(
                connect_timeout_s=settings.connect_timeout_s,
                stall_timeout_s=settings.stall_timeout_s,
            ),
            Credentials(env, home=home_folder(env), tokens=dict(settings.credentials)),
        )
        self.first_use = FirstUse(
            cache, self._fetcher, remark, allowed=settings.trust_on_first_use
        )
        self._indexes = Indexes(self._fetcher, cache, settings.rewrite)
        self._pypi = PypiClient(env)
        self._apt = AptClient(env, f"{helpers}/apt")
        self._host = host
        self._helpers = Helpers(helpers, host, cache, self._pypi.download)
        self._finder = finder = NpmFinder(env, host, self._helpers)
        self._npm = NpmClient(env, lambda: finder.find(remark))

    def open(self, spec: SourceSpec) -> Source:  # noqa: PLR0911 - a line a kind
        """Return the source that a plugin describes. Offline that is Unreachable.

        But for a plugin of scripts: what it is itself is here.
        """
        if spec.kind == KIND:
            return self.scripted(spec)
        self._go_online(spec.id)
        if spec.kind == "http":
            return HttpSource(spec, self._fetcher, self._indexes, self.first_use)
        if spec.kind == "lines":
            return LinesSource(spec, self._indexes, self._apt, self.first_use)
        if spec.kind == "github":
            return GithubSource(spec, self._fetcher, self._indexes, self.first_use)
        if spec.kind == "pypi":
            return _PypiSource(spec, self._pypi)
        if spec.kind == "debian":
            return (DebianCode if spec.build else DebianSource)(spec, self._apt)
        return _NpmSource(spec, self._npm)

    def configured(self, spec: SourceSpec) -> str | None:
        """Return what a source's own client is set up for, "" for its default.

        None where toolpin asks by itself. Raises Unreachable where there is no client:
        nothing is downloaded for an answer.
        """
        if spec.kind == "pypi":
            return self._pypi.index()
        if spec.kind == "npm":
            if not self._finder.is_here():
                raise Unreachable("there is no npm on this machine to ask with")
            return self._npm.registry()
        return self._apt.find_mirror() if spec.kind == "debian" else None

    def scripted(self, spec: SourceSpec) -> ScriptSource:
        """Return a plugin of scripts as a source: one, whoever asks for it."""
        if self._scripts is None:
            raise NotPublished(f"nothing here runs the scripts of {spec.package}")
        name = spec.package
        if name not in self._plugins:
            self._plugins[name] = ScriptSource(
                self._scripts(name), self.git, offline=self._offline
            )
        return self._plugins[name]

    def latest(self, spec: SourceSpec, query: str) -> str | None:
        """Return what a source itself calls its latest; None for one that does not."""
        return self.scripted(spec).latest(query) if spec.kind == KIND else None

    def release(self, repo: str, tag: str = "") -> GithubRelease:
        """Return a GitHub release, the latest without a tag."""
        self._go_online("github.com")
        return read_release(self._fetcher, repo, tag)

    def patchelf(self) -> str:
        """Return the path of a private patchelf."""
        directory = self._helpers.provide(patchelf_for(self._host))
        return f"{directory}/patchelf"

    def document(self, url: str) -> str:
        """Return a small text, such as a checksum file."""
        self._go_online(url)
        content = self._fetcher.document(url, max_bytes=1 << 20)
        return content.decode("utf-8", "replace")

    def companion(self, package: str, version: str) -> Artifact:
        """Return the npm package that completes a source's main one."""
        self._go_online(package)
        return self._npm.artifact(package, version)

    def packages(
        self, suite: str, names: Sequence[str], host: Host
    ) -> tuple[Artifact, ...]:
        """Return packages of a Debian suite. Raises NotPublished, Unreachable."""
        self._go_online(f"Debian {suite}")
        return self._apt.artifacts(suite, names, host)

    def packaged(self, package: str, path: str) -> bytes:
        """Return a file of the latest version of an npm package, whose digest holds.

        Raises NotPublished, Unreachable or Mismatch.
        """
        self._go_online(package)
        artifact = self._npm.artifact(package)
        archive = self._cache.fetch(artifact, self._npm.download, lambda *_: None)
        with tempfile.TemporaryDirectory(prefix="toolpin-npm-") as folder:
            unpack(archive, artifact.filename, folder, strip=1)
            try:
                with open_regular(os.path.join(folder, path)) as file:
                    return file.read()
            except OSError as error:
                raise NotPublished(f"{artifact.filename} has no {path}") from error

    def download(self, artifact: Artifact, part: str, progress: Progress) -> None:
        """Download an artifact to the file `part`, from where its locator says."""
        self._go_online(artifact.filename)
        scheme = artifact.locator.partition(":")[0]
        if scheme == "https":
            self._fetcher.download(artifact, part, progress)
        elif scheme == "pypi":
            self._pypi.download(artifact, part, progress)
        elif scheme == "npm":
            self._npm.download(artifact, part, progress)
        elif scheme == "deb":
            self._apt.download(artifact, part)
        elif scheme in ("git", "folder"):
            raise NotPublished(
                "what a plugin's scripts have made is in no archive",
                [("plugin", artifact.locator)],
                "toolpin uninstall TOOL VERSION, then install it anew",
            )
        else:
            raise NotPublished(f"{artifact.locator} is of no known kind")

    def _go_online(self, what: str) -> None:
        """Raise Offline where nobody may be asked."""
        if self._offline:
            raise Offline(
                f"{what} is not asked for: toolpin is offline",
                [("because", "--offline, TOOLPIN_OFFLINE or `offline` in config.toml")],
            )


class _PypiSource:
    """A plugin's source of kind `pypi`."""

    def __init__(self, spec: SourceSpec, client: PypiClient) -> None:
        self._spec = spec
        self._client = client

    def releases(self, host: Host) -> list[Release]:
        known = self._client.versions(self._package(host), host)
        cut = dict.fromkeys(_cut(version, self._spec.numbers) for version in known)
        return [Release(version) for version in cut]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        packaged = self._packaged(version, host)
        return (self._client.artifact(self._package(host), packaged, host),)

    def builds(self, version: str, host: Host) -> list[Build]:
        packaged = self._packaged(version, host)
        return self._client.builds(self._package(host), packaged, host)

    def _packaged(self, version: str, host: Host) -> str:
        """Return the packager's newest version of the tool's."""
        numbers = self._spec.numbers
        if not numbers:
            return version
        known = self._client.versions(self._package(host), host)
        same = [one for one in known if _cut(one, numbers) == version]
        return max(same, key=sort_key, default=version)

    def _package(self, host: Host) -> str:
        return fill(self._spec.package, self._spec.hosts[str(host)])


class _NpmSource:
    """A plugin's source of kind `npm`."""

    def __init__(self, spec: SourceSpec, client: NpmClient) -> None:
        self._spec = spec
        self._client = client

    def releases(self, host: Host) -> list[Release]:
        found = self._client.versions(self._package(host))
        return [Release(version) for version in found]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        return (self._client.artifact(self._package(host), version),)

    def builds(self, version: str, host: Host) -> list[Build]:
        return [Build(self.artifacts(version, host))]

    def _package(self, host: Host) -> str:
        return fill(self._spec.package, self._spec.hosts[str(host)])


def _cut(version: str, numbers: int) -> str:
    """Return a package's version without the packager's own numbers."""
    return ".".join(version.split(".")[:numbers]) if numbers else version
