"""Turns what a folder asks for into what it sets: folders for PATH, and variables.

The folders of the first line in the file come first, and its variables win, as they do
where the tool runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from toolpin.app import App
from toolpin.env import settle
from toolpin.execute.trees import patch_for
from toolpin.model import EnvPatch, Request
from toolpin.project.toolversions import folder_of


def patch_of(request: Request, app: App) -> EnvPatch:
    """Return what one request sets here. Raises NotRunnable where nothing is there."""
    patch = _patch(request, app)
    if not patch.homes:
        return patch
    return settle(patch, _required_major(request, app), app.env)


def is_of_project(patch: EnvPatch, request: Request, app: App) -> bool:
    """Say whether a patch names the `path:` of a file that is not the user's own.

    Whoever wrote the project may have put an `ls` or `make` into that folder: on a PATH
    that others look into, such would run.
    """
    name = os.path.basename(app.paths.global_file)
    own = (os.path.join(app.home, name), app.paths.global_file)
    if not request.origin.line or request.origin.place in own:
        return False
    named = {
        f"{folder_of(one, app.home)}/bin"
        for one in request.wanted
        if one.kind == "path"
    }
    return not named.isdisjoint(patch.path)


def joined(patches: Iterable[EnvPatch]) -> EnvPatch:
    """Return what several patches set together; the first says what counts."""
    path: dict[str, None] = {}
    variables: dict[str, str] = {}
    for patch in patches:
        path |= dict.fromkeys(patch.path)
        for name, value in patch.variables:
            variables.setdefault(name, value)
    return EnvPatch(tuple(path), tuple(variables.items()))


def _patch(request: Request, app: App) -> EnvPatch:
    return patch_for(request, paths=app.paths, env=app.env, cwd=app.directory)


def _required_major(request: Request, app: App) -> str:
    """Return the major version of the tool that this one requires, as pinned here."""
    for name in app.registry.require(request.tool).requires:
        if required := app.request(name):
            return _patch(required, app).major
    return ""
