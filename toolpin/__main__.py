"""The entry points of the process: Python settings, exit codes, unexpected errors."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from toolpin.errors import ToolpinError


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    apart = sys.flags.isolated or not any(
        name.startswith("PYTHON") for name in os.environ
    )
    if not apart:
        command = [sys.executable, "-I", "-m", "toolpin", *sys.argv[1:]]
        os.execv(sys.executable, command)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A path need not be text: its bytes go out as they came in.
        sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(guarded(sys.argv[1:], _run))


def guarded(argv: Sequence[str], run: Callable[[Sequence[str]], int]) -> int:
    """Run and turn every ending into an exit code."""
    from toolpin.errors import EXIT_BUG, ToolpinError

    if "--debug" in argv and _is_own(argv):
        return run(argv)
    try:
        return run(argv)
    except ToolpinError as error:
        _write_error(error, argv)
        return error.exit_code
    except KeyboardInterrupt:
        from toolpin.store.interruption import die_of

        die_of(signal.SIGINT)
    except BrokenPipeError:
        from toolpin.system.report import close_quietly

        close_quietly()
        return 1
    except Exception as error:  # noqa: BLE001 - the one place for bugs
        known = _crowded(error)
        _write_error(known or _bug(error), argv)
        return known.exit_code if known else EXIT_BUG


def _is_own(argv: Sequence[str]) -> bool:
    """Return whether all words are toolpin's: those after `exec` are the command's."""
    from toolpin import cli

    return cli.command_in(argv) != "exec"


def _run(argv: Sequence[str]) -> int:
    if argv[:1] == ["exec"] and argv[1:2] not in ([], ["-h"], ["--help"]):
        from toolpin.commands import exec as verb

        verb.run(argv[1:], os.environ)
    _open_streams()
    from toolpin import cli

    return cli.run(argv)


def _open_streams() -> None:
    """Open the standard streams that are closed.

    No file that is opened later may take the number of one.
    """
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one


def _write_error(error: ToolpinError, argv: Sequence[str]) -> None:
    """Write an error to stderr, or as JSON for a command line with --json."""
    from toolpin.system.report import Report, close_quietly

    report = Report()
    report.error(error)
    own = argv[: argv.index("--")] if "--" in argv else argv
    if "--json" in own and _is_own(argv):
        from toolpin import cli

        report.failure(cli.command_in(argv), error)
        close_quietly()


def _crowded(error: Exception) -> ToolpinError | None:
    """Return the error for a system that has no more threads or open files."""
    import errno

    from toolpin.errors import ToolpinError

    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return ToolpinError(
            "toolpin has reached the limit on open files",
            [("reason", str(error))],
            "ulimit -n",
        )
    if not (isinstance(error, RuntimeError) and "start new thread" in str(error)):
        return None
    return ToolpinError(
        "toolpin cannot start another thread",
        [("reason", "a limit on processes, or too little memory")],
        "ulimit -u",
    )


def _bug(error: Exception) -> ToolpinError:
    """Write the traceback to a file, and return the message about it."""
    import contextlib
    import tempfile
    import traceback

    from toolpin.errors import ToolpinError

    place = "none could be written"
    with contextlib.suppress(OSError):
        log = tempfile.NamedTemporaryFile(  # noqa: SIM115 - below
            "w", prefix="toolpin-bug-", suffix=".log", delete=False
        )
        with log:
            log.write(f"{sys.argv}\n{sys.version}\n")
            traceback.print_exception(error, file=log)
        place = log.name
    return ToolpinError(
        "this is a bug in toolpin",
        [("what", f"{type(error).__name__}: {error}"), ("log", place)],
    )


if __name__ == "__main__":
    main()
