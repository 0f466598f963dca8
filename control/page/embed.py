#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the files of the status page into a C++ file: embed.py OUTPUT FILE..."""

import sys
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# A literal may not be longer than this many characters everywhere.
PIECE = 16000


def literal(text):
    assert ')page"' not in text
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    return "\n".join(f'R"page({piece})page"' for piece in pieces)


def main():
    output, *files = sys.argv[1:]
    entries = []
    for file in map(Path, files):
        path = "/" if file.name == "index.html" else f"/{file.name}"
        entries.append(f'    {{"{path}", "{TYPES[file.suffix]}",\n{literal(file.read_text())}}},')
    Path(output).write_text(
        "// Made by control/page/embed.py.\n"
        '#include "control/page_files.h"\n\n'
        "namespace synward::control::page {\n"
        "namespace {\n"
        "constexpr File kAll[] = {\n" + "\n".join(entries) + "\n};\n"
        "}  // namespace\n"
        "const std::span<const File> kFiles{kAll};\n"
        "}  // namespace synward::control::page\n"
    )


if __name__ == "__main__":
    main()
