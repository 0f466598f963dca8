# SPDX-License-Identifier: BSD-3-Clause
"""synward between pcap files: what can be shown without network namespaces."""

import struct
from dataclasses import dataclass

import yaml

from .namespaces import run

SERVER = "10.0.0.2"


def packets(file):
    """How many packets a pcap file has."""
    data = file.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    count, place = 0, 24
    while place < len(data):
        place += 16 + struct.unpack_from(order + "I", data, place + 8)[0]
        count += 1
    return count


@dataclass
class Replay:
    flood: int  # packets from outside
    to_server: int
    to_client: int


def replay_flood(build, directory, challenge, count=200_000) -> Replay:
    """A SYN flood from a capture through synward; how many packets left on each side."""
    flood, nothing = directory / "flood.pcap", directory / "nothing.pcap"
    to_server, to_client = directory / "to-server.pcap", directory / "to-client.pcap"
    run(
        *(build / "synward-flood", "--write", flood, "--count", count, "--rate", 100_000),
        *("--kind", "syn", "--destination", SERVER, "--destination-port", 80),
        *("--destination-mac", "02:00:00:00:00:02", "--source-mac", "02:00:00:00:00:01"),
    )
    nothing.write_bytes(flood.read_bytes()[:24])
    policy = {
        "links": [
            {
                "name": "captures",
                "outside": f"net_pcap0,rx_pcap={flood},tx_pcap={to_client}",
                "inside": f"net_pcap1,rx_pcap={nothing},tx_pcap={to_server}",
            }
        ],
        "workers": {"cores": [0], "clock": "packet"},
        "memory": {"hugepages": "off", "size": "256MiB"},
        "flows": {"capacity": "1Mi"},
        "services": [
            {"name": "web", "addresses": [SERVER], "ports": [80], "challenge": challenge}
        ],
    }
    file = directory / "policy.yaml"
    file.write_text(yaml.safe_dump(policy, sort_keys=False))
    run(build / "synward", "run", file, "--until-idle", "1s", timeout=120)
    return Replay(packets(flood), packets(to_server), packets(to_client))
