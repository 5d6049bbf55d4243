"""The directories that toolpin owns, from the environment, and opening files there.

Light: `exec` imports it.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from toolpin.errors import UsageError
from toolpin.model import REQUIRED

SYSTEM_CONFIG = "/etc/toolpin/config.toml"
# Root's to write, everyone's to read, and no blank in it.
SYSTEM_DATA = "/usr/local/share/toolpin"


class Paths(NamedTuple):
    """The data directory and what asdf's layout puts in it; the config directory.

    `system` is the data directory of the machine's store, which is only read, "" for
    none; of that store itself `shared` is true. `filename` is the name of project
    files. `as_asdf` is set for the asdf command and its users' shims: there an empty
    directory is an installed version, too, and the output of scripts is shown.
    """

    data: str
    config: str
    system: str = ""
    shared: bool = False
    filename: str = ".tool-versions"
    as_asdf: bool = False

    @property
    def behind(self) -> Paths | None:
        """The machine's store, which is searched after this one."""
        if not self.system:
            return None
        return Paths(self.system, self.config, shared=True)

    @property
    def alone(self) -> Paths:
        """This store without the machine's: the part that can be changed."""
        return self._replace(system="")

    @property
    def installs(self) -> str:
        """Finished installs, as `<tool>/<version>`; nothing else is below."""
        return f"{self.data}/installs"

    @property
    def incomplete(self) -> str:
        """Marks of installs that are being built in their final place."""
        return f"{self.data}/incomplete"

    @property
    def staging(self) -> str:
        """Trees that become installs by one rename, on the same filesystem."""
        return f"{self.data}/staging"

    @property
    def channels(self) -> str:
        """The versions of channels at the last install, as `<tool>/<channel>`."""
        return f"{self.data}/channels"

    @property
    def projects(self) -> str:
        """The file that lists the projects with installs."""
        return f"{self.data}/projects"

    @property
    def shims(self) -> str:
        """The directory for PATH."""
        return f"{self.data}/shims"

    @property
    def shim_library(self) -> str:
        """The script that every shim sources."""
        return f"{self.data}/lib/shim.sh"

    @property
    def shim_library_more(self) -> str:
        """The script that it sources in turn where a run needs it."""
        return f"{self.data}/lib/shim-more.sh"

    @property
    def locks(self) -> str:
        """The file locks, one per version."""
        return f"{self.data}/locks"

    @property
    def global_file(self) -> str:
        """The global project file, with the lowest precedence."""
        return f"{self.config}/{self.filename}"

    @property
    def user_config(self) -> str:
        """The user's settings."""
        return f"{self.config}/config.toml"

    @property
    def plugins(self) -> str:
        """The asdf plugins, which are directories of scripts."""
        return f"{self.data}/plugins"

    @property
    def downloads(self) -> str:
        """The downloads of plugins' scripts, as `<tool>/<version>`."""
        return f"{self.data}/downloads"

    @property
    def plugin_index(self) -> str:
        """The copy of the repository with the short names of plugins."""
        return f"{self.data}/plugin-index"

    @property
    def chosen(self) -> str:
        """The plugin chosen for a name that several have, one file per name."""
        return f"{self.data}/chosen"

    @property
    def answers(self) -> str:
        """The directory with the `asdf` that plugins' scripts find on PATH."""
        return f"{self.data}/lib/asdf"

    @property
    def helpers(self) -> str:
        """The directory of private programs: npm, apt's lists."""
        return f"{self.data}/helpers"

    @property
    def asdf_note(self) -> str:
        """The note that exists if the `asdf` command works on this store, for shims."""
        return f"{self.data}/asdf-command"

    @property
    def idiomatic(self) -> str:
        """Other managers' files that each asdf plugin reads, one file per plugin."""
        return f"{self.data}/idiomatic"

    def state(self, tool: str) -> str:
        """Return the directory for what a tool itself installs beside its versions."""
        return f"{self.data}/state/{tool}"

    def log(self, tool: str, version: str) -> str:
        """Return the log file of a version's build; `@` is in no name."""
        return f"{self.data}/logs/{tool}@{version}.log"

    def install(self, tool: str, version: str) -> str:
        """Return the final path of one version."""
        return f"{self.data}/installs/{tool}/{version}"


