"""Settings, collections, execution and the plan."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from flott.common import Configuration, Row, Types, WatermarkStrategy
from flott.datastream import (
    CheckpointingMode,
    HashMapStateBackend,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
    TimeCharacteristic,
)
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.errors import ConfigurationError

Env = StreamExecutionEnvironment
NAMED = Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])


# --- settings


def test_settings_and_their_defaults() -> None:
    env = Env.get_execution_environment()
    assert (env.get_parallelism(), env.get_max_parallelism(), env.get_buffer_timeout()) == (1, -1, 100)
    assert env.is_chaining_enabled() and env.get_checkpoint_interval() == -1
    chained = env.set_parallelism(4).set_max_parallelism(64).set_buffer_timeout(0).disable_operator_chaining()
    assert chained is env
    assert (env.get_parallelism(), env.get_max_parallelism(), env.get_buffer_timeout()) == (4, 64, 0)
    assert not env.is_chaining_enabled()
    env.enable_checkpointing(5000, CheckpointingMode.AT_LEAST_ONCE)
    assert (env.get_checkpoint_interval(), env.get_checkpointing_mode()) == (5000, CheckpointingMode.AT_LEAST_ONCE)


@pytest.mark.parametrize(
    ("call", "value"),
    [("set_parallelism", 0), ("set_max_parallelism", 0), ("set_max_parallelism", 32769), ("set_buffer_timeout", -2)],
)
def test_settings_out_of_range(call: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"not {value}"):
        getattr(Env.get_execution_environment(), call)(value)


def test_settings_by_their_old_names() -> None:
    """The names of Flink's options up to 1.19; values as Flink's configuration writes them."""
    env = Env.get_execution_environment()
    options = {
        "pipeline.operator-chaining": "false",
        "pipeline.time-characteristic": "IngestionTime",
        "execution.buffer-timeout": "1 min",
        "state.savepoints.dir": "file:///tmp/savepoints",
        "state.backend": "hashmap",
    }
    for key, value in options.items():
        env.configure(Configuration().set_string(key, value))
    assert not env.is_chaining_enabled()
    assert env.get_stream_time_characteristic() is TimeCharacteristic.IngestionTime
    assert env.get_buffer_timeout() == 60_000
    assert env.get_default_savepoint_directory() == "file:/tmp/savepoints"
    assert isinstance(env.get_state_backend(), HashMapStateBackend)


def test_time_characteristic() -> None:
    env = Env.get_execution_environment()
    assert env.get_stream_time_characteristic() is TimeCharacteristic.EventTime
    env.set_stream_time_characteristic(TimeCharacteristic.ProcessingTime)
    assert env.get_stream_time_characteristic() is TimeCharacteristic.ProcessingTime
    # as in Flink
    assert env.get_config().get_auto_watermark_interval() == 0
    env.set_stream_time_characteristic(TimeCharacteristic.EventTime)
    assert env.get_config().get_auto_watermark_interval() == 200


def test_state_backends_and_savepoints() -> None:
    env = Env.get_execution_environment()
    assert (env.get_state_backend(), env.is_changelog_state_backend_enabled()) == (None, None)
    assert env.get_default_savepoint_directory() is None
    backend = HashMapStateBackend()
    assert env.set_state_backend(backend) is env
    assert env.get_state_backend() is backend
    env.enable_changelog_state_backend(False).set_default_savepoint_directory("file:///tmp/s")
    assert env.is_changelog_state_backend_enabled() is False
    assert env.get_default_savepoint_directory() == "file:/tmp/s"


def test_default_local_parallelism(monkeypatch: pytest.MonkeyPatch) -> None:
    from flott.datastream import _defaults

    monkeypatch.setattr(_defaults, "local_parallelism", None)
    env = Env.get_execution_environment()
    assert env.get_default_local_parallelism() == 1
    env.set_default_local_parallelism(3)
    # of environments that are made from now on
    assert (env.get_parallelism(), Env.get_execution_environment().get_parallelism()) == (1, 3)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        env.set_default_local_parallelism(0)


def test_files_in_the_cache_have_one_name() -> None:
    env = Env.get_execution_environment()
    for _ in range(2):
        env.register_cached_file("/tmp/a", "names")
    with pytest.raises(ValueError, match="'names' is that of /tmp/a already"):
        env.register_cached_file("/tmp/b", "names")


def test_a_description_is_shown_in_the_plan() -> None:
    env = Env.get_execution_environment()
    stream = env.from_collection([1]).map(lambda n: n).name("plus").set_description("adds one to each")
    stream.print().set_description("the end")
    shown = {node["type"]: node["contents"] for node in json.loads(env.get_execution_plan())["nodes"]}
    assert shown == {
        "Source: Collection Source": "Source: Collection Source",
        "plus": "adds one to each",
        "Sink: Print to Std. Out": "the end",
    }


def test_configuration_at_the_start_and_later() -> None:
    config = Configuration()
    config.set_string("parallelism.default", "3")
    config.set_string("execution.runtime-mode", "BATCH")
    env = Env.get_execution_environment(config)
    assert env.get_parallelism() == 3
    later = Configuration()
    later.set_integer("parallelism.default", 2)
    later.set_string("pipeline.operator-chaining.enabled", "false")
    env.configure(later)
    assert env.get_parallelism() == 2 and not env.is_chaining_enabled()
    # what `later` did not name is as it was
    totals = env.from_collection([1, 2, 3]).key_by(lambda _: 0).reduce(lambda a, b: a + b)
    with totals.execute_and_collect() as results:
        assert list(results) == [6]


@pytest.mark.parametrize(
    "key",
    [
        "python.fn-execution.bundle.size",
        "python.execution-mode",
        "pekko.ask.timeout",
        "taskmanager.numberOfTaskSlots",
        "python.metric.enabled",
    ],
)
def test_options_without_meaning_here_are_accepted(single: Env, key: str) -> None:
    config = Configuration()
    config.set_string(key, "1")
    single.configure(config)
    with single.from_collection([1]).execute_and_collect() as results:
        assert list(results) == [1]


def test_jars_and_classpaths_are_accepted_and_said_once_at_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    from flott.datastream import _environment_settings as module

    module._said.clear()
    env = Env.get_execution_environment()
    with caplog.at_level(logging.DEBUG, logger="flott"):
        for _ in range(2):
            env.add_jars("file:///opt/flink-sql-connector-kafka-3.3.0-1.20.jar", "file:///b.jar")
            env.add_classpaths("file:///c.jar")
    assert [record.levelname for record in caplog.records] == ["DEBUG"] * 2
    assert "flink-sql-connector-kafka" in caplog.text


def test_add_python_file_makes_it_importable(tmp_path: Any, single: Env) -> None:
    (tmp_path / "helper_of_this_test.py").write_text("def plus(n):\n    return n + 1\n")
    single.add_python_file(str(tmp_path / "helper_of_this_test.py"))

    def plus(n: int) -> int:
        import helper_of_this_test  # type: ignore[import-not-found]

        return helper_of_this_test.plus(n)  # type: ignore[no-any-return]

    with single.from_collection([1]).map(plus).execute_and_collect() as results:
        assert list(results) == [2]


# --- collections


@pytest.mark.parametrize(
    ("items", "type_info", "read"),
    [
        ([], Types.INT(), []),
        ([1, None], Types.INT(), [1, None]),
        ([1, 2.5], Types.DOUBLE(), [1.0, 2.5]),
        ([(1, "a")], Types.ROW([Types.INT(), Types.STRING()]), [Row(f0=1, f1="a")]),
        ([(1, "a")], NAMED, [Row(id=1, name="a")]),
        ([{"id": 1, "name": "a"}], NAMED, [Row(id=1, name="a")]),
        ([Row(1, "a")], Types.TUPLE([Types.INT(), Types.STRING()]), [(1, "a")]),
        ([Decimal("1.50")], Types.BIG_DEC(), [Decimal("1.50")]),
        ([date(2024, 2, 29)], Types.SQL_DATE(), [date(2024, 2, 29)]),
        ([datetime(2024, 2, 29, 1)], Types.SQL_TIMESTAMP(), [datetime(2024, 2, 29, 1)]),
        ([{"a": [1]}], Types.MAP(Types.STRING(), Types.LIST(Types.INT())), [{"a": [1]}]),
        ([b"\x00\xff"], Types.PRIMITIVE_ARRAY(Types.BYTE()), [b"\x00\xff"]),
        (["naïve 😀"], Types.STRING(), ["naïve 😀"]),
    ],
)  # fmt: skip
def test_typed_collections(single: Env, items: list[Any], type_info: Any, read: list[Any]) -> None:
    stream = single.from_collection(items, type_info)
    assert stream.get_type() == type_info
    with stream.execute_and_collect() as results:
        collected = list(results)
    assert collected == read
    assert [type(value) for value in collected] == [type(value) for value in read]


@pytest.mark.parametrize(
    ("items", "type_info", "message"),
    [
        ([1, "x"], Types.INT(), r"collection\[1\].*INT.*'x'"),
        ([2**63], Types.LONG(), r"collection\[0\].*LONG.*9223372036854775808"),
        ([(1, "a"), (2, 3)], NAMED, r"'name' of collection\[1\].*STRING.*3"),
        ([(1,)], Types.TUPLE([Types.INT(), Types.STRING()]), r"collection\[0\].*2"),
        ([[1, "x"]], Types.LIST(Types.INT()), r"collection\[0\], item \[1\].*INT.*'x'"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_named_where_the_collection_is_given(
    items: Any, type_info: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        Env.get_execution_environment().from_collection(items, type_info)


def test_a_collection_is_read_when_it_is_given(single: Env) -> None:
    items = [1, 2]
    stream = single.from_collection(items)
    items.append(3)
    with stream.execute_and_collect() as results:
        assert list(results) == [1, 2]


def test_generators_and_ranges_are_collections(single: Env) -> None:
    for collection in (range(3), (n for n in range(3)), {0: "a", 1: "b", 2: "c"}.keys()):
        stream = single.from_collection(collection)  # type: ignore[arg-type]
        with stream.execute_and_collect() as results:
            assert list(results) == [0, 1, 2]


# --- execution


def test_execute(single: Env, capsys: pytest.CaptureFixture[str]) -> None:
    single.from_collection([1]).print()
    result = single.execute("one")
    assert len(str(result.get_job_id())) == 32
    assert result.get_net_runtime() >= 0 and result.get_all_accumulator_results() == {}
    assert f"Job with JobID {result.get_job_id()} has finished." in str(result)
    assert capsys.readouterr().out == "1\n"


def test_nothing_to_execute(single: Env, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="No operators defined in streaming topology. Cannot execute."):
        single.execute()
    single.from_collection([1]).print()
    single.execute()
    # as in Flink, what has run is not run again
    with pytest.raises(ValueError, match="No operators defined"):
        single.execute()
    assert capsys.readouterr().out == "1\n"


def test_several_sinks_run_in_one_job(env: Env, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = env.from_collection([1, 2])
    numbers.print("plain")
    numbers.map(lambda n: -n).print("negative")
    env.execute()
    lines = [line.rpartition("> ")[2] for line in capsys.readouterr().out.splitlines()]
    assert sorted(lines) == ["-1", "-2", "1", "2"]


def test_environments_are_apart(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = Env.get_execution_environment(), Env.get_execution_environment()
    first.from_collection([1]).print()
    second.from_collection([2]).print()
    second.execute()
    assert capsys.readouterr().out == "2\n"


def test_a_uid_is_used_once(single: Env) -> None:
    single.from_collection([1]).map(lambda n: n).name("a").uid("same").map(lambda n: n).name("b").uid("same").print()
    with pytest.raises(ConfigurationError, match="the operators 'a' and 'b' share the uid 'same'"):
        single.execute()


def test_forward_needs_equal_parallelism(single: Env) -> None:
    made = single.from_collection([1]).map(lambda n: n).name("up").set_parallelism(2).forward()
    made.map(lambda n: n).name("down").set_parallelism(3).print()
    with pytest.raises(ConfigurationError, match=r"'up' \(parallelism 2\) to 'down' \(parallelism 3\)"):
        single.execute()


@pytest.mark.parametrize("value", ["0", "-3", "many"])
def test_a_batch_size_that_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", value)
    env = Env.get_execution_environment()
    env.from_collection([1]).print()
    with pytest.raises(ValueError, match=f"FLOTT_BATCH_SIZE.*{value}"):
        env.execute()


@pytest.mark.parametrize("mode", list(RuntimeExecutionMode))
def test_runtime_modes(single: Env, mode: RuntimeExecutionMode) -> None:
    single.set_runtime_mode(mode)
    totals = single.from_collection([1, 2, 3]).key_by(lambda _: 0).reduce(lambda a, b: a + b)
    with totals.execute_and_collect() as results:
        # Flink's AUTOMATIC is BATCH where all sources are bounded
        assert list(results) == ([1, 3, 6] if mode is RuntimeExecutionMode.STREAMING else [6])


def test_the_plan_is_json_of_flinks_form() -> None:
    env = Env.get_execution_environment().set_parallelism(2)
    numbers = env.from_collection([1, 2, 3])
    numbers.map(lambda n: n + 1).name("plus one").rebalance().filter(lambda n: n > 2).print()
    nodes = json.loads(env.get_execution_plan())["nodes"]
    assert [(node["type"], node["pact"], node["parallelism"]) for node in nodes] == [
        ("Source: Collection Source", "Data Source", 1),
        ("plus one", "Operator", 2),
        ("Filter", "Operator", 2),
        ("Sink: Print to Std. Out", "Data Sink", 2),
    ]
    links = [
        (node["id"], edge["id"], edge["ship_strategy"], edge["side"])
        for node in nodes
        for edge in node.get("predecessors", [])
    ]
    first, second, third, last = [node["id"] for node in nodes]
    assert links == [
        (second, first, "REBALANCE", "second"),
        (third, second, "REBALANCE", "second"),
        (last, third, "FORWARD", "second"),
    ]


def test_asking_for_the_plan_runs_nothing_and_forgets_nothing(single: Env, capsys: pytest.CaptureFixture[str]) -> None:
    single.from_collection([1]).print()
    assert single.get_execution_plan() == single.get_execution_plan()
    assert capsys.readouterr().out == ""
    single.execute()
    assert capsys.readouterr().out == "1\n"


# --- execute_and_collect


def test_collect_with_a_limit(env: Env) -> None:
    numbers = env.from_collection(list(range(100)))
    # a collection is read by one subtask and collected by one, at any parallelism of the environment
    assert numbers.execute_and_collect(limit=3) == [0, 1, 2]
    some = numbers.map(lambda n: n + 1).execute_and_collect(limit=3)
    assert len(set(some)) == 3 and set(some) <= set(range(1, 101))
    assert sorted(numbers.execute_and_collect("all of them", limit=1000)) == list(range(100))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="limit is at least 1, not 0"):
        numbers.execute_and_collect(limit=0)


def test_closing_stops_the_job(env: Env) -> None:
    last = NumberSequenceSource(0, 2**62)
    numbers = env.from_source(last, WatermarkStrategy.no_watermarks(), "for years", Types.LONG())
    with numbers.map(lambda n: n + 1).execute_and_collect() as results:
        assert next(results) != results.next()
    with pytest.raises(StopIteration):
        next(results)


def test_an_iterator_that_is_not_closed_ends_by_itself(env: Env) -> None:
    results = env.from_collection([1, 2]).execute_and_collect()
    assert sorted(results) == [1, 2]
    results.close()  # type: ignore[union-attr]
    results.close()  # type: ignore[union-attr]


def test_a_failure_comes_out_of_the_iterator(single: Env) -> None:
    with single.from_collection([2, 1, 0]).map(lambda n: 2 // n).execute_and_collect() as results:
        assert [next(results), next(results)] == [1, 2]
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_numbers_too_large_for_a_collections_type_lose_their_upper_bits(single: Env) -> None:
    # as in PyFlink: 43878 - 2**16, 9147483648 - 2 * 2**32, -129 + 2**8
    row = Types.ROW([Types.SHORT(), Types.INT(), Types.BYTE()])
    with pytest.warns(RuntimeWarning) as said:
        numbers = single.from_collection([(43878, 9147483648, -129), (1, 2, 3)], row)
    with numbers.execute_and_collect() as results:
        assert list(results) == [Row(f0=-21658, f1=557549056, f2=127), Row(f0=1, f1=2, f2=3)]
    first = str(said[0].message)
    assert first.startswith("43878 does not fit Types.SHORT() and becomes -21658")
    assert first.endswith("Types.INT() holds it")
    assert len(said) == 3


def test_a_stream_is_no_collection(single: Env) -> None:
    with pytest.raises(TypeError, match=r"execute_and_collect\(\)"):
        list(single.from_collection([1]))


def test_what_is_not_there_says_so(single: Env) -> None:
    stream: Any = single.from_collection([1])
    with pytest.raises(NotImplementedError, match=r"FileSource"):
        single.create_input(None)
    with pytest.raises(AttributeError, match="no attribute 'mapp'"):
        stream.mapp(1)
