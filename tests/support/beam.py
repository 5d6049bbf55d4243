"""Loopback copies of what Hex and others publish of Erlang, Elixir and rebar3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from tests.support.archives import Entry, ZipEntry, compress, directory, tar, zip_of
from tests.support.run import Home
from tests.support.server import Server
from tests.upstream import page

COMMIT = "44ffe8811dfcf3d2fe04d530c6e8fac5ca384e02"
TIME = "2024-10-23T21:02:30Z"
ARCHES = ("amd64", "arm64")
RECORDED_IMAGES = (
    "ubuntu-18.04",
    "ubuntu-20.04",
    "ubuntu-22.04",
    "ubuntu-24.04",
    "ubuntu-26.04",
)
MAC_TARGETS = ("x86_64-apple-darwin", "aarch64-apple-darwin")
FACTS = "crypto yes\nasn1 yes\npublic_key yes\nssl yes\njit yes\nwx no\n"
# What upstream's own Install does, as far as these trees go.
_INSTALL = """#!/bin/sh
[ "$1" = -minimal ] && [ -d "$2/erts-1.0/bin" ] || exit 1
mkdir -p "$2/bin"
for name in erl erlc escript; do
  sed "s;%FINAL_ROOTDIR%;$2;" "$2/erts-1.0/bin/$name.src" > "$2/bin/$name"
  chmod 755 "$2/bin/$name"
