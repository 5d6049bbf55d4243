"""Turns what a folder asks for into what it sets: folders for PATH, and variables.

The folders of the first line in the file come first, and its variables win, as they do
where the tool runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from toolpin.env import settle
from toolpin.execute import patch_for
from toolpin.model import EnvPatch, Request
from toolpin.session import Session


def patch_of(request: Request, session: Session) -> EnvPatch:
    """Return what one request sets here. Raises NotRunnable where nothing is there."""
    patch = _patch(request, session)
    if not patch.homes:
        return patch
    return settle(patch, _required_major(request, session), session.env)


def joined(patches: Iterable[EnvPatch]) -> EnvPatch:
    """Return what several patches set together; the first says what counts."""
    path: dict[str, None] = {}
    variables: dict[str, str] = {}
    for patch in patches:
        path |= dict.fromkeys(patch.path)
        for name, value in patch.variables:
            variables.setdefault(name, value)
    return EnvPatch(tuple(path), tuple(variables.items()))


def _patch(request: Request, session: Session) -> EnvPatch:
    return patch_for(request, paths=session.paths, env=session.env, cwd=session.folder)


def _required_major(request: Request, session: Session) -> str:
    """Return the major version of the tool that this one requires, as pinned here."""
    for name in session.registry.require(request.tool).requires:
        if required := session.request(name):
            return _patch(required, session).major
    return ""
