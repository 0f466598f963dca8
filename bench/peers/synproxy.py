#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""SYN-ACKs for each second of CPU time: synward beside the kernel's own SYN proxy, over the same
veth pair and under the same flood, by turns in one run. As root; in network namespaces.

What is measured is the busy time of the whole machine (/proc/stat: all but idle and waiting), less
that of the floor, which is the same flood dropped at the other end of the veth pair, for as many
SYNs: so the generator and the crossing cost nobody anything. It must be the whole machine's, since
the kernel's proxy answers in soft interrupts, which count for whatever process they meet, the
generator's as a rule. Other work on the machine spoils the figures; "idle" says how much there was.

    bench/peers/synproxy.py [--rate 300000] [--seconds 2] [--rounds 5] [--json FILE]
"""

import argparse
import json
import os
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from lab.kernel_synproxy import kernel_synproxy  # noqa: E402
from lab.programs import Flood  # noqa: E402
from lab.topology import AF_PACKET, AF_XDP, BUILD, CLIENT, FLOOD_PREFIX, SERVER, Lab  # noqa: E402

PORT = 8080
TICK = os.sysconf("SC_CLK_TCK")


def busy_seconds():
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return (sum(fields[:7]) - fields[3] - fields[4]) / TICK


def process_seconds(pid):
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


@contextmanager
def floor(lab):
    lab.box.nft(
        "table netdev floor { chain early {"
        " type filter hook ingress device outside0 priority 0; policy drop;\n}\n}\n"
    )
    try:
        yield lab.server.mac("server0"), None
    finally:
        lab.box.run("nft", "delete", "table", "netdev", "floor")


@contextmanager
def kernel(lab):
    with kernel_synproxy(lab, PORT):
        lab.box.sysctl(net__ipv4__conf__all__rp_filter=0, net__ipv4__conf__outside0__rp_filter=0)
        lab.box.ip("route", "add", FLOOD_PREFIX, "via", CLIENT, "dev", "outside0", "onlink")
        try:
            yield lab.box.mac("outside0"), None
        finally:
            lab.box.ip("route", "delete", FLOOD_PREFIX)


def synward(ports):
    @contextmanager
    def subject(lab):
        policy = lab.policy({"challenge": "always"}, ports=ports)
        policy["sources"] = {"answers": "1000000/s"}
        with lab.synward(policy) as box:
            yield lab.server.mac("server0"), worker_of(box)

    return subject


def worker_of(box):
    """`ip netns exec` becomes the program it is told to run."""
    return box.process.popen.pid


SUBJECTS = {
    "floor": floor,
    "kernel_synproxy": kernel,
    "synward_af_packet": synward(AF_PACKET),
    "synward_af_xdp": synward(AF_XDP),
}


def measure(lab, subject, options):
    with (
        subject(lab) as (mac, pid),
        Flood(
            lab.client,
            BUILD / "synward-flood",
            device="client0",
            rate=options.rate,
            destination=SERVER,
            destination_port=PORT,
            destination_mac=mac,
            source_mac=lab.client.mac("client0"),
            source_prefix=FLOOD_PREFIX,
        ),
    ):
        time.sleep(0.3)
        counters = [lab.client.counter("client0", name) for name in ("tx_packets", "rx_packets")]
        used = process_seconds(pid) if pid else (0, 0)
        busy, began = busy_seconds(), time.monotonic()
        time.sleep(options.seconds)
        seconds = time.monotonic() - began
        busy = busy_seconds() - busy
        used = [now - then for now, then in zip(process_seconds(pid), used)] if pid else None
        sent, answered = (
            lab.client.counter("client0", name) - then
            for name, then in zip(("tx_packets", "rx_packets"), counters)
        )
    run = {"sent": sent / seconds, "answered": answered / seconds, "busy": busy / seconds}
    if used:
        run |= {"process_user": used[0] / seconds, "process_system": used[1] / seconds}
    return run


def idle(seconds):
    before = busy_seconds()
    time.sleep(seconds)
    return (busy_seconds() - before) / seconds


def summary(runs):
    medians = {
        name: {key: statistics.median(run[key] for run in list_of[name]) for key in list_of[name][0]}
        for list_of in [runs]
        for name in runs
        if runs[name]
    }
    for name, median in medians.items():
        if name != "floor":
            # By round, since the machine's other work changes from one to the next.
            each = [
                run["answered"]
                / max(run["busy"] - below["busy"] * run["sent"] / below["sent"], 1 / TICK)
                for run, below in zip(runs[name], runs["floor"])
            ]
            median["answers_per_cpu_second"] = statistics.median(each)
    return medians


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rate", type=int, default=300_000, help="SYNs a second")
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="the median counts")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    runs = {name: [] for name in SUBJECTS}
    skipped = {}
    quiet = idle(1)
    with Lab() as lab:
        for _ in range(options.rounds):
            for name, subject in SUBJECTS.items():
                if name in skipped:
                    continue
                try:
                    runs[name].append(measure(lab, subject, options))
                # pytest's skip, where the kernel has no SYN proxy, is no ordinary exception.
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt) or name == "floor":
                        raise
                    skipped[name] = str(error).splitlines()[0]
    result = {"rate": options.rate, "idle": quiet, "subjects": summary(runs), "skipped": skipped}
    if quiet > 0.1:
        print(f"the machine is busy ({quiet:.0%} of a core): these figures say little")
    kernels = result["subjects"].get("kernel_synproxy")
    for name, median in result["subjects"].items():
        if kernels and name.startswith("synward"):
            median["times_kernel"] = (
                median["answers_per_cpu_second"] / kernels["answers_per_cpu_second"]
            )
        print(name, " ".join(f"{key} {value:,.2f}" for key, value in median.items()))
    for name, why in skipped.items():
        print(f"{name}: skipped: {why}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
