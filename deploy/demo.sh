#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Shows what synward does: a web server under a SYN flood, without and with it. Installs what is
# needed (Debian 12), builds, and leaves nothing running. Takes a few minutes the first time, one
# afterwards. With --pcap it shows the same on captures, for machines that permit no network
# namespaces; it falls back to that by itself. DEMO_SECONDS sets how long each part takes.
set -eu
cd "$(dirname "$0")/.."
build=${SYNWARD_BUILD:-build}

deploy/install-packages.sh

if [ ! -e "$build/build.ninja" ]; then
    echo "Configuring $build (once)" >&2
    meson setup "$build" >/dev/null
fi
echo "Building (quick if nothing changed)" >&2
ninja --quiet -C "$build" synward synward-flood tests/lab/connect_load

as_root=""
if [ "$(id -u)" != 0 ] && [ "${1:-}" != --pcap ]; then
    as_root="sudo --preserve-env=SYNWARD_BUILD,DEMO_SECONDS,NO_COLOR" # to make network namespaces
fi
# shellcheck disable=SC2086  # words are wanted
SYNWARD_BUILD=$build exec $as_root /usr/bin/python3 -B deploy/demo.py "$@"
