"""Puts asdf plugins into the plugins folder, moves them, and takes them away again.

A plugin is fetched into staging and gets to its place by one rename. One that is there
already is moved in a copy that takes its place: of it, only what its commits hold is
touched, and a process that dies leaves it as it was. Nothing moves by itself.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from toolpin.errors import ToolpinError, as_word
from toolpin.model import Origin, Pin
from toolpin.paths import Paths
from toolpin.plugin.registry import note_files, script_folders
from toolpin.process import Finished
from toolpin.project.words import NAME, Spot, check
from toolpin.scripts.address import Address, is_plain_folder
from toolpin.scripts.copying import copy_plugin_folder
from toolpin.scripts.gitrepo import Git, Identity
from toolpin.scripts.judging import check_digest, check_own, check_whole
from toolpin.scripts.running import Scripts
from toolpin.settings.asdfrc import Asdfrc
from toolpin.store import unfinished
from toolpin.store.exchange import exchange

# With a mutex and a place in staging of its own, as a version has.
_PLUGIN = "plugin"


class Moved(NamedTuple):
    """A plugin's commit before and after, and the branch that was followed."""

    name: str
    before: str
    after: str
    branch: str


class Folders:
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
        """Return the plugins that there are, sorted."""
        return list(script_folders(self._paths))

    def has(self, name: str) -> bool:
        """Say whether there is such a plugin."""
        return name in script_folders(self._paths)

    def folder(self, name: str) -> str:
        """Return a plugin's folder. Raises ToolpinError where there is none."""
        if not self.has(name):
            known = ", ".join(self.names()) or "none"
            raise ToolpinError(
                f"no asdf plugin is installed as {name}",
                [("installed", known)],
                f"toolpin plugin add {name}",
            )
        return f"{self._paths.plugins}/{name}"

    def identity(self, name: str) -> Identity:
        """Return what is checked out of a plugin."""
        return self.git.identity(self.folder(name))

    def url(self, name: str) -> str:
        """Return where a plugin is from; its folder where it does not say."""
        return self.git.url(self.folder(name)) or self.folder(name)

    def add(self, name: str, address: Address, *, sha256: str = "") -> Identity:
        """Fetch a plugin into its place, and choose it.

        The same one that is there is only chosen, another is refused. With `sha256` its
        files must have that digest. Raises UsageError for what is no plugin, and for a
        name that no tool can have; Refused for one with a script outside of it.
        """
        check(name, NAME, Spot(Origin("the command line"), name))
        if there := self._there(name, address, sha256):
            return there
        self._hook("pre_asdf_plugin_add", name)
        self._hook(f"pre_asdf_plugin_add_{name}")
        pin = Pin(_PLUGIN, name)
        with _told(name), unfinished.version_mutex(self._paths, pin):
            # Another process may have added it since.
            if there := self._there(name, address, sha256):
                return there
            with unfinished.scratch(self._paths, pin) as stage:
                self.git.create(stage, address)
                check_whole(stage, name, address.url)
                check_own(stage, name)
                found = self.git.identity(stage)
                check_digest(found.sha256, found.commit, sha256, name)
                os.makedirs(self._paths.plugins, exist_ok=True)
                os.rename(stage, f"{self._paths.plugins}/{name}")
            os.makedirs(f"{self._paths.downloads}/{name}", exist_ok=True)
            self.choose(name)
        folder = self.folder(name)
        typed = address.typed or address.url
        more = {"ASDF_PLUGIN_SOURCE_URL": typed, "ASDF_PLUGIN_PATH": folder}
        self._callback(name, "post-plugin-add", more)
        self.note(name)
        self._hook("post_asdf_plugin_add", name)
        self._hook(f"post_asdf_plugin_add_{name}")
        return found

    def _there(self, name: str, address: Address, sha256: str) -> Identity | None:
        """Choose the plugin that is to be added, where it is here; refuse another."""
        if self.has(name):
            found = self.identity(name)
            same = found.url == address.url and found.commit.startswith(address.ref)
            if same and sha256 in ("", found.sha256):
                self.choose(name)
                return found
        if os.path.lexists(f"{self._paths.plugins}/{name}"):
            raise ToolpinError(
                f"a plugin {name} is already installed",
                [("from", self.url(name)), ("directory", self.folder(name))],
                f"toolpin plugin remove {name}",
            )
        return None

    def choose(self, name: str) -> None:
        """Let a plugin count also where one of that name comes with toolpin."""
        with _told(name):
            os.makedirs(self._paths.chosen, exist_ok=True)
            with open(f"{self._paths.chosen}/{name}", "w", encoding="utf-8"):
                pass

    def update(
        self, name: str, ref: str = "", *, force: bool = False, sha256: str = ""
    ) -> Moved:
        """Move a plugin to what a ref, or its publisher's default branch, is now.

        Raises ToolpinError for one with changes of the user's, unless forced, and for
        files that are not as `add` wants them.
        """
        folder = self.folder(name)
        self._movable(name, force=force)
        self._hook("pre_asdf_plugin_update", name)
        self._hook(f"pre_asdf_plugin_update_{name}", name)
        pin = Pin(_PLUGIN, name)
        with (
            _told(name),
            unfinished.version_mutex(self._paths, pin),
            unfinished.scratch(self._paths, pin) as stage,
        ):
            # Another process may have moved or removed it since.
            before = self._movable(name, force=force)
            # Judged in a copy: what is refused is never where scripts are run.
            fresh = f"{stage}/fresh"
            copy_plugin_folder(folder, fresh)
            commit, branch = self.git.update(fresh, before.url, ref)
            self.git.check_out(fresh, commit, branch)
            self.git.drop_added(fresh)
            check_own(fresh, name)
            found = self.git.identity(fresh)
            check_digest(found.sha256, found.commit, sha256, name)
            if commit != before.commit or before.is_changed:
                exchange(fresh, folder)
        more = {
            "ASDF_PLUGIN_PATH": folder,
            "ASDF_PLUGIN_PREV_REF": before.commit,
            "ASDF_PLUGIN_POST_REF": commit,
        }
        self._callback(name, "post-plugin-update", more)
        self.note(name)
        self._hook("post_asdf_plugin_update", name)
        self._hook(f"post_asdf_plugin_update_{name}")
        return Moved(name, before.commit, commit, branch)

    def _movable(self, name: str, *, force: bool) -> Identity:
        """Return what is here of a plugin that may be moved."""
        folder = self.folder(name)
        if os.path.islink(folder) or not os.path.isdir(f"{folder}/.git"):
            # A submodule's or worktree's files are in another repository: there is no
            # moving a copy of it.
            is_part = os.path.isfile(f"{folder}/.git")
            raise ToolpinError(
                f"{name}'s plugin is not a repository that toolpin manages",
                [("directory", os.path.realpath(folder))],
                f"git -C {as_word(folder)} pull origin HEAD" if is_part else None,
            )
        before = self.git.identity(folder)
        if not force:
            hint = f"toolpin plugin update {name} --force"
            before.check_committed(name, folder, hint)
        return before

    def difference(self, name: str, ref: str = "") -> str:
        """Return what an update would change in a plugin's files, as a diff.

        Changes of the user's are in it, the other way round.
        """
        folder, url = self.folder(name), self.url(name)
        if is_plain_folder(url):
            return self.git.difference_to_folder(folder, url)
        commit = self.git.fetch(
            folder, url, ref or self.git.default_branch(folder, url)
        )
        return self.git.difference(folder, commit)

    def remove(self, name: str) -> str:
        """Remove a plugin and what its scripts kept of downloads; installs stay."""
        folder = self.folder(name)
        self._hook("pre_asdf_plugin_remove", name)
        self._hook(f"pre_asdf_plugin_remove_{name}")
        more = {"ASDF_PLUGIN_PATH": folder, "ASDF_PLUGIN_SOURCE_URL": ""}
        self._callback(name, "pre-plugin-remove", more)
        pin = Pin(_PLUGIN, name)
        with _told(name), unfinished.version_mutex(self._paths, pin):
            folder = self.folder(name)  # another process may have removed it since
            if os.path.islink(folder):
                os.unlink(folder)
            else:
                unfinished.discard(self._paths, pin, folder)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self._paths.chosen}/{name}")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self._paths.idiomatic}/{name}")
            unfinished.delete_tree(f"{self._paths.downloads}/{name}")
        self._hook("post_asdf_plugin_remove", name)
        self._hook(f"post_asdf_plugin_remove_{name}")
        return folder

    def note(self, name: str) -> None:
        """Ask a plugin which files of other managers it reads, and note them."""
        scripts = Scripts(self._paths, name, self._env, self._cwd)
        try:
            with _told(name):
                note_files(self._paths, name, scripts.legacy_filenames())
        except ToolpinError as error:
            self._remark(f"{name}: {error.what}")

    def _callback(self, name: str, script: str, more: Mapping[str, str]) -> None:
        """Run a script whose failure is only told."""
        scripts = Scripts(self._paths, name, self._env, self._cwd)
        if scripts.has(script):
            told = scripts.call(script, (), more, shown=self._paths.as_asdf)
            self._tell(told)
            if told.status != 0:
                self._remark(f"{name}: bin/{script} ended with {told.status}")

    def _hook(self, hook: str, *args: str) -> None:
        shown = self._paths.as_asdf
        said = self._rc.must(hook, args, self._env, self._cwd, shown=shown)
        for line in said.splitlines():
            self._remark(line)

    def _tell(self, told: Finished) -> None:
        for line in (told.out + told.err).splitlines():
            self._remark(line)


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell of a store that takes no change: a folder of it may be another user's."""
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
    folders: Folders, names: list[str], ref: str, *, force: bool
) -> Iterator[Moved | ToolpinError]:
    """Update plugins one after the other; one that fails stops no other."""
    for name in names:
        try:
            yield folders.update(name, ref, force=force)
        except ToolpinError as error:
            yield error
