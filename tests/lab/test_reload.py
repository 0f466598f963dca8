# SPDX-License-Identifier: BSD-3-Clause
"""Reloads under real connections and a flood: none is lost, every packet is accounted for, and
memory does not grow."""

import os
import threading
import time

import pytest

from . import streams
from .topology import CROWD, SERVER, SERVER6

# SYNWARD_RELOADS=400,120 is twice the full length of 200 in 60 s.
RELOADS, SECONDS = (int(n) for n in os.environ.get("SYNWARD_RELOADS", "400,14").split(","))
QUARTER = RELOADS // 4
SMALLEST_CHUNK = 32  # bytes, of the GNU C library's allocator: the least that can be lost


def variants(lab):
    """Policies that differ in all that a reload can change, each of which defends the server."""
    over_budget = {"challenge": "over-budget", "budget": 128}
    always = {"challenge": "always"}
    limits = {"new_connections": {"rate": "100Ki/s"}, "concurrent": "64Ki", "answers": "90Ki/s"}
    timeouts = {"half_open_timeout": "3s", "established_timeout": "1h", "on_expiry": "reset"}
    pinned = {"server": {"mss": 1400, "window_scale": 5}}
    lists = {"allow": ["10.0.0.116"], "deny": ["192.0.2.7"]}
    return [
        lab.policy(over_budget),
        lab.policy(always),
        lab.policy({**always, "name": "renamed"}),
        lab.policy({**over_budget, "budget": 16}, flows=timeouts),
        lab.policy({**always, **pinned}, sources=limits),
        lab.policy({**always, "name": "part", "addresses": [SERVER]}, {**always, "addresses": [SERVER6]}),
        lab.policy({**over_budget, **lists}, cookies={"key_lifetime": "4s"}, sources=limits),
        lab.policy({**always, "name": "network", "addresses": ["10.0.0.0/28", "2001:db8::/124"]}),
    ]


def held(synward):
    """Bytes that it holds of its allocators. Its resident pages say less: they come and go by more
    than a policy, with what the allocator keeps for later and which flows a flood touches."""
    memory = synward.ctl.json("status")["memory"]
    return memory["heap"] + memory["dpdk"]


@pytest.mark.parametrize("cores", [(1,), (0, 1)], ids=["one-worker", "two-workers"])
def test_reloads_lose_nothing(lab, site, cores):
    policies = variants(lab)
    for policy in policies:
        policy["workers"]["cores"] = list(cores)
        # The page keeps a point for each second, up to five minutes of them.
        policy["metrics"] = {"listen": "off"}
    results = {}

    def crowd(name, address, **options):
        results[name] = lab.load(address, seconds=SECONDS, **options)

    loads = [
        threading.Thread(target=crowd, args=("crowd", SERVER), kwargs={"rate": 200, "source": CROWD}),
        threading.Thread(target=crowd, args=("IPv6", SERVER6), kwargs={"rate": 50}),
    ]
    with (
        lab.synward(policies[0]) as synward,
        streams.server(lab.server, SERVER, 8080, streams.echo),
    ):
        before = streams.Conversations(lab.client, SERVER, 8080, 30)
        before.go_on()
        with lab.flood(rate=50_000) as flood:
            for load in loads:
                load.start()
            start = time.monotonic()
            memory = []
            for number in range(1, RELOADS + 1):
                log = synward.reload(policies[number % len(policies)])
                assert 'msg="synward: reloaded"' in log, log
                memory.append(held(synward))
                if number == RELOADS // 2:
                    during = streams.Conversations(lab.client, SERVER, 8080, 30)
                time.sleep(max(0, start + number * SECONDS / RELOADS - time.monotonic()))
            # A policy's memory differs from another's, and an old one goes a moment after it was
            # left, so the least of one quarter is compared with the least of another. Before them
            # the names of services that are gone fill their places.
            grown = min(memory[3 * QUARTER :]) - min(memory[2 * QUARTER : 3 * QUARTER])
            for load in loads:
                load.join()
        for conversations in (before, during):
            conversations.go_on()
            conversations.close()
    for name, result in results.items():
        assert result["tried"] > 10 * SECONDS, (name, result)
        assert result["succeeded"] == result["tried"], (name, result)
    assert flood.sent > 10_000 * SECONDS
    assert synward.counters["syn_challenged"] > 1_000 * SECONDS
    assert synward.counters["cookie_redeemed"] > 10 * SECONDS
    assert grown < QUARTER * SMALLEST_CHUNK * 3 / 4, f"{grown} bytes in {QUARTER} reloads"


def test_service_that_is_removed_leaves_its_connections_alone(lab, site):
    """Spliced connections are translated as long as they live; new ones cross untouched."""
    with (
        lab.synward(lab.policy({"challenge": "always"})) as synward,
        streams.server(lab.server, SERVER, 8080, streams.echo),
    ):
        spliced = streams.Conversations(lab.client, SERVER, 8080, 10)
        spliced.go_on()
        synward.reload(lab.policy())
        spliced.go_on()
        untouched = streams.Conversations(lab.client, SERVER, 8080, 10)
        untouched.go_on()
        untouched.close()
        time.sleep(2.5)  # a round over the table of flows
        spliced.go_on()
        synward.reload(lab.policy({"challenge": "over-budget", "name": "another"}))
        spliced.go_on()
        spliced.close()
    assert synward.counters["cookie_redeemed"] == 10
    assert synward.counters["not_protected"] > 0
