"""Parses a page of a Python package index into the wheels that it lists. Pure.

Pages are JSON (PEP 691) or HTML (PEP 503); names of wheels follow PEP 427, their
platforms PEP 425, 600 and 656.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

from toolpin.json_text import parse_json
from toolpin.model import Host

_WHEEL = re.compile(
    r"([\w.]+)-([\w.+!]+)(?:-(\d\w*))?-([\w.]+)-([\w.]+)-([\w.]+)\.whl", re.ASCII
)
# As long as a filesystem lets a name be, so that no number in it is a long one.
_NAME_LENGTH = 255
# HTML is read slowly, by attributes: what is allowed takes seconds. A page of 10,000
# wheels has 30,000 tags and 3 MB.
_HTML_BYTES = 16 << 20
_HTML_TAGS = 400_000
_TAG_LENGTH = 64 << 10
_FINAL = re.compile(r"(\d+!)?\d+(\.\d+)*(\.post\d+)?(\+[\w.]+)?")
_SHA256 = re.compile(r"sha256=([0-9a-fA-F]{64})")
_PLATFORM = re.compile(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)_(\w+)")
_OLD_NAMES = {
    "manylinux1": "manylinux_2_5",
    "manylinux2010": "manylinux_2_12",
    "manylinux2014": "manylinux_2_17",
}
_FAMILIES = {"glibc": "manylinux", "musl": "musllinux", "": "macosx"}
_ARCHES = {
    ("linux", "x64"): ("x86_64",),
    ("linux", "arm64"): ("aarch64",),
    ("macos", "x64"): ("x86_64", "universal2"),
    ("macos", "arm64"): ("arm64", "universal2"),
}


class Wheel(NamedTuple):
    """A wheel of an index; `sha256` is "" if the page has none."""

    filename: str
    url: str
    sha256: str
    is_yanked: bool

    @property
    def version(self) -> str:
        """The version in its name."""
        return self.filename.split("-")[1]

    @property
    def is_final(self) -> bool:
        """Whether pip lists the version by default: no pre-release, not withdrawn."""
        return bool(_FINAL.fullmatch(self.version)) and not self.is_yanked

    @property
    def rank(self) -> tuple[bool, int, str]:
        """The sort key among wheels for the same hosts: the better one is greater."""
        _, _, build, python, _, _ = _parts(self.filename)
        number = re.match(r"\d*", build or "")
        return "py3" in python, int(number[0] or 0) if number else 0, self.filename

    def requires(self, host: Host) -> tuple[tuple[str, str], ...] | None:
        """Return what the wheel requires of hosts of this kind, None for other hosts.

        The oldest of its matching platforms decides: one file may be for glibc and for
        musl.
        """
        *_, abi, platforms = _parts(self.filename)
        if not {"none", "abi3"}.intersection(abi.split(".")):
            return None  # a module of one Python, not a program
        if "any" in platforms.split("."):
            return ()
        results = []
        for platform in platforms.split("."):
            name, _, arch = platform.partition("_")
            name = f"{_OLD_NAMES[name]}_{arch}" if name in _OLD_NAMES else platform
            match = _PLATFORM.fullmatch(name)
            if (
                match
                and match[1] == _FAMILIES[host.libc]
                and match[4] in _ARCHES[host.os, host.arch]
            ):
                results.append((int(match[2]), int(match[3])))
        if not results:
            return None
        return ((host.libc or host.os, "{}.{}".format(*min(results))),)


def parse_page(text: bytes, url: str, package: str) -> list[Wheel]:
    """Return the wheels of a package that a page lists; links are relative to `url`.

    Raises ValueError, LookupError, TypeError, AttributeError or RecursionError for a
    page of another shape.
    """
    is_json = text.lstrip()[:1] == b"{"
    links = _json_links(text) if is_json else _html_links(text.decode("utf-8"), url)
    page = []
    for filename, link, sha256, is_yanked in links:
        parts = _WHEEL.fullmatch(filename) if len(filename) <= _NAME_LENGTH else None
        if parts and normalized(parts[1]) == normalized(package):
            target = urldefrag(urljoin(url, link)).url
            page.append(Wheel(filename, target, sha256.lower(), is_yanked))
    return page


def normalized(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _parts(filename: str) -> tuple[str, ...]:
    match = _WHEEL.fullmatch(filename)
    return match.groups() if match else ("",) * 6


def _json_links(text: bytes) -> list[tuple[str, str, str, bool]]:
    json_links = []
    for file in parse_json(text)["files"]:
        match = _SHA256.fullmatch(f"sha256={file.get('hashes', {}).get('sha256')}")
        sha256, is_yanked = match[1] if match else "", bool(file.get("yanked", False))
        json_links.append((str(file["filename"]), str(file["url"]), sha256, is_yanked))
    return json_links


def _html_links(text: str, url: str) -> list[tuple[str, str, str, bool]]:
    pieces = text.split("<", _HTML_TAGS + 1)
    if len(text) > _HTML_BYTES or len(pieces) > _HTML_TAGS:
        raise ValueError(
            f"it has more than {_HTML_BYTES:,} bytes or {_HTML_TAGS:,} tags"
        )
    if max(map(len, pieces)) > _TAG_LENGTH:
        raise ValueError(f"it has a tag of more than {_TAG_LENGTH:,} characters")
    reader = _Anchors()
    reader.feed(text)
    base = urljoin(url, reader.base)
    links = []
    for href, is_yanked in reader.links:
        path, fragment = urldefrag(href)
        match = _SHA256.search(fragment)
        name = unquote(path.partition("?")[0].rpartition("/")[2])
        sha256 = match[1] if match else ""
        links.append((name, urljoin(base, href), sha256, is_yanked))
    return links


class _Anchors(HTMLParser):
    """Collects the links of a page, and its `<base>`."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.links: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link: its target, and whether the file was withdrawn (PEP 592)."""
        named = dict(attrs)
        if tag == "base" and not self.base:
            self.base = named.get("href") or ""
        elif tag == "a" and (href := named.get("href")):
            self.links.append((href, "data-yanked" in named))
