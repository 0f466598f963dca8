# SPDX-License-Identifier: BSD-3-Clause
"""What deploy/demo.sh shows, once everything is built."""

import os
import signal
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

# pylint: disable=wrong-import-position
from lab.captures import replay_flood  # noqa: E402
from lab.namespaces import NotPermitted  # noqa: E402
from lab.programs import Nginx  # noqa: E402
from lab.topology import BUILD, CROWD, SERVER, SERVER6, Lab  # noqa: E402

SECONDS = float(os.environ.get("DEMO_SECONDS", "8"))
FLOOD_RATE = 120_000
CLIENT_RATE = 50
BUDGET = 128
TIMEOUT_MS = 3000

_COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if _COLOUR else text


def bold(text):
    return paint(text, "1")


def say(text=""):
    print(text, flush=True)


def number(value):
    return f"{value:,.0f}"


class Part:
    """One part of the demo: clients at a steady rate, with or without the flood beside them."""

    def __init__(self, title):
        self.title = title
        self.load = self.syns = self.flood = self.report = None

    def run(self, lab, flooded):
        # A new nginx has an empty queue, and all clients are new to the server's kernel: known ones
        # would still find a reserved place in a full queue.
        lab.server.ip("tcp_metrics", "flush", "all")
        with Nginx(lab.server, lab.directory, SERVER, SERVER6, backlog=1024):
            lab.reset_syn_counters()
            with lab.flood(rate=FLOOD_RATE) if flooded else nullcontext() as self.flood:
                self.load = lab.load(
                    SERVER, rate=CLIENT_RATE, seconds=SECONDS, source=CROWD, timeout_ms=TIMEOUT_MS
                )
            self.syns = lab.syns_at_server()
        say(
            f"      {number(self.load['succeeded'])} of {number(self.load['tried'])} "
            "connections succeeded"
        )

    def time(self, percentile):
        value = self.load["connect_ms"][percentile]
        return "never" if value is None else f"{value:.2f} ms"

    def cells(self):
        load = self.load
        share = load["succeeded"] / load["tried"]
        return [
            (number(self.flood.rate) if self.flood else "-", None),
            (number(load["tried"]), None),
            (f"{number(load['succeeded'])} ({share:.0%})", 32 if share > 0.99 else 31),
            (self.time("p50"), None),
            (self.time("p99"), None),
            (number(self.syns["client"] + self.syns["flood"]), None),
            (number(self.syns["flood"]), 31 if self.syns["flood"] > 10 * BUDGET else 32),
        ]


ROWS = [
    "flood, SYN/s",
    "connections tried",
    "connections succeeded",
    "connect time, median",
    "connect time, 99th percentile",
    "SYNs that reached the server",
    "   of them from the flood",
]


def show(parts):
    columns = [part.cells() for part in parts]
    width = 1 + max(max(len(text) for text, _ in column) for column in columns)
    titles = [part.title.split("\n") for part in parts]
    width = max(width, 1 + max(len(line) for title in titles for line in title))
    left = max(map(len, ROWS)) + 2
    say()
    for line in range(2):
        say(" " * left + "".join(bold(f"{title[line]:>{width}}") for title in titles))
    say("-" * (left + width * len(parts)))
    for row, name in enumerate(ROWS):
        cells = ""
        for column in columns:
            text, colour = column[row]
            padded = f"{text:>{width}}"
            cells += paint(padded, f"1;{colour}") if colour and column[0][0] != "-" else padded
        say(f"{name:<{left}}{cells}")
    say()


