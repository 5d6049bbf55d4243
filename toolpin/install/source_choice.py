"""Chooses which of a tool's sources to try, in which order, and explains failures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import UnionType

from toolpin.cache.first_use import FLAG
from toolpin.errors import (
    Mismatch,
    NoChecksum,
    NoFit,
    NotPublished,
    Offline,
    ToolpinError,
    Unreachable,
    UsageError,
)
from toolpin.install.catalogs import DAY_S, Catalogs
from toolpin.install.first_builds import Failure, command_to_pin, first_for, too_old
from toolpin.install.jobs import Job
from toolpin.model import Host, Pin, Plan
from toolpin.plugins.script_plugin import is_scripted
from toolpin.plugins.tool_file import Tool
from toolpin.project.validation import without_v
from toolpin.sources.lines import completed
from toolpin.sources.spec import SourceSpec
from toolpin.versions import is_prefix, nearest, newest


def allowed_sources(
    tool: Tool, host: Host, wanted: Sequence[str], *, must: bool = False
) -> tuple[SourceSpec, ...]:
    """Return the sources to try, in order: those `wanted` by id, or all of the tool's.

    A tool with none of the wanted sources has its own. Raises ToolpinError for a host
    that no source can serve, and UsageError instead if it `must` have one of them.
    """
    if reason := tool.refused_hosts.get(str(host)):
        raise ToolpinError(
            f"{tool.name} has no builds for {host}", [("reason", reason)]
        )
    if is_scripted(tool):  # it has no other, whatever the settings prefer
        return tool.sources
    by_id = {spec.id: spec for spec in tool.sources}
    unnamed = [key for key, spec in by_id.items() if not spec.named_only]
    unnamed = [spec for spec in unnamed if str(host) in by_id[spec].hosts] or unnamed
    named = [source for source in wanted if source in by_id]
    if wanted and must and not named:
        raise UsageError(
            f"{tool.name} has no source of that name",
            [("wanted", ", ".join(wanted)), ("sources", ", ".join(by_id))],
        )
    chosen = tuple(by_id[source] for source in named or unnamed)
    if not chosen:
        raise ToolpinError(
            f"{tool.name} has only sources that must be named",
            [("sources", ", ".join(by_id))],
            f"toolpin install --source {next(iter(by_id))}",
        )
    return chosen


def own_sources_line(tool: Tool, wanted: Sequence[str], origin: str) -> str:
    """Return the message that a tool has none of the sources of the setting, or ""."""
    ids = [spec.id for spec in tool.sources]
    if not wanted or not origin or is_scripted(tool) or set(wanted) & {*ids}:
        return ""
    return (
        f"{tool.name} has none of the sources {', '.join(wanted)} ({origin}), and "
        f"its own are used: {', '.join(ids)}"
    )


def refuse_unnamed(plan: Plan, wanted: Sequence[str]) -> None:
    """Raise NoFit for builds that would run only on this machine, and were not named.

    A source build is for this machine in any case.
    """
    if plan.is_bound and not plan.recipe and plan.source not in wanted:
        raise NoFit(
            f"{plan.pin} from {plan.publisher} would run on this machine only",
            [("reason", "libraries that are missing here are bundled with it")],
            f"toolpin install {plan.pin} --source {plan.source}",
        )


def no_source_error(
    tool: Tool,
    job: Job,
    failures: Sequence[Failure],
    host: Host,
    catalogs: Catalogs,
) -> ToolpinError:
    """Return the error that lists the failure or nearest versions of every source."""
    facts = [("required by", str(job.origin))]
    if offline := _offline(job, failures):
        return offline
    known: set[str] = set()
    for failure in failures:
        label = failure.spec.id
        facts.append((label, failure.error.what))
        if _is_unknown(failure):
            output, listed = _nearby(tool, failure.spec, job.pin, host, catalogs)
            facts.append((label, output))
            known.update(listed)
        else:
            more = failure.error.facts
            facts += [(label, f"{name}: {value}") for name, value in more]
            if reason := too_old(failure.spec, job.pin, host):
                facts.append((label, reason))
    queried = {failure.spec.id for failure in failures}
    for spec in tool.sources:
        if spec.named_only and spec.id not in queried:
            facts.append((spec.id, f"used only when named: --source {spec.id}"))
    silent = _of(Unreachable, failures)
    ending = "was not found" if silent else f"does not exist for {host}"
    if _of(NoChecksum, failures):
        ending = f"is published without a checksum and needs {FLAG}"
    elif _of(NoFit, failures):
        ending = "has no build that runs on this machine"
    elif first := first_for(failures, job.pin, host):
        what = f"{job.pin} has no build for {host}: the first is {first}"
        newer = newest(_line_of(first), known) or first
        command = command_to_pin(job.pin.tool, newer, job.origin)
        return NotPublished(what, facts, command)
    elif unanswered := unanswered_by_all(
        [failure.error for failure in failures if str(host) in failure.spec.hosts]
    ):
        ending = f"cannot be installed: {unanswered}"
    kind = Unreachable if silent else NotPublished
    return kind(f"{job.pin} {ending}", facts, _hint(tool, job, failures, host, known))


def unanswered_by_all(errors: Sequence[ToolpinError]) -> str:
    """Return why nothing is known, in words, if no source gave an answer; else ""."""
    if not all(isinstance(error, Unreachable) for error in errors):
        return ""
    reasons = sorted({error.what for error in errors})
    return "none of its sources can be reached" if reasons[1:] else "".join(reasons)


def _offline(job: Job, failures: Sequence[Failure]) -> Offline | None:
    """Return the single error for sources not queried because toolpin is offline."""
    if _of(NoFit | NoChecksum, failures):
        return None
    for failure in _of(Offline, failures):
        return Offline(
            f"{job.pin} is not in the cache, and toolpin is offline",
            [("required by", str(job.origin)), *failure.error.facts],
            _network_hint(job, failure.error),
        )
    return None


def _is_unknown(failure: Failure) -> bool:
    """Return whether the source answered that it does not have the version."""
    return isinstance(failure.error, NotPublished) and not isinstance(
        failure.error, NoFit | NoChecksum
    )


def _of(
    kind: type[ToolpinError] | UnionType, failures: Sequence[Failure]
) -> list[Failure]:
    return [failure for failure in failures if isinstance(failure.error, kind)]


def _hint(
    tool: Tool,
    job: Job,
    failures: Sequence[Failure],
    host: Host,
    known: Collection[str],
) -> str:
    """Return the hint: a source that completes the same builds, if there is one.

    Or the command that prepares this machine to build, or that shows the `known`
    versions.
    """
    pin = job.pin
    if command := _command_to_allow(tool, pin, failures, host):
        return command
    hints = (failure.error.hint for failure in _of(NoFit, failures))
    if hint := next(filter(None, hints), ""):
        return hint
    plain = without_v(pin.version)
    if plain != pin.version and plain in known:
        return command_to_pin(pin.tool, plain, job.origin)
    if not known and _of(Unreachable, failures):
        return _network_hint(job, failures[0].error)
    line = _line_of(plain)
    if known and not any(is_prefix(line, version) for version in known):
        return f"toolpin list-all {pin.tool}"
    return f"toolpin list-all {pin.tool} {line}"


def _command_to_allow(
    tool: Tool, pin: Pin, failures: Sequence[Failure], host: Host
) -> str:
    """Return the command that installs a build that is not used by default.

    First a build that runs here, then one that a named source completes, then a source
    build; "" without any.
    """
    undigested = _of(NoChecksum, failures)
    if any(not label.spec.build for label in undigested):
        return f"toolpin install {pin} {FLAG}"
    for failure in _of(NoFit, failures):
        built_on = [image for image, _ in failure.error.facts]
        for spec in tool.sources:
            images = completed(spec, failure.spec, built_on, host)
            if spec.named_only and images:
                error = failure.error
                lack = isinstance(error, NoFit) and error.undigested.issuperset(images)
                more = f" {FLAG}" if lack else ""
                return f"toolpin install {pin} --source {spec.id}{more}"
    return f"toolpin install {pin} {FLAG}" if undigested else ""


def _line_of(version: str) -> str:
    """Return the beginning that a release line has: `24`, `0.14`."""
    first, *rest = version.split(".")
    return ".".join((first, *rest[:1])) if first == "0" else first


def _network_hint(job: Job, error: ToolpinError) -> str:
    """Return the hint for unreachable sources: go online, or find the problem."""
    if not isinstance(error, Offline):
        return f"toolpin doctor --net {job.pin.tool}"
    named = "" if job.origin.line else f" {job.pin}"
    return f"TOOLPIN_OFFLINE=0 toolpin install{named}"


def not_fetched(job: Job, error: Unreachable) -> Unreachable:
    """Return the error of a locked build that cannot be fetched, with its origin."""
    source = job.locked.entry.source if job.locked else "it"
    facts = [("required by", str(job.origin)), (source, error.what)]
    facts += [(source, f"{name}: {value}") for name, value in error.facts]
    hint = error.hint or _network_hint(job, error)
    return type(error)(f"{job.pin} cannot be fetched as locked", facts, hint)


def not_published_bytes(
    job: Job, error: Mismatch, following: SourceSpec | None
) -> Mismatch:
    """Return the error for bytes that differ from the published ones.

    No other source is tried automatically: this may be tampering, and must be noticed.
    """
    facts = [("required by", f"{job.origin} ({job.pin})"), *error.facts]
    hint = f"toolpin install {job.pin} --source {following.id}" if following else None
    return Mismatch(error.what, facts, hint)


def _nearby(
    tool: Tool, spec: SourceSpec, pin: Pin, host: Host, catalogs: Catalogs
) -> tuple[str, list[str]]:
    """Return the nearest versions of a source, in words, and its whole list."""
    if str(host) not in spec.hosts:
        return f"has no build for {host}", []
    try:
        listed = catalogs.read(tool, spec, host, max_age_s=DAY_S).releases
    except ToolpinError as error:
        return f"its version list is not available: {error.what}", []
    known = [release.version for release in listed]
    near = nearest(pin.version, known) or [newest("", known) or "none"]
    return f"nearest {', '.join(near)}", known
