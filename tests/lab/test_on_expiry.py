# SPDX-License-Identifier: BSD-3-Clause
"""on_expiry: reset frees what a real server holds for clients that have gone; silent leaves it."""

import socket
import time

import pytest

from . import streams
from .programs import until
from .topology import SERVER, SERVER6

HALF_OPEN = 50


def sockets_of(namespace, state, port):
    return len(
        namespace.run("ss", "-Htn", "state", state, f"sport = :{port}").stdout.strip().splitlines()
    )


# A port for each case: what an earlier test has left in a backlog is not counted here.
@pytest.mark.parametrize(
    "ipv6, on_expiry, port",
    [(False, "reset", 8310), (False, "silent", 8311), (True, "reset", 8312), (True, "silent", 8313)],
    ids=["ipv4-reset", "ipv4-silent", "ipv6-reset", "ipv6-silent"],
)
def test_backlog_of_a_flood(lab, ipv6, on_expiry, port):
    policy = lab.policy(
        {"challenge": "over-budget", "budget": HALF_OPEN},
        flows={"half_open_timeout": "2s", "on_expiry": on_expiry},
    )
    address = SERVER6 if ipv6 else SERVER
    with (
        lab.synward(policy) as synward,
        streams.server(lab.server, address, port, streams.echo),
    ):
        with lab.flood(rate=1000, count=200, ipv6=ipv6, destination_port=port) as flood:
            flood.process.wait(20)
        held = sockets_of(lab.server, "syn-recv", port)
        assert held == HALF_OPEN
        if on_expiry == "reset":
            until(lambda: sockets_of(lab.server, "syn-recv", port) == 0, 6, "the backlog's end")
        else:
            time.sleep(5)
            assert sockets_of(lab.server, "syn-recv", port) == HALF_OPEN
    freed = HALF_OPEN if on_expiry == "reset" else 0
    assert synward.counters["reset_on_expiry_server"] == freed
    assert synward.counters["reset_on_expiry_client"] == 0


@pytest.mark.parametrize("challenge", ["never", "always"])
@pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("on_expiry", ["reset", "silent"])
def test_half_closed_socket(lab, address, challenge, on_expiry):
    port = 8300
    policy = lab.policy(
        {"challenge": challenge},
        flows={"half_closed_timeout": "2s", "on_expiry": on_expiry},
    )

    def wait_for_ever(connection):
        while connection.recv(100):
            pass
        time.sleep(10)  # its client has closed, and it forgets to

    with lab.synward(policy) as synward, streams.server(lab.server, address, port, wait_for_ever):
        with streams.connect(lab.client, address, port) as connection:
            connection.sendall(b"a question")
            connection.shutdown(socket.SHUT_WR)
            until(lambda: sockets_of(lab.server, "close-wait", port) == 1, 5, "CLOSE_WAIT")
            if on_expiry == "reset":
                until(lambda: sockets_of(lab.server, "close-wait", port) == 0, 6, "its end")
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)
            else:
                time.sleep(5)
                assert sockets_of(lab.server, "close-wait", port) == 1
                connection.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    connection.recv(1)
    told = 1 if on_expiry == "reset" else 0
    assert synward.counters["reset_on_expiry_server"] == told
    assert synward.counters["reset_on_expiry_client"] == told
