"""A loopback cache.ruby-lang.org: tarballs in upstream's layout that build in a second.

Their `configure` accepts what upstream's does of the arguments that a build passes, and
nothing else. The program answers the proof; `gem` and `bundle` place programs as the
real ones do. Libraries that are not here are supplied as empty ones.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from tests.support.archives import Entry, compress, directory, tar
from tests.support.run import Home
from tests.support.server import Server

PUB = "https://cache.ruby-lang.org/pub/ruby"
CONFIGURE = """#!/bin/sh
echo "checking for ruby... $#"
for word in "$@"; do
  case $word in
    --prefix=/*) prefix=${word#*=} ;;
    --enable-load-relative | --disable-install-doc | --with-*) ;;
    *) echo "configure: error: unrecognized options: $word"; exit 1 ;;
  esac
done
sed "s#@prefix@#$prefix#g" template/Makefile.in >Makefile
echo "Configuration summary for ruby version VERSION"
"""
MAKEFILE = """all: ruby
ruby: main.c
\t$(CC) -o ruby main.c
install: all
\tmkdir -p @prefix@/bin @prefix@/lib/ruby/gems/3.3.0/gems @prefix@/share/man/man1
\tcp ruby bin/gem bin/irb bin/erb bin/bundle @prefix@/bin/
\techo .Dt RUBY >@prefix@/share/man/man1/ruby.1
"""
MAIN = """#include <stdio.h>
int main(int argc, char **argv) {
  puts(argc > 1 && argv[argc - 1][0] != '-' ? "VERSION" : "ruby VERSION");
  puts("openssl yes\\npsych yes\\nzlib yes\\nyjit no");
  return 0;
}
"""
# What it installs has the path of its Ruby in it, as RubyGems writes it.
GEM = """#!/bin/sh
root=$(cd "$(dirname "$0")/.." && pwd)
[ "$1" = install ] || exit 0
shift
mkdir -p "$root/lib/ruby/gems/3.3.0/gems/$1-1.0"
printf '#!/bin/sh\\necho "%s of VERSION"\\n' "$1" >"$root/bin/$1"
chmod 755 "$root/bin/$1"
echo "Successfully installed $1-1.0"
"""
BUNDLE = """#!/bin/sh
case ${1-install} in install) exec "$(dirname "$0")/gem" install rackup ;; esac
"""
HEADERS = ("zlib.h", "openssl/evp.h", "yaml.h", "ffi.h", "readline/readline.h")
LIBRARIES = ("z", "crypto", "yaml", "ffi", "readline")


class RubyUpstream:
    """What is published, as far as a test has put it there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._rows = ["name\turl\tsha1\tsha256\tsha512\n"]

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin query this copy; no portable builds are there."""
        self.server.put("/api/repos/jdx/ruby/releases", b"[]")
        home.env["TOOLPIN_MIRRORS"] = (
            f"{PUB}={self.server.url}/ruby https://github.com={self.server.url}/web"
            f" https://api.github.com={self.server.url}/api"
        )

    def publish(self, version: str) -> None:
        """Publish a version: a tarball, and the rows of it and of two other kinds."""
        top = f"ruby-{version}"

        def text(template: str) -> bytes:
            return template.replace("VERSION", version).encode()

        tarball = compress(
            tar(
                directory(f"{top}/"),
                Entry(f"{top}/configure", text(CONFIGURE), 0o755),
                Entry(f"{top}/template/Makefile.in", text(MAKEFILE)),
                Entry(f"{top}/main.c", text(MAIN)),
                Entry(f"{top}/bin/gem", text(GEM), 0o755),
                Entry(f"{top}/bin/bundle", text(BUNDLE), 0o755),
                Entry(f"{top}/bin/irb", b"#!/bin/sh\n", 0o755),
                Entry(f"{top}/bin/erb", b"#!/bin/sh\n", 0o755),
            ),
            "gz",
        )
        series = ".".join(version.split(".")[:2])
        for ending, data in (("tar.gz", tarball), ("tar.xz", b"xz"), ("zip", b"zip")):
            place = f"{series}/{top}.{ending}"
            self.server.put(f"/ruby/{place}", data)
            digests = "\t".join(
                hashlib.new(name, data).hexdigest()
                for name in ("sha1", "sha256", "sha512")
            )
            self._rows.append(f"{top}\t{PUB}/{place}\t{digests}\n")
        self.server.put("/ruby/index.txt", "".join(self._rows).encode())


def portable(version: str, build: str) -> dict[str, bytes]:
    """Return the assets of a portable build; `build` is written into its Ruby."""
    top = f"ruby-{version}"
    says = f'#!/bin/sh\nprintf "{version}\\nopenssl yes\\npsych yes\\nzlib yes\\n"\n'
    tree = tar(
        Entry(f"{top}/bin/ruby", f"{says}# build {build}\n".encode(), 0o755),
        *(
            Entry(f"{top}/bin/{name}", b"#!/bin/sh\n", 0o755)
            for name in ("gem", "irb", "erb", "rake", "bundle")
        ),
    )
    targets = ("x86_64_linux", "arm64_linux", "macos", "x86_64_linux.no_yjit")
    return {f"{top}.{target}.tar.gz": compress(tree, "gz") for target in targets}


def supply_libraries(home: Home, place: Path) -> None:
    """Point the machine's compiler at empty headers and libraries."""
    (place / "lib").mkdir(parents=True)
    source = place / "empty.c"
    source.write_text("int empty;\n")
    subprocess.run(["cc", "-c", source, "-o", place / "empty.o"], check=True)
    for name in LIBRARIES:
        archive = place / f"lib/lib{name}.a"
        subprocess.run(["ar", "rc", archive, place / "empty.o"], check=True)
    for name in HEADERS:
        header = place / "include" / name
        header.parent.mkdir(parents=True, exist_ok=True)
        header.touch()
    home.env["CPPFLAGS"] = f"-I{place}/include"
    home.env["LDFLAGS"] = f"-L{place}/lib"