done
"""
_ERL = """#!/bin/sh
ROOTDIR="%FINAL_ROOTDIR%"
cat "$ROOTDIR/OTP_VERSION"
[ $# -eq 0 ] || cat "$ROOTDIR/facts"
"""


class BeamUpstream:
    """What is published, as far as a test has put it there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._lists: dict[str, list[str]] = {}
        self._releases: dict[str, list[dict[str, object]]] = {}

    @property
    def mirrors(self) -> tuple[tuple[str, str], ...]:
        """Return what stands in for whom."""
        url = self.server.url
        return (
            ("https://builds.hex.pm", f"{url}/hex"),
            ("https://github.com", f"{url}/github"),
            ("https://api.github.com", f"{url}/api"),
        )

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin ask these copies too."""
        ours = " ".join(f"{real}={copy}" for real, copy in self.mirrors)
        known = home.env.get("TOOLPIN_MIRRORS", "")
        home.env["TOOLPIN_MIRRORS"] = f"{known} {ours}".strip()

    def put_recorded(self) -> None:
        """Serve the recorded lists; what a test publishes replaces them."""
        for arch in ARCHES:
            for image in RECORDED_IMAGES:
                place = f"/hex/builds/otp/{arch}/{image}/builds.txt"
                self.server.put(place, page(f"hex-otp-{image}.txt"))
        self.server.put("/hex/builds/elixir/builds.txt", page("hex-elixir.txt"))
        self.server.put("/hex/installs/rebar.csv", page("hex-rebar.csv"))
        self.server.put("/hex/installs/rebar3-1.x.csv", page("hex-rebar3-1.x.csv"))
        for target in MAC_TARGETS:
            place = f"/github/erlef/otp_builds/raw/main/builds/{target}.csv"
            self.server.put(place, page(f"erlef-{target}.csv"))

    def otp(
        self,
        version: str,
        images: Sequence[str],
        *,
        has_crypto: bool = True,
        has_checksum: bool = True,
    ) -> None:
        """Publish an OTP as Hex does, built on these images of Ubuntu.

        Hex's lists have no checksum of what was built before September 2024.
        """
        for arch in ARCHES:
            for image in images:
                data = otp_tarball(
                    version,
                    f"OTP-{version}/",
                    mark=f"{arch} {image}",
                    has_crypto=has_crypto,
                )
                place = f"/hex/builds/otp/{arch}/{image}"
                self.server.put(f"{place}/OTP-{version}.tar.gz", data)
                line = f"OTP-{version} {COMMIT} {TIME}"
                if has_checksum:
                    line += f" {_sha256(data)}"
                self.add_line(f"{place}/builds.txt", line)

    def otp_for_macos(self, version: str) -> None:
        """Publish an OTP as the Erlang Ecosystem Foundation does."""
        for target in MAC_TARGETS:
            data = otp_tarball(version, "", installed=True)
            file = f"otp_builds/releases/download/OTP-{version}/otp-{target}.tar.gz"
            self.server.put(f"/github/erlef/{file}", data)
            digest = _sha256(data)
            line = (
                f"OTP-{version},{COMMIT},{TIME},{digest},openssl-3.1.6,wxwidgets-3.2.6"
            )
            self.add_line(
                f"/github/erlef/otp_builds/raw/main/builds/{target}.csv", line
            )

    def elixir(self, version: str, *, has_checksum: bool = True) -> None:
        """Publish an Elixir as Hex does; the version may have a suffix."""
        data = elixir_zip(version)
        self.server.put(f"/hex/builds/elixir/v{version}.zip", data)
        line = f"v{version} {COMMIT} {TIME} "
        if has_checksum:
            line += f"{_sha256(data)} "
        self.add_line("/hex/builds/elixir/builds.txt", line)

    def elixir_on_github(self, version: str, assets: Sequence[str]) -> None:
        """Publish a release of Elixir with its checksum files."""
        data = elixir_zip(version)
        named = []
        for name in assets:
            place = f"/github/elixir-lang/elixir/releases/download/v{version}/{name}"
            self.server.put(place, data)
            listed = f"{_sha256(data)}  {name}\n".encode()
            self.server.put(f"{place}.sha256sum", listed)
            named += [name, f"{name}.sha256sum"]
        self._release("elixir-lang/elixir", f"v{version}", dict.fromkeys(named, data))

    def rebar(self, version: str, otps: Sequence[str] = ()) -> None:
        """Publish a rebar3 as Hex does, for these OTPs too, and as a GitHub release."""
        data = rebar_program(version)
        self.server.put(f"/hex/installs/1.0.0/rebar3-{version}", data)
        digest = hashlib.sha512(data).hexdigest()
        self.add_line("/hex/installs/rebar3-1.x.csv", f"{version},{digest},1.0.0")
        for otp in otps:
            built = rebar_program(f"{version} for {otp}")
            place = f"/hex/installs/1.18.3/rebar3-{version}-otp-{otp}"
            self.server.put(place, built)
            digest = hashlib.sha512(built).hexdigest()
            line = f"{version},{digest},1.18.3,{otp}"
            self.add_line("/hex/installs/rebar.csv", line)
        place = f"/github/erlang/rebar3/releases/download/{version}/rebar3"
        self.server.put(place, data)
        self._release("erlang/rebar3", version, {"rebar3": data})

    def add_line(self, path: str, line: str) -> None:
        """Add a line to a list; lists are sorted, as the real ones are."""
        lines = self._lists.setdefault(path, [])
        lines.append(line)
        self.server.put(path, "".join(f"{line}\n" for line in sorted(lines)).encode())

    def _release(self, repo: str, tag: str, assets: dict[str, bytes]) -> None:
        release: dict[str, object] = {
            "tag_name": tag,
            "draft": False,
            "assets": [
                {"name": name, "size": len(data), "digest": f"sha256:{_sha256(data)}"}
                for name, data in assets.items()
            ],
        }
        releases = self._releases.setdefault(repo, [])
        releases.insert(0, release)
        place = f"/api/repos/{repo}/releases"
        query = "?per_page=100&page=1"
        self.server.put(f"{place}{query}", json.dumps(releases).encode())
        self.server.put(f"{place}/tags/{tag}", json.dumps(release).encode())


def otp_tarball(
    version: str,
    top: str,
    *,
    mark: str = "",
    installed: bool = False,
    has_crypto: bool = True,
) -> bytes:
    """Return an OTP that tells its version; `installed` as it is after Install."""
    names = ("erl", "erlc", "escript")
    where, ending = ("bin", "") if installed else ("erts-1.0/bin", ".src")
    erl = _ERL.replace("%FINAL_ROOTDIR%", "${0%/*}/..") if installed else _ERL
    directories = [top, f"{top}erts-1.0/", f"{top}erts-1.0/bin/", f"{top}bin/"]
    return compress(
        tar(
            *(directory(name) for name in directories if name),
            Entry(f"{top}Install", _INSTALL.encode(), 0o755),
            Entry(f"{top}OTP_VERSION", f"{version}\n".encode()),
            Entry(f"{top}built_on", mark.encode()),
            Entry(f"{top}facts", FACTS.encode() if has_crypto else b"jit yes\n"),
            *(
                Entry(f"{top}{where}/{name}{ending}", erl.encode(), 0o755)
                for name in names
            ),
        ),
        "gz",
    )


def elixir_zip(version: str) -> bytes:
    """Return an Elixir whose commands tell its version, and which erl they find.

    With arguments they run those, as a task of Mix may run anything.
    """
    tell = f'echo "${{0##*/}} {version} on $(erl)"'
    script = f'#!/bin/sh\n[ $# -eq 0 ] || exec "$@"\n{tell}\n'.encode()
    names = ("elixir", "elixirc", "iex", "mix")
    return zip_of(
        *(ZipEntry(f"bin/{name}", script, 0o100755) for name in names),
        ZipEntry("VERSION", version.encode()),
    )


def rebar_program(version: str) -> bytes:
    """Return a program that is no archive."""
    return f'#!/usr/bin/env sh\necho "rebar {version} on $(erl)"\n'.encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
