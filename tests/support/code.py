"""A program that is built from source: its plugin, its code, and who publishes it."""

from __future__ import annotations

import hashlib

from tests.support.archives import Entry, compress, directory, tar
from tests.support.run import Home
from tests.support.server import Server

PLUGIN = """
[tool]
name = "hello"
description = "says hello"
homepage = "https://hello.example/"
commands = ["hello"]
proof = ["hello", "hello {version}"]

[[source]]
id = "source"
kind = "lines"
publisher = "the source code of hello"
list = "https://hello.example/list.txt"
line = "{version} {sha256}"
artifacts = ["https://hello.example/hello-{version}.tar.gz"]
build = true

[source.hosts]
linux-x64 = {}
linux-arm64 = {}
macos-x64 = {}
macos-arm64 = {}

[build]
options = "HELLO_OPTIONS"
phases = [
  { name = "configure", run = ["./configure", "--prefix={install}", "{options}"] },
  { name = "make", run = ["make", "-j{jobs}", "install"] },
]

[[build.needs]]
what = "a C compiler"
programs = ["cc"]
apt = "gcc"

[[build.needs]]
what = "make"
programs = ["make"]
apt = "make"

[[build.needs]]
what = "nothing.h"
below = "2.0"
header = "nothing.h"
apt = "libnothing-dev"
hint = "take 2.0"
unless = "--nothing="

[[build.needs]]
what = "later.h"
since = "3"
header = "later.h"

[[build.needs]]
what = "libnothing"
below = "1.5"
header = "stdio.h"
library = "no-such-library"

[[build.needs]]
what = "a C of the last century"
below = "1.5"
header = "stdio.h"
condition = "__STDC_VERSION__ < 199901L"

[[build.needs]]
what = "a C of this century"
header = "stdio.h"
condition = "__STDC_VERSION__ >= 199901L"
"""
CONFIGURE = """#!/bin/sh
echo "checking $*"
echo "home $HOME, words $LC_ALL"
for word in "$@"; do
  case $word in
    --prefix=*) prefix=${word#*=} ;;
    --stop) echo "that is all"; exit 7 ;;
    --greet=*) greet=${word#*=} ;;
  esac
done
{
  echo "install: hello"
  echo "\\tmkdir -p $prefix/bin && cp hello $prefix/bin/"
  echo "hello: hello.c"
  echo "\\t@if [ -e slow ]; then echo waiting; sleep 300; fi"
  echo "\\t\\$(CC) -DGREET='\\"${greet:-hello}\\"' -o hello hello.c"
} >Makefile
"""
CODE = """#include <stdio.h>
int main(void) { printf("%s VERSION\\n", GREET); return 0; }
"""


class Code:
    """What hello.example publishes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lines: list[str] = []

    def mirror_for(self, home: Home) -> None:
        """Give the machine the plugin, and make its toolpin ask this copy too."""
        plugins = home.config / "plugins"
        plugins.mkdir(exist_ok=True)
        (plugins / "hello.toml").write_text(PLUGIN)
        known = home.env.get("TOOLPIN_MIRRORS", "")
        ours = f"https://hello.example={self._server.url}"
        home.env["TOOLPIN_MIRRORS"] = f"{known} {ours}".strip()

    def publish(self, version: str, code: str = CODE, *more: str) -> None:
        """Publish a version's source code, with empty files of these names."""
        top = f"hello-{version}"
        data = compress(
            tar(
                directory(f"{top}/"),
                Entry(f"{top}/configure", CONFIGURE.encode(), 0o755),
                Entry(f"{top}/hello.c", code.replace("VERSION", version).encode()),
                *(Entry(f"{top}/{name}", b"") for name in more),
            ),
            "gz",
        )
        self._server.put(f"/hello-{version}.tar.gz", data)
        self._lines.append(f"{version} {hashlib.sha256(data).hexdigest()}\n")
        self._server.put("/list.txt", "".join(self._lines).encode())
