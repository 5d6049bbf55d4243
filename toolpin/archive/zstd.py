"""Provides zstd's decoder: Python's own from 3.14 on, its backport before.

It bounds the decoder's memory; it reads no files.
"""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["ZstdDecompressor", "ZstdError", "zstd_decoder"]

ZstdDecompressor = zstd.ZstdDecompressor
ZstdError = zstd.ZstdError

# 128 MiB, the default limit of `zstd -d`: level 22 needs it.
_WINDOW_LOG = 27


def zstd_decoder() -> ZstdDecompressor:
    """Return a decoder of one frame, which refuses a window beyond 128 MiB."""
    largest: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    return ZstdDecompressor(options=largest)
