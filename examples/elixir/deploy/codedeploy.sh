#!/bin/sh
# CodeDeploy's ApplicationStart: deploys the newest tarball of the revision.
set -eu
cd "$(dirname "$0")/.."
tarball=$(find . -maxdepth 1 -name 'demo-*.tar.gz' | sort | tail -n 1)
[ -n "$tarball" ] || { echo "the revision has no demo-TIME-COMMIT.tar.gz" >&2 && exit 1; }
exec demo-release deploy "$tarball"
