"""A loopback copy of static.rust-lang.org: archives of components, and what lists them.

An archive has the layout that rust-installer gives it: the files of one component in a
directory below the top one, with a list of them, beside an installer.
"""

from __future__ import annotations

import hashlib

from tests.support.archives import Entry, compress, directory, tar
from tests.support.run import Home
from tests.support.server import Server
from tests.support.tags import serve_tags
from tests.support.triples import TRIPLES

COMPONENTS = ("rustc", "cargo", "rust-std", "clippy", "rustfmt")
# A Cargo that installs where the real one does, and shows how it was started.
_CARGO = """#!/bin/sh
case $1 in
  install)
    [ "$2" != xqwzt-broken ] || { echo "could not find xqwzt-broken" >&2; exit 101; }
    to=${CARGO_HOME:-$HOME/.cargo}/bin
    mkdir -p "$to"
    printf '#!/bin/sh\\necho %s from VERSION\\n' "$2" >"$to/$2"
    chmod +x "$to/$2" ;;
  build) exec rustc --version ;;
  path) echo "$PATH" ;;
  run) shift; exec "$@" ;;
  *) echo "cargo VERSION" ;;
esac
"""
_PROGRAMS = {
    "rustc": ("bin/rustc", "bin/rustdoc"),
    "cargo": ("bin/cargo",),
    "clippy": ("bin/cargo-clippy", "bin/clippy-driver"),
    "rustfmt": ("bin/cargo-fmt", "bin/rustfmt"),
}


class RustUpstream:
    """What the Rust project publishes, as far as a test has put it there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._tags: list[str] = []
        self._manifests: list[str] = []
        self._list()

    @property
    def mirrors(self) -> tuple[tuple[str, str], ...]:
        """Where the copies of the publishers are, as settings have them."""
        return (
            ("https://static.rust-lang.org", f"{self.server.url}/rust"),
            ("https://github.com", f"{self.server.url}/github"),
        )

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin query this copy."""
        pairs = " ".join(f"{url}={copy}" for url, copy in self.mirrors)
        mirrors = home.env.get("TOOLPIN_MIRRORS", "")
        home.env["TOOLPIN_MIRRORS"] = f"{mirrors} {pairs}".strip()

    def release(self, version: str) -> None:
        """Publish a release."""
        self._tags.append(version)
        self._publish("", version, version)

    def dated(self, channel: str, date: str, *, listed: bool = True) -> None:
        """Publish what a channel had on a day; the list has it only later."""
        if listed:
            path = f"static.rust-lang.org/dist/{date}/channel-rust-{channel}.toml"
            self._manifests.append(path)
        self._publish(f"{date}/", channel, f"{channel}-{date}")

    def _publish(self, directory: str, name: str, version: str) -> None:
        for triple in TRIPLES.values():
            for component in COMPONENTS:
                file = f"{component}-{name}-{triple}.tar.xz"
                data = archive(component, name, version, triple)
                digest = hashlib.sha256(data).hexdigest()
                self.server.put(f"/rust/dist/{directory}{file}", data)
                sums = f"{digest}  {file}\n".encode()
                self.server.put(f"/rust/dist/{directory}{file}.sha256", sums)
        self._list()

    def _list(self) -> None:
        manifests = "".join(f"{line}\n" for line in self._manifests).encode()
        self.server.put("/rust/manifests.txt", manifests)
        serve_tags(self.server, "/github/rust-lang/rust", self._tags)


def archive(component: str, name: str, version: str, triple: str) -> bytes:
    """Return the archive of a component, as rust-installer makes it."""
    top = f"{component}-{name}-{triple}"
    inside = {"rust-std": f"rust-std-{triple}"}.get(component, component)
    if component in ("clippy", "rustfmt"):
        inside = f"{component}-preview"
    files = {path: _program(path, version) for path in _PROGRAMS.get(component, ())}
    if component == "rust-std":
        files = {f"lib/rustlib/{triple}/lib/libstd-0123.rlib": b"!<arch>\n"}
    listed = "".join(f"file:{path}\n" for path in files)
    entries = [directory(f"{top}/"), directory(f"{top}/{inside}/")]
    entries += [
        Entry(f"{top}/{inside}/{path}", data, 0o755 if "bin/" in path else 0o644)
        for path, data in files.items()
    ]
    entries += [
        Entry(f"{top}/{inside}/manifest.in", listed.encode()),
        Entry(f"{top}/components", f"{inside}\n".encode()),
        Entry(f"{top}/install.sh", b"#!/bin/bash\nexit 1\n", 0o755),
        Entry(f"{top}/rust-installer-version", b"3\n"),
        Entry(f"{top}/version", f"{version}\n".encode()),
    ]
    return compress(tar(*entries), "xz")


def _program(path: str, version: str) -> bytes:
    if path == "bin/cargo":
        return _CARGO.replace("VERSION", version).encode()
    name = path.rpartition("/")[2]
    return f'#!/bin/sh\necho "{name} {version}" "$@"\n'.encode()
