# SPDX-License-Identifier: BSD-3-Clause
"""What the kernels' TCP Fast Open (RFC 7413) and Multipath TCP (RFC 8684) make of the box: where it
does not let a SYN pass untouched they do without, and no byte is lost."""

import itertools
import os
import socket

import pytest

from . import streams
from .topology import SERVER, SERVER6

IPPROTO_MPTCP = 262
TCP_FASTOPEN_CONNECT = 30
CONTENT = os.urandom(200_000)
ports = itertools.count(9400)
families = pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
SERVICES = {
    "wire": None,
    "never": {"challenge": "never"},
    "always": {"challenge": "always"},
    "reset": {"challenge": "always", "method": "reset"},
    "strip": {"challenge": "never", "syn_data": "strip"},
    "drop": {"challenge": "never", "syn_data": "drop"},
}
services = pytest.mark.parametrize("service", SERVICES)


def box(lab, service):
    return lab.wire() if service == "wire" else lab.synward(lab.policy(SERVICES[service]))


def seen(namespace, name):
    """One of the kernel's own counters, from nstat."""
    lines = namespace.run("nstat", "-az", name).stdout.splitlines()
    return int(lines[-1].split()[1])


def exchange(connection):
    connection.sendall(CONTENT)
    assert streams.receive(connection, len(CONTENT)) == CONTENT
    connection.shutdown(socket.SHUT_WR)
    assert streams.receive(connection, len(streams.FAREWELL)) == streams.FAREWELL


@families
@services
def test_fast_open(lab, service, address):
    """Two connections: the first gets a cookie, where it can, the second sends data with its SYN."""
    port = next(ports)
    for end in (lab.client, lab.server):
        end.sysctl(net__ipv4__tcp_fastopen=3)
    lab.client.sysctl(net__ipv4__tcp_fastopen_blackhole_timeout_sec=0)
    lab.client.run("ip", "tcp_metrics", "flush")
    accepted = seen(lab.server, "TcpExtTCPFastOpenPassive")
    try:
        with box(lab, service), streams.server(lab.server, address, port, streams.echo) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 100)
            for _ in range(3):
                with lab.client.socket(streams.family_of(address)) as connection:
                    connection.settimeout(20)
                    connection.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
                    connection.connect((address, port))
                    exchange(connection)
        opened = seen(lab.server, "TcpExtTCPFastOpenPassive") - accepted
        # Untouched, the server gets the data with the SYN. Whether the client tries again after it
        # has refused a challenge by reset is its own affair; else the server never gets any.
        if service != "reset":
            assert opened == (2 if service in ("wire", "never") else 0)
    finally:
        for end in (lab.client, lab.server):
            end.sysctl(net__ipv4__tcp_fastopen=1)


@families
@services
def test_multipath(lab, service, address):
    port = next(ports)
    try:
        listener = lab.server.socket(streams.family_of(address), protocol=IPPROTO_MPTCP)
    except OSError as error:
        pytest.skip(f"this kernel has no Multipath TCP: {error}")
    with box(lab, service), listener:
        listener.bind((address, port))
        listener.listen()
        fallbacks = seen(lab.client, "MPTcpExtMPCapableFallbackSYNACK")
        for _ in range(2):
            with lab.client.socket(
                streams.family_of(address), protocol=IPPROTO_MPTCP
            ) as connection:
                connection.settimeout(20)
                connection.connect((address, port))
                accepted, _ = listener.accept()
                with accepted:
                    accepted.settimeout(20)
                    connection.sendall(CONTENT[:50_000])
                    assert streams.receive(accepted, 50_000) == CONTENT[:50_000]
                    accepted.sendall(CONTENT)
                    assert streams.receive(connection, len(CONTENT)) == CONTENT
        fell_back = seen(lab.client, "MPTcpExtMPCapableFallbackSYNACK") - fallbacks
    assert fell_back == (2 if service == "always" else 0)
