"""Turns installs of other managers into installs of this store, without building.

An adopted install is a directory of links into the other manager's tree, with a record:
nothing changes there, and programs run from the path that they were built for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.errors import ToolpinError
from toolpin.model import Pin, Receipt
from toolpin.plugins.asdf import script_queries
from toolpin.plugins.asdf.plugin_copy import copy_plugin_directory
from toolpin.plugins.asdf.script_runner import Scripts
from toolpin.store import installs, publication, staging
from toolpin.system.atomic_write import atomic_replace
from toolpin.system.paths import Paths
from toolpin.verification import Level

# The default of asdf's plugins: programs are in `bin`.
_PLAIN = script_queries.ScriptValues(("bin",), (), (), "")


def link(paths: Paths, pin: Pin, tree: str, env: Mapping[str, str]) -> bool:
    """Publish links to the content of a tree, with a record; False if it exists.

    The plugin's scripts need the links, so they are behind a mark meanwhile. Raises
    ToolpinError if the plugin's scripts fail; nothing is left then.
    """
    with staging.version_lock(paths, pin):
        if installs.is_installed(paths, pin):
            return False
        with staging.scratch(paths, pin) as stage:
            for name in sorted(os.listdir(tree)):
                if name != ".toolpin":
                    os.symlink(f"{tree}/{name}", f"{stage}/{name}")
            with staging.marked(paths, pin, stage, staging.cleared):
                record(paths, pin, env)
    return True


def record(paths: Paths, pin: Pin, env: Mapping[str, str]) -> None:
    """Write the record of an install as its asdf plugin, if it has one, describes it.

    Raises ToolpinError if the plugin's scripts fail.
    """
    scripts = Scripts(paths, pin.tool, env, os.getcwd())
    output = (
        script_queries.determine(scripts, pin)
        if os.path.isdir(scripts.directory)
        else _PLAIN
    )
    receipt = Receipt(
        pin=pin,
        host="",
        source="",
        publisher="",
        artifacts=(),
        bin_dirs=output.bin_dirs,
        variables=output.variables,
        files=(),
        installed_at="",
        toolpin="",
        verified=Level.HERE,
        homes=output.homes,
        runtime_scripts=output.runtime_scripts,
    )
    place = f"{paths.install(*pin)}/{installs.RECORD}"
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(f"{paths.install(*pin)}/{installs.ADOPTED}", "w", encoding="utf-8"):
        pass
    with atomic_replace(place) as file:
        record_text = publication.record_of(paths, receipt)
        file.write(record_text.encode(errors="surrogateescape"))


def record_again(paths: Paths, pin: Pin, env: Mapping[str, str]) -> None:
    """Write a record again, as the install's plugin describes it now.

    Raises ToolpinError if the plugin's scripts fail.
    """
    with staging.version_lock(paths, pin):
        receipt = publication.read_receipt(paths, pin)
        if receipt is None:
            record(paths, pin, env)
            return
        output = script_queries.determine(
            Scripts(paths, pin.tool, env, os.getcwd()), pin
        )
        publication.write_again(
            paths,
            receipt._replace(
                bin_dirs=output.bin_dirs,
                variables=output.variables,
                homes=output.homes,
                runtime_scripts=output.runtime_scripts,
            ),
        )


def copy_plugin(paths: Paths, name: str, directory: str) -> bool:
    """Copy an asdf plugin's directory into place; False if there is one.

    Raises ToolpinError for a directory that cannot be read.
    """
    place = f"{paths.plugins}/{name}"
    if os.path.lexists(place):
        return False
    pin = Pin("plugin", name)
    with staging.version_lock(paths, pin), staging.scratch(paths, pin) as stage:
        copy_plugin_directory(directory, stage)
        try:
            os.makedirs(paths.plugins, exist_ok=True)
            os.rename(stage, place)
        except OSError as error:
            raise ToolpinError(
                f"the plugin {name} cannot be copied",
                [("directory", directory), ("reason", error.strerror or str(error))],
            ) from error
    return True
