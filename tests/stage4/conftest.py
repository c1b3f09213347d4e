"""Fixtures of the fourth week's tests: those of the first."""

from __future__ import annotations

from tests.stage1.conftest import bootstrap_servers, embedded_broker, sqlite_url

__all__ = ["bootstrap_servers", "embedded_broker", "sqlite_url"]
