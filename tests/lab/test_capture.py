# SPDX-License-Identifier: BSD-3-Clause
"""synwardctl capture: packets in a file that others read, each with what became of it."""

import itertools
import json
import subprocess
import time
from collections import Counter, namedtuple
from concurrent.futures import ThreadPoolExecutor

import pytest

from . import streams
from .topology import CLIENT, SERVER

# One for each test: what is left of another's connections is none of the service's.
ports = itertools.count(8400)


FIELDS = {
    "time": "frame.time_epoch",
    "port": "frame.interface_name",
    "comment": "frame.comment",
    "source": "ip.src",
    "destination": "ip.dst",
    "flags": "tcp.flags.str",
    "sequence": "tcp.seq_raw",
    "acknowledgment": "tcp.ack_raw",
    "length": "tcp.len",
}
Packet = namedtuple("Packet", FIELDS)


def packets_of(file):
    """As tshark reads them."""
    command = ["tshark", "-r", file, "-n", "-T", "fields", "-E", "separator=|"]
    for field in FIELDS.values():
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [Packet(*line.split("|")) for line in done.stdout.splitlines()]


@pytest.fixture
def challenged(lab):
    """synward before an echo server, its port, and a file for captures."""
    port = next(ports)
    policy = lab.policy({"name": "shop", "ports": [port], "challenge": "always"})
    with lab.synward(policy) as synward, streams.server(lab.server, SERVER, port, streams.echo):
        yield synward, port, lab.directory / "capture.pcapng"


def during(ctl, *words):
    """Starts a capture; a function that waits for its end."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(ctl.run, "capture", *words)
    time.sleep(0.2)
    return lambda: (future.result(timeout=30), executor.shutdown())[0]


def test_a_connection_as_it_came_and_as_it_left(lab, challenged):
    synward, port, file = challenged
    end = during(synward.ctl, "-w", file, "--port", port, "--departures", "--seconds", 2, "--snap", 9000)
    with streams.connect(lab.client, SERVER, port) as connection:
        connection.sendall(b"x" * 1000)
        assert streams.receive(connection, 1000) == b"x" * 1000
    end()
    packets = packets_of(file)
    comments = Counter(packet.comment for packet in packets)
    assert comments["answered: syn_challenged, service shop"] == 1 + 1, "as it came, and its answer"
    assert comments["held: awaiting_server, service shop"] <= 1
    syn = packets[0]
    assert (syn.source, syn.destination, syn.port) == (CLIENT, SERVER, "lab outside")
    assert syn.flags.strip("·") == "S"
    assert abs(float(syn.time) - time.time()) < 60
    assert {packet.port for packet in packets} == {"lab outside", "lab inside"}
    data = [packet for packet in packets if packet.length == "1000"]
    came, left = (packet for packet in data if packet.source == CLIENT)
    assert came.sequence == left.sequence, "the client's own numbers stay"
    assert came.acknowledgment != left.acknowledgment, "the server's are translated"
    came, left = (packet for packet in data if packet.source == SERVER)
    assert came.sequence != left.sequence
    assert came.acknowledgment == left.acknowledgment


def test_what_is_dropped_beside_a_flood(lab, challenged):
    synward, port, file = challenged
    with lab.flood(rate=40_000, kind="ack", destination_port=port):
        with streams.connect(lab.client, SERVER, port) as connection:
            started = time.monotonic()
            text = synward.ctl.run("capture", "-w", file, "--verdict", "dropped", "--count", 500)
            assert time.monotonic() - started < 5
            connection.sendall(b"still here")
            assert streams.receive(connection, 10) == b"still here"
    packets = packets_of(file)
    assert len(packets) == 500, text
    assert {packet.comment for packet in packets} <= {
        "dropped: cookie_not_outstanding, service shop",
        "dropped: cookie_invalid, service shop",
    }
    assert {(packet.destination, packet.flags.strip("·")) for packet in packets} == {(SERVER, "A")}
    times = [float(packet.time) for packet in packets]
    assert times == sorted(times)


def test_rows_lines_and_refusals(lab, challenged):
    synward, port, _ = challenged
    ctl = synward.ctl
    end = during(ctl, "--seconds", 1, "--service", "shop", "--json")
    assert "a capture is running already" in ctl.run("capture", "--seconds", 1, status=1)
    streams.connect(lab.client, SERVER, port).close()
    head, *rows = (json.loads(line) for line in end().splitlines())
    assert {port["side"] for port in head["ports"]} == {"outside", "inside"}
    assert rows[0]["reason"] == "syn_challenged" and rows[0]["verdict"] == "answered"
    assert len(bytes.fromhex(rows[0]["data"])) == rows[0]["length"]
    end = during(ctl, "--reason", "syn_challenged", "--count", 1)
    streams.connect(lab.client, SERVER, port).close()
    assert "lab outside" in end()
    assert "there is no 'nonsense'" in ctl.run("capture", "--reason", "nonsense", status=1)
    assert "no service 'bank'" in ctl.run("capture", "--service", "bank", status=1)


def test_a_capture_whose_reader_is_gone_makes_room_for_the_next(lab, challenged):
    synward, port, file = challenged
    ctl = synward.ctl
    gone = subprocess.Popen([ctl.program, "--socket", ctl.path, "capture", "-w", file])
    time.sleep(0.3)
    gone.kill()
    gone.wait()
    time.sleep(0.2)
    streams.connect(lab.client, SERVER, port).close()
    assert "0 packets" not in ctl.run("counters")
    end = during(ctl, "-w", file, "--count", 1, "--seconds", 5)
    streams.connect(lab.client, SERVER, port).close()
    end()
    assert len(packets_of(file)) == 1
