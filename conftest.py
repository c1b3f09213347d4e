"""Fixtures for every test folder: the real servers (see tests/fixtures.py)."""

from __future__ import annotations

pytest_plugins = ["pytester", "tests.fixtures"]
