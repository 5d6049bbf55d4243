"""`toolpin install [TOOL [VERSION...]]`: installs what is pinned here or is named."""

from __future__ import annotations

from argparse import ArgumentParser

from toolpin.app import App
from toolpin.errors import UsageError
from toolpin.project import known_projects
from toolpin.tasks.install_requests import install_requests
from toolpin.tasks.request_options import InstallOptions, requests_from_options

Options = InstallOptions


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments: a tool and versions of it, and how to go about it."""
    parser.add_argument(
        "tool", nargs="?", help="only this tool, at its pinned version or at VERSION"
    )
    parser.add_argument(
        "versions",
        nargs="*",
        metavar="version",
        help="install these versions, without pinning them",
    )
    parser.add_argument(
        "--only",
        metavar="TOOL,...",
        default="",
        help="of the pinned tools, install only these",
    )
    parser.add_argument(
        "--missing",
        action="store_true",
        help="skip tools of which a matching version is installed",
    )
    parser.add_argument(
        "--all-projects",
        metavar="ROOT",
        default="",
        help="install the versions pinned by every project below ROOT",
    )
    parser.add_argument(
        "--into",
        metavar="DIR",
        default="",
        help="install each locked tool into DIR/TOOL instead",
    )
    parser.add_argument(
        "--host",
        default="",
        help="with --into: for another host, such as linux-x64",
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="number of parallel installs, 1 to 64"
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME",
        help="ignore the lockfile and use this source (repeatable)",
    )
    parser.add_argument(
        "--locked",
        action="store_true",
        help="install only what toolpin.lock has (the default with CI=true, if "
        "there is a lockfile)",
    )
    parser.add_argument(
        "--allow-plugins",
        action="store_true",
        help="fetch and run the asdf plugins named in toolpin.lock",
    )
    parser.add_argument(
        "--trust-on-first-use",
        action="store_true",
        help="accept files without a published checksum, and record the "
        "checksum of the downloaded file",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="show planned installs; exit code 5 if there are any",
    )


def run(options: Options, app: App) -> int:
    """Install as much as possible; exit 1 if a pinned version is missing at the end.

    Exit 4, without any install, if a lockfile must cover the requests and does not.
    """
    _check(options)
    requests = requests_from_options(options, app)
    if not (options.dry_run or options.into):
        known_projects.remember(app.paths, (request.origin for request in requests))
    return install_requests(requests, options, app)


def _check(options: Options) -> None:
    """Raise UsageError for options that exclude each other."""
    if options.host and not options.into:
        raise UsageError(
            "--host requires --into: the store is for this machine",
            hint=f"toolpin install --host {options.host} --into ./tools",
        )
    if options.into and options.source:
        raise UsageError(
            "--into and --source cannot be combined: --into installs what is locked",
            hint=f"toolpin lock --source {options.source[0]}",
        )
    if options.source and options.locked:
        raise UsageError(
            "--locked and --source cannot be combined",
            hint=f"toolpin lock --source {options.source[0]}",
        )
