"""What all type information can do; see :mod:`flott.common.typeinfo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common import _java_text as java
from flott.common._checks import TypeMismatch
from flott.common.utils import java_only

if TYPE_CHECKING:
    from collections.abc import Callable


class TypeInformation:
    """What the values of a stream are. Made by :class:`Types`, never directly.

    Any value may also be None, Flink's null.
    """

    def get_java_type_info(self) -> Any:
        """Raises NotImplementedError: there is no Java object behind a type."""
        raise java_only(f"{type(self).__name__}.get_java_type_info()", "pass the type information itself")

    def need_conversion(self) -> bool:
        """Whether :meth:`to_internal_type` and :meth:`from_internal_type` do anything."""
        return False

    def to_internal_type(self, obj: Any) -> Any:
        """The value as plain numbers, strings and tuples (a date as days since 1970-01-01, for instance)."""
        return obj

    def from_internal_type(self, obj: Any) -> Any:
        """The opposite of :meth:`to_internal_type`."""
        return obj

    def _descriptor(self) -> dict[str, Any]:
        """The type as JSON-able data for the engine, for example ``{"kind": "LONG"}``."""
        raise NotImplementedError

    def _expected(self) -> str:
        """The type as error messages name it."""
        return str(self._descriptor()["kind"])

    def _check(self, value: Any) -> Any:
        """The value, converted to this type.

        :raises TypeMismatch: if it is not of this type
        """
        raise NotImplementedError

    def _checker(self) -> Callable[[Any], Any]:
        """:meth:`_check`, or something faster that does the same."""
        return self._check

    def _convert(self, value: Any, path: str = "value") -> Any:
        """The value, converted to this type.

        :param path: what to call the value in an error
        :raises TypeError: naming the field, the type expected and the value given
        """
        try:
            return self._check(value)
        except TypeMismatch as mismatch:
            raise TypeError(mismatch.message(path)) from None

    def _render(self, value: Any) -> str:
        """The value as Flink's ``print()`` shows it."""
        return java.object_text(value)

    def _identity(self) -> Any:
        """What two types of one class must share to be equal."""
        return self._descriptor()["kind"]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TypeInformation)
            and type(self) is type(other)
            and bool(self._identity() == other._identity())
        )

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._identity()))
