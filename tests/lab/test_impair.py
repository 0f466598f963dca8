# SPDX-License-Identifier: BSD-3-Clause
"""The impaired wire itself: it does what it is told, and does not when it is not told."""

import os
import statistics
import time

import pytest

from . import streams
from .topology import SERVER, SERVER6
from .test_transparency import ping, tagged

families = pytest.mark.parametrize("address", [SERVER, SERVER6], ids=["ipv4", "ipv6"])


def round_trips(lab, address, count):
    """Milliseconds."""
    times = []
    for _ in range(count):
        start = time.monotonic()
        assert ping(lab.client, address)
        times.append(1000 * (time.monotonic() - start))
    return times


@families
def test_delays_by_what_was_asked_for(lab, address):
    with lab.wan() as bare, lab.wire():
        assert ping(lab.client, address)  # who has the address?
        without = statistics.median(round_trips(lab, address, 20))
    with lab.wan(delay="20ms", delay_to_left="30ms"), lab.wire():
        assert ping(lab.client, address)
        delayed = statistics.median(round_trips(lab, address, 20))
    assert 50 <= delayed - without + 0.1 <= 52, (delayed, without)
    for counts in (bare.to_right, bare.to_left):
        assert counts["seen"] == counts["sent"] >= 21


def test_the_box_is_taken_once_and_the_wan_comes_before(lab):
    """Whoever is in the box holds the device that wan() replaces."""
    with lab.wire():
        with pytest.raises(RuntimeError, match="wan.. before a wire"), lab.wan():
            pass
        with pytest.raises(RuntimeError, match="a wire is already"), lab.synward({}):
            pass
        assert ping(lab.client, SERVER)
    with lab.wan(), lab.wire():
        assert ping(lab.client, SERVER)


@families
def test_everything_it_does_to_tcp_is_mended_by_tcp(lab, address):
    content = os.urandom(3_000_000)
    harm = {"loss": "2%", "duplicate": "2%", "reorder": "5%", "reorder_delay": "2ms"}
    with (
        lab.wan(delay="1ms", corrupt="1%", rate="200M", **harm) as wan,
        lab.wire(),
        streams.server(lab.server, address, 8080, streams.digest),
        streams.connect(lab.client, address, 8080) as connection,
    ):
        connection.settimeout(60)
        connection.sendall(content)
        connection.shutdown(1)
        assert len(streams.receive(connection, 64)) == 64
    assert wan.to_right["seen"] > 2000
    for fate in ("lost", "duplicated", "corrupted", "held_back", "overtaken"):
        assert wan.to_right[fate] > 5, (fate, wan.to_right)


@pytest.mark.parametrize("tags", [[42], [42, 7]], ids=["802.1Q", "two_tags"])
def test_carries_tags_and_fragments(lab, tags):
    with lab.wan(delay="1ms"), lab.wire(), tagged(lab, tags):
        for address in ("10.1.0.2", "2001:db8:1::2"):
            assert all(ping(lab.client, address, size) for size in (0, 1400, 8000))


def test_loses_third_segments(lab):
    """The client does not notice: its data complete the handshake."""
    with (
        lab.wan(lose_third_segment=True) as wan,
        lab.wire(),
        streams.server(lab.server, SERVER, 8080, streams.echo),
    ):
        for _ in range(5):
            with streams.connect(lab.client, SERVER, 8080) as connection:
                connection.sendall(b"hello")
                assert streams.receive(connection, 5) == b"hello"
    assert wan.to_right["lost_third_segments"] == 5
