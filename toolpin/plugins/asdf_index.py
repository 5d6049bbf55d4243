"""The index of asdf plugins: a repository with the URL of each short name.

Once fetched it works offline: an older copy is used if a newer one cannot be fetched.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable

from toolpin.errors import ToolpinError, Unreachable
from toolpin.model import Pin
from toolpin.plugins.asdf.address import Address
from toolpin.plugins.asdf.git_client import Git
from toolpin.project.validation import NAME, fits
from toolpin.store import staging
from toolpin.system.paths import Paths, names_in

HOUR_S = 3600.0

_PIN = Pin("plugin", "-index")


class Index:
    """The copy of the index in one store."""

    def __init__(
        self, paths: Paths, git: Git, url: str, remark: Callable[[str], None]
    ) -> None:
        self._paths = paths
        self._git = git
        self._url = url
        self._remark = remark

    def url_of(self, name: str, *, max_age_s: float | None = HOUR_S) -> str:
        """Return the URL of a short name. Raises ToolpinError for an unknown one."""
        self._refresh(max_age_s)
        url = self._url_in(name) if fits(name, NAME) else ""
        if url:
            return url
        import difflib

        near = difflib.get_close_matches(name, self._names(), n=3)
        raise ToolpinError(
            f"the index of asdf plugins does not list {name}",
            [
                ("index", self._url),
                ("similar", ", ".join(near) or "none"),
                ("to create one", f"toolpin plugin new {name} --github OWNER/REPO"),
            ],
            f"toolpin plugin add {name} {name}.toml",
        )

    def all(self, *, max_age_s: float | None = HOUR_S) -> dict[str, str]:
        """Return every short name with its URL, sorted."""
        self._refresh(max_age_s)
        return {name: url for name in self._names() if (url := self._url_in(name))}

    def _refresh(self, max_age_s: float | None) -> None:
        """Fetch an index that is missing or older than `max_age_s`, if not None."""
        directory = self._paths.plugin_index
        with staging.version_lock(self._paths, _PIN):
            if not os.path.isdir(f"{directory}/plugins"):
                self._create(directory)
                return
            if max_age_s is None or 0 <= self._age_s(directory) < max_age_s:
                return
            is_asdfs = not os.path.exists(f"{directory}/.git/toolpin-fetched")
            url = self._git.url(directory) if is_asdfs else ""
            try:
                self._git.refresh(directory, url or self._url)
            except ToolpinError as error:
                self._remark(f"the index of asdf plugins is outdated: {error.what}")
            else:
                if not is_asdfs:
                    self._touch(directory)

    def _create(self, directory: str) -> None:
        with staging.scratch(self._paths, _PIN) as stage:
            try:
                self._git.create(stage, Address(self._url, ""))
            except Unreachable as error:
                raise Unreachable(
                    "the index of asdf plugins cannot be fetched",
                    [("index", self._url), ("reason", error.what), *error.facts],
                    "toolpin help plugin add",
                ) from error
            if os.path.lexists(directory):
                staging.delete_tree(directory)
            os.rename(stage, directory)
            self._touch(directory)

    def _age_s(self, directory: str) -> float:
        """Return the age of a copy, by git's files if it has no note of asdf's."""
        for name in ("toolpin-fetched", "FETCH_HEAD", "HEAD"):
            with contextlib.suppress(OSError):
                return time.time() - os.stat(f"{directory}/.git/{name}").st_mtime
        return -1.0

    def _touch(self, directory: str) -> None:
        with open(f"{directory}/.git/toolpin-fetched", "w", encoding="utf-8"):
            pass

    def _names(self) -> list[str]:
        return names_in(f"{self._paths.plugin_index}/plugins")

    def _url_in(self, name: str) -> str:
        """Return the content of a name's file: `repository = URL`; "" for none."""
        try:
            path = f"{self._paths.plugin_index}/plugins/{name}"
            with open(path, encoding="utf-8") as file:
                lines = file.read(10_000).splitlines()
        except (OSError, UnicodeDecodeError):
            return ""
        for line in lines:
            key, equals, value = line.partition("=")
            if equals and key.strip() == "repository":
                return value.strip()
        return ""
