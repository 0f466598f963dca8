# SPDX-License-Identifier: BSD-3-Clause
import subprocess
import sys
from pathlib import Path

import pytest

from lab.conftest import _terminate_like_ctrl_c, lab, site  # noqa: F401  fixtures

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """The packages, by name, built by the one command that users have."""
    folder = tmp_path_factory.mktemp("package")
    done = subprocess.run([ROOT / "deploy/package.sh", folder], text=True, capture_output=True,
                          check=False)
    print(done.stdout, done.stderr, file=sys.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return {file.name.split("_")[0]: file for file in folder.glob("*.deb")}
