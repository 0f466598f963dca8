#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Builds the Debian package from this tree and checks it with lintian; prints where it lies.
#   deploy/package.sh [FOLDER]    the package goes to FOLDER, build/package without
set -eu
cd "$(dirname "$0")/.."
deploy/install-packages.sh

folder=${1:-build/package}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The build writes into its tree, and a Debian build wants one without ours.
mkdir "$work/synward"
tar -c --exclude=./.git --exclude='./build*' . | tar -x -C "$work/synward"
(cd "$work/synward" && dpkg-buildpackage --unsigned-source --unsigned-changes --build=binary) \
    >"$folder/build.log" 2>&1 || {
    tail -n 40 "$folder/build.log" >&2
    exit 1
}
lintian --fail-on error,warning "$work"/synward_*.changes
rm -f "$folder"/synward*.deb
cp "$work"/synward*.deb "$folder"
ls "$folder"/synward*.deb
