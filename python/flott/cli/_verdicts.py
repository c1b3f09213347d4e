"""A pytest plugin that writes down what becomes of each test: a line of JSON in the file FLOTT_LEARN_REPORT.

``flott learn`` loads it with ``-p``, in the process that runs the exercises' tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.excinfo is None:
        if report.when == "call":
            _write("passed", report.nodeid)
    elif isinstance(call.excinfo.value, NotImplementedError) and str(call.excinfo.value).startswith("exercise "):
        _write("untouched", report.nodeid)
    else:
        _write("failed", report.nodeid, report.longreprtext)
    return report


def pytest_runtest_logstart(nodeid: str) -> None:
    _write("begun", nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _write("failed", report.nodeid, report.longreprtext)


def _write(what: str, test: str, text: str = "") -> None:
    event: dict[str, Any] = {"what": what, "test": test, "text": text}
    with open(os.environ["FLOTT_LEARN_REPORT"], "a", encoding="utf-8") as report:
        report.write(json.dumps(event) + "\n")
