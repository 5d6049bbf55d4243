"""Turns a compressed file into its plain bytes, within limits of size and memory.

Gzip, xz, bzip2, zstd or none; the checksums of each format are verified.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Literal, Protocol

from toolpin.archive.rules import PIECE_BYTES, Broken, Limits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Form = Literal["gz", "xz", "bz2", "zst", "tar"]

_INPUT_BYTES = 256 * 1024
# Each stream has a separate decoder. Packers cut into blocks of 64 KiB and more; from
# so many on, they are this large packed, on average.
_FREE_STREAMS = 1_000
_STREAM_BYTES = 512
# 128 MiB, the default limit of `zstd -d`: level 22 needs it.
_ZSTD_WINDOW = {int(zstd.DecompressionParameter.window_log_max): 27}
_DAMAGE = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError)


class Stream:
    """The plain bytes of a compressed file, read in order."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """Return 1 to `size` bytes; b"" at the end."""
        if self._at == len(self._piece):
            self._piece, self._at = next(self._pieces, b""), 0
        data = self._piece[self._at : self._at + size]
        self._at += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes; raise Broken if the archive ends before."""
        data = self.read(size)
        while len(data) < size:
            more = self.read(size - len(data))
            if not more:
                raise Broken("the archive is truncated")
            data += more
        return data


class Source(Protocol):
    """The encoded input: a file, or a part of one with offsets from its own start."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; b"" at the end."""
        ...

    def tell(self) -> int:
        """Return how many bytes were read."""
        ...


class _Decoder(Protocol):
    def decompress(self, data: bytes, max_length: int) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _Gzip:
    """Wraps zlib's decoder in the interface of those of lzma and bz2."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    def decompress(self, data: bytes, max_length: int) -> bytes:
        inner = self._inner
        out = inner.decompress(inner.unconsumed_tail + data, max_length)
        self.needs_input = not inner.unconsumed_tail
        return out

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def decode(file: Source, form: Form, limits: Limits, pool: Executor) -> Iterator[bytes]:
    """Return the plain bytes, in pieces that a thread of `pool` decodes ahead."""
    return ahead(_limited(file, _decode(file, form, limits), limits), pool)


def ahead(pieces: Iterator[bytes], pool: Executor) -> Iterator[bytes]:
    """Yield `pieces`, none of them empty, while a thread of `pool` makes the next.

    Decoders leave the interpreter's lock, so writing continues meanwhile. The caller
    ends the pool: a generator is closed whenever and wherever it is collected, and to
    wait for a thread there can be a deadlock.
    """
    following = pool.submit(next, pieces, b"")
    while piece := following.result():
        following = pool.submit(next, pieces, b"")
        yield piece


def _limited(file: Source, pieces: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limits.total_bytes:
            raise Broken(f"it unpacks to more than {limits.total_bytes} bytes")
        if total > max(limits.ratio_from_bytes, limits.ratio * file.tell()):
            raise Broken(f"it unpacks to more than {limits.ratio} times its size")
        yield piece


def _decode(file: Source, form: Form, limits: Limits) -> Iterator[bytes]:
    if form == "tar":
        yield from iter(lambda: file.read(PIECE_BYTES), b"")
        return
    data = file.read(_INPUT_BYTES)
    streams = 0
    # A file may hold several streams, one behind the other: parallel packers do that.
    while data:
        streams += 1
        if streams > max(_FREE_STREAMS, file.tell() // _STREAM_BYTES):
            raise Broken("it consists of too many small streams")
        decoder = _decoder(form, limits)
        try:
            yield from _one_stream(file, decoder, data)
        except _DAMAGE as error:
            raise Broken(f"its compression is damaged or too large: {error}") from error
        data = decoder.unused_data or file.read(_INPUT_BYTES)


def _one_stream(file: Source, decoder: _Decoder, data: bytes) -> Iterator[bytes]:
    while True:
        if piece := decoder.decompress(data, PIECE_BYTES):
            yield piece
        if decoder.eof:
            return
        data = file.read(_INPUT_BYTES) if decoder.needs_input else b""
        if decoder.needs_input and not data:
            raise EOFError("it is truncated")


def _decoder(form: Form, limits: Limits) -> _Decoder:
    makers: dict[str, Callable[[], _Decoder]] = {
        "gz": _Gzip,
        "bz2": bz2.BZ2Decompressor,
        "zst": lambda: zstd.ZstdDecompressor(options=_ZSTD_WINDOW),
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, limits.decoder_bytes),
    }
    return makers[form]()
