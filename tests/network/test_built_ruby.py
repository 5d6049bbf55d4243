"""Ruby out of its source code: a gem with C code, and Bundler. Minutes: `-m long`."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.originals import original
from tests.support.ruby import PUB
from tests.support.run import Home
from tests.support.server import Server

pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    pytest.mark.skipif(
        shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
    ),
]
GEM = {
    "xqwzt.gemspec": """
Gem::Specification.new do |gem|
  gem.name, gem.version, gem.summary = "xqwzt", "1.2.0", "answers"
  gem.authors = ["Ana"]
  gem.files = ["ext/extconf.rb", "ext/answer.c", "lib/xqwzt.rb", "exe/xqwzt"]
  gem.extensions, gem.bindir, gem.executables = ["ext/extconf.rb"], "exe", ["xqwzt"]
end
""",
    "ext/extconf.rb": 'require "mkmf"\ncreate_makefile("xqwzt/answer")\n',
    "ext/answer.c": """
#include <ruby.h>
static VALUE answer(VALUE self) { return INT2NUM(42); }
void Init_answer(void) {
  rb_define_singleton_method(rb_define_module("Xqwzt"), "answer", answer, 0);
}
""",
    "lib/xqwzt.rb": 'require "xqwzt/answer"\n',
    "exe/xqwzt": 'require "xqwzt"\nputs "#{RUBY_VERSION} #{Xqwzt.answer}"\n',
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def without_bundled_gems(data: bytes) -> bytes:
    """Return Debian's tarball again, without the list of gems that Debian took out."""
    result = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        tarfile.open(fileobj=result, mode="w:gz", compresslevel=1) as new,
    ):
        for member in old:
            file = old.extractfile(member) if member.isfile() else None
            if member.name.endswith("/gems/bundled_gems"):
                member.size, file = 0, None
            new.addfile(member, file)
    return result.getvalue()


@pytest.fixture(scope="module")
def machine(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A machine with Debian's Ruby 3.1, built from the tarball of its publisher."""
    place = tmp_path_factory.mktemp("machine")
    code = original(tmp_path_factory, "bookworm", "ruby3.1", place)
    data = without_bundled_gems(code.data)
    name = f"3.1/ruby-{code.version}.tar.gz"
    server.put(f"/ruby/{name}", data)
    digests = (hashlib.new(kind, data).hexdigest() for kind in ("sha1", "sha256"))
    row = (f"ruby-{code.version}", f"{PUB}/{name}", *digests, "0" * 128)
    head = "name\turl\tsha1\tsha256\tsha512"
    server.put("/ruby/index.txt", "\n".join((head, "\t".join(row), "")).encode())
    server.put("/api/repos/jdx/ruby/releases", b"[]")
    home = Home(place / "home")
    home.env["TOOLPIN_MIRRORS"] = (
        f"{PUB}={server.url}/ruby https://github.com={server.url}/web"
        f" https://api.github.com={server.url}/api"
    )
    home.env["CFLAGS"] = "-O1"  # compiled in half the time
    home.pin(f"ruby {code.version}\n")
    done = home.toolpin("install", timeout_s=3600)
    assert done.code == 0, done.err
    home.env["PATH"] = f"{home.data}/shims:{home.env['PATH']}"
    return home


@pytest.fixture(scope="module")
def gem(machine: Home) -> Path:
    """A gem with C code, as its author builds it."""
    for name, text in GEM.items():
        path = machine.root / "gem" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(machine.project / ".tool-versions", machine.root / "gem")
    done = machine.run("gem", "build", "xqwzt.gemspec", cwd=machine.root / "gem")
    assert done.code == 0, done.err
    return machine.root / "gem/xqwzt-1.2.0.gem"


def version(machine: Home) -> str:
    return (machine.project / ".tool-versions").read_text().split()[1]


def test_a_gem_with_c_code_has_a_command_at_once(machine: Home, gem: Path) -> None:
    done = machine.run("gem", "install", "--local", str(gem), timeout_s=300)
    assert done.code == 0, done.out + done.err
    assert machine.run("xqwzt").out == f"{version(machine)} 42\n"
    assert machine.toolpin("verify", timeout_s=120).code == 0
    assert machine.run("gem", "uninstall", "-x", "xqwzt").code == 0


def test_bundler_installs_it_from_a_server(
    machine: Home, gem: Path, server: Server
) -> None:
    index = machine.root / "index"
    (index / "gems").mkdir(parents=True)
    shutil.copy(gem, index / "gems")
    (index / ".tool-versions").write_text(f"ruby {version(machine)}\n")
    done = machine.run("gem", "generate_index", "-d", ".", cwd=index, timeout_s=300)
    assert done.code == 0, done.out + done.err
    for path in filter(Path.is_file, index.rglob("*")):
        server.put(f"/gems/{path.relative_to(index)}", path.read_bytes())
    (machine.project / "Gemfile").write_text(
        f'source "{server.url}/gems"\ngem "xqwzt"\n'
    )
    done = machine.run("bundle", "install", timeout_s=300)
    assert done.code == 0, done.out + done.err
    assert machine.run("bundle", "exec", "xqwzt").out == f"{version(machine)} 42\n"
    assert machine.run("xqwzt").out == f"{version(machine)} 42\n"
    lock = (machine.project / "Gemfile.lock").read_text()
    assert "xqwzt (1.2.0)" in lock
    assert "BUNDLED WITH" in lock
