# SPDX-License-Identifier: BSD-3-Clause
"""Counts test cases from JUnit reports. Reads lines `suite exit-status report-file`; prints a line
for each suite and for each failure, and last the sums. A suite that failed without a failed case in
its report, or that left no report or no case, counts as one failure."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def cases(report):
    """(name, "passed" | "failed" | "skipped") of each test case."""
    for case in ElementTree.parse(report).iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        if case.find("failure") is not None or case.find("error") is not None:
            yield name, "failed"
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            yield name, "skipped"
        else:
            yield name, "passed"


def main():
    sums = {"passed": 0, "failed": 0, "skipped": 0}
    lines = Path(sys.argv[1]).read_text().splitlines()
    for line in lines:
        suite, status, report = line.split()
        counts = dict.fromkeys(sums, 0)
        try:
            for name, result in cases(report):
                counts[result] += 1
                if result == "failed":
                    print(f"FAILED {suite}: {name}")
        except (OSError, ElementTree.ParseError) as error:
            print(f"FAILED {suite}: no report: {error}")
            counts["failed"] += 1
        if not any(counts.values()):
            print(f"FAILED {suite}: no test case ran")
            counts["failed"] += 1
        if status != "0" and counts["failed"] == 0:
            print(f"FAILED {suite}: exit status {status}, though no test case failed")
            counts["failed"] += 1
        print(f"{suite:<12}" + ", ".join(f"{count} {result}" for result, count in counts.items()))
        for result, count in counts.items():
            sums[result] += count
    if not lines:
        print("FAILED: no suite ran")
        sums["failed"] += 1
    print(", ".join(f"{count} {result}" for result, count in sums.items()))
    return 1 if sums["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
