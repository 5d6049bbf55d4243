"""Runs the scripts of an asdf plugin, and parses their output.

One script per query: its arguments, variables, directory and exit status follow asdf's
contract. It chooses no version, writes no record and uses no repository.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence

from toolpin.env_patch import DEFAULT_PATH, quote
from toolpin.errors import NotRunnable, ToolpinError, as_word
from toolpin.model import Pin
from toolpin.plugins.asdf.spelling import kind_of
from toolpin.project.validation import VERSION, fits
from toolpin.system.atomic_write import atomic_replace
from toolpin.system.paths import Paths, names_in
from toolpin.system.process import Finished, run

QUERY_S = 300.0
_SHOWN = 5
# What asdf does not treat as a release if a plugin has no latest-stable.
_UNSTABLE = re.compile(
    r"^Available versions:|-src|-dev|-latest|-stm|[-.]rc|-milestone|-alpha|-beta"
    r"|[-.]pre|-next|(a|b|c)[0-9]+|snapshot|master|main",
    re.IGNORECASE,
)
_STARTS_WITH_NUMBER = re.compile(r"\s*[0-9]")
# bash runs scripts without `#!`; no argument is ever evaluated.
_CALL = ("/usr/bin/env", "bash", "-c", '"$0" "$@"')


class Scripts:
    """The scripts of one plugin, run in a user's current directory.

    `bins` are the directories of other tools that come before the shims.
    """

    def __init__(
        self,
        paths: Paths,
        name: str,
        env: Mapping[str, str],
        cwd: str,
        bins: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.directory = f"{paths.plugins}/{name}"
        self.cwd = cwd
        self.paths = paths
        self.env = for_scripts(paths, env, cwd, bins)

    def has(self, script: str) -> bool:
        """Return whether the plugin has a script of that name in `bin`."""
        return os.path.isfile(f"{self.directory}/bin/{script}")

    def call(
        self,
        script: str,
        args: Sequence[str] = (),
        more: Mapping[str, str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "",
        shown: bool = False,
    ) -> Finished:
        """Run a script and return its result, whatever its status.

        `more` are additional variables; `env` and `cwd` replace the caller's. The
        output is `shown` as it comes, or is in the result.
        """
        self.check(script)
        base = self.env if env is None else for_scripts(self.paths, env, cwd)
        answer_asdf(self.paths)
        return run(
            [*_CALL, f"{self.directory}/bin/{script}", *args],
            env={**base, **(more or {})},
            cwd=cwd or self.cwd,
            timeout_s=QUERY_S,
            shown=shown,
        )

    def query_script(
        self,
        script: str,
        args: Sequence[str] = (),
        more: Mapping[str, str] | None = None,
    ) -> str:
        """Return the output of a script. Raises ToolpinError if it fails.

        Its stderr is used only then.
        """
        finished = self.call(script, args, more)
        if finished.status != 0:
            raise failed(self.name, script, finished)
        return finished.out

    def check(self, script: str) -> None:
        """Raise ToolpinError for a script that does not exist or may not be run."""
        path = f"{self.directory}/bin/{script}"
        if not os.path.isfile(path):
            raise ToolpinError(
                f"{self.name}'s plugin has no bin/{script}",
                [("plugin", self.directory)],
                f"toolpin plugin update {self.name}",
            )
        if not os.access(path, os.X_OK):
            raise ToolpinError(
                f"bin/{script} of {self.name}'s plugin is not executable",
                [("file", path)],
                f"chmod +x {as_word(path)}",
            )

    def list_all(self) -> list[str]:
        """Return every version that the plugin lists, in its order: newest last."""
        return self.query_script("list-all").split()

    def latest(self, query: str = "") -> str | None:
        """Return the newest stable version that begins with the query, as asdf does.

        Raises ToolpinError if the plugin names an invalid version.
        """
        if self.has("latest-stable"):
            words = self.query_script("latest-stable", [query]).split()
            if words and not fits(words[-1], VERSION):
                raise ToolpinError(
                    f"bin/latest-stable of {self.name}'s plugin names no version",
                    [("expected", VERSION.expected), ("received", words[-1])],
                )
            return words[-1] if words else None
        listed = (version for version in self.list_all() if fits(version, VERSION))
        results = [version for version in listed if not _UNSTABLE.search(version)]
        if query:
            results = [version for version in results if version.startswith(query)]
        else:
            results = [
                version for version in results if _STARTS_WITH_NUMBER.match(version)
            ]
        return results[-1] if results else None

    def legacy_filenames(self) -> list[str]:
        """Return the names of other tools' version files that the plugin reads."""
        if not self.has("list-legacy-filenames"):
            return []
        return self.query_script("list-legacy-filenames").split()

    def parse_legacy_file(self, path: str) -> list[str]:
        """Return the versions in another tool's version file, the first preferred."""
        if self.has("parse-legacy-file"):
            return self.query_script("parse-legacy-file", [path]).split()
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().split()

    def help(self, topic: str, version: str = "") -> str | None:
        """Return a help text: `overview`, `deps`, `config`, `links`; None without."""
        if not self.has(f"help.{topic}"):
            return None
        kind, value = kind_of(version) if version else ("", "")
        more = {
            "ASDF_INSTALL_PATH": self.directory,
            "ASDF_INSTALL_VERSION": value,
            "ASDF_INSTALL_TYPE": kind,
        }
        return self.query_script(f"help.{topic}", (), more)

    def extension(self, words: Sequence[str]) -> tuple[str, list[str]] | None:
        """Return the program of an extension command, and the remaining words."""
        commands = f"{self.directory}/lib/commands"
        if words and "/" not in words[0]:
            named = f"{commands}/command-{words[0]}"
            if os.path.isfile(named):
                return named, list(words[1:])
        whole = f"{commands}/command"
        return (whole, list(words)) if os.path.isfile(whole) else None

    def extension_names(self) -> list[str]:
        """Return the names of extension commands; "" for the nameless one."""
        names = names_in(f"{self.directory}/lib/commands")
        results = [name for name in names if name.startswith("command")]
        return [name.removeprefix("command").removeprefix("-") for name in results]


