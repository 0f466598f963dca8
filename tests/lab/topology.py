# SPDX-License-Identifier: BSD-3-Clause
"""The lab: client, box and server, three network namespaces joined by two veth pairs.

    client  client0 ===== outside0  box  inside0 ===== server0  server
    10.0.0.1                                                10.0.0.2
    2001:db8::1                                          2001:db8::2

Client and server share one subnet: what is in the box, a bridge (`Lab.wire`) or synward
(`Lab.synward`), is transparent. `Lab.wan` puts a far way between client and box:

    client  client0 ===== near0  wan  far0 ===== outside0  box
"""

import json
import os
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .namespaces import Namespace, NotPermitted, remove_abandoned, uninterrupted
from .programs import Flood, Impair, Synward, Transfer

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SYNWARD_BUILD", ROOT / "build"))

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::2"
# More addresses of the client, so that thousands of connections a second find ports.
CROWD = [f"10.0.0.{last}" for last in range(101, 117)]
CROWD6 = [f"2001:db8::{last}" for last in range(101, 117)]

# synward's ports. Which driver, measured on two cores with dpdk-testpmd between the two veth ends
# (`--vdev=net_af_packet0,iface=outside0,qdisc_bypass=1` and so on, `--forward-mode=io`; and
# `5tswap --port-topology=loop`, which sends every packet back, as a challenge does):
#
#                          64-byte packets   sent back    iperf3, MTU 1500   iperf3, MTU 9000
#   net_af_packet           605,000/s         617,000/s    2.1 Gbit/s         4.7 Gbit/s
#   net_af_xdp              605,000/s         594,000/s    2.4-2.8 Gbit/s     does not fit
#
# The packet rates are the generator's limit; both lost nothing. net_af_packet it is: it carries
# jumbo frames (framesz=9216,blocksz=36864) and VLAN tags (XDP sees no tag that veth keeps beside the
# packet), leaves no program on the device, needs no BPF file system and works with any number of
# veth queues. Its defaults for framecnt and blocksz are as good as larger ones (64 KiB blocks:
# 517,000/s, 4096 frames: no change); qdisc_bypass=1 is worth some 3 %. What it cannot do: DPDK's
# driver lets the kernel put IPv4 fragments together, and the whole is too large to be sent on. Where
# fragments matter the tests use net_af_xdp.
AF_PACKET = {
    "outside": "net_af_packet0,iface=outside0,qdisc_bypass=1",
    "inside": "net_af_packet1,iface=inside0,qdisc_bypass=1",
}
AF_XDP = {
    "outside": "net_af_xdp0,iface=outside0",
    "inside": "net_af_xdp1,iface=inside0",
}

# With checksum or segmentation offload on, veth hands over TCP segments without a checksum and of up
# to 64 KiB: nothing but ICMP crosses a packet socket. On every end, since the peer's offloads decide.
OFFLOADS = ("rx", "tx", "sg", "tso", "gso", "gro")

FLOOD_PREFIX, FLOOD_PREFIX6 = "198.18.0.0/15", "2001:2::/48"


