# SPDX-License-Identifier: BSD-3-Clause
import os
import signal

import pytest

from .namespaces import NotPermitted
from .programs import Nginx
from .skipping import skip_loudly
from .topology import SERVER, SERVER6, Lab

TIMEOUT = 120  # seconds
RANDOM = os.urandom(100_000_000)


@pytest.fixture(scope="session", autouse=True)
def _terminate_like_ctrl_c():
    """SIGTERM unwinds, so that namespaces go whatever ends the run."""

    def interrupt(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


@pytest.fixture(scope="session")
def lab():
    try:
        with Lab() as made:
            yield made
    except NotPermitted as error:
        skip_loudly(f"NO LAB: this machine does not permit network namespaces: {error}")


@pytest.fixture(scope="session")
def site(lab):
    """nginx, with 100 MB of random bytes at /random."""
    with Nginx(lab.server, lab.directory, SERVER, SERVER6, files={"random": RANDOM}) as nginx:
        yield nginx


@pytest.fixture(autouse=True)
def _time_limit(request):
    """A test that hangs fails by name."""

    def expire(*_):
        raise TimeoutError(f"{request.node.name} took more than {TIMEOUT} s")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(TIMEOUT)
    yield
    signal.alarm(0)


@pytest.fixture
def fresh(lab):
    """The lab with its settings as they were, after the test as well."""
    defaults = {
        "net__ipv4__tcp_timestamps": 1,
        "net__ipv4__tcp_sack": 1,
        "net__ipv4__tcp_window_scaling": 1,
        "net__ipv4__tcp_ecn": 2,
    }
    yield lab
    for namespace in (lab.client, lab.server):
        namespace.sysctl(**defaults)
