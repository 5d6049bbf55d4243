"""Parses the address of an asdf plugin, and hides its secrets.

Text only, except for directories that an address may name. No network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from toolpin.errors import UsageError
from toolpin.model import COMMAND_LINE
from toolpin.project.validation import WordPosition, check_ref

_SCP = re.compile(r"[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^:]*")

_USER, _PASSWORD = "TOOLPIN_GIT_USER", "TOOLPIN_GIT_SECRET"
# Program arguments are visible to all users of a machine, environments are not.
_HELPER = (
    f'!tell() {{ printf \'%s\\n\' "username=${_USER}" "password=${_PASSWORD}"; }}; tell'
)


class Address(NamedTuple):
    """The origin of a plugin: a URL, or a plain directory; and a ref, "" for none.

    `typed` is the user's text, without the ref.
    """

    url: str
    ref: str
    is_directory: bool = False
    typed: str = ""


def parse_address(text: str, cwd: str) -> Address:
    """Parse the address that a user typed: a URL or a directory, and `@REF`.

    Raises UsageError for an address that git must not use.
    """
    is_whole = os.path.isdir(os.path.join(cwd, text))
    url, ref = (text, "") if is_whole else _split_ref(text)
    if ref:
        check_ref(ref, WordPosition(COMMAND_LINE, text))
    if text.startswith("-") or not text.isprintable() or "::" in url:
        raise _not_an_address(text, "a URL of https, ssh or file, or a directory")
    scheme = urlsplit(url).scheme if "://" in url else ""
    if " " in url and ("://" in url or _SCP.match(url)):
        raise _not_an_address(text, "%20 for a space")
    if scheme in ("https", "ssh", "file"):
        parts = urlsplit(url)
        if scheme == "https" and parts.username is not None:
            raise _not_an_address(
                parts.hostname or "", "no user in the URL: git's credential helpers"
            )
        if (parts.hostname or "").startswith("-"):
            raise _not_an_address(text, "a host's name")
        return Address(url, ref)
    if scheme or (_SCP.fullmatch(url) and not os.path.isdir(url)):
        if scheme:
            raise _not_an_address(text, "https, ssh or file")
        return Address(url, ref)
    directory = os.path.normpath(os.path.join(cwd, os.path.expanduser(url)))
    if not os.path.isdir(directory):
        raise _not_an_address(text, "a URL of https, ssh or file, or a directory")
    if os.path.exists(f"{directory}/.git") or os.path.isfile(f"{directory}/HEAD"):
        return Address(f"file://{quote(directory)}", ref, typed=url)
    return Address(directory, ref, is_directory=True, typed=url)


def is_plain_directory(url: str) -> bool:
    """Return whether a plugin is from a plain directory, whose address is a full path.

    A directory in the current directory may have the name of any URL.
    """
    return os.path.isabs(url) and os.path.isdir(url)


def without_secret(url: str) -> tuple[str, Mapping[str, str]]:
    """Return a URL without its user, and the variables that pass the user to git.

    All users of a machine can read the arguments of git and of its children. As a
    credential it is sent only to that host, not after redirects, and only on request.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return url, {}
    place = parts.netloc.rpartition("@")[2]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    key = f"credential.{parts.scheme}://{place}"
    settings = [(f"{key}.helper", _HELPER)]
    if password:  # the user's credential helpers are not run, and store nothing
        settings.insert(0, (f"{key}.helper", ""))
    else:  # it may be absent; a token has none
        settings.append((f"{key}.username", user))
    more = {_USER: user, _PASSWORD: password, "GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings):
        more |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return urlunsplit(parts._replace(netloc=place)), more


def bare(url: str) -> str:
    """Return a URL without its password, and without a user, which may be a token."""
    head, mark, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    user, at, host = netloc.rpartition("@")
    if not mark or not at:
        return url
    user = f"{user.partition(':')[0]}@" if head == "ssh" else ""
    return f"{head}://{user}{host}{slash}{path}"


def _split_ref(text: str) -> tuple[str, str]:
    head, at, ref = text.rpartition("@")
    if at and head and "/" not in ref and ":" not in ref and ref:
        return head, ref
    return text, ""


def _not_an_address(text: str, expected: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a valid address for a plugin", [("expected", expected)]
    )
