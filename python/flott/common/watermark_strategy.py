"""Where event time comes from: timestamps of records, and watermarks.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/event-time/generating_watermarks/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flott.common.time import Duration
from flott.common.utils import java_only

if TYPE_CHECKING:
    from flott.table.expression import Expression

__all__ = ["AssignerWithPeriodicWatermarksWrapper", "TimestampAssigner", "WatermarkStrategy"]


class TimestampAssigner(ABC):
    """Reads the event time of a record. Subclass it::

    class OrderTime(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return value["order_time"]
    """

    @abstractmethod
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """The record's event time.

        :param value: the record
        :param record_timestamp: the time it already has, in milliseconds since 1970-01-01T00:00:00Z (from Kafka,
            for instance), or a negative number if none
        :return: milliseconds since 1970-01-01T00:00:00Z
        """


class WatermarkStrategy:
    """How records get their event time and when a watermark says that no earlier ones are coming::

    >>> strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))
    """

    def __init__(self, kind: str, max_out_of_orderness_ms: int = 0) -> None:
        """Use the static methods instead.

        :param kind: ``none``, ``monotonous`` or ``bounded``
        """
        self._kind = kind
        self._max_out_of_orderness_ms = max_out_of_orderness_ms
        self._timestamp_assigner: Any = None
        self._idle_timeout_ms: int | None = None
        self._alignment: tuple[str, int, int] | None = None

    @staticmethod
    def for_monotonous_timestamps() -> WatermarkStrategy:
        """For records whose time never goes back (within one partition of a source)."""
        return WatermarkStrategy("monotonous")

    @staticmethod
    def for_bounded_out_of_orderness(max_out_of_orderness: Duration) -> WatermarkStrategy:
        """For records that come at most that much later than the latest one before them.

        :raises TypeError: if it is not a :class:`Duration`
        :raises ValueError: if it is negative
        """
        millis = _millis(max_out_of_orderness, "max_out_of_orderness")
        if millis < 0:
            raise ValueError(f"max_out_of_orderness is 0 or more, not {max_out_of_orderness}")
        return WatermarkStrategy("bounded", millis)

    @staticmethod
    def no_watermarks() -> WatermarkStrategy:
        """No watermarks at all: for programs that use processing time only."""
        return WatermarkStrategy("none")

    def with_timestamp_assigner(self, timestamp_assigner: TimestampAssigner | Expression) -> WatermarkStrategy:
        """Reads the event time from the records. Changes this strategy and returns it, as in PyFlink.

        :param timestamp_assigner: a :class:`TimestampAssigner`, or (beyond PyFlink) an expression such as
            ``col("order_time")``, in milliseconds or a TIMESTAMP: in ``assign_timestamps_and_watermarks`` of a typed
            stream, where it runs on columns without Python
        :raises TypeError: if it is neither
        """
        self._timestamp_assigner = _assigner(timestamp_assigner)
        return self

    def with_idleness(self, idle_timeout: Duration) -> WatermarkStrategy:
        """A strategy that lets time go on without a partition from which nothing came for that long.

        :raises TypeError: if it is not a :class:`Duration`
        :raises ValueError: if it is not longer than 0
        """
        millis = _millis(idle_timeout, "idle_timeout")
        if millis <= 0:
            raise ValueError(f"idle_timeout is longer than 0, not {idle_timeout}")
        strategy = self._copy()
        strategy._idle_timeout_ms = millis
        return strategy

    def with_watermark_alignment(
        self, watermark_group: str, max_allowed_watermark_drift: Duration, update_interval: Duration | None = None
    ) -> WatermarkStrategy:
        """A strategy that pauses a source that runs ahead of the others in its group by more than the drift.

        :param update_interval: how often sources compare, 1 s unless given
        :raises TypeError: if a duration is not a :class:`Duration`
        """
        strategy = self._copy()
        strategy._alignment = (
            watermark_group,
            _millis(max_allowed_watermark_drift, "max_allowed_watermark_drift"),
            1000 if update_interval is None else _millis(update_interval, "update_interval"),
        )
        return strategy

    def _copy(self) -> WatermarkStrategy:
        strategy = WatermarkStrategy(self._kind, self._max_out_of_orderness_ms)
        strategy.__dict__.update(self.__dict__)
        return strategy

    def _to_spec(self) -> dict[str, Any]:
        """The strategy without its assigner, as JSON-able data for the engine."""
        spec: dict[str, Any] = {"kind": self._kind}
        if self._kind == "bounded":
            spec["out-of-orderness-ms"] = self._max_out_of_orderness_ms
        if self._idle_timeout_ms is not None:
            spec["idle-timeout-ms"] = self._idle_timeout_ms
        if self._alignment is not None:
            group, drift, interval = self._alignment
            spec["alignment"] = {"group": group, "max-drift-ms": drift, "update-interval-ms": interval}
        return spec

    def __repr__(self) -> str:
        parts = [self._kind, *[f"{key}={value}" for key, value in self._to_spec().items() if key != "kind"]]
        if self._timestamp_assigner is not None:
            parts.append(f"timestamp_assigner={type(self._timestamp_assigner).__name__}")
        return f"WatermarkStrategy({', '.join(parts)})"


class AssignerWithPeriodicWatermarksWrapper:
    """Wraps a Java class in PyFlink; use :class:`WatermarkStrategy`."""

    def __init__(self, j_assigner_with_periodic_watermarks: Any) -> None:
        """Raises NotImplementedError."""
        raise java_only("AssignerWithPeriodicWatermarksWrapper", "use a WatermarkStrategy with a TimestampAssigner")


def _assigner(given: Any) -> Any:
    if isinstance(given, TimestampAssigner) or hasattr(given, "_to_json"):
        return given
    hint = ""
    if isinstance(given, type):
        hint = f"; make one: {given.__name__}()"
    elif callable(given):
        hint = "; extend TimestampAssigner and write extract_timestamp(self, value, record_timestamp)"
    raise TypeError(f"with_timestamp_assigner takes a TimestampAssigner, not {given!r}{hint}")


def _millis(duration: Any, name: str) -> int:
    if not isinstance(duration, Duration):
        raise TypeError(f"{name} is a Duration such as Duration.of_seconds(5), not {duration!r}")
    return duration._to_millis()
