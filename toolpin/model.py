"""The nouns, as values. No behavior but their own text; no disk, no network."""

from __future__ import annotations

from typing import Literal, NamedTuple

# Stands in an EnvPatch for what only the project decides; no path has it.
REQUIRED = "\x1d"
# Where in the source code of a build lies what packages supply: `lib` and `include`.
SUPPLIED = "toolpin-supplied"

# Begins the name of a requirement that another tool meets: `tool-erlang`.
TOOL_REQUIREMENT = "tool-"

WantedKind = Literal["version", "latest", "ref", "path", "system"]


class Origin(NamedTuple):
    """Where a request stands: a file with line and column, or a variable or flag.

    Lines and columns count from 1; line 0 means that the place has no lines.
    """

    place: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `place:line`, the form that editors and compilers open."""
        return f"{self.place}:{self.line}" if self.line else self.place


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
    """What someone asked for, in order of preference, and where."""

    tool: str
    wanted: tuple[Wanted, ...]
    origin: Origin

    @property
    def stated(self) -> list[Pin]:
        """What it says of versions, each exact or the beginning of one."""
        versions = [
            alternative.value
            for alternative in self.wanted
            if alternative.kind == "version"
        ]
        return [Pin(self.tool, version) for version in versions]


class Pin(NamedTuple):
    """A tool and an exact version of it."""

    tool: str
    version: str

    def __str__(self) -> str:
        """Return `tool version`."""
        return f"{self.tool} {self.version}"


class Host(NamedTuple):
    """What a build must fit: `linux`/`macos`, `x64`/`arm64`, `glibc`/`musl`/"".

    `libc_version` is glibc's as `2.36`, or macOS's own as `14.5`; "" when unknown.
    `libraries` are the sonames that its loader finds; None when they are not known.
    `beside` are the tools that will run beside the build, as (tool, version): what the
    project pins.
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
    plugin that fetches by itself, `git:URL@commit` or `folder:name@commit`.
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
    """One build of a version for one kind of host: what to fetch, and what it needs.

    `requires` are (name, least version) pairs, sorted: `("glibc", "2.28")`, `("macos",
    "13.0")`; `("soname", "libcrypto.so.3")` for a library that the host must have; and
    `("tool-erlang", "27")` for the tool that runs it, in that version or newer.
    The first artifact is the main one, the others are its companions.
    """

    artifacts: tuple[Artifact, ...]
    requires: tuple[tuple[str, str], ...] = ()


class Unpack(NamedTuple):
    """Step: unpack an artifact below the install.

    `artifact` is its index in the plan. Only members below the directory `only` of the
    archive as it stands are taken ("" for all), then `strip` leading directories are
    dropped; the rest lands in `into`, relative to the install ("" is its root).
    `without` are files to leave out, relative to `into`: what a package adds to the
    tool's own tree. Links to what is below one of the directories `shared` of the
    archive's system lead to the same path of the install.
    """

    artifact: int
    into: str = ""
    strip: int = 0
    only: str = ""
    without: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


class Place(NamedTuple):
    """Step: an artifact is itself the program at `path`, relative to the install."""

    artifact: int
    path: str


class Link(NamedTuple):
    """Step: place a symbolic link at `path`; what stands there is replaced.

    `path` is relative to the install; `target` to the directory that holds the link.
    """

    path: str
    target: str


class Rewrite(NamedTuple):
    """Step: in the text files that fit a pattern, put the install's path for `old`.

    `pattern` is relative to the install, with `*`. It is done in the final place.
    """

    pattern: str
    old: str


class Run(NamedTuple):
    """Step: run a program of the tree in its final place, which is `{install}`."""

    command: tuple[str, ...]


class Patch(NamedTuple):
    """Step: let every ELF file run with the loader and the libraries of `directory`.

    `directory` is relative to the install, `loader` a file in it, "" for the host's. It
    is done in the final place: the paths in the files are absolute.
    """

    directory: str
    loader: str


