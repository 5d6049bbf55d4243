"""Computes the cache keys of a job from its installs, and renders CI output formats.

Values and text only. Equal inputs give equal keys, in any checkout, for any user, at
any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from toolpin.errors import UsageError
from toolpin.model import Digest, Host, Pin
from toolpin.plugins.tool_file import Tool

_VERSION = 1
_DIGITS = 16  # of the job's key, so that it fits into one line of a runner's log


class Here(NamedTuple):
    """The properties of this machine that a build depends on, or is bound to.

    `distribution` is its name and version, `links` are the libraries that the build
    declares with their versions, `options` the variables that change a build. `prefix`
    is the final path, `built_with` has the keys of the installs that it needed.
    """

    libc_version: str
    distribution: str
    links: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    prefix: str
    built_with: tuple[str, ...]


class Inputs(NamedTuple):
    """The inputs of an install. `digests` are None if it is not locked."""

    pin: Pin
    host: str
    digests: tuple[Digest, ...] | None
    plugin: str
    schema: int
    here: Here | None = None


def install_key(inputs: Inputs) -> str:
    """Return the key of one install: 64 hex digits."""
    digests = inputs.digests
    named = None if digests is None else [str(digest) for digest in digests]
    return _sha256({**inputs._asdict(), "digests": named})


def job_prefix(host: Host) -> str:
    """Return the prefix that is common to the keys of one kind of machine."""
    libc = host.libc or "system"
    return f"toolpin-v{_VERSION}-{host.os}-{host.arch}-{libc}-"


def job_key(host: Host, keys: Iterable[str]) -> str:
    """Return the key of a job's cache: a fixed number of fields, so no key is a prefix.

    The order of the installs does not matter, nor do duplicates.
    """
    return job_prefix(host) + _sha256(sorted(set(keys)))[:_DIGITS]


def plugin_digest(tool: Tool) -> str:
    """Return the digest of a plugin's data, without comments and path."""
    return _sha256(tool._replace(file=""))


def render_outputs(values: Mapping[str, object], form: str) -> str:
    """Render values as `github`'s outputs or as variables of a dotenv for `gitlab`.

    Raises UsageError for a value of several lines, the rest of which would be outputs,
    too, and for bytes that are not text.
    """
    lines = []
    for name, value in values.items():
        text = _text(value)
        if "\n" in text or "\r" in text or not _is_text(text):
            raise UsageError(
                f"{name} cannot be a CI output: it is not a single line",
                [("value", repr(text))],
            )
        if form == "gitlab":
            upper = "".join(char if char.isalnum() else "_" for char in name).upper()
            lines.append(f"TOOLPIN_CI_{upper}={text}")
        else:
            lines.append(f"{name}={text}")
    return "\n".join(lines)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _sha256(value: object) -> str:
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """Return a value as JSON has it: values become tables with their type's name."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = {"is": type(value).__name__, **value._asdict()}
    if isinstance(value, Mapping):
        return {str(key): _plain(element) for key, element in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(element) for element in value]
    return value
