# SPDX-License-Identifier: BSD-3-Clause
"""A device that verifies checksums spares the workers that: net_tap, which offers what network cards
do. Each tap is bridged to the lab's own device."""

import os
import socket
import struct
from contextlib import contextmanager

import pytest

from . import streams
from .skipping import skip_loudly
from .topology import CLIENT, SERVER, SERVER6

TUN = "/dev/net/tun"
TAPS = {
    "outside": "net_tap0,iface=outside_tap",
    "inside": "net_tap1,iface=inside_tap",
}


@contextmanager
def bridged(box, side):
    """The tap that synward has made is one wire with the lab's device."""
    bridge = f"{side}_wire"
    box.ip("link", "add", bridge, "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
    try:
        for device in (f"{side}_tap", f"{side}0"):
            box.ip("link", "set", device, "master", bridge)
            box.ip("link", "set", device, "up")
        box.ip("link", "set", bridge, "up")
        yield
    finally:
        box.ip("link", "delete", bridge)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def syn(lab, port, damage):
    """A frame with a SYN to the server, one bit of its IPv4 or TCP checksum wrong."""
    ends = socket.inet_aton(CLIENT) + socket.inet_aton(SERVER)
    tcp = struct.pack("!HHIIBBHHH", port, 8080, port * 1000, 0, 0x50, 0x02, 64240, 0, 0)
    right = checksum(ends + struct.pack("!HH", 6, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack("!H", right ^ (damage == "tcp")) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0) + ends
    ip = ip[:10] + struct.pack("!H", checksum(ip) ^ (damage == "ip")) + ip[12:]
    macs = [
        bytes.fromhex(end.mac(device).replace(":", ""))
        for end, device in ((lab.server, "server0"), (lab.client, "client0"))
    ]
    return (macs[0] + macs[1] + struct.pack("!H", 0x0800) + ip + tcp).ljust(60, b"\0")


@pytest.fixture
def tapped(lab, site):
    if not os.access(TUN, os.R_OK | os.W_OK):
        skip_loudly(f"NO TAPS: this machine does not give {TUN}")
    with (
        lab.synward(lab.policy({"challenge": "always"}, ports=TAPS)) as synward,
        bridged(lab.box, "outside"),
        bridged(lab.box, "inside"),
    ):
        for end in (lab.client, lab.server):
            end.ip("neigh", "flush", "all")
        yield synward


@pytest.mark.parametrize("address", [SERVER, SERVER6])
def test_connections_cross_and_lose_nothing(lab, tapped, address):
    with lab.flood(rate=20_000), lab.transfer(address) as transfer:
        result = transfer.run(lab.client, count=200, parallel=20, download=50_000, upload=50_000)
    assert result["succeeded"] == 200, result
    with streams.server(lab.server, address, 8081, streams.echo):
        conversations = streams.Conversations(lab.client, address, 8081, 10)
        conversations.go_on()
        conversations.close()
    assert "checksums=device" in tapped.process.stderr


def test_what_is_damaged_is_dropped_all_the_same(lab, tapped):
    sent = 50
    # Past the bridge, which drops some of it by itself.
    with (
        streams.server(lab.server, SERVER, 8080, streams.echo),
        lab.box.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire,
    ):
        wire.bind(("outside_tap", 0))
        for number in range(sent):
            for damage in ("none", "tcp", "ip"):
                wire.send(syn(lab, 20_000 + number, damage))
    tapped.stop()
    counters = tapped.counters
    assert [counters[name] for name in ("syn_challenged", "tcp_checksum", "ipv4_checksum")] == [sent] * 3
