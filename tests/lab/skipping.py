# SPDX-License-Identifier: BSD-3-Clause
"""Tests that this machine cannot run."""

import sys

import pytest


def skip_loudly(reason):
    """Skips; the reason is seen even where nobody reads the report."""
    print(f"\n*** {reason}", file=sys.stderr)
    pytest.skip(reason)
