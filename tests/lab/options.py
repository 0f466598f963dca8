# SPDX-License-Identifier: BSD-3-Clause
"""What two ends agreed on, as the kernel tells it."""

import re

FLAGS = {"ts", "sack", "ecn"}
VALUES = {"wscale", "mss", "pmtu", "advmss"}


def agreed(namespace, port):
    """The TCP options of the namespace's only connection to or from a port, from `ss -tie`."""
    lines = namespace.run(
        *("ss", "-Hntie", "state", "established", f"( sport = :{port} or dport = :{port} )")
    ).stdout.splitlines()
    assert len(lines) == 2, lines
    words = lines[1].split()
    options = {flag: flag in words for flag in FLAGS}
    for word in words:
        if match := re.fullmatch(r"(\w+):([\d,]+)", word):
            if match[1] in VALUES:
                options[match[1]] = match[2]
    return options
