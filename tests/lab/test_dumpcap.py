# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-dumpcap and dpdk-pdump attach to the running box, and it carries on."""

import time
from collections import namedtuple
from contextlib import contextmanager

import pytest

from . import huge_pages, streams
from .namespaces import NotPermitted, run
from .programs import until
from .skipping import skip_loudly
from .topology import AF_PACKET, AF_XDP, CLIENT, SERVER

PORT = 8450
PAGES = 120  # 240 MiB: what the policy asks for, what dumpcap takes, and some for it to ask for
FIELDS = ("frame.time_epoch", "frame.packet_flags_direction", "ip.src", "tcp.seq_raw", "tcp.len")
Segment = namedtuple("Segment", ("time", "direction", "source", "sequence", "length"))
RECEIVED = "0x00000001"


@pytest.fixture
def folder(lab, monkeypatch):
    """Where the huge pages are; DPDK's other files are in the lab's directory as well."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(lab.directory))
    place = lab.directory / "huge"
    try:
        with huge_pages.reserved(PAGES, place):
            yield place
    except NotPermitted as error:
        skip_loudly(f"NO CAPTURES BY DPDK: this machine does not give huge pages: {error}")


def policy_of(lab, folder, devices=AF_PACKET):
    policy = lab.policy(
        {"name": "shop", "ports": [PORT], "challenge": "always"},
        ports=devices,
        dpdk={"secondary_processes": True, "file_prefix": "lab"},
        eal=[f"--huge-dir={folder}"],
    )
    policy["memory"] = {"hugepages": "on", "size": "192MiB"}
    return policy


@contextmanager
def running(lab, folder, devices=AF_PACKET):
    """synward before an echo server"""
    with (
        lab.synward(policy_of(lab, folder, devices)) as synward,
        streams.server(lab.server, SERVER, PORT, streams.echo),
    ):
        yield synward


@pytest.fixture
def synward(lab, folder):
    with running(lab, folder) as synward:
        yield synward


class Dumpcap:
    """dpdk-dumpcap at a port of the box, until it is stopped."""

    def __init__(self, lab, device, *options):
        self.file = lab.directory / "dumpcap.pcapng"
        self.file.unlink(missing_ok=True)
        self.process = lab.box.start(
            *("dumpcap", "dpdk-dumpcap", "--file-prefix=lab", "-i", device, "-w", self.file),
            *options,
        )
        self.captures = until(
            lambda: "Packets captured" in self.process.stderr or not self.process.alive(),
            20,
            self.process.what,
        ) and self.process.alive()

    def drain(self):
        """Waits for it to write what it has taken: asked to end, it does so at once."""
        before = None
        while before != self.process.stderr:
            before = self.process.stderr
            time.sleep(0.3)

    def segments(self):
        """The TCP segments of its file, as tshark reads them."""
        command = ["tshark", "-r", self.file, "-n", "-Y", f"tcp.port == {PORT}"]
        command += ["-T", "fields", "-E", "separator=|"]
        for field in FIELDS:
            command += ["-e", field]
        done = run(*command)
        return [Segment(*line.split("|")) for line in done.stdout.splitlines()]


@contextmanager
def dumpcap(lab, device, *options):
    capture = Dumpcap(lab, device, *options)
    assert capture.captures, capture.process.what()
    yield capture
    if capture.process.alive():
        capture.drain()
        assert capture.process.stop() == 0, capture.process.what()


def exchange(lab, count=1):
    """So many times a thousand bytes there and back."""
    with streams.connect(lab.client, SERVER, PORT) as connection:
        for _ in range(count):
            connection.sendall(b"x" * 1000)
            assert streams.receive(connection, 1000) == b"x" * 1000


def bytes_of(segments, source, direction):
    """How many bytes of its stream are in the capture, in one run from the first to the last."""
    ours = {
        int(segment.sequence): int(segment.length)
        for segment in segments
        if segment.source == source and segment.length != "0"
        and (segment.direction == RECEIVED) == (direction == "received")
    }
    place = first = min(ours)
    while place in ours:
        place += ours[place]
    return place - first


@pytest.mark.parametrize(
    "devices, device", [(AF_PACKET, "net_af_packet0"), (AF_XDP, "net_af_xdp0")]
)
def test_a_connection_is_captured_whole_and_loses_nothing(lab, folder, devices, device):
    with running(lab, folder, devices) as synward:
        with streams.connect(lab.client, SERVER, PORT) as early:
            with dumpcap(lab, device, "-p", "-a", "duration:60") as capture:
                exchange(lab, 2000)
            early.sendall(b"still here")
            assert streams.receive(early, 10) == b"still here"
        exchange(lab)
    segments = capture.segments()
    assert bytes_of(segments, CLIENT, "received") == 2_000_000
    assert bytes_of(segments, SERVER, "sent") == 2_000_000 + len(streams.FAREWELL)
    assert all(abs(float(segment.time) - time.time()) < 60 for segment in segments)
    assert "/0 (100.0)" in capture.process.stderr, "dropped by the capture"
    lost = {name: synward.counters[name] for name in ("transmit_full", "no_buffer")}
    assert not any(lost.values()), lost


def test_it_ends_after_a_number_of_packets(lab, synward):
    with dumpcap(lab, "net_af_packet1", "-p", "-c", 20) as capture:
        exchange(lab, 100)
        assert capture.process.wait(10) == 0
    assert 16 <= len(capture.segments()) <= 20 + 64, "up to a batch more"


def test_ports_stay_promiscuous(lab, synward):
    """What dumpcap does without -p would leave a card deaf to all but its own address."""
    with dumpcap(lab, "net_af_packet0", "-c", 1) as capture:
        exchange(lab)
        capture.process.wait(10)
    until(
        lambda: "promiscuous mode was off and is on again" in synward.process.stderr,
        5,
        synward.process.what,
    )
    assert "PROMISC" in lab.box.ip("link", "show", "outside0").stdout
    exchange(lab)


def test_the_box_survives_a_capture_that_is_killed(lab, synward):
    killed = Dumpcap(lab, "net_af_packet0", "-p")
    exchange(lab)
    killed.process.kill()
    # Nobody empties its ring: more packets than that and its pool have room for.
    exchange(lab, 5000)
    again = Dumpcap(lab, "net_af_packet0", "-p")
    assert killed.captures and not again.captures, "its callback is there still"
    with dumpcap(lab, "net_af_packet1", "-p") as other:
        exchange(lab, 10)
    assert bytes_of(other.segments(), CLIENT, "sent") == 10_000


def test_pdump_attaches(lab, synward):
    file = lab.directory / "pdump.pcap"
    words = f"port=0,queue=*,rx-dev={file},total-num-mbufs=2047"
    with streams.connect(lab.client, SERVER, PORT) as connection:
        pdump = lab.box.start(
            *("pdump", "stdbuf", "-oL", "dpdk-pdump", "--file-prefix=lab", "-l", "0", "--", "--pdump", words)
        )
        until(lambda: "capture for" in pdump.stdout or not pdump.alive(), 20, pdump.what)
        time.sleep(0.5)
        for _ in range(10):
            connection.sendall(b"y" * 500)
            assert streams.receive(connection, 500) == b"y" * 500
        pdump.stop()
    captured = run("tshark", "-r", file, "-n", "-Y", "tcp.len == 500").stdout.splitlines()
    assert len(captured) == 10, pdump.what()


def test_huge_pages_are_given_back(lab, folder):
    before = huge_pages.free()
    with running(lab, folder):
        assert huge_pages.free() < before
        exchange(lab)
    assert huge_pages.free() == before
    assert not list(folder.iterdir())
    # What a crash leaves does not stand in the way of the next start.
    with running(lab, folder) as synward:
        synward.kill()
    assert huge_pages.free() < before
    with running(lab, folder):
        exchange(lab)
    assert huge_pages.free() == before
