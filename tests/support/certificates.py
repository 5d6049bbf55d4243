"""A throw-away authority: certificates for loopback servers, made with openssl.

authority = Authority(tmp_path)
with Server(tls=authority.issue("IP:127.0.0.1")) as server: ...
env["SSL_CERT_FILE"] = str(authority.certificate)
"""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split()


class Authority:
    """Signs what a test asks for; nobody trusts it who is not told to."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._issued = 0
        self.certificate = directory / "authority.pem"
        self._key = directory / "authority.key"
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-subj", "/CN=authority", "-days", "2"),
            *("-keyout", str(self._key), "-out", str(self.certificate)),
        )

    def issue(self, name: str, *, days: int = 1) -> ssl.SSLContext:
        """Return a server's context with a certificate for `IP:...` or `DNS:...`.

        With `days=-1` it ended yesterday.
        """
        self._issued += 1
        stem = self._directory / f"server-{self._issued}"
        key, request, made, options = (
            str(stem.with_suffix(end)) for end in (".key", ".csr", ".pem", ".ext")
        )
        Path(options).write_text(f"subjectAltName={name}\n")
        _openssl(
            "req", *_NEW_KEY, "-subj", "/CN=server", "-keyout", key, "-out", request
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", str(self.certificate)),
            *("-CAkey", str(self._key), "-CAcreateserial", "-days", str(days)),
            *("-extfile", options, "-out", made),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)
        return context


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
