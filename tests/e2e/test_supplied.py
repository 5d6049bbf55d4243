"""A build whose old library comes from a Debian suite, where the machine has none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.code import PLUGIN, Code
from tests.support.run import Home
from tests.support.server import Server
from tests.support.suite import TRIPLETS, Suite
from toolpin.system.host import detect

HOST = str(detect())
pytestmark = pytest.mark.skipif(
    HOST not in TRIPLETS or not (shutil.which("cc") and shutil.which("make")),
    reason="a build needs a C compiler and make, and Debian's libraries a Linux",
)
NEED = """
[[build.needs]]
what = "an old library"
header = "old.h"
unless = "--old="
hint = "take another hello"
suite = "bullseye"
libraries = ["libold1"]
headers = ["libold-dev"]
option = "--old={supplied}"
soname = "libold.so.1"
"""
# Where the option leads, there is all that a compiler and a linker look for.
LOOK = "ls include/old.h include/old_machine.h lib/libold.so"
CHECK = f"""
  {{ name = "look", run = ["sh", "-c", "cd toolpin-supplied && {LOOK}"] }},
  {{ name = "make","""


@pytest.fixture
def code(home: Home) -> Iterator[Code]:
    with Server() as server:
        copy = Code(server)
        copy.mirror_for(home)
        text = PLUGIN.replace('{ name = "make",', CHECK.strip()) + NEED
        for host, triplet in TRIPLETS.items():
            text = text.replace(
                f"{host} = {{}}", f'{host} = {{ triplet = "{triplet}" }}'
            )
        (home.config / "plugins/hello.toml").write_text(text)
        copy.publish("2.0.1")
        home.pin("hello 2.0.1\n")
        yield copy


def receipt(home: Home) -> dict[str, Any]:
    file = home.data / "installs/hello/2.0.1/.toolpin/receipt.json"
    answer: dict[str, Any] = json.loads(file.read_text())
    return answer


def log(home: Home) -> str:
    return (home.data / "logs/hello@2.0.1.log").read_text()


@pytest.mark.usefixtures("code")
def test_what_the_machine_lacks_comes_along_and_stays_beside_the_install(
    home: Home,
) -> None:
    suite = Suite(home, HOST)
    for again in (False, True):
        result = home.toolpin("install")
        assert result.code == 0, result.err
        output = (
            "hello 2.0.1: built with libold1 of Debian bullseye: an old library is "
            "missing"
        )
        assert (output in result.err) != again  # then all of it is in the cache
        library = home.data / "installs/hello/2.0.1/runtime/libold.so.1"
        assert library.read_bytes() == b"library"
        option = f"--old={home.data}/staging/hello@2.0.1/toolpin-supplied"
        assert option in log(home)
        assert f"--set-rpath {library.parent} " in suite.patched.read_text()
        assert receipt(home)["bound"] is True
        locators = [artifact["locator"] for artifact in receipt(home)["artifacts"]]
        assert locators[1:] == [
            "deb:pool/main/o/old/libold1_1-1_all.deb",
            "deb:pool/main/o/old/libold-dev_1-1_all.deb",
        ]
        assert home.toolpin("uninstall", "hello", "2.0.1").code == 0


@pytest.mark.usefixtures("code")
def test_the_users_own_library_is_enough(home: Home) -> None:
    suite = Suite(home, HOST)
    plugin = home.config / "plugins/hello.toml"
    plugin.write_text(plugin.read_text().replace("cd toolpin", "exit; cd toolpin"))
    result = home.toolpin("install", env={"HELLO_OPTIONS": "--old=/opt/old"})
    assert result.code == 0, result.err
    assert (len(receipt(home)["artifacts"]), receipt(home)["bound"]) == (1, False)
    assert "--old=/opt/old" in log(home)
    assert f"--old={home.data}" not in log(home)
    # What was remembered of that is not enough without the option.
    assert home.toolpin("uninstall", "hello", "2.0.1").code == 0
    again = home.toolpin("install")
    assert again.code == 0, again.err
    assert (len(receipt(home)["artifacts"]), receipt(home)["bound"]) == (3, True)
    assert suite.patched.exists()


@pytest.mark.usefixtures("code")
def test_a_machine_without_apt_hears_what_is_missing(home: Home) -> None:
    tools = home.root / "tools"
    tools.mkdir()
    for name in ("sh", "env", "cc", "as", "ld", "make"):
        (tools / name).symlink_to(shutil.which(name) or "/")
    result = home.toolpin("install", env={"PATH": str(tools)})
    assert result.code == 1
    for text in (
        "hello 2.0.1 cannot be built on this machine",
        "missing: an old library",
        "instead: take another hello",
        "not supplied: apt is not installed",
    ):
        assert text in result.err


@pytest.mark.usefixtures("code")
def test_a_lockfile_has_the_packages_and_the_users_option_wins(home: Home) -> None:
    suite = Suite(home, HOST)
    assert home.toolpin("lock", "--host", HOST).code == 0
    text = (home.project / "toolpin.lock").read_text()
    assert text.count("[[build]]") == 2
    assert 'requires.soname = "libold.so.1"' in text
    result = home.toolpin("install", "--locked")
    assert result.code == 0, result.err
    assert receipt(home)["bound"] is True
    assert home.toolpin("uninstall", "hello", "2.0.1").code == 0
    suite.patched.unlink()
    plugin = home.config / "plugins/hello.toml"
    plugin.write_text(plugin.read_text().replace("cd toolpin", "exit; cd toolpin"))
    env = {"HELLO_OPTIONS": "--old=/opt/old"}
    result = home.toolpin("install", "--locked", env=env)
    assert result.code == 0, result.err
    assert (len(receipt(home)["artifacts"]), receipt(home)["bound"]) == (3, False)
    assert "--old=/opt/old" in log(home)
    assert f"--old={home.data}" not in log(home)
    assert not suite.patched.exists()
    assert home.toolpin("install", "--locked").code == 0  # the very bytes are there
