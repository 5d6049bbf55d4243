"""What counts as a published digest, and which file has it."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolpin.digests import (
    any_digest,
    check_file,
    hash_file,
    make_digest,
    parse_checksums,
    parse_sri,
)
from toolpin.errors import Mismatch, NotPublished, Refused, ToolpinError
from toolpin.model import Artifact, Digest

A = "a" * 64
B = "b" * 64
NAME = "node-v20.11.0-linux-x64.tar.xz"


def parse(text: str) -> Digest:
    return parse_checksums(text, NAME, "SHASUMS256.txt")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"{A}  {NAME}", id="coreutils"),
        pytest.param(f"{A} *{NAME}", id="coreutils-binary"),
        pytest.param(f"{A}  ./{NAME}", id="leading-dot"),
        pytest.param(f"{A}\t{NAME}", id="tab"),
        pytest.param(f"{A}  {NAME}\r", id="crlf"),
        pytest.param(f"{A.upper()}  {NAME}", id="upper-case"),
        pytest.param(f"SHA256 ({NAME}) = {A}", id="bsd"),
        pytest.param(f"SHA-256({NAME})= {A.upper()}", id="openssl"),
        pytest.param(f"SHA512 ({NAME}) = {A}{A}\nSHA256 ({NAME}) = {A}", id="both"),
        pytest.param(f"{A}  {NAME}\n{A.upper()} *{NAME}", id="twice-the-same"),
    ],
)
def test_hostile_38_every_usual_form_gives_the_digest(line: str) -> None:
    text = f"{B}  another.tar.gz\n{line}\n\n{B}  {NAME}.sig\n{B}  win/{NAME}\n"
    assert parse(text) == Digest("sha256", A)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(f"{A}  x{NAME}\n{A}  dir/{NAME}\n{A}  {NAME}.asc\n", id="near"),
        pytest.param(f"MD5 ({NAME}) = {'a' * 32}\n", id="md5-only"),
        pytest.param("<!DOCTYPE html>\n<html> <body>\n", id="page"),
        pytest.param(NAME, id="name-alone"),
    ],
)
def test_hostile_38_a_file_that_is_not_listed_is_not_published(text: str) -> None:
    with pytest.raises(NotPublished) as caught:
        parse(text)
    assert ("wanted", NAME) in caught.value.facts


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(A, id="bare"),
        pytest.param(f"{A.upper()}\n", id="bare-upper-case"),
        pytest.param(f"{A} *target/x86_64/release/{NAME}\n", id="path"),
        pytest.param(f"{A}  dist\\{NAME}\r\n", id="path-of-windows"),
    ],
)
def test_a_file_for_one_artifact_may_have_no_name_or_a_path(text: str) -> None:
    checksums = parse_checksums(text, NAME, "x.sha256", alone=True)
    assert checksums == Digest("sha256", A)
    with pytest.raises(NotPublished):
        parse(text)


def test_a_file_for_one_artifact_of_another_name_is_none_for_it() -> None:
    with pytest.raises(NotPublished):
        parse_checksums(f"{A}  other.tar.gz\n", NAME, "x.sha256", alone=True)


@pytest.mark.parametrize("text", ["not-found", "0" * 40, "sha1:" + "0" * 40])
def test_one_word_that_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_checksums(text, NAME, "x.sha256", alone=True)


def test_a_list_may_be_of_sha512() -> None:
    digest = "c" * 128
    assert parse(f"{digest}  {NAME}\n") == Digest("sha512", digest)
    assert parse(f"{digest}  {NAME}\n{A}  {NAME}\n") == Digest("sha256", A)
    assert any_digest(f"sha512:{digest}") == Digest("sha512", digest)


def test_hostile_38_a_file_listed_with_two_digests_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        parse(f"{A}  {NAME}\n{B}  {NAME}\n")
    listed = {value for label, value in caught.value.facts if label == "listed"}
    assert listed == {f"sha256:{A}", f"sha256:{B}"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"sha256:sha256:{A}", id="prefix-twice"),
        pytest.param(f"sha256:{A}", id="prefix"),
        pytest.param(A[:-1], id="short"),
        pytest.param(A + "a", id="long"),
        pytest.param("a" * 32, id="md5"),
        pytest.param("g" * 64, id="not-hex"),
        pytest.param("\N{FULLWIDTH DIGIT ONE}" * 64, id="not-ascii"),
    ],
)
def test_hostile_39_text_that_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        make_digest("sha256", text)
    with pytest.raises(Refused) as caught:
        parse(f"{text}  {NAME}\n")
    assert ("listed at", "SHASUMS256.txt") in caught.value.facts


def test_hostile_39_md5_and_sha1_vouch_for_nothing() -> None:
    for algorithm, length in (("md5", 32), ("sha1", 40)):
        with pytest.raises(Refused):
            make_digest(algorithm, "a" * length)


def sri(algorithm: str, data: bytes) -> str:
    encoded = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    return f"{algorithm}-{encoded}"


def test_the_strongest_of_several_sri_digests_is_taken() -> None:
    text = " ".join(sri(name, b"x") for name in ("sha1", "sha512", "sha256"))
    assert parse_sri(text) == Digest("sha512", hashlib.sha512(b"x").hexdigest())
    assert parse_sri(sri("sha256", b"x") + "?option").algorithm == "sha256"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(sri("sha1", b"x"), id="sha1-only"),
        pytest.param("sha512-!!!!", id="not-base64"),
        pytest.param("sha512-" + sri("sha256", b"x")[7:], id="wrong-length"),
        pytest.param(f"{sri('sha512', b'x')} {sri('sha512', b'y')}", id="two"),
    ],
)
def test_hostile_39_an_sri_text_without_one_strong_digest_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_sri(text)


@given(st.text())
def test_any_text_is_a_digest_or_an_error_of_ours(text: str) -> None:
    for parser in (parse, parse_sri):
        with suppress(ToolpinError):
            assert len(parser(text).hex) in (64, 128)


def artifact_of(data: bytes, *, size_bytes: int | None = None) -> Artifact:
    digest = Digest("sha256", hashlib.sha256(data).hexdigest())
    return Artifact(f"https://nodejs.org/dist/{NAME}", digest, size_bytes, NAME)


def test_a_file_with_the_published_bytes_passes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    path = tmp_path / "part"
    path.write_bytes(data)
    check_file(str(path), artifact_of(data, size_bytes=len(data)), "mirror")
    assert hash_file(str(path), "sha512") == hashlib.sha512(data).hexdigest()


def test_a_flipped_bit_is_a_mismatch_with_both_digests(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"\1" + b"x" * 1234567)
    with pytest.raises(Mismatch) as caught:
        check_file(str(path), artifact_of(b"\0" + b"x" * 1234567), "https://m/x")
    facts = dict(caught.value.facts)
    assert facts["expected"].startswith("sha256 ")
    assert "1,234,568 bytes from https://m/x" in facts["received"]
    assert facts["installed"].startswith("nothing")


def test_a_wrong_size_is_a_mismatch_although_the_digest_agrees(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"abc")
    with pytest.raises(Mismatch):
        check_file(str(path), artifact_of(b"abc", size_bytes=4), "here")


BUNDLE = """{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",
 "verificationMaterial":{"tlogEntries":[{"inclusionProof":{"rootHash":"AAAA"}}]},
 "messageSignature": {"messageDigest":{"algorithm":"SHA2_256", "digest":"%s"},
 "signature":"MEUCIQDl"}}"""


def test_a_sigstore_bundle_states_the_digest_of_its_file_alone() -> None:
    encoded = "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="
    text, name = BUNDLE % encoded, "Python-3.12.7.tar.xz"
    digest = parse_checksums(text, name, "x", alone=True)
    assert digest.algorithm == "sha256"
    assert digest.hex == base64.b64decode(encoded).hex()
    with pytest.raises(NotPublished):
        parse_checksums(text, name, "x")
    for wrong in ("AAAA", "not base64!"):
        with pytest.raises(Refused):
            parse_checksums(BUNDLE % wrong, name, "x", alone=True)
