"""The write side of the store: a tree is staged, checked and published by one rename.

Every function expects its caller to hold the version's file lock. `staging` keeps
unfinished trees apart.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence

from toolpin import __version__
from toolpin.env_patch import is_own_directory, render_record
from toolpin.errors import ToolpinError, remedy
from toolpin.json_documents import parse_receipt, render_receipt
from toolpin.model import REQUIRED, EnvPatch, Home, Pin, Plan, Receipt, TreeFile
from toolpin.steps.final_path import check_place, finish
from toolpin.steps.tree_check import check_commands, check_proof
from toolpin.steps.unpack_steps import make_directories, survey, unpack_all
from toolpin.store import staging
from toolpin.system import host
from toolpin.system.atomic_write import atomic_replace
from toolpin.system.directory_tree import walk
from toolpin.system.paths import open_regular
from toolpin.system.tree_paths import Place

_OWN = ".toolpin"
_LARGEST_RECEIPT = 64 << 20

# Builds from one directory into another; returns the plan with what became known.
Build = Callable[[Plan, str, str], Plan]
# Restores a finished tree into a directory, and returns its entries.
Restore = Callable[[str], Sequence[TreeFile]]


def _no_build(plan: Plan, _source: str, _final: str) -> Plan:
    raise ToolpinError(
        f"{plan.pin} is source code, and its plugin has no build instructions"
    )


def _no_patchelf() -> str:
    raise ToolpinError("patchelf is not installed")


def publish(
    place: Place,
    plan: Plan,
    archives: Sequence[str],
    *,
    patchelf: Callable[[], str] = _no_patchelf,
    build: Build = _no_build,
    restore: Restore | None = None,
    room: staging.Room = staging.cleared,
) -> Receipt:
    """Carry out a plan from its verified archives, and publish the result.

    A tree for another machine is checked by its files' headers, and not run. A plan
    with steps for the final place is finished there, behind its mark; `patchelf`
    returns the program for that, and `build` builds from a directory into that place.
    `restore` fills a directory instead of all steps, and `room` makes room for the
    result. Raises Refused if an archive breaks the
    rules or a command cannot run here, and ToolpinError if the disk cannot be written;
    nothing is left in either case.
    """
    try:
        with staging.scratch(place, plan.pin) as stage:
            files = restore(stage) if restore else unpack_all(plan, archives, stage)
            final = place.install(*plan.pin)
            if plan.is_in_place:
                check_place(plan, final)
                is_built = (plan.recipe or plan.is_scripted) and not restore
                tree = staging.empty_tree(place, plan.pin) if is_built else stage
                with staging.marked(place, plan.pin, tree, room):
                    if is_built:
                        plan = build(plan, stage, final)
                    if not restore:
                        finish(plan, final, patchelf)
                        _close_directories(final)
                        files = survey(final)
                    receipt = _checked(plan, final, files)
                    _write_own_files(place, final, receipt)
                return receipt
            receipt = _checked(plan, stage, files)
            _write_own_files(place, stage, receipt)
            with room(place, plan.pin), staging.open_gate():
                staging.move(stage, final)
    except OSError as error:
        where = error.filename or place.staging
        raise ToolpinError(
            f"{plan.pin} cannot be written",
            [("path", where), ("reason", error.strerror or "?")],
            remedy(error, where, "TOOLPIN_DATA_DIR"),
        ) from error
    return receipt


def _close_directories(tree: str) -> None:
    """Make the directories of a build writable by their owner only.

    Links are not followed: a plugin's script can create one to another directory.
    """
    if os.path.islink(tree):
        return
    for directory, _, _ in walk(tree):
        mode = stat.S_IMODE(os.stat(directory).st_mode)
        if mode & 0o022:
            os.chmod(directory, mode & ~0o022)


def _checked(plan: Plan, tree: str, files: Sequence[TreeFile]) -> Receipt:
    """Return the receipt of a tree whose commands are as planned."""
    for_here = str(plan.host) == str(host.detect())
    check_commands(plan, tree, "/" if for_here else "")
    facts = check_proof(plan, tree) if for_here else ()
    return Receipt(
        pin=plan.pin,
        host=str(plan.host),
        source=plan.source,
        publisher=plan.publisher,
        artifacts=plan.artifacts,
        bin_dirs=plan.bin_dirs,
        variables=plan.variables,
        files=tuple(files),
        installed_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        toolpin=__version__,
        bound=plan.is_bound,
        homes=plan.homes,
        defaults=plan.defaults,
        home_bins=plan.home_bins,
        facts=facts,
        runtime_scripts=plan.runtime_scripts,
        verified=plan.verified,
        requires=plan.requires,
    )


def remove(place: Place, pin: Pin) -> None:
    """Remove an install: hide it by one rename, and then delete it."""
    tree = place.install(*pin)
    try:
        staging.discard(place, pin, tree)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(tree))
    except OSError as error:
        raise ToolpinError(
            f"{pin} cannot be removed",
            [("path", error.filename or tree), ("reason", error.strerror or "?")],
        ) from error


def record_of(place: Place, receipt: Receipt) -> str:
    """Return the record that shims read of an install: it names the final path."""
    final, root = place.install(*receipt.pin), place.state(receipt.pin.tool)

    def at_home(directory: str) -> str:
        return f"{root}/{directory}".replace("{required}", REQUIRED)

    # A plugin's programs are in its directory, by an absolute path.
    bins = [os.path.join(final, directory) for directory in receipt.bin_dirs]
    # A home in the machine's store could not be written by its users.
    homes = [
        home for home in receipt.homes if not place.shared or os.path.isabs(home[1])
    ]
    behind = tuple(filter(is_own_directory, receipt.home_bins))
    home_bins = () if place.shared else receipt.home_bins
    home_bins = tuple(entry for entry in home_bins if entry not in behind)
    patch = EnvPatch(
        path=(*bins, *map(at_home, home_bins)),
        behind=behind,
        variables=tuple(
            (name, value.replace("{install}", final))
            for name, value in receipt.variables
        ),
        homes=tuple(
            Home(name, os.path.dirname(final), directory)
            if os.path.isabs(directory)  # in an install: a plugin's scripts name it so
            else Home(name, root, at_home(directory))
            for name, directory in homes
        )
        + _defaults(place, receipt),
        major=receipt.pin.version.partition(".")[0],
        runtime_scripts=receipt.runtime_scripts,
        plugin=f"{place.plugins}/{receipt.pin.tool}" if is_scripted(receipt) else "",
    )
    return render_record(patch)


def is_scripted(receipt: Receipt) -> bool:
    """Return whether an asdf plugin describes an install."""
    return any(name == "ASDF_INSTALL_PATH" for name, _ in receipt.variables)


def _defaults(place: Place, receipt: Receipt) -> tuple[Home, ...]:
    """Return the variables that are set unless the user has set them."""
    final, result = place.install(*receipt.pin), []
    for name, (value, *others) in receipt.defaults:
        in_tree = "{install}" in value
        if in_tree and place.shared:  # users of that store may not write there
            continue
        root = os.path.dirname(final) if in_tree else value
        directory = value.replace("{install}", final)
        result.append(Home(name, root, directory, tuple(others)))
    return tuple(result)


def read_receipt(place: Place, pin: Pin) -> Receipt | None:
    """Return the receipt of an install; None for an adopted one.

    Raises ToolpinError for one that cannot be read.
    """
    return receipt_in(place.install(*pin))


def receipt_in(tree: str) -> Receipt | None:
    """Return the receipt in a tree, as `read_receipt` does."""
    return receipt_at(f"{tree}/{_OWN}/receipt.json")


def receipt_at(place: str) -> Receipt | None:
    """Return the receipt in a file, as `read_receipt` does."""
    try:
        # A checkout may contain anything: no link, no other than a file.
        with open_regular(place, os.O_NOFOLLOW) as file:
            if os.fstat(file.fileno()).st_size > _LARGEST_RECEIPT:
                limit = f"larger than {_LARGEST_RECEIPT} bytes"
                raise ToolpinError(f"{place} cannot be read: {limit}")
            return parse_receipt(file.read(_LARGEST_RECEIPT).decode(), place)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ToolpinError(
            f"{place} cannot be read", [("reason", str(error))]
        ) from error


def _write_own_files(place: Place, stage: str, receipt: Receipt) -> None:
    make_directories(f"{stage}/{_OWN}")
    for name, data in _own_files(place, receipt):
        with open(f"{stage}/{_OWN}/{name}", "xb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)


def write_again(place: Place, receipt: Receipt) -> None:
    """Write the receipt and the record of a published tree again."""
    own = f"{place.install(*receipt.pin)}/{_OWN}"
    for name, data in _own_files(place, receipt):
        with atomic_replace(f"{own}/{name}") as file:
            file.write(data)


def _own_files(place: Place, receipt: Receipt) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each of toolpin's files in a tree."""
    for name, text in (
        ("receipt.json", render_receipt(receipt)),
        ("record.sh", record_of(place, receipt)),
    ):
        yield name, text.encode(errors="surrogateescape")
