#!/bin/sh
# CodeDeploy's ApplicationStart.
set -eu
systemctl restart demo
