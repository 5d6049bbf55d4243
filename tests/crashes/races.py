"""Many processes at work on one store, and what each of them and a user must see."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from tests.crashes.matrix import Tried
from tests.crashes.world import NEW, OLD, Fault, World, look_after
from tests.support.run import TOOLPIN

SHIMS = "shims meanwhile"

_OWNER = """
import sys
from toolpin.system.file_lock import held
with held(sys.argv[1]):
    print("mine", flush=True)
    sys.stdin.read()
"""
_WAITER = """
import sys, time
from toolpin.system.file_lock import held
with held(sys.argv[1], waiting=lambda: print("waiting", flush=True)):
    print(time.monotonic(), flush=True)
"""
# What the next one may wait for a file lock whose owner was killed.
_MOST_S = 1.0


def race(world: World, rounds: int) -> Iterator[Tried]:
    """Run every race, each so many rounds."""
    yield from eight_installers(world, rounds)
    yield from everybody(world, rounds)
    yield from killed_owners(world, rounds)


def eight_installers(world: World, rounds: int) -> Iterator[Tried]:
    """Let eight processes install one version at once, from one download."""
    tarball = world.upstream.tarball_path(NEW["nodejs"])
    for number in range(rounds):
        world.restore("old-only")
        before = world.server.count(tarball)
        command = [*TOOLPIN, "install", "nodejs", NEW["nodejs"]]
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(_started(world, command)) for _ in range(8)]
            lines = [process.communicate(timeout=120)[1] for process in running]
        codes = [process.returncode for process in running]
        faults = [
            Fault("stuck", words.strip())
            for code, words in zip(codes, lines, strict=True)
            if code != 0
        ]
        if (count := world.server.count(tarball) - before) != 1:
            faults.append(Fault("stuck", f"{count} downloads"))
        wanted = {*OLD.items(), ("nodejs", NEW["nodejs"])}
        faults += look_after(world, wanted, world.files())
        yield Tried("8 installers", f"round {number}", faults)


def everybody(world: World, rounds: int) -> Iterator[Tried]:
    """Run shims of installed versions while all else comes, goes and is written again.

    Every run of a shim is a point.
    """
    world.restore("new")
    over = threading.Event()
    results: list[Tried] = []
    roads: list[Sequence[tuple[str, ...]]] = [
        [("uninstall", "nodejs", NEW["nodejs"]), ("install", "nodejs", NEW["nodejs"])],
        [("uninstall", "boxed", NEW["boxed"]), ("install", "boxed", NEW["boxed"])],
        [("reshim",)],
        [("install", "built", OLD["built"]), ("list",), ("verify",)],
    ]
    busy = [
        _thread(lambda road=road: _repeat(world, road, rounds, results))  # type: ignore[misc]
        for road in roads
    ]
    shims = [
        _thread(lambda tool=tool: _run_shim(world, tool, over, results))  # type: ignore[misc]
        for tool in OLD
    ]
    for thread in busy:
        thread.join()
    over.set()
    for thread in shims:
        thread.join()
    yield from results
    world.must("install")
    everything = {*OLD.items(), *NEW.items()}
    faults = look_after(world, everything, world.files())
    yield Tried(SHIMS, "at the end", faults)


def killed_owners(world: World, rounds: int) -> Iterator[Tried]:
    """Kill who holds a file lock, and see when the next one has it."""
    mutex = f"{world.home.data}/locks/nodejs/{NEW['nodejs']}.lock"
    for number in range(rounds):
        owner = _python(_OWNER, mutex)
        _line(owner)
        waiter = _python(_WAITER, mutex)
        _line(waiter)
        killed_at = time.monotonic()
        owner.kill()
        took_s = float(_line(waiter)) - killed_at
        for process in (owner, waiter):
            process.communicate()
        late = [Fault("stuck", f"{took_s:.2f} s")] if took_s > _MOST_S else []
        yield Tried("killed owner", f"round {number}: {took_s:.2f} s", late)


def _repeat(
    world: World, road: Sequence[tuple[str, ...]], rounds: int, found: list[Tried]
) -> None:
    for _ in range(rounds):
        for args in road:
            result = world.home.toolpin(*args, timeout_s=120)
            if result.code != 0:
                fault = Fault("stuck", f"{result.code}: {result.err.strip()}")
                found.append(Tried(SHIMS, " ".join(args), [fault]))


def _run_shim(
    world: World, tool: str, over: threading.Event, found: list[Tried]
) -> None:
    while not over.is_set():
        says = world.answer(tool, OLD[tool])
        bad = [] if says == OLD[tool] else [Fault("lost", f"{tool} says {says!r}")]
        found.append(Tried(SHIMS, tool, bad))


def _thread(what: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=what)
    thread.start()
    return thread


def _started(world: World, command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=world.home.project,
        env=world.home.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _python(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()
