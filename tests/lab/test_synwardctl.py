# SPDX-License-Identifier: BSD-3-Clause
"""synwardctl against a running synward with real connections: what it shows is what `ss` shows."""

import grp
import os
import re
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from . import streams
from .programs import Ctl, until
from .topology import SERVER, SERVER6

PORT = 8400
GROUP = "nogroup"


@contextmanager
def synward_with_socket(lab, *services, **sections):
    policy = lab.policy(*services, **sections)
    policy["control"]["group"] = GROUP
    with lab.synward(policy) as synward:
        yield synward, synward.ctl
    assert not Path(synward.ctl.path).exists()


def names_of_ss(state):
    """As RFC 9293 has them."""
    return {"ESTAB": "ESTABLISHED", "SYN-RECV": "SYN_RCVD"}.get(state, state.replace("-", "_"))


def state_of(namespace, local):
    """The state of the socket at `local` as the kernel has it."""
    address, port = local
    for line in namespace.run("ss", "-Htan", f"sport = :{port}").stdout.splitlines():
        state, _, _, where, _ = line.split()[:5]
        if where.rsplit(":", 1)[0].strip("[]") == address:
            return names_of_ss(state)
    return "CLOSED"


def end(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
def test_states_are_those_of_the_kernel(lab, address):
    """Established, half-closed from either side, and TIME_WAIT."""
    with ExitStack() as stack:
        synward, ctl = stack.enter_context(synward_with_socket(lab, {"challenge": "over-budget"}))
        server = stack.enter_context(streams.listen(lab.server, address, PORT))

        def connected():
            client = stack.enter_context(streams.connect(lab.client, address, PORT))
            return client, stack.enter_context(server.accept()[0])

        pairs = [connected() for _ in range(4)]
        clients = [client.getsockname()[:2] for client, _ in pairs]
        pairs[1][0].shutdown(socket.SHUT_WR)  # the client has closed
        pairs[2][1].shutdown(socket.SHUT_WR)  # the server has closed
        pairs[3][0].shutdown(socket.SHUT_WR)
        time.sleep(0.1)
        pairs[3][1].shutdown(socket.SHUT_WR)  # both have
        time.sleep(0.3)
        rows = {row["outside"]: row for row in ctl.rows("flows", "--inside-port", PORT)}
        assert len(rows) == 4
        for client_address, port in clients:
            row = rows[end(client_address, port)]
            assert row["inside"] == end(address, PORT)
            assert row["outside_state"] == state_of(lab.client, (client_address, port))
            at_server = [
                names_of_ss(line.split()[0])
                for line in lab.server.run(
                    "ss", "-Htan", f"sport = :{PORT} and dport = :{port}"
                ).stdout.splitlines()
            ]
            assert row["inside_state"] == (at_server[0] if at_server else "CLOSED")
            assert row["service"] == "service0"
        assert len(ctl.rows("flows", "--state", "established")) == 1
        assert ctl.run("flows", "--count", "--port", PORT) == "4\n"
        assert ctl.rows("flows", "--port", "1") == []
        by_port = ctl.rows("flows", "--sort", "outside", "--limit", "2", "--port", PORT)
        assert [row["outside"] for row in by_port] == [
            end(client_address, port) for client_address, port in sorted(clients)[:2]
        ]


@pytest.mark.parametrize("challenge", ["never", "always"])
@pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])
def test_kill_resets_both_ends(lab, challenge, address):
    with synward_with_socket(lab, {"challenge": challenge}) as (synward, ctl):
        with streams.listen(lab.server, address, PORT) as server:
            with streams.connect(lab.client, address, PORT) as client:
                client.sendall(b"x")
                connection, _ = server.accept()
                with connection:
                    assert connection.recv(1) == b"x"
                    connection.sendall(b"y")
                    assert client.recv(1) == b"y"
                    time.sleep(0.1)
                    ends = (end(*client.getsockname()[:2]), end(address, PORT))
                    shown = ctl.json("flow", "show", *ends)
                    assert shown["spliced"] == (challenge == "always")
                    killed = ctl.json("flow", "kill", *ends)
                    assert killed["outside_reset"] and killed["inside_reset"]
                    for one in (client, connection):
                        one.settimeout(2)
                        with pytest.raises(ConnectionResetError):
                            one.recv(1)
                    assert "there is no connection" in ctl.run("flow", "kill", *ends, status=1)
        counters = ctl.json("counters")["counters"]
        assert counters["reset_by_operator_client"] == 1
        assert counters["reset_by_operator_server"] == 1


