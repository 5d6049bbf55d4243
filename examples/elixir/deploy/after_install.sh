#!/bin/sh
# CodeDeploy's AfterInstall: the tarball that came along becomes the current release.
set -eu
folder=${DEMO_FOLDER:-/opt/demo}
tarball=$(find "$folder/incoming" -maxdepth 1 -name 'demo-*.tar.gz')
version=${tarball##*/demo-}
sh "$(dirname "$0")/switch.sh" "$folder" "${version%.tar.gz}" "$tarball"
