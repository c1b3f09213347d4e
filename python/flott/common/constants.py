"""Numbers with a name."""

from __future__ import annotations

MIN_LONG_VALUE = -(1 << 63)
MAX_LONG_VALUE = (1 << 63) - 1
