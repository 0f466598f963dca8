# SPDX-License-Identifier: BSD-3-Clause
"""A client without time stamps keeps window scale and SACK through a challenge by synward; the
kernel's SYN proxy, whose cookie has its room for them in the time stamp, drops them."""

from . import streams
from .kernel_synproxy import kernel_synproxy
from .options import agreed
from .topology import SERVER

OURS, KERNELS = 8081, 8082


def both_ends(lab, port):
    with (
        streams.server(lab.server, SERVER, port, streams.echo),
        streams.connect(lab.client, SERVER, port) as connection,
    ):
        connection.sendall(b"hello")
        assert streams.receive(connection, 5) == b"hello"
        return [agreed(end, port) for end in (lab.client, lab.server)]


def test_client_without_timestamps_keeps_its_options(fresh):
    lab = fresh
    lab.client.sysctl(net__ipv4__tcp_timestamps=0)
    with lab.synward(lab.policy({"challenge": "always"})) as synward:
        ours = both_ends(lab, OURS)
    assert synward.counters["cookie_redeemed"] == 1
    with kernel_synproxy(lab, KERNELS):
        kernels = both_ends(lab, KERNELS)
    print(f"synward: {ours}\nkernel's SYN proxy: {kernels}")
    assert all(end["sack"] and "wscale" in end and not end["ts"] for end in ours), ours
    assert not any(end["sack"] or "wscale" in end for end in kernels), kernels
