"""Runs every check of an installation, and returns the problems, each cause once.

The checks use no network.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator

from toolpin.app import App
from toolpin.doctor.findings import Finding, of_error
from toolpin.doctor.process_environment import look
from toolpin.doctor.project_check import PROJECT_CHECKS
from toolpin.doctor.shell_check import SHELL_CHECKS
from toolpin.doctor.store_check import check_installs, check_remains, check_shims
from toolpin.errors import ToolpinError
from toolpin.store import installs
from toolpin.store.unimported import import_line, unimported
from toolpin.store.writable_paths import open_error
from toolpin.system.paths import Paths

Check = Callable[[App], Iterable[Finding]]


def find_problems(app: App) -> list[Finding]:
    """Return the problems, each error once, even if several checks report it."""
    findings: dict[str, Finding] = {}
    for check in CHECKS:
        for finding in _guarded(check, app):
            findings.setdefault(finding.what, finding)
    return list(findings.values())


def _of_shell(app: App) -> Iterator[Finding]:
    seen = look(app)
    for check in SHELL_CHECKS:
        yield from check(seen)


def _of_modes(app: App) -> Iterator[Finding]:
    for store in installs.stores(app.paths):
        if error := open_error(store):
            yield of_error("installs", error)


def _of_asdf(app: App) -> Iterator[Finding]:
    """Find versions of a real asdf that are unused here.

    Only when `asdf` is toolpin's, or a tool that is pinned here has some.
    """
    source = unimported(app.paths, app.env)
    if not source:
        return
    tools = installs.tools(Paths(source, app.paths.config))
    is_pinned = False
    with contextlib.suppress(ToolpinError):  # another check reports it
        is_pinned = any(request.tool in tools for request in app.stated())
    if is_pinned or os.path.exists(app.paths.asdf_note):
        what = f"{source} has versions of asdf's that are not here"
        yield Finding("managers", what, (), import_line(source))


def _guarded(check: Check, app: App) -> Iterator[Finding]:
    """Yield the findings of a check; an error that ends it is a finding too."""
    try:
        yield from check(app)
    except ToolpinError as error:
        yield of_error("doctor", error)


CHECKS: tuple[Check, ...] = (
    _of_shell,
    check_shims,
    check_installs,
    check_remains,
    _of_modes,
    _of_asdf,
    *PROJECT_CHECKS,
)