def in_namespaces():
    with Lab() as lab:
        say(bold("synward: a web server under a SYN flood"))
        say(
            f"""
Three machines, here as network namespaces with their own TCP stacks, joined by cables (veth):

    client and attacker  ----------  box  ----------  server (nginx, {SERVER})

A SYN asks a server for a connection. The attacker sends {number(FLOOD_RATE)} of them a second from made-up
addresses in 198.18.0.0/15; nobody there will ever answer. The server keeps each in a queue and waits.
Meanwhile honest clients open {CLIENT_RATE} connections a second and give up after {TIMEOUT_MS // 1000} s.
"""
        )
        quiet = Part("no flood,\nplain wire")
        unprotected = Part("flooded,\nunprotected")
        cookies = Part("flooded, server's\nown SYN cookies")
        protected = Part("flooded,\nsynward")
        with lab.wire():
            say(f"{bold('1/4')} {SECONDS:.0f} s without the flood; the box is a plain wire")
            quiet.run(lab, flooded=False)
            say(f"{bold('2/4')} the same with the flood; the server defends itself with nothing")
            unprotected.run(lab, flooded=True)
            say(f"{bold('3/4')} the same, and Linux's SYN cookies switched on at the server")
            lab.server.sysctl(net__ipv4__tcp_syncookies=1)
            cookies.run(lab, flooded=True)
            lab.server.sysctl(net__ipv4__tcp_syncookies=0)
        say(f"{bold('4/4')} the server as in 2, and synward in the box")
        service = {"challenge": "over-budget", "budget": BUDGET, "ports": [80]}
        with lab.synward(lab.policy(service)) as synward:
            protected.run(lab, flooded=True)
        show([quiet, unprotected, protected, cookies])
        explain(unprotected, cookies, protected, synward)


def explain(unprotected, cookies, protected, synward):
    counters = synward.counters
    totals = synward.report["totals"]
    lost = unprotected.load["tried"] - unprotected.load["succeeded"]
    say(
        f"""Unprotected, the server's queue is full of connections that will never be, and {number(lost)} of
{number(unprotected.load['tried'])} honest clients got no page. With SYN cookies it answers without a queue, but it still meets
the whole flood: {number(cookies.syns['flood'])} SYNs, each a packet to read, hash and answer on the machine that should
serve pages. Behind synward {number(protected.syns['flood'])} of the flood's SYNs reached it.

synward let {number(counters['syn_within_budget'])} SYNs pass until its budget of {BUDGET} half-open connections was spent. From then on it
answered every SYN itself, {number(counters['syn_challenged'])} times, with a cookie that only somebody who is really there can
send back. {number(counters['cookie_redeemed'])} clients did; for them, and only for them, synward connected to the server.

synward received {number(totals['received'])} packets: {number(totals['forwarded'])} forwarded + {number(totals['answered'])} answered + """
        f"""{number(totals['held'])} held
(until the server answered) + {number(totals['dropped'])} dropped. Every one is accounted for.
"""
    )


def in_captures(why):
    say(bold("synward: a SYN flood, from a capture"))
    say(f"\n{why}\nSo no live connections are shown; the flood and what became of it are, as pcap files.\n")
    with tempfile.TemporaryDirectory("-synward") as directory:
        always = replay_flood(BUILD, Path(directory), challenge="always")
        never = replay_flood(BUILD, Path(directory), challenge="never")
    rows = [
        ("SYNs from the attacker", never.flood, always.flood),
        ("SYNs that reached the server", never.to_server, always.to_server),
        ("cookies sent back to their senders", never.to_client, always.to_client),
    ]
    say(f"{'':<38}" + bold(f"{'unprotected':>14}{'protected':>14}"))
    for name, unprotected, protected in rows:
        say(f"{name:<38}{number(unprotected):>14}{number(protected):>14}")
    say(
        """
Unprotected, every SYN takes a place in the server's queue for connections that will never be.
Protected, synward answers each itself, storing nothing, with a cookie that only a sender who is really
there can send back; only then would it connect to the server.
"""
    )


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    for number_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number_, interrupt)
    try:
        if "--pcap" in sys.argv[1:]:
            in_captures("You asked for captures instead of network namespaces.")
            return 0
        try:
            in_namespaces()
        except NotPermitted as error:
            in_captures(f"This machine does not permit network namespaces ({error}).")
        return 0
    except KeyboardInterrupt:
        say("\nInterrupted; nothing is left running.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
