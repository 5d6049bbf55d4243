"""The table of npm and corepack versions that came inside each Node.js release."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

import pytest

from tests.support.run import REPOSITORY

TABLE = REPOSITORY / "plugins" / "nodejs.npm.tsv"
NODE = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}")
PACKAGE = re.compile(NODE.pattern + r"(?:-[0-9a-z]+(?:[.-][0-9a-z]+)*)?")


class Row(NamedTuple):
    """What one release carries; no corepack is `-`."""

    node: str
    npm: str
    corepack: str


def order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def has_corepack(node: str) -> bool:
    return (14, 19, 0) <= order(node) < (15,) or (16, 9, 0) <= order(node) < (25,)


def rows() -> list[Row]:
    lines = TABLE.read_text(encoding="ascii").splitlines()
    names, *data = [line.split("\t") for line in lines if not line.startswith("#")]
    assert tuple(names) == Row._fields
    return [Row(*cells) for cells in data]


def test_every_row_names_plain_versions() -> None:
    for row in rows():
        assert NODE.fullmatch(row.node), row
        assert PACKAGE.fullmatch(row.npm), row
        assert row.corepack == "-" or NODE.fullmatch(row.corepack), row


def test_releases_stand_once_and_newest_first() -> None:
    releases = [order(row.node) for row in rows()]
    assert all(newer > older for newer, older in itertools.pairwise(releases))


def test_corepack_is_named_for_exactly_the_releases_that_bundled_it() -> None:
    for row in rows():
        assert (row.corepack != "-") == has_corepack(row.node), row


def test_npm_and_corepack_never_go_back_within_a_major() -> None:
    modern = [row for row in rows() if order(row.node) >= (18,)]
    for newer, older in itertools.pairwise(modern):
        if order(newer.node)[0] == order(older.node)[0]:
            assert order(newer.npm) >= order(older.npm), (newer, older)
            if newer.corepack != "-":
                assert order(newer.corepack) >= order(older.corepack), (newer, older)


def test_every_major_since_4_begins_at_its_first_release() -> None:
    releases = {row.node for row in rows()}
    assert {f"{major}.0.0" for major in range(4, 27)} <= releases


@pytest.mark.parametrize(
    ("node", "npm", "corepack"),
    [
        ("4.0.0", "2.14.2", "-"),
        ("8.17.0", "6.13.4", "-"),
        ("10.15.3", "6.4.1", "-"),
        ("12.22.12", "6.14.16", "-"),
        ("14.18.3", "6.14.15", "-"),
        ("14.21.3", "6.14.18", "0.15.1"),
        ("16.15.1", "8.11.0", "0.10.0"),
        ("18.4.0", "8.12.1", "0.11.2"),
        ("18.18.2", "9.8.1", "0.19.0"),
        ("20.9.0", "10.1.0", "0.20.0"),
        ("20.18.1", "10.8.2", "0.29.4"),
        ("22.20.0", "10.9.3", "0.34.0"),
        ("24.0.0", "11.3.0", "0.32.0"),
        ("24.11.1", "11.6.2", "0.34.2"),
        ("24.19.0", "11.17.0", "0.35.0"),
        ("25.1.0", "11.6.2", "-"),
        ("26.10.0", "11.19.1", "-"),
    ],
)
def test_a_known_release_carries_these(node: str, npm: str, corepack: str) -> None:
    assert Row(node, npm, corepack) in rows()
