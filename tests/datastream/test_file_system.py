"""File sources and sinks, and number sequences, compile to the connectors' options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flott.common import Duration, Encoder, Types
from flott.datastream.connectors.file_system import (
    BucketAssigner,
    BulkFormat,
    FileCompactor,
    FileCompactStrategy,
    FileSink,
    FileSource,
    OutputFileConfig,
    RollingPolicy,
    StreamFormat,
    StreamingFileSink,
)
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.formats.csv import CsvBulkWriters, CsvReaderFormat, CsvSchema


def test_lines() -> None:
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), "a.txt", "b/*.txt").build()
    name, options, type_info = source._to_spec()
    assert (name, type_info) == ("filesystem", Types.STRING())
    assert json.loads(options.pop("path")) == ["a.txt", "b/*.txt"]
    assert options == {"format": "string", "format.charset": "UTF-8"}


def test_monitoring() -> None:
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(Path("in")))
    assert builder.monitor_continuously(Duration.of_seconds(2)).build()._to_spec()[1]["monitor-interval-ms"] == "2000"
    assert "monitor-interval-ms" not in builder.process_static_file_set().build()._to_spec()[1]
    with pytest.raises(ValueError, match="at least 1 ms"):
        builder.monitor_continuously(Duration.of_millis(0))
    with pytest.raises(TypeError, match=r"Duration\.of_seconds"):
        builder.monitor_continuously(5)  # type: ignore[arg-type]


def test_csv_source() -> None:
    schema = CsvSchema.builder().add_number_column("id").add_string_column("name").set_column_separator("|").build()
    spec = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), "x.csv").build()._to_spec()
    assert (spec[1]["format"], spec[1]["format.field-delimiter"]) == ("csv", "|")
    assert repr(spec[2]) == "RowTypeInfo(id: Long, name: String)"


def test_wrong_sources() -> None:
    with pytest.raises(ValueError, match="paths must not be empty"):
        FileSource.for_record_stream_format(StreamFormat.text_line_format())
    with pytest.raises(TypeError, match="one by one"):
        FileSource.for_record_stream_format(StreamFormat.text_line_format(), ["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="text_line_format"):
        FileSource.for_record_stream_format("a.txt")  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="CsvReaderFormat"):
        BulkFormat(None)


def test_sink_defaults_are_flinks() -> None:
    sink = FileSink.for_row_format("out", Encoder.simple_string_encoder()).build()
    assert sink._to_spec() == (
        "filesystem",
        {
            "path": "out",
            "format": "string",
            "format.charset": "UTF-8",
            "bucket": "datetime:yyyy-MM-dd--HH",
            "rolling.file-size": "134217728",
            "rolling.interval-ms": "60000",
            "rolling.inactivity-ms": "60000",
        },
        None,
    )


@pytest.mark.parametrize("sink", [FileSink, StreamingFileSink])
def test_sink_settings(sink: Any) -> None:
    builder = sink.for_row_format("out", Encoder.simple_string_encoder())
    names = OutputFileConfig.builder().with_part_prefix("pre").with_part_suffix(".txt").build()
    built = (
        builder.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .with_rolling_policy(RollingPolicy.default_rolling_policy(1024, 2000, 3000))
        .with_output_file_config(names)
        .build()
    )
    assert built._to_spec()[1] == {
        "path": "out",
        "format": "string",
        "format.charset": "UTF-8",
        "bucket": "base-path",
        "prefix": "pre",
        "suffix": ".txt",
        "rolling.file-size": "1024",
        "rolling.interval-ms": "2000",
        "rolling.inactivity-ms": "3000",
    }


def test_zones_and_checkpoints() -> None:
    builder = FileSink.for_row_format("out", Encoder.simple_string_encoder())
    builder.with_bucket_assigner(BucketAssigner.date_time_bucket_assigner("yyyy", "Asia/Tokyo"))
    options = builder.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy()).build()._to_spec()[1]
    assert (options["bucket"], options["bucket.timezone"]) == ("datetime:yyyy", "Asia/Tokyo")
    assert {key for key in options if key.startswith("rolling")} == {"rolling.on-checkpoint"}


def test_bulk_csv() -> None:
    schema = CsvSchema.builder().add_number_column("id", Types.INT()).build()
    builder = FileSink.for_bulk_format("out", CsvBulkWriters.for_schema(schema))
    _, options, type_info = builder.build()._to_spec()
    assert (options["format"], options["rolling.on-checkpoint"]) == ("csv", "true")
    assert repr(type_info) == "RowTypeInfo(id: Integer)"
    with pytest.raises(TypeError, match="OnCheckpointRollingPolicy"):
        builder.with_rolling_policy(RollingPolicy.default_rolling_policy())


def test_wrong_sinks() -> None:
    builder = FileSink.for_row_format("out", Encoder.simple_string_encoder())
    with pytest.raises(TypeError, match=r"OutputFileConfig.*call \.build\(\)"):
        builder.with_output_file_config(OutputFileConfig.builder())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        RollingPolicy.default_rolling_policy(part_size=0)
    with pytest.raises(ValueError, match="directory"):
        OutputFileConfig.builder().with_part_prefix("a/b")
    with pytest.raises(ValueError, match="trigger condition"):
        FileCompactStrategy.builder().build()
    with pytest.raises(NotImplementedError, match="join"):
        builder.enable_compact(
            FileCompactStrategy.builder().set_size_threshold(5).build(), FileCompactor.concat_file_compactor()
        )


def test_number_sequences() -> None:
    assert NumberSequenceSource(1, 10)._to_spec() == ("number-sequence", {"from": "1", "to": "10"}, Types.LONG())
    with pytest.raises(ValueError, match="'start' must be <= 'end'"):
        NumberSequenceSource(2, 1)
    with pytest.raises(TypeError, match="whole number"):
        NumberSequenceSource("1", 2)  # type: ignore[arg-type]
