# SPDX-License-Identifier: BSD-3-Clause
"""deploy/synward-setup against a file tree that stands for a machine's /sys and /proc."""

import json
import pathlib
import subprocess

import pytest

PROGRAM = pathlib.Path(__file__).parents[2] / "deploy/synward-setup"
CARD, ROUTED, VIRTIO = "0000:3b:00.0", "0000:00:1f.6", "0000:00:03.0"
PAGES = "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"


class Tree:
    def __init__(self, root):
        self.root = root
        self.write(PAGES, "4")
        self.write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "4")
        self.write("proc/net/route", "Iface\tDestination\neth9\t00000000\nens3\t00000000\n")
        for driver in ("ixgbe", "e1000e", "vfio-pci", "virtio-pci"):
            self.write(f"sys/bus/pci/drivers/{driver}/unbind", "")
        self.write("sys/bus/pci/drivers_probe", "")
        for device, driver, interface in ((CARD, "ixgbe", "net/eth1"), (ROUTED, "e1000e", "net/eth9"),
                                          (VIRTIO, "virtio-pci", "virtio0/net/ens3")):
            folder = f"sys/bus/pci/devices/{device}"
            self.write(f"{folder}/class", "0x020000")
            self.write(f"{folder}/driver_override", "(null)")
            (root / folder / interface).mkdir(parents=True)
            (root / folder / "driver").symlink_to(f"../../drivers/{driver}")

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def read(self, name):
        return (self.root / name).read_text().strip()

    def record(self):
        file = self.root / "var/lib/synward/setup.json"
        return json.loads(file.read_text()) if file.exists() else []

    def run(self, *arguments):
        return subprocess.run([PROGRAM, "--root", self.root, *arguments], text=True,
                              capture_output=True, check=False)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_reserves_huge_pages_and_puts_them_back(tree):
    done = tree.run("hugepages", "1001")
    assert done.returncode == 0, done.stderr
    assert tree.read(PAGES) == "501"
    assert "1001 MiB" in done.stdout
    assert tree.run("hugepages", "64").stdout.strip().endswith("nothing to do")
    assert tree.run("undo").returncode == 0
    assert tree.read(PAGES) == "4"
    assert tree.record() == []
    assert tree.run("undo").stdout == "nothing to undo\n"


def test_rehearses_without_doing(tree):
    done = tree.run("--dry-run", "hugepages", "1024")
    assert "would write 512" in done.stdout
    assert tree.read(PAGES) == "4"
    assert tree.record() == []


def test_binds_a_device_and_gives_it_back(tree):
    done = tree.run("bind", CARD)
    assert done.returncode == 0, done.stderr
    assert tree.read(f"sys/bus/pci/devices/{CARD}/driver_override") == "vfio-pci"
    assert tree.read("sys/bus/pci/drivers/ixgbe/unbind") == CARD
    assert tree.read("sys/bus/pci/drivers_probe") == CARD
    assert tree.record() == [{"device": CARD, "driver": "ixgbe"}]
    assert "eth1" in done.stdout
    assert tree.run("undo").returncode == 0
    assert tree.read(f"sys/bus/pci/devices/{CARD}/driver_override") == ""
    assert tree.record() == []


@pytest.mark.parametrize("arguments, complaint", [
    (["bind", "eth1"], "'eth1' is no PCI address"),
    (["bind", "0000:99:00.0"], "there is no PCI device 0000:99:00.0"),
    (["bind", CARD, ROUTED], "routes of this machine lead through it"),
    (["bind", VIRTIO], f"{VIRTIO} is ens3"),
    (["bind", CARD, "--driver", "uio_pci_generic"], "modprobe uio_pci_generic"),
    (["hugepages", "1024", "--page", "1G"], "this kernel has no huge pages of 1G"),
])
def test_refuses_and_says_why(tree, arguments, complaint):
    done = tree.run(*arguments)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert tree.record() == []
    assert tree.read("sys/bus/pci/drivers_probe") == ""


def test_takes_a_routed_device_when_told_to(tree):
    assert tree.run("bind", ROUTED, "--force").returncode == 0
    assert tree.record() == [{"device": ROUTED, "driver": "e1000e"}]


def test_status_shows_devices_with_their_drivers(tree):
    tree.run("hugepages", "64")
    text = tree.run("status").stdout
    assert f"{CARD}: driver ixgbe, interface eth1" in text
    assert f"{VIRTIO}: driver virtio-pci, interface ens3" in text
    assert "undo would put back" in text
