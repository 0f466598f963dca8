# SPDX-License-Identifier: BSD-3-Clause
"""Thousands of connections over a network that loses, doubles and reorders: each arrives whole,
challenged or on a plain wire."""

import pytest

from .topology import SERVER, SERVER6

HARM = {"loss": "2%", "duplicate": "2%", "reorder": "5%", "reorder_delay": "2ms"}
CONNECTIONS = 1250  # of each of four kinds of client


@pytest.mark.parametrize("box", ["wire", "always"])
def test_every_connection_arrives_whole(fresh, box):
    lab = fresh
    policy = lab.policy({"challenge": "always"})
    results = {}
    with (
        lab.wan(delay="3ms", **HARM) as wan,
        lab.wire() if box == "wire" else lab.synward(policy) as synward,
    ):
        for address in (SERVER, SERVER6):
            with lab.transfer(address) as transfer:
                for timestamps in (1, 0):
                    lab.client.sysctl(net__ipv4__tcp_timestamps=timestamps)
                    results[address, timestamps] = transfer.run(
                        lab.client, count=CONNECTIONS, parallel=300, download=50_000, upload=5_000
                    )
    print(*results.items(), sep="\n")
    assert all(result["succeeded"] == CONNECTIONS for result in results.values()), results
    for counts in (wan.to_right, wan.to_left):
        assert counts["lost"] > 0.018 * counts["seen"], counts
        assert counts["duplicated"] > 0.018 * counts["seen"], counts
        assert counts["overtaken"] > 0.02 * counts["seen"], counts
        assert counts["overflowed"] == 0, counts
    if box == "always":
        # By the third segment, or by the data behind it where that was lost.
        redeemed = synward.counters["cookie_redeemed"] + synward.counters["syn_to_server"]
        assert redeemed >= 4 * CONNECTIONS, synward.counters
