"""Adds asdf plugins to the plugins directory, updates them, and removes them.

A plugin is fetched into staging and renamed into place. An existing one is updated in a
copy that replaces it: only committed files change, and a process that dies leaves it
unchanged. Plugins never update automatically.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from toolpin.config.asdfrc import Asdfrc
from toolpin.errors import ToolpinError, as_word
from toolpin.model import COMMAND_LINE, Pin
from toolpin.plugins.asdf.address import Address, is_plain_directory
from toolpin.plugins.asdf.git_client import Git, Identity
from toolpin.plugins.asdf.plugin_copy import copy_plugin_directory
from toolpin.plugins.asdf.plugin_validation import check_digest, check_own, check_whole
from toolpin.plugins.asdf.script_runner import Scripts
from toolpin.plugins.registry import note_files, script_directories
from toolpin.project.validation import NAME, WordPosition, check
from toolpin.store import staging
from toolpin.store.exchange import exchange
from toolpin.system.paths import Paths

# With a file lock and a staging directory, like a version.
_PLUGIN = "plugin"


class Moved(NamedTuple):
    """A plugin's commit before and after, and the branch that was followed."""

    name: str
    before: str
    after: str
    branch: str


class PluginDirectories:
    """The asdf plugins of one user."""

    def __init__(
        self,
        paths: Paths,
        git: Git,
        rc: Asdfrc,
        *,
        env: Mapping[str, str],
        cwd: str,
        remark: Callable[[str], None],
    ) -> None:
        self.git = git
        self._paths = paths
        self._rc = rc
        self._env = env
        self._cwd = cwd
        self._remark = remark

    def names(self) -> list[str]:
        """Return the plugins, sorted."""
        return list(script_directories(self._paths))

    def has(self, name: str) -> bool:
        """Return whether there is such a plugin."""
        return name in script_directories(self._paths)

    def directory(self, name: str) -> str:
        """Return a plugin's directory. Raises ToolpinError if there is none."""
        if not self.has(name):
            known = ", ".join(self.names()) or "none"
            raise ToolpinError(
                f"no asdf plugin is installed as {name}",
                [("installed", known)],
                f"toolpin plugin add {name}",
            )
        return f"{self._paths.plugins}/{name}"

    def identity(self, name: str) -> Identity:
        """Return the identity of a plugin's checkout."""
        return self.git.identity(self.directory(name))

    def url(self, name: str) -> str:
        """Return a plugin's origin; its directory if it states none."""
        return self.git.url(self.directory(name)) or self.directory(name)

    def add(self, name: str, address: Address, *, sha256: str = "") -> Identity:
        """Fetch a plugin into place, and choose it.

        The same plugin is only chosen if it is installed; another one of that name is
        refused. With `sha256` its files must have that digest. Raises UsageError for an
        invalid plugin, and for an invalid tool name; Refused for one with a script
        outside of it.
        """
        check(name, NAME, WordPosition(COMMAND_LINE, name))
        if there := self._choose_existing(name, address, sha256):
            return there
        self._hooks("pre_asdf_plugin_add", name)
        pin = Pin(_PLUGIN, name)
        with _store_errors(name), staging.version_lock(self._paths, pin):
            # Another process may have added it since.
            if there := self._choose_existing(name, address, sha256):
                return there
            with staging.scratch(self._paths, pin) as stage:
                self.git.create(stage, address)
                check_whole(stage, name, address.url)
                check_own(stage, name)
                identity = self.git.identity(stage)
                check_digest(identity.sha256, identity.commit, sha256, name)
                os.makedirs(self._paths.plugins, exist_ok=True)
                os.rename(stage, f"{self._paths.plugins}/{name}")
            os.makedirs(f"{self._paths.downloads}/{name}", exist_ok=True)
            self.choose(name)
        directory = self.directory(name)
        typed = address.typed or address.url
        more = {"ASDF_PLUGIN_SOURCE_URL": typed, "ASDF_PLUGIN_PATH": directory}
        self._callback(name, "post-plugin-add", more)
        self.note(name)
        self._hooks("post_asdf_plugin_add", name)
        return identity

    def _choose_existing(
        self, name: str, address: Address, sha256: str
    ) -> Identity | None:
        """Choose the plugin to be added if it is installed; refuse another one."""
        if self.has(name):
            identity = self.identity(name)
            same = identity.url == address.url and identity.commit.startswith(
                address.ref
            )
            if same and sha256 in ("", identity.sha256):
                self.choose(name)
                return identity
        if os.path.lexists(f"{self._paths.plugins}/{name}"):
            raise ToolpinError(
                f"a plugin {name} is already installed",
                [("from", self.url(name)), ("directory", self.directory(name))],
                f"toolpin plugin remove {name}",
            )
        return None

    def choose(self, name: str) -> None:
        """Choose a plugin in preference to a bundled tool of that name."""
        with _store_errors(name):
            os.makedirs(self._paths.chosen, exist_ok=True)
            with open(f"{self._paths.chosen}/{name}", "w", encoding="utf-8"):
                pass

    def update(
        self, name: str, ref: str = "", *, force: bool = False, sha256: str = ""
    ) -> Moved:
        """Update a plugin to a ref, or to its publisher's default branch.

        Raises ToolpinError for a plugin with local changes, unless forced, and for
        files that `add` would refuse.
        """
        directory = self.directory(name)
        self._movable(name, force=force)
        self._hooks("pre_asdf_plugin_update", name, name)
        pin = Pin(_PLUGIN, name)
        with (
            _store_errors(name),
            staging.version_lock(self._paths, pin),
            staging.scratch(self._paths, pin) as stage,
        ):
            # Another process may have moved or removed it since.
            before = self._movable(name, force=force)
            # Validated in a copy: refused scripts are never where they could be run.
            fresh = f"{stage}/fresh"
            copy_plugin_directory(directory, fresh)
            commit, branch = self.git.update(fresh, before.url, ref)
            self.git.check_out(fresh, commit, branch)
            self.git.drop_added(fresh)
            check_own(fresh, name)
            identity = self.git.identity(fresh)
            check_digest(identity.sha256, identity.commit, sha256, name)
            if commit != before.commit or before.is_changed:
                exchange(fresh, directory)
        more = {
            "ASDF_PLUGIN_PATH": directory,
            "ASDF_PLUGIN_PREV_REF": before.commit,
            "ASDF_PLUGIN_POST_REF": commit,
        }
        self._callback(name, "post-plugin-update", more)
        self.note(name)
        self._hooks("post_asdf_plugin_update", name)
        return Moved(name, before.commit, commit, branch)

    def _movable(self, name: str, *, force: bool) -> Identity:
        """Return the directory of a plugin that may be updated."""
        directory = self.directory(name)
        if os.path.islink(directory) or not os.path.isdir(f"{directory}/.git"):
            # The files of a submodule or worktree are in another repository, and a copy
            # cannot be updated.
            is_part = os.path.isfile(f"{directory}/.git")
            raise ToolpinError(
                f"{name}'s plugin is not a repository that toolpin manages",
                [("directory", os.path.realpath(directory))],
                f"git -C {as_word(directory)} pull origin HEAD" if is_part else None,
            )
        before = self.git.identity(directory)
        if not force:
            hint = f"toolpin plugin update {name} --force"
            before.check_committed(name, directory, hint)
        return before

    def difference(self, name: str, ref: str = "") -> str:
        """Return the changes that an update would make to a plugin's files, as a diff.

        Local changes are in it, reversed.
        """
        directory, url = self.directory(name), self.url(name)
        if is_plain_directory(url):
            return self.git.difference_to_directory(directory, url)
        commit = self.git.fetch(
            directory, url, ref or self.git.default_branch(directory, url)
        )
        return self.git.difference(directory, commit)

    def remove(self, name: str) -> str:
        """Remove a plugin and the downloads of its scripts; installs stay."""
        directory = self.directory(name)
        self._hooks("pre_asdf_plugin_remove", name)
        more = {"ASDF_PLUGIN_PATH": directory, "ASDF_PLUGIN_SOURCE_URL": ""}
        self._callback(name, "pre-plugin-remove", more)
        pin = Pin(_PLUGIN, name)
        with _store_errors(name), staging.version_lock(self._paths, pin):
            # another process may have removed it since
            directory = self.directory(name)
            if os.path.islink(directory):
                os.unlink(directory)
            else:
                staging.discard(self._paths, pin, directory)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self._paths.chosen}/{name}")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self._paths.idiomatic}/{name}")
            staging.delete_tree(f"{self._paths.downloads}/{name}")
        self._hooks("post_asdf_plugin_remove", name)
        return directory

    def note(self, name: str) -> None:
        """Run a plugin's script that lists other managers' files, and record them."""
        scripts = Scripts(self._paths, name, self._env, self._cwd)
        try:
            with _store_errors(name):
                note_files(self._paths, name, scripts.legacy_filenames())
        except ToolpinError as error:
            self._remark(f"{name}: {error.what}")

    def _callback(self, name: str, script: str, more: Mapping[str, str]) -> None:
        """Run a script whose failure is only reported."""
        scripts = Scripts(self._paths, name, self._env, self._cwd)
        if scripts.has(script):
            finished = scripts.call(script, (), more, shown=self._paths.as_asdf)
            for line in (finished.out + finished.err).splitlines():
                self._remark(line)
            if finished.status != 0:
                self._remark(f"{name}: bin/{script} ended with {finished.status}")

    def _hooks(self, hook: str, name: str, *args: str) -> None:
        """Run a hook with the name, and the one that has the name in its own."""
        shown = self._paths.as_asdf
        for key, words in ((hook, (name,)), (f"{hook}_{name}", args)):
            output = self._rc.must(key, words, self._env, self._cwd, shown=shown)
            for line in output.splitlines():
                self._remark(line)


@contextlib.contextmanager
def _store_errors(name: str) -> Iterator[None]:
    """Report a store that cannot be written: a directory may be another user's."""
    try:
        yield
    except OSError as error:
        raise ToolpinError(
            f"{name}'s plugin cannot be added or removed",
            [
                ("path", str(error.filename or "?")),
                ("reason", error.strerror or "?"),
            ],
        ) from error


def each(
    directories: PluginDirectories, names: list[str], ref: str, *, force: bool
) -> Iterator[Moved | ToolpinError]:
    """Update plugins one after the other; a failure does not stop the others."""
    for name in names:
        try:
            yield directories.update(name, ref, force=force)
        except ToolpinError as error:
            yield error
