"""What all type information can do; see :mod:`flott.common.typeinfo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common import _java_text as java
from flott.common.utils import java_only

if TYPE_CHECKING:
    from flott._flott import Conform


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

    def _conform(self, narrowing: bool = False) -> Conform:
        """The type as the engine checks and converts values by it.

        :param narrowing: whole numbers too large for BYTE, SHORT and INT lose their upper bits, as in Java
        """
        made: Conform | None = None if narrowing else self.__dict__.get("_conform_made")
        if made is None:
            from json import dumps

            from flott._flott import Conform

            made = Conform(dumps(self._descriptor()), narrowing)
            if not narrowing:
                self.__dict__["_conform_made"] = made
        return made

    def _convert(self, value: Any, what: str = "the value") -> Any:
        """The value, converted to this type.

        :param what: what to call the value in an error
        :raises TypeError: naming the field, the type expected and the value given
        """
        return self._conform().value(value, what)

    def _render(self, value: Any) -> str:
        """The value as Flink's ``print()`` shows it."""
        return java.object_text(value)

    def _identity(self) -> Any:
        """What two types of one class must share to be equal."""
        return self._descriptor()["kind"]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_conform_made"}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TypeInformation)
            and type(self) is type(other)
            and bool(self._identity() == other._identity())
        )

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._identity()))