class Lab:
    """Use as a context manager; nothing of it is left afterwards, whatever happens in it."""

    def __init__(self):
        self._stack = ExitStack()
        self._in_the_box = None  # what stands there now: it holds on to the devices

    def __enter__(self):
        remove_abandoned()
        try:
            self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory("-synward")))
            self.logs = self.directory / "logs"
            self.logs.mkdir()
            self.client, self.box, self.server = (
                Namespace(name, self.logs, self._stack) for name in ("client", "box", "server")
            )
            self._cable(self.client, "client0", self.box, "outside0")
            self._cable(self.server, "server0", self.box, "inside0")
            self._addresses()
            self._counters()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with uninterrupted():
            self._stack.close()

    @staticmethod
    def _cable(left, left_device, right, right_device):
        made = left.ip(
            *("link", "add", left_device, "type", "veth"),
            *("peer", "name", right_device, "netns", right.name),
            check=False,
        )
        if made.returncode != 0:
            raise NotPermitted(made.stderr.strip())
        for namespace, device in ((left, left_device), (right, right_device)):
            namespace.sysctl(
                **{
                    f"net__ipv6__conf__{device}__accept_dad": 0,
                    f"net__ipv6__conf__{device}__accept_ra": 0,
                    f"net__ipv6__conf__{device}__router_solicitations": 0,
                }
            )
            namespace.run("ethtool", "-K", device, *(w for o in OFFLOADS for w in (o, "off")))
            namespace.ip("link", "set", device, "up")

    def _addresses(self):
        # The box has no address: it is no host, and must not send anything of its own.
        self.box.sysctl(net__ipv6__conf__all__disable_ipv6=1)
        for namespace, device, addresses in (
            (self.client, "client0", [CLIENT, CLIENT6, *CROWD, *CROWD6]),
            (self.server, "server0", [SERVER, SERVER6]),
        ):
            for address in addresses:
                prefix = 64 if ":" in address else 24
                namespace.ip("address", "add", f"{address}/{prefix}", "dev", device, "nodad")
        # The server's answers to spoofed sources go where a router would send them.
        self.server.ip("route", "add", FLOOD_PREFIX, "via", CLIENT)
        self.server.ip("-6", "route", "add", FLOOD_PREFIX6, "via", CLIENT6)
        self.client.sysctl(
            net__ipv4__ip_local_port_range="10000 65000",
            net__ipv4__tcp_tw_reuse=1,
        )
        # A server of a busy site, but without SYN cookies of its own: what a flood does shows.
        self.server.sysctl(
            net__core__somaxconn=4096,
            net__ipv4__tcp_max_syn_backlog=1024,
            net__ipv4__tcp_syncookies=0,
            net__ipv4__tcp_no_metrics_save=1,
        )

    def _counters(self):
        # Answers to spoofed addresses end here, before they cost the client anything.
        self.client.nft(
            f"""table inet lab {{
                chain early {{
                    type filter hook prerouting priority raw;
                    ip daddr {FLOOD_PREFIX} drop
                    ip6 daddr {FLOOD_PREFIX6} drop
                }}
            }}
            """
        )
        syn = "tcp flags & (fin|syn|rst|ack) == syn"
        self.server.nft(
            f"""table inet lab {{
                counter flood {{ }}
                counter client {{ }}
                chain early {{
                    type filter hook prerouting priority raw;
                    ip saddr {FLOOD_PREFIX} {syn} counter name flood
                    ip6 saddr {FLOOD_PREFIX6} {syn} counter name flood
                    ip saddr 10.0.0.0/24 {syn} counter name client
                    ip6 saddr 2001:db8::/64 {syn} counter name client
                }}
            }}
            """
        )

    def reset_syn_counters(self):
        self.server.run("nft", "reset", "counters")

    def syns_at_server(self):
        """SYNs that reached the server's kernel since reset_syn_counters: {"flood": n, "client": n}."""
        listed = json.loads(self.server.run("nft", "-j", "list", "counters").stdout)
        return {
            entry["counter"]["name"]: entry["counter"]["packets"]
            for entry in listed["nftables"]
            if "counter" in entry
        }

    @contextmanager
    def occupied(self, what):
        """One thing stands in the box at a time."""
        if self._in_the_box:
            raise RuntimeError(f"{what} in the box, where {self._in_the_box} is already")
        self._in_the_box = what
        try:
            yield
        finally:
            self._in_the_box = None

    @contextmanager
    def wire(self):
        """The box is a plain wire: a bridge."""
        with self.occupied("a wire"), self._bridge():
            yield

    @contextmanager
    def _bridge(self):
        box = self.box
        box.ip("link", "add", "wire", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        try:
            for device in ("outside0", "inside0"):
                box.ip("link", "set", device, "master", "wire")
            box.ip("link", "set", "wire", "up")
            yield
        finally:
            box.ip("link", "delete", "wire")

    @contextmanager
    def wan(self, **impairments):
        """An impaired wire between client and box: its right is the box. Options as on impair's
        command line. To be entered before wire() or synward(), whose device it replaces."""
        if self._in_the_box:
            raise RuntimeError(f"enter wan() before {self._in_the_box}, whose device it replaces")
        box = self.box
        with ExitStack() as stack:
            wan = Namespace("wan", self.logs, stack)
            wan.sysctl(net__ipv6__conf__all__disable_ipv6=1)
            box.ip("link", "set", "outside0", "netns", wan.name, "name", "near0")
            try:
                wan.ip("link", "set", "near0", "up")
                self._cable(wan, "far0", box, "outside0")
                with Impair(
                    wan, BUILD / "tests/lab/impair/impair", "near0", "far0", **impairments
                ) as wire:
                    yield wire
            finally:
                wan.ip("link", "delete", "far0", check=False)
                wan.ip("link", "set", "near0", "netns", box.name, "name", "outside0")
                box.ip("link", "set", "outside0", "up")

    def policy(self, *services, cores=(1,), ports=AF_PACKET, **sections):
        """A policy for this lab; a service given without addresses is the lab's server."""
        return {
            "links": [{"name": "lab", **ports}],
            "workers": {"cores": list(cores), "idle_sleep": "50us"},
            "memory": {"hugepages": "off", "size": "256MiB"},
            "control": {"socket": str(self.directory / "control.sock")},
            "services": [
                {"name": f"service{number}", "addresses": [SERVER, SERVER6], **service}
                for number, service in enumerate(services)
            ],
            **sections,
        }

    @contextmanager
    def synward(self, policy):
        """synward in the box, for a with statement: a Synward."""
        synward = Synward(self.box, BUILD, policy, self.directory)
        with self.occupied("synward"), synward:
            yield synward

    def flood(self, rate=120_000, ipv6=False, **options) -> Flood:
        """A flood of the server, for a with statement. See Flood for the options."""
        options.setdefault("destination", SERVER6 if ipv6 else SERVER)
        options.setdefault("source_prefix", FLOOD_PREFIX6 if ipv6 else FLOOD_PREFIX)
        return Flood(
            self.client,
            BUILD / "synward-flood",
            device="client0",
            rate=rate,
            destination_mac=self.server.mac("server0"),
            source_mac=self.client.mac("client0"),
            **options,
        )

    def transfer(self, address=SERVER, port=8080, **options) -> Transfer:
        """A server of checked streams, for a with statement."""
        return Transfer(self.server, BUILD / "tests/lab/transfer", address, port, **options)

    def load(self, address=SERVER, **options):
        """Runs connect_load from the client; its JSON as a dict. Options as on its command line."""
        command = [BUILD / "tests/lab/connect_load", address]
        for name, value in options.items():
            text = ",".join(value) if isinstance(value, list) else value
            command += [f"--{name.replace('_', '-')}", text]
        return json.loads(self.client.run(*command, timeout=120).stdout)
