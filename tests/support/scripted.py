"""asdf plugins, written as their authors write them, and put into git repositories."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

LIST_ALL = "#!/usr/bin/env bash\necho '1.0.0 1.1.0 2.0.0-rc1 2.0.0'\n"
INSTALL = """#!/usr/bin/env bash
set -e
: "${ASDF_INSTALL_PATH:?}"  # or root would write to /bin
mkdir -p "$ASDF_INSTALL_PATH/bin"
cat >"$ASDF_INSTALL_PATH/bin/greet" <<END
#!/bin/sh
echo "greet $ASDF_INSTALL_VERSION says hello to \\$*"
END
chmod +x "$ASDF_INSTALL_PATH/bin/greet"
"""
GREET = {
    "bin/list-all": LIST_ALL,
    "bin/install": INSTALL,
    "LICENSE": "Do as you like.\n",
}
_SETTINGS = (
    "user.name=Ana",
    "user.email=ana@example.org",
    "commit.gpgsign=false",
    "gc.auto=0",
    "maintenance.auto=false",
)


def write(directory: Path, files: Mapping[str, str]) -> Path:
    """Write a plugin's files; those in `bin`, `lib/commands` and `shims` may be run."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.startswith(("bin/", "lib/commands/", "shims/")):
            path.chmod(0o755)
    return directory


def git(directory: Path, *words: str) -> str:
    """Run git there as somebody, whatever this machine's git is set up for."""
    options = [word for setting in _SETTINGS for word in ("-c", setting)]
    done = subprocess.run(
        ["git", "-C", str(directory), *options, *words],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def repository(directory: Path, files: Mapping[str, str]) -> Path:
    """Put a plugin into a repository of its own, branch `main`."""
    directory.mkdir(parents=True)
    git(directory, "init", "-q", "-b", "main", "--template=")
    _commit(directory, files)
    return directory


def commit(directory: Path, files: Mapping[str, str]) -> str:
    """Commit files; return the commit's full name."""
    _commit(directory, files)
    return git(directory, "rev-parse", "HEAD")


def _commit(directory: Path, files: Mapping[str, str]) -> None:
    write(directory, files)
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "--allow-empty", "-m", "change")
