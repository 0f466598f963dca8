# SPDX-License-Identifier: BSD-3-Clause
"""The Debian package, installed and run under systemd."""

import subprocess

import pytest
import yaml

from lab.programs import until
from lab.topology import SERVER

from .appliance import Appliance

POLICY = "/etc/synward/synward.yaml"
UNIT = "synward.service"


def contents(package):
    listed = subprocess.run(["dpkg-deb", "--contents", package], text=True, capture_output=True,
                            check=True)
    return {line.split()[5].removeprefix(".") for line in listed.stdout.splitlines()}


@pytest.fixture(scope="module")
def appliance(lab, packages):
    with Appliance(lab.box) as booted:
        for package in packages.values():
            target = booted.root / "var/tmp" / package.name
            target.write_bytes(package.read_bytes())
        booted.run("dpkg", "--install", *(f"/var/tmp/{file.name}" for file in packages.values()))
        yield booted


@pytest.fixture
def policy(lab):
    policy = lab.policy({"challenge": "always"}, cores=(1,))
    policy["workers"]["idle_sleep"] = "100us"
    return policy


def test_holds_what_an_appliance_needs(packages):
    programs = {name for name in packages if not name.endswith("-dbgsym")}
    assert programs == {"synward", "synward-flood"}
    names = contents(packages["synward"])
    for name in ("/usr/sbin/synward", "/usr/sbin/synward-setup",
                 "/lib/systemd/system/synward.service", "/lib/udev/rules.d/60-synward.rules",
                 "/usr/share/man/man8/synward-setup.8.gz",
                 "/usr/share/man/man5/synward.yaml.5.gz",
                 "/usr/share/synward/policy.schema.json",
                 "/usr/share/doc/synward/examples/web-farm.yaml"):
        assert name in names
    assert not any("synward-flood" in name for name in names)


def test_does_not_start_without_a_policy(appliance):
    assert appliance.property(UNIT, "ActiveState") == "inactive"
    appliance.systemctl("start", UNIT)
    assert appliance.property(UNIT, "ActiveState") == "inactive"
    assert appliance.property(UNIT, "ConditionResult") == "no"


def test_systemd_verifies_the_installed_unit(appliance):
    done = appliance.run("systemd-analyze", "verify", "--man=no", UNIT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bad_policy_does_not_start_and_says_where(appliance):
    appliance.write(POLICY, "links: []\nservicez: []\n")
    assert appliance.systemctl("start", UNIT, check=False).returncode != 0
    assert f"{POLICY}:2:1" in appliance.log(UNIT)
    # What cannot get better by itself is not tried again.
    assert appliance.property(UNIT, "NRestarts") == "0"
    assert appliance.property(UNIT, "ActiveState") == "failed"
    appliance.systemctl("reset-failed", UNIT)


def test_carries_and_reloads_under_load_as_its_own_user(appliance, policy, lab, site):
    appliance.write(POLICY, yaml.safe_dump(policy, sort_keys=False))
    appliance.systemctl("start", UNIT)
    try:
        assert appliance.property(UNIT, "ActiveState") == "active"
        process = appliance.property(UNIT, "MainPID")
        assert appliance.run("ps", "-o", "user=", "-p", process).stdout.strip() == "synward"
        with lab.flood(rate=30_000):
            for turn in range(10):
                policy["services"][0]["budget"] = 100 + turn
                policy["services"][0]["challenge"] = "over-budget"
                appliance.write(POLICY, yaml.safe_dump(policy, sort_keys=False))
                appliance.systemctl("reload", UNIT)
                done = lab.load(SERVER, count=50, parallel=5)
                assert done["succeeded"] == 50, done
        assert appliance.property(UNIT, "MainPID") == process
        assert appliance.property(UNIT, "NRestarts") == "0"
    finally:
        appliance.systemctl("stop", UNIT)
    assert appliance.property(UNIT, "Result") == "success"


def test_the_watchdog_restarts_a_daemon_whose_worker_hangs(appliance, policy):
    appliance.write(POLICY, yaml.safe_dump(policy, sort_keys=False))
    drop_in = "/etc/systemd/system/synward.service.d/soon.conf"
    appliance.write(drop_in, "[Service]\nWatchdogSec=2\n")
    appliance.systemctl("daemon-reload")
    appliance.systemctl("start", UNIT)
    try:
        process = appliance.property(UNIT, "MainPID")
        # A stopped process feeds no watchdog.
        appliance.run("kill", "-STOP", process)
        until(lambda: appliance.property(UNIT, "NRestarts") == "1"
              and appliance.property(UNIT, "ActiveState") == "active", 40,
              lambda: appliance.log(UNIT))
        assert appliance.property(UNIT, "MainPID") != process
    finally:
        appliance.systemctl("stop", UNIT)
