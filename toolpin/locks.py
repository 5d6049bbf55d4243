"""Finds the lockfile that answers a request, and the version that its head has.

Light: `exec` imports it. What can be installed of a version is for `locked`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from toolpin import installs, project
from toolpin.lock_head import FILENAME, pinned
from toolpin.model import Origin, Pin, Request
from toolpin.resolve import to_provide
from toolpin.session import Session


def lockfile_for(request: Request, session: Session) -> str | None:
    """Return the lockfile beside the file that requests, if there is one.

    What a variable or the command line asks for is answered by the nearest lockfile
    that stands beside a `.tool-versions`.
    """
    if request.origin.line:
        return _beside(request.origin.place)
    for path in project.candidates(
        session.folder, session.home, session.paths.global_file
    ):
        if found := _beside(path):
            return found
    return None


def settled_pins(
    requests: Sequence[Request], session: Session
) -> list[tuple[Pin, Origin]] | None:
    """Return the installed pins that requests stand for, each with who wants it.

    None where one needs a decision: it is neither exact nor in its lockfile's head, or
    not installed. Raises UsageError for a damaged head.
    """
    found = []
    for request in requests:
        path = lockfile_for(request, session)
        head = project.read(path) if path else b""
        for wanted in to_provide(request):
            version: str | None = wanted.value if wanted.kind == "version" else None
            if path:
                version = pinned(head, request.tool, str(wanted), path)
            pin = Pin(request.tool, version or "")
            if not installs.is_installed(session.paths, pin):
                return None
            session.registry.check(request.tool, request.origin)
            found.append((pin, request.origin))
    return found


def is_ci(env: Mapping[str, str]) -> bool:
    """Say whether this runs where builds must not change by themselves."""
    return env.get("CI", "").lower() not in ("", "0", "false", "no")


def _beside(path: str) -> str | None:
    lockfile = os.path.join(os.path.dirname(path), FILENAME)
    return lockfile if os.path.lexists(lockfile) else None
