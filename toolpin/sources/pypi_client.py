"""Wheels on the Python package indexes that this machine's pip is configured for.

A package's page is read once per process, from the indexes and other places that pip
would read, with pip's proxy and certificates. No project code runs.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from operator import attrgetter
from urllib.parse import quote, unquote, urlsplit

from toolpin.binaries.fit import best, lacks
from toolpin.cache.indexes import Indexes
from toolpin.cache.verified import Cache
from toolpin.digests import hash_file, make_digest
from toolpin.errors import NotPublished, Refused, Unreachable, listed
from toolpin.http import urls
from toolpin.http.credentials import Credentials
from toolpin.http.fetch import Fetcher
from toolpin.http.limits import Limits
from toolpin.json_text import SHAPELESS
from toolpin.model import Artifact, Build, Host
from toolpin.sources.pip_settings import PipSettings, pip_line, read_pip_settings
from toolpin.sources.protocol import Progress
from toolpin.sources.wheels import Wheel, normalized, parse_page
from toolpin.system.paths import home_directory, open_regular
from toolpin.versions import sort_key

_ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)
_PAGE_BYTES = 64 << 20
_LOCATOR = re.compile(r"pypi:([\w.-]+)==([\w.+!-]+)#([\w.+!-]+)")


class PypiClient:
    """Reads indexes and downloads wheels; safe for several threads."""

    def __init__(self, env: Mapping[str, str], cache: Cache, limits: Limits) -> None:
        self._env = env
        self._cache = cache
        self._limits = limits
        self._known: dict[str, list[Wheel]] = {}
        self._lock = threading.Lock()

    def versions(self, dist: str, host: Host) -> list[str]:
        """Return the versions with a wheel for the host. Raises Unreachable.

        Without pre-releases and withdrawn versions.
        """
        fromkeys = dict.fromkeys(
            wheel.version
            for wheel in self._wheels(dist)
            if wheel.is_final and _runs(wheel, host)
        )
        return list(fromkeys)

    def artifact(self, dist: str, version: str, host: Host) -> Artifact:
        """Return the wheel of one version for the host, with the index's digest.

        Raises NotPublished or Unreachable.
        """
        build = best(self.builds(dist, version, host), host, lambda build: build)
        if build is None:
            raise NotPublished(f"{dist} has no {version} for {host}")
        return build.artifacts[0]

    def builds(self, dist: str, version: str, host: Host) -> list[Build]:
        """Return the wheels of one version for hosts of this kind.

        Of those with equal requirements the best one; the most demanding ones come
        first.
        """
        wheels: dict[tuple[tuple[str, str], ...], Wheel] = {}
        named = [wheel for wheel in self._wheels(dist) if wheel.version == version]
        digested = [wheel for wheel in named if wheel.sha256 or _local(wheel.url)]
        for wheel in digested or named:
            if (requires := wheel.requires(host)) is not None:
                before = wheels.get(requires, wheel)
                wheels[requires] = max(before, wheel, key=attrgetter("rank"))
        if not wheels:
            raise NotPublished(f"{dist} has no {version} for {host}")
        return [
            Build((_artifact(dist, wheel),), requires)
            for requires, wheel in sorted(wheels.items(), key=_demand, reverse=True)
        ]

    def download(self, artifact: Artifact, part: str, progress: Progress) -> None:
        """Download a `pypi:` artifact to `part`, for any host.

        The caller verifies it.
        """
        match = _LOCATOR.fullmatch(artifact.locator)
        if match is None:
            raise NotPublished(f"{artifact.locator} is not a wheel")
        named = [
            wheel for wheel in self._wheels(match[1]) if wheel.filename == match[3]
        ]
        if not named:
            places = (*self._settings.indexes, *self._settings.find_links)
            facts = [("index", urls.shown(place)) for place in places]
            raise Unreachable(f"the index has no {match[3]}", facts)
        same = [wheel for wheel in named if wheel.sha256 == artifact.digest.hex]
        url = (same or named)[0].url
        with listed(artifact.filename):
            if path := _local(url):
                with _readable(path):
                    shutil.copyfile(path, part)
            else:
                where = artifact._replace(locator=url)
                self._fetcher.download(where, part, progress)

    def index(self) -> str:
        """Return the index that pip is configured for, "" for none."""
        return next(iter(self._settings.indexes), "")

    @cached_property
    def _settings(self) -> PipSettings:
        return read_pip_settings(self._env)

    @cached_property
    def _fetcher(self) -> Fetcher:
        credentials = Credentials(self._env, home=home_directory(self._env))
        return Fetcher(str, self._limits, credentials, self._settings.transport)

    @cached_property
    def _pages(self) -> Indexes:
        return Indexes(self._fetcher, self._cache, str, accept=_ACCEPT)

    def _wheels(self, dist: str) -> list[Wheel]:
        """Return every wheel of a package; of two with one name pip's first.

        Raises Unreachable if a place gives no answer: it may have the better one.
        """
        with self._lock:
            if dist not in self._known:
                self._known[dist] = [*self._listed(dist)]
            return self._known[dist]

    def _listed(self, dist: str) -> Iterator[Wheel]:
        name = quote(normalized(dist))
        for index in self._settings.indexes:
            yield from self._page(f"{index.rstrip('/')}/{name}/", dist)
        for place in self._settings.find_links:
            yield from self._page(place, dist)

    def _page(self, place: str, dist: str) -> list[Wheel]:
        """Return the wheels that a page, or a local directory, lists."""
        path = _local(place)
        try:
            if path:
                with _readable(path):
                    return _in_directory(path, dist)
            page = self._pages.read(place, max_bytes=_PAGE_BYTES)
            wheels = parse_page(page, place, dist)
            return [
                _with_user(wheel, place) for wheel in wheels if _may_name(place, wheel)
            ]
        except NotPublished:
            return []
        except SHAPELESS as error:
            raise Unreachable(
                f"{urls.shown(place)} is not a page of a Python package index",
                [("because", str(error)[:200])],
                pip_line("config", "debug"),
            ) from error


def _runs(wheel: Wheel, host: Host) -> bool:
    requires = wheel.requires(host)
    return requires is not None and not lacks(host, Build((), requires))


def _demand(located: tuple[tuple[tuple[str, str], ...], Wheel]) -> list[object]:
    return [sort_key(least) for _, least in located[0]]


def _artifact(dist: str, wheel: Wheel) -> Artifact:
    sha256 = wheel.sha256
    if not sha256 and (path := _local(wheel.url)):
        with _readable(path):
            sha256 = hash_file(path, "sha256")
    if not sha256:
        raise NotPublished(f"the index states no SHA-256 of {wheel.filename}")
    locator = f"pypi:{dist}=={wheel.version}#{wheel.filename}"
    return Artifact(locator, make_digest("sha256", sha256), None, wheel.filename)


def _may_name(place: str, wheel: Wheel) -> bool:
    """Return whether a page may link to a file: by the rules of redirects.

    No file of this machine, no plain http from TLS, nothing in a private network.
    """
    try:
        urls.redirected(place, wheel.url, place)
    except Refused:
        return False
    return True


def _with_user(wheel: Wheel, place: str) -> Wheel:
    """Return the wheel, with the index's user for files at the same origin."""
    user, at, _ = urlsplit(place).netloc.rpartition("@")
    parts = urlsplit(wheel.url)
    if not at or parts.username or urls.origin(place) != urls.origin(wheel.url):
        return wheel
    return wheel._replace(url=parts._replace(netloc=f"{user}@{parts.netloc}").geturl())


def _local(place: str) -> str:
    """Return the local path of a place; "" for a web address."""
    parts = urlsplit(place)
    if parts.scheme == "file":
        return unquote(parts.path)
    return "" if parts.scheme else place


def _in_directory(path: str, dist: str) -> list[Wheel]:
    """Return the wheels of a directory: those in its index.html, or its files."""
    if os.path.isdir(path):
        page = os.path.join(path, "index.html")
        if not os.path.isfile(page):
            links = "".join(
                f'<a href="{quote(name)}">' for name in os.listdir(os.fsencode(path))
            )
            return parse_page(links.encode(), f"file://{quote(path)}/", dist)
        path = page
    if not os.path.isfile(path):
        return []
    with open_regular(path) as file:
        return parse_page(file.read(_PAGE_BYTES), f"file://{quote(path)}", dist)


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreachable(
            f"{path} cannot be read", [("because", error.strerror or "?")]
        ) from error
