# SPDX-License-Identifier: BSD-3-Clause
"""Huge pages and their file system, for as long as a test needs them."""

from contextlib import contextmanager
from pathlib import Path

from .namespaces import NotPermitted, run, uninterrupted

_MEMORY = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")


def free():
    """How many pages of 2 MiB nobody uses."""
    return int((_MEMORY / "free_hugepages").read_text())


@contextmanager
def reserved(count, folder):
    """That many free pages of 2 MiB, and a file system of them mounted at `folder`; both as they
    were afterwards. Raises NotPermitted where the kernel does not give them."""
    reservation = _MEMORY / "nr_hugepages"
    try:
        before = int(reservation.read_text())
        reservation.write_text(str(before + count))
    except OSError as error:
        raise NotPermitted(f"huge pages: {error}") from error
    try:
        if free() < count:
            raise NotPermitted(f"{free()} huge pages of {count}: memory is fragmented or too small")
        folder.mkdir()
        made = run("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", folder, check=False)
        if made.returncode != 0:
            raise NotPermitted(made.stderr.strip())
        try:
            yield
        finally:
            with uninterrupted():
                run("umount", folder)
                folder.rmdir()
    finally:
        reservation.write_text(str(before))
