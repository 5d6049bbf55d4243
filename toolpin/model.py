"""The data types, as values with their text form; no disk, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:  # every command imports this module
    from toolpin.verification import Level

# A placeholder in an EnvPatch for a value that only the project decides; in no path.
REQUIRED = "\x1d"
# The directory in a build's source tree with supplied libraries: `lib` and `include`.
SUPPLIED = "toolpin-supplied"

# The prefix of a requirement that another tool satisfies: `tool-erlang`.
TOOL_REQUIREMENT = "tool-"

WantedKind = Literal["version", "latest", "ref", "path", "system"]


class Origin(NamedTuple):
    """The location of a request: a line and column of a file, a variable or a flag."""

    place: str
    line: int = 0  # from 1, as the column; a variable and a flag have none
    column: int = 0

    def __str__(self) -> str:
        """Return `place:line`, the form that editors and compilers open."""
        return f"{self.place}:{self.line}" if self.line else self.place


COMMAND_LINE = Origin("the command line")


class Wanted(NamedTuple):
    """One alternative of a request: `10.15.3`, `latest:27`, `path:/src`, `system`.

    `value` is what follows the colon, "" for `system` and plain `latest`.
    """

    kind: WantedKind
    value: str

    def __str__(self) -> str:
        """Return the alternative as `.tool-versions` writes it."""
        if self.kind == "version":
            return self.value
        return f"{self.kind}:{self.value}" if self.value else self.kind


class Request(NamedTuple):
    """The versions requested of one tool, in order of preference, and the location.

    `unmet` is what the file names besides and no install has: `component rust-src`.
    """

    tool: str
    wanted: tuple[Wanted, ...]
    origin: Origin
    unmet: tuple[str, ...] = ()

    @property
    def stated(self) -> list[Pin]:
        """The version texts of the request, each exact or a prefix."""
        versions = (word.value for word in self.wanted if word.kind == "version")
        return [Pin(self.tool, version) for version in versions]


class Pin(NamedTuple):
    """A tool and an exact version of it."""

    tool: str
    version: str

    def __str__(self) -> str:
        """Return `tool version`."""
        return f"{self.tool} {self.version}"


class Host(NamedTuple):
    """The platform that a build must fit: operating system, processor, C library.

    `linux`/`macos`, `x64`/`arm64`, `glibc`/`musl`/"". `libc_version` is glibc's as
    `2.36`, or macOS's own as `14.5`; "" when unknown. `libraries` are the sonames found
    by its loader; None when unknown. `beside` are the tools that the project pins
    beside the build, as (tool, version).
    """

    os: str
    arch: str
    libc: str
    libc_version: str
    libraries: frozenset[str] | None = None
    beside: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Return the key that plugins use: `linux-x64-musl`, `macos-arm64`."""
        suffix = "-musl" if self.libc == "musl" else ""
        return f"{self.os}-{self.arch}{suffix}"


class Digest(NamedTuple):
    """A published digest: `sha256` or `sha512`, and its lower-case hex."""

    algorithm: str
    hex: str

    def __str__(self) -> str:
        """Return `sha256:hex`, the form of receipts."""
        return f"{self.algorithm}:{self.hex}"


class Artifact(NamedTuple):
    """A file to fetch. The locator is canonical: never a mirror's address.

    Locators: an `https:` URL, `npm:name@version`, `pypi:dist==version#file`; and, for a
    scripted plugin, `git:URL@commit` or `folder:name@commit`.
    """

    locator: str
    digest: Digest
    size_bytes: int | None
    filename: str


class Release(NamedTuple):
    """A version that a source lists, and the channels it is in: `lts`, `iron`."""

    version: str
    channels: tuple[str, ...] = ()


class Build(NamedTuple):
    """One build of a version for one kind of host: its artifacts and requirements.

    `requires` are (name, least version) pairs, sorted: `("glibc", "2.28")`, `("macos",
    "13.0")`; `("soname", "libcrypto.so.3")` for a library that the host must have; and
    `("tool-erlang", "27")` for the tool that runs it, at least that version.
    The first artifact is the main one, the others are its companions.
    """

    artifacts: tuple[Artifact, ...]
    requires: tuple[tuple[str, str], ...] = ()


