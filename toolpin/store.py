"""The write side of the store: a tree is staged, checked and published by one rename.

Every function but `sweep` expects its caller to hold the version's mutex. A process may
die at any line of this: what it leaves in `staging/` does not count and is swept.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator, Sequence

from toolpin import __version__
from toolpin.documents import parse_receipt, render_receipt
from toolpin.env import render_record
from toolpin.errors import ToolpinError
from toolpin.finishing import check_place, finish
from toolpin.model import REQUIRED, EnvPatch, Home, Pin, Plan, Receipt, TreeFile
from toolpin.mutex import held, try_held
from toolpin.paths import Paths
from toolpin.proof import check_commands, check_proof
from toolpin.unpacking import make_folders, survey, unpack_all

_OWN = ".toolpin"
# The folders that this process works in: an interrupt leaves none behind.
_scratches: set[str] = set()
# Closed by the signal that ends this process: one thread must not publish the tree
# that another has begun to delete. Reentrant: a handler may interrupt its own thread.
_gate = threading.RLock()
_is_ending = False

# Builds what is in one folder into another; returns the plan with what became known.
Build = Callable[[Plan, str, str], Plan]


@contextlib.contextmanager
def version_mutex(
    paths: Paths, pin: Pin, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the mutex of one version; `waiting` is called when somebody else does."""
    with held(_lock(paths, pin), waiting=waiting):
        yield


def publish(
    paths: Paths,
    plan: Plan,
    archives: Sequence[str],
    installed_at: str,
    *,
    for_here: bool = True,
    patchelf: Callable[[], str] | None = None,
    build: Build | None = None,
) -> Receipt:
    """Carry out a plan from its verified archives, and publish the result.

    What is for another machine is compared with what its files say of themselves, and
    not run. In a folder of trees the tool's other version makes room at the end. A
    plan with steps for the final place is finished there, behind its mark; `patchelf`
    tells the program that does so, and `build` builds from a folder into that place.
    Raises Refused when an archive breaks the rules or a command cannot run here, and
    ToolpinError when the disk does not take it; nothing is left in either case.
    """
    try:
        with scratch(paths, plan.pin) as stage:
            files = unpack_all(plan, archives, stage)
            final = paths.install(*plan.pin)
            if plan.is_in_place:
                check_place(plan, final)
                with _marked(paths, plan.pin):
                    delete_tree(final)
                    if plan.recipe or plan.is_scripted:
                        make_folders(final)
                        plan = (build or _no_build)(plan, stage, final)
                    else:
                        with _open_gate():
                            _move(stage, final)
                    finish(plan, final, patchelf or _no_patchelf)
                    receipt = _checked(
                        plan, final, survey(final), installed_at, for_here=for_here
                    )
                    _write_own_files(paths, final, receipt)
                return receipt
            receipt = _checked(plan, stage, files, installed_at, for_here=for_here)
            _write_own_files(paths, stage, receipt)
            with _open_gate():
                if paths.into:
                    delete_tree(final)
                _move(stage, final)
    except OSError as error:
        where = error.filename or paths.staging
        raise ToolpinError(
            f"{plan.pin} cannot be written",
            [("path", where), ("because", error.strerror or "?")],
        ) from error
    return receipt


@contextlib.contextmanager
def _marked(paths: Paths, pin: Pin) -> Iterator[None]:
    """Let a version not count until all is done; what fails leaves neither behind."""
    mark, final = _mark(paths, pin), paths.install(*pin)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # what stays, stays behind its mark
            delete_tree(final)
            os.unlink(mark)
            os.rmdir(os.path.dirname(final))
        raise
    with _open_gate():
        os.unlink(mark)


@contextlib.contextmanager
def _open_gate() -> Iterator[None]:
    """Let a tree become an install, unless this process is about to end."""
    with _gate:
        if _is_ending:
            raise ToolpinError("interrupted")
        yield


def _mark(paths: Paths, pin: Pin) -> str:
    """Put the mark of a version that does not count, and return its path."""
    mark = f"{paths.incomplete}/{pin.tool}/{pin.version}"
    make_folders(os.path.dirname(mark))
    with open(mark, "w", encoding="utf-8"):
        pass
    return mark


def _no_build(plan: Plan, _source: str, _final: str) -> Plan:
    raise ToolpinError(f"{plan.pin} is source code, and nothing here builds it")


def _no_patchelf() -> str:
    raise ToolpinError("no patchelf is at hand")


def _checked(
    plan: Plan,
    tree: str,
    files: Sequence[TreeFile],
    installed_at: str,
    *,
    for_here: bool,
) -> Receipt:
    """Return the receipt of a tree whose commands are what the plan says."""
    check_commands(plan, tree, "/" if for_here else "")
    facts = check_proof(plan, tree) if for_here else ()
    return _receipt(plan, files, installed_at)._replace(facts=facts)


def remove(paths: Paths, pin: Pin) -> None:
    """Remove an install: it is gone by one rename, and then deleted."""
    tree = paths.install(*pin)
    try:
        discard(paths, pin, tree)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(tree))
    except OSError as error:
        raise ToolpinError(
            f"{pin} cannot be removed",
            [("path", error.filename or tree), ("because", error.strerror or "?")],
        ) from error


def sweep(paths: Paths) -> None:
    """Delete what processes that are dead now left in `staging/`, or behind a mark."""
    for name in _entries(paths.staging):
        tool, _, version = name.partition("@")
        with try_held(_lock(paths, Pin(tool, version))) as free:
            if free:
                # What cannot be deleted stays, and keeps nothing else from going on.
                with contextlib.suppress(OSError):
                    delete_tree(f"{paths.staging}/{name}")
    for tool in _entries(paths.incomplete):
        for version in _entries(f"{paths.incomplete}/{tool}"):
            pin = Pin(tool, version)
            with try_held(_lock(paths, pin)) as free, contextlib.suppress(OSError):
                if free:
                    delete_tree(paths.install(*pin))
                    os.unlink(f"{paths.incomplete}/{tool}/{version}")


