"""Turns what a job installs into the keys of its cache, and answers into CI's formats.

Values and text only: what stands on a machine is found out elsewhere. Equal inputs give
equal keys, in any checkout, for any user, at any time.
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
_DIGITS = 16  # of the job's key: what a runner's log shows in one line


class Here(NamedTuple):
    """What counts for what is built on a machine, or bound to it.

    `distribution` is its name and version, `links` are the libraries that the build
    declares with their versions, `options` the variables that change a build. `prefix`
    is the final place, `built_with` has the keys of the installs that it needed.
    """

    libc_version: str
    distribution: str
    links: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    prefix: str
    built_with: tuple[str, ...]


class Inputs(NamedTuple):
    """What an install is made of. `digests` are None for what is not locked."""

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
    """Return what the keys of a kind of machine begin with, and no other's."""
    libc = host.libc or "system"
    return f"toolpin-v{_VERSION}-{host.os}-{host.arch}-{libc}-"


def job_key(host: Host, keys: Iterable[str]) -> str:
    """Return the key of a job's cache: fields of fixed number, so none begins another.

    The order of the installs does not count, nor does one that is named twice.
    """
    return job_prefix(host) + _sha256(sorted(set(keys)))[:_DIGITS]


def plugin_digest(tool: Tool) -> str:
    """Return the digest of what a plugin's data says: no comment, no place of it."""
    return _sha256(tool._replace(file=""))


def render_outputs(values: Mapping[str, object], form: str) -> str:
    """Render values as `github`'s outputs or as variables of a dotenv for `gitlab`.

    Raises UsageError for a value of several lines, the rest of which would be outputs,
    too, and for bytes that are no text.
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
    """Return a value as JSON has it: nouns become tables, so a name counts too."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {"is": type(value).__name__, **_plain_table(value._asdict())}
    if isinstance(value, Mapping):
        return _plain_table(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _plain_table(table: Mapping[str, object]) -> dict[str, object]:
    return {str(key): _plain(value) for key, value in table.items()}
