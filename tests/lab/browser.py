# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium in a namespace, driven by its DevTools protocol over a pair of pipes."""

import base64
import json
import os
import select
import shutil
import subprocess
import time


class CannotStart(Exception):
    """There is no Chromium, or it does not start on this machine."""


class Browser:
    """Leaving the with statement ends it. `errors` has what pages wrote to the console as an error,
    exceptions and failed requests included."""

    def __init__(self, namespace, directory):
        self.namespace, self.directory = namespace, directory / "chromium"
        self.errors, self._number, self._text, self._session = [], 0, b"", None

    def __enter__(self):
        program = shutil.which("chromium")
        if program is None:
            raise CannotStart("no chromium")
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()

        def connect():  # Chromium reads from descriptor 3 and writes to 4
            os.dup2(commands, 103)
            os.dup2(answers, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self._log = open(f"{self.directory}.log", "wb")
        self._process = subprocess.Popen(
            [
                *("ip", "netns", "exec", self.namespace.name, program),
                *("--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"),
                *("--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update"),
                *(f"--user-data-dir={self.directory}", "about:blank"),
            ],
            preexec_fn=connect,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        os.close(commands)
        os.close(answers)
        try:
            self._open_page()
        except (CannotStart, TimeoutError, OSError) as error:
            self.__exit__()
            said = open(f"{self.directory}.log", errors="replace").read()[-2000:]
            raise CannotStart(f"{error}\n{said}") from None
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait(10)
        for descriptor in (self._commands, self._answers):
            os.close(descriptor)
        self._log.close()

    def _open_page(self):
        targets = self.call("Target.getTargets", timeout=40)["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _receive(self, timeout):
        while b"\0" not in self._text:
            if not select.select([self._answers], [], [], timeout)[0]:
                raise TimeoutError(f"chromium said nothing for {timeout} s")
            block = os.read(self._answers, 1 << 20)
            if not block:
                raise CannotStart("chromium has ended")
            self._text += block
        line, self._text = self._text.split(b"\0", 1)
        return json.loads(line)

    def _hear(self, message):
        method, values = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(values["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled" and values["type"] in ("error", "assert"):
            self.errors.append(values["args"])
        elif method == "Log.entryAdded" and values["entry"]["level"] == "error":
            self.errors.append(values["entry"])

    def call(self, method, timeout=20, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(timeout)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._hear(answer)

    def show(self, width, height, dark=False, phone=False):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=2 if phone else 1, mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until(f"location.href == '{url}' && document.readyState == 'complete'")

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def until(self, expression, timeout=20):
        end = time.monotonic() + timeout
        while not self.evaluate(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"{expression} within {timeout} s; errors: {self.errors}")
            time.sleep(0.1)

    def screenshot(self, path):
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(taken["data"]))
