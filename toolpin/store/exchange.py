"""Swaps two directories, atomically if the system supports that."""

from __future__ import annotations

import ctypes
import errno
import os
import signal

from toolpin.store.staging import delete_tree

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE, of renameat2(2)
_SWAP = 2  # RENAME_SWAP, of renamex_np(2) on macOS
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def exchange(fresh: str, directory: str) -> None:
    """Move `fresh` to the other directory's place; the old tree may be left in `fresh`.

    Both are on one filesystem. Raises OSError; then nothing has changed.
    """
    if _swap(fresh, directory):
        return
    old = f"{fresh}.old"
    # Two steps: handled signals are blocked between them, so only a kill can interrupt.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        _two_renames(fresh, directory, old)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _two_renames(fresh: str, directory: str, old: str) -> None:
    try:
        os.rename(directory, old)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        delete_tree(directory)  # in a container's lower layer
    try:
        os.rename(fresh, directory)
    except OSError:
        if os.path.lexists(old):
            os.rename(old, directory)
        raise


def _swap(fresh: str, directory: str) -> bool:
    """Exchange two directories atomically; False if the system or the disk cannot."""
    library = ctypes.CDLL(None, use_errno=True)
    one, other = os.fsencode(fresh), os.fsencode(directory)
    if hasattr(library, "renameat2"):
        code = library.renameat2(_AT_FDCWD, one, _AT_FDCWD, other, _EXCHANGE)
    elif hasattr(library, "renamex_np"):
        code = library.renamex_np(one, other, _SWAP)
    else:
        return False
    return bool(code == 0)
