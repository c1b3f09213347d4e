"""What every environment of this process begins with."""

from __future__ import annotations

__all__ = ["SETTINGS", "local_parallelism"]

#: What ``flott run -p 2 -D key=value`` gives: settings by Flink's names, as texts.
SETTINGS: dict[str, str] = {}

#: What ``env.set_default_local_parallelism(2)`` gives.
local_parallelism: int | None = None
