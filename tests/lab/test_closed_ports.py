# SPDX-License-Identifier: BSD-3-Clause
"""A challenged service's closed ports look closed, once the server has refused somebody there, and
one that opens is open."""

import errno
import select
import socket
import time

import pytest

from . import streams
from .topology import SERVER, SERVER6

FIRST, COUNT = 20_000, 1000
OPEN, LATE = FIRST + 500, FIRST + 600


def scan(namespace, address, ports, patience=3.0):
    """A connect scan, all ports at once: {port: "open" | "refused" | "reset" | "silent"}. "open" is
    what has been connected for `patience` seconds; "reset" looked open for a moment."""
    poller, waiting, found = select.epoll(), {}, {}
    for port in ports:
        client = namespace.socket(streams.family_of(address))
        client.setblocking(False)
        assert client.connect_ex((address, port)) in (0, errno.EINPROGRESS)
        poller.register(client.fileno(), select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)
        waiting[client.fileno()] = (client, port)
    end = time.monotonic() + patience
    while waiting and time.monotonic() < end:
        for descriptor, events in poller.poll(0.1):
            client, port = waiting[descriptor]
            error = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error or events & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP):
                refused = error == errno.ECONNREFUSED
                found[port] = "refused" if refused else "reset"
                poller.unregister(descriptor)
                del waiting[descriptor]
                client.close()
            else:
                found[port] = "open"
    for client, port in waiting.values():
        found.setdefault(port, "silent")
        client.close()
    poller.close()
    return found


def having(found, fate):
    return {port for port, its in found.items() if its == fate}


@pytest.mark.parametrize(
    "address,cores", [(SERVER, (1,)), (SERVER6, (0, 1))], ids=["ipv4", "ipv6-two-workers"]
)
def test_closed_ports_are_found_open_by_the_first_scan_alone(lab, address, cores):
    ports = range(FIRST, FIRST + COUNT + 1)  # a thousand closed ones, and one that is open
    policy = lab.policy(
        {"challenge": "always", "ports": [f"{FIRST}-{FIRST + COUNT}"]}, cores=cores
    )
    policy["workers"]["steering"] = "software"
    with (
        lab.synward(policy) as synward,
        streams.server(lab.server, address, OPEN, streams.echo),
    ):
        first = scan(lab.client, address, ports, patience=2.0)
        second = scan(lab.client, address, ports, patience=1.0)
        time.sleep(5)  # refusals are taken for the truth no longer: the server is asked
        with streams.server(lab.server, address, LATE, streams.echo):
            third = scan(lab.client, address, ports, patience=1.0)
            late = [scan(lab.client, address, [LATE], patience=0.3) for _ in range(4)]
    assert having(first, "open") == {OPEN}
    assert not having(first, "silent")
    # Each closed port answered the first scan with a SYN-ACK, and its server then with a RST.
    assert having(first, "reset") | having(first, "refused") == set(ports) - {OPEN}
    assert having(second, "open") == {OPEN}
    assert having(second, "refused") == set(ports) - {OPEN}
    assert synward.counters["syn_refused"] >= COUNT
    assert having(third, "open") == {OPEN, LATE}
    assert having(third, "refused") == set(ports) - {OPEN, LATE}
    assert synward.counters["syn_asks"] >= COUNT
    assert late == [{LATE: "open"}] * 4
