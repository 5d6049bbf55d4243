"""Where a plugin comes from: what was typed, what is shown of it, what git is told.

Text alone, but for the directories that an address may name. It asks nobody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from toolpin.errors import UsageError
from toolpin.model import Origin
from toolpin.project.validation import WordPosition, check_ref

_SCP = re.compile(r"[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^:]*")

_USER, _PASSWORD = "TOOLPIN_GIT_USER", "TOOLPIN_GIT_SECRET"
# A program's words are seen by all users of a machine, and its environment is not.
_HELPER = (
    f'!tell() {{ printf \'%s\\n\' "username=${_USER}" "password=${_PASSWORD}"; }}; tell'
)


class Address(NamedTuple):
    """Where a plugin comes from: a URL, or a plain directory; and a ref, "" for none.

    `typed` is what somebody wrote, without the ref.
    """

    url: str
    ref: str
    is_directory: bool = False
    typed: str = ""


def parse_address(text: str, cwd: str) -> Address:
    """Return the address that somebody typed: a URL or a directory, and `@REF`.

    Raises UsageError for what no git may be asked.
    """
    is_whole = os.path.isdir(os.path.join(cwd, text))
    url, ref = (text, "") if is_whole else _split_ref(text)
    if ref:
        check_ref(ref, WordPosition(Origin("the command line"), text))
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
    """Say whether a plugin is from a plain directory: such an address is a whole path.

    A directory that lies where somebody is may be called like any URL.
    """
    return os.path.isabs(url) and os.path.isdir(url)


def without_secret(url: str) -> tuple[str, Mapping[str, str]]:
    """Return a URL without its user, and the variables by which git shows that.

    All users of a machine read the words of git and of what it starts. As a credential
    git shows it to that host alone, wherever that leads on to, and only when asked.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return url, {}
    place = parts.netloc.rpartition("@")[2]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    key = f"credential.{parts.scheme}://{place}"
    settings = [(f"{key}.helper", _HELPER)]
    if password:  # no helper of the user's is asked, or told to store it
        settings.insert(0, (f"{key}.helper", ""))
    else:  # one may have it; a token has none
        settings.append((f"{key}.username", user))
    more = {_USER: user, _PASSWORD: password, "GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings):
        more |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return urlunsplit(parts._replace(netloc=place)), more


def bare(url: str) -> str:
    """Return a URL without its password, and without the user that a token can be."""
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
