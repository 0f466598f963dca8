#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes a page with plots of what the benchmarks wrote: index.html and SVG files, complete in
themselves.

    bench/report/make_report.py RESULTS [FOLDER]     RESULTS: where bench/run.sh left its JSON files;
                                                     FOLDER: where the page goes, the same by default
"""

import html
import json
import re
import sys
from pathlib import Path

import charts
from questions import answers


class Results:
    """The figures of one run of bench/run.sh, by program and name; what is missing is None."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json")}

    def names(self, program):
        return [
            self._name(figure)
            for figure in self.files.get(program, {}).get("benchmarks", [])
            if self._counts(figure)
        ]

    def get(self, program, name, counter="cycles"):
        for figure in self.files.get(program, {}).get("benchmarks", []):
            if self._counts(figure) and self._name(figure) == name:
                return figure.get(counter)
        return None

    def context(self, program):
        return self.files.get(program, {}).get("context", {})

    def over(self, prefix, key, name):
        """{size: cycles} of a figure over the runs of path_bench whose names begin so."""
        points = {}
        for program in self.files:
            cycles = self.get(program, name)
            if program.startswith(prefix) and cycles is not None:
                points[int(self.context(program)[key])] = cycles
        return points

    @staticmethod
    def _counts(figure):
        return figure.get("aggregate_name", "median") == "median" and not figure.get(
            "error_occurred", False
        )

    @staticmethod
    def _name(figure):
        return figure["run_name"].removesuffix("/manual_time")


def stage_plot(results):
    stages = [name for name in results.names("micro") if not name.startswith("table/")]
    groups = sorted({name.split("/")[0] for name in stages})
    rows = [
        (name, results.get("micro", name), groups.index(name.split("/")[0]))
        for name in sorted(stages, key=lambda name: name.split("/")[0])
    ]
    return charts.bars("Each stage by itself, in batches of 64", rows, "cycles")


def path_plot(results):
    floor = results.get("path", "floor/touch/data")
    rows = [
        (name, results.get("path", name), 5 if name.startswith("floor") else 0)
        for name in results.names("path")
    ]
    mark = (floor * 3, "three times the floor (data)") if floor else None
    return charts.bars(
        "The whole worker loop: 1 Mi flows, 1,000 services, one core", rows, "cycles", mark
    )


def table_plot(results):
    series = {}
    for name in results.names("micro"):
        found = re.fullmatch(r"table/(\w+)/flows:(\d+)", name)
        if found:
            series.setdefault(found[1], {})[int(found[2])] = results.get("micro", name)
    return charts.lines("The flow table by itself", series, "flows", "cycles each")


def path_over_flows_plot(results):
    names = ("data/spliced", "data/unspliced", "syn_answered/linux", "ack_flood", "floor/touch/data")
    series = {name: results.over("path", "flows", name) for name in names}
    return charts.lines("The worker loop and its flows", series, "flows resident", "cycles a packet")


TABLES = ("synward", "synward_full", "rte_hash", "robin_map")


def services_plot(results):
    names = ("data/spliced", "syn_answered/linux", "ack_flood", "floor/touch/data")
    series = {name: results.over("services", "services", name) for name in names}
    return charts.lines("The worker loop and its services", series, "services", "cycles a packet")


def table_peers_plot(results):
    rows = []
    for flows in (1 << 16, 1 << 20, 1 << 24):
        for what in ("hit", "miss", "replace"):
            for colour, peer in enumerate(TABLES):
                cycles = results.get("table", f"{peer}/{what}/flows:{flows}")
                rows.append((f"{what}, {flows:,} flows: {peer}", cycles, colour))
    return charts.bars("Flow tables, 85 % taken, in batches of 32", rows, "cycles")


def memory_plot(results):
    rows = [
        (peer, results.get("table", f"{peer}/hit/flows:{1 << 24}", "bytes"), colour)
        for colour, peer in enumerate(TABLES)
    ]
    return charts.bars("Memory of a flow, key and state included", rows, "bytes", (70, "70"))


def mac_plot(results):
    rows = []
    for inputs in ("Cookies", "Ipv4Tuples", "Ipv6Tuples"):
        ours = "aes_cookie_mac_batch/64" if inputs == "Cookies" else f"aes_tuple_batch<{inputs}>/64"
        rows += [
            (f"{inputs}: AES", results.get("mac", ours), 0),
            (
                f"{inputs}: crypto_shorthash",
                results.get("mac", f"siphash_by_sodium<{inputs}>"),
                1,
            ),
        ]
    return charts.bars("Keyed hash, in batches of 64", rows, "cycles")


