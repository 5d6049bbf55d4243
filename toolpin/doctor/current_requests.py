"""Everything that is requested in the current directory: what counts, and what it beat.

The one door of `why` and `doctor` to project files. It chooses no versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.model import Request
from toolpin.project import pin_files


class CurrentRequest(NamedTuple):
    """What is asked for of one tool: the request that counts, then those it overrides.

    The nearest first. `unread` is why a file behind the first could not be read, ""
    where none; `ignored` are files that do not count.
    """

    request: Request | None
    overridden: tuple[Request, ...] = ()
    unread: str = ""
    ignored: tuple[str, ...] = ()


def all_requests(app: App) -> tuple[Request, ...]:
    """Return what is asked for here, each tool once; () where nothing is."""
    return tuple(app.effective(app.stated()))


def of_tool(tool: str, app: App) -> CurrentRequest:
    """Return all that is asked for of one tool, and nothing of other tools' lines.

    Raises UsageError where what counts cannot be read.
    """
    requests: list[Request] = []
    unread = ""
    override = pin_files.request_for(tool, (), app.env, app.registry.spell)
    if override:
        requests.append(override)
    stated = _stated(tool, app)
    try:
        requests += stated
    except ToolpinError as error:
        if not requests:
            raise
        unread = error.what
    first = requests[0] if requests else None
    return CurrentRequest(
        first, tuple(requests[1:]), unread, tuple(app.ignored_files())
    )


def _stated(tool: str, app: App) -> Iterator[Request]:
    aliases = app.registry.aliases
    names = {name for name, canonical in aliases.items() if canonical == tool}
    for request in app.stated(only={tool, *names}):
        if request.tool == tool:
            yield request
