#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Installs from Debian 12 what building, testing and demonstrating synward need and what is missing.
# As root, or through sudo. Does nothing, and needs neither, where all of it is there.
set -eu

packages="
    g++ meson ninja-build pkg-config python3
    libdpdk-dev dpdk librte-meta-all libyaml-cpp-dev libcli11-dev libfmt-dev nlohmann-json3-dev
    libpcap-dev
    libcpp-httplib-dev prometheus-cpp-dev
    libsystemd-dev libgtest-dev libgmock-dev libbenchmark-dev libsodium-dev clang-format clang-tidy
    valgrind robin-map-dev debhelper dpkg-dev lintian systemd-container buildah mmdebstrap
    iproute2 ethtool nftables procps nginx-light iperf3 curl
    python3-pytest python3-yaml python3-jsonschema tshark prometheus chromium dpdk-dev
"

missing=""
for package in $packages; do
    # shellcheck disable=SC2016  # dpkg-query replaces it, not the shell
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=""
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install-packages.sh: run me as root, or install sudo; missing:$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "Installing:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP
# nginx is for the lab alone: its package must not start one on port 80.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f "$log"; $as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 755 $policy
fi
install_missing() {
    # shellcheck disable=SC2086  # words are wanted
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >"$log" 2>&1
}
# The package lists may be missing or old; fetching them first would cost every run.
install_missing || {
    $as_root apt-get update -qq >"$log" 2>&1 && install_missing
} || {
    cat "$log" >&2
    exit 1
}
