"""Importing the package is cheap: it loads what is used, and none of the standard library's heavy parts."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, metadata

import pytest

from flott._reexports import _NAMES

HEAVY = ["asyncio", "dataclasses", "inspect", "json", "logging", "decimal", "datetime", "multiprocessing", "numpy"]

JOB = (
    "env = StreamExecutionEnvironment.get_execution_environment(); "
    "keyed = env.from_collection([1, 2]).map(lambda n: n + 1).key_by(lambda n: n); "
    "assert keyed.map(lambda n: n).execute_and_collect(limit=1) == [2]; "
    "env.from_collection([]).print(); env.execute()"
)


def loaded(program: str) -> set[str]:
    """The modules a fresh interpreter has after ``program``, without those it always has."""
    code = f"import sys; before = set(sys.modules); {program}; print(*sorted(set(sys.modules) - before))"
    result = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(result.stdout.split())


def test_packages_load_nothing_of_themselves() -> None:
    modules = loaded("import flott, flott.common, flott.datastream, flott.testing")
    assert {name for name in modules if name.startswith("flott.")} == {
        "flott._lazy",
        "flott._reexports",
        "flott.common",
        "flott.datastream",
        "flott.testing",
    }


@pytest.mark.parametrize(
    "program",
    [
        "from flott.common import Types, Row, WatermarkStrategy, Duration, Configuration; Types.ROW([Types.INT()])",
        "from flott.datastream import MapFunction, KeyedProcessFunction, RuntimeContext, CheckpointConfig",
        "from flott.datastream.connectors.kafka import KafkaSource, KafkaSink",
        "from flott.datastream.connectors.jdbc import JdbcSink",
        "from flott.datastream.formats.json import JsonRowDeserializationSchema",
        "import flott; flott.__version__",
        f"from flott.datastream import StreamExecutionEnvironment; {JOB}",
    ],
)
def test_nothing_heavy_is_loaded(program: str) -> None:
    assert loaded(program).isdisjoint(HEAVY)


def test_pytest_is_not_needed_to_test() -> None:
    program = (
        "from flott.testing import Harness, collect, one_input_harness; h = Harness(); h.source('a'); h.feed('a', 1)"
    )
    assert "pytest" not in loaded(program)


def test_the_version_is_that_of_the_installed_package() -> None:
    import flott

    assert flott.__version__ == metadata.version("flott")
    assert "flott._flott" not in loaded("import flott")


@pytest.mark.parametrize(
    "line",
    [
        "from flott.common import JsonRowDeserializationSchema, CsvRowSerializationSchema",
        "from flott.datastream.connectors import FlinkKafkaConsumer, JdbcSink, KafkaSource, NumberSequenceSource",
        "from flott.datastream.connectors import FileSink, StreamFormat, StreamingFileSink",
        "from flott.datastream.functions import ValueStateDescriptor, TimeDomain",
        "from flott.datastream.data_stream import ConnectedStreams, MapFunction, OutputTag, WindowedStream",
        "from flott.datastream.stream_execution_environment import RuntimeExecutionMode",
        "from flott.datastream import TimeWindow, Trigger, WindowAssigner, BroadcastStream, WindowedStream",
        "from flott.datastream.window import Time, Types",
    ],
)
def test_names_are_where_programs_for_pyflink_take_them_from(line: str) -> None:
    assert loaded(line)


@pytest.mark.parametrize("module", _NAMES)
def test_names_of_other_modules_are_the_same_there(module: str) -> None:
    for home, names in _NAMES[module].items():
        for name in names.split():
            there = getattr(import_module(f"flott.{home}"), name)
            assert getattr(import_module(f"flott.{module}"), name) is there


def test_unknown_names_are_refused() -> None:
    import flott.common
    import flott.datastream

    for package in (flott.common, flott.datastream):
        assert set(package.__all__) <= set(dir(package))
        with pytest.raises(AttributeError, match="Nonsense"):
            _ = package.Nonsense
