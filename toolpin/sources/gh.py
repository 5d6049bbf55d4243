"""The token for github.com of GitHub's own program, gh, on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from functools import cache

from toolpin.errors import ToolpinError
from toolpin.system.process import run


def gh_token(env: Mapping[str, str]) -> str:
    """Return the token, "" for none. `env` has no shims directory on its PATH.

    It is run outside of any project, once per process.
    """
    return _token(tuple(sorted(env.items())))


@cache
def _token(env: tuple[tuple[str, str], ...]) -> str:
    variables = dict(env)
    gh = shutil.which("gh", path=variables.get("PATH", ""))
    if gh is None or not gh.startswith("/"):
        return ""
    # Without a host, gh prints the token of $GH_HOST or of a company's own server.
    line = [gh, "auth", "token", "--hostname", "github.com"]
    try:
        finished = run(line, env=variables, cwd="/", timeout_s=20)
    except (ToolpinError, OSError):
        return ""
    token = finished.out.strip()
    return token if finished.status == 0 and re.fullmatch(r"[!-~]+", token) else ""
