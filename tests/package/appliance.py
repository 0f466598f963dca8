# SPDX-License-Identifier: BSD-3-Clause
"""An appliance under systemd: this machine's file system under a layer of its own, booted in the
lab's box. What is installed or written in it is gone afterwards."""

import os
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from lab.namespaces import Process, run, uninterrupted
from lab.programs import until

# Of the services of this machine the appliance starts none but those that systemd needs.
TARGET = "basic.target"


class Appliance:
    """Use as a context manager. `namespace`: the network namespace that it lives in."""

    def __init__(self, namespace):
        self.namespace = namespace
        self._stack = ExitStack()

    def __enter__(self):
        try:
            self._mount()
            self._boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with uninterrupted():
            self._stack.close()

    def _mount(self):
        base = Path(self._stack.enter_context(tempfile.TemporaryDirectory("-appliance")))
        run("mount", "-t", "tmpfs", "tmpfs", base)
        self._stack.callback(run, "umount", "-l", base, check=False)
        for folder in ("upper", "work", "root"):
            (base / folder).mkdir()
        self.root = base / "root"
        run("mount", "-t", "overlay", "overlay",
            "-o", f"lowerdir=/,upperdir={base}/upper,workdir={base}/work", self.root)
        self._stack.callback(run, "umount", "-l", self.root, check=False)
        # systemd refuses two machines of one identity.
        (self.root / "etc/machine-id").write_text(os.urandom(16).hex() + "\n")

    def _boot(self):
        # Not by 'ip netns exec', which hides the control groups.
        self._container = Process(
            ["nsenter", f"--net=/run/netns/{self.namespace.name}",
             *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe"),
             *("--capability=all", "--system-call-filter=bpf", "--boot", f"--directory={self.root}"),
             f"systemd.unit={TARGET}"],
            self.namespace.logs / "appliance",
        )
        self._stack.callback(self._halt)
        until(lambda: self._leader() or not self._container.alive(), 20, self._container.what)
        until(lambda: not self._container.alive() or self._is_up(), 40, self._container.what)
        assert self._container.alive(), self._container.what()

    def _is_up(self):
        state = self.systemctl("is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded", "maintenance")

    def _leader(self):
        """The process that is number one in there."""
        # nsenter became nspawn, whose child it is.
        file = f"/proc/{self._container.popen.pid}/task/{self._container.popen.pid}/children"
        children = Path(file).read_text().split() if Path(file).exists() else []
        return int(children[0]) if children else 0

    def _halt(self):
        leader = self._leader()
        if leader:
            os.kill(leader, signal.SIGRTMIN + 4)  # to systemd: power off
            try:
                self._container.popen.wait(15)
            except subprocess.TimeoutExpired:
                pass
        self._container.kill()

    def run(self, *command, **options):
        """A command in the appliance."""
        return run("nsenter", "-t", self._leader(), "-a", *command, **options)

    def systemctl(self, *words, **options):
        return self.run("systemctl", *words, **options)

    def property(self, unit, name):
        return self.systemctl("show", "--value", "-p", name, unit).stdout.strip()

    def log(self, unit):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit, check=False).stdout

    def write(self, name, text):
        file = self.root / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
