"""An Avro schema as a row type, as Flink's ``AvroSchemaConverter`` sees it."""

from __future__ import annotations

from typing import Any

from flott.common.typeinfo import RowTypeInfo, TypeInformation, Types

_SIMPLE = {
    "boolean": Types.BOOLEAN,
    "int": Types.INT,
    "long": Types.LONG,
    "float": Types.FLOAT,
    "double": Types.DOUBLE,
    "string": Types.STRING,
    "enum": Types.STRING,
}
_LOGICAL = {
    "date": Types.SQL_DATE,
    "time-millis": Types.SQL_TIME,
    "time-micros": Types.SQL_TIME,
    "timestamp-millis": Types.SQL_TIMESTAMP,
    "timestamp-micros": Types.SQL_TIMESTAMP,
    "local-timestamp-millis": Types.SQL_TIMESTAMP,
    "local-timestamp-micros": Types.SQL_TIMESTAMP,
    "decimal": Types.BIG_DEC,
}


def to_row_type(text: str) -> RowTypeInfo:
    """The row type of an Avro schema whose root is a record.

    :raises ValueError: naming the part that cannot be read
    """
    from json import JSONDecodeError, loads

    try:
        schema = loads(text)
    except JSONDecodeError as error:
        raise ValueError(f"avro_schema_string: not JSON: {error}") from None
    converted = _convert(schema, "<root>", {})
    if not isinstance(converted, RowTypeInfo):
        raise ValueError('avro_schema_string: the root must be {"type": "record", "fields": [...]}')
    return converted


def _convert(node: Any, where: str, named: dict[str, TypeInformation]) -> TypeInformation:
    if isinstance(node, list):
        branches = [branch for branch in node if branch != "null"]
        if len(branches) != 1:
            raise ValueError(f"avro_schema_string: the union at {where} may be of 'null' and one other, not {node}")
        return _convert(branches[0], where, named)
    if isinstance(node, str):
        if node in _SIMPLE:
            return _SIMPLE[node]()
        if node == "bytes":
            return Types.PRIMITIVE_ARRAY(Types.BYTE())
        if node in named:
            return named[node]
        raise ValueError(f"avro_schema_string: the type {node!r} at {where} is not one Flott can read")
    if not isinstance(node, dict):
        raise ValueError(f"avro_schema_string: expected a type at {where}, got {node!r}")
    converted = _complex(node, where, named)
    if "name" in node:
        named[node["name"]] = converted
        if "namespace" in node:
            named[f"{node['namespace']}.{node['name']}"] = converted
    return converted


def _complex(node: dict[str, Any], where: str, named: dict[str, TypeInformation]) -> TypeInformation:
    kind = node.get("type")
    if node.get("logicalType") in _LOGICAL:
        return _LOGICAL[node["logicalType"]]()
    if kind == "record":
        fields = node.get("fields")
        if not isinstance(fields, list) or not all(isinstance(field, dict) and "name" in field for field in fields):
            raise ValueError(f"avro_schema_string: the record at {where} has no 'fields' with names")
        types = [_convert(field.get("type"), f"{where}.{field['name']}", named) for field in fields]
        return Types.ROW_NAMED([field["name"] for field in fields], types)
    if kind == "array":
        return Types.OBJECT_ARRAY(_convert(node.get("items"), f"{where}[]", named))
    if kind == "map":
        return Types.MAP(Types.STRING(), _convert(node.get("values"), f"{where}{{}}", named))
    if kind == "fixed":
        return Types.PRIMITIVE_ARRAY(Types.BYTE())
    return _convert(kind, where, named)
