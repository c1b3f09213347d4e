"""Files, read and written through the Python API."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flott.common import Duration, Encoder, Row, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    FileSource,
    OutputFileConfig,
    RollingPolicy,
    StreamFormat,
)
from flott.datastream.formats.csv import CsvBulkWriters, CsvReaderFormat, CsvSchema
from flott.errors import FlottError

Env = StreamExecutionEnvironment
NO_WATERMARKS = WatermarkStrategy.no_watermarks()


def text_lines(*paths: Path) -> FileSource:
    return FileSource.for_record_stream_format(StreamFormat.text_line_format(), *map(str, paths)).build()


def written(folder: Path) -> list[str]:
    """The lines of all finished files."""
    assert not list(folder.rglob(".*")), "no file is left unfinished"
    return [
        line
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for line in path.read_text("utf-8").split("\n")[:-1]
    ]


@pytest.fixture(params=["1", "3", ""], ids=["batch1", "batch3", "batch"], autouse=True)
def batch_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", request.param)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.txt").write_text("one\ntwo\n", "utf-8")
    (folder / "b.txt").write_bytes("three\r\n\nnaïve 😀".encode())
    (folder / "deeper" / "c.txt").write_text("four\n", "utf-8")
    (folder / ".hidden").write_text("no\n", "utf-8")
    (folder / "_temporary").write_text("no\n", "utf-8")
    return folder


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_lines_of_a_folder(env: Env, orders: Path, parallelism: int) -> None:
    env.set_parallelism(parallelism)
    with env.from_source(text_lines(orders), NO_WATERMARKS, "lines").execute_and_collect() as results:
        assert sorted(results) == sorted(["one", "two", "three", "", "naïve 😀", "four"])


def test_lines_of_one_file_are_in_order(env: Env, orders: Path) -> None:
    stream = env.from_source(text_lines(orders / "a.txt"), NO_WATERMARKS, "lines")
    assert stream.get_type() == Types.STRING()
    with stream.execute_and_collect() as results:
        assert list(results) == ["one", "two"]


def test_read_text_file(env: Env, orders: Path) -> None:
    with env.read_text_file(str(orders / "a.txt")).execute_and_collect() as results:
        assert list(results) == ["one", "two"]


def test_a_path_with_nothing_behind_it(env: Env, tmp_path: Path) -> None:
    env.from_source(text_lines(tmp_path / "missing"), NO_WATERMARKS, "lines").print()
    with pytest.raises(FlottError, match="missing"):
        env.execute()


def test_new_files_are_found_while_the_job_runs(env: Env, orders: Path) -> None:
    source = (
        FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(orders))
        .monitor_continuously(Duration.of_millis(20))
        .build()
    )
    with env.from_source(source, NO_WATERMARKS, "lines").execute_and_collect() as results:
        first = sorted(next(results) for _ in range(6))
        assert first == sorted(["one", "two", "three", "", "naïve 😀", "four"])
        (orders / "later.tmp").write_text("five\n", "utf-8")
        assert next(results) == "five"


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_text_into_files_and_back(env: Env, tmp_path: Path, parallelism: int) -> None:
    env.set_parallelism(parallelism)
    folder = tmp_path / "out"
    sink = (
        FileSink.for_row_format(str(folder), Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .with_output_file_config(OutputFileConfig.builder().with_part_prefix("lines").with_part_suffix(".txt").build())
        .build()
    )
    lines = [f"line {n} ä😀" for n in range(20)]
    env.from_collection(lines, Types.STRING()).rebalance().map(lambda line: line, Types.STRING()).sink_to(sink)
    env.execute()
    assert sorted(written(folder)) == sorted(lines)
    names = [path.name for path in folder.iterdir()]
    assert len(names) == parallelism and all(name.startswith("lines-") and name.endswith(".txt") for name in names)
    with env.from_source(text_lines(folder), NO_WATERMARKS, "again").execute_and_collect() as results:
        assert sorted(results) == sorted(lines)


@pytest.mark.parametrize(
    ("value", "type_info", "line"),
    [
        # SimpleStringEncoder writes Java's toString() of whatever comes
        ((1, "a"), Types.TUPLE([Types.INT(), Types.STRING()]), "(1,a)"),
        (Row(1, None), Types.ROW([Types.INT(), Types.STRING()]), "+I[1, null]"),
        (1e10, Types.DOUBLE(), "1.0E10"),
        ({"a": 1}, None, "{'a': 1}"),
    ],
)
def test_values_that_are_no_text(env: Env, tmp_path: Path, value: Any, type_info: Any, line: str) -> None:
    sink = FileSink.for_row_format(str(tmp_path / "out"), Encoder.simple_string_encoder()).build()
    env.from_collection([value], type_info).sink_to(sink)
    env.execute()
    assert written(tmp_path / "out") == [line]


def test_buckets_by_time(env: Env, tmp_path: Path) -> None:
    sink = (
        FileSink.for_row_format(str(tmp_path / "out"), Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.date_time_bucket_assigner("'year='yyyy", "UTC"))
        .build()
    )
    env.from_collection(["a"], Types.STRING()).sink_to(sink)
    years = {datetime.utcnow().year}
    env.execute()
    years.add(datetime.utcnow().year)
    [folder] = (tmp_path / "out").iterdir()
    assert folder.name in {f"year={year}" for year in years}
    assert written(tmp_path / "out") == ["a"]


def test_a_file_ends_when_it_is_large(env: Env, tmp_path: Path) -> None:
    policy = RollingPolicy.default_rolling_policy(part_size=64, rollover_interval=60_000, inactivity_interval=60_000)
    sink = (
        FileSink.for_row_format(str(tmp_path / "out"), Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .with_rolling_policy(policy)
        .build()
    )
    lines = [f"{n:09}" for n in range(100)]  # 1000 bytes with their ends
    env.from_collection(lines, Types.STRING()).sink_to(sink)
    env.execute()
    assert sorted(written(tmp_path / "out")) == lines
    assert len(list((tmp_path / "out").iterdir())) > 1


def test_csv_into_files_and_back(env: Env, tmp_path: Path) -> None:
    schema = (
        CsvSchema.builder()
        .add_number_column("id", Types.LONG())
        .add_string_column("name")
        .add_number_column("price", Types.DOUBLE())
        .add_boolean_column("paid")
        .set_null_value("-")
        .build()
    )
    names = ["id", "name", "price", "paid"]
    row_type = Types.ROW_NAMED(names, [Types.LONG(), Types.STRING(), Types.DOUBLE(), Types.BOOLEAN()])
    rows = [Row(1, 'a "quoted", one', 2.5, True), Row(2, "naïve 😀", -0.125, False), Row(3, None, 1e10, True)]
    sink = FileSink.for_bulk_format(str(tmp_path / "out"), CsvBulkWriters.for_schema(schema)).build()
    env.from_collection(rows, row_type).sink_to(sink)
    env.execute()
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), str(tmp_path / "out")).build()
    with env.from_source(source, NO_WATERMARKS, "csv").execute_and_collect() as results:
        read = list(results)
    assert [tuple(row) for row in read] == [tuple(row) for row in rows]
    assert read[0].name == 'a "quoted", one'


def test_a_bad_csv_line_is_shown_with_its_place(env: Env, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("1,2\n3,x\n")
    schema = CsvSchema.builder().add_number_column("a", Types.INT()).add_number_column("b", Types.INT()).build()
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), str(tmp_path / "in.csv")).build()
    env.from_source(source, NO_WATERMARKS, "csv").print()
    with pytest.raises(FlottError, match=r"in\.csv") as raised:
        env.execute()
    assert "'b'" in str(raised.value) and "3,x" in str(raised.value)
