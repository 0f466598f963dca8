# SPDX-License-Identifier: BSD-3-Clause
"""A lost third segment does not hang the client of a server that speaks first (RFC 4987 section
3.6): the box sends its SYN-ACK again, and the client's answer redeems the cookie."""

import pytest

from .topology import SERVER, SERVER6

CLIENTS = 1000


@pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("timestamps", [1, 0], ids=["timestamps", "no_timestamps"])
def test_every_client_has_its_banner_within_three_seconds(fresh, address, timestamps):
    lab = fresh
    lab.client.sysctl(net__ipv4__tcp_timestamps=timestamps)
    with (
        lab.wan(lose_third_segment=True) as wan,
        lab.synward(lab.policy({"challenge": "always"})) as synward,
        lab.transfer(address, greet=True) as transfer,
    ):
        result = transfer.run(lab.client, count=CLIENTS, parallel=250, download=100, upload=100)
    assert wan.to_right["lost_third_segments"] == CLIENTS
    assert result["succeeded"] == CLIENTS, result
    assert result["first_byte_ms"]["max"] <= 3000, result
    # The test can fail: without the SYN-ACK sent again nobody would have redeemed a cookie.
    assert synward.counters["syn_ack_again"] >= CLIENTS
