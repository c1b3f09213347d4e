"""Metrics: named by their groups, backed by the engine's counters where there are any."""

from __future__ import annotations

import pytest

from flott.datastream import RuntimeContext


class EngineCounter:
    def __init__(self) -> None:
        self.n = 0

    def inc(self, n: int) -> None:
        self.n += n

    def dec(self, n: int) -> None:
        self.n -= n

    def get_count(self) -> int:
        return self.n


class Engine:
    def __init__(self) -> None:
        self.counters: dict[str, EngineCounter] = {}

    def counter(self, name: str) -> EngineCounter:
        return self.counters.setdefault(name, EngineCounter())


def test_counters_live_in_the_engine() -> None:
    engine = Engine()
    group = RuntimeContext(metrics=engine).get_metrics_group().add_group("orders").add_group("shop", "berlin")
    counter = group.counter("rejected")
    counter.inc()
    counter.inc(4)
    counter.dec(2)
    assert counter.get_count() == 3  # 1 + 4 - 2
    assert engine.counters["orders.shop.berlin.rejected"].n == 3
    assert group.counter("rejected") is counter


def test_counters_without_an_engine() -> None:
    group = RuntimeContext().get_metrics_group()
    group.counter("a").inc(2)
    assert group.counter("a").get_count() == 2


def test_the_other_metrics() -> None:
    context = RuntimeContext()
    group = context.get_metrics_group().add_group("g")
    meter = group.meter("events", 30)
    meter.mark_event()
    meter.mark_event(9)
    sizes = group.distribution("size")
    for value in (5, 1, 3):
        sizes.update(value)
    group.gauge("pending", lambda: 7)
    assert meter.get_count() == 10
    assert context._metrics_group._snapshot() == {
        "g.events": 10,
        "g.pending": 7,
        "g.size": {"count": 3, "sum": 9, "min": 1, "max": 5},
    }


def test_wrong_names_and_gauges() -> None:
    group = RuntimeContext().get_metrics_group()
    with pytest.raises(TypeError, match="name"):
        group.counter("")
    with pytest.raises(TypeError, match="function without arguments"):
        group.gauge("g", 5)  # type: ignore[arg-type]
