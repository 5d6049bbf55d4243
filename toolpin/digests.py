"""Parses published checksums into digests, and compares files with them.

It reads checksum files as text and archives as bytes. It fetches nothing, checks no
signatures and deletes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator

from toolpin.errors import Mismatch, NotPublished, Refused
from toolpin.model import Artifact, Digest

HEX_LENGTHS = {"sha256": 64, "sha512": 128}
_BY_LENGTH = {length: name for name, length in HEX_LENGTHS.items()}

_LINE = re.compile(r"(?P<hex>\S+)[ \t]+\*?(?P<name>\S.*)")
# In a Sigstore bundle, as protobuf's JSON writes it. Source: sigstore_bundle.proto.
_BUNDLED = re.compile(
    r'"messageDigest"\s*:\s*\{\s*"algorithm"\s*:\s*"SHA2_(?P<bits>256|512)"\s*,'
    r'\s*"digest"\s*:\s*"(?P<digest>[^"]*)"'
)
_BSD_LINE = re.compile(
    r"(?P<algorithm>[\w-]+) ?\((?P<name>[^()\n]+)\) ?= ?(?P<hex>\S+)"
)


def make_digest(algorithm: str, text: str, place: str = "") -> Digest:
    """Make a digest of published text, in either case; Refused for an invalid one.

    `place` is the location of the text, for the error.
    """
    length = HEX_LENGTHS.get(algorithm)
    if length is None:
        raise _refused(f"{algorithm} cannot be used to verify a file", text, place)
    if len(text) != length or not re.fullmatch("[0-9A-Fa-f]+", text):
        raise _refused(
            f"this is not a {algorithm} digest: expected {length} hex digits",
            text,
            place,
        )
    return Digest(algorithm, text.lower())


def parse_digest(text: str) -> Digest | None:
    """Return the digest that `str` renders so, `sha256:hex`; None for other text."""
    algorithm, _, digits = text.partition(":")
    length = HEX_LENGTHS.get(algorithm, 0)
    is_own = length and re.fullmatch(f"[0-9a-f]{{{length}}}", digits)
    return Digest(algorithm, digits) if is_own else None


def any_digest(text: str, place: str = "") -> Digest:
    """Make a digest of published hex, perhaps after `sha256:` or `sha512:`.

    Its length determines the algorithm. Raises Refused for anything else.
    """
    stated, colon, rest = text.strip().rpartition(":")
    algorithm = stated if colon else _BY_LENGTH.get(len(rest), "sha256")
    return make_digest(algorithm, rest, place)


def parse_checksums(
    text: str, filename: str, place: str, *, alone: bool = False
) -> Digest:
    """Return the digest that a checksum file lists for exactly `filename`.

    Lines are coreutils' `hex  name` and `hex *name` or BSD's `SHA256 (name) = hex`. A
    file for one artifact `alone` may be just its digest, have a path before its name or
    be a Sigstore bundle, whose signature is not checked. Of a SHA-256 and a SHA-512 the
    former is returned. `place` names the file in errors. Raises NotPublished when the
    name is not listed, Refused for two digests or for an invalid digest.
    """
    if alone and len(text.split()) == 1:
        return any_digest(text, place)
    if alone and (bundled := _BUNDLED.search(text)):
        digits = _base64_to_hex(bundled["digest"], place)
        return make_digest(f"sha{bundled['bits']}", digits, place)
    digests = {
        make_digest(used, hexadecimal, place)
        for used, hexadecimal, name in _entries(text)
        if name.removeprefix("./") == filename
        or (alone and name.replace("\\", "/").rpartition("/")[2] == filename)
    }
    # Lists in BSD's form name a file once for each algorithm.
    algorithm = min((digest.algorithm for digest in digests), default="")
    wanted = sorted(digest for digest in digests if digest.algorithm == algorithm)
    if not wanted:
        raise NotPublished(
            f"{place} lists no digest for {filename}",
            [("listed at", place), ("wanted", filename)],
        )
    if len(wanted) > 1:
        raise Refused(
            f"{place} lists {filename} twice with different digests",
            [("listed", str(digest)) for digest in wanted],
        )
    return wanted[0]


def parse_sri(text: str) -> Digest:
    """Return the strongest digest of a `sha512-BASE64` list, separated by blanks.

    The form is W3C's Subresource Integrity, as npm publishes it. Raises Refused without
    a digest as strong as sha256, or two digests of the strongest kind.
    """
    tokens = [token.partition("?")[0].partition("-") for token in text.split()]
    for algorithm in ("sha512", "sha256"):
        digests = {
            make_digest(algorithm, _base64_to_hex(encoded))
            for name, _, encoded in tokens
            if name == algorithm
        }
        if len(digests) > 1:
            raise _refused(f"two {algorithm} digests for one file", text)
        if digests:
            return digests.pop()
    raise _refused("no sha512 or sha256 among the published digests", text)


def hash_file(path: str, algorithm: str) -> str:
    """Return the lower-case hex digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def check_file(path: str, artifact: Artifact, received_from: str) -> None:
    """Raise Mismatch when a file is not the artifact; `received_from` is a place."""
    size_bytes = os.path.getsize(path)
    received = hash_file(path, artifact.digest.algorithm)
    sized = artifact.size_bytes in (None, size_bytes)
    if not sized or received != artifact.digest.hex:
        raise mismatch(artifact, received, size_bytes, received_from)


def mismatch(
    artifact: Artifact, received: str, size_bytes: int, received_from: str
) -> Mismatch:
    """Make the error for bytes with another digest; the caller deletes the bytes."""
    algorithm = artifact.digest.algorithm
    expected = f"{algorithm} {artifact.digest.hex}"
    if artifact.size_bytes is not None:
        expected += f"  {artifact.size_bytes:,} bytes"
    what = f"{algorithm} {received}  {size_bytes:,} bytes"
    return differing(artifact, expected, f"{what} from {received_from}")


def differing(artifact: Artifact, expected: str, received: str) -> Mismatch:
    """Make the error for bytes that are not the artifact's; the caller deletes them."""
    return Mismatch(
        f"{artifact.filename} differs from the published file",
        [
            ("expected", expected),
            ("received", received),
            ("installed", "nothing; the download was deleted"),
        ],
    )


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (algorithm, digest, name) of each line that reads like an entry."""
    for line in text.splitlines():
        if match := _BSD_LINE.fullmatch(line.strip()):
            named = match["algorithm"].lower().replace("-", "")
            if named in HEX_LENGTHS:
                yield named, match["hex"], match["name"]
        elif match := _LINE.fullmatch(line.strip()):
            used = _BY_LENGTH.get(len(match["hex"]), "sha256")
            yield used, match["hex"], match["name"]


def _base64_to_hex(encoded: str, place: str = "") -> str:
    try:
        return base64.b64decode(encoded, validate=True).hex()
    except ValueError:  # also for text that is not ASCII
        raise _refused("this is not a base64 digest", encoded, place) from None


def _refused(what: str, text: str, place: str = "") -> Refused:
    facts = [("received", repr(text[:200]))]
    if place:
        facts.append(("listed at", place))
    return Refused(what, facts)
