"""Time and timers, for process functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

__all__ = ["TimerService"]


class TimerService(ABC):
    """Reads the clocks and sets timers. All times are milliseconds since 1970-01-01T00:00:00Z.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/process_function/#timers
    """

    @classmethod
    def __subclasshook__(cls, subclass: type) -> Any:
        # the engine's own is native, and loaded only when a job starts
        if cls is TimerService and (subclass.__module__, subclass.__name__) == ("flott._flott", "TimerService"):
            return True
        return NotImplemented

    @abstractmethod
    def current_processing_time(self) -> int:
        """The time by the machine's clock."""

    @abstractmethod
    def current_watermark(self) -> int:
        """The event time up to which all records have come; -9223372036854775808 before the first watermark."""

    @abstractmethod
    def register_processing_time_timer(self, timestamp: int) -> None:
        """Has ``on_timer`` called, for the current key, when the machine's clock passes ``timestamp``."""

    @abstractmethod
    def register_event_time_timer(self, timestamp: int) -> None:
        """Has ``on_timer`` called, for the current key, when the watermark passes ``timestamp``."""

    @abstractmethod
    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Takes back a timer of the current key; without effect if there is none."""

    @abstractmethod
    def delete_event_time_timer(self, timestamp: int) -> None:
        """Takes back a timer of the current key; without effect if there is none."""
