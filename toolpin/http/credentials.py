"""Turns a URL into the Authorization that its origin may see, and where it came from.

In order: a user in the URL itself; a token that the settings name for the origin, as
`"https://mirror.example" = "env:VARIABLE"`, so that no file of toolpin holds a secret;
for GitHub's API $GITHUB_TOKEN, $GH_TOKEN or the token of `gh`; the host's entry of
~/.netrc or $NETRC. It writes nothing.
"""

from __future__ import annotations

import base64
import netrc
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from toolpin.errors import Refused, UsageError
from toolpin.http import urls

# Only this origin gets the token of GitHub's users.
_GITHUB = "https://api.github.com"
_GITHUB_SERVER = "https://github.com"
_GITHUB_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")
_TOKEN = re.compile(r"[!-~]+")
_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


class Credential(NamedTuple):
    """The value of an Authorization header, None without one, and its origin."""

    header: str | None
    place: str


class Credentials:
    """The credentials of this user, by origin."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        home: str,
        tokens: Mapping[str, str] | None = None,
        gh_token: Callable[[], str] = lambda: "",
    ) -> None:
        self._env = env
        self._gh_token = gh_token
        self._netrc = env.get("NETRC") or f"{home}/.netrc"
        self._variables = {
            urls.origin(url): reference.removeprefix("env:")
            for url, reference in (tokens or {}).items()
        }

    def find(self, url: str) -> Credential:
        """Return the credential for the origin of a URL: none over plain http.

        Raises Refused for a password in a URL that would be sent unencrypted, and
        UsageError for a token's variable that holds none.
        """
        parts = urlsplit(url)
        if parts.username is not None:
            return _from_url(url)
        if variable := self._variables.get(urls.origin(url)):
            return Credential(f"Bearer {self._token(variable, url)}", f"${variable}")
        if not urls.keeps_secrets(url):
            return Credential(None, "none are sent over plain http")
        if urls.origin(url) == urls.origin(_GITHUB) and (
            from_github := self._from_github()
        ):
            return from_github
        return self._from_netrc((parts.hostname or "").rstrip("."))

    def _from_github(self) -> Credential | None:
        """Return the token of a variable, else the one of `gh`, if any."""
        # A job of a company's own GitHub server has a token of that server.
        server = self._env.get("GITHUB_SERVER_URL") or _GITHUB_SERVER
        names = _GITHUB_VARIABLES if server.rstrip("/") == _GITHUB_SERVER else ()
        for name in names:
            if _TOKEN.fullmatch(token := self._env.get(name, "").strip()):
                return Credential(f"Bearer {token}", f"${name}")
        token = self._gh_token()
        return Credential(f"Bearer {token}", "gh auth token") if token else None

    def _token(self, variable: str, url: str) -> str:
        token = self._env.get(variable, "").strip()
        if _TOKEN.fullmatch(token):
            return token
        state = "holds what no header can" if token else "is not set"
        raise UsageError(
            f"the token for {urls.host(url)} is missing: {variable} {state}",
            [("URL", urls.shown(url))],
            f"export {variable}=<token>",
        )

    def _from_netrc(self, host: str) -> Credential:
        """Return a host's own entry: `default` would be sent to any host."""
        try:
            hosts = netrc.netrc(self._netrc).hosts
        except netrc.NetrcParseError as error:
            # Its message quotes the invalid word, which may be the password.
            return Credential(None, f"none: {self._netrc}:{error.lineno} is unclear")
        except (OSError, UnicodeDecodeError):
            return Credential(None, "none")
        if host not in hosts or host == "default":
            return Credential(None, "none")
        user, _, password = hosts[host]
        return Credential(_basic(user, password or ""), self._netrc)


def is_credential(origin: str, reference: str) -> bool:
    """Return whether a setting names an https origin, without a path, and `env:NAME`.

    Plain http is enough for this machine.
    """
    try:
        parts = urlsplit(urls.check(origin))
    except Refused:
        return False
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    is_secret = not extra and urls.keeps_secrets(origin)
    return is_secret and bool(_REFERENCE.fullmatch(reference))


def _from_url(url: str) -> Credential:
    if not urls.keeps_secrets(url):
        raise Refused(
            "a URL with a password would be sent over unencrypted http",
            [("URL", urls.shown(url))],
        )
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Credential(_basic(user, password), "those in the URL")


def _basic(user: str, password: str) -> str:
    """Render RFC 7617's form, in UTF-8 if the server states no charset."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
