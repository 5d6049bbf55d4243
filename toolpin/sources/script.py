"""The source of kind `script`: an asdf plugin, which lists versions.

Its artifact is the plugin itself. What its scripts download has no digest.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from toolpin.errors import NotPublished, ToolpinError, Unreachable
from toolpin.model import Artifact, Build, Digest, Host, Release, Scripted
from toolpin.sources.protocol import Kind
from toolpin.verification import Level

if TYPE_CHECKING:  # they load what runs git
    from toolpin.plugins.asdf.git_client import Git, Identity
    from toolpin.plugins.asdf.script_runner import Scripts

NAME = "script"


class Script(NamedTuple):
    """The fields of an asdf source: its tool, and its directory of scripts."""

    plugin: str
    directory: str


class ScriptSource:
    """A scripted plugin, as a source."""

    def __init__(self, scripts: Scripts, git: Git, *, offline: bool) -> None:
        self._scripts = scripts
        self._git = git
        self._offline = offline
        self._listed: list[str] | None = None
        self._identity: Identity | None = None
        self._lock = threading.Lock()  # a lock queries several hosts at once

    def releases(self, host: Host) -> list[Release]:  # noqa: ARG002 - Source's shape
        """Return what the plugin lists, in its order."""
        return [Release(version) for version in self._versions()]

    def latest(self, query: str) -> str | None:
        """Return what the plugin calls the newest stable version of a query."""
        self._go_online()
        return self._scripts.latest(query)

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:  # noqa: ARG002 - Source's shape
        """Return the current state of the plugin, even for an unlisted version."""
        return (artifact_of(self._scripts.name, self._read_identity()),)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one build of a version that the plugin lists, or of a ref.

        Raises ToolpinError for a plugin with uncommitted changes.
        """
        name = self._scripts.name
        identity = self._read_identity()
        hint = f"toolpin plugin diff {name}"
        identity.check_committed(name, self._scripts.directory, hint)
        from toolpin.plugins.asdf.spelling import kind_of

        if kind_of(version)[0] != "ref" and version not in self._versions():
            raise NotPublished(f"{name}'s plugin lists no {version}")
        return [Build(self.artifacts(version, host))]

    def _read_identity(self) -> Identity:
        with self._lock:
            if self._identity is None:
                self._identity = self._git.identity(self._scripts.directory)
            return self._identity

    def _versions(self) -> list[str]:
        with self._lock:
            if self._listed is None:
                self._go_online()
                try:
                    self._listed = self._scripts.list_all()
                except ToolpinError as error:
                    raise Unreachable(error.what, error.facts, error.hint) from error
            return self._listed

    def _go_online(self) -> None:
        if self._offline:
            raise Unreachable(
                f"{self._scripts.name}'s plugin was not run: toolpin is offline",
                [("reason", "--offline, TOOLPIN_OFFLINE or `offline` in config.toml")],
            )


def artifact_of(name: str, identity: Identity) -> Artifact:
    """Return a plugin's artifact in lockfiles and receipts: its commit and files."""
    where = f"{identity.url}@{identity.commit}"
    kind, text = "git", quote(where, safe="/:@%~+=&?#,;!$'()*")
    if identity.is_directory:
        kind, text = "folder", f"{name}@{identity.commit or 'files'}"
    digest = Digest("sha256", identity.sha256)
    return Artifact(f"{kind}:{text}", digest, None, text.rpartition("/")[2])


def address_of(artifact: Artifact) -> tuple[str, str]:
    """Return the URL and the commit that an artifact names; no URL for a directory."""
    kind, _, text = artifact.locator.partition(":")
    url, _, commit = text.rpartition("@")
    return ("" if kind == "folder" else url), commit


def _is_plugin(artifacts: tuple[Artifact, ...]) -> bool:
    schemes = [artifact.locator.partition(":")[0] for artifact in artifacts]
    return schemes in (["git"], ["folder"])


KIND = Kind(
    own=Script,
    fields={},
    needs=(),
    open=lambda spec, on: on.scripts(spec.own.plugin),
    address=lambda *_: "",
    names=lambda _, artifacts, *__: _is_plugin(artifacts),
    steps=lambda spec, *_: [Scripted(spec.own.directory)],
    level=lambda _: Level.PLUGIN_ONLY,
    is_local=True,
)
