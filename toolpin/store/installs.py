"""The read side of the store: which versions are published, and what they set.

Light, because `exec` imports it: it lists directories and reads records, and of a
receipt only the beginning.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator

from toolpin.env_patch import moved, parse_record
from toolpin.errors import NotRunnable, ToolpinError, not_written
from toolpin.model import REQUIRED, TOOL_REQUIREMENT, EnvPatch, Pin, Wanted
from toolpin.project.validation import NAME, VERSION, fits
from toolpin.store import stage_names
from toolpin.system.paths import Paths, bundled, names_in, open_regular
from toolpin.versions import newest, sort_key

RECORD = ".toolpin/record.sh"
RECEIPT = ".toolpin/receipt.json"
# In place of a receipt, where another manager has made the tree.
ADOPTED = ".toolpin/adopted"
# Scripts of an asdf plugin whose output a record holds.
_SCRIPT_LINE = ("exec-env", "exec-path", "list-bin-paths")

_RECORD_LIMIT_BYTES = 256 * 1024
_HEAD_LIMIT_BYTES = 64 * 1024


def stores(paths: Paths) -> tuple[Paths, ...]:
    """Return the stores to search, in order: this one, then the machine's."""
    return (paths, paths.behind) if paths.behind else (paths,)


def store_of(paths: Paths, pin: Pin) -> Paths:
    """Return the first store that has the pin; this one if none has."""
    return next((store for store in stores(paths) if _is_published(store, pin)), paths)


def tree(paths: Paths, pin: Pin) -> str:
    """Return the directory of a published version, or its future one in this store."""
    return store_of(paths, pin).install(*pin)


def is_installed(paths: Paths, pin: Pin) -> bool:
    """Return whether a store has published the pin: a tree without a mark."""
    return any(_is_published(store, pin) for store in stores(paths))


def _is_published(paths: Paths, pin: Pin) -> bool:
    if not (fits(pin.tool, NAME) and fits(pin.version, VERSION)):
        return False
    mark = stage_names.mark_path(paths, pin)
    return _is_tree(paths, paths.install(*pin)) and not os.path.lexists(mark)


def digests(paths: Paths, pin: Pin) -> list[str]:
    """Return the digests that an install was made from; empty without a receipt.

    From the beginning of the receipt, without a JSON parser or validation.
    """
    return re.findall(r'"digest": "([a-z0-9]+:[0-9a-f]+)"', _head(paths, pin))


def partners(paths: Paths, pin: Pin) -> list[tuple[str, str]]:
    """Return the tools that an install was built for: (tool, least version).

    From the beginning of the receipt. None for an install that any version runs.
    """
    head = _head(paths, pin)
    return re.findall(rf'"{TOOL_REQUIREMENT}([^"]+)",\s+"([^"]+)"', head)


def _head(paths: Paths, pin: Pin) -> str:
    """Return the beginning of a receipt, "" without one."""
    place = f"{tree(paths, pin)}/{RECEIPT}"
    try:
        with open_regular(place) as stream:
            text = stream.read(_HEAD_LIMIT_BYTES).decode(errors="replace")
    except OSError:
        return ""
    return text.partition('"bin_dirs"')[0]


def is_linked(paths: Paths, pin: Pin) -> bool:
    """Return whether an install is a link into another manager's tree.

    One with a receipt was made here, and its links are its plugin's choice.
    """
    directory = paths.install(*pin)
    if os.path.islink(directory):
        return True
    inside = f"{os.path.realpath(directory)}/"
    results = [os.path.realpath(f"{directory}/{name}") for name in names_in(directory)]
    leads_out = not all(entry.startswith(inside) for entry in results)
    return leads_out and not os.path.lexists(f"{directory}/{RECEIPT}")


def tools(paths: Paths) -> tuple[str, ...]:
    """Return the tools that have a published version, sorted."""
    names = {name for store in stores(paths) for name in names_in(store.installs)}
    return tuple(tool for tool in sorted(names) if versions(paths, tool))


def versions(paths: Paths, tool: str) -> tuple[str, ...]:
    """Return the published versions of a tool, sorted as text."""
    if not fits(tool, NAME):
        return ()
    results = {version for store in stores(paths) for version in _versions(store, tool)}
    return tuple(sorted(results))


