"""Turns the certificates that this machine trusts into a TLS context.

Checks are never disabled. The system's store is used (Keychain on macOS, the
distribution's certificates on Linux), unless a variable of other clients names
certificates: then only those.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping

import truststore

from toolpin.errors import UsageError
from toolpin.http.limits import DEFAULT_TRANSPORT, Transport

# A company's own certificates are often named in several; this is requests' order.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def make_context(
    env: Mapping[str, str], transport: Transport = DEFAULT_TRANSPORT
) -> ssl.SSLContext:
    """Return a context that checks certificates and host names.

    Raises UsageError for a variable or a setting that names no certificates.
    """
    context = _context(env, transport.cert)
    if own := transport.client_cert:
        try:
            context.load_cert_chain(own)
        except OSError as error:
            raise _no_certificates("client-cert", own, error) from error
    return context


def _context(env: Mapping[str, str], cert: str) -> ssl.SSLContext:
    for name, path in [("cert", cert), *((name, env.get(name)) for name in _BUNDLES)]:
        if path:
            kind = "capath" if os.path.isdir(path) else "cafile"
            return _trusting(name, **{kind: path})
    file, directory = env.get("SSL_CERT_FILE"), env.get("SSL_CERT_DIR")
    if file or directory:
        variable = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
        return _trusting(variable, cafile=file, capath=directory)
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _trusting(
    variable: str, *, cafile: str | None = None, capath: str | None = None
) -> ssl.SSLContext:
    try:
        if not cafile and capath and not any(map(os.path.isdir, capath.split(":"))):
            # OpenSSL ignores the error, and then trusts no certificate.
            raise NotADirectoryError("no such directory")
        return ssl.create_default_context(cafile=cafile or None, capath=capath or None)
    except OSError as error:
        raise _no_certificates(variable, str(cafile or capath), error) from error


def _no_certificates(name: str, path: str, error: OSError) -> UsageError:
    """Return the error of a variable, or a setting of pip's in lower case."""
    is_variable = name.isupper()
    return UsageError(
        f"{name if is_variable else f'pip: {name}'} names no usable certificates",
        [("path", path), ("reason", str(error))],
        f"unset {name}" if is_variable else "toolpin doctor --net",
    )
