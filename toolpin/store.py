"""The write side of the store: a tree is staged, checked and published by one rename.

Every function but `sweep` expects its caller to hold the version's mutex. A process may
die at any line of this: what it leaves in `staging/` does not count and is swept.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence

from toolpin import __version__
from toolpin.archive import unpack
from toolpin.binaries import check_command
from toolpin.documents import parse_receipt, render_receipt
from toolpin.env import render_record
from toolpin.errors import NotPublished, Refused, ToolpinError
from toolpin.finishing import finish
from toolpin.model import EnvPatch, Link, Pin, Plan, Receipt, TreeFile, Unpack
from toolpin.mutex import held, try_held
from toolpin.paths import Paths
from toolpin.process import run
from toolpin.verify import hash_file

_OWN = ".toolpin"


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
) -> Receipt:
    """Carry out a plan from its verified archives, and publish the result.

    What is for another machine is compared with what its files say of themselves, and
    not run. In a folder of trees the tool's other version makes room at the end. A
    plan with steps for the final place is finished there, behind its mark; `patchelf`
    tells the program that does so.
    Raises Refused when an archive breaks the rules or a command cannot run here, and
    ToolpinError when the disk does not take it; nothing is left in either case.
    """
    try:
        with scratch(paths, plan.pin) as stage:
            files = _build(plan, archives, stage)
            final = paths.install(*plan.pin)
            if plan.is_in_place:
                with _marked(paths, plan.pin):
                    _move(stage, final)
                    changed = finish(plan, final, patchelf or _no_patchelf)
                    files = _hashed_again(files, changed, final)
                    receipt = _checked(plan, final, files, installed_at)
                    _write_own_files(paths, final, receipt)
                return receipt
            receipt = _checked(plan, stage, files, installed_at, for_here=for_here)
            _write_own_files(paths, stage, receipt)
            if paths.into:
                _remove_tree(final)
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
    mark, final = f"{paths.incomplete}/{pin.tool}/{pin.version}", paths.install(*pin)
    _make_folders(os.path.dirname(mark))
    with open(mark, "w", encoding="utf-8"):
        pass
    try:
        yield
    except BaseException:
        _remove_tree(final)
        os.unlink(mark)
        raise
    os.unlink(mark)


def _no_patchelf() -> str:
    raise ToolpinError("no patchelf is at hand")


def _checked(
    plan: Plan,
    tree: str,
    files: Sequence[TreeFile],
    installed_at: str,
    *,
    for_here: bool = True,
) -> Receipt:
    """Return the receipt of a tree whose commands are what the plan says."""
    _check_commands(plan, tree, "/" if for_here else "")
    if for_here:
        _check_proof(plan, tree)
    return _receipt(plan, files, installed_at)


def _hashed_again(
    files: Sequence[TreeFile], changed: set[str], tree: str
) -> list[TreeFile]:
    """Return the entries, with those of changed files as they are now."""
    found = []
    for file in files:
        if file.path in changed and not file.link:
            path = f"{tree}/{file.path}"
            status = os.stat(path)
            digits = hash_file(path, "sha256")
            mode = stat.S_IMODE(status.st_mode)
            file = TreeFile(file.path, status.st_size, mode, digits)  # noqa: PLW2901
        found.append(file)
    return found


def remove(paths: Paths, pin: Pin) -> None:
    """Remove an install: it is gone by one rename, and then deleted."""
    stage = _stage(paths, pin)
    try:
        _remove_tree(stage)
        _move(paths.install(*pin), stage)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(paths.install(*pin)))
        _remove_tree(stage)
    except OSError as error:
        raise ToolpinError(
            f"{pin} cannot be removed",
            [("path", error.filename or stage), ("because", error.strerror or "?")],
        ) from error


def sweep(paths: Paths) -> None:
    """Delete what processes that are dead now left in `staging/`, or behind a mark."""
    for name in _entries(paths.staging):
        tool, _, version = name.partition("@")
        with try_held(_lock(paths, Pin(tool, version))) as free:
            if free:
                # What cannot be deleted stays, and keeps nothing else from going on.
                with contextlib.suppress(OSError):
                    _remove_tree(f"{paths.staging}/{name}")
    for tool in _entries(paths.incomplete):
        for version in _entries(f"{paths.incomplete}/{tool}"):
            pin = Pin(tool, version)
            with try_held(_lock(paths, pin)) as free, contextlib.suppress(OSError):
                if free:
                    _remove_tree(paths.install(*pin))
                    os.unlink(f"{paths.incomplete}/{tool}/{version}")


@contextlib.contextmanager
def scratch(paths: Paths, pin: Pin) -> Iterator[str]:
    """Make an empty folder for a version, on the store's filesystem, for a while."""
    stage = _stage(paths, pin)
    _remove_tree(stage)
    try:
        _make_folders(stage)
        yield stage
    finally:
        _remove_tree(stage)


def record_of(paths: Paths, receipt: Receipt) -> str:
    """Return the record that shims read of an install: it names the final place."""
    final = paths.install(*receipt.pin)
    patch = EnvPatch(
        path=tuple(f"{final}/{folder}" for folder in receipt.bin_dirs),
        variables=tuple(
            (name, value.replace("{install}", final))
            for name, value in receipt.variables
        ),
    )
    return render_record(patch)


