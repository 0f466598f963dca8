# SPDX-License-Identifier: BSD-3-Clause
"""The systemd unit, as systemd itself judges it."""

import os
import pathlib
import re
import subprocess

import pytest

SOURCES = pathlib.Path(__file__).parents[2]
UNIT = SOURCES / "deploy/systemd/synward.service"
PROGRAM = SOURCES / os.environ.get("SYNWARD_BUILD", "build") / "synward"


@pytest.fixture
def unit(tmp_path):
    """The unit with the program of this build in the place of the installed one."""
    copy = tmp_path / "synward.service"
    copy.write_text(re.sub(r"/usr/sbin/synward\b", str(PROGRAM), UNIT.read_text()))
    return copy


def test_systemd_finds_nothing_wrong(unit):
    # Without manual pages: they are not installed here.
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_exposes_little(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=35", unit],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
