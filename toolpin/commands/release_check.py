"""`toolpin release-check DIR`: checks whether a release runs on its target machine."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from toolpin.app import App
from toolpin.binaries.release import (
    Fault,
    Release,
    bound_to,
    faults,
    needed,
    read_release,
)
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError, UsageError, printable
from toolpin.lockfile.scope import check_host
from toolpin.model import Host
from toolpin.system.host import any_of, detect

_MOST_SHOWN = 5


class Options(NamedTuple):
    """The arguments of the command line."""

    dir: str
    host: str = ""
    glibc: str = ""


ARGUMENTS: Arguments = {
    "dir": "the directory that `mix release` created",
    "--host HOST": "the target, such as linux-x64 (default: this machine)",
    "--glibc VERSION": (
        "the target's glibc, such as 2.31 (default: this machine's; with --host, glibc "
        "is not checked)"
    ),
}


def run(options: Options, app: App) -> int:
    """Print what the target must have; exit 1 with the files that cannot run there."""
    release = read_release(os.path.normpath(os.path.join(app.directory, options.dir)))
    target = _target(options, app)
    misfits = faults(release, target)
    if app.report.as_json:
        result = _result(release, target, misfits)
        app.report.document("release-check", result)
        return 1 if misfits else 0
    if misfits:
        raise _does_not_run(release, target, misfits)
    _show(release, target, app)
    return 0


def _target(options: Options, app: App) -> Host:
    if options.glibc and not re.fullmatch(r"\d+\.\d+", options.glibc):
        raise UsageError(
            "--glibc requires a version", [("received", options.glibc)], "--glibc 2.31"
        )
    here = detect()
    if not (options.host or options.glibc):
        return here
    if options.host:
        check_host(options.host, app.registry.tools)
    target = any_of(options.host or str(here))
    if options.glibc and target.libc != "glibc":
        raise UsageError(f"{target} has no glibc", [("received", options.glibc)])
    return target._replace(libc_version=options.glibc)


def _does_not_run(release: Release, target: Host, misfits: list[Fault]) -> ToolpinError:
    faults: dict[tuple[str, str], list[str]] = {}
    for fault in misfits:
        faults.setdefault((fault.what, fault.there), []).append(fault.path)
    facts: list[tuple[str, str]] = []
    for fact, files in faults.items():
        facts += [fact, *(("", file) for file in files[:_MOST_SHOWN])]
        if len(files) > _MOST_SHOWN:
            facts.append(("", f"and {len(files) - _MOST_SHOWN} more files"))
    facts.append(
        ("to fix it", "build the release on such a machine, or with an Erlang for it")
    )
    return ToolpinError(f"{release.name} does not run on {_words(target)}", facts)


def _show(release: Release, target: Host, app: App) -> None:
    newest = max((native.elf.glibc for native in release.files), default=())
    lines = [f"{release.name} runs on {_words(target)}"]
    if newest and not target.libc_version:
        lines[0] += "; its glibc was not checked, because --glibc is missing"
    erts = release.erts or "no ERTS included: it runs on the Erlang of the target"
    count = len(release.files)
    lines.append(f"  {erts}, {count} native file{'' if count == 1 else 's'}")
    if newest:
        lines.append(f"  needs glibc {'.'.join(map(str, newest))}")
    for bound in dict.fromkeys(bound_to(native.elf) for native in release.files):
        if bound:
            lines.append(f"  bound to {bound}: it runs on this machine only")
    for soname, files in needed(release, target).items():
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        lines.append(f"  needs {soname} for {files[0]}{more}")
    for line in lines:
        app.report.answer(printable(line))


def _words(target: Host) -> str:
    libc = f" with {target.libc} {target.libc_version}" if target.libc_version else ""
    return f"{target}{libc if target.libc else ''}"


def _result(release: Release, target: Host, misfits: list[Fault]) -> dict[str, object]:
    return {
        "release": release.name,
        "erts": release.erts or None,
        "target": {"host": str(target), "libc_version": target.libc_version or None},
        "runs": not misfits,
        "faults": [fault._asdict() for fault in misfits],
        "needs": [
            {"soname": soname, "files": files}
            for soname, files in needed(release, target).items()
        ],
        "files": [
            {
                "file": native.path,
                "archs": native.archs,
                "glibc": ".".join(map(str, native.elf.glibc)) or None,
            }
            for native in release.files
        ],
    }
