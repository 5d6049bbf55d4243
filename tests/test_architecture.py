"""The layers point one way, and a heavy library has one importing module."""

from __future__ import annotations

import ast
import functools
import graphlib
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY

# A module may import from its own layer and from those before it. A package stands
# for all of its modules where they are of one layer.
LAYERS = tuple(
    set(names.split())
    for names in (
        """
        __init__ errors home model
        """,
        """
        documents env json_text resolver.catalog toml_lines versions binaries.fit
        ci.templates
        doctor.findings doctor.managers install.jobs lockfile.document
        lockfile.head lockfile.parse http.limits http.urls
        project.idiomatic project.manifests project.meant project.toolversions
        project.words shells.__init__
        shells.activation shells.dialect shells.fish shells.formats shells.posix
        shells.startup sources.fields sources.spec
        """,
        """
        directories host modes owners paths process progress report tables cache.folder
        http.credentials settings.edit settings.idiomatic_level settings.read
        settings.schema settings.secret
        """,
        """
        archive interruption mutex shared_store replacing scripts shims steps store
        verify binaries.elf binaries.release binaries.runnable cache.contents
        cache.first_use cache.indexes cache.verified ci.folder ci.packed doctor.reach
        doctor.searched doctor.store_check doctor.store_state execute.finding
        execute.launch execute.place execute.running execute.trees
        resolver.installed http.bounds http.client http.fetch http.partial
        http.response http.trust
        lockfile.read project.files project.links project.named_folders
        project.pin_files project.remembered settings.asdf_env settings.asdfrc
        upkeep.checks upkeep.inspection upkeep.repair upkeep.uses
        """,
        """
        sources plugin.contract plugin.describe plugin.draft plugin.folders
        plugin.index plugin.registry plugin.schema plugin.script plugin.shelf
        plugin.tool_fields
        """,
        """
        bundle locking pairs plugin_tasks app listing suggest wanted
        ci.install ci.keys ci.plan ci.view doctor.asked doctor.checkup
        doctor.project_check doctor.reasons doctor.road_check doctor.roads
        doctor.shell_check doctor.surroundings
        install.carrying install.catalogue install.choice
        install.first_builds install.into install.locked install.long_term
        install.context install.notes install.pipeline install.planner install.serving
        install.supplies lockfile.asks resolver.locked resolver.resolver
        shells.completion shells.known_words shells.watch upkeep.adopting
        upkeep.after_install upkeep.mise_tools upkeep.unimported
        upkeep.pruning upkeep.removal upkeep.reshim upkeep.unused
        """,
        """
        commands
        """,
        """
        __main__ asdf cli command_errors commands.completion help
        """,
    )
)
HEAVY = {
    "requests": "http.client",
    "urllib3": "http.response",
    "truststore": "http.trust",
    "tqdm": "progress",
    "platformdirs": "cache.folder",
    "filelock": "mutex",
    "backports": "archive.zstd",
    "compression": "archive.zstd",
}
# What turns a request into a version; the resolver alone puts the pieces together.
OF_THE_RESOLVER = {
    "toolpin.lockfile.head.can_mean",
    "toolpin.lockfile.head.pinned",
    "toolpin.scripts.spelling.folder_of_ref",
    "toolpin.store.installs.newest_match",
}
PACKAGE = REPOSITORY / "toolpin"


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) > 1:
            continue
        found[".".join(parts)] = path
    return found


@functools.cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a module's code, which is parsed once."""
    return tuple(ast.walk(ast.parse(path.read_text())))


@functools.cache
def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _uses(path: Path) -> set[str]:
    """Give what a module imports, and what it takes from the modules it imports."""
    imported = _imports(path)
    modules = {one.rpartition(".")[2]: one for one in imported}
    return imported | {
        f"{modules[node.value.id]}.{node.attr}"
        for node in _nodes(path)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    }


def _layer(module: str) -> int:
    # A module that is listed itself may be above its package.
    for name in (module, _room(module)):
        for at, layer in enumerate(LAYERS):
            if name in layer:
                return at
    raise AssertionError(f"{module} stands in no layer: add it where it belongs")


def _room(module: str) -> str:
    """Give the package that a module is in, or the module where it is in none."""
    return module.partition(".")[0]


def _doors() -> dict[str, set[str]]:
    """Give, for each room, the rooms that it imports from."""
    doors: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        names = {name.removeprefix("toolpin.") for name in _imports(path)}
        rooms = {_room(name) for name in names if name in MODULES}
        doors.setdefault(_room(module), set()).update(rooms - {_room(module)})
    return doors


MODULES = _modules()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_to_the_same_layer_or_below(module: str) -> None:
    for imported in _imports(MODULES[module]):
        name = imported.removeprefix("toolpin.")
        if imported.startswith("toolpin.") and name in MODULES:
            assert _layer(name) <= _layer(module), f"{module} imports {name}"


def test_no_room_imports_one_that_imports_it() -> None:
    ordered = graphlib.TopologicalSorter(_doors()).static_order()
    assert set(ordered) == {_room(module) for module in MODULES}


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_has_one_importing_module(library: str) -> None:
    importers = {
        module
        for module, path in MODULES.items()
        if any(one.partition(".")[0] == library for one in _imports(path))
    }
    assert importers == {HEAVY[library]}


def test_argparse_is_known_to_the_command_line_alone() -> None:
    importers = {
        module for module, path in MODULES.items() if "argparse" in _imports(path)
    }
    # Completions are printed from the parsers.
    importers.remove("shells.completion")
    assert {_room(one) for one in importers} == {
        "cli",
        "command_errors",
        "commands",
        "help",
    }


def test_options_reach_a_command_as_its_own_value() -> None:
    importers = [
        m for m, path in MODULES.items() if "argparse.Namespace" in _imports(path)
    ]
    assert importers == ["cli"]


@pytest.mark.parametrize("name", sorted(OF_THE_RESOLVER))
def test_the_resolver_alone_goes_from_a_request_to_a_version(name: str) -> None:
    users = {module for module, path in MODULES.items() if name in _uses(path)}
    assert {_room(module) for module in users} == {"resolver"}


def test_the_asdf_command_imports_no_command_of_toolpin() -> None:
    for module, path in MODULES.items():
        if _room(module) == "asdf":
            imported = {name for name in _imports(path) if "toolpin.commands" in name}
            assert imported == set(), module


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_does_and_stays_readable(module: str) -> None:
    text = MODULES[module].read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 420