def pins(paths: Paths, names: Iterable[str] | None = None) -> Iterator[Pin]:
    """Yield the published versions of these tools, or of all, the oldest first."""
    for tool in tools(paths) if names is None else names:
        for version in sorted(versions(paths, tool), key=sort_key):
            yield Pin(tool, version)


def _versions(paths: Paths, tool: str) -> tuple[str, ...]:
    # Listing two directories is faster than two checks per version.
    marks = set(names_in(f"{paths.incomplete}/{tool}"))
    home = f"{paths.installs}/{tool}"
    return tuple(
        directory
        for directory in _directories(home)
        if fits(directory, VERSION)
        and directory not in marks
        and _is_tree(paths, f"{home}/{directory}")
    )


def has_remains(paths: Paths) -> bool:
    """Return whether something is in staging, in progress or left behind."""
    return bool(stage_names.staged(paths))


def exact(paths: Paths, tool: str, wanted: Wanted) -> Pin | None:
    """Return the published version that is literally named by an alternative."""
    if wanted.kind not in ("version", "ref"):
        return None
    name = f"ref-{wanted.value}" if wanted.kind == "ref" else wanted.value
    pin = Pin(tool, name)
    return pin if is_installed(paths, pin) else None


def newest_match(paths: Paths, tool: str, wanted: Wanted) -> Pin | None:
    """Return the newest published version below a prefix, or of a channel.

    A channel means the version that it had at the last install.
    """
    known = versions(paths, tool)
    version = newest(wanted.value, known)
    channel_versions = (_channel(store, tool, wanted.value) for store in stores(paths))
    version = version or next(
        (version for version in channel_versions if version in known), None
    )
    return Pin(tool, version) if version else None


def remember_channel(paths: Paths, pin: Pin, channel: str) -> None:
    """Record the version of a channel, such as `lts`, which its name does not state.

    It replaces the version recorded before: call it when the version is installed.
    """
    path = f"{paths.channels}/{pin.tool}/{channel}"
    if _channel(paths, pin.tool, channel) == pin.version:
        return
    from toolpin.system.atomic_write import atomic_replace

    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with atomic_replace(path) as file:
            file.write(pin.version.encode())
    except OSError as error:
        raise not_written(path, error, "TOOLPIN_DATA_DIR") from error


def _channel(paths: Paths, tool: str, channel: str) -> str | None:
    if not fits(channel, VERSION):
        return None
    try:
        with open_regular(f"{paths.channels}/{tool}/{channel}") as file:
            return file.read(200).decode()
    except (OSError, UnicodeDecodeError):
        return None


def is_plugin(paths: Paths, tool: str) -> bool:
    """Return whether a tool has an asdf plugin here."""
    if not tool or not os.path.isdir(f"{paths.plugins}/{tool}/bin"):
        return False
    known = (f"{paths.config}/plugins", bundled("plugins"))
    is_own = any(os.path.exists(f"{plugin}/{tool}.toml") for plugin in known)
    return not is_own or os.path.exists(f"{paths.chosen}/{tool}")


def is_outdated(paths: Paths, pin: Pin) -> bool:
    """Return whether a script named in a record has changed since it was written."""
    try:
        written = os.stat(f"{paths.install(*pin)}/{RECORD}").st_mtime_ns
    except OSError:
        return False
    for script in _SCRIPT_LINE:
        with contextlib.suppress(OSError):
            changed = os.stat(f"{paths.plugins}/{pin.tool}/bin/{script}").st_mtime_ns
            if changed > written:
                return True
    return False


def environment(paths: Paths, pin: Pin) -> EnvPatch:
    """Return what the install's record sets; an adopted install has only its `bin`.

    The record of a store that was moved is read as if it named the new path. Raises
    NotRunnable for a record that cannot be read.
    """
    place = tree(paths, pin)
    patch = _recorded(pin, place)
    old = _other_place(patch, pin, place)
    return moved(patch, old, _data_of(pin, place)) if old else patch