def variables_of(paths: Paths, pin: Pin, tree: str = "") -> dict[str, str]:
    """Return the variables that identify an install to scripts and programs.

    `tree` is its path, "" for its place in the store.
    """
    kind, version = kind_of(pin.version)
    return {
        "ASDF_INSTALL_TYPE": kind,
        "ASDF_INSTALL_VERSION": version,
        "ASDF_INSTALL_PATH": tree or paths.install(*pin),
    }


def variables_at(directory: str) -> dict[str, str]:
    """Return the same for a directory that a `path:` names."""
    return {
        "ASDF_INSTALL_TYPE": "path",
        "ASDF_INSTALL_VERSION": directory,
        "ASDF_INSTALL_PATH": directory,
    }


def failed(name: str, script: str, reported: Finished) -> ToolpinError:
    """Return the error of a script that failed, with its last output."""
    lines = [*_lines(reported.err), *_lines(reported.out)] or ["nothing"]
    return ToolpinError(
        f"bin/{script} of {name}'s plugin ended with {reported.status}",
        [("output", line) for line in lines[-_SHOWN:]],
    )


def plugin_of(paths: Paths, tool: str, env: Mapping[str, str], cwd: str) -> Scripts:
    """Return the plugin of an install. Raises NotRunnable if it was removed."""
    if not os.path.isdir(f"{paths.plugins}/{tool}/bin"):
        raise NotRunnable(
            f"{tool} needs its plugin to run, and the plugin is not installed",
            [("expected", f"{paths.plugins}/{tool}")],
            f"toolpin plugin add {tool}",
        )
    return Scripts(paths, tool, env, cwd)


def answer_asdf(paths: Paths) -> None:
    """Create an `asdf` for plugins' scripts, which works on this store."""
    program = f"{paths.answers}/asdf"
    text = (
        "#!/bin/sh\n"
        "# What the scripts of plugins call: it answers from toolpin's store.\n"
        f"export ASDF_DATA_DIR={quote(paths.data)}\n"
        f"export TOOLPIN_CONFIG_DIR={quote(paths.config)}\n"
        f'exec {quote(sys.executable)} -I -m toolpin.asdf_cli --for-plugin "$@"\n'
    )
    try:
        with open(program, encoding="utf-8", errors="surrogateescape") as file:
            if file.read() == text:
                return
    except OSError:
        pass
    if paths.shared and not os.access(paths.data, os.W_OK):
        return  # its owner replaced it: leave it
    os.makedirs(paths.answers, exist_ok=True)
    with atomic_replace(program) as file:  # several threads run scripts
        file.write(os.fsencode(text))
        os.fchmod(file.fileno(), 0o755)


def for_scripts(
    paths: Paths, env: Mapping[str, str], cwd: str, bins: Sequence[str] = ()
) -> dict[str, str]:
    """Return a script's environment: an `asdf`, `bins` and the shims first on PATH."""
    path = env.get("PATH") or DEFAULT_PATH
    own = (paths.answers, *bins, paths.shims)
    directories = [entry for entry in path.split(":") if entry not in own]
    kept = {
        name: value
        for name, value in env.items()
        if not name.startswith("ASDF_INSTALL_") and name != "ASDF_DOWNLOAD_PATH"
    }
    return {
        **kept,
        "PATH": ":".join([*own, *directories]),
        "PWD": cwd,
        "ASDF_DATA_DIR": paths.data,
        "TOOLPIN_DATA_DIR": paths.data,
        "TOOLPIN_CONFIG_DIR": paths.config,
    }


def _lines(text: str) -> list[str]:
    return [line.strip()[:300] for line in text.splitlines() if line.strip()]