def read_receipt(paths: Paths, pin: Pin) -> Receipt | None:
    """Return the receipt of an install; None for an adopted one, which has none."""
    place = f"{paths.install(*pin)}/{_OWN}/receipt.json"
    try:
        with open(place, encoding="utf-8") as stream:
            return parse_receipt(stream.read(), place)
    except FileNotFoundError:
        return None


def _lock(paths: Paths, pin: Pin) -> str:
    return f"{paths.locks}/{pin.tool}/{pin.version}.lock"


def _stage(paths: Paths, pin: Pin) -> str:
    """Return one flat name, so that no folder is shared with another version."""
    return f"{paths.staging}/{pin.tool}@{pin.version}"


def _build(plan: Plan, archives: Sequence[str], stage: str) -> list[TreeFile]:
    """Do the steps in `stage` and return what is there, sorted by path."""
    found: dict[str, TreeFile] = {}
    for step in plan.steps:
        if isinstance(step, Unpack):
            for file in _unpack(step, plan, archives, stage):
                found[file.path] = file
        elif isinstance(step, Link) and (placed := _link(step, stage)):
            found[placed.path] = placed
    return [found[path] for path in sorted(found)]


def _unpack(
    step: Unpack, plan: Plan, archives: Sequence[str], stage: str
) -> Iterator[TreeFile]:
    folder = os.path.join(stage, step.into) if step.into else stage
    _make_folders(folder)
    files = unpack(
        archives[step.artifact],
        plan.artifacts[step.artifact].filename,
        folder,
        strip=step.strip,
        only=step.only,
    )
    for file in files:
        if file.path in step.without:
            os.unlink(os.path.join(folder, file.path))
            continue
        yield file._replace(path=os.path.join(step.into, file.path))


def _link(step: Link, stage: str) -> TreeFile | None:
    """Place a link. A target that this version does not have is no fault."""
    path = os.path.join(stage, step.path)
    parent = os.path.dirname(path)
    # Normalised: `bin/../x` is not there before `bin` is.
    if not os.path.exists(os.path.normpath(os.path.join(parent, step.target))):
        return None
    _make_folders(parent)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.symlink(step.target, path)
    return TreeFile(step.path, len(step.target), 0o777, "", step.target)


def _check_commands(plan: Plan, stage: str, root: str) -> None:
    # What has its own C library asks nothing of the machine's.
    host = plan.host._replace(libc_version="") if plan.is_bound else plan.host
    for command in plan.commands:
        places = [f"{stage}/{folder}/{command}" for folder in plan.bin_dirs]
        path = next((one for one in places if os.path.isfile(one)), None)
        if path is None:
            raise Refused(
                f"{plan.pin} from {plan.source} has no `{command}`",
                [
                    ("archive", plan.artifacts[0].filename),
                    ("expected in", ", ".join(plan.bin_dirs)),
                    ("installed", "nothing"),
                ],
            )
        check_command(path, host, plan.pin, root=root)


def _check_proof(plan: Plan, stage: str) -> None:
    """Run the proof, with no variable but PATH, and compare the first line it says."""
    if not plan.proof:
        return
    *command, expected = plan.proof
    folders = ":".join(f"{stage}/{folder}" for folder in plan.bin_dirs)
    env = {"PATH": f"{folders}:/usr/local/bin:/usr/bin:/bin"}
    path = shutil.which(command[0], path=folders) or command[0]
    told = run([path, *command[1:]], env=env, cwd=stage, timeout_s=60)
    answer = (told.out or told.err).strip().partition("\n")[0]
    if told.status != 0:
        raise Refused(
            f"{plan.pin} from {plan.source} does not run on this machine",
            [("command", " ".join(command)), ("it said", answer or "nothing")],
        )
    if answer != expected:
        raise NotPublished(
            f"{plan.source}'s {plan.pin} is not that version: it says {answer}"
        )


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
    )


def _write_own_files(paths: Paths, stage: str, receipt: Receipt) -> None:
    _make_folders(f"{stage}/{_OWN}")
    _write(f"{stage}/{_OWN}/receipt.json", render_receipt(receipt))
    _write(f"{stage}/{_OWN}/record.sh", record_of(paths, receipt))


def _write(path: str, text: str) -> None:
    with open(path, "x", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(text)
        os.fchmod(stream.fileno(), 0o644)


def _move(tree: str, place: str) -> None:
    """Rename into a folder that somebody else may be removing because it is empty."""
    while True:
        _make_folders(os.path.dirname(place))
        try:
            os.rename(tree, place)
        except FileNotFoundError:
            if not os.path.exists(tree):
                raise
        else:
            return


def _make_folders(path: str) -> None:
    """Make a folder and those above it, of mode 0755 whatever the umask is."""
    if not os.path.isdir(path):
        _make_folders(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):  # another install's, just now
            os.mkdir(path)
        os.chmod(path, 0o755)


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove_tree(path: str) -> None:
    """Delete a tree, also one with folders that its owner may not write."""

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
