# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces, and the processes and sockets in them."""

import ctypes
import os
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

PREFIX = "synward"
_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class NotPermitted(Exception):
    """This machine does not let us make network namespaces."""


def run(*command, check=True, timeout=60, **options):
    """A command that is expected to end soon; its output is part of the error if it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=timeout,
        start_new_session=True,  # a second Ctrl-C must not end what cleans up after the first
        **options,
    )
    if check and done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A child that is certain to end: by itself, by stop(), or with this process."""

    def __init__(self, command, log: Path, stdin=None):
        self.command = [str(word) for word in command]
        self.log = log
        self.stdout_path = log.with_suffix(".out")
        self.stderr_path = log.with_suffix(".err")
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.popen = subprocess.Popen(
                self.command,
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=_die_with_parent,
                start_new_session=True,  # Ctrl-C is for us; we then stop the children in order
            )

    @property
    def stdout(self):
        return self.stdout_path.read_text(errors="replace")

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def alive(self):
        return self.popen.poll() is None

    def wait(self, timeout):
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{self.what()} did not end within {timeout} s") from None

    def stop(self, signal_number=signal.SIGINT, timeout=20):
        """Asks it to end; returns its exit status, and raises if it has to be killed."""
        if self.alive():
            self.popen.send_signal(signal_number)
        return self.wait(timeout)

    def kill(self):
        if self.alive():
            self.popen.kill()
            self.popen.wait(5)

    def what(self):
        return f"{' '.join(self.command)}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


class Namespace:
    """A network namespace, removed when `stack` unwinds. `name` says what stands in it, the full
    name also who made it."""

    def __init__(self, name: str, logs: Path, stack: ExitStack):
        self.short_name = name
        self.name = f"{PREFIX}-{os.getpid()}-{name}"
        self.logs = logs
        self._processes = []
        with uninterrupted():
            made = run("ip", "netns", "add", self.name, check=False)
            if made.returncode != 0:
                run("ip", "netns", "delete", self.name, check=False)  # half-made
                raise NotPermitted(made.stderr.strip())
            self._file = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(self._close)
        self.ip("link", "set", "lo", "up")

    def ip(self, *words, **options):
        return run("ip", "-n", self.name, *words, **options)

    def run(self, *command, **options):
        return run("ip", "netns", "exec", self.name, *command, **options)

    def sysctl(self, **settings):
        """sysctl(net__ipv4__tcp_timestamps=0): two underscores stand for a dot."""
        for name, value in settings.items():
            self.run("sysctl", "-qw", f"{name.replace('__', '.')}={value}")

    def nft(self, rules: str, **options):
        return self.run("nft", "-f", "-", input=rules, **options)

    def start(self, name, *command, **options) -> Process:
        """A child in this namespace, its output in log files of that name."""
        number = sum(p.log.name.startswith(f"{self.short_name}-{name}") for p in self._processes)
        log = self.logs / f"{self.short_name}-{name}-{number}"
        child = Process(["ip", "netns", "exec", self.name, *command], log, **options)
        self._processes.append(child)
        return child

    @contextmanager
    def entered(self):
        """This thread's new sockets belong to the namespace; they stay there."""
        home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        try:
            self._enter(self._file)
            yield
        finally:
            self._enter(home)
            os.close(home)

    @staticmethod
    def _enter(file):
        if _libc.setns(file, 0x40000000) != 0:  # CLONE_NEWNET
            raise OSError(ctypes.get_errno(), "setns")

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        with self.entered():
            return socket.socket(family, kind, protocol)

    def counter(self, device, name):
        """One of the kernel's own counters of a device, such as rx_packets."""
        return int(self.run("cat", f"/sys/class/net/{device}/statistics/{name}").stdout)

    def mac(self, device):
        return self.run("cat", f"/sys/class/net/{device}/address").stdout.strip()

    def _close(self):
        for child in reversed(self._processes):
            child.kill()
        os.close(self._file)
        remove(self.name)


@contextmanager
def uninterrupted():
    """SIGINT, SIGTERM and SIGHUP are ignored meanwhile: for what must be done to its end."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.signal(number, signal.SIG_IGN) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, handlers):
            signal.signal(number, handler)


def remove(name):
    """Ends what still runs in a namespace and removes it."""
    for pid in run("ip", "netns", "pids", name, check=False).stdout.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    run("ip", "netns", "delete", name, check=False)


def remove_abandoned():
    """Removes what an earlier run left that was killed outright."""
    for line in run("ip", "netns", "list", check=False).stdout.splitlines():
        name = line.split()[0]
        parts = name.split("-")
        if parts[0] == PREFIX and len(parts) == 3 and parts[1].isdigit():
            if not Path(f"/proc/{parts[1]}").exists():
                remove(name)
