#!/bin/sh
# Prepares a server, as root; a second run changes nothing. usage: setup.sh
#
# Two accounts: `deploy` owns the releases, `demo` runs them and can write to none.
set -eu
umask 022
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "setup.sh: run it as root" >&2 && exit 1; }
for program in curl flock sudo systemctl; do
  command -v "$program" >/dev/null || { echo "setup.sh: $program is missing" >&2 && exit 1; }
done

id demo >/dev/null 2>&1 ||
  useradd --system --user-group --no-create-home --home-dir /run/demo --shell /usr/sbin/nologin demo
id deploy >/dev/null 2>&1 || useradd --user-group --create-home --shell /bin/sh deploy
usermod --append --groups systemd-journal deploy

install -d -o deploy -g deploy -m 0755 /opt/demo /opt/demo/releases /opt/demo/incoming
install -d -m 0700 /etc/demo
[ -e /etc/demo/demo.env ] || install -m 0600 demo.env /etc/demo/demo.env
install -m 0755 demo-release /usr/local/bin/demo-release
install -m 0440 demo.sudoers /etc/sudoers.d/demo
install -m 0644 demo.service demo-migrate.service /etc/systemd/system/
systemctl daemon-reload
systemctl enable --quiet demo.service
