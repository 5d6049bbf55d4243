"""Turns a Request into Pins: exact versions, and nothing that is not one. Pure."""

from __future__ import annotations

from toolpin.errors import ToolpinError
from toolpin.model import Pin, Request

_NOT_INSTALLED = ("system", "path")


def exact_pins(request: Request) -> tuple[Pin, ...]:
    """Return the pins that `install` is to provide for a request, in its order.

    `system` and `path:` need no install. Raises ToolpinError for what names no exact
    version: nothing is approximated.
    """
    pins = []
    for wanted in request.wanted:
        if wanted.kind in _NOT_INSTALLED:
            continue
        if wanted.kind != "version":
            raise ToolpinError(
                f"{request.tool} {wanted} is not an exact version",
                [("wanted by", str(request.origin))],
                f"toolpin list-all {request.tool}",
            )
        pins.append(Pin(request.tool, wanted.value))
    return tuple(pins)
