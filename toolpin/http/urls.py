"""Checks URLs: whether they may be requested, and whether a server may redirect there.

Pure: a host name is checked as written, and never looked up.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from toolpin.errors import Refused

_PORTS = {"http": 80, "https": 443}
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Their last 32 bits are an IPv4 address.
_HOLD_IPV4 = tuple(
    ipaddress.IPv6Network(net) for net in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
_PRINTABLE = re.compile(r"[!-~]+")


def check(url: str) -> str:
    """Return a URL that may be requested; Refused for any other.

    It is http or https, names a host, and is printable ASCII without blanks, so that
    nothing in it can become a second header or a second request.
    """
    if not _PRINTABLE.fullmatch(url):
        raise Refused(
            "a URL holds a space, a control character or a non-ASCII character",
            [("received", repr(url[:200]))],
        )
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.scheme not in _PORTS or "\\" in url:
        raise Refused(
            "a URL must be http or https and name a host", [("received", shown(url))]
        )
    return url


def redirected(url: str, location: str, configured: str) -> str:
    """Return where a redirect from `url` leads; Refused when it must not lead there.

    A redirect never leaves TLS, and never goes from a public host to this machine or
    its network, unless to the origin of `configured`, the URL that was requested first.
    """
    try:
        target = check(urljoin(url, location))
    except (ValueError, Refused) as error:
        raise _refused_redirect(
            "leads to an address that is not http or https", url, location
        ) from error
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
        raise _refused_redirect("leaves TLS", url, target)
    enters = _is_private(target) and not _is_private(url)
    if enters and origin(target) != origin(configured):
        raise _refused_redirect("leads into a private network", url, target)
    return target


def origin(url: str) -> str:
    """Return `scheme://host:port`, which must be equal for a secret to be sent."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def keeps_secrets(url: str) -> bool:
    """Return whether what is sent to a URL stays secret: TLS, or this machine."""
    return urlsplit(url).scheme == "https" or is_loopback(url)


def is_loopback(url: str) -> bool:
    """Return whether a URL names this machine, by name or by address."""
    name = (urlsplit(url).hostname or "").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def host(url: str) -> str:
    """Return the host as messages name it, with a port only where one is written."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def shown(url: str) -> str:
    """Return a URL for messages: no user, no password, no signed query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return repr(url[:200])
    netloc = parts.netloc.rpartition("@")[2]
    query = "..." if parts.query else ""
    return urlunsplit(SplitResult(parts.scheme, netloc, parts.path, query, ""))


def _is_private(url: str) -> bool:
    address = _address((urlsplit(url).hostname or "").rstrip("."))
    return is_loopback(url) or (address is not None and not _is_public(address))


def _is_public(address: _Address) -> bool:
    """Return whether an address, or one embedded in it, is on the public Internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local:
            return False
        if inner := _embedded(address):
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 address are sent to.

    Of the forms `::ffff:1.2.3.4`, `::1.2.3.4`, 6to4 (2002::/16), and of the gateways
    of NAT64 (64:ff9b::/96 and 64:ff9b:1::/48, RFC 6052 and 8215).
    """
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if any(address in net for net in _HOLD_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _address(name: str) -> _Address | None:
    """Return the address that a host is, also as `127.1`, `0x7f000001`, `2130706433`.

    The resolver takes these old forms, so checking only dotted quads would not be
    enough.
    """
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError:
        return None


def _refused_redirect(what: str, url: str, target: str) -> Refused:
    return Refused(
        f"{host(url)} sends a redirect that {what}",
        [("URL", shown(url)), ("redirect to", shown(target)[:200])],
    )
