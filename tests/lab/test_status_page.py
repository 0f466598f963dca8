# SPDX-License-Identifier: BSD-3-Clause
"""The status page in a real browser, under a flood.

SYNWARD_SCREENSHOTS=FOLDER keeps what it looked like."""

import os
import re
import sys
import time
from pathlib import Path

import pytest

from .browser import Browser, CannotStart
from .metrics import scrape
from .programs import until
from .topology import CROWD, SERVER

URL = "http://127.0.0.1:9108/"


@pytest.fixture(scope="module")
def browser(lab):
    try:
        with Browser(lab.box, lab.directory) as made:
            yield made
    except CannotStart as error:
        print(f"\n*** NO BROWSER: {error}", file=sys.stderr)
        pytest.skip(f"NO BROWSER: {error}")


def screenshot(browser, name):
    if folder := os.environ.get("SYNWARD_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        height = browser.evaluate("document.documentElement.scrollHeight")
        width = browser.evaluate("innerWidth")
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=2 if width < 500 else 1, mobile=width < 500,
        )  # fmt: skip
        time.sleep(0.5)
        browser.screenshot(Path(folder) / f"{name}.png")


def shown(browser, selector):
    """The exact number behind what an element shows."""
    return int(browser.evaluate(f"document.querySelector({selector!r}).dataset.value"))


def scrolls_sideways(browser):
    return browser.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def test_page_under_a_flood(lab, site, browser):
    services = [
        {"name": "web", "challenge": "over-budget", "budget": 128, "ports": [80]},
        {"name": "mail", "challenge": "always", "ports": [25]},
    ]
    with lab.synward(lab.policy(*services)) as synward:
        browser.show(1440, 900)
        browser.open(URL)
        browser.until("Number(document.body.dataset.updates) >= 2")
        assert browser.evaluate("document.querySelector('#status').textContent") == "no attack"
        seconds = float(os.environ.get("SYNWARD_FLOOD_SECONDS", 4))
        with lab.flood(rate=20_000):
            crowd = lab.load(SERVER, rate=50, seconds=seconds, source=CROWD)
            browser.until("document.querySelector('#status').textContent == 'under attack: web'")
            assert browser.evaluate("!!document.querySelector('[data-service=web] .alarm')")
            assert not browser.evaluate("!!document.querySelector('[data-service=mail] .alarm')")
            screenshot(browser, "light")
            browser.show(1440, 900, dark=True)
            screenshot(browser, "dark")
            browser.show(375, 800, phone=True)
            time.sleep(0.5)
            assert browser.evaluate("innerWidth") == 375
            assert not scrolls_sideways(browser)
            screenshot(browser, "phone")
            browser.show(375, 800, phone=True, dark=True)
            screenshot(browser, "phone-dark")
        assert crowd["succeeded"] == crowd["tried"], crowd

        # With the wire silent the page must come to say what the counters say.
        issued = 'synward_challenges_issued_total{service="web"}'
        received = "synward_received_packets_total"
        until(lambda: is_still(lab.box, received), 20, "the counters to stand still")
        browser.evaluate("window.seen = Number(document.body.dataset.updates)")
        browser.until("Number(document.body.dataset.updates) >= window.seen + 2")
        metrics = scrape(lab.box)
        expected = {
            "#total-syns": metrics['synward_service_syns_total{service="web"}'],
            "#total-challenged": metrics[issued],
            "#total-redeemed": metrics['synward_challenges_redeemed_total{service="web"}'],
            "#total-completed": metrics['synward_handshakes_completed_total{service="web"}'],
            "#account": metrics["synward_received_packets_total"],
        }
        for line, value in metrics.items():
            if reason := re.match(r'synward_packets_total\{.*reason="(\w+)"', line):
                if value:
                    expected[f"[data-reason={reason[1]}] [data-value]"] = value
        assert len(expected) > 10
        assert {selector: shown(browser, selector) for selector in expected} == expected
        browser.open("about:blank")
        report = synward.stop()
    assert metrics['synward_packets_total{verdict="answered",reason="syn_challenged"}'] == (
        report["counters"]["syn_challenged"]
    )
    assert metrics[issued] == report["counters"]["syn_challenged"]
    assert browser.errors == []


def is_still(box, name):
    first = scrape(box)[name]
    time.sleep(0.3)
    return first > 0 and scrape(box)[name] == first
