"""`toolpin install [TOOL [VERSION...]]`: provides what is pinned here or is named."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from toolpin.app import App
from toolpin.errors import NotLocked, ToolpinError, UsageError
from toolpin.install.jobs import Job, Outcome
from toolpin.lockfile.head import is_whole
from toolpin.lockfile.lookup import is_ci, locked_version, lockfile_for
from toolpin.model import Host, Origin, Pin, Request
from toolpin.project import pin_files, remembered
from toolpin.resolve import to_provide
from toolpin.shims.folder import are_in_place
from toolpin.store import installs
from toolpin.wanted.requests import requests_from_options
from toolpin.wanted.view import show_outcomes, show_plans


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool and versions of it, and how to go about it."""
    parser.add_argument("tool", nargs="?", help="this tool only")
    parser.add_argument(
        "versions",
        nargs="*",
        metavar="version",
        help="these versions instead of those pinned here",
    )
    parser.add_argument(
        "--only", metavar="TOOL,...", default="", help="of what is pinned, these tools"
    )
    parser.add_argument(
        "--all-projects",
        metavar="ROOT",
        default="",
        help="what every project below a folder pins, each once",
    )
    parser.add_argument(
        "--into",
        metavar="DIR",
        default="",
        help="put each tool's tree into DIR/TOOL, for an image or a release; as locked",
    )
    parser.add_argument(
        "--host",
        default="",
        help="with --into: for another machine, such as linux-x64",
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="installs at once, 1 to 64"
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME",
        help="take it from this source only, whatever is locked; may be given again",
    )
    parser.add_argument(
        "--locked",
        action="store_true",
        help="install nothing that toolpin.lock does not have; CI=true implies it "
        "where there is a lockfile",
    )
    parser.add_argument(
        "--allow-plugins",
        action="store_true",
        help="fetch the asdf plugins that toolpin.lock names, and run them",
    )
    parser.add_argument(
        "--trust-on-first-use",
        action="store_true",
        help="take what nobody publishes a digest for, and record the one it has",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show the plans and change nothing"
    )


def run(args: Namespace, app: App) -> int:
    """Install all that can be; 1 when something pinned is missing at the end.

    4, and nothing is installed, where a lockfile had to answer and does not.
    """
    _check_words(args)
    requests = requests_from_options(args, app)
    if not (args.dry_run or args.into):
        remembered.remember(app.paths, (one.origin for one in requests))
    return provide_all(requests, args, app)


def provide_all(requests: Sequence[Request], args: Namespace, app: App) -> int:
    """Install what requests ask for; the exit code is that of `run`."""
    wishes = [(pin, one.origin) for one in requests for pin in one.stated]
    _refuse_pairs(wishes, app, args.all_projects)
    if _is_plain(args, app):
        settled = _settled(requests, app)
        if settled is not None and _is_done(settled, app):
            jobs = [Job(pin, origin) for pin, origin in settled]
            return show_outcomes([Outcome(job, "present") for job in jobs], [], app)
    # With these come requests, tqdm and threads: only where there is work.
    from toolpin.install.workshop import installer_for, settings_for  # noqa: PLC0415
    from toolpin.plugin_tasks.needs import provide  # noqa: PLC0415
    from toolpin.progress import Board  # noqa: PLC0415
    from toolpin.wanted.decide import Decider, Rules, judged  # noqa: PLC0415

    if not args.source:
        app = provide(requests, app, allowed=args.allow_plugins)
    settings = settings_for(
        app,
        sources=args.source,
        jobs=args.jobs,
        first_use=args.trust_on_first_use and not args.dry_run,
    )
    folder = _folder(args, app)
    there = app._replace(paths=app.paths._replace(into=folder))
    installer = installer_for(
        app,
        settings,
        Board(app.report),
        target=_target(args, app),
        into=folder,
    )
    rules = Rules(
        must=args.locked or bool(args.into),
        ci=is_ci(app.env),
        ignored=bool(args.source),
        elsewhere=bool(args.into),
    )
    decider = Decider(app, installer.host, rules, installer.resolve)
    jobs, errors = decider.jobs(requests)
    meant = [(job.pin, job.origin) for job in jobs]
    if meant != wishes:
        _refuse_pairs(meant, app, args.all_projects)
    if args.into:
        jobs = _one_a_tool(jobs)
    if any(isinstance(error, NotLocked) for error in errors):
        return show_outcomes([], errors, app)
    if args.dry_run:
        return show_plans(jobs, errors, installer.plan, there)
    outcomes = [judged(one, decider.tried) for one in installer.run(jobs)]
    provided = {one.job.pin for one in outcomes if one.status != "failed"}
    for pin, channel in decider.channels:
        if pin in provided:
            installs.remember_channel(app.paths, pin, channel)
    if not args.into:
        _refresh_shims(outcomes, app)
    runs_here = installer.host.libc_version != "" or not args.host
    return show_outcomes(outcomes, errors, there, runs_here=runs_here)


