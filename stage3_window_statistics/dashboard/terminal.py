"""The dashboard without a browser: the same figures as a table that updates itself, or line by line into a pipe."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from stage3_window_statistics.dashboard.live import LiveState

_BLOCKS = "▁▂▃▄▅▆▇█"
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
# The other screen, as editors use: what was in the terminal is there again afterwards. And no cursor.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


class TerminalTable:
    """Shows a state until the job ends.

    :param state: what to show.
    :param out: where to; a terminal gets a table, everything else a line a minute (of the shop's time).
    :param url: where the page is, if there is one.
    """

    def __init__(self, state: LiveState, out: TextIO, url: str = "") -> None:
        self._state = state
        self._out = out
        self._url = url
        self._live = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def run(self) -> None:
        """Returns when the job has ended; Ctrl-C comes through as KeyboardInterrupt."""
        if not self._live:
            self._lines()
            return
        self._out.write(_ENTER)
        shown: dict[str, Any] = {}
        try:
            for shown in self._states():
                size = shutil.get_terminal_size()
                lines = table(shown, size.columns, self._url)[: size.lines - 1]
                self._out.write(_HOME + "".join(f"{line}{_REST_OF_LINE}\r\n" for line in lines) + _REST_OF_SCREEN)
                self._out.flush()
        finally:
            self._out.write(_LEAVE)
            # What was last on the screen stays to be read.
            if shown:
                self._out.write("\n".join(table(shown, shutil.get_terminal_size().columns, "")) + "\n")
            self._out.flush()

    def _states(self) -> Iterator[dict[str, Any]]:
        seen = -1
        while True:
            news = self._state.wait(seen, 0.5)
            if news is None:
                continue
            seen = news[0]
            state = self._state.snapshot()
            yield state
            if state["job"]["state"] != "running":
                return

    def _lines(self) -> None:
        self._out.write(f"Dashboard at {self._url}\n" if self._url else "")
        self._out.write(f"{waiting({'time': {'watermark': None}})}\n")
        self._out.flush()
        told = ""
        for state in self._states():
            for minute in state["minutes"]:
                if minute["start"] > told:
                    told = minute["start"]
                    late = state["time"]["late"]
                    self._out.write(
                        f"{told}  {minute['orders']:>5} orders  {money(minute['amount']):>14}  late {late}\n"
                    )
            self._out.flush()


def table(state: dict[str, Any], columns: int, url: str = "") -> list[str]:
    """The lines of the table, none wider than the terminal."""
    time, job = state["time"], state["job"]
    head = f"Order statistics  {state['source']}"
    lines = [_BOLD + _cut(head, columns) + _RESET]
    lines += [_cut(url, columns)] if url else []
    if job["state"] != "running":
        lines.append(
            _cut(f"The job has {'been ' if job['state'] == 'stopped' else ''}{job['state']}. {job['message']}", columns)
        )
    lag = "" if time["lag_ms"] is None else f", {time['lag_ms'] / 1000:.1f} s behind the newest order"
    lines += [
        "",
        _cut(f"Watermark  {time['watermark'] or 'none yet'}{lag}", columns),
        _cut(
            f"Messages   {time['messages']:,}, {time['per_second']:,.1f} a second, {time['late']:,} late, "
            f"{time['rejected']:,} rejected",
            columns,
        ),
        "",
    ]
    if not state["minutes"]:
        return [*lines, *(_cut(line, columns) for line in waiting(state).splitlines())]
    last = state["minutes"][-1]
    wide = min(60, max(10, columns - 36))
    for label, figure, text in (
        ("Orders/min", "orders", f"{last['orders']:,}"),
        ("Sales/min", "amount", money(last["amount"])),
    ):
        line = sparkline([float(minute[figure]) for minute in state["minutes"]][-wide:])
        lines.append(_cut(f"{label:<11}{line}  {text}  ({last['start'][11:16]})", columns))
    if state["hour"] is not None:
        hour = state["hour"]
        five = state["last_five_minutes"]
        lines += [
            "",
            _cut(
                f"{hour['start'][11:16]} to {hour['end'][11:16]}  {hour['orders']:,} orders, {money(hour['amount'])}",
                columns,
            ),
        ]
        if five is not None:
            lines[-1] = _cut(f"{lines[-1]}; last five minutes {five['orders']:,}, {money(five['amount'])}", columns)
    products = [(p["name"] or p["id"], f"{p['quantity']:,}", money(p["sales"])) for p in state["products"]]
    users = [(u["id"], f"{u['orders']:,}", money(u["amount"])) for u in state["users"]]
    statuses = [(s["status"], f"{s['orders']:,}", money(s["amount"])) for s in state["statuses"]]
    changes = [(f"{c['from']} → {c['to']}", f"{c['count']:,}", "") for c in state["changes"]]
    left = [*_block("Products", products), "", *_block("Statuses", statuses)]
    right = [*_block("Users", users), "", *_block("Changes", changes)]
    if columns >= 84:
        height = max(len(left), len(right))
        pairs = zip(left + [""] * (height - len(left)), right + [""] * (height - len(right)), strict=True)
        lines += ["", *(f"{_pad(a, 43)}{b}".rstrip() for a, b in pairs)]
    else:
        lines += ["", *(_cut(line, columns) for line in (*left, "", *right))]
    return lines


def waiting(state: dict[str, Any]) -> str:
    """What an empty table waits for."""
    if state["time"]["watermark"] is None:
        return "No order has come yet. The first minute shows up when the watermark has passed its end."
    closes, left = state["time"]["closes"], state["time"]["closes_in_ms"]
    return (
        "No minute has ended yet.\n"
        f"The first one shows up when the watermark reaches {closes[11:]}: {left / 1000:.1f} s of order time to go."
    )


def sparkline(values: Iterable[float]) -> str:
    """The values as a line of blocks; the highest one fills its line.

    >>> sparkline([0, 1, 7])
    '▁▂█'
    """
    values = list(values)
    top = max(values, default=0) or 1
    return "".join(_BLOCKS[round(value / top * (len(_BLOCKS) - 1))] for value in values)


def money(amount: str) -> str:
    """An amount with commas between thousands; every digit as it came.

    >>> money("1234567.80")
    '1,234,567.80'
    """
    whole, _, cents = amount.partition(".")
    return f"{int(whole):,}.{cents}"


def _block(title: str, rows: list[tuple[str, str, str]]) -> list[str]:
    return [title, *(f"  {_pad(_cut(name, 19), 20)}{count:>5}{amount:>14}" for name, count, amount in rows)]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _cut(text: str, width: int) -> str:
    """The text without control characters (they could drive the terminal), and no wider than ``width``."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    if _width(text) <= width:
        return text
    while text and _width(text) >= width:
        text = text[:-1]
    return text + "…"
