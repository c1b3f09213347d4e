"""Settings that every environment of this process begins with: what ``flott run -p 2 -D key=value`` gives."""

from __future__ import annotations

__all__ = ["SETTINGS"]

#: By Flink's names, as texts.
SETTINGS: dict[str, str] = {}