def _one_a_tool(jobs: Sequence[Job]) -> list[Job]:
    """Return the first job of each tool: the others are what it falls back to.

    Raises ToolpinError where another project wants another version.
    """
    found: dict[str, Job] = {}
    for job in jobs:
        first = found.setdefault(job.pin.tool, job)
        if first.origin != job.origin:
            raise ToolpinError(
                f"DIR/{job.pin.tool} cannot be {first.pin.version} and "
                f"{job.pin.version}",
                [(one.pin.version, str(one.origin)) for one in (first, job)],
                "toolpin install --into DIR",
            )
    return list(found.values())


def _refuse_pairs(wishes: Sequence[tuple[Pin, Origin]], app: App, is_many: str) -> None:
    """Raise ToolpinError for versions of one project that do not go together."""
    if app.registry.paired.isdisjoint(pin.tool for pin, _ in wishes):
        return
    from toolpin.pairs import refuse_pairs  # noqa: PLC0415 - few projects need it

    places = {origin.place for _, origin in wishes} if is_many else {""}
    for place in sorted(places):
        together = [one for one in wishes if place in ("", one[1].place)]
        refuse_pairs(together, app)


def _check_words(args: Namespace) -> None:
    """Raise UsageError for options that exclude each other."""
    if args.host and not args.into:
        raise UsageError(
            "--host goes with --into: the store is for this machine",
            hint=f"--host {args.host} --into DIR",
        )
    if args.into and args.source:
        raise UsageError(
            "--into takes what is locked, and --source what is not",
            hint=f"toolpin lock --source {args.source[0]}",
        )
    if args.source and args.locked:
        raise UsageError(
            "--locked takes what is locked, and --source what is not",
            hint=f"toolpin lock --source {args.source[0]}",
        )


def _is_plain(args: Namespace, app: App) -> bool:
    """Say whether nothing is asked for that takes more than a look at the store."""
    more = args.dry_run or args.source or args.jobs is not None
    return not (more or args.locked or args.into or is_ci(app.env))


def _target(args: Namespace, app: App) -> Host | None:
    """Return the other machine that is installed for. Raises UsageError."""
    from toolpin.host import any_of, detect  # noqa: PLC0415
    from toolpin.lockfile.asks import check_host  # noqa: PLC0415 - see run

    if not args.host:
        return None
    check_host(args.host, app.registry.tools)
    here = detect()
    return here if str(here) == args.host else any_of(args.host)


def _folder(args: Namespace, app: App) -> str:
    return os.path.abspath(os.path.join(app.directory, args.into)) if args.into else ""


def _refresh_shims(outcomes: Sequence[Outcome], app: App) -> None:
    from toolpin.upkeep.reshim import refresh_shims  # noqa: PLC0415 - see run

    wanted = {outcome.job.pin.tool for outcome in outcomes}
    changes = refresh_shims(app.paths, app.registry, wanted)
    there = {one.job.pin.tool for one in outcomes if one.status == "installed"}
    known = [app.registry.readable(tool) for tool in wanted - there]
    lacking = {name for tool in known if tool for name in tool.commands}
    added = [name for name in changes.added if name not in lacking]
    if there and added and app.paths.shims in app.env.get("PATH", "").split(":"):
        # bash remembers where it found a command before.
        new = ", ".join(added)
        app.report.remark(f"new commands: {new}; bash may need `hash -r`")
    for name in changes.skipped:
        app.report.warn(f"{app.paths.shims}/{name} is not toolpin's: left alone")


def _settled(requests: Sequence[Request], app: App) -> list[tuple[Pin, Origin]] | None:
    """Return the installed pins that requests stand for, each with who wants it.

    None where one needs a decision: it is neither exact nor locked, or not installed,
    or its lockfile is damaged.
    """
    found = []
    texts: dict[str, str] = {}
    for request in requests:
        lockfile = lockfile_for(request.origin, app.where)
        if lockfile and lockfile not in texts:
            texts[lockfile] = _text_of(lockfile)
            if not is_whole(texts[lockfile], lockfile):
                return None
        for wanted in to_provide(request):
            version: str | None = wanted.value if wanted.kind == "version" else None
            if lockfile:
                version = locked_version(request, wanted, app.where)
            pin = Pin(request.tool, version or "")
            if not installs.is_installed(app.paths, pin):
                return None
            if lockfile and not _is_told(pin, texts[lockfile], app):
                return None
            app.registry.check(request.tool, request.origin)
            found.append((pin, request.origin))
    return found


def _text_of(lockfile: str) -> str:
    data = pin_files.read(lockfile, pin_files.LARGEST_LOCKFILE)
    return data.decode(errors="replace")


def _is_told(pin: Pin, text: str, app: App) -> bool:
    """Say whether a lockfile names each digest that an install was made of."""
    digests = installs.digests(app.paths, pin)
    return all(digest in text for digest in digests)


def _is_done(settled: Sequence[tuple[Pin, Origin]], app: App) -> bool:
    """Tell, without a mutex, that all is installed, has shims, and nothing is swept."""
    pins = [pin for pin, _ in settled]
    return (
        all(installs.is_installed(app.paths, pin) for pin in pins)
        and not installs.has_remains(app.paths)
        and are_in_place(app.paths, pins, sys.executable)
    )
