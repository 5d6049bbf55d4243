"""The clients of every kind of source, for one machine and one user.

Opens a plugin's source by its kind, and downloads an artifact by its locator's scheme.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence

from toolpin.archive.unpack import unpack
from toolpin.cache.first_use import FirstUse
from toolpin.cache.indexes import Indexes
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NotPublished, Offline, listed
from toolpin.http.credentials import Credentials
from toolpin.http.fetch import Fetcher, Limits
from toolpin.model import Artifact, Host
from toolpin.plugins.asdf.git_client import Git
from toolpin.plugins.asdf.script_runner import Scripts
from toolpin.sources.apt_client import AptClient
from toolpin.sources.gh import gh_token
from toolpin.sources.github_api import GithubRelease, read_release
from toolpin.sources.kinds import KINDS
from toolpin.sources.npm_client import NpmClient
from toolpin.sources.npm_finder import NpmFinder
from toolpin.sources.patchelf import patchelf_for
from toolpin.sources.private_tools import PrivateTools
from toolpin.sources.protocol import Progress, Services, Source
from toolpin.sources.pypi_client import PypiClient
from toolpin.sources.script import ScriptSource
from toolpin.sources.spec import SourceSpec
from toolpin.system.paths import home_directory, open_regular


class Clients:
    """The clients that query sources and download from them.

    `helpers` is the directory of toolpin's private programs.
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
        limits = Limits(
            connect_timeout_s=settings.connect_timeout_s,
            stall_timeout_s=settings.stall_timeout_s,
        )
        self._fetcher = Fetcher(
            settings.rewrite,
            limits,
            Credentials(
                env,
                home=home_directory(env),
                tokens=dict(settings.credentials),
                gh_token=lambda: gh_token(env),
            ),
        )
        self.first_use = FirstUse(
            cache, self._fetcher, remark, allowed=settings.trust_on_first_use
        )
        pypi = PypiClient(env, cache, limits)
        self._host = host
        self._helpers = PrivateTools(helpers, host, cache, pypi.download)
        finder = NpmFinder(env, host, self._helpers)
        self._services = Services(
            Indexes(self._fetcher, cache, settings.rewrite),
            self.first_use,
            pypi,
            NpmClient(env, lambda: finder.find(remark)),
            finder,
            AptClient(env, f"{helpers}/apt"),
            self._script_source,
        )

    def open(self, spec: SourceSpec) -> Source:
        """Return the source that a plugin describes. Offline that is Unreachable.

        Except a scripted plugin, which is on this machine.
        """
        kind = KINDS[spec.kind]
        if not kind.is_local:
            self._go_online(spec.id)
        return kind.open(spec, self._services)

    def configured(self, spec: SourceSpec) -> str:
        """Return what a source's own client is configured for, "" for its default.

        Raises Unreachable without a client. Nothing is downloaded.
        """
        client = KINDS[spec.kind].client
        return client.configured(self._services) if client else ""

    def _script_source(self, name: str) -> ScriptSource:
        """Return a scripted plugin as a source: always the same object."""
        if self._scripts is None:
            raise NotPublished(f"there is no support for running the scripts of {name}")
        if name not in self._plugins:
            self._plugins[name] = ScriptSource(
                self._scripts(name), self.git, offline=self._offline
            )
        return self._plugins[name]

    def latest(self, spec: SourceSpec, query: str) -> str | None:
        """Return what a source itself reports as latest; None if it does not."""
        source = self.open(spec) if KINDS[spec.kind].is_local else None
        return source.latest(query) if isinstance(source, ScriptSource) else None

    def release(self, repo: str, tag: str = "") -> GithubRelease:
        """Return a GitHub release, the latest without a tag."""
        self._go_online("github.com")
        return read_release(self._services.indexes.read, repo, tag)

    def patchelf(self) -> str:
        """Return the path of the private patchelf."""
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
        return self._services.npm.artifact(package, version)

    def packages(
        self, suite: str, names: Sequence[str], host: Host
    ) -> tuple[Artifact, ...]:
        """Return packages of a Debian suite. Raises NotPublished, Unreachable."""
        self._go_online(f"Debian {suite}")
        return self._services.apt.artifacts(suite, names, host)

    def packaged(self, package: str, path: str) -> bytes:
        """Return a file of the latest version of an npm package, after a digest check.

        Raises NotPublished, Unreachable or Mismatch.
        """
        self._go_online(package)
        npm = self._services.npm
        artifact = npm.artifact(package)
        archive = self._cache.fetch(artifact, npm.download, lambda *_: None)
        with tempfile.TemporaryDirectory(prefix="toolpin-npm-") as directory:
            unpack(archive, artifact.filename, directory, strip=1)
            try:
                with open_regular(os.path.join(directory, path)) as file:
                    return file.read()
            except OSError as error:
                raise NotPublished(f"{artifact.filename} has no {path}") from error

    def download(self, artifact: Artifact, part: str, progress: Progress) -> None:
        """Download an artifact to the file `part`, from its locator.

        Raises Unreachable for one that its source named and does not have.
        """
        self._go_online(artifact.filename)
        scheme = artifact.locator.partition(":")[0]
        if scheme == "https":
            with listed(artifact.filename):
                self._fetcher.download(artifact, part, progress)
        elif scheme == "pypi":
            self._services.pypi.download(artifact, part, progress)
        elif scheme == "npm":
            self._services.npm.download(artifact, part, progress)
        elif scheme == "deb":
            self._services.apt.download(artifact, part)
        elif scheme in ("git", "folder"):
            raise NotPublished(
                "files created by a plugin's scripts are not in any archive",
                [("plugin", artifact.locator)],
                None,
            )
        else:
            raise NotPublished(f"{artifact.locator} is of an unknown kind")

    def _go_online(self, what: str) -> None:
        """Raise Offline if toolpin is offline."""
        if self._offline:
            raise Offline(
                f"{what} was not fetched: toolpin is offline",
                [("reason", "--offline, TOOLPIN_OFFLINE or `offline` in config.toml")],
            )
