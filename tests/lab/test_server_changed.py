# SPDX-License-Identifier: BSD-3-Clause
"""The server changes what it offers after synward has learned it: what was promised to a client and
what the server then agrees to differ, and every byte arrives all the same."""

import pytest

from . import streams
from .options import agreed
from .topology import SERVER, SERVER6

EACH_WAY = 100_000_000
PORT = 8080

RMEM = "net__ipv4__tcp_rmem"  # its last value decides the window scale
USUAL, SMALL = "4096 131072 33554432", "4096 131072 262144"
ADVERTISED = "advmss"  # of the server's routes; None: what the device carries

# The server's settings that synward learns, and those that it meets then.
CHANGES = {
    "smaller_window_scale": ({RMEM: USUAL}, {RMEM: SMALL}),
    "larger_window_scale": ({RMEM: SMALL}, {RMEM: USUAL}),
    "no_window_scale": ({}, {"net__ipv4__tcp_window_scaling": 0}),
    "no_sack": ({}, {"net__ipv4__tcp_sack": 0}),
    "no_timestamps": ({}, {"net__ipv4__tcp_timestamps": 0}),
    "smaller_mss": ({}, {ADVERTISED: 1000}),
    "larger_mss": ({ADVERTISED: 1000}, {ADVERTISED: None}),
}


def advertise_mss(server, mss):
    for family, prefix, more in (("-4", "10.0.0.0/24", ["src", SERVER]), ("-6", "2001:db8::/64", [])):
        route = ["route", "replace", prefix, "dev", "server0", "proto", "kernel", *more]
        route += ["metric", "256"] if family == "-6" else ["scope", "link"]
        server.ip(family, *route, *(["advmss", mss] if mss else []))


def set_up(server, settings):
    """The server's namespace with these settings."""
    settings = dict(settings)
    if ADVERTISED in settings:
        advertise_mss(server, settings.pop(ADVERTISED))
    server.sysctl(**settings)


@pytest.mark.parametrize("timestamps", [1, 0], ids=["timestamps", "no_timestamps"])
@pytest.mark.parametrize("change", CHANGES)
def test_streams_arrive_whole(fresh, change, timestamps):
    lab = fresh
    if change == "no_timestamps" and not timestamps:
        pytest.skip("nothing changes for a client without them")
    before, after = CHANGES[change]
    address = SERVER if timestamps else SERVER6
    usual = lab.server.run("sysctl", "-n", "net.ipv4.tcp_rmem").stdout.strip()
    lab.client.sysctl(net__ipv4__tcp_timestamps=timestamps)
    try:
        with lab.synward(lab.policy({"challenge": "always"})) as synward:
            set_up(lab.server, before)
            promised = told(lab, address, 2)  # the second client is told what the first found
            set_up(lab.server, after)
            now = told(lab, address, 1)
            with lab.transfer(address, PORT) as transfer:
                done = transfer.run(lab.client, download=EACH_WAY, upload=EACH_WAY)
    finally:
        set_up(lab.server, {RMEM: usual, ADVERTISED: None})
    print(f"{change}: promised {promised}, then {now}; {done['seconds']:.1f} s")
    assert done["succeeded"] == 1, done
    assert synward.counters["cookie_redeemed"] == 4
    assert now[0] == promised[0], "the client was told of the change"
    assert now[1] != promised[1], "the server is as it was"


def told(lab, address, times):
    """What client and server think they have agreed on, of the last of some connections."""
    with streams.server(lab.server, address, PORT, streams.echo):
        for _ in range(times):
            with streams.connect(lab.client, address, PORT) as connection:
                connection.sendall(b"hello")
                assert streams.receive(connection, 5) == b"hello"
                ends = [agreed(end, PORT) for end in (lab.client, lab.server)]
    return ends
