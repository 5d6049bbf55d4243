"""Plugins in the shapes of the ones that most asdf users have, and their upstreams.

Each does what its real counterpart does with asdf: clones a builder into itself, calls
`asdf`, wraps a package manager, parses other managers' files, links its callbacks to
one file. The upstreams are repositories on this disk and files of a test's server.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.support.archives import Entry, compress, directory, tar
from tests.support.scripted import commit, git, repository, write
from tests.support.server import Server

_BASH = "#!/usr/bin/env bash\n"
# Writes a program: NAME, and its lines as stdin.
_PROGRAM = """program() {
  mkdir -p "$(dirname "$1")"
  { echo '#!/bin/sh'; cat; } >"$1"
  chmod +x "$1"
}
"""


class Shape(NamedTuple):
    """A plugin, and what its user types and sees; `{tree}` is the version's directory.

    `legacy` is a file of another manager that means the older version; if only the
    plugin can read it, `plain` is another one. `package` adds a program, which prints
    `added`.
    """

    name: str
    files: dict[str, str]
    versions: tuple[str, str]
    latest: str
    legacy: tuple[str, str]
    command: str
    prints: str
    package: str = ""
    program: str = ""
    plain: str = ""
    links: tuple[str, ...] = ()
    upstream: Callable[[Path, Server], None] = lambda _root, _server: None


def _builder(name: str, program: str, text: str) -> Callable[[Path, Server], None]:
    """Return an upstream with a repository of a builder, as node-build is."""

    def put(root: Path, _server: Server) -> None:
        place = repository(root / "builds" / name, {program: _BASH + _PROGRAM + text})
        (place / program).chmod(0o755)
        commit(place, {})

    return put


_NODE_BUILD = """[ "$1" != --definitions ] || { printf '%s\\n' 18.19.0 20.11.1; exit; }
program "$2/bin/node" <<END
echo "node $1"
END
program "$2/bin/npm" <<END
case "\\$*" in
  'install -g tool') printf '#!/bin/sh\\\\necho added\\\\n' >"$2/bin/tool"
    chmod +x "$2/bin/tool" ;;
  *) echo "npm of $1" ;;
esac
END
"""
NODEJS = Shape(
    "nodejs",
    {
        "lib/common.sh": """plugin_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
plugin=$(basename "$plugin_dir")
update_builder() {
  if [ -d "$plugin_dir/.node-build" ]; then
    git -C "$plugin_dir/.node-build" pull -q --ff-only
  else
    git clone -q https://builds.example/node-build.git "$plugin_dir/.node-build"
  fi >&2
}
""",
        "bin/list-all": _BASH
        + """set -euo pipefail
source "$(dirname "$0")/../lib/common.sh"
update_builder
echo $("$plugin_dir/lib/commands/command-nodebuild" --definitions)
""",
        "bin/install": _BASH
        + """set -euo pipefail
source "$(dirname "$0")/../lib/common.sh"
update_builder
nodebuild=$plugin_dir/lib/commands/command-nodebuild
"$nodebuild" "$ASDF_INSTALL_VERSION" "$ASDF_INSTALL_PATH"
asdf reshim "$plugin" "$ASDF_INSTALL_VERSION"
""",
        "bin/list-legacy-filenames": f"{_BASH}echo .nvmrc .node-version\n",
        "bin/parse-legacy-file": f'{_BASH}sed s/^v// "$1"\n',
        "lib/commands/command-nodebuild": _BASH
        + """source "$(dirname "$0")/../common.sh"
exec "$plugin_dir/.node-build/bin/node-build" "$@"
""",
        "shims/npm": _BASH
        + """set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
data=$(cd "${ASDF_DATA_DIR:-$HOME/.asdf}" && pwd -P)
plugin=$(basename "$(dirname "$here")")
[ -x "$data/plugins/$plugin/bin/list-all" ]
npm=$(asdf where nodejs)/bin/npm
case " $* " in
  *' -g '*) "$npm" "$@"; echo "Reshimming $plugin" >&2; asdf reshim "$plugin" ;;
  *) exec "$npm" "$@" ;;
