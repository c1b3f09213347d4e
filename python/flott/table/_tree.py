"""The tree of an expression, and the operators of Python on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.table import _nodes as nodes

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation
    from flott.table.expression import Expression
    from flott.table.types import DataType


class Tree:
    """What every expression can do, whatever its type."""

    __slots__ = ("_node",)

    __hash__ = None  # type: ignore[assignment]
    # without these, __getitem__ would make every expression an endless sequence
    __iter__ = None
    __contains__ = None

    def __init__(self, j_expr_or_property_name: str | dict[str, Any]) -> None:
        """:param j_expr_or_property_name: the name of a column"""
        if isinstance(j_expr_or_property_name, str):
            self._node: dict[str, Any] = {"col": j_expr_or_property_name}
        else:
            self._node = j_expr_or_property_name

    def _make(self, node: nodes.Node) -> Expression:
        of: Any = type(self)
        made: Expression = of(node)
        return made

    def _to_json(self) -> dict[str, Any]:
        """The tree as the engine reads it."""
        return self._node

    def _call(self, name: str, *args: Any) -> Expression:
        return self._make(nodes.call(name, self._node, *(nodes.node(arg) for arg in args)))

    def _optional(self, name: str, *args: Any) -> Expression:
        """A call with the arguments that are not None."""
        return self._call(name, *(arg for arg in args if arg is not None))

    def _swapped(self, name: str, first: Any) -> Expression:
        return self._make(nodes.call(name, nodes.node(first), self._node))

    def __str__(self) -> str:
        return nodes.text(self._node)

    __repr__ = __str__

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self} is neither true nor false before it is evaluated; "
            "use & for and, | for or, ~ for not, and if_then_else(...) for if"
        )

    # operators

    def __abs__(self) -> Expression:
        return self._call("abs")

    def __eq__(self, other: Any) -> Expression:  # type: ignore[override]
        return self._call("equals", other)

    def __ne__(self, other: Any) -> Expression:  # type: ignore[override]
        return self._call("notEquals", other)

    def __lt__(self, other: Any) -> Expression:
        return self._call("lessThan", other)

    def __gt__(self, other: Any) -> Expression:
        return self._call("greaterThan", other)

    def __le__(self, other: Any) -> Expression:
        return self._call("lessThanOrEqual", other)

    def __ge__(self, other: Any) -> Expression:
        return self._call("greaterThanOrEqual", other)

    def __and__(self, other: Any) -> Expression:
        return self._call("and", other)

    def __or__(self, other: Any) -> Expression:
        return self._call("or", other)

    def __invert__(self) -> Expression:
        return self._call("isNotTrue")

    def __rand__(self, other: Any) -> Expression:
        return self._swapped("and", other)

    def __ror__(self, other: Any) -> Expression:
        return self._swapped("or", other)

    def __add__(self, other: Any) -> Expression:
        return self._call("plus", other)

    def __sub__(self, other: Any) -> Expression:
        return self._call("minus", other)

    def __mul__(self, other: Any) -> Expression:
        return self._call("times", other)

    def __truediv__(self, other: Any) -> Expression:
        """Integers are divided as integers: ``lit(7) / 2`` is 3."""
        return self._call("divide", other)

    def __mod__(self, other: Any) -> Expression:
        return self._call("mod", other)

    def __pow__(self, other: Any) -> Expression:
        return self._call("power", other)

    def __neg__(self) -> Expression:
        return self._call("minusPrefix")

    def __radd__(self, other: Any) -> Expression:
        return self._swapped("plus", other)

    def __rsub__(self, other: Any) -> Expression:
        return self._swapped("minus", other)

    def __rmul__(self, other: Any) -> Expression:
        return self._swapped("times", other)

    def __rtruediv__(self, other: Any) -> Expression:
        return self._swapped("divide", other)

    def __rmod__(self, other: Any) -> Expression:
        return self._swapped("mod", other)

    def __rpow__(self, other: Any) -> Expression:
        return self._swapped("power", other)

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("_"):
            raise AttributeError(f"an expression has no attribute {name!r}")
        return self._call("get", name)

    def __getitem__(self, index: Any) -> Expression:
        return self._call("at", index)

    # comparison and logic

    def between(self, lower_bound: Any, upper_bound: Any) -> Expression:
        """Between the bounds, both included."""
        return self._call("between", lower_bound, upper_bound)

    def not_between(self, lower_bound: Any, upper_bound: Any) -> Expression:
        """Less than the lower or greater than the upper bound."""
        return self._call("notBetween", lower_bound, upper_bound)

    def in_(self, first_element_or_table: Any, *remaining_elements: Any) -> Expression:
        """Equal to one of the values; NULL instead of false if one of them is NULL."""
        return self._call("in", first_element_or_table, *remaining_elements)

    def then(self, if_true: Any, if_false: Any) -> Expression:
        """The first value where the condition is true, else the second."""
        return self._call("ifThenElse", if_true, if_false)

    def if_null(self, null_replacement: Any) -> Expression:
        """The replacement where the value is NULL."""
        return self._call("IFNULL", null_replacement)

    @property
    def is_null(self) -> Expression:
        """Whether the value is NULL."""
        return self._call("isNull")

    @property
    def is_not_null(self) -> Expression:
        """Whether the value is not NULL."""
        return self._call("isNotNull")

    @property
    def is_true(self) -> Expression:
        """Whether the condition is true; false for NULL."""
        return self._call("isTrue")

    @property
    def is_false(self) -> Expression:
        """Whether the condition is false; false for NULL."""
        return self._call("isFalse")

    @property
    def is_not_true(self) -> Expression:
        """Whether the condition is false or NULL."""
        return self._call("isNotTrue")

    @property
    def is_not_false(self) -> Expression:
        """Whether the condition is true or NULL."""
        return self._call("isNotFalse")

    # names and types

    def alias(self, name: str, *extra_names: str) -> Expression:
        """The same value under another name."""
        return self._call("as", name, *extra_names)

    def cast(self, data_type: DataType | TypeInformation | str) -> Expression:
        """The value in another type; a text that is no such value fails the job.

        :param data_type: ``DataTypes.INT()``, ``Types.INT()`` or ``"INT"``
        :raises TypeError: if it is no type of a column
        """
        return self._cast("cast", data_type)

    def try_cast(self, data_type: DataType | TypeInformation | str) -> Expression:
        """As :meth:`cast`, but NULL where the value cannot be converted."""
        return self._cast("tryCast", data_type)

    def _cast(self, name: str, data_type: DataType | TypeInformation | str) -> Expression:
        from flott.table.types import type_text

        return self._make({"call": name, "args": [self._node], "type": type_text(data_type)})
