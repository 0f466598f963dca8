#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a copy of a source in which one rule is broken.

mutate.py MUTANT SOURCE TARGET: MUTANT has comment lines (#), then `old:` and `new:` lines; the
text of `old` must be in SOURCE just once, so that a mutant that no longer applies fails the build.
"""
import sys


def main() -> None:
    mutant, source, target = sys.argv[1:]
    parts = {"old": "", "new": ""}
    for line in open(mutant, encoding="utf-8"):
        name, _, text = line.rstrip("\n").partition(": ")
        if name in parts:
            parts[name] = text
    text = open(source, encoding="utf-8").read()
    if not parts["old"] or text.count(parts["old"]) != 1:
        sys.exit(f"{mutant}: {parts['old']!r} is in {source} {text.count(parts['old'])} times")
    with open(target, "w", encoding="utf-8") as out:
        out.write(text.replace(parts["old"], parts["new"]))


main()
