"""All requests in the current directory: the effective ones, and those they override.

`why` and `doctor` read project files through it. It chooses no versions.
"""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.model import Request
from toolpin.project import pin_files


class CurrentRequest(NamedTuple):
    """The effective request for one tool, then those it overrides, nearest first.

    `unread` states why a file after the first could not be read, "" if none; `ignored`
    are files that are not used.
    """

    request: Request | None
    overridden: tuple[Request, ...] = ()
    unread: str = ""
    ignored: tuple[str, ...] = ()


def all_requests(app: App) -> tuple[Request, ...]:
    """Return what is requested here, each tool once; () without any."""
    return tuple(app.effective(app.stated()))


def of_tool(tool: str, app: App) -> CurrentRequest:
    """Return all requests for one tool, without validating other tools' lines.

    Raises UsageError if the effective one cannot be read.
    """
    requests: list[Request] = []
    unread = ""
    override = pin_files.request_for(tool, (), app.env, app.registry.spell)
    if override:
        requests.append(override)
    names = app.place.names_of([tool])
    try:
        for request in app.stated(only=names):
            requests += [request] if request.tool == tool else []
    except ToolpinError as error:
        if not requests:
            raise
        unread = error.what
    first = requests[0] if requests else None
    return CurrentRequest(
        first, tuple(requests[1:]), unread, tuple(app.ignored_files())
    )
