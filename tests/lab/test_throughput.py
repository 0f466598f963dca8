# SPDX-License-Identifier: BSD-3-Clause
"""A spliced connection is as fast as one that was never challenged."""

import statistics

import pytest

from .programs import Iperf3
from .topology import SERVER

SPLICED, FREE = 5201, 5202
ROUNDS = 5


@pytest.mark.parametrize("direction", [[], ["-R"]], ids=["up", "down"])
@pytest.mark.parametrize("flows", [1, 8], ids=["one_stream", "eight_streams"])
def test_splice_costs_no_throughput(lab, flows, direction):
    policy = lab.policy(
        {"ports": [SPLICED], "challenge": "always"}, {"ports": [FREE], "challenge": "never"}
    )
    rates = {SPLICED: [], FREE: []}
    with (
        lab.synward(policy) as synward,
        Iperf3(lab.server, SERVER, SPLICED) as spliced,
        Iperf3(lab.server, SERVER, FREE) as free,
    ):
        for turn in range(ROUNDS):
            servers = (spliced, free) if turn % 2 == 0 else (free, spliced)
            for server in servers:
                rates[server.port].append(
                    server.run(lab.client, "-P", flows, *direction, seconds=1)
                )
    median = {port: statistics.median(rate) for port, rate in rates.items()}
    print(f"spliced {median[SPLICED] / 1e6:.0f} Mbit/s, not {median[FREE] / 1e6:.0f} Mbit/s")
    assert synward.counters["cookie_redeemed"] == ROUNDS * (flows + 1)
    assert median[SPLICED] >= 0.95 * median[FREE], rates
