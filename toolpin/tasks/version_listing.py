"""Lists the versions of a tool that its sources have for this machine.

All sources are queried at once; one that gives no answer is reported and left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import NotPublished, Offline, ToolpinError, Unreachable
from toolpin.install.catalogs import Catalog, Catalogs, describe_age, has_channels
from toolpin.install.planner import make_plan
from toolpin.install.source_choice import (
    allowed_sources,
    refuse_unnamed,
    unanswered_by_all,
)
from toolpin.model import Host, Pin
from toolpin.plugins.script_plugin import is_scripted
from toolpin.plugins.tool_file import Tool
from toolpin.sources.spec import SourceSpec
from toolpin.versions import is_pre_release, is_prefix, newest, sort_key

# If a listed release is not built for this machine the previous one is tried.
_MOST_TRIED = 10


class Listing(NamedTuple):
    """The versions below a prefix or of a channel, oldest first.

    `silent` are the sources that did not answer, and why; they may have an older list.
    """

    versions: tuple[str, ...]
    silent: tuple[tuple[str, ToolpinError], ...]


def list_versions(
    tool: Tool, prefix: str, app: App, *, sources: Sequence[str]
) -> Listing:
    """Query the sources, or the named ones; warn of each that does not answer.

    `prefix` may be a channel. Raises ToolpinError if none lists such a version.
    """
    catalogs = Catalogs(app.cache, app.clients, app.settings)
    here, prefix = app.host, app.registry.spell(tool.name, prefix)
    wanted = sources or app.settings.sources
    specs = [
        spec
        for spec in allowed_sources(tool, here, wanted, must=bool(sources))
        if str(here) in spec.hosts
    ]
    with ThreadPoolExecutor(len(specs) or 1) as pool:
        answers = list(pool.map(lambda spec: _query(tool, spec, here, catalogs), specs))
    answered = [
        spec
        for spec, answer in zip(specs, answers, strict=True)
        if isinstance(answer, Catalog)
    ]
    requested_lines = "" if any(map(has_channels, answered)) else prefix
    known: dict[str, set[str]] = {}
    silent: list[tuple[str, ToolpinError]] = []
    for spec, answer in zip(specs, answers, strict=True):
        if isinstance(answer, ToolpinError):
            silent.append((spec.id, answer))
            continue
        if answer.stale:
            silent.append((spec.id, answer.stale))
        for release in catalogs.in_lines(tool, spec, answer.releases, requested_lines):
            known.setdefault(release.version, set()).update(release.channels)
    if not app.settings.offline:
        _refuse_without_answer(tool, specs, answers)
    _warn(specs, answers, app)
    matching = [
        version
        for version, channels in known.items()
        if not prefix or is_prefix(prefix, version) or prefix in channels
    ]
    if not matching:
        raise ToolpinError(
            f"no source lists {tool.name} {prefix}".rstrip(),
            [("sources", ", ".join(spec.id for spec in specs) or "none")],
            _hint(tool, prefix if known else "", silent),
        )
    if not is_scripted(tool):  # a plugin's own order is newest last, too
        matching.sort(key=sort_key)
    return Listing(tuple(matching), tuple(silent))


def _refuse_without_answer(
    tool: Tool, specs: Sequence[SourceSpec], answers: Sequence[Catalog | ToolpinError]
) -> None:
    """Raise Unreachable if no source gave an answer and no list is cached."""
    errors = [answer for answer in answers if isinstance(answer, ToolpinError)]
    if len(errors) == len(answers) and (unanswered := unanswered_by_all(errors)):
        facts = [
            (spec.id, value)
            for spec, error in zip(specs, errors, strict=True)
            for value in (
                error.what,
                *(f"{name}: {fact}" for name, fact in error.facts),
            )
        ]
        raise Unreachable(
            f"the versions of {tool.name} cannot be listed: {unanswered}",
            facts,
            f"toolpin doctor --net {tool.name}",
        )


def _hint(tool: Tool, prefix: str, silent: Sequence[object]) -> str | None:
    if prefix:
        return f"toolpin list-all {tool.name}"
    return f"toolpin doctor --net {tool.name}" if silent else None


def newest_listed(tool: Tool, prefix: str, app: App, *, sources: Sequence[str]) -> str:
    """Return the newest release below a prefix, or the plugin's own answer.

    Raises ToolpinError if there is none.
    """
    if is_scripted(tool) and (version := app.clients.latest(tool.sources[0], prefix)):
        return version
    word = app.registry.spell(tool.name, f"latest:{prefix}" if prefix else "latest")
    prefix = word.partition(":")[2]
    listing = list_versions(tool, prefix, app, sources=sources)
    versions = list(listing.versions)
    silent: list[str] = []
    for _ in range(_MOST_TRIED):
        # The versions of a channel do not begin with its name.
        version = newest(prefix, versions) or newest("", versions)
        if version is None or (is_pre_release(version) and not is_pre_release(prefix)):
            break
        try:
            if _has_build(tool, version, app, sources or app.settings.sources):
                return version
        except Unreachable:
            silent.append(version)
        versions.remove(version)
    if silent:  # no source answers today: the newest that was listed
        return silent[0]
    raise ToolpinError(
        f"{tool.name} {prefix} has no release for this machine yet",
        [("listed", ", ".join(listing.versions[-4:]))],
        f"toolpin list-all {tool.name} {prefix}".rstrip(),
    )


def _has_build(tool: Tool, version: str, app: App, sources: Sequence[str]) -> bool:
    """Return whether a source has a build that can be installed here.

    Raises Unreachable if one gives no answer, and none of the others has a build.
    """
    unreachable: Unreachable | None = None
    for spec in allowed_sources(tool, app.host, sources):
        try:
            plan = make_plan(tool, spec, Pin(tool.name, version), app.host, app.clients)
            refuse_unnamed(plan, sources)
        except NotPublished:
            continue
        except Unreachable as error:
            unreachable = unreachable or error
            continue
        return True
    if unreachable:
        raise unreachable
    return False


def _warn(
    specs: Sequence[SourceSpec],
    answers: Sequence[Catalog | ToolpinError],
    app: App,
) -> None:
    """Report the sources without a current list, or once that toolpin is offline."""
    is_offline, offline = False, ""
    for spec, answer in zip(specs, answers, strict=True):
        error = answer.stale if isinstance(answer, Catalog) else answer
        if isinstance(error, Offline):
            age = describe_age(answer.age_s) if isinstance(answer, Catalog) else ""
            offline = offline or (f"using version lists from {age} ago" if age else "")
            is_offline = True
        elif isinstance(answer, Catalog) and error:
            when = f"using its list from {describe_age(answer.age_s)} ago"
            app.report.warn(f"{spec.id}: {error.what}; {when}")
        elif error:
            app.report.warn(f"{spec.id}: no version list: {error.what}")
    if is_offline:
        app.report.warn(f"toolpin is offline: {offline or 'no version list is cached'}")


def _query(
    tool: Tool, spec: SourceSpec, here: Host, catalogs: Catalogs
) -> Catalog | ToolpinError:
    try:
        return catalogs.read(tool, spec, here)
    except ToolpinError as error:
        return error