esac
""",
    },
    ("18.19.0", "20.11.1"),
    "20.11.1",
    (".nvmrc", "v18.19.0\n"),
    "npm -v",
    "npm of {version}\n",
    "npm install -g tool",
    "tool",
    upstream=_builder("node-build.git", "bin/node-build", _NODE_BUILD),
)

# It wraps the machine's own Ruby, so that `gem` is the real one.
_RUBY_BUILD = """[ "$1" != --definitions ] || { printf '%s\\n' 3.2.2 3.3.0; exit; }
gems=$2/lib/ruby/gems/${1%.*}.0
program "$2/bin/ruby" <<END
GEM_HOME='$gems' exec /usr/bin/ruby "\\$@"
END
program "$2/bin/gem" <<END
exec '$2/bin/ruby' /usr/bin/gem "\\$@"
END
# The name that its gems' programs start.
ln -s ruby "$2/bin/$(basename "$(readlink -f /usr/bin/ruby)")"
"""
RUBY = Shape(
    "ruby",
    {
        "bin/download": f"{_BASH}# the builder downloads\n",
        "bin/list-all": _BASH
        + """plugin=$(dirname "$(dirname "$0")")
if [ ! -d "$plugin/ruby-build" ]; then
  echo 'Downloading ruby-build...' >&2
  git clone -q https://builds.example/ruby-build.git "$plugin/ruby-build" || exit
fi
"$plugin/ruby-build/bin/ruby-build" --definitions | paste -sd ' ' -
""",
        "bin/install": _BASH
        + """set -euo pipefail
plugin=$(dirname "$(dirname "$0")")
"$plugin/bin/list-all" | grep -qF "$ASDF_INSTALL_VERSION"
"$plugin/ruby-build/bin/ruby-build" "$ASDF_INSTALL_VERSION" "$ASDF_INSTALL_PATH"
""",
        "bin/list-bin-paths": _BASH
        + 'echo "bin lib/ruby/gems/${ASDF_INSTALL_VERSION%.*}.0/bin"\n',
        "bin/exec-env": _BASH
        + """plugin=$(dirname "$(dirname "${BASH_SOURCE[0]}")")
export RUBYLIB="$plugin/rubygems-plugin${RUBYLIB:+:$RUBYLIB}"
""",
        "bin/list-legacy-filenames": f'{_BASH}echo ".ruby-version Gemfile"\n',
        "bin/parse-legacy-file": _BASH
        + """case $(basename -- "$1") in
  Gemfile) sed -n "s/^ruby ['\\"]\\(.*\\)['\\"].*/\\1/p" "$1" ;;
  *) sed s/^ruby-// "$1" ;;
esac
""",
        "rubygems-plugin/rubygems_plugin.rb": """Gem.post_install do |installer|
  installer.spec.executables.each { |name| `asdf reshim ruby 3.2.2 bin/#{name}` }
end
""",
    },
    ("3.2.2", "3.3.0"),
    "3.3.0",
    ("Gemfile", "source 'https://gems.example'\nruby '3.2.2'\n"),
    "ruby -e 'puts ENV[%q(RUBYLIB)]'",
    "{plugin}/rubygems-plugin\n",
    "gem install --local --no-document --env-shebang {root}/tool-1.0.gem",
    "tool",
    plain=".ruby-version",
    upstream=_builder("ruby-build.git", "bin/ruby-build", _RUBY_BUILD),
)

_PYTHON_BUILD = """[ "$1" != --definitions ] || { printf '%s\\n' 3.11.7 3.12.1 3.13-dev
  exit; }
program "$2/bin/python" <<END
echo "Python $1"
END
program "$2/bin/pip" <<END
[ "\\$1" = install ] || { echo "pip of $1"; exit; }
printf '#!/bin/sh\\\\necho added\\\\n' >"$2/bin/\\$2"; chmod +x "$2/bin/\\$2"
END
"""
PYTHON = Shape(
    "python",
    {
        "bin/utils.sh": """pyenv=$(dirname "$(dirname "$0")")/pyenv
