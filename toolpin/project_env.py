"""Turns what a folder asks for into what it sets: folders for PATH, and variables.

The folders of the first line in the file come first, and its variables win, as they do
where the tool runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from toolpin.app import App
from toolpin.env import settle
from toolpin.execute.trees import first_tree
from toolpin.model import EnvPatch, Request


def patch_of(request: Request, app: App) -> EnvPatch:
    """Return what one request sets here. Raises NotRunnable where nothing is there."""
    patch = first_tree(app.place, request)
    if not patch.homes:
        return patch
    return settle(patch, _required_major(request, app), app.env)


def joined(patches: Iterable[EnvPatch]) -> EnvPatch:
    """Return what several patches set together; the first says what counts."""
    path: dict[str, None] = {}
    variables: dict[str, str] = {}
    for patch in patches:
        path |= dict.fromkeys(patch.path)
        for name, value in patch.variables:
            variables.setdefault(name, value)
    return EnvPatch(tuple(path), tuple(variables.items()))


def _required_major(request: Request, app: App) -> str:
    """Return the major version of the tool that this one requires, as pinned here."""
    for name in app.registry.require(request.tool).requires:
        if required := app.request(name):
            return first_tree(app.place, required).major
    return ""
