# SPDX-License-Identifier: BSD-3-Clause
"""challenge: always, with a flood beside it: clients get through, the flood does not."""

import hashlib
import os

import pytest

from . import streams
from .conftest import RANDOM
from .programs import Iperf3
from .topology import SERVER, SERVER6

ALWAYS = {"challenge": "always"}
FLOOD_RATE = 100_000  # SYNs a second that each test must have met at least

families = pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])


def flooded(lab, address, **options):
    return lab.flood(ipv6=":" in address, **options)


@families
@pytest.mark.parametrize("timestamps", [1, 0], ids=["timestamps", "no_timestamps"])
def test_every_http_request_succeeds(fresh, site, address, timestamps):
    lab = fresh
    lab.client.sysctl(net__ipv4__tcp_timestamps=timestamps)
    with lab.synward(lab.policy(ALWAYS)) as synward:
        lab.reset_syn_counters()
        with flooded(lab, address) as flood:
            one_by_one = lab.load(address, count=1000, parallel=1)
            at_once = lab.load(address, count=200, parallel=200)
    assert one_by_one["succeeded"] == 1000, one_by_one
    assert at_once["succeeded"] == 200, at_once
    assert flood.rate >= FLOOD_RATE
    syns = lab.syns_at_server()
    probes = synward.counters["probe"]
    assert syns["flood"] <= probes <= 5
    # Every SYN at the server stands for a cookie that came back.
    again = synward.counters["syn_to_server_again"]
    assert 1200 <= syns["client"] <= 1200 + again + probes, (syns, again)
    assert synward.counters["syn_challenged"] >= FLOOD_RATE * flood.seconds


@families
def test_download_of_100_mb(lab, site, address):
    host = f"[{address}]" if ":" in address else address
    with lab.synward(lab.policy(ALWAYS)), flooded(lab, address) as flood:
        target = lab.directory / "downloaded"
        lab.client.run("curl", "-sSf", "-m", 60, "-o", target, f"http://{host}/random", timeout=70)
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(RANDOM).digest()
    assert flood.rate >= FLOOD_RATE
    target.unlink()


@families
def test_upload(lab, address):
    content = RANDOM[:50_000_000]
    with (
        lab.synward(lab.policy(ALWAYS)),
        streams.server(lab.server, address, 8080, streams.digest),
        flooded(lab, address) as flood,
        streams.connect(lab.client, address, 8080) as connection,
    ):
        connection.settimeout(60)
        connection.sendall(content)
        connection.shutdown(1)
        assert streams.receive(connection, 64).decode() == hashlib.sha256(content).hexdigest()
    assert flood.rate >= FLOOD_RATE


def test_iperf3_in_both_directions(lab):
    with (
        lab.synward(lab.policy(ALWAYS)),
        Iperf3(lab.server, SERVER) as iperf3,
        flooded(lab, SERVER) as flood,
    ):
        up, down = iperf3.run(lab.client), iperf3.run(lab.client, "-R")
    print(f"iperf3 beside {flood.rate:.0f} SYN/s: {up / 1e6:.0f} Mbit/s up, {down / 1e6:.0f} down")
    assert min(up, down) > 100e6
    assert flood.rate >= FLOOD_RATE


@families
def test_server_that_speaks_first(lab, address):
    banner = b"SSH-2.0-OpenSSH_9.2\r\n"

    def greet(connection):
        connection.sendall(banner)
        streams.echo(connection)

    with lab.synward(lab.policy(ALWAYS)), streams.server(lab.server, address, 2222, greet):
        for _ in range(20):
            with streams.connect(lab.client, address, 2222) as connection:
                assert streams.receive(connection, len(banner)) == banner
                connection.sendall(b"SSH-2.0-client\r\n")
                assert streams.receive(connection, 16) == b"SSH-2.0-client\r\n"


@families
def test_data_right_behind_the_handshake(lab, address):
    """What the client sends before its server has answered is held, not lost."""
    content = os.urandom(8 * 1400)
    with (
        lab.synward(lab.policy(ALWAYS)) as synward,
        streams.server(lab.server, address, 8080, streams.echo),
    ):
        for _ in range(50):
            with streams.connect(lab.client, address, 8080) as connection:
                connection.sendall(content)
                assert streams.receive(connection, len(content)) == content
    assert synward.counters["cookie_redeemed"] == 50


def test_refused_port_is_reset(lab):
    """A server's refusal reaches the client, and is remembered: the port does not look open."""
    with lab.synward(lab.policy(ALWAYS)):
        # The RST may come before connect() has returned, which then reports it.
        with pytest.raises(ConnectionResetError):
            with streams.connect(lab.client, SERVER, 9) as connection:
                connection.recv(1)
        with pytest.raises(ConnectionRefusedError):
            streams.connect(lab.client, SERVER, 9)


def test_silent_server_is_given_up(lab):
    """A server that does not answer: the client gets a RST, in bounded time."""
    lab.server.nft("table inet silent { chain c { type filter hook prerouting priority -400; }; }")
    lab.server.nft("add rule inet silent c tcp dport 8080 drop")
    try:
        hold = {"server_attempts": 3, "first_retransmission": "100ms"}
        with lab.synward(lab.policy(ALWAYS, hold=hold)) as synward:
            with streams.connect(lab.client, SERVER, 8080) as connection:
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)
    finally:
        lab.server.nft("delete table inet silent")
    assert synward.counters["syn_to_server_again"] == 2
