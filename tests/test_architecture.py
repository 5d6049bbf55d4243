"""The layers point one way, and a heavy library has one importing module."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY

# A module may import from its own layer and from those before it.
LAYERS = (
    {"__init__", "errors", "model"},
    {
        "words",
        "versions",
        "urls",
        "toolversions",
        "idiomatic",
        "manifests",
        "resolve",
        "lock_head",
        "lockfile",
        "lockfile_parse",
        "env",
        "activation",
        "shells.__init__",
        "shells.posix",
        "shells.fish",
        "shells.dialect",
        "env_formats",
        "documents",
        "fit",
        "toml_lines",
        "managers",
        "startup",
        "findings",
        "jobs",
        "plugin.fields",
        "plugin.schema",
        "plugin.contract",
        "ci",
    },
    {
        "paths",
        "cache_folder",
        "settings_schema",
        "settings",
        "settings_edit",
        "idiomatic_level",
        "credentials",
        "host",
        "process",
        "report",
        "progress",
        "tables",
    },
    {
        "asdf_env",
        "asdfrc",
        "asking",
        "gitrepo",
        "script_build",
        "scripts",
        "replacing",
        "project",
        "verify",
        "bounds",
        "trust",
        "reply",
        "web",
        "fetch",
        "mutex",
        "cache",
        "tree",
        "archive_rules",
        "archive_zstd",
        "archive_deb",
        "archive_zip_layout",
        "archive_stream",
        "archive_tar",
        "archive_zip",
        "archive",
        "elf",
        "binaries",
        "release_check",
        "cache_contents",
        "indexes",
        "first_use",
        "installs",
        "locks",
        "system_command",
        "stubs",
        "shims",
        "launch",
        "execute",
        "finishing",
        "preflight",
        "building",
        "proof",
        "unpacking",
        "unfinished",
        "store",
        "inspection",
        "repair",
        "checks",
        "searched",
        "reach",
        "store_state",
        "store_check",
        "packed",
        "ci_folder",
        "processes",
        "projects",
        "uses",
    },
    {
        "plugin.registry",
        "plugin.declarative",
        "sources.contract",
        "sources.http",
        "sources.github",
        "plugin.draft",
        "plugin.shelf",
        "plugin.script",
        "plugin.folders",
        "plugin.index",
        "sources.script",
        "plugin.describe",
        "sources.npm",
        "sources.npm_client",
        "sources.pypi",
        "sources.apt_mirror",
        "sources.apt_client",
        "sources.debian",
        "sources.lines",
        "sources.patchelf",
        "sources.clients",
    },
    {
        "adopting",
        "asked",
        "asks",
        "bundle",
        "catalogue",
        "ci_plan",
        "ci_install",
        "ci_view",
        "choice",
        "decide",
        "drafting",
        "known_here",
        "known_words",
        "locked",
        "lock_work",
        "locking",
        "pairs",
        "plugin_needs",
        "plugin_trial",
        "project_lock",
        "install",
        "install_view",
        "wishes",
        "reshim",
        "session",
        "project_env",
        "watch",
        "workshop",
        "suggest",
        "listing",
        "unused",
        "surroundings",
        "shell_check",
        "project_check",
        "doctor",
        "reasons",
        "roads",
        "road_check",
        "pruning",
        "removal",
    },
    {"commands"},
    {"cli", "__main__", "asdf"},
)
HEAVY = {
    "requests": "web",
    "urllib3": "reply",
    "truststore": "trust",
    "tqdm": "progress",
    "platformdirs": "cache_folder",
    "filelock": "mutex",
    "backports": "archive_zstd",
    "compression": "archive_zstd",
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


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _layer(module: str) -> int:
    head = module.partition(".")[0]
    name = head if head in ("commands", "asdf") else module
    places = [at for at, layer in enumerate(LAYERS) if name in layer]
    assert places, f"{module} stands in no layer: add it where it belongs"
    return places[0]


MODULES = _modules()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_to_the_same_layer_or_below(module: str) -> None:
    for imported in _imports(MODULES[module]):
        name = imported.removeprefix("toolpin.")
        if imported.startswith("toolpin.") and name in MODULES:
            assert _layer(name) <= _layer(module), f"{module} imports {name}"


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_has_one_importing_module(library: str) -> None:
    importers = {
        module
        for module, path in MODULES.items()
        if any(one.partition(".")[0] == library for one in _imports(path))
    }
    assert importers == {HEAVY[library]}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_does_and_stays_readable(module: str) -> None:
    text = MODULES[module].read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 420
