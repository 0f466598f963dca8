# SPDX-License-Identifier: BSD-3-Clause
"""The programs of the lab: synward and the flood under test, nginx and iperf3 beside them."""

import json
import re
import signal
import subprocess
import time

import yaml


def until(condition, timeout, what, step=0.01):
    """Waits for a condition; its last value, or an error that says what was waited for."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"waited {timeout} s for {what() if callable(what) else what}")
        time.sleep(step)


class Ctl:
    """Runs synwardctl."""

    def __init__(self, program, path):
        self.program, self.path = program, path

    def run(self, *words, status=0):
        command = [self.program, "--socket", self.path, *words]
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr

    def json(self, *words):
        return json.loads(self.run(*words, "--json"))

    def rows(self, *words):
        return [json.loads(line) for line in self.run(*words, "--json").splitlines()]


class Synward:
    """synward in the box. Leaving the with statement stops it and checks its accounts. `ctl` asks
    it, where its policy has a control socket."""

    def __init__(self, box, build, policy, directory):
        self.box, self.program, self.directory = box, build / "synward", directory
        self.policy = policy
        self.ctl = Ctl(build / "synwardctl", policy.get("control", {}).get("socket"))
        self.report = None

    def __enter__(self):
        file = self.directory / "policy.yaml"
        file.write_text(yaml.safe_dump(self.policy, sort_keys=False))
        self.process = self.box.start("synward", self.program, "run", file, "--report", "json")
        until(
            lambda: "synward: ready" in self.process.stderr or not self.process.alive(),
            30,
            lambda: self.process.what(),
        )
        assert self.process.alive(), self.process.what()
        return self

    def __exit__(self, kind, error, _):
        if kind is None:
            if self.report is None:
                self.stop()
        else:
            self.process.kill()
            error.add_note(f"synward said:\n{self.process.stderr[-4000:]}")

    def reload(self, policy):
        """Has it take up another policy; what it says of that."""
        before = len(self.process.stderr)
        (self.directory / "policy.yaml").write_text(yaml.safe_dump(policy, sort_keys=False))
        self.process.popen.send_signal(signal.SIGHUP)
        until(
            lambda: "reloaded" in self.process.stderr[before:] or not self.process.alive(),
            10,
            lambda: "a reload\n" + self.process.what(),
        )
        return self.process.stderr[before:]

    def kill(self):
        """Ends it as a crash would: without a closing report."""
        self.process.kill()
        self.report = {}

    def stop(self):
        """Ends it; its closing report, in which every packet must be accounted for."""
        assert self.process.alive(), "synward ended early\n" + self.process.what()
        status = self.process.stop()
        assert status == 0, f"exit status {status}\n{self.process.what()}"
        self.report = json.loads(self.process.stdout)
        totals = self.report["totals"]
        accounted = sum(totals[name] for name in ("forwarded", "answered", "held", "dropped"))
        assert totals["received"] == accounted, totals
        assert totals["received"] > 0, "no packet reached synward"
        return self.report

    @property
    def counters(self):
        """How many packets met each fate, by the reason's name; after stop()."""
        return self.report["counters"]


class Impair:
    """An impaired wire between two devices. Leaving the with statement stops it and checks its
    accounts; `to_right` and `to_left` then say what became of the packets."""

    def __init__(self, namespace, program, left, right, **impairments):
        self.namespace = namespace
        self.command = [program, "--left", left, "--right", right]
        for name, value in impairments.items():
            option = f"--{name.replace('_', '-')}"
            self.command += [option] if value is True else [option, value]

    def __enter__(self):
        self.process = self.namespace.start("impair", *self.command)
        until(
            lambda: "impair: ready" in self.process.stderr or not self.process.alive(),
            10,
            lambda: self.process.what(),
        )
        assert self.process.alive(), self.process.what()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.process.kill()

    def stop(self):
        status = self.process.stop()
        assert status == 0, f"exit status {status}\n{self.process.what()}"
        report = json.loads(self.process.stdout)
        self.to_right, self.to_left = report["to_right"], report["to_left"]
        for counts in (self.to_right, self.to_left):
            ends = ("lost", "lost_third_segments", "overflowed", "sent", "refused", "left")
            assert counts["seen"] + counts["duplicated"] == sum(counts[end] for end in ends), counts
            assert counts["missed"] == 0, f"a wire that is too slow: {counts}"


