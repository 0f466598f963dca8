# SPDX-License-Identifier: BSD-3-Clause
"""The container image: what its recipe makes, and a box that runs in it."""

import json
import os
import signal
from pathlib import Path

import pytest
import yaml

from lab import metrics
from lab.namespaces import run
from lab.programs import until
from lab.skipping import skip_loudly
from lab.topology import SERVER

from .image import Image, NotPossible

CONNECTIONS = 50


@pytest.fixture(scope="module")
def image(packages):
    try:
        with Image(packages["synward"]) as built:
            yield built
    except NotPossible as error:
        skip_loudly(f"NO IMAGE: this machine cannot build one: {error}")


@pytest.fixture
def policy_folder(lab, tmp_path):
    policy = lab.policy({"challenge": "always"})
    del policy["control"]  # where synwardctl looks of its own accord
    (tmp_path / "synward.yaml").write_text(yaml.safe_dump(policy, sort_keys=False))
    return tmp_path


def process_in(namespace, name):
    """The process of that name there."""
    pids = run("ip", "netns", "pids", namespace.name).stdout.split()
    return next(int(pid) for pid in pids if Path(f"/proc/{pid}/comm").read_text().strip() == name)


def test_has_the_programs(image, policy_folder):
    assert image.run("synward", "--version").startswith("synward ")
    assert "good: 1 links, 1 services" in image.run(
        "synward", "check", "/etc/synward/synward.yaml", policy_folder=policy_folder
    )
    assert "counters" in image.run("synwardctl", "--help")


def test_carries_and_ends_as_the_image_says(image, policy_folder, lab, site):
    start = [*image.settings["Entrypoint"], *image.settings["Cmd"]]
    with lab.occupied("an image"):
        box = lab.box.start("image", *image.inside(*start, policy_folder=policy_folder))
        until(lambda: "synward: ready" in box.stderr or not box.alive(), 30, box.what)
        assert box.alive(), box.what()
        assert "level=warning" not in box.stderr
        done = lab.load(SERVER, count=CONNECTIONS, parallel=5)
        assert done["succeeded"] == CONNECTIONS, done
        assert metrics.text(lab.box, "/healthz")
        redeemed = metrics.scrape(lab.box)['synward_challenges_redeemed_total{service="service0"}']
        assert redeemed == CONNECTIONS
        process = process_in(lab.box, "synward")
        status = run("nsenter", "-t", process, "-m", "-r", "synwardctl", "status", "--json")
        assert json.loads(status.stdout)["services"] == 1
        os.kill(process, getattr(signal, image.settings["StopSignal"]))
        assert box.wait(20) == 0, box.what()
    assert "every packet is accounted for" in box.stdout
