# SPDX-License-Identifier: BSD-3-Clause
"""sees: clients. The servers' answers go round the box, which follows connections by what their
clients send."""

import time

import pytest

from . import streams
from .asymmetric import way_back
from .topology import CROWD, SERVER, SERVER6

ONE_SIDED = {"method": "reset", "sees": "clients"}
FLOOD_RATE = 30_000  # at least; 120,000 a second are asked for
CONNECTIONS = 200

families = pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])


@pytest.fixture(scope="module")
def asymmetric(lab):
    with way_back(lab):
        yield lab


def transfer_all(lab, address, port=8080):
    with lab.transfer(address, port) as transfer:
        result = transfer.run(
            lab.client, count=CONNECTIONS, parallel=20, download=50_000, upload=5_000
        )
    assert result["succeeded"] == CONNECTIONS, result
    return result


def expect_servers_unseen(counters):
    """That the route was asymmetric, or the test would show nothing."""
    for reason in ("syn_ack", "without_flow", "syn_ack_without_flow", "server_refused"):
        assert counters[reason] == 0, (reason, counters[reason])


@families
def test_challenged_connections_transfer_all_they_have(asymmetric, address):
    lab = asymmetric
    with lab.synward(lab.policy({"challenge": "always", **ONE_SIDED})) as synward:
        transfer_all(lab, address)
    counters = synward.counters
    expect_servers_unseen(counters)
    assert counters["handshake_completed"] == CONNECTIONS
    assert counters["handshake_unproven"] == 0
    # One source: 64 at once and 15 a second; beyond that each handshake proves itself.
    assert 1 <= counters["source_admitted"] <= CONNECTIONS
    assert counters["syn_admitted"] >= CONNECTIONS
    assert counters["fin"] >= CONNECTIONS
    assert counters["sequence_out_of_window"] == 0
    assert counters["probe"] == 0


@families
def test_the_same_beside_a_flood(asymmetric, address):
    lab = asymmetric
    with lab.synward(lab.policy({"challenge": "always", **ONE_SIDED})) as synward:
        lab.reset_syn_counters()
        with lab.flood(ipv6=":" in address) as flood:
            transfer_all(lab, address)
        syns = lab.syns_at_server()
    assert flood.rate >= FLOOD_RATE
    assert syns["flood"] == 0
    counters = synward.counters
    expect_servers_unseen(counters)
    assert counters["syn_challenged_by_reset"] >= FLOOD_RATE * flood.seconds
    assert counters["handshake_completed"] == CONNECTIONS


@pytest.mark.parametrize("address, port", [(SERVER, 8090), (SERVER6, 8091)], ids=["ipv4", "ipv6"])
def test_a_flood_of_acks_reaches_no_server(asymmetric, address, port):
    """On ports of their own: what is left of earlier connections would be resumed, rightly."""
    lab = asymmetric
    policy = lab.policy({"challenge": "always", "ports": [port], **ONE_SIDED})
    with lab.synward(policy) as synward:
        before = lab.server.counter("server0", "rx_packets")
        with lab.flood(ipv6=":" in address, kind="ack", destination_port=port) as flood:
            transfer_all(lab, address, port)
        crossed = lab.server.counter("server0", "rx_packets") - before
    assert flood.rate >= FLOOD_RATE
    counters = synward.counters
    expect_servers_unseen(counters)
    assert counters["source_not_admitted"] >= FLOOD_RATE * flood.seconds
    assert counters["connection_resumed"] == 0
    assert crossed < CONNECTIONS * 200


def test_over_budget_leaves_clients_alone_without_a_flood_and_keeps_one_out(asymmetric):
    lab = asymmetric
    budget = 256
    policy = lab.policy({"challenge": "over-budget", "budget": budget, **ONE_SIDED})
    with lab.synward(policy) as synward, streams.server(lab.server, SERVER, 8080, streams.echo):
        # From before the flood, and proven by nothing: longer than a handshake may take.
        with streams.connect(lab.client, SERVER, 8080) as early:
            transfer_all(lab, SERVER6)
            lab.reset_syn_counters()
            with lab.flood() as flood:
                during = lab.load(SERVER, port=8080, rate=50, seconds=3, source=CROWD)
                early.sendall(b"still here")
                assert streams.receive(early, 10) == b"still here"
            syns = lab.syns_at_server()
    assert during["connected"] == during["tried"], during
    assert flood.rate >= FLOOD_RATE
    assert syns["flood"] <= budget
    counters = synward.counters
    expect_servers_unseen(counters)
    assert counters["handshake_unproven"] >= CONNECTIONS
    assert counters["source_admitted"] >= len(CROWD)


def test_half_open_timeout_leaves_a_connection_that_goes_on(asymmetric):
    lab = asymmetric
    # A port of its own, where nothing of an earlier test comes along.
    service = {"challenge": "over-budget", "ports": [8081], **ONE_SIDED}
    policy = lab.policy(service, flows={"half_open_timeout": "500ms"})
    with lab.synward(policy) as synward, streams.server(lab.server, SERVER, 8081, streams.echo):
        with streams.connect(lab.client, SERVER, 8081) as connection:
            for _ in range(3):
                time.sleep(0.8)
                connection.sendall(b"and on")
                assert streams.receive(connection, 6) == b"and on"
    assert synward.counters["handshake_unproven"] == 1
    assert synward.counters["source_not_admitted"] == 0
