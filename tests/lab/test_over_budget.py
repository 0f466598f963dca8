# SPDX-License-Identifier: BSD-3-Clause
"""challenge: over-budget: crowds of real clients are left alone, a flood is not."""

import time

from . import streams
from .topology import CROWD, SERVER

BUDGET = 128
OVER_BUDGET = {"challenge": "over-budget", "budget": BUDGET}


def test_crowd_of_real_clients_meets_no_challenge(lab, site):
    with lab.synward(lab.policy(OVER_BUDGET)) as synward:
        crowd = lab.load(SERVER, rate=2000, seconds=5, source=CROWD)
    assert crowd["tried"] >= 9_900, crowd
    assert crowd["succeeded"] == crowd["tried"], crowd
    assert synward.counters["syn_challenged"] == 0
    assert synward.counters["syn_within_budget"] >= crowd["tried"]


def test_flood_is_challenged_within_one_budget_and_connections_survive(lab, site):
    with (
        lab.synward(lab.policy(OVER_BUDGET)) as synward,
        streams.server(lab.server, SERVER, 8080, streams.echo),
    ):
        lab.reset_syn_counters()
        before = streams.Conversations(lab.client, SERVER, 8080, 40)
        before.go_on()
        with lab.flood() as flood:
            during = streams.Conversations(lab.client, SERVER, 8080, 40)
            before.go_on()
            during.go_on()
            crowd = lab.load(SERVER, rate=500, seconds=2, source=CROWD)
        before.go_on()
        during.go_on()
        time.sleep(1)
        after = streams.Conversations(lab.client, SERVER, 8080, 5)
        for conversations in (before, during, after):
            conversations.go_on()
            conversations.close()
        syns = lab.syns_at_server()
    assert flood.rate >= 100_000
    assert crowd["succeeded"] == crowd["tried"], crowd
    assert syns["flood"] <= BUDGET
    counters = synward.counters
    assert counters["syn_challenged"] >= 100_000 * flood.seconds
    assert counters["cookie_redeemed"] >= 40, "nobody of those during the flood was challenged"


def test_budget_comes_back_after_the_flood(lab, site):
    """Half-open connections that time out give their credits back: challenges end by themselves."""
    policy = lab.policy(OVER_BUDGET, flows={"half_open_timeout": "1s"})
    with lab.synward(policy) as synward:
        with lab.flood(rate=1000, count=1000) as flood:
            flood.process.wait(20)
        time.sleep(2.5)
        lab.reset_syn_counters()
        calm = lab.load(SERVER, count=50)
    assert calm["succeeded"] == 50, calm
    assert synward.counters["cookie_redeemed"] == 0
    assert synward.counters["syn_challenged"] >= 1000 - 3 * BUDGET
