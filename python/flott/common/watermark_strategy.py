"""Where event time comes from: timestamps of records, and watermarks.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/event-time/generating_watermarks/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from flott.common.time import Duration
from flott.common.utils import java_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott.table.expression import Expression

__all__ = [
    "AssignerWithPeriodicWatermarksWrapper",
    "TimestampAssigner",
    "Watermark",
    "WatermarkGenerator",
    "WatermarkGeneratorSupplier",
    "WatermarkOutput",
    "WatermarkStrategy",
]


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


class Watermark(NamedTuple):
    """No record that comes later is of that time or earlier."""

    #: Milliseconds since 1970-01-01T00:00:00Z.
    timestamp: int


class WatermarkOutput(ABC):
    """What a :class:`WatermarkGenerator` speaks to. What it is told in ``on_event`` holds right behind that record."""

    @abstractmethod
    def emit_watermark(self, watermark: Watermark | int) -> None:
        """Event time has reached ``watermark``; one that is not later than the last changes nothing. A split that was
        marked idle is active again.

        :param watermark: a :class:`Watermark`, or milliseconds since 1970-01-01T00:00:00Z
        :raises TypeError: if it is neither, or no integer of 64 bits
        """

    @abstractmethod
    def mark_idle(self) -> None:
        """Nothing will come for a while: nobody waits for this split until it emits a watermark or is marked active."""

    @abstractmethod
    def mark_active(self) -> None:
        """Others wait for this split's watermarks again."""


class WatermarkGenerator(ABC):
    """Says how event time advances, written in Python (beyond PyFlink; the form is that of Flink's Java API)::

        class UpToMarkers(WatermarkGenerator):
            def on_event(self, event, event_timestamp, output):
                if event["type"] == "end of hour":
                    output.emit_watermark(event_timestamp)

        strategy = WatermarkStrategy.for_generator(UpToMarkers).with_timestamp_assigner(EventTime())

    Each split of a source has a generator of its own, and so has each subtask of ``assign_timestamps_and_watermarks``.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/event-time/generating_watermarks/#writing-watermarkgenerators
    """

    @abstractmethod
    def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
        """Called for each record, in order.

        :param event: the record
        :param event_timestamp: its event time in milliseconds; the smallest long if it has none
        :param output: takes watermarks that hold right behind this record
        """

    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Called behind every thousand records (option ``flott.watermark-every``), and every
        ``pipeline.auto-watermark-interval`` whether there were records or not. Does nothing unless overridden.

        :param output: takes the watermark of now
        """


class WatermarkGeneratorSupplier(ABC):
    """Makes the generator of each split; a class or a function without parameters will do as well."""

    @abstractmethod
    def create_watermark_generator(self) -> WatermarkGenerator:
        """A new generator."""


class WatermarkStrategy:
    """How records get their event time and when a watermark says that no earlier ones are coming::

    >>> strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))
    """

    def __init__(self, kind: str, max_out_of_orderness_ms: int = 0) -> None:
        """Use the static methods instead.

        :param kind: ``none``, ``monotonous``, ``bounded`` or ``custom``
        """
        self._kind = kind
        self._max_out_of_orderness_ms = max_out_of_orderness_ms
        self._timestamp_assigner: Any = None
        self._supplier: Callable[[], WatermarkGenerator] | None = None
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

    @staticmethod
    def for_generator(
        generator_supplier: WatermarkGeneratorSupplier | Callable[[], WatermarkGenerator],
    ) -> WatermarkStrategy:
        """Watermarks of a generator written in Python, see :class:`WatermarkGenerator` (beyond PyFlink).

        :param generator_supplier: makes the generator of each split: a subclass of :class:`WatermarkGenerator`, a
            function without parameters, or a :class:`WatermarkGeneratorSupplier`
        :raises TypeError: if it is none of these
        """
        if isinstance(generator_supplier, WatermarkGenerator):
            kind = type(generator_supplier).__name__
            raise TypeError(
                f"for_generator() makes a generator for each split: pass {kind} or lambda: {kind}(...), "
                "not one that is made"
            )
        if isinstance(generator_supplier, WatermarkGeneratorSupplier):
            generator_supplier = generator_supplier.create_watermark_generator
        if not callable(generator_supplier):
            raise TypeError(
                f"for_generator() takes a subclass of WatermarkGenerator or a function that makes one, "
                f"not {generator_supplier!r}"
            )
        strategy = WatermarkStrategy("custom")
        strategy._supplier = generator_supplier
        return strategy

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
        """A strategy for sources that wait for each other: a split whose watermark is ahead of the slowest one in the
        group by more than the drift is not read until that has caught up. Idle splits are not waited for.

        It works where splits are read, in ``from_source``.

        :param watermark_group: sources of one job with the same name wait for each other
        :param max_allowed_watermark_drift: how far ahead a split may be, in event time
        :param update_interval: how often sources compare at least, 1 s unless given. Flott also compares in between,
            when a source has come half the drift further
        :raises TypeError: if a duration is not a :class:`Duration`
        :raises ValueError: if the drift is negative, or the interval not longer than 0
        """
        drift = _millis(max_allowed_watermark_drift, "max_allowed_watermark_drift")
        if drift < 0:
            raise ValueError(f"max_allowed_watermark_drift is 0 or more, not {max_allowed_watermark_drift}")
        interval = 1000 if update_interval is None else _millis(update_interval, "update_interval")
        if interval <= 0:
            raise ValueError(f"update_interval is longer than 0, not {update_interval}")
        strategy = self._copy()
        strategy._alignment = (watermark_group, drift, interval)
        return strategy

    def _copy(self) -> WatermarkStrategy:
        strategy = WatermarkStrategy(self._kind, self._max_out_of_orderness_ms)
        strategy.__dict__.update(self.__dict__)
        return strategy

    def _generator(self) -> tuple[Callable[..., None], Callable[..., None] | None]:
        """A new generator, as the engine calls it."""
        generator = self._supplier and self._supplier()
        if not isinstance(generator, WatermarkGenerator):
            raise TypeError(
                "the supplier given to WatermarkStrategy.for_generator() must make a WatermarkGenerator, "
                f"not {generator!r}"
            )
        periodic = type(generator).on_periodic_emit is not WatermarkGenerator.on_periodic_emit
        return generator.on_event, generator.on_periodic_emit if periodic else None

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
        if self._supplier is not None:
            parts.append(f"generator={getattr(self._supplier, '__name__', self._supplier)}")
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
