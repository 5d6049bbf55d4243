"""Turns what other managers have installed into installs of this store, unbuilt.

An adopted install is a folder of links into the other manager's tree, with a record of
its own: nothing changes there, and programs find themselves where they were made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.errors import ToolpinError
from toolpin.model import Pin, Receipt
from toolpin.paths import Paths
from toolpin.scripts import asking
from toolpin.scripts.copying import copy_plugin_folder
from toolpin.scripts.running import Scripts
from toolpin.store import installs, trees, unfinished

# asdf's plugins say nothing else: the programs are in `bin`.
_PLAIN = asking.Answer(("bin",), (), (), "")


def link(paths: Paths, pin: Pin, tree: str, env: Mapping[str, str]) -> bool:
    """Publish links to all that a tree holds, recorded; False where it is there.

    Its plugin is asked where the links are, so they stand behind a mark meanwhile.
    Raises ToolpinError where the plugin's scripts fail; nothing is left then.
    """
    with unfinished.version_mutex(paths, pin):
        if installs.is_installed(paths, pin):
            return False
        with unfinished.scratch(paths, pin) as stage:
            for name in sorted(os.listdir(tree)):
                if name != ".toolpin":
                    os.symlink(f"{tree}/{name}", f"{stage}/{name}")
            with unfinished.marked(paths, pin, stage):
                record(paths, pin, env)
    return True


def record(paths: Paths, pin: Pin, env: Mapping[str, str]) -> None:
    """Write the record of an install as its asdf plugin, if it has one, describes it.

    Raises ToolpinError where the plugin's scripts fail.
    """
    scripts = Scripts(paths, pin.tool, env, os.getcwd())
    told = asking.ask_all(scripts, pin) if os.path.isdir(scripts.folder) else _PLAIN
    receipt = Receipt(
        pin=pin,
        host="",
        source="",
        publisher="",
        artifacts=(),
        bin_dirs=told.bin_dirs,
        variables=told.variables,
        files=(),
        installed_at="",
        toolpin="",
        homes=told.homes,
        asks=told.asks,
    )
    place = f"{paths.install(*pin)}/{installs.RECORD}"
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(f"{paths.install(*pin)}/{installs.ADOPTED}", "w", encoding="utf-8"):
        pass
    fresh = f"{place}.{os.getpid()}"
    with open(fresh, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(trees.record_of(paths, receipt))
    os.replace(fresh, place)


def record_again(paths: Paths, pin: Pin, env: Mapping[str, str]) -> None:
    """Write a record again, as the install's plugin describes it now.

    Raises ToolpinError where the plugin's scripts fail.
    """
    with unfinished.version_mutex(paths, pin):
        receipt = trees.read_receipt(paths, pin)
        if receipt is None:
            record(paths, pin, env)
            return
        told = asking.ask_all(Scripts(paths, pin.tool, env, os.getcwd()), pin)
        trees.write_again(
            paths,
            receipt._replace(
                bin_dirs=told.bin_dirs,
                variables=told.variables,
                homes=told.homes,
                asks=told.asks,
            ),
        )


def copy_plugin(paths: Paths, name: str, folder: str) -> bool:
    """Put a copy of an asdf plugin's folder in place; False where there is one.

    Raises ToolpinError for one that cannot be read.
    """
    place = f"{paths.plugins}/{name}"
    if os.path.lexists(place):
        return False
    pin = Pin("plugin", name)
    with unfinished.version_mutex(paths, pin), unfinished.scratch(paths, pin) as stage:
        copy_plugin_folder(folder, stage)
        try:
            os.makedirs(paths.plugins, exist_ok=True)
            os.rename(stage, place)
        except OSError as error:
            raise ToolpinError(
                f"the plugin {name} cannot be copied",
                [("directory", folder), ("reason", error.strerror or str(error))],
            ) from error
    return True