class Flood:
    """synward-flood. Leaving the with statement stops it; `sent` and `rate` then say what it did."""

    def __init__(self, namespace, program, *, device, rate, duration=None, **options):
        self.namespace, self.device, self.rate_asked = namespace, device, rate
        self.command = [program, "--port", f"net_af_packet0,iface={device},qdisc_bypass=1"]
        self.command += ["--rate", str(rate), "--core", "0", "--no-receive", "--json"]
        options.setdefault("kind", "syn")
        options.setdefault("destination_port", 80)
        if duration is not None:
            options["duration"] = duration
        for name, value in options.items():
            self.command += [f"--{name.replace('_', '-')}", str(value)]
        self.result = None

    def __enter__(self):
        before = self.namespace.counter(self.device, "tx_packets")
        self.process = self.namespace.start("flood", *self.command)
        until(
            lambda: not self.process.alive()
            or self.namespace.counter(self.device, "tx_packets") - before > self.rate_asked / 10,
            30,
            lambda: "the flood to begin\n" + self.process.what(),
        )
        # A short one may have ended by now, as it should.
        assert self.process.alive() or self.process.wait(1) == 0, self.process.what()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.process.kill()
        elif self.result is None:
            self.stop()

    def stop(self):
        status = self.process.stop()
        assert status == 0, f"exit status {status}\n{self.process.what()}"
        self.result = json.loads(self.process.stdout)
        return self.result

    @property
    def sent(self):
        return self.result["sent"]

    @property
    def seconds(self):
        return self.result["seconds"]

    @property
    def rate(self):
        return self.result["rate"]


_NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 20000; }}
worker_rlimit_nofile 65536;
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    sendfile on;
    server {{
        listen {address}:80 backlog={backlog};
        listen [{address6}]:80 backlog={backlog};
        root {directory}/site;
    }}
}}
"""


class Nginx:
    """nginx in the server's namespace, with a small page at / and what `files` names."""

    def __init__(self, namespace, directory, address, address6, backlog=1024, files=None):
        self.namespace = namespace
        self.directory = directory / "nginx"
        self.addresses = (address, address6)
        self.backlog = backlog
        self.files = {"index.html": b"<h1>It works</h1>\n" * 10, **(files or {})}

    def __enter__(self):
        site = self.directory / "site"
        site.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        for name, content in self.files.items():
            (site / name).write_bytes(content)
        configuration = self.directory / "nginx.conf"
        configuration.write_text(
            _NGINX.format(
                directory=self.directory,
                address=self.addresses[0],
                address6=self.addresses[1],
                backlog=self.backlog,
            )
        )
        self.process = self.namespace.start(
            "nginx", "/usr/sbin/nginx", "-p", self.directory, "-e", "stderr", "-c", configuration
        )
        until(
            lambda: not self.process.alive() or self._listens(),
            10,
            lambda: "nginx\n" + self.process.what(),
        )
        assert self.process.alive(), self.process.what()
        return self

    def _listens(self):
        lines = self.namespace.run("ss", "-Hltn", "sport = :80").stdout.splitlines()
        return len(lines) == 2

    def __exit__(self, *_):
        self.process.kill()


class Iperf3:
    """An iperf3 server; `run` is a test against it from another namespace."""

    def __init__(self, namespace, address, port=5201):
        self.namespace, self.address, self.port = namespace, address, port
        self.runs = 0

    def __enter__(self):
        self.process = self.namespace.start(
            "iperf3", "iperf3", "-s", "-B", self.address, "-p", self.port, "--forceflush"
        )
        self._await_listening()
        return self

    def _await_listening(self):
        """Between two runs it closes its listener, and resets who comes too early."""
        until(
            lambda: self.process.stdout.count("Server listening") > self.runs,
            10,
            lambda: "iperf3\n" + self.process.what(),
        )

    def run(self, client, *options, seconds=3):
        """bits a second that arrived"""
        server = ("-c", self.address, "-p", self.port)
        done = client.run(
            "iperf3", *server, "-t", seconds, "-J", *options, timeout=seconds + 20
        )
        self.runs += 1
        self._await_listening()
        return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"]

    def __exit__(self, *_):
        self.process.kill()


class Transfer:
    """A server that exchanges checked streams; `run` does so from another namespace."""

    def __init__(self, namespace, program, address, port, greet=False):
        self.namespace, self.program, self.address, self.port = namespace, program, address, port
        self.options = ["--greet"] if greet else []

    def __enter__(self):
        self.process = self.namespace.start(
            "transfer", self.program, "serve", self.address, self.port, *self.options
        )
        until(
            lambda: self.namespace.run("ss", "-Hltn", f"sport = :{self.port}").stdout.strip(),
            10,
            lambda: "transfer\n" + self.process.what(),
        )
        return self

    def run(self, client, timeout=100, **options):
        """What became of the connections; `options` as on transfer's command line."""
        command = [self.program, "run", self.address, self.port]
        command += ["--banner"] if self.options else []
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", value]
        return json.loads(client.run(*command, timeout=timeout).stdout)

    def __exit__(self, *_):
        self.process.kill()
