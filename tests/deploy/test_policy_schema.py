# SPDX-License-Identifier: BSD-3-Clause
"""The JSON Schema that editors check policies by: it takes every good policy, and refuses what can
be seen to be wrong without synward."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/policy.schema.json").read_text())


class Loader(yaml.SafeLoader):
    """Takes only true and false for a boolean, as YAML 1.2, editors and synward do."""


Loader.yaml_implicit_resolvers = {
    letter: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:bool"]
    for letter, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf")
)


def errors(text):
    validator = jsonschema.Draft7Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(yaml.load(text, Loader))]


def test_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "example", sorted((ROOT / "config/examples").glob("*.yaml")), ids=lambda path: path.stem
)
def test_takes_each_example(example):
    assert errors(example.read_text()) == []


GOOD = """
links: [{name: a, outside: net_null0, inside: net_null1}]
services: [{name: web, addresses: [192.0.2.1], ports: [80, 8000-8080], budget: 4Ki}]
"""


@pytest.mark.parametrize(
    "addition",
    [
        "flow: {}",
        "flows: {capacity: many}",
        "flows: {half_open_timeout: 10}",
        "flows: {half_open_timeout: 10sec}",
        "flows: [capacity]",
        "workers: {cores: [1024]}",
        "workers: {cores: []}",
        "memory: {size: 512}",
        "mtu: 100",
        "fragments: pass",
        "sources: {answers: 100}",
        "sources: {new_connections: {burst: 5}}",
        "cookies: {master_secret: 12ab}",
        "control: {socket: synward.sock}",
        "services: [{name: web}]",
        "services: [{addresses: [192.0.2.1]}]",
        "services: [{name: web, addresses: [192.0.2.1], challenge: sometimes}]",
        "services: [{name: web, addresses: [192.0.2.1], probe: yes}]",
        "services: [{name: a b, addresses: [192.0.2.1]}]",
    ],
)
def test_refuses(addition):
    assert errors(GOOD) == []
    key = addition.split(":")[0]
    rest = "\n".join(line for line in GOOD.splitlines() if not line.startswith(key + ":"))
    assert errors(rest + "\n" + addition) != []