builder=$pyenv/plugins/python-build/bin/python-build
[ -f "$builder" ] || git clone -q https://builds.example/pyenv.git "$pyenv" >&2
""",
        "bin/list-all": _BASH
        + """source "$(dirname "$0")/utils.sh"
$builder --definitions | tr '\\n' ' '
""",
        "bin/install": _BASH
        + """set -e
source "$(dirname "$0")/utils.sh"
echo "python-build $ASDF_INSTALL_VERSION $ASDF_INSTALL_PATH"
$builder "$ASDF_INSTALL_VERSION" "$ASDF_INSTALL_PATH"
""",
        "bin/list-legacy-filenames": f"{_BASH}echo .python-version\n",
        "shims/pip": _BASH
        + """set -euo pipefail
plugin=$(basename "$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)")
pip=$(asdf where python)/bin/pip
[ "$1" = install ] || exec "$pip" "$@"
"$pip" "$@"
asdf reshim "$plugin"
""",
    },
    ("3.11.7", "3.12.1"),
    "3.12.1",
    (".python-version", "3.11.7\n"),
    "python --version",
    "Python {version}\n",
    "pip install tool",
    "tool",
    upstream=_builder(
        "pyenv.git", "plugins/python-build/bin/python-build", _PYTHON_BUILD
    ),
)


def _go(root: Path, server: Server) -> None:
    """Put the tags of a repository, and an archive for each version."""
    place = repository(root / "builds/go.git", {"README": "go\n"})
    for version in ("1.21.6", "1.22.0", "1.23rc1"):
        git(place, "tag", f"go{version}")
        text = f"""#!/bin/sh
[ "$1" = install ] || {{ echo "go{version} $GOROOT $GOPATH"; exit; }}
printf '#!/bin/sh\\necho added\\n' >"$GOBIN/$2"; chmod +x "$GOBIN/$2"
"""
        name = f"http://dl.example/go{version}.tar.gz"
        entries = (directory("go/"), directory("go/bin/"))
        server.put(
            name,
            compress(tar(*entries, Entry("go/bin/go", text.encode(), 0o755)), "gz"),
        )


GOLANG = Shape(
    "golang",
    {
        "bin/list-all": _BASH
        + """set -euo pipefail
git ls-remote --tags https://builds.example/go.git 'go*' | awk -F/go '{ print $2 }' |
  sort -V | tr '\\n' ' '
""",
        "bin/latest-stable": _BASH
        + """set -euo pipefail
all=$("$(dirname "$0")/list-all" | tr ' ' '\\n')
printf %s "$(grep -v rc <<<"$all" | grep "^$1" | tail -1)"
""",
        "bin/download": _BASH
        + """set -eu
cd "$ASDF_DOWNLOAD_PATH"
curl -sSfo archive.tar.gz "http://dl.example/go$ASDF_INSTALL_VERSION.tar.gz"
""",
        "bin/install": _BASH
        + """set -eu
tar -C "$ASDF_INSTALL_PATH" -xzf "$ASDF_DOWNLOAD_PATH/archive.tar.gz"
mkdir -p "$ASDF_INSTALL_PATH/packages/pkg" "$ASDF_INSTALL_PATH/bin"
chmod a-w "$ASDF_INSTALL_PATH/packages/pkg"
""",
        "bin/uninstall": f'{_BASH}chmod -R u+wx "$ASDF_INSTALL_PATH/packages"\n',
        "bin/list-bin-paths": f'{_BASH}echo -n "bin go/bin"\n',
        "bin/exec-env": _BASH
        + """if [ "$ASDF_INSTALL_VERSION" != system ]; then
  [[ "${GOROOT:-unset}" != unset ]] || export GOROOT=$ASDF_INSTALL_PATH/go
  [[ "${GOPATH:-unset}" != unset ]] || export GOPATH=$ASDF_INSTALL_PATH/packages
  [[ "${GOBIN:-unset}" != unset ]] || export GOBIN=$ASDF_INSTALL_PATH/bin