class Need(NamedTuple):
    """What a build needs of the machine: one of `programs`, or what a compiler finds.

    `header` and `library` are found by compiling, `condition` holds in C there. It
    counts for versions below `below`, "" for all, and not where an option of the user's
    begins with `unless`. `packages` are (package manager, its words); `hint` is what
    helps where no package does. `version` is the macro in which the header tells the
    library's version. It counts for the `sources` of these ids, () for all.

    Where the machine lacks it, packages of the Debian suite `suite` may meet it:
    `libraries` stay beside the install, `headers` are there for the build. `option` is
    the word for configure, where `{supplied}` is the directory that holds both.
    `soname` is a library of a machine that has no use for them.
    """

    what: str
    programs: tuple[str, ...] = ()
    header: str = ""
    library: str = ""
    condition: str = ""
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
    """How source code becomes an install.

    `phases` are (name, command), where `{install}` is the final place, `{jobs}` how
    many compilers may run, and the word `{options}` the words of the variable that
    `options` names, and of the settings. `requires` are tools whose programs it runs.
    `supplied` are needs that packages of the plan meet.
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
    """Step: let the scripts of an asdf plugin download and build into the final place.

    `plugin` is its directory, absolute. They say themselves which directories have
    programs.
    """

    plugin: str


Step = Unpack | Place | Link | Rewrite | Run | Patch | Compile | Scripted


# Variables, each with its value and the names of other variables.
Defaults = tuple[tuple[str, tuple[str, ...]], ...]


class DefaultPackages(NamedTuple):
    """A file in the user's home directory, each line of which is words of a command.

    `run` is that command, with `{words}` in their place.
    """

    file: str
    run: tuple[str, ...]


# What an asdf plugin is asked each time a program runs: nothing, its exec-env, or more.
Asks = Literal["", "env", "all"]


class Plan(NamedTuple):
    """What will be done to install one pin on one host: the waist of the product.

    `source` is its id in the plugin, `publisher` who made the bytes. `bin_dirs` are
    relative to the install. `commands` must exist and fit the host before the result is
    published. `proof` is a command and the first line it must answer: that the build is
    the pinned version and runs here; () for none. `variables` are (name, value), where
    `{install}` stands for the install's path; `defaults` are those that the user may
    have set instead, each with other variables that count as that. `homes` are
    variables and directories outside of it, `home_bins` directories there with
    programs; `{required}` in them is the major version of the tool that this one
    requires. `demands` are names of what the proof's further lines say, and that must
    not be `no`. What `asks` is as its plugin says again each time it runs. One of
    `first_use` has a digest that nobody published: what was received once. The bytes of
    one that is `brought` were here, as a lockfile has them, and nobody here has fetched
    them from its publisher. `requires` are the least versions of the tools that run it:
    `("tool-erlang", "27")`.
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
    variables: tuple[tuple[str, str], ...] = ()
    homes: tuple[tuple[str, str], ...] = ()
    home_bins: tuple[str, ...] = ()
    defaults: Defaults = ()
    demands: tuple[str, ...] = ()
    asks: Asks = ""
    first_use: bool = False
    brought: bool = False
    requires: tuple[tuple[str, str], ...] = ()

    @property
    def is_in_place(self) -> bool:
        """Say whether a step needs the final path: such a tree is not staged whole."""
        return any(
            isinstance(step, Rewrite | Run | Patch | Compile | Scripted)
            for step in self.steps
        )

    @property
    def recipe(self) -> Recipe | None:
        """How it is built, where its artifact is source code."""
        steps = (step for step in self.steps if isinstance(step, Compile))
        return next((step.recipe for step in steps), None)

    @property
    def is_scripted(self) -> bool:
        """Say whether a plugin's scripts fetch and build it: no artifact is a file."""
        return any(isinstance(step, Scripted) for step in self.steps)

    @property
    def is_bound(self) -> bool:
        """Say whether what comes of it runs on this machine alone, in this place."""
        return any(isinstance(step, Patch) for step in self.steps)

    @property
    def is_of_here(self) -> bool:
        """Say whether the tree is worth keeping: no archive holds it as it is."""
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

    What is `bound` runs on this machine alone: its programs name private libraries.
    What `asks` is as its plugin says again each time it runs. What is `brought` only a
    lockfile vouches for: its bytes came in a bundle. `requires` as of a plan.
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
    bound: bool = False
    homes: tuple[tuple[str, str], ...] = ()
    home_bins: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    asks: Asks = ""
    first_use: bool = False
    brought: bool = False
    requires: tuple[tuple[str, str], ...] = ()
    defaults: Defaults = ()


class Home(NamedTuple):
    """A variable that names a directory of a tool's own, unless the user has set it.

    One that names a directory below `root` was set for another version: it is not the
    user's. A variable of `unless` that is set counts as this one.
    """

    variable: str
    root: str
    directory: str
    unless: tuple[str, ...] = ()


class EnvPatch(NamedTuple):
    """Changes to an environment: absolute directories before PATH, and variables.

    PluginDirectories of `path` and `homes` may hold REQUIRED, which stands for the
    major version of the tool that this one requires. `major` is this one's own. One
    that `asks` is what holds before the tool's `plugin`, a directory, is asked.
    """

    path: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    homes: tuple[Home, ...] = ()
    major: str = ""
    asks: Asks = ""
    plugin: str = ""