def recorded_place(paths: Paths, pin: Pin) -> str:
    """Return the store that a record names, if that is not the one it is in.

    "" otherwise, also if it has another name, and if the record cannot be read.
    """
    place = tree(paths, pin)
    try:
        return _other_place(_recorded(pin, place), pin, place)
    except NotRunnable:
        return ""


def _recorded(pin: Pin, place: str) -> EnvPatch:
    record = f"{place}/{RECORD}"
    try:
        with open_regular(record) as file:
            data = file.read(_RECORD_LIMIT_BYTES + 1)
        if len(data) > _RECORD_LIMIT_BYTES:
            raise ToolpinError(f"more than {_RECORD_LIMIT_BYTES} bytes")
        return parse_record(os.fsdecode(data))
    except FileNotFoundError:
        return EnvPatch((f"{place}/bin",), ())
    except OSError as error:
        raise _unreadable(pin, record, str(error.strerror)) from error
    except ToolpinError as error:
        raise _unreadable(pin, record, error.what) from error


def _data_of(pin: Pin, place: str) -> str:
    """Return the store that a tree is in; "" for one in a directory of trees."""
    data, inside, rest = place.rpartition(f"/installs/{pin.tool}/{pin.version}")
    return data if inside and not rest else ""


def _other_place(patch: EnvPatch, pin: Pin, place: str) -> str:
    data, inside = _data_of(pin, place), f"/installs/{pin.tool}/{pin.version}/"
    if not data or any(directory.startswith(f"{place}/") for directory in patch.path):
        return ""
    named = (directory.partition(inside) for directory in patch.path)
    old = next((start for start, mark, _ in named if mark), "")
    # A store may have two names, by a link.
    is_same = os.path.realpath(old) == os.path.realpath(data)
    return "" if is_same else old


def commands(paths: Paths, pin: Pin) -> tuple[str, ...]:
    """Return the names of the programs in the install's bin directories, sorted.

    None if the record cannot be read: one damaged install does not stop the others.
    """
    results: set[str] = set()
    for directory in _bins(paths, pin):
        results.update(programs(directory))
    return tuple(sorted(results))


def programs(directory: str) -> list[str]:
    """Return the names of the programs in a directory, sorted."""
    return [name for name in names_in(directory) if is_program(f"{directory}/{name}")]


def program(paths: Paths, pin: Pin, command: str) -> str | None:
    """Return the path of a command in the install's bin directories, if it has it."""
    for directory in _bins(paths, pin):
        path = f"{directory}/{command}"
        if is_program(path):
            return path
    return None


def is_program(path: str) -> bool:
    """Return whether `path` is a regular file, or a link to one, that may be run."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _bins(paths: Paths, pin: Pin) -> tuple[str, ...]:
    try:
        path = environment(paths, pin).path
    except NotRunnable:
        return ()
    path = tuple(directory for directory in path if directory != paths.answers)
    return tuple(directory for pattern in path for directory in _for_any(pattern))


def _for_any(directory: str) -> list[str]:
    """Return the existing directories, for any version of the required tool."""
    head, mark, tail = directory.partition(REQUIRED)
    if not mark:
        return [directory]
    parent, _, name = head.rpartition("/")
    return [
        f"{parent}/{directory}{tail}"
        for directory in _directories(parent)
        if directory.startswith(name)
    ]


def _is_tree(paths: Paths, directory: str) -> bool:
    """Return whether a directory is an install or can be adopted: not an empty one."""
    if paths.as_asdf and os.path.isdir(directory):
        return True
    if not os.path.isfile(f"{directory}/{RECORD}"):
        return bool(names_in(directory))
    return not os.path.lexists(f"{directory}/{ADOPTED}") or _has_content(directory)


def _has_content(directory: str) -> bool:
    """Return whether an adopted install still has content: its owner may remove it."""
    names = [name for name in names_in(directory) if name != ".toolpin"]
    return any(os.path.exists(f"{directory}/{name}") for name in names)


def _directories(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return []


def _unreadable(pin: Pin, record: str, why: str) -> NotRunnable:
    return NotRunnable(
        f"the receipt of {pin} cannot be read",
        [("record", record), ("why", why)],
        f"toolpin uninstall {pin}",
    )
