# SPDX-License-Identifier: BSD-3-Clause
"""Path MTU discovery through the box (RFC 1191, RFC 8201): segments that do not fit through a link
behind the box are sent again, smaller, by a sender that believes the router's ICMP error. None would
believe it if it quoted numbers that the sender does not know (RFC 5927)."""

import hashlib
import itertools
import os
import socket

import pytest

from . import streams
from .options import agreed
from .small_mtu import BEHIND, BEHIND6, MTU, behind
from .topology import CLIENT, CLIENT6, SERVER, SERVER6

CONTENT = os.urandom(3_000_000)
ports = itertools.count(9300)
challenges = pytest.mark.parametrize("challenge", ["wire", "never", "always"])
families = pytest.mark.parametrize("ipv6", [False, True], ids=["ipv4", "ipv6"])


def box(lab, challenge, **service):
    return lab.wire() if challenge == "wire" else lab.synward(
        lab.policy({"challenge": challenge, **service})
    )


def expect_errors(challenge, synward):
    """That it was a router's error which told the sender, and that none was taken for a forgery."""
    if challenge != "wire":
        assert synward.counters["icmp_error"] >= 1
        assert synward.counters.get("icmp_out_of_window", 0) == 0
        assert synward.counters.get("icmp_without_flow", 0) == 0


@families
@challenges
def test_a_server_learns_of_a_small_mtu_on_the_clients_side(lab, challenge, ipv6):
    server, port = SERVER6 if ipv6 else SERVER, next(ports)

    def send_all(connection):
        connection.sendall(CONTENT)
        connection.recv(1)

    with (
        box(lab, challenge) as synward,
        behind(lab, lab.client, lab.server, CLIENT, CLIENT6) as client,
        streams.server(lab.server, server, port, send_all),
        streams.connect(client, server, port) as connection,
    ):
        assert streams.receive(connection, len(CONTENT)) == CONTENT
        assert agreed(lab.server, port)["pmtu"] == str(MTU)
    expect_errors(challenge, synward)


@families
@challenges
def test_a_client_learns_of_a_small_mtu_on_the_servers_side(lab, challenge, ipv6):
    server, port = BEHIND6 if ipv6 else BEHIND, next(ports)
    with (
        box(lab, challenge, addresses=[BEHIND, BEHIND6]) as synward,
        behind(lab, lab.server, lab.client, SERVER, SERVER6) as host,
        streams.server(host, server, port, streams.digest),
        streams.connect(lab.client, server, port) as connection,
    ):
        connection.sendall(CONTENT)
        connection.shutdown(socket.SHUT_WR)
        expected = hashlib.sha256(CONTENT).hexdigest().encode()
        assert streams.receive(connection, len(expected)) == expected
    expect_errors(challenge, synward)
