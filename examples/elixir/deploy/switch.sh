#!/bin/sh
# Makes a version the current one: switch.sh FOLDER VERSION [TARBALL]. With a tarball it
# is unpacked first; without, it is one that is there still: a rollback.
set -eu
folder=$1 version=$2
if [ $# -gt 2 ]; then
  new=$folder/releases/.$version.new
  rm -rf "$new"
  mkdir -p "$new"
  tar -C "$new" -xzf "$3"
  rm -rf "$folder/releases/$version"
  mv "$new" "$folder/releases/$version"
fi
[ -x "$folder/releases/$version/bin/demo" ] || {
  echo "no release $version in $folder/releases" >&2
  exit 1
}
ln -sfn "releases/$version" "$folder/.current.new"
mv -T "$folder/.current.new" "$folder/current"
