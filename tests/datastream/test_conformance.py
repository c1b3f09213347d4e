"""What a harness that runs PyFlink's own tests calls (flott.testing.conformance)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flott.common import Types
from flott.datastream import StreamExecutionEnvironment
from flott.testing.conformance import attach_collect, set_config

Env = StreamExecutionEnvironment


def test_records_are_shown_as_java_shows_them(env: Env) -> None:
    row = Types.ROW([Types.INT(), Types.BOOLEAN(), Types.STRING(), Types.SQL_DATE(), Types.BIG_DEC()])
    stream = env.from_collection([(1, True, None, date(2014, 9, 13), Decimal("1.50"))], row)
    sink = attach_collect(stream.rebalance())
    sink.name("sink").set_parallelism(1)
    env.execute()
    # Row.toString() of Flink 1.20, with Java's null, true, LocalDate and BigDecimal
    assert sink.results() == ["+I[1, true, null, 2014-09-13, 1.50]"]


def test_python_objects(single: Env) -> None:
    sink = attach_collect(single.from_collection([("a", 1), ("b", 2)]).key_by(lambda pair: pair[0]))
    single.execute()
    assert sink.results(is_python_object=True, stringify=False) == [("a", 1), ("b", 2)]
    assert sink.results(is_python_object=True) == ["('a', 1)", "('b', 2)"]


def test_an_option_of_an_environment() -> None:
    env = Env.get_execution_environment()
    set_config(env, "parallelism.default", 3)
    assert env.get_parallelism() == 3
