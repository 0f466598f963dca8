#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The highest rate of SYNs of which synward answers every one, and how long its answers take at
half and at nine tenths of that rate: synward on one core, the generator on another, memory shared
between their processes (net_memif) as the wire. The median run of several counts.

    bench/flood_search/flood_search.py [--runs 5] [--seconds 0.5] [--json FILE]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SYNWARD_BUILD", ROOT / "build"))
SERVICES = 1000


def wire(socket):
    """Rings of 2,048 packets: what comes in a millisecond or so."""
    return f"socket={socket},socket-abstract=no,rsize=11"


def policy(socket, core):
    """As YAML, of which JSON is a part. The services are those of bench/support/traffic.cpp."""
    services = [
        {
            "name": f"service{number}",
            "addresses": [f"10.0.{number >> 4}.{(number & 15) << 4 | 1}"],
            "ports": [443],
            "challenge": "always",
        }
        for number in range(SERVICES)
    ]
    return {
        "links": [
            {
                "name": "memory",
                "outside": f"net_memif0,role=server,{wire(socket)}",
                "inside": "net_null0,no-rx=1",
            }
        ],
        "workers": {"cores": [core]},
        "memory": {"hugepages": "auto", "size": "512MiB"},
        "flows": {"capacity": "1Mi"},
        "sources": {"answers": "1000000/s"},
        # Each SYN has one answer, or those of one trial would come in another.
        "cookies": {"syn_ack_retransmissions": 0},
        "services": services,
    }


def start_box(folder, options):
    file = folder / "policy.yaml"
    file.write_text(json.dumps(policy(folder / "memif.sock", options.box_core)))
    log = open(folder / "synward.log", "w+")
    box = subprocess.Popen(
        [BUILD / "synward", "run", file, "--report", "json"],
        stdout=subprocess.DEVNULL,
        stderr=log,
    )
    end = time.monotonic() + 30
    while "synward: ready" not in Path(log.name).read_text():
        if box.poll() is not None or time.monotonic() > end:
            box.kill()
            sys.exit(f"synward did not start:\n{Path(log.name).read_text()}")
        time.sleep(0.05)
    return box


def search(options):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        box = start_box(folder, options)
        try:
            port = f"net_memif0,role=client,{wire(folder / 'memif.sock')}"
            done = subprocess.run(
                [
                    *(BUILD / "bench/flood_search/flood_search", "--port", port),
                    *("--core", str(options.generator_core), "--services", str(SERVICES)),
                    *("--seconds", str(options.seconds)),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
        finally:
            box.terminate()
            box.wait(20)
        if done.returncode != 0:
            sys.exit(done.returncode)
        return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="the median one counts")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each trial")
    parser.add_argument("--box-core", type=int, default=1)
    parser.add_argument("--generator-core", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    runs = sorted(
        (search(options) for _ in range(options.runs)),
        key=lambda run: run["highest_lossless_rate"],
    )
    result = {
        "port": "net_memif",
        "all_rates": [run["highest_lossless_rate"] for run in runs],
        **runs[len(runs) // 2],
    }
    print(f"highest rate without loss: {result['highest_lossless_rate']:,.0f}/s"
          + (" (the generator's limit)" if result["limited_by_generator"] else ""))
    for percent in (50, 90):
        delays = result.get(f"at_{percent}_percent")
        if delays:
            print(f"  at {percent} %: p50 {delays['p50_us']:.1f} us, p99 {delays['p99_us']:.1f} us,"
                  f" p99.9 {delays['p999_us']:.1f} us")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
