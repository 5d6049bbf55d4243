"""Lists versions where the files are not: Git tags, packages, texts and pages.

Tags are read with Git's protocol, to which the limits of GitHub's API do not apply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from toolpin.errors import Unreachable
from toolpin.model import Host, Release
from toolpin.sources.protocol import WORD, shape_of
from toolpin.sources.spec import SourceSpec, first_build
from toolpin.versions import sort_key

if TYPE_CHECKING:  # the HTTP client's libraries are heavy
    from toolpin.cache.indexes import Indexes
    from toolpin.sources.protocol import Services

_TAGS_BYTES = 32 << 20
_PREFIX = "refs/tags/"
# The command of protocol version 2 that lists references, as pkt-lines: four hex digits
# of a length, which counts them too. Source: git's protocol-v2 documentation.
_LIST_TAGS = b"0014command=ls-refs\n0001001aref-prefix refs/tags/\n0000"
_HEADERS = {
    "Content-Type": "application/x-git-upload-pack-request",
    "Accept": "application/x-git-upload-pack-result",
    "Git-Protocol": "version=2",
}
_REVISION = r"[0-9]{1,20}"


def read_tags(indexes: Indexes, repo: str) -> list[str]:
    """Return the tags of a repository on GitHub. Raises NotPublished, Unreachable."""
    url = f"https://github.com/{repo}.git/git-upload-pack"
    data = indexes.read(url, max_bytes=_TAGS_BYTES, post=(_LIST_TAGS, _HEADERS))
    try:
        lines = [line.decode() for line in _pkt_lines(data)]
    except ValueError as error:
        raise Unreachable(
            f"{url} is not Git's answer", [("because", str(error))]
        ) from error
    names = (line.rstrip("\n").partition(" ")[2] for line in lines)
    return [name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)]


def _pkt_lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines up to the flush packet. Raises ValueError for anything else."""
    at = 0
    while (head := data[at : at + 4]) != b"0000":
        size = int(head.decode(), 16)
        if size < 4 or at + size > len(data):
            raise ValueError("a line of it is cut")
        yield data[at + 4 : at + size]
        at += size


def listed_names(services: Services, place: str, host: Host) -> list[str]:
    """Return the names that `versions` of a source lists.

    These are tags, versions of a package, the words of a text, or the links of a page.
    """
    kind, _, name = place.partition(":")
    if kind == "https":
        data = services.indexes.read(place, max_bytes=_TAGS_BYTES)
        text = data.decode(errors="replace")
        return _links(text, place) if text.lstrip()[:1] == "<" else text.split()
    if kind == "npm":
        return services.npm.versions(name)
    if kind == "pypi":
        return services.pypi.versions(name, host)
    return read_tags(services.indexes, name)


def _links(page: str, place: str) -> list[str]:
    """Return the entries of a directory, or the files that a page links to.

    Raises Unreachable for a page without links.
    """
    # Without `<`: else each of many tags without an end is searched to the page's end.
    links = re.findall(r"""(?i)<a\s[^<>]*?href=["']([^"'?#<>]+)["']""", page)
    names = [unquote(name) for link in links if (name := _name_in(link))]
    if not names:
        because = [("reason", "it has no links to files")]
        raise Unreachable(f"{place} is not the listing of a directory", because)
    return names


def _name_in(link: str) -> str:
    """Return the entry or the file that a link names; "" for a directory elsewhere."""
    name = link.removesuffix("/")
    if "/" not in name:
        return name
    path = re.sub(r"(?i)^[a-z]+://[^/]*", "", link)
    return path.rpartition("/")[2]


def versions_in(spec: SourceSpec, names: Iterable[str], host: Host) -> dict[str, str]:
    """Return the versions of tags, each with its newest revision, "" for none.

    A tag is accepted if it is the one that the plugin expects for its version.
    """
    changed = (condition.fields.get("tag") for condition in spec.when)
    templates = dict.fromkeys([spec.own.tag, *filter(None, changed)])
    shapes = {template: re.compile(tag_shape(template)) for template in templates}
    versions: dict[str, str] = {}
    for name in names:
        for template, shape in shapes.items():
            match = shape.fullmatch(name)
            # In `v1.2` the v may belong to another template, in `nightly` all of it.
            if not match or re.match(r"v\d", match["version"]):
                continue
            if len(shapes) > 1 and not match["version"][0].isdigit():
                continue
            version, parts = match["version"], match.groupdict()
            if len(shapes) == 1 or spec.at(version, host).own.tag == template:
                revisions = (versions.get(version, ""), parts.get("revision", ""))
                versions[version] = max(revisions, key=sort_key)
    return versions


def listed_releases(
    spec: SourceSpec, names: Iterable[str], host: Host
) -> list[Release]:
    """Return the versions of tags, except those before the host's first one."""
    since = spec.since.get(str(host), ())
    return [
        Release(edition)
        for version in versions_in(spec, names, host)
        if not first_build(version, since)
        for edition in spec.in_editions(version)
    ]


def tag_shape(template: str, version: str = "") -> str:
    """Return the pattern of a tag, of any version or of one, with any revision."""
    known = {"version": version} if version else {}
    shape = shape_of(template, known)
    return shape.replace(f"(?P<revision>{WORD})", f"(?P<revision>{_REVISION})")
