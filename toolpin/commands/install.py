"""`toolpin install [TOOL [VERSION...]]`: installs what is pinned here or is named."""

from __future__ import annotations

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import UsageError
from toolpin.tasks.install_requests import install_requests
from toolpin.tasks.request_options import InstallOptions, requests_from_options

Options = InstallOptions


ARGUMENTS: Arguments = {
    "[tool]": "only this tool, at its pinned version or at VERSION",
    "[version ...]": "install these versions, without pinning them",
    "--only TOOL,...": "of the pinned tools, install only these",
    "--missing": "skip tools of which a matching version is installed",
    "--all-projects ROOT": "install the versions pinned by every project below ROOT",
    "--into DIR": "install each locked tool into DIR/TOOL instead",
    "--host HOST": "with --into: for another host, such as linux-x64",
    "--jobs N": "number of parallel installs, 1 to 64",
    "--source NAME": "use this source, as without a lockfile (repeatable)",
    "--locked": (
        "fail if toolpin.lock lacks a pinned version (the default with CI=true, if "
        "there is a lockfile)"
    ),
    "--allow-plugins": "fetch and run the asdf plugins named in toolpin.lock",
    "--trust-on-first-use": (
        "accept files without a published checksum, and record the checksum of the "
        "downloaded file"
    ),
    "--dry-run": "show planned installs; exit code 5 if there are any",
}


def run(options: Options, app: App) -> int:
    """Install as much as possible; exit 1 if a pinned version is missing at the end.

    Exit 4, without any install, if a lockfile must cover the requests and does not.
    """
    _check(options)
    return install_requests(requests_from_options(options, app), options, app)


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
