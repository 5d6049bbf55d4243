"""PHP and Groovy: lists of releases, and the digests that are published.

php-releases.json has releases of www.php.net/releases/index.php?json&version=8, which
that page makes from the files of github.com/php/web-php. Groovy's digests are those of
its .sha256 files, which public manifests repeat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with
from tests.support.server import Server
from tests.upstream import page
from toolpin.errors import NoChecksum, NotPublished
from toolpin.install.planner import assemble, make_plan
from toolpin.install.source_build_plan import recipe_for
from toolpin.model import Pin
from toolpin.plugins.registry import Registry, read_registry
from toolpin.sources.clients import Clients
from toolpin.steps.preflight import applies
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

X64 = any_of("linux-x64")
PHP = json.loads(page("php-releases.json"))
GROOVY = {
    "3.0.4": "eba1dc30ed0ceeefe56eba6e79cf43c2ae164eea6e407fd7a79f6c434a667146",
    "4.0.27": "bc917c8bb01b2832f124a7bd63a3c72ba5e83ef7f056650dfd9a2f7944960685",
    "5.0.4": "5e5e9a468d4344e0c8ee0cd68c62751ccf4e5f8f84d7ad9b8abc6a01014b9f79",
}
APACHE = "https://archive.apache.org/dist/groovy"
DIRECTORY = '<img src="/icons/folder.gif" alt="[DIR]"> <a href="{0}/">{0}/</a> 2025 -\n'


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return read_registry(Paths(str(tmp_path), str(tmp_path)))


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        listed = "/php/releases/index.php?json&version=8&max=-1"
        server.put(listed, page("php-releases.json"))
        names = (*GROOVY, "2.4.4", "4.0.0-beta-1", "6.0.0-alpha-1")
        directories = "".join(map(DIRECTORY.format, names))
        server.put("/groovy/", f"<pre>{directories}</pre>".encode())
        for version, digest in GROOVY.items():
            name = f"apache-groovy-binary-{version}.zip"
            server.put(f"/groovy/{version}/distribution/{name}.sha256", digest.encode())
        mirrors = (
            ("https://www.php.net", f"{server.url}/php"),
            (APACHE, f"{server.url}/groovy"),
        )
        yield clients_with(mirrors, X64, tmp_path)


@pytest.mark.parametrize(
    ("tool", "versions"),
    [
        ("php", "8.5.9 8.4.23 8.1.34 8.0.30 8.0.0"),
        ("groovy", "3.0.4 4.0.27 5.0.4 2.4.4 4.0.0-beta-1 6.0.0-alpha-1"),
    ],
)
def test_the_list_has_the_releases(
    tool: str, versions: str, registry: Registry, clients: Clients
) -> None:
    (spec,) = registry.require(tool).sources
    listed = [release.version for release in clients.open(spec).releases(X64)]
    assert [name for name in listed if spec.is_release(name)] == versions.split()


@pytest.mark.parametrize("version", PHP)
def test_a_php_has_the_digest_of_the_list(
    version: str, registry: Registry, clients: Clients
) -> None:
    php, pin = registry.require("php"), Pin("php", version)
    plan = make_plan(php, php.sources[0], pin, X64, clients)
    (artifact,) = plan.artifacts
    (row,) = (row for row in PHP[version]["source"] if ".tar.xz" in row["filename"])
    assert artifact.digest.hex == row["sha256"]
    url = f"https://www.php.net/distributions/{row['filename']}"
    assert artifact.locator == url
    assert assemble(php, php.sources[0], pin, X64, [artifact]).source == "source"


@pytest.mark.parametrize("version", GROOVY)
def test_a_groovy_has_the_digest_beside_it(
    version: str, registry: Registry, clients: Clients
) -> None:
    groovy = registry.require("groovy")
    pin = Pin("groovy", version)
    (artifact,) = make_plan(groovy, groovy.sources[0], pin, X64, clients).artifacts
    name = f"apache-groovy-binary-{version}.zip"
    assert artifact.locator == f"{APACHE}/{version}/distribution/{name}"
    assert artifact.digest.hex == GROOVY[version]


def test_without_a_published_digest_there_is_no_plan(
    registry: Registry, clients: Clients
) -> None:
    groovy = registry.require("groovy")
    with pytest.raises((NoChecksum, NotPublished)):
        make_plan(groovy, groovy.sources[0], Pin("groovy", "2.4.4"), X64, clients)


@pytest.mark.parametrize(("version", "needed"), [("8.0.30", True), ("8.1.34", False)])
def test_a_php_before_8_1_needs_an_older_openssl(
    version: str, needed: bool, registry: Registry
) -> None:
    php = registry.require("php")
    recipe = recipe_for(php, php.sources[0], X64)
    assert recipe
    names = [need.what for need in recipe.needs if applies(need, version)]
    assert any(name.startswith("OpenSSL 1.1") for name in names) == needed
