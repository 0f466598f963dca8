# SPDX-License-Identifier: BSD-3-Clause
"""flows.pick_up. synward is killed in the midst of transfers and started again."""

import itertools
import os
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest

from . import streams
from .topology import SERVER, SERVER6

CONTENT = os.urandom(40_000_000)
# Ports of each test's own, where no connection of an earlier one comes along.
first_ports = itertools.count(9400, 10)
FLOOD_RATE = 30_000  # at least; 120,000 a second are asked for

families = pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])


class Stream(threading.Thread):
    """Receives what another end sends of CONTENT, in a thread of its own."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self.connection, self.got = connection, bytearray()

    def run(self):
        try:
            while len(self.got) < len(CONTENT):
                piece = self.connection.recv(streams.PIECE)
                if not piece:
                    return
                self.got += piece
        except OSError:
            pass

    def wait_for(self, count):
        end = time.monotonic() + 20
        while len(self.got) < count:
            assert time.monotonic() < end, f"{len(self.got)} of {count} bytes"
            time.sleep(0.002)


class Transfers:
    """Three connections from client to server: a download, an upload and one that is idle."""

    def __init__(self, lab, address, stack):
        self.uploaded = None

        def download(connection):
            connection.sendall(CONTENT)
            connection.recv(1)

        def upload(connection):
            self.uploaded = Stream(connection)
            self.uploaded.run()

        self.port = next(first_ports)
        for port, serve in enumerate((download, upload, streams.echo), self.port):
            stack.enter_context(streams.server(lab.server, address, port, serve))
        self.talk = stack.enter_context(streams.connect(lab.client, address, self.port + 2, timeout=30))
        self.say(b"before")
        receiver = stack.enter_context(streams.connect(lab.client, address, self.port, timeout=60))
        sender = stack.enter_context(streams.connect(lab.client, address, self.port + 1, timeout=60))
        self.download = Stream(receiver)
        self.download.start()
        self.sender = threading.Thread(target=self._send, args=(sender,), daemon=True)
        self.sender.start()
        while self.uploaded is None:
            time.sleep(0.002)
        self.download.wait_for(2_000_000)
        self.uploaded.wait_for(2_000_000)

    @staticmethod
    def _send(connection):
        try:
            connection.sendall(CONTENT)
        except OSError:
            pass

    def say(self, text):
        self.talk.sendall(text)
        assert streams.receive(self.talk, len(text)) == text

    def counts(self):
        return len(self.download.got), len(self.uploaded.got)

    def finish(self):
        for stream in (self.download, self.uploaded):
            stream.wait_for(len(CONTENT))
            assert bytes(stream.got) == CONTENT


@contextmanager
def interrupted(lab, address, **flows):
    """The transfers, begun through one synward that was killed, and another in its place."""
    with ExitStack() as stack:
        service = {"challenge": "over-budget"}
        with lab.synward(lab.policy(service)) as first:
            transfers = Transfers(lab, address, stack)
            first.kill()
        assert max(transfers.counts()) < len(CONTENT), "too fast: nothing was interrupted"
        service["ports"] = [f"{transfers.port}-{transfers.port + 2}"]
        yield transfers, lab.synward(lab.policy(service, flows=flows))


@families
def test_connections_from_before_go_on(lab, address):
    with interrupted(lab, address, pick_up="30s") as (transfers, second):
        with second as synward:
            transfers.say(b"after")
            transfers.finish()
    counters = synward.counters
    assert counters["picked_up"] == 3
    assert counters["pick_up_question"] >= 3
    assert counters["in_connection"] > 10_000


def test_without_pick_up_they_stand_still(lab):
    with interrupted(lab, SERVER) as (transfers, second):
        with second as synward:
            before = transfers.counts()
            transfers.talk.settimeout(4)
            with pytest.raises(TimeoutError):
                transfers.say(b"after")
            assert transfers.counts() == before
    assert synward.counters["data_without_flow"] > 0
    assert synward.counters["picked_up"] == 0


def test_a_flood_of_acks_keeps_no_server_from_going_on(lab):
    with interrupted(lab, SERVER, pick_up="30s") as (transfers, second):
        with second as synward, lab.flood(kind="ack", destination_port=transfers.port) as flood:
            transfers.download.wait_for(len(CONTENT))
            upload = len(transfers.uploaded.got)
    assert bytes(transfers.download.got) == CONTENT
    print(f"of the upload {upload} bytes had arrived")
    assert flood.rate >= FLOOD_RATE
    counters = synward.counters
    # Questions that the flood leads to are bounded, and no flow is left by it.
    assert counters["picked_up"] <= 3
    assert counters["pick_up_question"] <= 11_000 * (flood.seconds + 1)
