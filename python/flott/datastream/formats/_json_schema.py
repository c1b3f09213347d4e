"""A JSON schema as a row type, in the subset Flink's row schema takes."""

from __future__ import annotations

from typing import Any, cast

from flott.common.typeinfo import RowTypeInfo, TypeInformation, Types


def to_row_type(text: str) -> RowTypeInfo:
    """The row type of a JSON schema whose root is an object.

    :raises ValueError: naming the part that cannot be read
    """
    from json import JSONDecodeError, loads

    try:
        schema = loads(text)
    except JSONDecodeError as error:
        raise ValueError(f"json_schema: not JSON: {error}") from None
    converted = _convert(schema, schema, "<root>")
    if not isinstance(converted, RowTypeInfo):
        raise ValueError('json_schema: the root must be {"type": "object", "properties": {...}}')
    return converted


def _convert(node: Any, root: Any, where: str) -> TypeInformation:
    if not isinstance(node, dict):
        raise ValueError(f"json_schema: expected an object at {where}, got {node!r}")
    if "$ref" in node:
        return _convert(_resolve(node["$ref"], root, where), root, where)
    kinds = node.get("type")
    if isinstance(kinds, list):
        kinds = [kind for kind in kinds if kind != "null"]
        if len(kinds) != 1:
            raise ValueError(f"json_schema: the type at {where} may be one of 'null' and another, not {node['type']}")
        kinds = kinds[0]
    if kinds is None and "properties" in node:
        kinds = "object"
    if kinds == "object":
        properties = node.get("properties")
        if not isinstance(properties, dict):
            raise ValueError(f"json_schema: the object at {where} has no 'properties'")
        fields = [_convert(child, root, f"{where}.{name}") for name, child in properties.items()]
        return Types.ROW_NAMED(list(properties), fields)
    if kinds == "array":
        items = node.get("items")
        if isinstance(items, list):
            return Types.ROW([_convert(item, root, f"{where}[{index}]") for index, item in enumerate(items)])
        if items is None:
            raise ValueError(f"json_schema: the array at {where} has no 'items'")
        return Types.OBJECT_ARRAY(_convert(items, root, f"{where}[]"))
    if kinds == "string":
        return _string(node)
    simple = {"number": Types.BIG_DEC, "integer": Types.BIG_INT, "boolean": Types.BOOLEAN}
    if kinds not in simple:
        raise ValueError(f"json_schema: the type {kinds!r} at {where} is not one Flott can read")
    return simple[kinds]()


def _string(node: dict[str, Any]) -> TypeInformation:
    formats = {"date-time": Types.SQL_TIMESTAMP, "date": Types.SQL_DATE, "time": Types.SQL_TIME}
    if node.get("format") in formats:
        return formats[node["format"]]()
    if node.get("contentEncoding") == "base64":
        return Types.PRIMITIVE_ARRAY(Types.BYTE())
    return Types.STRING()


def _resolve(reference: Any, root: Any, where: str) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise ValueError(f"json_schema: the reference {reference!r} at {where} does not start with '#/'")
    node = root
    for part in reference[2:].split("/"):
        if not isinstance(node, dict) or part not in node:
            raise ValueError(f"json_schema: there is nothing at {reference}, which {where} refers to")
        node = node[part]
    return cast("Any", node)
