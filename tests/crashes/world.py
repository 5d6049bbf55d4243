"""A machine with three tools, in a state that can be put back, and what is true of it.

One tool is only unpacked, one writes its final path into its files, one is built.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.crashes.tools import publish_boxed, publish_built, write_plugins
from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream

OLD = {"nodejs": "10.15.3", "boxed": "1.0.0", "built": "1.0.0"}
NEW = {"nodejs": "24.11.1", "boxed": "2.0.0", "built": "2.0.0"}
COMMANDS = {"nodejs": "node", "boxed": "boxed", "built": "built"}
# What is pinned where nothing has happened yet, and where all is to be there.
PINS_OLD = "".join(f"{tool} {version}\n" for tool, version in OLD.items())
PINS = "".join(f"{tool} {NEW[tool]} {OLD[tool]}\n" for tool in OLD)
INTO = "image"  # a directory that gets trees, without a store
KINDS = ("lost", "lies", "stuck", "stray", "open")
Version = tuple[str, str]


class Fault(NamedTuple):
    """What is wrong after a kill: one of KINDS, and the words for it."""

    kind: str
    what: str


class World:
    """The machine, its upstream, and saved states of it."""

    def __init__(self, root: Path, server: Server) -> None:
        self.root = root
        self.server = server
        self.home = Home(root)
        self.upstream = Upstream(server)
        self.upstream.mirror_for(self.home)
        for name in ("boxed", "built"):
            self.home.env["TOOLPIN_MIRRORS"] += f" https://{name}.example={server.url}"
        write_plugins(self.home.config / "plugins")
        for versions in (OLD, NEW):
            lts = "Krypton" if versions is NEW else ""
            self.upstream.publish(versions["nodejs"], lts=lts)
        publish_boxed(server, [OLD["boxed"], NEW["boxed"]])
        publish_built(server, [OLD["built"], NEW["built"]])

    def must(self, *args: str) -> None:
        """Run toolpin, which must do it."""
        result = self.home.toolpin(*args)
        assert result.code == 0, (args, result)

    def save(self, name: str) -> None:
        """Keep all that toolpin and the project have, under a name."""
        for directory in self._directories():
            kept = self.root / "saved" / name / directory.name
            if directory.exists():
                shutil.copytree(directory, kept, symlinks=True)

    def restore(self, name: str) -> None:
        """Put a saved state in place."""
        for directory in self._directories():
            shutil.rmtree(directory, ignore_errors=True)
            kept = self.root / "saved" / name / directory.name
            if kept.exists():
                shutil.copytree(kept, directory, symlinks=True)

    def put_back(self, name: str) -> None:
        """Put the project's files in place as they were in a saved state."""
        for file in (".tool-versions", "toolpin.lock"):
            kept = self.root / "saved" / name / self.home.project.name / file
            shutil.copy2(kept, self.home.project / file)

    def _directories(self) -> tuple[Path, ...]:
        return (self.home.data, self.home.cache, self.home.project)

    def files(self) -> set[str]:
        """Return every file and link that is there, by its path; mutexes stay."""
        results = set()
        for directory in self._directories():
            for parent, names, files in os.walk(directory):
                links = [name for name in names if os.path.islink(f"{parent}/{name}")]
                for name in (*files, *links):
                    path = os.path.relpath(f"{parent}/{name}", self.root)
                    if path.split("/")[1] != "locks":
                        results.add(path)
        return results

    def open_places(self) -> list[str]:
        """Return what everybody may write of toolpin's own directories."""
        return [
            path
            for directory in (self.home.data, self.home.cache)
            for parent, _, files in os.walk(directory)
            for path in (parent, *(f"{parent}/{name}" for name in files))
            if not os.path.islink(path) and os.stat(path).st_mode & 0o002
        ]

    def listed(self) -> set[Version]:
        """Return what `list` says is installed."""
        result = self.home.toolpin("list", "--json")
        assert result.code == 0, result
        rows = json.loads(result.out)["result"]
        return {(row["tool"], row["version"]) for row in rows}

    def answer(self, tool: str, version: str) -> str:
        """Return what a version says of itself through its shim; "" where it fails."""
        env = {f"TOOLPIN_{tool.upper()}_VERSION": version}
        shim = self.home.shim(COMMANDS[tool])
        if not os.path.exists(shim):
            return ""
        result = self.home.run(shim, "--version", env=env)
        return result.out.strip().removeprefix("v") if result.code == 0 else ""

    def damaged(self) -> list[str]:
        """Return the installs that are not what their receipts say."""
        result = self.home.toolpin("verify", "--json")
        rows = json.loads(result.out)["result"]["installs"]
        return [
            f"{row['tool']} {row['version']}: {row['status']}"
            for row in rows
            if row["status"] != "intact"
        ]


def look(world: World, before: set[Version], bound: set[Version]) -> list[Fault]:
    """Return what is lost and what is a lie, right after a kill.

    `before` was there and was not to go; `bound` was listed and did not run.
    """
    faults = []
    listed = world.listed()
    faults += [Fault("lost", f"{pin} is not listed") for pin in before - listed]
    for tool, version in everything():
        says = world.answer(tool, version)
        runs = says == version
        if (tool, version) in before and not runs:
            faults.append(Fault("lost", f"{tool} {version} says {says!r}"))
        elif runs != ((tool, version) in listed):
            # A listed one may lack its shim alone, which the next command writes.
            shown = _executed(world, tool, version)
            is_known = shown == version or (tool, version) in bound
            if (tool, version) not in listed or not is_known:
                faults.append(Fault("lies", f"{tool} {version} says {shown!r}"))
    faults += [Fault("open", f"all may write {place}") for place in world.open_places()]
    return faults + [Fault("lies", path) for path in world.damaged()]


def look_after(world: World, wanted: set[Version], reference: set[str]) -> list[Fault]:
    """Return what is wrong once the next commands have run."""
    listed = world.listed()
    faults = [Fault("stuck", f"{pin} is not there") for pin in wanted - listed]
    faults += [Fault("stuck", f"{pin} is still there") for pin in listed - wanted]
    for tool, version in sorted(wanted):
        if (says := world.answer(tool, version)) != version:
            faults.append(Fault("stuck", f"{tool} {version} says {says!r}"))
    faults += [Fault("stuck", path) for path in world.damaged()]
    files = world.files()
    faults += [Fault("stray", file) for file in sorted(files - reference)]
    # The cache may know less: it is asked again. A log is of a build that came so far.
    missing = [
        file
        for file in sorted(reference - files)
        if not file.startswith(("cache/", "data/logs/"))
    ]
    faults += [Fault("stuck", f"no {item}") for item in missing]
    return faults


def look_into(world: World, wanted: set[Version]) -> list[Fault]:
    """Return what is wrong with the trees of INTO, once the next commands have run."""
    faults = []
    for tool, version in sorted(wanted):
        program = world.home.project / INTO / tool / "bin" / COMMANDS[tool]
        result = world.home.run(str(program), "--version")
        says = result.out.strip().removeprefix("v")
        if says != version:
            faults.append(Fault("stuck", f"{INTO}/{tool} {version} says {says!r}"))
    return faults


def everything() -> list[Version]:
    """Return every version that there is."""
    return [*OLD.items(), *NEW.items()]


def _executed(world: World, tool: str, version: str) -> str:
    env = {f"TOOLPIN_{tool.upper()}_VERSION": version}
    result = world.home.toolpin("exec", COMMANDS[tool], "--version", env=env)
    return result.out.strip().removeprefix("v") if result.code == 0 else ""
