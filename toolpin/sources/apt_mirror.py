"""Finds the Debian mirror of this machine, by querying apt; changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import NamedTuple

from toolpin.errors import Unreachable
from toolpin.system.process import run

_FORMAT = "$(REPO_URI)\t$(ORIGIN)\t$(RELEASE)"
_QUERY_S = 120.0
_LIST = "mirror+file:"


class _Target(NamedTuple):
    """One of the machine's package lists: its archive, origin and suite."""

    uri: str
    origin: str
    suite: str


def find_mirror(env: Mapping[str, str]) -> str:
    """Return the address of the archive. Raises Unreachable if there is none."""
    if shutil.which("apt-get", path=env.get("PATH")) is None:
        raise Unreachable(
            "apt is not installed on this machine, so Debian cannot be queried"
        )
    targets = _targets(env, is_fetched=True)
    uris = [target.uri for target in targets if target.origin == "Debian"]
    if not targets:  # a fresh image has no lists, and so no origin
        targets = _targets(env, is_fetched=False)
        updates = [
            target.uri for target in targets if target.suite.endswith("-updates")
        ]
        uris = updates or [target.uri for target in targets]
    if not uris:
        raise Unreachable(
            "the apt configuration of this machine names no Debian archive",
            [("URL", "apt-get indextargets")],
        )
    return _first_of_list(uris[0])


def _targets(env: Mapping[str, str], *, is_fetched: bool) -> list[_Target]:
    """Return the machine's lists except those of security, which has another pool."""
    option = f"APT::Get::IndexTargets::ReleaseInfo={is_fetched}"
    command = ["apt-get", "-o", option, "indextargets", "--format", _FORMAT]
    finished = run(
        [*command, "Created-By: Packages"], env=env, cwd="/", timeout_s=_QUERY_S
    )
    rows = (line.split("\t") for line in finished.out.splitlines())
    targets = [_Target(*row) for row in rows if len(row) == len(_Target._fields)]
    return [target for target in targets if "security" not in target.suite]


def _first_of_list(uri: str) -> str:
    """Return an archive's address: the first of a list (apt-transport-mirror(1)).

    Only package lists can be fetched through a mirror list, not single files.
    """
    if not uri.startswith(_LIST):
        return uri
    try:
        with open(uri.removeprefix(_LIST).rstrip("/"), encoding="utf-8") as file:
            words = [line.partition("#")[0].split() for line in file]
    except (OSError, ValueError):
        return uri
    return next((word[0] for word in words if word), uri)
