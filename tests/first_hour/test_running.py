"""Mistakes that show when the job runs: with the operator, its line, and the record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flott.broker import Broker
from tests.first_hour.programs import message

TIMES = """
class OrderTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp): return {returned}
times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(OrderTime())
numbers.assign_timestamps_and_watermarks(times).print()
env.execute()
"""


def test_execute_twice() -> None:
    told = message("numbers.print()\nenv.execute()\nenv.execute()")
    assert "They have run already: execute() runs what was built since the last time" in told


def test_execute_before_anything() -> None:
    told = message("env = StreamExecutionEnvironment.get_execution_environment()\nenv.execute()")
    assert "Add a source and a sink before execute()" in told


def test_a_window_of_event_time_without_timestamps() -> None:
    window = "window_all(TumblingEventTimeWindows.of(Time.minutes(1)))"
    told = message(f"numbers.{window}.reduce(lambda a, b: a + b).print()\nenv.execute()")
    assert "the record has no event time, and its window goes by it" in told
    assert "what to do: call assign_timestamps_and_watermarks() before the window" in told


@pytest.mark.parametrize(("returned", "shown"), [("1.5", "1.5"), ("'10:00'", "'10:00'"), ("None", "None")])
def test_a_timestamp_that_is_no_number_of_milliseconds(returned: str, shown: str) -> None:
    told = message(TIMES.format(returned=returned))
    assert f"in milliseconds since 1970, not {shown}" in told
    assert "while processing: 1" in told


def test_an_object_that_cannot_be_copied() -> None:
    told = message(
        "import threading\n"
        "class Locked(MapFunction):\n"
        "    def __init__(self): self.lock = threading.Lock()\n"
        "    def map(self, value): return value\n"
        "numbers.map(Locked()).print()\nenv.execute()"
    )
    assert "Locked can't be copied for its subtask" in told
    assert "create connections, locks and files in open(), not in __init__" in told


def test_a_field_that_is_not_there() -> None:
    told = message("env.from_collection([{'id': 7}]).map(lambda order: order['amount']).print()\nenv.execute()")
    assert told.startswith("'amount'")
    assert "in operator 'Map' (job.py:11), while processing: {'id': 7}" in told


@pytest.mark.parametrize("function", ["numbers.flat_map(lambda v: v)", "numbers.process(P())"])
def test_return_in_the_place_of_yield(function: str) -> None:
    program = "class P(ProcessFunction):\n    def process_element(self, value, ctx): return value\n"
    told = message(f"{program}{function}.print()\nenv.execute()")
    assert "must yield its results or return an iterable of them (None for none), not 1" in told


def test_state_without_keys() -> None:
    told = message(
        "from flott.datastream.state import ValueStateDescriptor\n"
        "class P(ProcessFunction):\n"
        "    def open(self, context): self.seen = context.get_state(ValueStateDescriptor('seen', Types.INT()))\n"
        "    def process_element(self, value, ctx): yield value\n"
        "numbers.process(P()).print()\nenv.execute()"
    )
    assert "state 'seen' belongs to a key: call key_by() before the operator that uses it" in told


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    told = message(f"env.read_text_file({str(tmp_path / 'orders.txt')!r}).print()\nenv.execute()")
    assert "no file or directory matches" in told
    assert "what to do: check the path" in told


# --- Kafka

SOURCE = """
source = (KafkaSource.builder().set_bootstrap_servers(servers).set_topics("order-rwa")
    .set_property("default.api.timeout.ms", "300").set_value_only_deserializer(SimpleStringSchema()).build())
env.from_source(source, WatermarkStrategy.no_watermarks(), "orders").print()
env.execute()
"""
SINK = """
record = (KafkaRecordSerializationSchema.builder().set_topic("orders")
    .set_value_serialization_schema(SimpleStringSchema()).build())
env.from_collection([{"id": 7}]).sink_to(
    KafkaSink.builder().set_bootstrap_servers(servers).set_record_serializer(record).build())
env.execute()
"""


def test_no_broker() -> None:
    told = message(SOURCE, servers="127.0.0.1:1")
    assert "no Kafka broker could be reached at 127.0.0.1:1" in told
    assert "for development: `flott broker`" in told


def test_a_topic_that_is_not_there(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path, topics=[("order-raw", 1)]) as broker:
        told = message(SOURCE, servers=broker.bootstrap_servers)
    assert f"there is no topic 'order-rwa' on Kafka at {broker.bootstrap_servers}" in told
    assert "what to do: check the name, or create the topic" in told


def test_dicts_for_a_sink_that_takes_texts(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path, topics=[("orders", 1)]) as broker:
        told = message(SINK, servers=broker.bootstrap_servers)
    assert "the record is declared as STRING, but is {'id': 7} (dict)" in told
    assert "what to do: change the record in a map() before, or the declared type" in told


# --- databases

JDBC = """
connection = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(url).build()
once = JdbcExecutionOptions.builder().with_max_retries(0).build()
row = Types.ROW_NAMED(["product", "pieces"], [Types.STRING(), Types.INT()])
env.from_collection(records).add_sink(JdbcSink.sink("INSERT INTO sales VALUES (?, ?)", row, connection, once))
env.execute()
"""


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "sales.db")) as connection:
        connection.execute("CREATE TABLE sales (product TEXT, pieces INTEGER)")
    return tmp_path / "sales.db"


@pytest.mark.parametrize(
    ("url", "what", "advice"),
    [
        ("jdbc:sqlite:{folder}/other.db", "no such table: sales", "create the table, or correct its name"),
        ("jdbc:sqlite:{folder}/none/x.db", "the folder '{folder}/none' does not exist", "create the folder"),
        ("jdbc:mysql://127.0.0.1:1/shop", "Connection refused", "start the server, or correct host and port"),
    ],
)
def test_a_database_that_is_not_as_it_should_be(tmp_path: Path, url: str, what: str, advice: str) -> None:
    told = message(JDBC, url=url.format(folder=tmp_path), records=[("tea", 3)])
    assert what.format(folder=tmp_path) in told
    assert f"what to do: {advice}" in told


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (("tea", "three"), "field 'pieces' is declared as INT, but is 'three' (str)"),
        (("tea",), "a record has 1 fields where 2 are declared (product, pieces): ('tea',)"),
        ({"product": "tea", "count": 3}, "the field 'count' of a record is not declared (product, pieces)"),
    ],
)
def test_a_record_that_does_not_fit_the_table(sales: Path, record: object, what: str) -> None:
    """A dict with a field of another name would otherwise leave a NULL behind, in silence."""
    assert what in message(JDBC, url=f"jdbc:sqlite:{sales}", records=[record])
    with closing(sqlite3.connect(sales)) as connection:
        assert connection.execute("SELECT * FROM sales").fetchall() == []
