#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts the instructions that a packet of each kind costs, by callgrind, and compares them with
what instructions.json keeps. They repeat exactly where times do not, so a change of a few percent
is a change of the code, be it for the better.

    count_instructions.py [--update] [PROGRAM]    default: build/bench/path/path_instructions

With --update it keeps what it has counted. Meaningful for one compiler only: with another than
instructions.json names it says so and checks nothing (exit status 77: skipped)."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
KEPT = HERE / "instructions.json"
BAND = 0.03  # of what is kept; two runs of one program differ by less than 0.001
SKIPPED = 77


def compiler():
    return subprocess.run(["c++", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()


def count(program):
    """Instructions for each packet, by figure."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        done = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={out}",
                "--toggle-collect=*measured_turns*",
                "--toggle-collect=*measured_floor*",
                program,
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            sys.exit(f"{program}: exit status {done.returncode}\n{done.stderr[-2000:]}")
        figures = {}
        for part in sorted(Path(folder).glob("out.*"), key=lambda file: int(file.suffix[1:])):
            text = part.read_text(errors="replace")
            made = re.search(r"^desc: Trigger: Client Request: (\S+) (\d+)$", text, re.M)
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.M)
            if made and total:
                figures[made[1]] = round(int(total[1]) / int(made[2]), 1)
    if not figures:
        sys.exit(f"callgrind has counted nothing")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", nargs="?", default="build/bench/path/path_instructions")
    parser.add_argument("--update", action="store_true", help="keep what is counted")
    options = parser.parse_args()
    kept = json.loads(KEPT.read_text())
    if not options.update and kept["compiler"] != compiler():
        print(f"kept for GCC {kept['compiler']}, this is {compiler()}: nothing to compare")
        return SKIPPED
    counted = count(options.program)
    failures = 0
    for name in sorted(counted.keys() | kept["each_packet"].keys()):
        was, now = kept["each_packet"].get(name), counted.get(name)
        change = (now - was) / was if was and now else None
        outside = change is None or abs(change) > BAND
        failures += outside
        said = "new" if was is None else "gone" if now is None else f"{change:+.1%}"
        print(f"{name:24} {was or '-':>8} {now or '-':>8} {said:>7}{' <--' if outside else ''}")
    if options.update:
        kept = {"compiler": compiler(), "each_packet": counted}
        KEPT.write_text(json.dumps(kept, indent=2) + "\n")
        return 0
    if failures:
        print(
            f"{failures} outside of {BAND:.0%}. If that is meant, faster or slower, keep it:\n"
            "    ninja -C build bench/path/path_instructions"
            " && bench/path/count_instructions.py --update"
        )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
