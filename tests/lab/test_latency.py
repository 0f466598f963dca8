# SPDX-License-Identifier: BSD-3-Clause
"""A challenge by synward costs a client no round trip; one by the kernel's SYN proxy does."""

import statistics
import time

import pytest

from . import streams
from .kernel_synproxy import kernel_synproxy
from .topology import SERVER, SERVER6

ROUND_TRIP = 100  # ms, on the client's side
CHALLENGED, FREE = 8081, 8082
ROUNDS = 20


def answer_to_request(connection):
    if connection.recv(100):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.recv(1)


def speak_first(connection):
    connection.sendall(b"220 hello\r\n")
    connection.recv(1)


def first_byte(lab, address, port, asks):
    """Milliseconds from connect() to the first byte of the answer."""
    start = time.monotonic()
    with streams.connect(lab.client, address, port) as connection:
        if asks:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
        streams.receive(connection, 1)
        return 1000 * (time.monotonic() - start)


def medians(lab, address, asks):
    """Of connections to the challenged port and to the other, in turn."""
    serve = answer_to_request if asks else speak_first
    with (
        streams.server(lab.server, address, CHALLENGED, serve),
        streams.server(lab.server, address, FREE, serve),
    ):
        for port in (CHALLENGED, FREE):  # who has the address, and what does the server offer?
            first_byte(lab, address, port, asks)
        pairs = [
            [first_byte(lab, address, port, asks) for port in (CHALLENGED, FREE)]
            for _ in range(ROUNDS)
        ]
    return [statistics.median(times) for times in zip(*pairs)]


@pytest.mark.parametrize("asks", [True, False], ids=["client_first", "server_first"])
@pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
def test_challenge_costs_no_round_trip(lab, address, asks):
    policy = lab.policy(
        {"ports": [CHALLENGED], "challenge": "always"}, {"ports": [FREE], "challenge": "never"}
    )
    with lab.wan(delay=f"{ROUND_TRIP // 2}ms"), lab.synward(policy) as synward:
        challenged, free = medians(lab, address, asks)
    print(f"first byte: {challenged:.1f} ms challenged, {free:.1f} ms not")
    trips = 2 * ROUND_TRIP
    assert trips <= free < trips + 20
    assert challenged <= free + 5
    assert synward.counters["cookie_redeemed"] == ROUNDS + 1, synward.counters


def test_kernel_synproxy_costs_one(lab):
    """What a client waits for: the window of zero in the kernel's SYN-ACK holds its request back."""
    with lab.wan(delay=f"{ROUND_TRIP // 2}ms"), kernel_synproxy(lab, CHALLENGED):
        challenged, free = medians(lab, SERVER, True)
    print(f"kernel's SYN proxy, first byte: {challenged:.1f} ms challenged, {free:.1f} ms not")
    assert 0.9 * ROUND_TRIP < challenged - free < 1.5 * ROUND_TRIP
