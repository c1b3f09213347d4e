"""Types of values that hold others: lists, dicts, tuples, rows; see :mod:`flott.common.typeinfo`."""

from __future__ import annotations

from typing import Any

from flott.common import _checks as checks
from flott.common._type_base import TypeInformation
from flott.common.types import Row


class _ElementsTypeInfo(TypeInformation):
    """What arrays and lists share."""

    _KIND = ""
    _NAME = ""

    def __init__(self, element_type: TypeInformation) -> None:
        self._element_type = checks.type_information(element_type, f"the element type of Types.{self._KIND}")

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": self._KIND, "element": self._element_type._descriptor()}

    def _identity(self) -> Any:
        return self._element_type

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        render = self._element_type._render
        return f"[{', '.join([render(item) for item in value])}]"

    def __repr__(self) -> str:
        return f"{self._NAME}<{self._element_type!r}>"


class PrimitiveArrayTypeInfo(_ElementsTypeInfo):
    """An array without nulls. Of bytes, it is Python's ``bytes``; else a list."""

    _KIND, _NAME = "PRIMITIVE_ARRAY", "PrimitiveArrayTypeInfo"

    def __init__(self, element_type: TypeInformation) -> None:
        super().__init__(element_type)
        kind = self._element_type._descriptor()["kind"]
        if kind not in ("BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "CHAR"):
            raise TypeError(
                f"{kind} is not a primitive type; use Types.BASIC_ARRAY or Types.OBJECT_ARRAY for arrays of it"
            )
        self._is_bytes = kind == "BYTE"

    def _render(self, value: Any) -> str:
        if isinstance(value, bytes):
            return f"[{', '.join([str(byte - 256 if byte > 127 else byte) for byte in value])}]"
        return super()._render(value)


class BasicArrayTypeInfo(_ElementsTypeInfo):
    """An array of basic values that may hold nulls; a list in Python."""

    _KIND, _NAME = "BASIC_ARRAY", "BasicArrayTypeInfo"


class ObjectArrayTypeInfo(_ElementsTypeInfo):
    """An array of any values; a list in Python."""

    _KIND, _NAME = "OBJECT_ARRAY", "ObjectArrayTypeInfo"


class ListTypeInfo(_ElementsTypeInfo):
    """A list."""

    _KIND, _NAME = "LIST", "ListTypeInfo"

    @property
    def elem_type(self) -> TypeInformation:
        """The type of the elements."""
        return self._element_type


class MapTypeInfo(TypeInformation):
    """A dict."""

    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        self._key_type_info = checks.type_information(key_type_info, "the key type of Types.MAP")
        self._value_type_info = checks.type_information(value_type_info, "the value type of Types.MAP")

    def _descriptor(self) -> dict[str, Any]:
        return {
            "kind": "MAP",
            "key": self._key_type_info._descriptor(),
            "value": self._value_type_info._descriptor(),
        }

    def _identity(self) -> Any:
        return self._key_type_info, self._value_type_info

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        key, item = self._key_type_info._render, self._value_type_info._render
        return f"{{{', '.join([f'{key(k)}={item(v)}' for k, v in value.items()])}}}"

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info!r}, {self._value_type_info!r}>"


class RowTypeInfo(TypeInformation):
    """A :class:`flott.common.Row`. Without names given, its fields are called f0, f1 and so on."""

    def __init__(self, field_types: list[TypeInformation], field_names: list[str] | None = None) -> None:
        self._field_types = checks.field_types(field_types, "Types.ROW" if field_names is None else "Types.ROW_NAMED")
        self._given_names = None if field_names is None else checks.field_names(field_names, len(self._field_types))
        self._names = self._given_names or [f"f{index}" for index in range(len(self._field_types))]

    def get_field_names(self) -> list[str]:
        """The names of the fields."""
        return list(self._names)

    def get_field_index(self, field_name: str) -> int:
        """The position of a field.

        :raises ValueError: if there is no such field
        """
        return self._names.index(field_name)

    def get_field_types(self) -> list[TypeInformation]:
        """The types of the fields."""
        return list(self._field_types)

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        """The row as a tuple of its kind's number and its fields' internal values."""
        if obj is None:
            return None
        kind = obj.get_row_kind().value if isinstance(obj, Row) else 0
        values = checks.row_values(obj, self._names, self._given_names is not None)
        if values is None:
            raise ValueError(f"Unexpected tuple {obj!r} with RowTypeInfo")
        return kind, *[field.to_internal_type(value) for field, value in zip(self._field_types, values, strict=False)]

    def from_internal_type(self, obj: Any) -> Any:
        """The row of a tuple as :meth:`to_internal_type` makes it."""
        if obj is None or isinstance(obj, Row):
            return obj
        from flott.common.types import _KINDS

        values = [field.from_internal_type(value) for field, value in zip(self._field_types, obj[1:], strict=False)]
        return Row._make(list(self._names), values, _KINDS[obj[0]])

    def _descriptor(self) -> dict[str, Any]:
        return {
            "kind": "ROW",
            "names": list(self._names),
            "fields": [field._descriptor() for field in self._field_types],
        }

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        kind = value.get_row_kind() if isinstance(value, Row) else "+I"
        return f"{kind}[{', '.join([t._render(item) for t, item in zip(self._field_types, value, strict=False)])}]"

    def _identity(self) -> Any:
        # As in Flink, the names do not count.
        return tuple(self._field_types)

    def __repr__(self) -> str:
        if self._given_names is not None:
            fields = zip(self._names, self._field_types, strict=True)
            return f"RowTypeInfo({', '.join([f'{name}: {field!r}' for name, field in fields])})"
        return f"RowTypeInfo({', '.join([repr(field) for field in self._field_types])})"


class TupleTypeInfo(TypeInformation):
    """A tuple with a type for each position."""

    def __init__(self, field_types: list[TypeInformation]) -> None:
        self._field_types = checks.field_types(field_types, "Types.TUPLE")

    def get_field_types(self) -> list[TypeInformation]:
        """The types of the positions."""
        return list(self._field_types)

    def need_conversion(self) -> bool:
        return any(field.need_conversion() for field in self._field_types)

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        if obj is None:
            return None
        return tuple([field.to_internal_type(value) for field, value in zip(self._field_types, obj, strict=False)])

    def from_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        if obj is None:
            return None
        return tuple([field.from_internal_type(value) for field, value in zip(self._field_types, obj, strict=False)])

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": "TUPLE", "fields": [field._descriptor() for field in self._field_types]}

    def _identity(self) -> Any:
        return tuple(self._field_types)

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        return f"({','.join([t._render(item) for t, item in zip(self._field_types, value, strict=False)])})"

    def __repr__(self) -> str:
        return f"TupleTypeInfo({', '.join([repr(field) for field in self._field_types])})"


class ExternalTypeInfo(TypeInformation):
    """A type as it appears at a Table's border; it stands for the type inside."""

    def __init__(self, type_info: TypeInformation) -> None:
        self._type_info = checks.type_information(type_info, "the type of ExternalTypeInfo")

    def need_conversion(self) -> bool:
        return self._type_info.need_conversion()

    def to_internal_type(self, obj: Any) -> Any:
        return self._type_info.to_internal_type(obj)

    def from_internal_type(self, obj: Any) -> Any:
        return self._type_info.from_internal_type(obj)

    def _descriptor(self) -> dict[str, Any]:
        return self._type_info._descriptor()

    def _identity(self) -> Any:
        return self._type_info

    def _render(self, value: Any) -> str:
        return self._type_info._render(value)

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info!r}>"