class Unpack(NamedTuple):
    """Step: unpack an artifact below the install.

    `artifact` is its index in the plan. Only members below the directory `only` of the
    archive are unpacked ("" for all), then `strip` leading directories are dropped; the
    rest goes to `into`, relative to the install ("" is its root). `without` are files
    to leave out, relative to `into`: files that a package adds to the tool's tree.
    Links to a path below one of the directories `shared` of the archive's system lead
    to the same path of the install.
    """

    artifact: int
    into: str = ""
    strip: int = 0
    only: str = ""
    without: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


class Place(NamedTuple):
    """Step: an artifact is the program itself; copy it to `path` in the install."""

    artifact: int
    path: str


class Write(NamedTuple):
    """Step: write a line to a new file of the install. It replaces nothing."""

    path: str
    line: str


class Link(NamedTuple):
    """Step: make `path` a symbolic link; `target` is relative to its directory."""

    path: str
    target: str


class Rewrite(NamedTuple):
    """Step, in the final place: replace what is `old`, a regular expression, by `new`.

    `pattern` matches relative paths of text files; {install} in `new` is the tree.
    """

    pattern: str
    old: str
    new: str = "{install}"


class Run(NamedTuple):
    """Step: run a program of the tree in its final place, which is `{install}`."""

    command: tuple[str, ...]


class Patch(NamedTuple):
    """Step: make every ELF file use the loader and libraries in `directory`.

    `directory` is relative to the install, `loader` a file in it, "" for the host's.
    This is done in the final place: the paths in the files are absolute.
    """

    directory: str
    loader: str


class Need(NamedTuple):
    """What a build needs of the machine: one of `programs`, or what a compiler finds.

    `header` and `library` are found by compiling, and `condition` holds in C there. The
    need applies to versions from `since` on and below `below` ("" for all), and not
    when an option of the user starts with `unless`. `packages` are (package manager,
    package names); `hint` is the advice where no package helps. `version` is the macro
    in which the header states the library's version. The need applies to the `sources`
    of these ids, () for all.

    Where the machine lacks it, packages of the Debian suite `suite` may supply it:
    `libraries` are kept beside the install, `headers` are used during the build.
    `option` is the argument for configure, in which `{supplied}` is the directory with
    both. `soname` is a library that is kept out of the build when the machine does not
    have it.
    """

    what: str
    programs: tuple[str, ...] = ()
    header: str = ""
    library: str = ""
    condition: str = ""
    since: str = ""
    below: str = ""
    unless: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    version: str = ""
    sources: tuple[str, ...] = ()
    suite: str = ""
    libraries: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    option: str = ""
    soname: str = ""


class Recipe(NamedTuple):
    """How source code is built.

    `phases` are (name, command), where `{install}` is the final place, `{jobs}` the
    number of parallel compilers, and `{options}` the arguments from the variable named
    by `options` and from the settings. `requires` are tools whose programs the build
    runs. `supplied` are needs that packages of the plan satisfy.
    """

    phases: tuple[tuple[str, tuple[str, ...]], ...]
    needs: tuple[Need, ...] = ()
    options: str = ""
    requires: tuple[str, ...] = ()
    supplied: tuple[Need, ...] = ()


class Compile(NamedTuple):
    """Step: build the unpacked source, in its own directory, into the final place."""

    recipe: Recipe


class Scripted(NamedTuple):
    """Step: run an asdf plugin's scripts, which download and build into the final path.

    `plugin` is its directory, absolute. The scripts report which directories have
    programs.
    """

    plugin: str


Step = Unpack | Place | Write | Link | Rewrite | Run | Patch | Compile | Scripted


# Variables, each with its value and the names of other variables.
Defaults = tuple[tuple[str, tuple[str, ...]], ...]


class DefaultPackages(NamedTuple):
    """A file in the user's home directory, each line of which is words of a command.

    `run` is that command, with `{words}` in their place; with `{file}` it reads all.
    """

    file: str
    run: tuple[str, ...]


# When an asdf plugin's scripts run for each program: never, exec-env only, or all.
RuntimeScripts = Literal["", "env", "all"]


