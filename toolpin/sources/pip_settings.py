"""Reads from the user's pip configuration where the index is and how it is reached.

pip itself reads its files and variables: `pip config list` is run once per process.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from toolpin.errors import Unreachable, as_word
from toolpin.http import urls
from toolpin.http.limits import Transport
from toolpin.system.paths import home_directory
from toolpin.system.process import run

_TIMEOUT_S = 60.0
_PIP = (sys.executable, "-I", "-m", "pip")
# Variables for the index; other PIP_ variables could change the call itself
# (PIP_PYTHON, PIP_QUIET, PIP_LOG ...).
_KEPT = (
    "PIP_CERT PIP_CLIENT_CERT PIP_CONFIG_FILE PIP_EXTRA_INDEX_URL PIP_FIND_LINKS "
    "PIP_INDEX_URL PIP_KEYRING_PROVIDER PIP_NO_INDEX PIP_PROXY PIP_TRUSTED_HOST"
).split()
_SETTLED = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_QUIET": "0",
    "PIP_VERBOSE": "0",
    "COLUMNS": "1000",
}
_SETTING = re.compile(r"(?m)^(global|install|download|:env:)\.([\w-]+)=(['\"].*['\"])$")
_DEFAULT = re.compile(r"--index-url <url>\s[^(]*\(default (\S+)\)")
_TRUE = ("1", "true", "yes", "on", "y", "t")


class PipSettings(NamedTuple):
    """The indexes in pip's order, other places with wheels, connection settings."""

    indexes: tuple[str, ...]
    find_links: tuple[str, ...]
    transport: Transport


def read_pip_settings(env: Mapping[str, str]) -> PipSettings:
    """Return the configuration of this user's pip. Raises Unreachable.

    The sections of `pip download` apply, and variables override files.
    """
    kept = {k: v for k, v in env.items() if not k.startswith("PIP_") or k in _KEPT}
    env = {**kept, **_SETTLED}
    sections: dict[str, dict[str, str]] = {}
    for section, name, value in _SETTING.findall(_pip(env, "config", "list")):
        sections.setdefault(section, {})[name] = str(ast.literal_eval(value))
    results: dict[str, str] = {}
    for section in ("global", "install", "download", ":env:"):
        results |= sections.get(section, {})
    indexes: list[str] = []
    if results.get("no-index", "").lower() not in _TRUE:
        indexes = [results.get("index-url") or _default_index(env)]
        indexes += results.get("extra-index-url", "").split()
    provider = results.get("keyring-provider", "auto")
    trusted = results.get("trusted-host", "").split()
    indexes = [_absolute(index, env) for index in indexes]
    links = [_absolute(link, env) for link in results.get("find-links", "").split()]
    for place in (*indexes, *links):
        _check_transport(place, trusted)
    return PipSettings(
        tuple(_with_password(index, provider, env) for index in indexes),
        tuple(links),
        Transport(
            cert=results.get("cert", ""),
            client_cert=results.get("client-cert", ""),
            proxy=results.get("proxy", ""),
        ),
    )


def pip_line(*args: str) -> str:
    """Return a command line for the pip whose configuration is used."""
    return " ".join(map(as_word, (sys.executable, "-m", "pip", *args)))


def _pip(env: Mapping[str, str], *args: str) -> str:
    finished = run([*_PIP, *args], env=env, cwd="/", timeout_s=_TIMEOUT_S)
    if finished.status != 0:
        text = finished.err.strip().rpartition("\n")[2].removeprefix("ERROR: ")
        raise Unreachable(
            "pip does not report its configuration",
            [("exit status", str(finished.status)), ("pip says", text or "nothing")],
            pip_line("config", "debug"),
        )
    return finished.out


def _default_index(env: Mapping[str, str]) -> str:
    """Return pip's default index, which only its help states."""
    match = _DEFAULT.search(_pip(env, "download", "--help"))
    if match is None:
        raise Unreachable("pip reports no index", (), pip_line("config", "debug"))
    return match[1]


def _absolute(place: str, env: Mapping[str, str]) -> str:
    """Return a place with its `~` expanded. Raises Unreachable for a relative path.

    A directory of the project that is worked in must not say what is installed.
    """
    if urlsplit(place).scheme:
        return place
    if place.startswith("~/"):
        place = f"{home_directory(env)}{place[1:]}"
    if not place.startswith("/"):
        raise Unreachable(
            f"pip's place for wheels, {urls.shown(place)}, is a relative path",
            [("expected", "an absolute path or a URL")],
            pip_line("config", "debug"),
        )
    return place


def _check_transport(index: str, trusted: list[str]) -> None:
    """Refuse plain http to a host that pip does not trust, as pip does."""
    parts = urlsplit(index)
    if parts.scheme != "http" or urls.is_loopback(index):
        return
    if not {parts.hostname, urls.host(index)}.intersection(trusted):
        raise Unreachable(
            f"pip's index at {urls.host(index)} is plain http and no trusted-host",
            [("index", urls.shown(index))],
            pip_line("config", "set", "global.trusted-host", urls.host(index)),
        )


def _with_password(index: str, provider: str, env: Mapping[str, str]) -> str:
    """Return the index's URL with the password that keyring has for its user."""
    parts = urlsplit(index)
    if not parts.username or parts.password is not None or provider == "disabled":
        return index
    place = urls.shown(index)
    for command in _keyrings(provider, env):
        finished = run(
            [*command, "get", place, unquote(parts.username)],
            env=env,
            cwd="/",
            timeout_s=_TIMEOUT_S,
        )
        if finished.status == 0 and (password := finished.out.strip("\n")):
            user = f"{parts.username}:{quote(password, safe='')}"
            host = parts.netloc.rpartition("@")[2]
            return parts._replace(netloc=f"{user}@{host}").geturl()
    return index


def _keyrings(provider: str, env: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield the command lines of keyring for a provider setting."""
    if provider in ("auto", "import") and importlib.util.find_spec("keyring"):
        yield (sys.executable, "-I", "-m", "keyring")
    path = shutil.which("keyring", path=env.get("PATH"))
    if provider == "subprocess" and path:
        yield (path,)
