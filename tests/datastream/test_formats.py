"""JSON, CSV and Avro schemas."""

from __future__ import annotations

import json
from datetime import date
from importlib import import_module
from typing import Any

import pytest

from flott.common import Types
from flott.datastream import OutputTag, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.formats.avro import AvroRowDeserializationSchema
from flott.datastream.formats.csv import (
    CsvReaderFormat,
    CsvRowDeserializationSchema,
    CsvRowSerializationSchema,
    CsvSchema,
)
from flott.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from flott.table.types import DataTypes

ROW = Types.ROW_NAMED(["a"], [Types.INT()])


def test_json_options() -> None:
    builder = JsonRowDeserializationSchema.builder().type_info(ROW)
    assert builder.build()._deserialization_spec() == ("json", {"timestamp-format": "ISO-8601"}, ROW)
    assert builder.fail_on_missing_field().build()._deserialization_spec()[1]["fail-on-missing-field"] == "true"
    assert JsonRowSerializationSchema.builder().with_type_info(ROW).build()._serialization_spec()[2] == ROW


def test_json_errors() -> None:
    with pytest.raises(ValueError, match=r"call type_info"):
        JsonRowDeserializationSchema.builder().build()
    with pytest.raises(TypeError, match=r"call with_type_info"):
        JsonRowSerializationSchema.builder().build()
    with pytest.raises(TypeError, match="ROW_NAMED"):
        JsonRowDeserializationSchema.builder().type_info(Types.INT())
    with pytest.raises(ValueError, match="contradict"):
        JsonRowDeserializationSchema.builder().type_info(ROW).fail_on_missing_field().ignore_parse_errors().build()