class Plan(NamedTuple):
    """What will be done to install one pin on one host; every source ends in a Plan.

    `source` is its id in the plugin, `publisher` who made the bytes. `bin_dirs` are
    relative to the install. `commands` must exist and fit the host before the result is
    published. `proof` is a command and the first line that it must print, which shows
    that the build is the pinned version and runs here; () for none.

    `variables` are (name, value), where `{install}` is the install's path; `defaults`
    are those that the user may have set instead, each with equivalent variables.
    `homes` are variables and directories outside of the install, `home_bins`
    directories there with programs; `{required}` in them is the major version of the
    tool that this one requires. `demands` are names in the proof's further lines whose
    value must not be `no`. `runtime_scripts` states which scripts of its plugin run
    each time a program runs.

    `verified` is how the digests of the artifacts are known here. `requires` are the
    least versions of the tools that run it: `("tool-erlang", "27")`.
    """

    pin: Pin
    host: Host
    source: str
    publisher: str
    artifacts: tuple[Artifact, ...]
    steps: tuple[Step, ...]
    bin_dirs: tuple[str, ...]
    commands: tuple[str, ...]
    proof: tuple[str, ...]
    verified: Level
    variables: tuple[tuple[str, str], ...] = ()
    homes: tuple[tuple[str, str], ...] = ()
    home_bins: tuple[str, ...] = ()
    defaults: Defaults = ()
    demands: tuple[str, ...] = ()
    runtime_scripts: RuntimeScripts = ""
    requires: tuple[tuple[str, str], ...] = ()

    @property
    def is_in_place(self) -> bool:
        """Return whether a step needs the final path: such a tree is not staged."""
        return any(
            isinstance(step, Rewrite | Run | Patch | Compile | Scripted)
            for step in self.steps
        )

    @property
    def recipe(self) -> Recipe | None:
        """How the artifact is built, if it is source code."""
        steps = (step for step in self.steps if isinstance(step, Compile))
        return next((step.recipe for step in steps), None)

    @property
    def is_scripted(self) -> bool:
        """Return whether a plugin's scripts fetch and build it, without artifacts."""
        return any(isinstance(step, Scripted) for step in self.steps)

    @property
    def is_bound(self) -> bool:
        """Return whether the resulting tree runs only on this machine, at this path."""
        return any(isinstance(step, Patch) for step in self.steps)

    @property
    def is_of_here(self) -> bool:
        """Return whether the tree is worth caching: no archive holds it as it is."""
        return self.is_bound or self.recipe is not None


class TreeFile(NamedTuple):
    """One entry of an install's tree, as its receipt records it.

    `path` is relative, with `/`; a file has its `sha256` in hex, a link its `link`.
    """

    path: str
    size_bytes: int
    mode: int
    sha256: str
    link: str = ""


class Receipt(NamedTuple):
    """What an install came from. `installed_at` is UTC as `2026-01-31T12:00:00Z`.

    A `bound` install runs only on this machine: its programs name private libraries.
    `runtime_scripts`, `verified` and `requires` are as in a plan.
    """

    pin: Pin
    host: str
    source: str
    publisher: str
    artifacts: tuple[Artifact, ...]
    bin_dirs: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    files: tuple[TreeFile, ...]
    installed_at: str
    toolpin: str
    verified: Level
    bound: bool = False
    homes: tuple[tuple[str, str], ...] = ()
    home_bins: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    runtime_scripts: RuntimeScripts = ""
    requires: tuple[tuple[str, str], ...] = ()
    defaults: Defaults = ()


class Home(NamedTuple):
    """A variable that names a tool's own directory, unless the user has set it.

    A value below `root` was set for another version, not by the user. A variable of
    `unless` that is set is treated as this one.
    """

    variable: str
    root: str
    directory: str
    unless: tuple[str, ...] = ()


class EnvPatch(NamedTuple):
    """Changes to an environment: absolute directories before PATH, and variables.

    Directories of `path` and `homes` may hold REQUIRED, a placeholder for the major
    version of the tool that this one requires. `major` is the tool's own. With
    `runtime_scripts` the scripts of `plugin`, a directory, complete the patch. The
    directories `behind` are the user's own: they follow the shims on PATH.
    """

    path: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    homes: tuple[Home, ...] = ()
    major: str = ""
    runtime_scripts: RuntimeScripts = ""
    plugin: str = ""
    behind: tuple[str, ...] = ()
