# SPDX-License-Identifier: BSD-3-Clause
"""TCP servers and clients of the tests' own, with sockets in the lab's namespaces."""

import asyncio
import hashlib
import os
import socket
import threading
import time
from contextlib import contextmanager

PIECE = 1 << 16
FAREWELL = b"farewell"


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def listen(namespace, address, port):
    listener = namespace.socket(family_of(address))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(1024)
    return listener


def connect(namespace, address, port, source_port=None, timeout=10, source=None):
    """A connected socket of the namespace. A given source port is taken whatever its state."""
    connection = namespace.socket(family_of(address))
    connection.settimeout(timeout)
    if source_port is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind((source or "", source_port))
    try:
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def receive(connection, count):
    """Exactly so many bytes."""
    got = b""
    while len(got) < count:
        piece = connection.recv(count - len(got))
        if not piece:
            raise ConnectionError(f"closed after {len(got)} of {count} bytes")
        got += piece
    return got


@contextmanager
def server(namespace, address, port, serve):
    """Calls serve(connection) in a thread for each connection that is accepted."""
    listener = listen(namespace, address, port)
    connections = []

    def one(connection):
        with connection:
            try:
                serve(connection)
            except OSError:
                pass  # the client sees it

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(60)
            connections.append(connection)
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in connections:
            connection.close()


def echo(connection):
    """Sends back what it gets, and bids farewell to a client that has closed its direction."""
    while piece := connection.recv(PIECE):
        connection.sendall(piece)
    connection.sendall(FAREWELL)


def digest(connection):
    """Answers with the SHA-256 of all that it gets."""
    sha = hashlib.sha256()
    while piece := connection.recv(PIECE):
        sha.update(piece)
    connection.sendall(sha.hexdigest().encode())


class Conversations:
    """Connections to an echo server on which data goes back and forth all the time."""

    def __init__(self, namespace, address, port, count, pause=0.02):
        self.pause = pause
        self.rounds = [0] * count
        self.errors = []
        self._stopping = threading.Event()
        # One after the other: a connection that cannot be made is an error of its own.
        self.sockets = [connect(namespace, address, port) for _ in range(count)]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    async def _run(self):
        await asyncio.gather(*(self._talk(number) for number in range(len(self.sockets))))

    async def _talk(self, number):
        try:
            self.sockets[number].setblocking(False)
            reader, writer = await asyncio.open_connection(sock=self.sockets[number])
            while not self._stopping.is_set():
                sent = os.urandom(1 + 97 * (self.rounds[number] % 40))
                writer.write(sent)
                got = await asyncio.wait_for(reader.readexactly(len(sent)), 20)
                assert got == sent, "other bytes came back"
                self.rounds[number] += 1
                await asyncio.sleep(self.pause)
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 20) == FAREWELL
            writer.close()
        except Exception as error:  # for the test's thread to show
            self.errors.append(f"connection {number}, round {self.rounds[number]}: {error!r}")

    def go_on(self, rounds=5, timeout=30):
        """Waits until each has done so many more rounds."""
        start = list(self.rounds)
        end = time.monotonic() + timeout
        while not self.errors and any(n - s < rounds for n, s in zip(self.rounds, start)):
            assert time.monotonic() < end, f"no progress: {start} {self.rounds}"
            time.sleep(0.02)
        assert not self.errors, self.errors

    def close(self):
        """Closes all of them, one direction first."""
        self._stopping.set()
        self._thread.join(60)
        assert not self._thread.is_alive() and not self.errors, self.errors
