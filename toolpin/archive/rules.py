"""The rules for member names and link targets in archives: text only.

The rules are here once, for every format. Nothing here touches the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

MiB = 1 << 20
GiB = 1 << 30

PIECE_BYTES = MiB
"""How much is read, hashed and written at once."""

_COMPONENT_BYTES = 255
# Published archives have 20 at most. Deeper trees break recursive programs.
_COMPONENTS = 128
PATH_BYTES = 4096
"""PATH_MAX with its final NUL: what the kernel takes as one path."""

# The characters that Go's module archives exclude as well: a shell, a terminal or a
# filesystem interprets them. Control characters fail `isprintable`.
_FORBIDDEN = re.compile(r'[\\;`|<>"*?]')
_DRIVE = re.compile(r"[A-Za-z]:")


class Limits(NamedTuple):
    """The limits beyond which an archive is a bomb.

    The ratio is checked from `ratio_from_bytes` on. `text_bytes` are those of all names
    and link targets, which are kept in memory: each directory has a name of its own.
    `link_steps` counts the directories of each path while links are followed.
    """

    total_bytes: int = 20 * GiB
    entries: int = 1_000_000
    text_bytes: int = 128 * MiB
    link_steps: int = 5_000_000
    ratio: int = 200
    ratio_from_bytes: int = 100 * MiB
    decoder_bytes: int = 512 * MiB


DEFAULT = Limits()


class Member(NamedTuple):
    """One member of an archive, of any format; `data` can be read once, in order.

    `link` is the target of a symlink, or the member that a hardlink repeats.
    """

    name: str
    kind: Literal["file", "directory", "symlink", "hardlink"]
    executable: bool
    mtime_s: int
    link: str
    data: Iterator[bytes]


class Broken(Exception):
    """The rule that an archive breaks, and the member that breaks it."""

    def __init__(self, rule: str, member: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.member = member


def split_name(name: str) -> tuple[str, ...]:
    """Return the components of a member's name: () for the archive's root, `./`.

    Raises Broken for every name that is not plainly a path below that root.
    """
    _check_text(name, "a name")
    if name.startswith("/") or _DRIVE.match(name):
        raise Broken("a name is absolute", name)
    parts = name.removesuffix("/").split("/")
    if parts[0] == ".":
        del parts[0]
    if len(parts) > _COMPONENTS:
        raise Broken(f"a name has more than {_COMPONENTS} components", name)
    for part in parts:
        _check_component(part, name)
    return tuple(parts)


def split_target(target: str, member: str) -> list[str]:
    """Return the components of a symlink's target; raise Broken for an absolute one."""
    if not target or target.startswith("/") or _DRIVE.match(target):
        raise Broken("a link points to an absolute path or to nothing", member)
    _check_text(target, "a link's target", member)
    return target.split("/")


def _check_text(text: str, what: str, member: str | None = None) -> None:
    named = text if member is None else member
    if not text.isprintable() or _FORBIDDEN.search(text):
        raise Broken(f"{what} has characters that control a shell or terminal", named)
    if len(text.encode()) >= PATH_BYTES:
        raise Broken(f"{what} is longer than {PATH_BYTES} bytes", named)


def _check_component(part: str, name: str) -> None:
    if part in ("", "."):
        raise Broken("a name is empty or has an empty component", name)
    if part == "..":
        raise Broken("a name points outside the archive", name)
    if len(part.encode()) > _COMPONENT_BYTES:
        raise Broken(f"a component is longer than {_COMPONENT_BYTES} bytes", name)
