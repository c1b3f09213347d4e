"""Fixtures of the third week's tests: those of the first, and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Browser, Missing
from tests.stage1.conftest import bootstrap_servers, embedded_broker, sqlite_url

__all__ = ["bootstrap_servers", "embedded_broker", "sqlite_url"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; each test takes pages of its own from it."""
    try:
        running = Browser()
    except Missing as error:
        pytest.fail(str(error), pytrace=False)
    with running:
        yield running
