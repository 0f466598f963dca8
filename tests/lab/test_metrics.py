# SPDX-License-Identifier: BSD-3-Clause
"""Metrics as the tools of the field take them: promtool, Prometheus, dpdk-telemetry.py, the dashboard."""

import json
import re
import shutil
import subprocess
import time
from urllib.parse import quote

import pytest
import yaml

from .metrics import scrape, text
from .programs import until
from .topology import CROWD, ROOT, SERVER

RULES = ROOT / "deploy/prometheus/rules.yaml"
PROMETHEUS = ROOT / "deploy/prometheus/prometheus.yaml"
DASHBOARD = ROOT / "deploy/grafana/synward.json"


def series_in(expression):
    # Not what rules record, whose names have colons.
    return set(re.findall(r"(?<![\w:])synward_\w+", expression))


def exposed(box):
    """Names of all series; histograms by their parts."""
    return {name.split("{")[0] for name in scrape(box)}


def dashboard_expressions():
    def walk(panels):
        for panel in panels:
            yield from (target["expr"] for target in panel.get("targets", []))
            yield from walk(panel.get("panels", []))

    dashboard = json.loads(DASHBOARD.read_text())
    yield from walk(dashboard["panels"])
    for variable in dashboard["templating"]["list"]:
        yield str(variable.get("query", ""))


def rule_expressions():
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def test_every_series_of_dashboard_and_rules_is_exposed(lab):
    with lab.synward(lab.policy({"challenge": "always"})):
        there = exposed(lab.box)
        lab.client.run("curl", "-s", "--max-time", "1", f"http://{SERVER}:81/", check=False)
    recorded = {
        rule["record"]
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
        if "record" in rule
    }
    wanted = set()
    for expression in [*dashboard_expressions(), *rule_expressions()]:
        wanted |= series_in(expression)
    assert len(wanted) > 20
    assert wanted - there - recorded == set()


def test_promtool_finds_nothing_to_say(lab):
    with lab.synward(lab.policy({"challenge": "always"})):
        metrics = text(lab.box)
        lab.client.run("curl", "-s", "--max-time", "1", f"http://{SERVER}:81/", check=False)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics, text=True, capture_output=True
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    for command in (["check", "rules", RULES], ["check", "config", PROMETHEUS]):
        checked = subprocess.run(["promtool", *command], text=True, capture_output=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_scrapes_it(lab, site, tmp_path):
    """Debian's Prometheus, by the configuration in deploy/ with a shorter interval."""
    configuration = yaml.safe_load(PROMETHEUS.read_text())
    configuration["global"].update(scrape_interval="1s", evaluation_interval="1s")
    configuration["rule_files"] = [str(RULES)]
    del configuration["alerting"]
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    box = lab.box

    def ask(query):
        address = f"http://127.0.0.1:9090/api/v1/{query}"
        answer = box.run("curl", "-sS", "--fail", address, check=False)
        return json.loads(answer.stdout).get("data") if answer.returncode == 0 else None

    def value(query):
        found = (ask(f"query?query={quote(query)}") or {}).get("result")
        return float(found[0]["value"][1]) if found else None

    with lab.synward(lab.policy({"name": "web", "challenge": "always"})) as synward:
        box.start(
            "prometheus",
            "prometheus",
            f"--config.file={tmp_path}/prometheus.yaml",
            f"--storage.tsdb.path={tmp_path}/data",
            "--web.listen-address=127.0.0.1:9090",
        )
        lab.load(SERVER, count=50, source=CROWD)
        until(lambda: value('synward_challenges_redeemed_total{service="web"}') == 50, 20, "a scrape")
        until(lambda: (ask("rules") or {}).get("groups"), 20, "the rules")
        rules = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
        assert len(rules) > 5
        assert [rule for rule in rules if rule["health"] == "err"] == []
        assert value("up") == 1
        # Half of every handshake is measured on either side.
        assert value('synward_handshake_seconds_count{side="server"}') == 50
        assert value('synward_handshake_seconds_count{side="client"}') == 50
        report = synward.stop()
    assert report["counters"]["syn_challenged"] == 50


def test_dpdk_telemetry_answers(lab, site):
    script = shutil.which("dpdk-telemetry.py")
    if script is None:
        pytest.skip("NO dpdk-telemetry.py: package dpdk-dev")

    def ask(command):
        # The script takes commands from standard input, and answers each with a line of JSON.
        done = lab.box.run("/usr/bin/python3", script, input=f"{command}\n")
        return list(json.loads(done.stdout.splitlines()[-1]).values())[0]

    service = {"name": "web", "challenge": "always"}
    with lab.synward(lab.policy(service, telemetry="on")) as synward:
        lab.load(SERVER, count=20, source=CROWD)
        time.sleep(0.3)
        assert ask("/synward/services") == ["web"]
        assert ask("/synward/services,web")["redeemed"] == 20
        assert ask("/synward/counters")["syn_challenged"] == 20
        assert ask("/synward/flows")["capacity"] > 0
        assert ask("/synward/workers") == [0]
        assert ask("/synward/workers,0")["received"] == ask("/synward/info")["received"]
        assert ask("/synward/latency")["server_count"] == 20
        assert ask("/synward/workers,7") is None
        assert ask("/synward/services,nobody") is None
        assert ask("/ethdev/list") == [0, 1]
        synward.stop()


def test_log_tells_when_an_attack_begins_and_ends(lab, site):
    policy = lab.policy({"name": "web", "challenge": "always"}, log={"format": "json"})
    with lab.synward(policy) as synward:
        with lab.flood(rate=20_000, duration=3) as flood:
            until(lambda: "service under attack" in synward.process.stderr, 10, "the log's line")
            flood.process.wait(20)
        lines = [json.loads(line) for line in synward.process.stderr.splitlines() if line[0] == "{"]
        begins = [line for line in lines if line["msg"] == "service under attack"]
        assert [line["service"] for line in begins] == ["web"]
        report = synward.stop()
    lines = [json.loads(line) for line in synward.process.stderr.splitlines() if line[0] == "{"]
    (ended,) = [line for line in lines if line["msg"] == "attack ended"]
    assert int(ended["syns_challenged"]) == report["counters"]["syn_challenged"]
    assert ended["redeemed"] == "0"
    assert lines[0]["level"] == "info"


def test_health(lab):
    with lab.synward(lab.policy({"challenge": "always"})):
        assert text(lab.box, "/healthz") == "ok\n"
        lab.client.run("curl", "-s", "--max-time", "1", f"http://{SERVER}:81/", check=False)
