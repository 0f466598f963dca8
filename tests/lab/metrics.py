# SPDX-License-Identifier: BSD-3-Clause
"""What synward exposes to Prometheus."""

URL = "http://127.0.0.1:9108"


def text(box, path="/metrics"):
    return box.run("curl", "-sS", "--fail", "--max-time", "10", URL + path).stdout


def scrape(box):
    """{"name{labels}": value}"""
    lines = (line for line in text(box).splitlines() if line and not line.startswith("#"))
    return {series: float(value) for series, value in (line.rsplit(" ", 1) for line in lines)}
