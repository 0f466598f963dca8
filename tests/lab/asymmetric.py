# SPDX-License-Identifier: BSD-3-Clause
"""An asymmetric route: what clients send crosses the box, the servers' answers do not.

    client  client0 ===== outside0  box  inside0 ===== server0  server
            back0  ================================================  back1
"""

from contextlib import contextmanager

from .topology import CLIENT, CLIENT6, CROWD, CROWD6, FLOOD_PREFIX, FLOOD_PREFIX6

_BACK, _BACK6 = "10.0.1", "2001:db8:1:"


@contextmanager
def way_back(lab):
    """Everything that the server sends to clients, or to the sources of a flood, goes round the box."""
    lab._cable(lab.client, "back0", lab.server, "back1")
    try:
        for namespace, device, last in ((lab.client, "back0", 1), (lab.server, "back1", 2)):
            namespace.ip("address", "add", f"{_BACK}.{last}/24", "dev", device)
            namespace.ip("address", "add", f"{_BACK6}:{last}/64", "dev", device, "nodad")
        for address in (CLIENT, *CROWD, FLOOD_PREFIX):
            lab.server.ip("route", "replace", address, "via", f"{_BACK}.1", "dev", "back1")
        for address in (CLIENT6, *CROWD6, FLOOD_PREFIX6):
            lab.server.ip("-6", "route", "replace", address, "via", f"{_BACK6}:1", "dev", "back1")
        yield
    finally:
        lab.client.ip("link", "delete", "back0")
        lab.server.ip("route", "replace", FLOOD_PREFIX, "via", CLIENT)
        lab.server.ip("-6", "route", "replace", FLOOD_PREFIX6, "via", CLIENT6)
