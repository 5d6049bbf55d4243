"""`toolpin install [TOOL [VERSION...]]`: provides what is pinned here or is named."""

from __future__ import annotations

from argparse import ArgumentParser

from toolpin.app import App
from toolpin.errors import UsageError
from toolpin.project import remembered
from toolpin.wanted.install_requests import install_requests
from toolpin.wanted.requests import InstallOptions, requests_from_options

Options = InstallOptions


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
        "--dry-run",
        action="store_true",
        help="show what would be installed and change nothing; exit code 5 where "
        "something would be",
    )


def run(options: Options, app: App) -> int:
    """Install all that can be; 1 when something pinned is missing at the end.

    4, and nothing is installed, where a lockfile had to answer and does not.
    """
    _check(options)
    requests = requests_from_options(options, app)
    if not (options.dry_run or options.into):
        remembered.remember(app.paths, (request.origin for request in requests))
    return install_requests(requests, options, app)


def _check(options: Options) -> None:
    """Raise UsageError for options that exclude each other."""
    if options.host and not options.into:
        raise UsageError(
            "--host goes with --into: the store is for this machine",
            hint=f"--host {options.host} --into DIR",
        )
    if options.into and options.source:
        raise UsageError(
            "--into takes what is locked, and --source what is not",
            hint=f"toolpin lock --source {options.source[0]}",
        )
    if options.source and options.locked:
        raise UsageError(
            "--locked takes what is locked, and --source what is not",
            hint=f"toolpin lock --source {options.source[0]}",
        )