def find_paths(env: Mapping[str, str]) -> Paths:
    """Return the directories that `env` names, or defaults below the home directory.

    The data directory's default is the same on macOS: builds break on blanks in a path.
    Raises UsageError for a directory that is not absolute or that PATH cannot hold.
    """
    home = home_directory(env)
    data_home = env.get("XDG_DATA_HOME") or f"{home}/.local/share"
    config_home = env.get("XDG_CONFIG_HOME") or f"{home}/.config"
    data = _directory(env, "TOOLPIN_DATA_DIR", f"{data_home}/toolpin")
    config = _directory(env, "TOOLPIN_CONFIG_DIR", f"{config_home}/toolpin")
    system = _directory(env, "TOOLPIN_SYSTEM_DATA_DIR", SYSTEM_DATA)
    shared = data == system
    return Paths(data, config, system="" if shared else system, shared=shared)


def find_system_paths(env: Mapping[str, str]) -> Paths:
    """Return the directories of the machine's store, for users who may write it.

    Its config directory is that of the machine's settings: no user's plugins or
    `.tool-versions` apply. Raises UsageError as `find_paths` does.
    """
    config = os.path.dirname(os.path.normpath(system_config(env)))
    data = _directory(env, "TOOLPIN_SYSTEM_DATA_DIR", SYSTEM_DATA)
    return Paths(data, config, shared=True)


def system_config(env: Mapping[str, str]) -> str:
    """Return the machine's settings file, which the user's overrides.

    TOOLPIN_SYSTEM_CONFIG names another: an image may have its own.
    """
    file = env.get("TOOLPIN_SYSTEM_CONFIG") or SYSTEM_CONFIG
    if not os.path.isabs(file):
        raise UsageError(
            "TOOLPIN_SYSTEM_CONFIG must be an absolute path", [("received", repr(file))]
        )
    return file


def home_directory(env: Mapping[str, str]) -> str:
    """Return $HOME when it is an absolute path, else the account's home directory."""
    home = env.get("HOME", "")
    if os.path.isabs(home):
        return home
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def open_regular(path: str, more: int = 0) -> BinaryIO:
    """Open a regular file, following links unless the flags in `more` forbid it.

    Raises OSError for anything else, too: a pipe would keep its reader waiting.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | more
    number = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "it is not a file", path)
    return open(number, "rb")


def read_bytes(path: str) -> bytes | None:
    """Return the bytes of a user's file, None if it does not exist."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def upward(directory: str) -> Iterator[str]:
    """Yield a directory, an absolute path, and every one above it."""
    directory = directory.rstrip("/") or "/"
    yield directory
    while (above := os.path.dirname(directory)) != directory:
        directory = above
        yield directory


def names_in(directory: str) -> list[str]:
    """Return the names in a directory, sorted; none if it cannot be read."""
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def bundled(name: str) -> str:
    """Return the path of `plugins`, `shims`, `ci` or `install.sh` in this setup."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packed = f"{package}/bundled/{name}"
    return packed if os.path.exists(packed) else f"{os.path.dirname(package)}/{name}"


def _directory(env: Mapping[str, str], variable: str, default: str) -> str:
    directory = env.get(variable) or default
    if not os.path.isabs(directory):
        raise UsageError(
            f"{variable} must be an absolute path", [("received", repr(directory))]
        )
    if any(sign in directory for sign in f":\n{REQUIRED}"):
        raise UsageError(
            f"{variable} must not contain a colon or a newline: PATH cannot hold it",
            [("received", repr(directory))],
        )
    return os.path.normpath(directory)
