#!/bin/sh
# From a checkout to a tarball that holds its own Erlang: build.sh [GLIBC OF THE SERVERS]
set -eu
cd "$(dirname "$0")"
toolpin install
variables=$(toolpin env)
eval "$variables"
mix test
export MIX_ENV=prod
mix release --overwrite --quiet
release=_build/prod/rel/demo
toolpin release-check "$release" ${1:+--glibc "$1"}
version=$(cut -d ' ' -f 2 "$release/releases/start_erl.data")
tar -C "$release" -czf "demo-$version.tar.gz" .
echo "demo-$version.tar.gz"
