"""What the scripts of asdf plugins call as `asdf`: a few answers from this store.

`where`, `current`, `list`, `list all`, `latest`, `which`, `exec`, `reshim` and
`plugin list`, in asdf's own forms.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from toolpin import execute, installs
from toolpin.errors import ToolpinError
from toolpin.locks import match
from toolpin.model import Origin, Pin, Request
from toolpin.paths import find_paths
from toolpin.report import Report
from toolpin.reshim import refresh_shims
from toolpin.session import Session, open_session
from toolpin.toolversions import parse_wanted


def main(words: Sequence[str]) -> int:
    """Answer one call; 1 for what is not answered."""
    session = open_session(dict(os.environ), find_paths(os.environ), Report())
    answers: dict[str, Callable[[Session, Sequence[str]], int]] = {
        "where": _where,
        "current": _current,
        "latest": _latest,
        "list": _list,
        "which": _which,
        "exec": _exec,
        "reshim": _reshim,
        "plugin": _plugin,
    }
    if not words or words[0] not in answers:
        known = ", ".join(sorted(answers))
        session.report.warn(f"asdf: toolpin answers plugins' scripts to: {known}")
        return 1
    try:
        return answers[words[0]](session, words[1:])
    except IndexError:
        session.report.warn(f"asdf {words[0]}: a word is missing")
        return 1
    except ToolpinError as error:
        session.report.error(error)
        return 1


def _where(session: Session, words: Sequence[str]) -> int:
    """Print a version's folder, without a newline; the one that counts here."""
    tool = session.registry.canonical(words[0])
    if len(words) > 1:
        wanted = parse_wanted(words[1], Origin("asdf where"))
        pin = installs.exact(session.paths, tool, wanted)
    else:
        pin = _chosen(session, tool)
    if pin is None:
        session.report.warn("Version not installed")
        return 1
    sys.stdout.write(installs.tree(session.paths, pin))
    return 0


def _current(session: Session, words: Sequence[str]) -> int:
    """Print tool, version, source and whether it is installed, in columns."""
    names = [word for word in words if not word.startswith("-")]
    rows = (
        [] if "--no-header" in words else [("Name", "Version", "Source", "Installed")]
    )
    for request in session.requests():
        if names and request.tool != session.registry.canonical(names[0]):
            continue
        versions = " ".join(map(str, request.wanted))
        there = str(_pin(session, request) is not None).lower()
        rows.append((request.tool, versions, request.origin.place, there))
    for row in rows:
        session.report.answer("".join(f"{cell:<15} " for cell in row).rstrip())
    return 0 if rows else 126


def _list(session: Session, words: Sequence[str]) -> int:
    """Print the installed versions of a tool, or with `all` what its plugin lists."""
    if words[:1] == ["all"]:
        from toolpin.listing import list_versions  # noqa: PLC0415 - rarely

        found = session.registry.require(words[1])
        prefix = words[2] if len(words) > 2 else ""
        for version in list_versions(found, prefix, session, sources=()).versions:
            session.report.answer(version)
        return 0
    for name in words[:1] or installs.tools(session.paths):
        tool = session.registry.canonical(name)
        chosen = _chosen(session, tool)
        if not words:
            session.report.answer(tool)
        for version in installs.versions(session.paths, tool):
            mark = "*" if chosen == Pin(tool, version) else " "
            session.report.answer(f" {mark}{version}")
    return 0


def _latest(session: Session, words: Sequence[str]) -> int:
    """Print the newest version of a tool, or the newest below a prefix."""
    from toolpin.listing import newest_listed  # noqa: PLC0415 - rarely

    found = session.registry.require(words[0])
    prefix = words[1] if len(words) > 1 else ""
    session.report.answer(newest_listed(found, prefix, session, sources=()))
    return 0


def _which(session: Session, words: Sequence[str]) -> int:
    found = execute.find(
        words[0],
        paths=session.paths,
        aliases=session.registry.aliases,
        idioms=session.idioms,
        env=session.env,
        cwd=session.folder,
    )
    session.report.answer(found.path)
    return 0


def _exec(session: Session, words: Sequence[str]) -> int:
    execute.run(
        words[0],
        words[1:],
        paths=session.paths,
        aliases=session.registry.aliases,
        idioms=session.idioms,
        env=session.env,
        cwd=session.folder,
        refresh=lambda: refresh_shims(session.paths, session.registry),
    )


def _reshim(session: Session, _words: Sequence[str]) -> int:
    refresh_shims(session.paths, session.registry)
    return 0


def _plugin(session: Session, words: Sequence[str]) -> int:
    if words[:1] != ["list"]:
        return 1
    for tool in session.registry.tools:
        session.report.answer(tool.name)
    return 0


def _chosen(session: Session, tool: str) -> Pin | None:
    request = session.request(tool)
    return _pin(session, request) if request else None


def _pin(session: Session, request: Request) -> Pin | None:
    found = (
        match(session.paths, request, wanted, session.where)
        for wanted in request.wanted
        if wanted.kind not in ("system", "path")
    )
    return next((one for one in found if one), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