fi
""",
        "bin/help.overview": f"{_BASH}echo Go versions\n",
        "bin/list-legacy-filenames": _BASH
        + """echo 'Notice: go.mod is read' >&2
printf '.go-version go.mod go.work\\n'
""",
        "bin/parse-legacy-file": _BASH
        + """plugin=$(cd "$(dirname "$(dirname "${BASH_SOURCE[0]}")")" && pwd)
installs=$(dirname "$(dirname "$plugin")")/installs/$(basename "$plugin")
wanted=$(sed -n 's/^go \\(.*\\)/\\1/p' "$1")
ls "$installs" | grep "^$wanted" | sort -V | tail -1
""",
    },
    ("1.21.6", "1.22.0"),
    "1.22.0",
    ("go.mod", "module example.org/x\n\ngo 1.21\n"),
    "go version",
    "go{version} {tree}/go {tree}/packages\n",
    "go install tool",
    "tool",
    plain=".go-version",
    upstream=_go,
)


def _jdk(_root: Path, server: Server) -> None:
    rows = []
    for version in ("temurin-17.0.9+9", "temurin-21.0.2+13.0.LTS"):
        name = f"jdk-{version}.tar.gz"
        text = b'#!/bin/sh\necho "java of $JAVA_HOME"\n'
        entries = (directory("jdk/"), directory("jdk/bin/"))
        data = compress(tar(*entries, Entry("jdk/bin/java", text, 0o755)), "gz")
        rows.append(
            f"{version}\t{name}\t{server.put(f'http://dl.example/{name}', data)}\n"
        )
    server.put("http://dl.example/jdk.tsv", "".join(rows).encode())


_JAVA = """rows() { curl -sSf http://dl.example/jdk.tsv; }
case $(basename "$0") in
  list-all) rows | cut -f 1 | tr '\\n' ' ' ;;
  list-legacy-filenames) echo .java-version ;;
  uninstall) rm -rf "$ASDF_INSTALL_PATH" ;;
  install)
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    cd "$temporary" || exit
    curl -sSfO "$(rows | grep "^${ASDF_INSTALL_VERSION}\t" | cut -f 3)" || exit
    tar xf ./*.tar.gz
    mv jdk/* "$ASDF_INSTALL_PATH"
    ;;
esac
"""
JAVA = Shape(
    "java",
    {
        "bin/functions": _BASH + _JAVA,
        "bin/exec-env": f'{_BASH}export JAVA_HOME="$ASDF_INSTALL_PATH"\n',
    },
    ("temurin-17.0.9+9", "temurin-21.0.2+13.0.LTS"),
    "",  # no version begins with a number
    (".java-version", "temurin-17.0.9+9\n"),
    "java -version",
    "java of {tree}\n",
    links=("list-all", "list-legacy-filenames", "install", "uninstall"),
    upstream=_jdk,
)


def _elixirs(_root: Path, server: Server) -> None:
    names = ("1.15.7-otp-26", "1.16.1", "1.16.1-otp-26", "1.17.0-rc.0", "main")
    rows = "".join(f"v{name} 0123 2024\n" for name in names)
    server.put("http://dl.example/builds.txt", rows.encode())
    for name in names:
        text = f'#!/bin/sh\necho "elixir {name} ${{1##*/}} $MIX_HOME"\n'
        entries = (directory("bin/"), Entry("bin/elixir", text.encode(), 0o755))
        server.put(f"http://dl.example/v{name}.tgz", compress(tar(*entries), "gz"))


