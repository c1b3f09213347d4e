"""Typed streams whose records stay in columns: the operators that run in the engine alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.typeinfo import PickledBytesTypeInfo, TypeInformation, Types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flott._flott import ColumnsType, Conform
    from flott.table.expression import Expression

__all__ = ["columns_type", "condition_json", "conform", "is_expression", "list_json", "type_information"]


def columns_type(type_info: TypeInformation, call: str) -> ColumnsType:
    """The columns of a stream of that type.

    :raises TypeError: if it has none, saying what to declare for ``call``
    """
    from json import dumps

    from flott._flott import ColumnsType

    descriptor = type_info._descriptor()
    if descriptor["kind"] in ("PICKLED_BYTE_ARRAY", "OBJECT"):
        raise TypeError(
            f"{call} needs a typed stream, and this one holds any Python object: declare the fields where it is made, "
            "for example map(..., output_type=Types.ROW_NAMED(['id'], [Types.LONG()]))"
            + ("; or give it a function of the record" if call.startswith(("key_by(", "filter(")) else "")
        )
    return ColumnsType(dumps(descriptor))


def conform(type_info: TypeInformation | None) -> Conform | None:
    """What checks and converts records of a declared type; None where any object may be one."""
    return None if type_info is None or isinstance(type_info, PickledBytesTypeInfo) else type_info._conform()


def is_expression(value: Any) -> bool:
    """Whether it is an expression of ``flott.table``; does not load that package."""
    return hasattr(value, "_to_json")


def condition_json(expression: Expression) -> str:
    """An expression as the engine reads it."""
    from json import dumps

    return dumps(expression._to_json())


def list_json(expressions: Sequence[Expression | str]) -> str:
    """Expressions and names of columns as the engine reads them.

    :raises TypeError: if one is neither
    """
    from json import dumps

    trees = []
    for expression in expressions:
        if isinstance(expression, str):
            trees.append({"col": expression})
        elif is_expression(expression):
            trees.append(expression._to_json())
        else:
            raise TypeError(f"expected a column's name or an expression such as col('price') * 2, not {expression!r}")
    return dumps(trees)


def type_information(columns: ColumnsType) -> TypeInformation:
    """The declared type that is nearest to these columns."""
    from json import loads

    return _of(loads(columns.descriptor()))


def _of(descriptor: dict[str, Any]) -> TypeInformation:
    kind = descriptor["kind"]
    if kind == "ROW":
        return Types.ROW_NAMED(descriptor["names"], [_of(field) for field in descriptor["fields"]])
    if kind == "TUPLE":
        return Types.TUPLE([_of(field) for field in descriptor["fields"]])
    if kind == "LIST":
        return Types.LIST(_of(descriptor["element"]))
    if kind == "PRIMITIVE_ARRAY":
        return Types.PRIMITIVE_ARRAY(_of(descriptor["element"]))
    if kind == "MAP":
        return Types.MAP(_of(descriptor["key"]), _of(descriptor["value"]))
    made: TypeInformation = getattr(Types, kind)()
    return made
