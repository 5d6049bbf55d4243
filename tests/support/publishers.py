"""Loopback copies of the publishers of all bundled tools, with the files of a table."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tests.support.layouts import Layout
from tests.support.registry import Registry
from tests.support.server import Server
from tests.support.tool_lists import File, pages
from toolpin.plugins.tool_file import Tool


class Publishers:
    """The publishers of all tools, each with the files that the table has of it."""

    def __init__(
        self, server: Server, rows: Sequence[Layout], tools: Mapping[str, Tool]
    ) -> None:
        self._server = server
        self._hosts: set[str] = set()
        self.npm = f"{server.url}/npm"
        files = [File(row, row.data(_answer(row, tools[row.tool]))) for row in rows]
        by_tool = defaultdict(list)
        for file in files:
            by_tool[file.layout.tool].append(file)
            self._put_file(file)
        for of_tool in by_tool.values():
            for url, page in pages(of_tool).items():
                self._put(url, page)
        self._put_sums(files)
        self._put_releases(files)

    @property
    def mirrors(self) -> str:
        """Each publisher with its copy, as TOOLPIN_MIRRORS has them."""
        url = self._server.url
        return " ".join(f"https://{host}={url}/{host}" for host in sorted(self._hosts))

    def _put(self, url: str, data: bytes) -> None:
        place = url.removeprefix("https://")
        self._hosts.add(place.partition("/")[0])
        self._server.put(f"/{place}", data)

    def _put_file(self, file: File) -> None:
        kind, _, package = file.layout.url.partition(":")
        if kind == "npm":
            name, _, version = package.partition("@")
            Registry(self._server, "/npm").publish(name, {version: file.data})
        else:
            self._put(file.layout.url, file.data)

    def _put_sums(self, files: Sequence[File]) -> None:
        lists: dict[str, dict[str, str]] = defaultdict(dict)
        for file in files:
            url = file.layout.sums
            is_long = "512" in url or file.layout.tool == "caddy"
            lists[url][file.layout.name] = file.sha512 if is_long else file.sha256
        for url, digests in lists.items():
            if url.startswith("https:"):
                lines = (f"{digest}  {name}\n" for name, digest in digests.items())
                self._put(url, "".join(lines).encode())

    def _put_releases(self, files: Sequence[File]) -> None:
        """Serve GitHub's API, which reports the digests that no list has."""
        releases: dict[str, dict[str, list[dict[str, object]]]] = {}
        for file in files:
            if file.layout.release:
                repo, tag = file.layout.release
                assets = releases.setdefault(repo, {}).setdefault(tag, [])
                digest = f"sha256:{file.sha256}" if file.layout.sums == "-" else None
                asset = {"name": file.layout.name, "size": len(file.data)}
                assets.append({**asset, "digest": digest, "state": "uploaded"})
        for repo, tags in releases.items():
            api = f"https://api.github.com/repos/{repo}/releases"
            flags = {"draft": False, "prerelease": False}
            tables = [
                {"tag_name": tag, **flags, "assets": assets}
                for tag, assets in tags.items()
            ]
            self._put(api, json.dumps(tables).encode())
            for tag, table in zip(tags, tables, strict=True):
                place = f"{api}/tags/{quote(tag)}"
                self._put(place, json.dumps(table).encode())


def _answer(row: Layout, tool: Tool) -> str:
    """Return what the proof of the tool expects its program to print."""
    first = tool.proof[-1].replace("{version}", row.version) if tool.proof else "1"
    return "\n".join((first, *(f"{name} yes" for name in tool.demands)))
