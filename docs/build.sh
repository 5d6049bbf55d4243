#!/bin/sh
# Builds the documentation as a site, in site/ or the directory given, and fails on a link
# that leads nowhere. `sh tests/run.sh` runs it with the zensical of .venv/.
#
# README.md is the first page, so the site is built from a copy in which the pages have the
# same places as in the repository: links between them work in both.
set -eu
cd "$(dirname "$0")/.."
site=${1:-$PWD/site}
copy=$(mktemp -d "${TMPDIR:-/tmp}/toolpin-docs.XXXXXX")
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/pages/benchmarks"
cp -R README.md CONTRIBUTING.md CHANGELOG.md LICENSE docs examples "$copy/pages"
cp benchmarks/README.md "$copy/pages/benchmarks"
cp docs/zensical.toml "$copy"
rm -f "$copy/pages/docs/zensical.toml" "$copy/pages/docs/build.sh"
PATH=$PATH:$PWD/.venv/bin
(cd "$copy" && zensical build --strict)
rm -rf "$site"
cp -R "$copy/site" "$site"
