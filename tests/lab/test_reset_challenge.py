# SPDX-License-Identifier: BSD-3-Clause
"""method: reset. Real clients reset the answer, are admitted, and their connections cross untouched."""

import pytest

from . import streams
from .topology import CROWD, CROWD6, SERVER, SERVER6

BY_RESET = {"challenge": "always", "method": "reset"}
FLOOD_RATE = 100_000

families = pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])


@families
@pytest.mark.parametrize("timestamps", [1, 0], ids=["timestamps", "no_timestamps"])
def test_every_http_request_succeeds_beside_a_flood(fresh, site, address, timestamps):
    lab = fresh
    lab.client.sysctl(net__ipv4__tcp_timestamps=timestamps)
    with lab.synward(lab.policy(BY_RESET)) as synward:
        lab.reset_syn_counters()
        with lab.flood(ipv6=":" in address) as flood:
            first = lab.load(address, count=1, parallel=1)
            one_by_one = lab.load(address, count=1000, parallel=1)
        syns = lab.syns_at_server()
    print(f"first connect {first['connect_ms']}, those after {one_by_one['connect_ms']}")
    assert first["succeeded"] == 1, first
    assert one_by_one["succeeded"] == 1000, one_by_one
    assert flood.rate >= FLOOD_RATE
    assert syns["flood"] == 0
    counters = synward.counters
    assert counters["syn_challenged_by_reset"] >= FLOOD_RATE * flood.seconds
    # Only where 1000 connections come faster than the allowance of one source are some of them
    # challenged again; each proves itself again.
    assert counters["syn_admitted"] >= 1001
    assert counters["source_admitted"] >= 1
    assert counters["cookie_redeemed"] == 0


def test_each_source_is_challenged_once(lab, site):
    """Sixteen sources, three connections each, slower than the allowance."""
    with lab.synward(lab.policy(BY_RESET)) as synward:
        with lab.flood() as flood:
            crowd = lab.load(SERVER, count=len(CROWD) * 3, rate=40, source=CROWD)
        six = lab.load(SERVER6, count=len(CROWD6) * 3, rate=40, source=CROWD6)
    assert crowd["succeeded"] == crowd["tried"], crowd
    assert six["succeeded"] == six["tried"], six
    assert flood.rate >= FLOOD_RATE
    counters = synward.counters
    # The addresses of IPv6 are of one /64, and so one source.
    assert counters["source_admitted"] == len(CROWD) + 1, counters
    assert counters["syn_admitted"] == (len(CROWD) + len(CROWD6)) * 3


@families
def test_new_source_waits_for_its_own_retry_and_no_longer(lab, address):
    """Linux since 5.8 tries again at once after a SYN-ACK that it must reset; others after 1 s."""
    with lab.synward(lab.policy(BY_RESET)), streams.server(lab.server, address, 8080, streams.echo):
        load = lab.load(address, port=8080, count=1, timeout_ms=2500)
    print(f"first connection: {load['connect_ms']}")
    assert load["connected"] == 1, load
    assert load["connect_ms"]["max"] < 1300, load


def test_over_budget_leaves_a_crowd_alone_and_a_flood_out(lab, site):
    policy = lab.policy({"challenge": "over-budget", "method": "reset", "budget": 128})
    with lab.synward(policy) as synward:
        calm = lab.load(SERVER, rate=500, seconds=2, source=CROWD)
        lab.reset_syn_counters()
        with lab.flood() as flood:
            during = lab.load(SERVER, rate=100, seconds=3, source=CROWD)
        syns = lab.syns_at_server()
    assert calm["succeeded"] == calm["tried"], calm
    assert during["succeeded"] == during["tried"], during
    assert flood.rate >= FLOOD_RATE
    assert syns["flood"] <= 128
    assert synward.counters["source_admitted"] >= len(CROWD)


def test_scan_finds_closed_ports_closed(lab):
    with lab.synward(lab.policy(BY_RESET)):
        for port in range(3000, 3010):
            with pytest.raises(ConnectionRefusedError):
                streams.connect(lab.client, SERVER, port)
