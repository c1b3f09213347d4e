"""The table in the terminal: its lines by hand, and the whole command in a pseudo-terminal."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from stage3_window_statistics.dashboard.live import LiveState
from stage3_window_statistics.dashboard.terminal import TerminalTable, sparkline, table
from tests.stage3.test_dashboard_page import fill
from tests.stage3.test_live_state import minute

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "stage3_window_statistics" / "real_time_dashboard.py"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def width(line: str) -> int:
    """Columns on a screen: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in ESCAPES.sub("", line))


def shown(state: LiveState, columns: int = 100) -> str:
    return "\n".join(ESCAPES.sub("", line) for line in table(state.snapshot(), columns))


def test_the_table_has_the_figures_of_the_page() -> None:
    state = LiveState("orders at kafka:9092")
    fill(state, "茶杯")
    text = shown(state)
    assert text.splitlines()[0] == "Order statistics  orders at kafka:9092"
    assert re.search(r"Orders/min +█▃  1  \(10:01\)", text)
    assert re.search(r"Sales/min +▁█  1,234,567\.80  \(10:01\)", text)
    assert "10:00 to 11:00  4 orders, 1,234,597.80" in text
    assert re.search(r"茶杯 +7 +99,999,999\.99 +茶杯 +1 +1,234,567\.80", text)
    assert re.search(r"completed +3 +1\.00 +pending → completed +12", text)


@pytest.mark.parametrize("columns", [20, 40, 84, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    state = LiveState("orders " * 50)
    assert max(width(line) for line in table(state.snapshot(), columns)) <= columns
    fill(state, "茶杯" * 100)
    state.job("failed", "no broker answers " * 20)
    lines = table(state.snapshot(), columns, "http://127.0.0.1:8300/" * 9)
    assert max(width(line) for line in lines) <= columns


def test_what_orders_say_does_not_drive_the_terminal() -> None:
    state = LiveState()
    fill(state, "\x1b[2J\x07tea\r\n\u202egnp")
    assert "?[2J?tea" in shown(state)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown(state))


def test_an_empty_table_says_what_it_waits_for() -> None:
    state = LiveState()
    assert "No order has come yet" in shown(state)
    # 10:00:24.999 of 2024-01-01
    state.pulse((1, 1_704_103_230_000, 1_704_103_224_999))  # type: ignore[arg-type]
    assert "when the watermark reaches 10:01:00: 35.0 s of order time to go" in shown(state)


def test_sparklines() -> None:
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline(range(8)) == "▁▂▃▄▅▆▇█"


def test_what_is_no_terminal_gets_a_line_a_minute() -> None:
    state, out = LiveState(pause=0), io.StringIO()
    state.result(minute("10:00", 3, "1030.00"))
    state.result(minute("10:01", 1))
    state.job("finished")
    TerminalTable(state, out, "http://127.0.0.1:8300/").run()
    lines = out.getvalue().splitlines()
    assert lines[0] == "Dashboard at http://127.0.0.1:8300/"
    assert [line.split() for line in lines[-2:]] == [
        ["2024-01-01", "10:00:00", "3", "orders", "1,030.00", "late", "0"],
        ["2024-01-01", "10:01:00", "1", "orders", "1.00", "late", "0"],
    ]
    assert "\x1b" not in out.getvalue()


class Screen:
    """A program in a pseudo-terminal, and all that it has written there."""

    def __init__(self, arguments: list[str], columns: int = 100) -> None:
        self._main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        environ = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "DISPLAY")}
        self.process = subprocess.Popen(
            [sys.executable, DASHBOARD, *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(other)
        self.written = ""

    def read(self, timeout: float) -> bool:
        """Takes what has been written; False at the end."""
        if not select.select([self._main], [], [], timeout)[0]:
            return True
        try:
            chunk = os.read(self._main, 65536)
        except OSError:
            return False
        self.written += chunk.decode("utf-8", "replace")
        return bool(chunk)

    def wait_for(self, pattern: str, timeout: float = 60) -> re.Match[str]:
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, ESCAPES.sub("", self.written))):
            assert time.monotonic() < deadline, self.written[-3000:]
            assert self.read(0.5), self.written[-3000:]
        return found

    def end(self) -> int:
        """Reads to the end and returns the exit code."""
        while self.read(30):
            pass
        return self.process.wait(30)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._main)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    running = Screen(["--demo", "--terminal", "--replay-speed", "600", "--output", str(tmp_path)])
    yield running
    running.close()


def test_the_demo_in_a_terminal(screen: Screen) -> None:
    """Numbers change; Ctrl-C gives the terminal back as it was, with the last table on it."""
    screen.wait_for(r"Orders/min")
    first = int(screen.wait_for(r"Messages +([\d,]+), ")[1].replace(",", ""))
    screen.written = ""
    while int(screen.wait_for(r"Messages +([\d,]+), ")[1].replace(",", "")) <= first:
        screen.written = ""
    screen.wait_for(r"Green tea 100 g")
    screen.written = ""
    screen.process.send_signal(signal.SIGINT)
    assert screen.end() == 130, screen.written[-3000:]
    # the cursor and the screen that was there before, and then the table once more, to be read
    given_back = screen.written.rindex("\x1b[?25h\x1b[?1049l")
    assert "Products" in screen.written[given_back:]
    assert "Traceback" not in screen.written


def test_a_terminal_that_is_narrow(tmp_path: Path) -> None:
    narrow = Screen(["--demo", "--terminal", "--replay-speed", "600", "--output", str(tmp_path)], columns=50)
    try:
        narrow.wait_for(r"Products")
        last = ESCAPES.sub("", narrow.written.rpartition("\x1b[H")[0].rpartition("\x1b[H")[2])
        assert max(map(width, last.splitlines())) <= 50
        narrow.process.send_signal(signal.SIGTERM)
        assert narrow.end() == 130
    finally:
        narrow.close()
