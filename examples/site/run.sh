#!/bin/sh
# Sets toolpin up, installs the Node.js that this project pins, and runs the project.
set -eu
cd "$(dirname "$0")"
sh ../../install.sh
PATH=${TOOLPIN_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/toolpin}/shims:$HOME/.local/bin:/usr/local/bin:$PATH
set -x
toolpin install
node --version
node app.js
