# SPDX-License-Identifier: BSD-3-Clause
"""A client that uses its port again at once, whatever the server still knows of it (RFC 9293
section 3.10.7, RFC 6191, RFC 5961 section 4)."""

import contextlib
import errno
import itertools
import socket
import struct

import pytest

from . import streams
from .programs import until
from .topology import CLIENT, SERVER

PORT = 8080
client_ports = itertools.count(7000)  # another for each test: TIME-WAIT outlives them


def states(namespace, port):
    """The states of a namespace's connections on that local or remote port, as ss names them."""
    lines = namespace.run("ss", "-Hant", f"( sport = :{port} or dport = :{port} )").stdout
    return [line.split()[0] for line in lines.splitlines() if not line.startswith("LISTEN")]


@contextlib.contextmanager
def mute(namespace, what):
    """The namespace sends nothing of this kind."""
    namespace.nft(
        f"table inet mute {{ chain c {{ type filter hook output priority raw; {what} drop; }}; }}"
    )
    try:
        yield
    finally:
        namespace.nft("delete table inet mute")


def reset(connection):
    """Closes with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Ends:
    """One connection from a given port, both ends in hand."""

    def __init__(self, lab, listener, port):
        self.lab, self.port = lab, port
        self.client = streams.connect(lab.client, SERVER, PORT, port, source=CLIENT)
        self.server, _ = listener.accept()
        self.server.settimeout(10)
        self.exchange()

    def exchange(self):
        for left, right in ((self.client, self.server), (self.server, self.client)):
            left.sendall(b"hello")
            assert streams.receive(right, 5) == b"hello"

    def mute_client(self):
        return mute(self.lab.client, f"tcp sport {self.port}")

    def forget_client(self):
        """The client's kernel forgets the connection without a word: a crash, or another NAT."""
        with self.mute_client():
            reset(self.client)

    def close(self):
        """Leaves nothing behind."""
        reset(self.server)
        with contextlib.suppress(ConnectionResetError):
            assert self.client.recv(1) == b""
        self.client.close()

    def await_states(self, client=None, server=None):
        for namespace, wanted in ((self.lab.client, client), (self.lab.server, server)):
            if wanted is not None:
                until(
                    lambda: states(namespace, self.port) == ([wanted] if wanted else []),
                    5,
                    lambda: f"{wanted or 'no connection'}: {states(namespace, self.port)}",
                )


def server_in_time_wait(ends):
    """The server closed first; the client has its port free at once."""
    ends.server.close()
    assert ends.client.recv(1) == b""
    ends.client.close()
    ends.await_states(client="", server="TIME-WAIT")


def client_was_in_time_wait(ends):
    """The client closed first, and takes its port out of TIME-WAIT (tcp_tw_reuse)."""
    ends.client.close()
    assert ends.server.recv(1) == b""
    ends.server.close()
    ends.await_states(client="TIME-WAIT", server="")


def server_in_fin_wait_1(ends):
    """The server closes, the client is gone without acknowledging it."""
    ends.forget_client()
    with ends.mute_client():
        ends.server.shutdown(socket.SHUT_WR)
        ends.await_states(client="", server="FIN-WAIT-1")


def server_in_fin_wait_2(ends):
    """The server has closed its direction, the client acknowledged that and is gone."""
    ends.server.shutdown(socket.SHUT_WR)
    assert ends.client.recv(1) == b""
    ends.await_states(client="CLOSE-WAIT", server="FIN-WAIT-2")
    ends.forget_client()
    ends.await_states(client="", server="FIN-WAIT-2")


def server_in_close_wait(ends):
    """The client closed its direction and is gone; the server does not know."""
    ends.client.shutdown(socket.SHUT_WR)
    assert ends.server.recv(1) == b""
    ends.await_states(client="FIN-WAIT-2", server="CLOSE-WAIT")
    ends.forget_client()
    ends.await_states(client="", server="CLOSE-WAIT")


def server_in_last_ack(ends):
    """The client closed and is gone; the server closes and is not acknowledged."""
    server_in_close_wait(ends)
    with ends.mute_client():
        ends.server.close()
        ends.await_states(client="", server="LAST-ACK")


def server_established(ends):
    """The client is gone in the middle of it all (RFC 9293 section 3.5.1, half-open)."""
    ends.forget_client()
    ends.await_states(client="", server="ESTAB")


SITUATIONS = [
    server_in_time_wait,
    client_was_in_time_wait,
    server_in_fin_wait_1,
    server_in_fin_wait_2,
    server_in_close_wait,
    server_in_last_ack,
    server_established,
]


@contextlib.contextmanager
def box(lab, challenge):
    """The plain wire is there to show that the situation itself is one in which a client connects."""
    if challenge == "wire":
        with lab.wire():
            yield
    else:
        with lab.synward(lab.policy({"challenge": challenge})):
            yield


@pytest.mark.parametrize("timestamps", [1, 0], ids=["timestamps", "no_timestamps"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: s.__name__)
@pytest.mark.parametrize("challenge", ["wire", "never", "always"])
def test_port_is_used_again(fresh, challenge, situation, timestamps):
    if situation is client_was_in_time_wait and not timestamps:
        pytest.skip("Linux takes no port out of TIME-WAIT without time stamps")
    lab = fresh
    lab.client.sysctl(net__ipv4__tcp_timestamps=timestamps)
    with box(lab, challenge), streams.listen(lab.server, SERVER, PORT) as listener:
        listener.settimeout(10)
        port = next(client_ports)
        first = Ends(lab, listener, port)
        situation(first)
        if situation is client_was_in_time_wait:
            until(lambda: reconnects(lab, listener, port), 5, "tcp_tw_reuse to let go of the port")
        else:
            Ends(lab, listener, port).close()
        first.server.close()
        first.client.close()


def reconnects(lab, listener, port):
    try:
        ends = Ends(lab, listener, port)
    except OSError as error:
        assert error.errno == errno.EADDRNOTAVAIL  # for the first second
        return False
    ends.close()
    return True
