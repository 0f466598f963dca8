# SPDX-License-Identifier: BSD-3-Clause
"""What is no TCP, or no service's, crosses untouched, both ways; tags are carried through."""

import contextlib
import os
import socket
import struct

import pytest

from . import streams
from .programs import until
from .topology import AF_XDP, CLIENT, CLIENT6, SERVER, SERVER6
from .vlan import VlanPort

ALWAYS = {"challenge": "always"}
families = pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ping(namespace, address, size=56):
    """An ICMP echo; True when the same bytes came back."""
    six = ":" in address
    protocol = socket.getprotobyname("ipv6-icmp" if six else "icmp")
    content = os.urandom(size)
    head = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 0x5EED, 1)
    if not six:  # the kernel fills in ICMPv6's
        head = struct.pack("!BBHHH", 8, 0, checksum(head + content), 0x5EED, 1)
    with namespace.socket(streams.family_of(address), socket.SOCK_RAW, protocol) as raw:
        raw.settimeout(3)
        raw.sendto(head + content, (address, 0))
        while True:
            answer = raw.recv(65536)
            answer = answer if six else answer[20:]
            if answer[0] == (129 if six else 0) and answer[4:] == head[4:] + content:
                return True


@families
def test_neighbours_are_found_and_icmp_crosses(lab, address):
    """ARP and neighbour discovery, then echoes of all sizes, from both sides."""
    with lab.synward(lab.policy(ALWAYS)) as synward:
        for namespace, peer in ((lab.client, address), (lab.server, (CLIENT, CLIENT6)[":" in address])):
            for device in ("client0", "server0"):
                namespace.ip("neighbour", "flush", "dev", device, check=False)
            assert all(ping(namespace, peer, size) for size in (0, 56, 1400))
    assert synward.counters["not_tcp"] >= 14


@families
def test_fragments_of_what_is_no_tcp_cross(lab, address):
    with lab.synward(lab.policy(ALWAYS, ports=AF_XDP)) as synward:
        assert ping(lab.client, address, 4000)
        assert ping(lab.server, (CLIENT, CLIENT6)[":" in address], 20_000)
    assert synward.counters["not_tcp"] >= 2 * 3 + 2 * 14


@families
def test_udp_crosses_both_ways(lab, address):
    family = streams.family_of(address)
    with (
        lab.synward(lab.policy(ALWAYS)),
        lab.server.socket(family, socket.SOCK_DGRAM) as server,
        lab.client.socket(family, socket.SOCK_DGRAM) as client,
    ):
        server.bind((address, 80))
        for end in (server, client):
            end.settimeout(3)
        for size in (1, 1400):
            content = os.urandom(size)
            client.sendto(content, (address, 80))
            got, sender = server.recvfrom(65536)
            assert got == content
            server.sendto(got[::-1], sender)
            assert client.recv(65536) == content[::-1]


def test_tcp_of_no_service_crosses(lab):
    """And the refusal of a port that nobody serves."""
    policy = lab.policy({**ALWAYS, "ports": [80]})
    with (
        lab.synward(policy) as synward,
        streams.server(lab.server, SERVER, 8080, streams.echo),
    ):
        with streams.connect(lab.client, SERVER, 8080) as connection:
            connection.sendall(b"hello")
            assert streams.receive(connection, 5) == b"hello"
        with pytest.raises(ConnectionRefusedError):
            streams.connect(lab.client, SERVER, 9)
    assert synward.counters["not_protected"] >= 6
    assert synward.counters["syn_challenged"] == 0


@pytest.mark.parametrize("challenge", ["never", "monitor", "over-budget"])
def test_refusal_of_an_unchallenged_port_reaches_the_client(lab, challenge):
    with lab.synward(lab.policy({"challenge": challenge})):
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                streams.connect(lab.client, SERVER, 9)


def test_connection_that_a_server_opens(lab):
    """A protected server is a client itself."""
    with (
        lab.synward(lab.policy(ALWAYS)),
        streams.server(lab.client, CLIENT, 8080, streams.echo),
        streams.connect(lab.server, CLIENT, 8080) as connection,
    ):
        connection.sendall(b"hello")
        assert streams.receive(connection, 5) == b"hello"


@contextlib.contextmanager
def tagged(lab, tags):
    with (
        VlanPort(lab.client, "vlan0", "client0", tags),
        VlanPort(lab.server, "vlan0", "server0", tags),
    ):
        for namespace, last in ((lab.client, 1), (lab.server, 2)):
            namespace.ip("address", "add", f"10.1.0.{last}/24", "dev", "vlan0")
            namespace.ip("address", "add", f"2001:db8:1::{last}/64", "dev", "vlan0", "nodad")
        yield


@pytest.mark.parametrize("tags", [[42], [42, 7]], ids=["802.1Q", "two_tags"])
@pytest.mark.parametrize("address", ["10.1.0.2", "2001:db8:1::2"], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("challenge", ["wire", "never", "always"])
def test_vlan_tags_are_carried_through(lab, challenge, tags, address):
    policy = lab.policy({"challenge": challenge, "addresses": [address]})
    content = os.urandom(200_000)
    with (
        lab.wire() if challenge == "wire" else lab.synward(policy) as synward,
        tagged(lab, tags),
        streams.server(lab.server, address, 8080, streams.echo),
    ):
        assert until(lambda: ping(lab.client, address), 5, "an answer through the tags")
        with streams.connect(lab.client, address, 8080) as connection:
            connection.sendall(content)
            assert streams.receive(connection, len(content)) == content
    if challenge == "always":
        assert synward.counters["cookie_redeemed"] == 1