@contextlib.contextmanager
def scratch(paths: Paths, pin: Pin) -> Iterator[str]:
    """Make an empty folder for a version, on the store's filesystem, for a while."""
    stage = _stage(paths, pin)
    delete_tree(stage)
    _scratches.add(stage)
    try:
        make_folders(stage)
        yield stage
    finally:
        with contextlib.suppress(OSError):  # the next one sweeps it
            delete_tree(stage)
        _scratches.discard(stage)


def drop_scratches() -> None:
    """Delete what this process has in `staging/`: it is about to end.

    From here on it publishes nothing.
    """
    global _is_ending  # noqa: PLW0603 - a process ends once
    with _gate:
        _is_ending = True
    for stage in list(_scratches):
        shutil.rmtree(stage, ignore_errors=True)


def record_of(paths: Paths, receipt: Receipt) -> str:
    """Return the record that shims read of an install: it names the final place."""
    final, root = paths.install(*receipt.pin), paths.state(receipt.pin.tool)

    def at_home(folder: str) -> str:
        return f"{root}/{folder}".replace("{required}", REQUIRED)

    # A plugin's own programs stand in its folder, by an absolute path.
    bins = [os.path.join(final, folder) for folder in receipt.bin_dirs]
    patch = EnvPatch(
        path=(*bins, *map(at_home, receipt.home_bins)),
        variables=tuple(
            (name, value.replace("{install}", final))
            for name, value in receipt.variables
        ),
        homes=tuple(
            Home(name, os.path.dirname(final), folder)
            if os.path.isabs(folder)  # in an install: a plugin's scripts name it so
            else Home(name, root, at_home(folder))
            for name, folder in receipt.homes
        ),
        major=receipt.pin.version.partition(".")[0],
        asks=receipt.asks,
    )
    return render_record(patch)


def read_receipt(paths: Paths, pin: Pin) -> Receipt | None:
    """Return the receipt of an install; None for an adopted one, which has none.

    Raises ToolpinError for one that cannot be read.
    """
    place = f"{paths.install(*pin)}/{_OWN}/receipt.json"
    try:
        with open(place, encoding="utf-8") as stream:
            return parse_receipt(stream.read(), place)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ToolpinError(
            f"{place} cannot be read", [("because", str(error))]
        ) from error


def _lock(paths: Paths, pin: Pin) -> str:
    return f"{paths.locks}/{pin.tool}/{pin.version}.lock"


def _stage(paths: Paths, pin: Pin) -> str:
    """Return one flat name, so that no folder is shared with another version."""
    return f"{paths.staging}/{pin.tool}@{pin.version}"


def _receipt(plan: Plan, files: Sequence[TreeFile], installed_at: str) -> Receipt:
    return Receipt(
        pin=plan.pin,
        host=str(plan.host),
        source=plan.source,
        publisher=plan.publisher,
        artifacts=plan.artifacts,
        bin_dirs=plan.bin_dirs,
        variables=plan.variables,
        files=tuple(files),
        installed_at=installed_at,
        toolpin=__version__,
        bound=plan.is_bound,
        homes=plan.homes,
        home_bins=plan.home_bins,
        asks=plan.asks,
        first_use=plan.first_use,
    )


def _write_own_files(paths: Paths, stage: str, receipt: Receipt) -> None:
    make_folders(f"{stage}/{_OWN}")
    _write(f"{stage}/{_OWN}/receipt.json", render_receipt(receipt))
    _write(f"{stage}/{_OWN}/record.sh", record_of(paths, receipt))


def _write(path: str, text: str) -> None:
    with open(path, "x", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(text)
        os.fchmod(stream.fileno(), 0o644)


def _move(tree: str, place: str) -> None:
    """Rename into a folder that somebody else may be removing because it is empty."""
    while True:
        make_folders(os.path.dirname(place))
        try:
            os.rename(tree, place)
        except FileNotFoundError:
            if not os.path.exists(tree):
                raise
        else:
            return


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def discard(paths: Paths, pin: Pin, tree: str) -> None:
    """Remove a tree of this store: it is gone by one rename, and then deleted.

    What a container's lower layer holds cannot be renamed: that goes behind a mark.
    """
    stage = _stage(paths, pin)
    delete_tree(stage)
    try:
        _move(tree, stage)
    except OSError as error:
        if error.errno != errno.EXDEV or tree != paths.install(*pin):
            raise
        _delete_marked(paths, pin)
    else:
        delete_tree(stage)


def _delete_marked(paths: Paths, pin: Pin) -> None:
    mark = _mark(paths, pin)
    delete_tree(paths.install(*pin))
    os.unlink(mark)


def delete_tree(path: str) -> None:
    """Delete a tree, also one with folders that its owner may not write.

    Raises OSError where something of it stays: nothing is to be written among that.
    """

    def open_up(_function: object, place: str, _error: object) -> None:
        for one in (os.path.dirname(place), place):
            if not os.path.islink(one):
                os.chmod(one, stat.S_IRWXU)
        if os.path.isdir(place) and not os.path.islink(place):
            shutil.rmtree(place, ignore_errors=True)
        else:
            os.unlink(place)

    if os.path.lexists(path):
        shutil.rmtree(path, onerror=open_up)
    if os.path.lexists(path):
        raise OSError(errno.ENOTEMPTY, "it could not be deleted whole", path)
