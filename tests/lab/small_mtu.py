# SPDX-License-Identifier: BSD-3-Clause
"""A host behind a link of a small MTU: one of the lab's hosts is made the router in front of it.

    behind  behind0 ===== narrow0  client (or server)  client0 === ... the lab

Only the router's end of the link has the small MTU: the host itself offers an MSS for 1500 bytes, so
that segments come which do not fit, and the router has to say so.
"""

from contextlib import ExitStack, contextmanager

from .namespaces import Namespace
from .topology import Lab

MTU = 1280
BEHIND, BEHIND6 = "10.9.0.2", "2001:db8:9::2"
ROUTER, ROUTER6 = "10.9.0.1", "2001:db8:9::1"


@contextmanager
def behind(lab, router, peer, router_address, router_address6):
    """The namespace of a host behind `router`, a host of the lab that `peer` knows by these
    addresses."""
    with ExitStack() as stack:
        host = Namespace("behind", lab.logs, stack)
        Lab._cable(host, "behind0", router, "narrow0")
        for namespace, device, addresses in (
            (host, "behind0", (f"{BEHIND}/24", f"{BEHIND6}/64")),
            (router, "narrow0", (f"{ROUTER}/24", f"{ROUTER6}/64")),
        ):
            for address in addresses:
                namespace.ip("address", "add", address, "dev", device, "nodad")
        router.ip("link", "set", "narrow0", "mtu", MTU)
        router.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)
        routes = (("-4", "10.9.0.0/24", router_address), ("-6", "2001:db8:9::/64", router_address6))
        try:
            host.ip("-4", "route", "add", "default", "via", ROUTER)
            host.ip("-6", "route", "add", "default", "via", ROUTER6)
            for family, network, via in routes:
                peer.ip(family, "route", "add", network, "via", via)
            yield host
        finally:
            for family, network, _ in routes:
                peer.ip(family, "route", "delete", network, check=False)
                peer.ip(family, "route", "flush", "cache", check=False)
            router.sysctl(net__ipv4__ip_forward=0, net__ipv6__conf__all__forwarding=0)
            router.ip("link", "delete", "narrow0", check=False)
