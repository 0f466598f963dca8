# SPDX-License-Identifier: BSD-3-Clause
"""Several workers on devices without receive-side scaling: packets go to their owner by ring."""

from . import streams
from .topology import CROWD, SERVER, SERVER6


def test_two_workers_share_the_connections(lab, site):
    policy = lab.policy({"challenge": "always"}, cores=(0, 1))
    policy["workers"]["steering"] = "software"
    with (
        lab.synward(policy) as synward,
        streams.server(lab.server, SERVER, 8080, streams.echo),
    ):
        lab.reset_syn_counters()
        with lab.flood(rate=50_000):
            four = lab.load(SERVER, count=500, parallel=20, source=CROWD)
            six = lab.load(SERVER6, count=500, parallel=20)
            conversations = streams.Conversations(lab.client, SERVER, 8080, 20)
            conversations.go_on()
        conversations.go_on()
        conversations.close()
        flood_syns = lab.syns_at_server()["flood"]
    assert flood_syns <= synward.counters["probe"] <= 10
    assert (four["succeeded"], six["succeeded"]) == (500, 500), (four, six)
    first, second = synward.report["workers"]
    # The devices have one queue each, which the first worker reads; half of it is the second's.
    assert second["taken_over"] == first["handed_over"]
    assert first["received"] * 0.3 < first["handed_over"] < first["received"] * 0.7
