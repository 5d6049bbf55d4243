"""Finds the points where a command changes the disk, and kills it at one of them.

A first run under strace tells every call; a second one is killed at one of these.
"""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.crashes.world import World
from tests.support.machine import strace
from tests.support.run import TOOLPIN

_CALLS = (
    "openat",
    "write",
    "rename,renameat,renameat2",
    "unlink,unlinkat,rmdir",
    "mkdir,mkdirat",
    "symlink,symlinkat,link,linkat",
    "chmod,fchmod,fchmodat",
    "ftruncate",
    "connect",
    "execve",
)
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OPENED = re.compile(r"^\d+<([^>]*)>|AT_FDCWD<[^>]*>")
# The first that fits names the step.
_STEPS = (
    (r"cache/(catalogs|documents)", "resolve"),
    (r"cache/partial", "download"),
    (r"cache/archives", "verify"),
    (r"cache/plans", "note"),
    (r"locks", "file lock"),
    (r"data/staging/[^/]+/\.toolpin", "receipt"),
    (r"data/staging|image/\.staging", "unpack"),
    (r"data/(installs/boxed)", "rewrite"),
    (r"data/(installs/built|logs)", "build"),
    (r"data/(installs|incomplete)", "publish"),
    (r"data/(shims|lib)", "shim"),
    (r"data/channels", "channel"),
    (r"project/image/(?!\.staging)", "--into"),
    (r"project/.*bundle", "bundle"),
    (r"project/", "lock"),
)
# Whatever they touch is their own step.
_OF_COMMANDS = ("uninstall", "prune", "bundle", "lock", "upgrade")
_UNSTABLE = re.compile(r"[.-]\d{3,}(-[0-9a-f]+)?$")


class Point(NamedTuple):
    """The n-th time that a thread makes a call at a place; "" is any place."""

    step: str
    call: str
    place: str
    number: int

    def __str__(self) -> str:
        """Return what one would look for."""
        return f"{self.step}: {self.call} {self.number} at {self.place or 'any place'}"


def find_points(world: World, args: Iterable[str], umask: int) -> list[Point]:
    """Run a command to its end and return every point where it can be killed."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        calls = ",".join(f"?{word}" for word in ",".join(_CALLS).split(","))
        written = ["-y", "-s", "4096", "-o", log.name, "-e", f"trace={calls}"]
        _run(world, ["strace", "-f", "--seccomp-bpf", "-qq", *written], args, umask)
        text = log.read()
    words = list(args)
    results: dict[Point, None] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    downloading = False
    for line in text.splitlines():
        matched = _LINE.match(line)
        if not matched:
            continue
        thread, call, rest = matched.groups()
        if call == "connect":
            counts[thread, call, ""] += 1
            step = "download" if downloading else "resolve"
            if "AF_INET" in rest:
                results[Point(step, call, "", counts[thread, call, ""])] = None
            continue
        place = _place(world, call, rest)
        downloading = downloading or "/cache/partial" in rest
        if place:
            counts[thread, call, place] += 1
            step = _step(world, words[0], place)
            if step and counts[thread, call, place] < 4:
                results[Point(step, call, place, counts[thread, call, place])] = None
    return list(results)


def by_step(points: list[Point], seed: int) -> Iterator[list[Point]]:
    """Yield the points of each step, in an order that the seed decides."""
    for step in dict.fromkeys(point.step for point in points):
        mine = [point for point in points if point.step == step]
        random.Random(f"{seed} {step}").shuffle(mine)
        yield mine


def kill_at(world: World, point: Point, args: Iterable[str], umask: int) -> bool:
    """Run a command and kill it at a point; tell whether it came to that."""
    inject = f"{point.call}:signal=KILL:when={point.number}"
    return _run(world, strace(inject, point.place), args, umask) == -9


def _run(world: World, under: list[str], args: Iterable[str], umask: int) -> int:
    done = subprocess.run(
        [*under, *TOOLPIN, *args],
        cwd=world.home.project,
        env={**world.home.env, "TOOLPIN_JOBS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        umask=umask,
    )
    # strace ends itself with the signal that ended its child.
    return done.returncode


def _place(world: World, call: str, rest: str) -> str:
    """Return the path below the world that names a call, "" for none or a read."""
    writes = call != "openat" or re.search(r"O_(WRONLY|RDWR|CREAT)", rest)
    if not writes and "/cache/archives/" not in rest:
        return ""
    named: list[str] = _QUOTED.findall(rest.rpartition(") = ")[0] or rest)
    opened: list[str] = [match for match in _OPENED.findall(rest) if match]
    names = [match for match in reversed(named) if match.startswith("/")] + opened
    if call == "write":
        names = opened
    for name in names:
        if name.startswith(f"{world.root}/") and not _UNSTABLE.search(name):
            return name
    return ""


def _step(world: World, command: str, place: str) -> str:
    inside = place.removeprefix(f"{world.root}/")
    if command in _OF_COMMANDS and "locks" not in inside:
        return command
    for pattern, step in _STEPS:
        if re.search(pattern, inside):
            return step
    return ""
