"""Metrics and the groups that name them.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/python/metrics/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Counter", "Distribution", "Meter", "Metric", "MetricGroup"]


class Metric(ABC):
    """What all metrics are."""


class Counter(Metric, ABC):
    """A number that goes up and down."""

    @abstractmethod
    def inc(self, n: int = 1) -> None:
        """Adds ``n``."""

    @abstractmethod
    def dec(self, n: int = 1) -> None:
        """Takes ``n`` away."""

    @abstractmethod
    def get_count(self) -> int:
        """The number as it is now."""


class Meter(Metric, ABC):
    """How often something happens."""

    @abstractmethod
    def mark_event(self, value: int = 1) -> None:
        """Says that it happened ``value`` times."""

    @abstractmethod
    def get_count(self) -> int:
        """How often it has happened so far."""


class Distribution(Metric, ABC):
    """How large something is: the smallest, the largest, the sum and the count of values."""

    @abstractmethod
    def update(self, value: Any) -> None:
        """Adds a value."""


class MetricGroup(ABC):
    """Names metrics: ``runtime_context.get_metrics_group().add_group("orders").counter("rejected")``."""

    @abstractmethod
    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        """A group inside this one; with ``extra``, a key and its value."""

    @abstractmethod
    def counter(self, name: str) -> Counter:
        """The counter of that name."""

    @abstractmethod
    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        """A number that ``obj`` returns whenever somebody looks."""

    @abstractmethod
    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        """The meter of that name, over the last ``time_span_in_seconds``."""

    @abstractmethod
    def distribution(self, name: str) -> Distribution:
        """The distribution of that name."""


class EngineCounter(Protocol):
    """A counter as the engine gives it."""

    def inc(self, n: int) -> None: ...

    def dec(self, n: int) -> None: ...

    def get_count(self) -> int: ...


class EngineMetrics(Protocol):
    """What the engine gives a :class:`MetricGroup` of one operator."""

    def counter(self, name: str) -> EngineCounter:
        """The counter of that full name (``group.name``)."""
        ...

    def note_late(self, record: object, timestamp: int, watermark: int) -> None:
        """Remembers the last record that came too late."""
        ...


class _PlainCounter:
    """A counter for a group without an engine."""

    def __init__(self) -> None:
        self._count = 0

    def inc(self, n: int) -> None:
        self._count += n

    def dec(self, n: int) -> None:
        self._count -= n

    def get_count(self) -> int:
        return self._count


class _Counter(Counter):
    def __init__(self, backing: EngineCounter) -> None:
        self._inc = backing.inc
        self._dec = backing.dec
        self._get_count = backing.get_count

    def inc(self, n: int = 1) -> None:
        self._inc(n)

    def dec(self, n: int = 1) -> None:
        self._dec(n)

    def get_count(self) -> int:
        return int(self._get_count())


class _Meter(Meter):
    def __init__(self, counter: Counter, time_span_in_seconds: int) -> None:
        self._counter = counter
        self._time_span_in_seconds = time_span_in_seconds

    def mark_event(self, value: int = 1) -> None:
        self._counter.inc(value)

    def get_count(self) -> int:
        return self._counter.get_count()


class _Distribution(Distribution):
    def __init__(self) -> None:
        self._count = 0
        self._sum: Any = 0
        self._min: Any = None
        self._max: Any = None

    def update(self, value: Any) -> None:
        if self._count == 0 or value < self._min:
            self._min = value
        if self._count == 0 or value > self._max:
            self._max = value
        self._count += 1
        self._sum += value

    def _snapshot(self) -> dict[str, Any]:
        return {"count": self._count, "sum": self._sum, "min": self._min, "max": self._max}


class _Registry:
    """The metrics of one operator by full name: one object a name, however often it is asked for."""

    def __init__(self, engine: EngineMetrics | None) -> None:
        self.engine = engine
        self.counters: dict[str, _Counter] = {}
        self.meters: dict[str, _Meter] = {}
        self.gauges: dict[str, Callable[[], Any]] = {}
        self.distributions: dict[str, _Distribution] = {}

    def counter(self, name: str) -> _Counter:
        if name not in self.counters:
            backing = _PlainCounter() if self.engine is None else self.engine.counter(name)
            self.counters[name] = _Counter(backing)
        return self.counters[name]


class OperatorMetricGroup(MetricGroup):
    """The group of an operator. Full names are the group's names and the metric's with dots between them."""

    def __init__(self, engine: EngineMetrics | None = None) -> None:
        """:param engine: where counters live; without it they are plain Python"""
        self._registry = _Registry(engine)
        self._scope: tuple[str, ...] = ()

    def add_group(self, name: str, extra: str | None = None) -> OperatorMetricGroup:
        group = OperatorMetricGroup.__new__(OperatorMetricGroup)
        group._registry = self._registry
        group._scope = (*self._scope, _name(name)) if extra is None else (*self._scope, _name(name), _name(extra))
        return group

    def counter(self, name: str) -> Counter:
        return self._registry.counter(self._full(name))

    def _note_late(self, record: object, timestamp: int, watermark: int) -> None:
        if self._registry.engine is not None:
            self._registry.engine.note_late(record, timestamp, watermark)

    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        if not callable(obj):
            raise TypeError(f"gauge('{name}'): give a function without arguments that returns the number, not {obj!r}")
        self._registry.gauges[self._full(name)] = obj

    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        full, meters = self._full(name), self._registry.meters
        if full not in meters:
            meters[full] = _Meter(self._registry.counter(full), time_span_in_seconds)
        return meters[full]

    def distribution(self, name: str) -> Distribution:
        return self._registry.distributions.setdefault(self._full(name), _Distribution())

    def _full(self, name: str) -> str:
        return ".".join((*self._scope, _name(name)))

    def _snapshot(self) -> dict[str, Any]:
        """Every metric of the operator by full name, gauges read now."""
        registry = self._registry
        values: dict[str, Any] = {name: counter.get_count() for name, counter in registry.counters.items()}
        values.update({name: read() for name, read in registry.gauges.items()})
        values.update({name: distribution._snapshot() for name, distribution in registry.distributions.items()})
        return values


def _name(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise TypeError(f"a metric's name is a string of at least one character, not {name!r}")
    return name
