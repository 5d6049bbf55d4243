"""One request while it is being locked, and the messages about it.

The sources to query, and the errors of an unresolved request; `locker` queries them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolpin.cache.first_use import FLAG
from toolpin.errors import NoChecksum, Offline, Refused, ToolpinError, Unreachable
from toolpin.install.planner import publisher
from toolpin.install.source_choice import own_sources_line
from toolpin.lockfile.document import Entry, Lockfile
from toolpin.lockfile.scope import LockfileRequest, Scope, hosts_of, named_sources
from toolpin.model import Pin
from toolpin.plugins.tool_file import Tool
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of
from toolpin.system.progress import Board, Row
from toolpin.versions import nearest


class Work(NamedTuple):
    """One request with everything that is needed to resolve it.

    `specs` are the sources to query, `later` those that may serve instead.
    """

    request: LockfileRequest
    tool: Tool
    hosts: tuple[str, ...]
    specs: tuple[SourceSpec, ...]
    later: tuple[SourceSpec, ...]
    old: Lockfile
    row: Row


def is_partial(work: Work, pin: Pin) -> bool:
    """Return whether the old lockfile has no entries of a version for some hosts."""
    hosts = {entry.host for entry in work.old.entries if entry.pin == pin}
    return not hosts.issuperset(work.old.hosts or hosts_of(work.tool))


def report_queried(work: Work, hosts: Sequence[str]) -> None:
    """Report which sources are queried for builds of these hosts."""
    names = [
        publisher(spec, any_of(host))
        for spec in work.specs
        for host in hosts
        if host in spec.hosts
    ]
    if names:
        work.row.wait(f"querying {', '.join(dict.fromkeys(names))}")


def report_silent(
    work: Work, spec: SourceSpec, error: ToolpinError, board: Board
) -> None:
    """Report an optional source that does not answer; raise a required one's error.

    Several threads may call this: a source is queried for its hosts at once.
    """
    if not spec.optional or isinstance(error, Offline):
        raise unreachable(work, spec, error) from error
    name = work.tool.name
    # The other sources of a locked tool are not queried automatically.
    sources = " ".join(f"--source {spec.id}" for spec in work.specs)
    later = f"once it is available: toolpin lock --refresh {name} {sources}"
    line = f"{name}: {error.what}; locked without {spec.id}; {later}"
    board.remark_once(line, f"{name} {spec.id}")


def report_own(work: Work, scope: Scope, board: Board) -> None:
    """Report a tool that has none of the sources that the settings name."""
    tool = work.tool
    line = own_sources_line(tool, scope.preferred, scope.preferred_from)
    if line and not named_sources(tool, scope):
        board.remark_once(line)


def unreachable(work: Work, spec: SourceSpec, error: ToolpinError) -> ToolpinError:
    """Return the error for an unreachable source, with a way around it, if any."""
    if isinstance(error, Offline):
        return Unreachable(
            f"{work.tool.name} {work.request.wanted} cannot be locked: "
            "toolpin is offline",
            [("required by", str(work.request.origin)), *error.facts],
            "TOOLPIN_OFFLINE=0 toolpin lock",
        )
    others = [source for source in work.tool.sources if source.id != spec.id]
    doctor = f"toolpin doctor --net {work.tool.name}"
    hint = _command_without(work, spec) or error.hint or doctor
    return Unreachable(
        f"{work.tool.name} {work.request.wanted} cannot be locked: {error.what}",
        [
            ("required by", str(work.request.origin)),
            ("source", spec.id),
            *error.facts,
            *([("others", ", ".join(other.id for other in others))] if others else []),
        ],
        hint,
    )


def _command_without(work: Work, spec: SourceSpec) -> str:
    """Return the command that locks without an unreachable source, if there is one."""
    hosts = sorted(set(work.hosts) & set(work.specs[0].hosts))
    if spec is not work.specs[0] and hosts:  # it is queried for those without the first
        return f"toolpin lock {' '.join(f'--host {host}' for host in hosts)}"
    lost = set(work.hosts) & set(spec.hosts)
    fit = [spec for spec in work.later if lost & {*spec.hosts}]
    # The one that loses the fewest hosts; of several equal ones the plugin's first.
    best = max(fit, key=lambda source: len(lost & {*source.hosts}), default=None)
    return f"toolpin lock --source {best.id}" if best else ""


def no_checksum(work: Work, pin: Pin, host: str, error: NoChecksum) -> NoChecksum:
    """Return the error for a host's build that is published without a checksum."""
    return NoChecksum(
        f"{pin} is published without a checksum and needs {FLAG}",
        [("required by", str(work.request.origin)), ("host", host), *error.facts],
        f"toolpin lock {FLAG}",
    )


def refuse_weaker(work: Work, entries: Sequence[Entry]) -> None:
    """Raise Refused for builds that were verified at a higher level when locked.

    Builds that were left out before may have a lower one.
    """
    pin, host, source = entries[0][:3]
    level = max(entry.verified for entry in entries)
    before = [entry.verified for entry in work.old.entries_for(pin, host)]
    if before and level < max(before):
        raise Refused(
            f"{pin} was locked at the level {max(before)}, and {source} has {level}",
            [("required by", str(work.request.origin)), ("host", host)],
            f"toolpin lock --refresh {pin.tool} --source {source}",
        )


def names_of(specs: Sequence[SourceSpec]) -> str:
    """Return the names of sources, as a sentence has them."""
    ids = [spec.id for spec in specs] or ["the queried sources"]
    return " and ".join(filter(None, (", ".join(ids[:-1]), ids[-1])))


def no_match(
    work: Work, known: Sequence[str], silent: ToolpinError | None = None
) -> ToolpinError:
    """Return the error of a request that no version of the queried sources matches.

    `silent` is the error of the next source, if it gave no answer.
    """
    request = work.request
    near = nearest(request.wanted.value, known) if request.wanted.value else []
    queried = [spec.id for spec in work.specs]
    others = [source.id for source in work.tool.sources if source.id not in queried]
    hint = f"toolpin list-all {request.tool}"
    code = [spec.id for spec in work.tool.sources if spec.build and not spec.named_only]
    if code and code[0] in others:  # a build of source code is locked only on request
        hint = f"toolpin lock --source {code[0]}"
    return ToolpinError(
        f"{names_of(work.specs)} {'has' if len(queried) == 1 else 'have'} "
        f"no {request.tool} {request.wanted}",
        [
            ("required by", str(request.origin)),
            ("for", ", ".join(work.hosts)),
            *([("not queried", ", ".join(others))] if others else []),
            *([("nearest", ", ".join(near))] if near else []),
            *(silent.facts[1:] if silent else ()),
        ],
        silent.hint if silent and not near else hint,
    )
