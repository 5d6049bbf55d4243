#!/bin/sh
# Builds a tarball that holds the application and its own Erlang, from this checkout.
#
# usage: build.sh [GLIBC]
#   GLIBC   the version of glibc on the servers (`ldd --version`); this machine's otherwise
#
# The last line of its output is the name of the tarball, demo-TIME-COMMIT.tar.gz; COMMIT
# ends in -dirty when files have changed since.
set -eu
cd "$(dirname "$0")"
commit=$(git describe --always --dirty --abbrev=12 --exclude '*')

toolpin install
variables=$(toolpin env)
eval "$variables"

# A project with dependencies has a mix.lock. Hex and rebar3 go into a directory for this
# Elixir and OTP, so a new pair gets its own; a project that pins `rebar` has rebar3.
if [ -f mix.lock ]; then
  mix local.hex --force --if-missing
  [ -n "${MIX_REBAR3:-}" ] || mix local.rebar --force --if-missing
  mix deps.get --check-locked
fi
mix test
npm ci --prefix assets --no-audit --no-fund
npm run --prefix assets deploy

export MIX_ENV=prod
release=_build/prod/rel/demo
rm -rf "$release" # or the Erlang of the last build would still be in it
mix release --quiet
# Fails when the servers lack what the release needs, or when it runs on this machine only.
toolpin release-check "$release" --glibc "${1:-$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2)}"

name=demo-$(date -u +%Y%m%d%H%M%S)-$commit
tar -C "$release" -czf "$name.tar.gz.part" .
mv "$name.tar.gz.part" "$name.tar.gz"
echo "$name.tar.gz"
