"""`toolpin install [TOOL [VERSION...]]`: installs what is pinned here or is named."""

from __future__ import annotations

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import UsageError
from toolpin.project import known_projects
from toolpin.tasks.install_requests import install_requests
from toolpin.tasks.request_options import InstallOptions, requests_from_options

Options = InstallOptions


ARGUMENTS: Arguments = {
    "[tool]": "only this tool",
    "[version ...]": "these versions instead of the pinned ones",
    "--only TOOL,...": "only these of the pinned tools",
    "--missing": "only tools without an installed version",
    "--all-projects ROOT": "install the versions pinned by every project below ROOT",
    "--into DIR": "copy each locked tool to DIR/TOOL",
    "--host HOST": "with --into: for another host, such as linux-x64",
    "--jobs N": "number of parallel installs, 1 to 64",
    "--source NAME": "install from this source, ignoring the lockfile (repeatable)",
    "--locked": "install only what toolpin.lock has; CI=true implies it",
    "--allow-plugins": "fetch and run the asdf plugins named in toolpin.lock",
    "--trust-on-first-use": (
        "accept artifacts without a published checksum and record theirs"
    ),
    "--dry-run": "show what would be installed; exit code 5 if anything",
}


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
