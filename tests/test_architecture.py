"""The layers point one way, and a heavy library has one importing module."""

from __future__ import annotations

import ast
import functools
import graphlib
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY

# A package may import from its own line and from those before it; packages of one line
# import each other one way only.
LAYERS = tuple(
    tuple(names.split())
    for names in (
        "__init__ errors verification model versions digests env_patch json_text "
        "toml_lines toml_text",
        "json_documents json_tables system archive",
        "http project",
        "binaries cache config",
        "plugins.asdf steps store",
        "shims sources plugins",
        "lockfile resolver",
        "install run app",
        "lockfile_update near_names version_pairs shell doctor tasks ci",
        "cli command_errors help commands asdf_cli __main__",
    )
)
# A package inside another one that is a layer of its own.
INNER = "plugins.asdf"
HEAVY = {
    "requests": "http.client",
    "urllib3": "http.response",
    "truststore": "http.trust",
    "tqdm": "system.progress",
    "platformdirs": "cache.cache_location",
    "filelock": "system.file_lock",
    "backports": "archive.stream",
    "compression": "archive.stream",
}
# What turns a request into a version; the resolver alone puts the pieces together.
OF_THE_RESOLVER = {
    "toolpin.lockfile.header.can_mean",
    "toolpin.lockfile.header.pinned",
    "toolpin.plugins.asdf.spelling.directory_of_ref",
    "toolpin.store.installs.newest_match",
}
PACKAGE = REPOSITORY / "toolpin"


def _modules() -> dict[str, Path]:
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) > 1:
            continue
        modules[".".join(parts)] = path
    return modules


@functools.cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a module's code, which is parsed once."""
    return tuple(ast.walk(ast.parse(path.read_text())))


@functools.cache
def _imports(path: Path) -> set[str]:
    imports: set[str] = set()
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imports.add(node.module)
            imports.update(f"{node.module}.{alias.name}" for alias in node.names)
    return imports


def _uses(path: Path) -> set[str]:
    """Give what a module imports, and what it takes from the modules it imports."""
    imported = _imports(path)
    modules = {item.rpartition(".")[2]: item for item in imported}
    return imported | {
        f"{modules[node.value.id]}.{node.attr}"
        for node in _nodes(path)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    }


def _layer(module: str) -> int:
    for at, layer in enumerate(LAYERS):
        if _package(module) in layer:
            return at
    raise AssertionError(f"{module} is in no layer: add its package to the table")


def _package(module: str) -> str:
    """Give the package that a module is in, or the module where it is in none."""
    if module.startswith(f"{INNER}."):
        return INNER
    return module.partition(".")[0]


def _package_imports() -> dict[str, set[str]]:
    """Give, for each package, the packages that it imports from."""
    imported: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        names = {name.removeprefix("toolpin.") for name in _imports(path)}
        packages = {_package(name) for name in names if name in MODULES}
        imported.setdefault(_package(module), set()).update(
            packages - {_package(module)}
        )
    return imported


MODULES = _modules()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_to_the_same_layer_or_below(module: str) -> None:
    for imported in _imports(MODULES[module]):
        name = imported.removeprefix("toolpin.")
        if imported.startswith("toolpin.") and name in MODULES:
            assert _layer(name) <= _layer(module), f"{module} imports {name}"


def test_no_package_imports_one_that_imports_it() -> None:
    ordered = graphlib.TopologicalSorter(_package_imports()).static_order()
    assert set(ordered) == {_package(module) for module in MODULES}


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_has_one_importing_module(library: str) -> None:
    importers = {
        module
        for module, path in MODULES.items()
        if any(item.partition(".")[0] == library for item in _imports(path))
    }
    assert importers == {HEAVY[library]}


def test_argparse_is_known_to_the_command_line_alone() -> None:
    importers = {
        module for module, path in MODULES.items() if "argparse" in _imports(path)
    }
    # Completions are printed from the parsers.
    importers.remove("shell.completion_scripts")
    assert {_package(importer) for importer in importers} == {
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
    assert {_package(module) for module in users} == {"resolver"}


def test_the_asdf_command_imports_no_command_of_toolpin() -> None:
    for module, path in MODULES.items():
        if _package(module) == "asdf_cli":
            imported = {name for name in _imports(path) if "toolpin.commands" in name}
            assert imported == set(), module


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_does_and_stays_readable(module: str) -> None:
    text = MODULES[module].read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 440
