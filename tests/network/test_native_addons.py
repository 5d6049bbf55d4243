"""A native addon is built with the headers of the pinned Node.js, without a network."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.archives import Entry, compress, tar
from tests.support.run import Home, Result
from tests.support.server import Server
from tests.support.wheels import package_index_environment

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform != "linux", reason="unshare belongs to Linux"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("cc", "make", "python3"))),
        reason="node-gyp needs a C compiler, make and Python",
    ),
]

VERSION = "24.11.1"
ADDON = """\
#include <node_api.h>

static napi_value answer(napi_env env, napi_callback_info info) {
  napi_value result;
  (void)info;
  napi_create_int32(env, 42, &result);
  return result;
}

static napi_value init(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "answer", NAPI_AUTO_LENGTH, answer, 0, &function);
  napi_set_named_property(env, exports, "answer", function);
  return exports;
}

NAPI_MODULE(addon, init)
"""
TARGET = "39.2.4"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A machine with Node.js, and a project that depends on an addon."""
    home = Home(tmp_path_factory.mktemp("machine"))
    home.env |= package_index_environment()
    home.env["TOOLPIN_SOURCES"] = "pypi"
    home.pin(f"nodejs {VERSION}\n")
    done = home.toolpin("install", timeout_s=300)
    assert done.code == 0, done.err
    addon = home.project / "addon"
    addon.mkdir()
    (addon / "addon.c").write_text(ADDON)
    target = {"target_name": "addon", "sources": ["addon.c"]}
    (addon / "binding.gyp").write_text(json.dumps({"targets": [target]}))
    (addon / "package.json").write_text('{"name": "addon", "version": "1.0.0"}')
    site = {"name": "site", "dependencies": {"addon": "file:./addon"}}
    (home.project / "package.json").write_text(json.dumps(site))
    return home


def unplugged(machine: Home, *command: str) -> Result:
    """Run a command that can reach no network."""
    unshare = ["unshare", "--net", *(["--map-root-user"] if os.getuid() else [])]
    return machine.run(*unshare, *command, timeout_s=300)


def test_npm_install_builds_an_addon_without_a_network(machine: Home) -> None:
    installed = unplugged(
        machine, machine.shim("npm"), "install", "--foreground-scripts"
    )
    assert installed.code == 0, installed.out + installed.err
    assert "warn" not in installed.err
    loads = "console.log(require('./addon/build/Release/addon.node').answer())"
    assert machine.run(machine.shim("node"), "-e", loads).out == "42\n"
    verified = machine.toolpin("verify", "nodejs")
    assert verified.code == 0, verified.out + verified.err


def test_another_target_gets_its_own_headers(machine: Home, tmp_path: Path) -> None:
    """node-gyp is called as electron-rebuild calls it."""
    headers = tar(
        Entry(f"node-v{TARGET}/include/node/common.gypi", b"{}"),
        Entry(f"node-v{TARGET}/include/node/node_version.h", b"// of the target"),
    )
    data = compress(headers, "gz")
    name, addon = f"node-v{TARGET}-headers.tar.gz", tmp_path / "addon"
    shutil.copytree(machine.project / "addon", addon)
    with Server() as server:
        server.put(f"/electron/v{TARGET}/{name}", data)
        sums = f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        server.put(f"/electron/v{TARGET}/SHASUMS256.txt", sums.encode())
        command = (
            f"node-gyp configure --runtime=electron --target={TARGET} "
            f"--dist-url={server.url}/electron --devdir={tmp_path}/own"
        )
        script = {"gyp": command}
        (addon / "package.json").write_text(json.dumps({"scripts": script}))
        (addon / ".tool-versions").write_text(f"nodejs {VERSION}\n")
        machine.run(machine.shim("npm"), "run", "gyp", cwd=addon, timeout_s=300)
        assert server.count(f"/electron/v{TARGET}/{name}") == 1
    config = (addon / "build/config.gypi").read_text().partition("\n")[2]
    used = Path(json.loads(config)["variables"]["nodedir"])
    assert (used / "include/node/node_version.h").read_text() == "// of the target"
    verified = machine.toolpin("verify", "nodejs")
    assert verified.code == 0, verified.out + verified.err


@pytest.mark.parametrize("variable", ["devdir", "nodedir", "disturl", "runtime"])
def test_headers_that_the_user_has_chosen_win(machine: Home, variable: str) -> None:
    env = {f"npm_config_{variable}": "theirs"}
    shown = "console.log(process.env.npm_package_config_node_gyp_devdir)"
    assert machine.run(machine.shim("node"), "-e", shown, env=env).out == "undefined\n"
    inside = f"{machine.data}/installs/nodejs/{VERSION}/libexec/node-gyp\n"
    assert machine.run(machine.shim("node"), "-e", shown).out == inside