def test_everything_else_in_one_run(lab, site):
    """Counters equal the closing report; socket mode and group; every command gives JSON and text."""
    with synward_with_socket(
        lab,
        {"challenge": "over-budget", "budget": 64},
        sources={"concurrent": 1000},
    ) as (synward, ctl):
        found = os.stat(ctl.path)
        assert stat.S_IMODE(found.st_mode) == 0o660
        assert grp.getgrgid(found.st_gid).gr_name == GROUP
        kept = streams.connect(lab.client, SERVER, 80)
        lab.load(count=50, parallel=10)
        assert ctl.json("status")["version"]
        assert "flows" in ctl.run("status")
        services = ctl.rows("services")
        assert services[0]["service"] == "service0"
        assert services[0]["budget_left"] == 64
        assert services[0]["offers"]["ipv4"]["mss"] == 1460
        assert services[0]["offers"]["ipv4"]["heard_ago"] is not None
        assert "mss 1460" in ctl.run("services")
        assert SERVER in ctl.run("services", "--by-address")
        assert [row for row in ctl.rows("sources") if row["connections"] >= 1]
        assert "10.0.0.0/24" in ctl.run("sources")
        screen = ctl.run("top", "--once", "--interval", "0.2")
        assert len(screen.splitlines()) <= 24
        assert max(len(line) for line in screen.splitlines()) <= 80
        assert "service0" in screen
        assert "there is no service" in ctl.run("flows", "--service", "none", status=1)
        assert "such socket" in Ctl(ctl.program, "/no/such.sock").run("status", status=2)
        kept.close()
        time.sleep(0.5)
        counters = ctl.json("counters")
        text = ctl.run("counters", "--all")
        of_service = ctl.run("counters", "--service", "service0")
        assert "there is no service" in ctl.run("counters", "--service", "none", status=1)
    connections = 51  # the load's, and the one that was kept
    counts = {"service": "service0", "syns": connections, "challenged": 0, "redeemed": 0,
              "failed": 0, "completed": connections}
    assert counters["services"] == synward.report["services"] == [counts]
    assert services[0].items() >= counts.items()
    assert re.search(rf"^service0 +{connections} +0 +0 +0 +{connections}$", text, re.M), text
    for name in list(counts)[1:]:
        assert re.search(rf"^{name} +{counts[name]} ", of_service, re.M), of_service
    for name, count in synward.counters.items():
        if name in ("not_tcp", "stopped"):
            continue  # the kernels' own neighbour discovery goes on
        assert counters["counters"][name] == count, name
        assert re.search(rf"^ +{name} +[\d,]+", text, re.M), name


def test_a_million_flows_are_listed_while_traffic_runs(lab, site):
    """Half-open ones of a flood that nothing stops; the listing is whole and harms nobody."""
    with synward_with_socket(
        lab,
        {"challenge": "never"},
        flows={"capacity": "2Mi", "half_open_timeout": "2min"},
        memory={"hugepages": "off", "size": "512MiB"},
    ) as (synward, ctl):
        # A port of nobody's, so that the server answers each SYN with a RST to a spoofed address,
        # which ends its flow: the server is made to say nothing instead.
        lab.server.nft("table inet silent { chain out { type filter hook output priority 0;"
                       " tcp sport 8500 drop; }; }")
        try:
            with lab.flood(rate=150_000, destination_port=8500):
                until(lambda: ctl.json("status")["flows"] >= 1 << 20, 80, "a million flows")
        finally:
            lab.server.nft("delete table inet silent")
        there = ctl.json("status")["flows"]
        assert there >= 1 << 20
        with ThreadPoolExecutor(1) as executor:
            listing = executor.submit(ctl.json, "flows", "--count")
            load = lab.load(count=300, parallel=5)
            listed = listing.result()["flows"]
        assert load["succeeded"] == 300
        assert listed >= there