def synproxy_plot(results):
    subjects = results.files.get("synproxy", {}).get("subjects", {})
    rows = [
        (name, median.get("answers_per_cpu_second"), 1 if name.startswith("kernel") else 0)
        for name, median in subjects.items()
    ]
    return charts.bars("SYN-ACKs for each second of CPU time, over one veth pair", rows, "")


PLOTS = {
    "path": path_plot,
    "stages": stage_plot,
    "table": table_plot,
    "flows": path_over_flows_plot,
    "services": services_plot,
    "peers-table": table_peers_plot,
    "peers-memory": memory_plot,
    "peers-mac": mac_plot,
    "peers-synproxy": synproxy_plot,
}

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>synward: measured</title>
<style>
body {{ font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif; max-width: 64em; margin: 2em auto;
  padding: 0 1em; color: #222; background: #fff }}
table {{ border-collapse: collapse }}
td, th {{ padding: .3em .8em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }}
td.n {{ text-align: right; white-space: nowrap }}
.missed {{ color: #b23a48 }} .met {{ color: #2c7a4b }}
img {{ display: block; max-width: 100%; margin: 1.5em 0 }}
</style>
<h1>synward: measured</h1>
<p>{machine}. Cycles are those of the time stamp counter, medians of the repetitions; see
bench/README.md for what each program does.</p>
<h2>Against what was aimed at</h2>
<table><tr><th>Question<th>Measured<th>Aim<th></tr>
{questions}
</table>
<h2>Plots</h2>
{plots}
{flood}
</html>
"""


def state_of(value, met):
    if met is None:
        return "not measured" if value == "-" else "no aim of its own"
    return "met" if met else "missed"


def question_rows(results):
    rows = []
    for question, value, aim, met in answers(results):
        state = state_of(value, met)
        rows.append(
            f'<tr><td>{html.escape(question)}<td class="n">{html.escape(value)}'
            f'<td class="n">{html.escape(aim)}<td class="{state}">{state}</tr>'
        )
    return "\n".join(rows)


def flood_table(results):
    found = results.files.get("flood")
    if not found:
        return ""
    rows = "".join(
        f'<tr><td>{percent} % of it<td class="n">{delays["rate"]:,.0f}/s'
        + "".join(f'<td class="n">{delays[key]:.1f}' for key in ("p50_us", "p99_us", "p999_us"))
        for percent in (50, 90)
        if (delays := found.get(f"at_{percent}_percent"))
    )
    return (
        "<h2>Two processes, a core each</h2>"
        f"<p>The highest rate of SYNs of which every one was answered, over {found['port']}:"
        f" {found['highest_lossless_rate']:,.0f}/s"
        f"{', where the generator was the limit' if found['limited_by_generator'] else ''}.</p>"
        "<table><tr><th>Rate<th><th>p50 &micro;s<th>p99 &micro;s<th>p99.9 &micro;s</tr>"
        f"{rows}</table>"
    )


def machine(results):
    context = next((results.context(name) for name in ("path", "micro", "table", "mac")
                    if results.context(name)), {})
    if not context:
        return "Of an unknown machine"
    pages = results.context("path").get("pages")
    return html.escape(
        f"{context['num_cpus']} cores at {context['mhz_per_cpu']} MHz, {context['date'][:16]}"
        + (f", path with pages of {pages}" if pages else "")
    )


def main():
    source = Path(sys.argv[1])
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else source
    folder.mkdir(parents=True, exist_ok=True)
    results = Results(source)
    images = []
    for name, plot in PLOTS.items():
        svg = plot(results)
        if svg:
            (folder / f"{name}.svg").write_text(svg)
            title = re.search("<title>(.*?)</title>", svg)[1]
            images.append(f'<img src="{name}.svg" alt="{title}">')
    (folder / "index.html").write_text(
        PAGE.format(
            machine=machine(results),
            questions=question_rows(results),
            plots="\n".join(images),
            flood=flood_table(results),
        )
    )
    for question, value, aim, met in answers(results):
        print(f"{question:70} {value:>12}  {aim:>10}  {state_of(value, met)}")
    print(folder / "index.html")


if __name__ == "__main__":
    main()
