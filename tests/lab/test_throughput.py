# SPDX-License-Identifier: BSD-3-Clause
"""A spliced connection is as fast as one that was never challenged."""

import statistics

import pytest

from .programs import Iperf3
from .topology import SERVER

SPLICED, FREE = 5201, 5202
# One second's rate on a shared machine differs from the next by a tenth and more, so that the medians of
# a few say little of a twentieth. Where the few fall short, those of many decide, once: stopping at the
# first good moment would let a slower splice pass.
FEW, MANY = 5, 25


def ratio(rates):
    """Of the medians, spliced to not."""
    return statistics.median(rates[SPLICED]) / statistics.median(rates[FREE])


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
        for turn in range(MANY):
            if turn == FEW and ratio(rates) >= 0.95:
                break
            servers = (spliced, free) if turn % 2 == 0 else (free, spliced)
            for server in servers:
                rates[server.port].append(
                    server.run(lab.client, "-P", flows, *direction, seconds=1)
                )
    rounds = len(rates[SPLICED])
    print(f"spliced to not: {ratio(rates):.2f} after {rounds} rounds")
    assert synward.counters["cookie_redeemed"] == rounds * (flows + 1)
    assert ratio(rates) >= 0.95, rates
