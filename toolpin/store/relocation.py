"""Updates the installs of a store that was moved or copied to its new path.

A record names its tree by an absolute path, and so may files in the tree: the scripts
of a build, links, files written by a package manager. Text and links are changed, with
their entries in the receipt. A program that has the old path compiled in cannot be: its
version is marked as incomplete, so that it is not treated as installed. Other
data that a tool has added, such as Python's bytecode, stays as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Iterator

from toolpin.env_patch import render_record
from toolpin.errors import ToolpinError
from toolpin.json_documents import render_receipt
from toolpin.model import Pin, TreeFile
from toolpin.store import installs, publication, staging
from toolpin.system.atomic_write import rewrite
from toolpin.system.paths import Paths

# How programs and libraries begin: ELF, and Mach-O for one processor and for several.
_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def relocate(paths: Paths) -> None:
    """Update every install of this store that was recorded for another path.

    Installs that cannot be written stay: Python reads their records as if they were
    updated.
    """
    paths = paths.alone
    for pin in installs.pins(paths):
        if installs.recorded_place(paths, pin):
            with contextlib.suppress(OSError, ToolpinError):
                _relocate(paths, pin)


def _relocate(paths: Paths, pin: Pin) -> None:
    with staging.version_lock(paths, pin):
        old = installs.recorded_place(paths, pin)
        if not old:
            return
        tree = paths.install(*pin)
        receipt = publication.read_receipt(paths, pin)
        recorded = {file.path for file in receipt.files} if receipt else set()
        changed = {}
        named = re.compile(re.escape(os.fsencode(old)) + rb"(?=/(?:installs|state)/)")
        for path in _naming(tree, named):
            file = _changed(tree, path, named, os.fsencode(paths.data))
            if file is None and path not in recorded and not _is_program(tree, path):
                continue
            if file is None:
                staging.put_mark(paths, pin, tree)
                return
            changed[path] = file
        if receipt and changed:
            files = tuple(changed.get(file.path, file) for file in receipt.files)
            text = render_receipt(receipt._replace(files=files))
            rewrite(f"{tree}/{installs.RECEIPT}", text.encode(), 0o644)
        # Last: until then the next command starts over.
        record = render_record(installs.environment(paths, pin))
        rewrite(f"{tree}/{installs.RECORD}", os.fsencode(record), 0o644)


def _naming(tree: str, named: re.Pattern[bytes]) -> Iterator[str]:
    """Yield the files and links that contain the old path, relative to the tree."""
    for directory, names, files in os.walk(tree):
        for name in (*names, *files):
            place = f"{directory}/{name}"
            mode = os.lstat(place).st_mode
            path = os.path.relpath(place, tree)
            if path in (installs.RECEIPT, installs.RECORD):
                continue
            if stat.S_ISLNK(mode):
                if named.match(os.fsencode(os.readlink(place))):
                    yield path
            elif stat.S_ISREG(mode):
                with open(place, "rb") as file:
                    if named.search(file.read()):
                        yield path


def _changed(
    tree: str, path: str, named: re.Pattern[bytes], new: bytes
) -> TreeFile | None:
    """Replace the old path in a file or a link; None for a program, which stays."""
    place = f"{tree}/{path}"
    if os.path.islink(place):
        target = os.fsencode(os.readlink(place))
        link = os.fsdecode(named.sub(lambda _: new, target, count=1))
        fresh = f"{place}.toolpin-{os.getpid()}"
        os.symlink(link, fresh)
        os.replace(fresh, place)
        return TreeFile(path, len(link), 0o777, "", link)
    with open(place, "rb") as file:
        data = file.read()
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if b"\0" in data:
        return None
    data = named.sub(lambda _: new, data)
    rewrite(place, data, mode)
    return TreeFile(path, len(data), mode, hashlib.sha256(data).hexdigest())


def _is_program(tree: str, path: str) -> bool:
    with open(f"{tree}/{path}", "rb") as file:
        return file.read(4) in _PROGRAMS