ELIXIR = Shape(
    "elixir",
    {
        "bin/list-all": _BASH
        + """curl -sf http://dl.example/builds.txt | cut -d ' ' -f 1 | sed s/^v// |
  LC_ALL=C sort -t. -k 1,1 -k 2,2n -k 3,3n | tr '\\n' ' '
""",
        "bin/latest-stable": _BASH
        + """all=$("$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/list-all")
newest=$(tr ' ' '\\n' <<<"$all" | grep -Ev '^vmain|^main|otp|rc|^$' | tail -1)
[[ $(asdf version) == 0.[12]* ]] || exit 9
otp=$(asdf current --no-header erlang | tr -s ' .' '\\n' | sed -n 2p)
echo "$newest-otp-$otp"
""",
        "bin/install": _BASH
        + """set -e
archive=$ASDF_DOWNLOAD_PATH/elixir.tgz
curl -sSfo "$archive" "http://dl.example/v$ASDF_INSTALL_VERSION.tgz"
tar -C "$ASDF_INSTALL_PATH" -xzf "$archive"
mkdir -p "$ASDF_INSTALL_PATH/.mix/archives"
""",
        "bin/list-bin-paths": f'{_BASH}echo "bin .mix/escripts"\n',
        "bin/exec-env": _BASH
        + """[ -n "${MIX_HOME:-}" ] || export MIX_HOME=$ASDF_INSTALL_PATH/.mix
""",
        "bin/list-legacy-filenames": f"{_BASH}echo .exenv-version\n",
        "shims/mix": "#!/usr/bin/env elixir\nMix.CLI.main\n",
    },
    ("1.15.7-otp-26", "1.16.1-otp-26"),
    "1.16.1-otp-26",
    (".exenv-version", "1.15.7-otp-26\n"),
    "mix help",
    "elixir {version} mix {tree}/.mix\n",
    upstream=_elixirs,
)


def _terraforms(_root: Path, server: Server) -> None:
    page = ""
    for version in ("1.8.0-rc1", "1.7.4", "1.6.6"):
        page += f'<a href="/{version}/">terraform_{version}</a>\n'
        text = f"#!/bin/sh\necho Terraform v{version}\n".encode()
        data = compress(tar(Entry("terraform", text, 0o755)), "gz")
        server.put(f"http://dl.example/terraform_{version}.tgz", data)
    server.put("http://dl.example/terraform/", page.encode())


_TOOL = """here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tool=$(basename "$(dirname "$here")")
"""
TERRAFORM = Shape(
    "terraform",
    {
        "bin/list-all": f"{_BASH}set -Eeuo pipefail\n{_TOOL}"
        + """curl -sf "http://dl.example/$tool/" | grep -o "${tool}_[0-9a-z.-]*" |
  sed "s/${tool}_//" | tac | paste -sd ' ' -
""",
        "bin/latest-stable": f"{_BASH}set -Eeuo pipefail\n{_TOOL}"
        + """"$here/list-all" | tr ' ' '\\n' | grep "^${1:-}" | grep -v -- - | tail -1
""",
        "bin/install": f"{_BASH}set -Eeuo pipefail\n{_TOOL}"
        + """temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
curl -sf "http://dl.example/${tool}_$ASDF_INSTALL_VERSION.tgz" >"$temporary/archive"
mkdir -p "$ASDF_INSTALL_PATH/bin"
tar -C "$ASDF_INSTALL_PATH/bin" -xzf "$temporary/archive"
""",
        "bin/list-legacy-filenames": f"{_BASH}echo .terraform-version main.tf\n",
        "bin/parse-legacy-file": _BASH
        + """case $1 in
  *.tf) sed -n 's/ *required_version *= *"= *\\(.*\\)"/\\1/p' "$1" ;;
  *) cat "$1" ;;
esac
""",
    },
    ("1.6.6", "1.7.4"),
    "1.7.4",
    ("main.tf", 'terraform {\n  required_version = "= 1.6.6"\n}\n'),
    "terraform version",
    "Terraform v{version}\n",
    plain=".terraform-version",
    upstream=_terraforms,
)

SHAPES = (NODEJS, RUBY, PYTHON, GOLANG, JAVA, ELIXIR, TERRAFORM)


def put(shape: Shape, root: Path, server: Server) -> str:
    """Put a plugin and its upstream; return the plugin's URL."""
    place = repository(root / f"asdf-{shape.name}", {})
    write(place, shape.files)
    for name in shape.links:
        (place / "bin" / name).symlink_to("functions")
    commit(place, {})
    shape.upstream(root, server)
    return f"file://{place}"
