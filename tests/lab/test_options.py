# SPDX-License-Identifier: BSD-3-Clause
"""The TCP options that two ends agree on through a challenge are those of a direct wire."""

import contextlib
import itertools

import pytest

from . import streams
from .options import agreed
from .topology import CLIENT, SERVER, SERVER6

ports = itertools.count(8100)

# Settings of the client's kernel.
CLIENTS = {
    "timestamps": {},
    "no_timestamps": {"net__ipv4__tcp_timestamps": 0},
    "timestamps_and_ecn": {"net__ipv4__tcp_ecn": 1},
    "no_timestamps_and_ecn": {"net__ipv4__tcp_timestamps": 0, "net__ipv4__tcp_ecn": 1},
    "no_sack": {"net__ipv4__tcp_sack": 0},
    "no_sack_no_timestamps": {"net__ipv4__tcp_sack": 0, "net__ipv4__tcp_timestamps": 0},
    "no_window_scaling": {"net__ipv4__tcp_window_scaling": 0},
    "no_options_but_mss": {
        "net__ipv4__tcp_sack": 0,
        "net__ipv4__tcp_timestamps": 0,
        "net__ipv4__tcp_window_scaling": 0,
    },
}
# A cookie of a client that offers neither time stamps nor enough else to hide bits in keeps some of
# its offer rounded down; the server then sees this.
ROUNDED_MSS = {
    SERVER: {"server's mss": "1440 instead of 1460"},
    SERVER6: {"server's mss": "1420 instead of 1440"},
}
ROUNDED = {
    "no_timestamps_and_ecn": {},
    "no_sack_no_timestamps": {"server's wscale": "8,10 instead of 10,10"},
    "no_options_but_mss": {},
}
SERVERS = {
    "server_with_all": {},
    "server_without_timestamps": {"net__ipv4__tcp_timestamps": 0},
    "server_without_sack": {"net__ipv4__tcp_sack": 0},
    "server_without_window_scaling": {"net__ipv4__tcp_window_scaling": 0},
}


def both_ends(lab, address):
    """The options as client and server see them, of the second of two connections: at the first
    synward asks what the server offers, ECN included."""
    port = next(ports)
    with streams.server(lab.server, address, port, streams.echo):
        for _ in range(2):
            options = {}
            with streams.connect(lab.client, address, port) as connection:
                content = bytes(100_000)
                connection.sendall(content)
                assert streams.receive(connection, len(content)) == content
                for end in (lab.client, lab.server):
                    for name, value in agreed(end, port).items():
                        options[f"{end.short_name}'s {name}"] = value
    return options


@contextlib.contextmanager
def advertised_mss(lab, mss):
    """The client offers a smaller MSS, as behind a tunnel."""
    device = ("dev", "client0", "proto", "kernel")
    routes = (
        ("-4", "route", "change", "10.0.0.0/24", *device, "scope", "link", "src", CLIENT),
        ("-6", "route", "change", "2001:db8::/64", *device, "metric", 256),
    )
    for route in routes:
        lab.client.ip(*route, "advmss", mss)
    try:
        yield
    finally:
        for route in routes:
            lab.client.ip(*route)


def compare(lab, address, expected=None):
    with lab.wire():
        direct = both_ends(lab, address)
    with lab.synward(lab.policy({"challenge": "always"})) as synward:
        challenged = both_ends(lab, address)
    differences = {
        name: f"{value} instead of {direct[name]}"
        for name, value in challenged.items()
        if value != direct[name]
    }
    assert differences == (expected or {}), differences
    assert synward.counters["cookie_redeemed"] == 2
    assert synward.counters["probe_answered"] == synward.counters["probe"] == 1
    return direct


@pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("client", CLIENTS)
def test_same_options_as_on_a_direct_wire(fresh, address, client):
    settings = CLIENTS[client]
    fresh.client.sysctl(**settings)
    rounded = {**ROUNDED_MSS[address], **ROUNDED[client]} if client in ROUNDED else {}
    direct = compare(fresh, address, rounded)
    assert direct["client's ts"] == (settings.get("net__ipv4__tcp_timestamps") != 0)
    assert direct["client's sack"] == (settings.get("net__ipv4__tcp_sack") != 0)
    assert direct["client's ecn"] == (settings.get("net__ipv4__tcp_ecn") == 1)


@pytest.mark.parametrize("timestamps", [1, 0], ids=["timestamps", "no_timestamps"])
@pytest.mark.parametrize("settings", SERVERS.values(), ids=SERVERS.keys())
def test_same_options_with_other_servers(fresh, settings, timestamps):
    fresh.client.sysctl(net__ipv4__tcp_timestamps=timestamps)
    fresh.server.sysctl(**settings)
    without_sack = settings.get("net__ipv4__tcp_sack") == 0 and not timestamps
    rounded = {**ROUNDED_MSS[SERVER], **ROUNDED["no_sack_no_timestamps"]} if without_sack else {}
    compare(fresh, SERVER, rounded)


@pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
def test_small_mss_is_kept_exactly(fresh, address):
    with advertised_mss(fresh, 1187):
        compare(fresh, address)
