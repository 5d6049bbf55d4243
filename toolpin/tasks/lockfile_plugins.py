"""Provides the asdf plugins that a lockfile names, at their commit.

They are fetched only from where the settings or the command line allow; otherwise one
error names all missing ones, each with its command. An existing install needs no
plugin.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import Refused, ToolpinError
from toolpin.lockfile.document import Entry
from toolpin.lockfile.scope import LockfileRequest
from toolpin.model import Artifact, Request
from toolpin.plugins.asdf.address import Address, parse_address
from toolpin.plugins.plugin_directories import PluginDirectories
from toolpin.plugins.script_plugin import SOURCE, is_scripted
from toolpin.resolver.local_resolution import lockfile_for, to_provide
from toolpin.resolver.locked_resolution import resolve_locked
from toolpin.sources.script import address_of
from toolpin.store import installs


class _Need(NamedTuple):
    """A locked plugin, and its origin.

    With `counts` it is installed, at any commit; `replaces` is the tool's plugin of
    another kind.
    """

    name: str
    artifact: Artifact
    place: str
    counts: bool
    replaces: bool
    is_changed: bool

    @property
    def url(self) -> str:
        """Where it is fetched from, "" for a directory."""
        return address_of(self.artifact)[0]

    @property
    def command(self) -> str:
        """The command that adds it."""
        url, commit = address_of(self.artifact)
        if self.counts and url:
            force = " --force" if self.is_changed else ""
            return f"toolpin plugin update {self.name} {shlex.quote(commit)}{force}"
        place = shlex.quote(f"{url}@{commit}") if url else "DIRECTORY"
        return f"toolpin plugin add {self.name} {place}"


def provide(requests: Sequence[Request], app: App, *, allowed: bool) -> None:
    """Provide the locked plugins for these requests.

    `allowed` lets all of them be fetched. Raises ToolpinError that names the missing
    ones. None replaces a plugin of another kind: that would affect all projects.
    """
    needs = list(_needs(requests, app))
    if not needs:
        return
    prefixes = app.settings.allow_plugins
    missing = [
        need for need in needs if not (allowed or _is_allowed(need.url, prefixes))
    ]
    by_hand = [need for need in needs if need.replaces or not need.url]
    missing += [need for need in by_hand if need not in missing]
    if missing:
        facts = [(f"{need.name} ({need.place})", need.command) for need in missing]
        facts += [
            (need.name, "a different plugin of that name is installed for all projects")
            for need in missing
            if need.replaces
        ]
        what = "a plugin is" if len(missing) == 1 else f"{len(missing)} plugins are"
        raise ToolpinError(
            f"{what} not installed as locked",
            facts,
            None if by_hand else "toolpin install --allow-plugins",
        )
    directories = app.plugin_directories
    for need in needs:
        _fetch(need, directories, app)
    app.reload_plugins()


def as_if_installed(requests: Sequence[Request], app: App) -> App:
    """Return the context as if the locked plugins were installed: for plans."""
    names = {request.tool for request, _ in _locked(requests, app)}
    if not names:
        return app
    return app.derived(registry=app.registry.with_scripts(names))


def _needs(requests: Sequence[Request], app: App) -> Iterator[_Need]:
    """Yield each locked plugin that an install needs, and that is missing."""
    directories: PluginDirectories | None = None
    seen: set[str] = set()
    for request, entry in _locked(requests, app):
        name, artifact = request.tool, entry.build.artifacts[0]
        if name in seen or installs.is_installed(app.paths, entry.pin):
            continue
        seen.add(name)
        directories = directories or app.plugin_directories
        tool = app.registry.get(name)
        identity = directories.identity(name) if directories.has(name) else None
        counts = identity is not None and tool is not None and is_scripted(tool)
        if not (counts and identity and identity.sha256 == artifact.digest.hex):
            yield _Need(
                name,
                artifact,
                str(request.origin),
                counts,
                replaces=tool is not None and not is_scripted(tool),
                is_changed=identity is not None and identity.is_changed,
            )


def _locked(requests: Sequence[Request], app: App) -> Iterator[tuple[Request, Entry]]:
    """Yield the lockfile entries of requests that a plugin's scripts build."""
    for request in requests:
        path = lockfile_for(request.origin, app.where) or ""
        lock = app.lockfile(path) if path else None
        for wanted in to_provide(request) if lock else ():
            lock_request = LockfileRequest(request.tool, wanted, request.origin)
            locked = resolve_locked(lock, path, lock_request, app.host).locked
            if locked and locked.entry.source == SOURCE:
                yield request, locked.entry


def _fetch(need: _Need, directories: PluginDirectories, app: App) -> None:
    url, commit = address_of(need.artifact)
    sha256, before = need.artifact.digest.hex, ""
    if directories.has(need.name) and directories.url(need.name) == url:
        moved = directories.update(need.name, commit, sha256=sha256)
        if moved.before != moved.after:
            before = f", and was at {moved.before[:12]} for all projects"
    else:  # one from elsewhere is refused there
        address = parse_address(f"{url}@{commit}", app.directory)
        if address != Address(url, commit):  # it may name a directory
            raise Refused(
                f"{need.name}'s plugin is locked at an invalid URL",
                [("required by", need.place), ("locked", f"{url}@{commit}")],
            )
        directories.add(need.name, address, sha256=sha256)
    text = f"{need.name}: its plugin is at {commit[:12]}, as locked{before}"
    app.report.remark(text)


def _is_allowed(url: str, prefixes: Sequence[str]) -> bool:
    """Return whether a URL is below an allowed prefix; one with `..` is not."""
    leads_up = ".." in url.split("/") or "%2e" in url.lower()
    return not leads_up and any(
        url == prefix or url.startswith(prefix.rstrip("/") + "/") for prefix in prefixes
    )
