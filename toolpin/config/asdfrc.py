"""Reads asdf's own settings, `~/.asdfrc`: flags, and the user's hooks.

A hook is a line of shell that its user wrote. asdf cuts such a line at `;` or `#`;
toolpin does not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from toolpin.errors import HookFailed, ToolpinError, UsageError
from toolpin.system.paths import home_directory

if TYPE_CHECKING:
    from toolpin.system.process import Finished

_HOOK_S = 3600.0


class Asdfrc:
    """The content of one `.asdfrc`; empty if the file is missing."""

    def __init__(self, values: Mapping[str, str], place: str) -> None:
        self.values = values
        self.place = place

    def flag(self, name: str) -> bool:
        """Return a yes-or-no setting; the default is `no`."""
        return self.values.get(name, "no").lower() in ("yes", "true")

    def hook(self, name: str) -> str:
        """Return the line of a hook, "" for none."""
        return self.values.get(name, "")

    def commands_of(self, tool: str) -> tuple[str, ...]:
        """Return the commands of a tool with a hook before them."""
        start = f"pre_{tool}_"
        names = (value for value in self.values if value.startswith(start))
        return tuple(sorted(name.removeprefix(start) for name in names))

    def concurrency(self, env: Mapping[str, str]) -> str:
        """Return how many jobs a build may have, as passed to scripts."""
        stated = env.get("ASDF_CONCURRENCY") or self.values.get("concurrency", "auto")
        is_number = stated.isascii() and stated.removeprefix("-").isdigit()
        return stated if is_number else str(os.cpu_count() or 1)

    def run_hook(
        self,
        name: str,
        args: Sequence[str],
        env: Mapping[str, str],
        cwd: str,
        *,
        shown: bool = False,
    ) -> Finished | None:
        """Run a hook with its arguments as `$1`, `$@`; None if there is none.

        Its output is `shown` as it comes, or is in the result.
        """
        line = self.hook(name)
        if not line:
            return None
        from toolpin.system.process import run

        words = ["/usr/bin/env", "bash", "-c", line, name, *args]
        return run(words, env=env, cwd=cwd, timeout_s=_HOOK_S, shown=shown)

    def must(
        self,
        name: str,
        args: Sequence[str],
        env: Mapping[str, str],
        cwd: str,
        *,
        shown: bool = False,
    ) -> str:
        """Run a hook and return its output. Raises ToolpinError if it fails."""
        answer = self.run_hook(name, args, env, cwd, shown=shown)
        if answer and answer.status != 0 and shown:
            raise HookFailed(f"exit status {answer.status}")
        if answer and answer.status != 0:
            output = (answer.err or answer.out).strip().splitlines()[-3:]
            raise ToolpinError(
                f"the hook {name} ended with {answer.status}",
                [("output", line) for line in output or ["nothing"]]
                + [("set in", self.place)],
            )
        return answer.out + answer.err if answer else ""


def place_of(env: Mapping[str, str]) -> str:
    """Return the path of `.asdfrc`: ASDF_CONFIG_FILE, or the one at home."""
    home = home_directory(env)
    place = env.get("ASDF_CONFIG_FILE") or f"{home}/.asdfrc"
    return f"{home}/{place[2:]}" if place.startswith("~/") else place


def read_asdfrc(env: Mapping[str, str]) -> Asdfrc:
    """Return the user's `.asdfrc`. Raises UsageError for one that is not text."""
    place = place_of(env)
    try:
        with open(place, encoding="utf-8") as file:
            return Asdfrc(parse_asdfrc(file.read()), place)
    except (FileNotFoundError, NotADirectoryError):
        return Asdfrc({}, place)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{place} cannot be read", [("reason", str(error))]) from error


def parse_asdfrc(text: str) -> dict[str, str]:
    """Return the `key = value` lines before any section; the last of a key applies."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            break
        key, equals, value = stripped.partition("=")
        if equals and not stripped.startswith(("#", ";")):
            values[key.strip()] = value.strip()
    return values
