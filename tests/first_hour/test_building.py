"""Mistakes that show while the program is built: at the line that has them, before anything runs."""

from __future__ import annotations

import pytest

from tests.first_hour.programs import message

MISTAKES = {
    # functions
    "a lambda with two arguments for a pair": (
        "pairs.map(lambda name, pieces: name)",
        ["takes name, pieces; it is called with value", "value[0], value[1] are its parts"],
    ),
    "a lambda with no argument": ("numbers.map(lambda: 1)", ["takes nothing; it is called with value"]),
    "a reduce function with one argument": (
        "pairs.key_by(lambda v: v[0]).reduce(lambda a: a)",
        ["takes a; it is called with value1, value2"],
    ),
    "a call in the place of a function": ("numbers.map(abs(-1))", ["map() takes a MapFunction or a function, not 1"]),
    "a class in the place of an object": (
        "class Double(MapFunction):\n    def map(self, value): return value\nnumbers.map(Double)",
        ["map() takes a MapFunction object, not the class; make one: Double()"],
    ),
    "a lambda for process": ("numbers.process(lambda v, ctx: v)", ["write the class with process_element"]),
    "a keyed function without keys": (
        "class Seen(KeyedProcessFunction):\n    def process_element(self, value, ctx): yield value\n"
        "numbers.process(Seen())",
        ["a KeyedProcessFunction goes to stream.key_by(...).process()"],
    ),
    "a number as the key": ("pairs.key_by(0)", ["key_by() takes", "write lambda value: value[0]"]),
    "a field's name as the key of dicts": (
        "env.from_collection([{'user': 1}]).key_by('user')",
        ["holds any Python object", "or give it a function of the record"],
    ),
    "collector from Java": (
        "class P(ProcessFunction):\n    def process_element(self, value, ctx, out): out.collect(value)\n"
        "numbers.process(P())",
        ["emit records with 'yield value'"],
    ),
    # types
    "a type's name from SQL": ("Types.INTEGER()", ["no attribute 'INTEGER'; did you mean Types.INT()?"]),
    "a type's name from Python": ("Types.STR()", ["no attribute 'STR'; did you mean Types.STRING()?"]),
    "a type's name with a typing mistake": ("Types.STRNG()", ["did you mean Types.STRING()?"]),
    "a timestamp": ("Types.TIMESTAMP()", ["did you mean Types.SQL_TIMESTAMP()?"]),
    "money": ("Types.DECIMAL()", ["did you mean Types.BIG_DEC()?"]),
    "a class of Python as the type": ("numbers.map(abs, output_type=int)", ["write Types.LONG()"]),
    "a type that is not called": ("numbers.map(abs, output_type=Types.INT)", ["call it: Types.INT()"]),
    "a type as a text": ("numbers.map(abs, output_type='INT')", ["write Types.INT()"]),
    "a class of Python inside a type": ("Types.ROW([Types.STRING(), int])", ["field 1 of Types.ROW", "Types.LONG()"]),
    "a value of another type": ("env.from_collection(['a'], Types.INT())", ["Types.INT", "'a'"]),
    "a sink without a type": (
        "JdbcSink.sink('INSERT INTO t VALUES (?)', None, None)",
        ["JdbcSink.sink takes Types.ROW(...) or Types.ROW_NAMED(...), not None"],
    ),
    # streams
    "the length of a stream": (
        "len(numbers)",
        ["no values before the job runs: use execute_and_collect()"],
    ),
    "the first record of a stream": ("numbers[0]", ["a stream has no values before the job runs"]),
    "a loop over a stream": ("for each in numbers: pass", ["a stream has no values before the job runs"]),
    "Java's spelling": ("numbers.flatMap(lambda v: [v])", ["no attribute 'flatMap'"]),
    "a window without keys": (
        "numbers.window(TumblingEventTimeWindows.of(Time.minutes(1)))",
        ["it needs keys: stream.key_by(lambda record: ...).window(...)"],
    ),
    "sum of a window": (
        "pairs.window_all(TumblingEventTimeWindows.of(Time.minutes(1))).sum(1)",
        ["no attribute 'sum'; aggregate(col('amount').sum) on a typed stream, or reduce(...)"],
    ),
    "print of a window": (
        "pairs.window_all(TumblingEventTimeWindows.of(Time.minutes(1))).print()",
        ["a window has a result behind reduce(...), aggregate(...)"],
    ),
    "count, from pandas": ("numbers.count()", ["no attribute 'count'; a stream has no end to count to"]),
    "group_by, from SQL": ("numbers.group_by(abs)", ["it is key_by(...) here"]),
    "show, from Spark": ("numbers.show()", ["it is print() and env.execute() here"]),
    "execute of a stream": ("numbers.execute()", ["a program is run by its environment: env.execute()"]),
    "more behind a sink": ("numbers.print().map(abs)", ["a sink is the end of a stream"]),
    "from_elements, from Java": ("env.from_elements(1, 2)", ["it is from_collection([...]) here"]),
    "a collection that is none": ("env.from_collection(5)", ["from_collection() takes a list of records, not 5"]),
    # time
    "a window's length as a number": (
        "TumblingEventTimeWindows.of(60)",
        ["a Time such as Time.seconds(5), not 60"],
    ),
    "out of order as a number": (
        "WatermarkStrategy.for_bounded_out_of_orderness(5)",
        ["is a Duration such as Duration.of_seconds(5), not 5"],
    ),
    "a lambda for timestamps": (
        "WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda v, t: v)",
        ["extend TimestampAssigner and write extract_timestamp(self, value, record_timestamp)"],
    ),
    # connectors
    "a web address for brokers": (
        "KafkaSource.builder().set_bootstrap_servers('http://localhost:9092/')",
        ["'http://localhost:9092/' is a URL; write 'localhost:9092'"],
    ),
    "a source without a topic": (
        "KafkaSource.builder().set_bootstrap_servers('localhost:9092').build()",
        ["KafkaSource: nothing to read; call set_topics('...')"],
    ),
    "a source without a schema": (
        "KafkaSource.builder().set_bootstrap_servers('localhost:9092').set_topics('t').build()",
        ["KafkaSource: no deserializer; call set_value_only_deserializer(SimpleStringSchema())"],
    ),
    "a source that is not built": (
        "env.from_source(KafkaSource.builder(), WatermarkStrategy.no_watermarks(), 'orders')",
        ["from_source() takes a source", "call build() first"],
    ),
    "a sink that is not built": (
        "numbers.sink_to(KafkaSink.builder())",
        ["takes a sink", "call build() first"],
    ),
    "a database's address without jdbc": (
        "JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url('mysql://localhost/shop').build()",
        ["mysql://localhost/shop is not a URL of a supported database", "jdbc:mysql:"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_a_message_that_ends_it(mistake: str) -> None:
    program, parts = MISTAKES[mistake]
    told = message(program)
    assert [part for part in parts if part not in told] == [], told


def test_a_printed_stream_says_how_to_see_its_records(capsys: pytest.CaptureFixture[str]) -> None:
    from flott.datastream import StreamExecutionEnvironment

    numbers = StreamExecutionEnvironment.get_execution_environment().from_collection([1, 2])
    print(numbers)
    assert capsys.readouterr().out == (
        "DataStream(Collection Source: PickledByteArrayTypeInfo), which has no records before its job runs: "
        ".print() and env.execute() show them\n"
    )
    assert bool(numbers), "a stream is something, though it has no length"