def test_json_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": ["string", "null"]},
            "at": {"type": "string", "format": "date-time"},
            "blob": {"type": "string", "contentEncoding": "base64"},
            "prices": {"type": "array", "items": {"type": "number"}},
            "address": {"$ref": "#/definitions/address"},
        },
        "definitions": {"address": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
    built = JsonRowDeserializationSchema.builder().json_schema(json.dumps(schema)).build()
    assert repr(built._deserialization_spec()[2]) == (
        "RowTypeInfo(id: BigInteger, name: String, at: TimestampTypeInfo, blob: PrimitiveArrayTypeInfo<Byte>, "
        "prices: ObjectArrayTypeInfo<BigDecimal>, address: RowTypeInfo(city: String))"
    )


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "not JSON"),
        ('{"type": "string"}', "root"),
        ('{"type": "object"}', "no 'properties'"),
        ('{"type": "object", "properties": {"a": {"type": "odd"}}}', r"'odd' at <root>\.a"),
        ('{"type": "object", "properties": {"a": {"$ref": "#/x"}}}', "nothing at #/x"),
    ],
)
def test_json_schema_errors(schema: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        JsonRowDeserializationSchema.builder().json_schema(schema)


def test_csv_schema_prints_as_in_flink() -> None:
    builder = CsvSchema.builder().add_number_column("a").add_string_column("b").add_array_column("c")
    schema = builder.build()
    assert str(schema) == (
        '[CsvSchema: columns=["a"/NUMBER,"b"/STRING,"c"/ARRAY], header? false, skipFirst? false, comments? false, '
        "any-properties? N/A]"
    )
    assert schema.size() == len(schema) == len(builder) == 3
    assert "header? true" in str(CsvSchema.builder().set_use_header().build())
    assert repr(schema._type_info()) == "RowTypeInfo(a: Long, b: String, c: ObjectArrayTypeInfo<String>)"


def test_csv_columns_take_types_of_either_api() -> None:
    schema = CsvSchema.builder().add_number_column("a", DataTypes.BIGINT()).add_number_column("b", Types.INT()).build()
    assert repr(schema._type_info()) == "RowTypeInfo(a: Long, b: Integer)"
    with pytest.raises(TypeError, match="not a type of numbers"):
        CsvSchema.builder().add_number_column("a", Types.STRING())
    with pytest.raises(ValueError, match="already added"):
        CsvSchema.builder().add_string_column("a").add_string_column("a")


def test_csv_schema_options() -> None:
    builder = CsvSchema.builder().add_string_column("a")
    builder.set_quote_char("'").set_escape_char("\\").set_null_value("NULL").set_allow_comments()
    schema = builder.disable_quote_char().add_columns_from(CsvSchema.builder().add_string_column("b").build()).build()
    assert CsvReaderFormat.for_schema(schema)._options == {
        "escape-character": "\\",
        "null-literal": "NULL",
        "allow-comments": "true",
        "disable-quote-character": "true",
    }
    with pytest.raises(ValueError, match="Column separator must be a single char, got ||"):
        builder.set_column_separator("||")
    with pytest.raises(TypeError, match=r"call \.build\(\)"):
        CsvReaderFormat.for_schema(builder)  # type: ignore[arg-type]


def test_csv_row_schemas() -> None:
    reading: Any = CsvRowDeserializationSchema.Builder(ROW).set_field_delimiter("\t").set_ignore_parse_errors(True)
    assert reading.build()._deserialization_spec() == (
        "csv",
        {"field-delimiter": "\t", "ignore-parse-errors": "true"},
        ROW,
    )
    writing: Any = CsvRowSerializationSchema.Builder(ROW).set_quote_character("'").set_line_delimiter("\r\n")
    assert writing.build()._serialization_spec()[1] == {"quote-character": "'", "line-delimiter": "\r\n"}
    with pytest.raises(ValueError, match="Line delimiter"):
        writing.set_line_delimiter("\n\n")
    with pytest.raises(TypeError, match="ROW_NAMED"):
        CsvRowDeserializationSchema.Builder(Types.INT())


@pytest.mark.parametrize(
    ("module", "make"),
    [
        ("avro", lambda avro: avro.AvroRowSerializationSchema(avro_schema_string="{}")),
        ("avro", lambda avro: avro.AvroBulkWriters.for_generic_record(avro.AvroSchema.parse_string("{}"))),
        ("avro", lambda avro: avro.AvroInputFormat("a.avro", avro.AvroSchema.parse_string("{}"))),
        ("avro", lambda avro: avro.GenericRecordAvroTypeInfo(avro.AvroSchema.parse_string("{}"))),
        ("parquet", lambda parquet: parquet.ParquetBulkWriters.for_row_type(None)),
        ("parquet", lambda parquet: parquet.ParquetColumnarRowInputFormat(None)),
        ("parquet", lambda parquet: parquet.AvroParquetReaders.for_generic_record(None)),
        ("orc", lambda orc: orc.OrcBulkWriters.for_row_type(None)),
    ],
)
def test_formats_that_are_not_there_say_which_are(module: str, make: Any) -> None:
    with pytest.raises(NotImplementedError, match=rf"(?i){module} is not in this version of Flott; JSON and CSV are"):
        make(import_module(f"flott.datastream.formats.{module}"))


def test_hybrid_sources_are_not_there() -> None:
    from flott.datastream.connectors.hybrid_source import HybridSource

    with pytest.raises(NotImplementedError, match="run one job over the first source"):
        HybridSource.builder(NumberSequenceSource(1, 2))


ORDER = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "id", "type": "long"},
    {"name": "user", "type": ["null", "string"]},
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {"name": "prices", "type": {"type": "map", "values": "int"}},
    {"name": "paid", "type": {"type": "int", "logicalType": "date"}}]}"""


def test_avro_records_are_rows() -> None:
    schema = AvroRowDeserializationSchema(avro_schema_string=ORDER)
    # 27 is 36; the second branch 02, "ab" 04 61 62; one tag 02 "x" 02 78, end 00; one price 02 "y" 02 79 = 5 0a,
    # end 00; the day 19724, 2024-01-02, is 39448 in zigzag: 98 b4 02
    whole = bytes([0x36, 0x02, 0x04, 0x61, 0x62, 0x02, 0x02, 0x78, 0, 0x02, 0x02, 0x79, 0x0A, 0, 0x98, 0xB4, 0x02])
    empty = bytes([0x01, 0x00, 0, 0, 0])
    env = StreamExecutionEnvironment.get_execution_environment()
    payloads = env.from_collection([whole, b"\xff", empty], Types.PRIMITIVE_ARRAY(Types.BYTE()))
    bad = OutputTag("bad", Types.PRIMITIVE_ARRAY(Types.BYTE()))
    orders = payloads.deserialize(schema, rejected=bad)
    with orders.execute_and_collect() as results:
        rows = [row.as_dict() for row in results]
    assert rows == [
        {"id": 27, "user": "ab", "tags": ["x"], "prices": {"y": 5}, "paid": date(2024, 1, 2)},
        {"id": -1, "user": None, "tags": [], "prices": {}, "paid": date(1970, 1, 1)},
    ]
    with orders.get_side_output(bad).execute_and_collect() as results:
        assert list(results) == [b"\xff"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "not JSON"),
        ('"long"', "the root must be"),
        ('{"type": "record", "name": "r"}', "the record at <root> has no 'fields'"),
        ('{"type": "record", "name": "r", "fields": [{"name": "a", "type": ["int", "string"]}]}', "union at <root>.a"),
        ('{"type": "record", "name": "r", "fields": [{"name": "a", "type": "r"}]}', "type 'r' at <root>.a"),
    ],
)
def test_avro_schemas_that_cannot_be_read(schema: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AvroRowDeserializationSchema(avro_schema_string=schema)


def test_avro_classes_of_java_are_not_there() -> None:
    with pytest.raises(TypeError, match="takes avro_schema_string"):
        AvroRowDeserializationSchema(record_class="org.example.Order")


def test_avro_schemas_are_json() -> None:
    from flott.datastream.formats.avro import AvroSchema

    assert str(AvroSchema.parse_string('{"type": "string"}')) == '{"type":"string"}'
    with pytest.raises(ValueError):
        AvroSchema.parse_string("nonsense")


def test_csv_columns_have_types_of_the_table_api_too() -> None:
    types = [
        (DataTypes.TINYINT(), Types.BYTE()), (DataTypes.SMALLINT(), Types.SHORT()), (DataTypes.INT(False), Types.INT()),
        (DataTypes.BIGINT(), Types.LONG()), (DataTypes.FLOAT(), Types.FLOAT()), (DataTypes.DOUBLE(), Types.DOUBLE()),
        (DataTypes.DECIMAL(10, 2), Types.BIG_DEC()),
    ]  # fmt: skip
    for data_type, type_info in types:
        schema = CsvSchema.builder().add_number_column("a", data_type).build()
        assert schema._type_info() == Types.ROW_NAMED(["a"], [type_info])
    array = CsvSchema.builder().add_array_column("a", element_type=DataTypes.BOOLEAN()).build()
    assert array._type_info() == Types.ROW_NAMED(["a"], [Types.OBJECT_ARRAY(Types.BOOLEAN())])
    with pytest.raises(TypeError, match="column 'a' is one of Types or DataTypes, not DATE"):
        CsvSchema.builder().add_number_column("a", DataTypes.DATE())
