"""A real kernel, and what its cells show."""

from __future__ import annotations

import queue
import time
from typing import Any

from jupyter_client.manager import start_new_kernel

_KINDS = ("display_data", "update_display_data", "execute_result")


class Kernel:
    """A kernel of this Python; it ends with the ``with`` block."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3", startup_timeout=60)
        #: What was shown so far, in order: the kind of each message, and its content.
        self.shown: list[tuple[str, dict[str, Any]]] = []
        #: What was written to standard output and standard error.
        self.written = ""

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str, timeout: float = 60) -> None:
        """Runs a cell that must succeed, to its end."""
        message = self.client.execute(code)
        deadline = time.monotonic() + timeout
        while not self._take(deadline, message):
            pass

    def html(self) -> list[str]:
        """The HTML shown so far, updates included."""
        return [content["data"].get("text/html", "") for _, content in self.shown]

    def await_html(self, part: str, timeout: float = 30) -> str:
        """Waits until something is shown that has this in it; a panel goes on when its cell has ended."""
        deadline = time.monotonic() + timeout
        while not any(part in html for html in self.html()):
            assert time.monotonic() < deadline, f"{part!r} is not shown; the last was {self.html()[-1:]}"
            self._take(deadline, None)
        return next(html for html in self.html() if part in html)

    def _take(self, deadline: float, message: str | None) -> bool:
        """Notes one output; whether the cell of that message has ended with it."""
        try:
            output = self.client.get_iopub_msg(timeout=max(0.1, min(1.0, deadline - time.monotonic())))
        except queue.Empty:
            assert time.monotonic() < deadline, "the cell does not end"
            return False
        kind, content = output["msg_type"], output["content"]
        assert kind != "error", "\n".join(content["traceback"])
        if kind in _KINDS:
            self.shown.append((kind, content))
        if kind == "stream":
            self.written += content["text"]
        is_end = kind == "status" and content["execution_state"] == "idle"
        return is_end and output["parent_header"].get("msg_id") == message
