"""Headless Chromium, without a driver and without a library: DevTools commands are JSON through two pipes.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")

# Chromium reads commands from descriptor 3 and writes answers to 4. Both may be in use until they are moved.
_MOVE = """
import os, sys
from fcntl import F_DUPFD, fcntl
moved = [fcntl(int(number), F_DUPFD, 10) for number in sys.argv[1:3]]
for number, place in zip(moved, (3, 4)):
    os.dup2(number, place)
os.execvp(sys.argv[3], sys.argv[3:])
"""


class Missing(Exception):
    """There is no Chromium here. The message says what to install."""


def chromium() -> str:
    """The program: the one that ``FLOTT_TEST_CHROMIUM`` names, otherwise the one in the path.

    :raises Missing: if there is none.
    """
    given = os.environ.get("FLOTT_TEST_CHROMIUM")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise Missing(
            "the dashboard is tested in Chromium: apt-get install chromium, or name one in FLOTT_TEST_CHROMIUM"
        )
    return found


class Browser:
    """A running Chromium with no window; it ends with the ``with`` block."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="flott-chromium-", ignore_cleanup_errors=True)
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        command = [
            *(sys.executable, "-c", _MOVE, str(to_browser), str(from_browser), chromium()),
            *("--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}"),
            *("--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server"),
            # Root has no sandbox, and containers give their users none; the only pages here are our own.
            "--no-sandbox",
            "about:blank",
        ]
        self._process = subprocess.Popen(
            command,
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._next = 0
        self._lock = threading.Lock()
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._reader = threading.Thread(target=self._read, name="chromium", daemon=True)
        self._reader.start()

    def call(self, method: str, session: str | None = None, timeout: float = 30, **parameters: Any) -> dict[str, Any]:
        """Sends a command and returns what it answers.

        :raises RuntimeError: if the browser refuses it, or has ended.
        """
        with self._lock:
            self._next += 1
            number = self._next
            answer = self._answers[number] = queue.Queue()
            command = {"id": number, "method": method, "params": parameters}
            text = json.dumps(command | ({} if session is None else {"sessionId": session}))
            os.write(self._out, text.encode() + b"\0")
        try:
            message = answer.get(timeout=timeout)
        except queue.Empty:
            raise RuntimeError(f"Chromium did not answer {method} within {timeout} s") from None
        finally:
            del self._answers[number]
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        result: dict[str, Any] = message["result"]
        return result

    @contextmanager
    def page(self, width: int = 1280, height: int = 900, dark: bool = False, phone: bool = False) -> Iterator[Page]:
        """A page of its own, as on a screen of that size in CSS pixels."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        try:
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
            page.call("Emulation.setDeviceMetricsOverride", **screen)
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            page.call("Emulation.setEmulatedMedia", features=[scheme])
            yield page
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)
            del self._pages[session]

    def _read(self) -> None:
        rest = b""
        while chunk := os.read(self._in, 1 << 16):
            *messages, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self._answers[message["id"]].put(message)
                elif page := self._pages.get(message.get("sessionId", "")):
                    page.event(message["method"], message["params"])
        for answer in list(self._answers.values()):
            answer.put({"error": {"message": "Chromium has ended"}})

    def close(self) -> None:
        """Ends the browser."""
        try:
            self.call("Browser.close", timeout=10)
            self._process.wait(10)
        except (RuntimeError, subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.wait()
        self._reader.join(10)
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Page:
    """A page: go there, ask it, wait for it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        #: What the page complained of: exceptions, refused loads, errors on its console.
        self.complaints: list[str] = []
        #: Every address that was asked for.
        self.requested: list[str] = []

    def call(self, method: str, timeout: float = 30, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, timeout, **parameters)

    def go(self, url: str) -> None:
        """Loads a page; returns when it has begun. Wait for what it should show."""
        problem = self.call("Page.navigate", url=url).get("errorText")
        assert problem is None, f"{url}: {problem}"

    def ask(self, expression: str, timeout: float = 30) -> Any:
        """The value of a JavaScript expression, or of the promise that it is.

        :raises AssertionError: with its message, if it throws.
        """
        answer = self.call(
            "Runtime.evaluate", timeout, expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait_for(self, condition: str, timeout: float = 60) -> Any:
        """Waits, in the page and frame by frame, until a JavaScript expression is true; returns its value."""
        in_vain = f"waited {timeout} s in vain for {condition}; the page says: "
        script = f"""new Promise((done, failed) => {{
            const end = performance.now() + {timeout * 1000};
            const says = () => document.body.innerText.slice(0, 500);
            const look = () => {{
                let value = null;
                try {{
                    value = ({condition});
                }} catch (error) {{
                    // An element that is not there yet is null, and has no text.
                    if (error.name !== "TypeError") return failed(error);
                }}
                if (value) done(value);
                else if (performance.now() > end) failed(new Error({json.dumps(in_vain)} + says()));
                else setTimeout(look, 20);
            }};
            look();
        }})"""
        return self.ask(script, timeout + 10)

    def text(self, selector: str) -> str:
        """What an element says."""
        value: str = self.ask(f"document.querySelector({json.dumps(selector)}).innerText")
        return value

    def screenshot(self, file: Path, whole: bool = True) -> None:
        """A picture of the page, down to its end, as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        more = {"clip": clip, "captureBeyondViewport": True} if whole else {}
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **more)["data"]))

    def event(self, method: str, params: dict[str, Any]) -> None:
        """What the browser tells of this page; called in the browser's thread."""
        if method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}".strip())
        elif method == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.complaints.append(str(params["args"]))
