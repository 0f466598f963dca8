# SPDX-License-Identifier: BSD-3-Clause
"""The Linux kernel's own SYN proxy in the box, to be measured beside synward."""

from contextlib import contextmanager

import pytest

from .topology import CLIENT, SERVER

_RULES = """
table ip beside {{
    chain early {{
        type filter hook prerouting priority raw;
        ip daddr {server} tcp dport {port} tcp flags & (fin|syn|rst|ack) == syn notrack
    }}
    chain late {{
        type filter hook forward priority filter + 1;
        ct state invalid drop
    }}
    chain forward {{
        type filter hook forward priority filter;
        ip daddr {server} tcp dport {port} ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
    }}
}}
"""


@contextmanager
def kernel_synproxy(lab, port):
    """The box routes between its two sides, which share a subnet, and challenges the server's port
    as the kernel does. IPv4."""
    with lab.occupied("the kernel's SYN proxy"), _synproxy(lab, port):
        yield


@contextmanager
def _synproxy(lab, port):
    box = lab.box
    box.sysctl(net__ipv4__ip_forward=1)
    for device in ("outside0", "inside0"):
        box.sysctl(**{f"net__ipv4__conf__{device}__proxy_arp": 1})
    box.ip("address", "add", "10.0.0.254/32", "dev", "lo")
    routes = ((CLIENT, "outside0"), (SERVER, "inside0"))
    for address, device in routes:
        box.ip("route", "add", address, "dev", device, "src", "10.0.0.254")
    try:
        made = box.nft(_RULES.format(server=SERVER, port=port), check=False)
        if made.returncode != 0:
            pytest.skip(f"THIS KERNEL HAS NO SYN PROXY: {made.stderr.strip()}")
        box.sysctl(net__netfilter__nf_conntrack_tcp_loose=0)
        _forget_neighbours(lab)
        yield
    finally:
        box.run("nft", "delete", "table", "ip", "beside", check=False)
        for address, device in routes:
            box.ip("route", "delete", address, "dev", device)
        box.ip("address", "delete", "10.0.0.254/32", "dev", "lo")
        for device in ("outside0", "inside0"):
            box.sysctl(**{f"net__ipv4__conf__{device}__proxy_arp": 0})
        box.sysctl(net__ipv4__ip_forward=0)
        _forget_neighbours(lab)


def _forget_neighbours(lab):
    """Each end knows the other by the other's hardware address, or by the box's."""
    for namespace, device in ((lab.client, "client0"), (lab.server, "server0")):
        namespace.ip("neighbour", "flush", "dev", device)
