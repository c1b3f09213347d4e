"""Functions of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.table._tree import Tree

if TYPE_CHECKING:
    from flott.table.expression import Expression


class Numbers(Tree):
    """Functions of numbers."""

    __slots__ = ()

    @property
    def exp(self) -> Expression:
        """e to the power of the number, DOUBLE."""
        return self._call("exp")

    @property
    def log10(self) -> Expression:
        """The logarithm to base 10, DOUBLE."""
        return self._call("log10")

    @property
    def log2(self) -> Expression:
        """The logarithm to base 2, DOUBLE."""
        return self._call("log2")

    @property
    def ln(self) -> Expression:
        """The natural logarithm, DOUBLE."""
        return self._call("ln")

    def log(self, base: Any = None) -> Expression:
        """The logarithm to ``base``, or the natural one, DOUBLE."""
        return self._call("log") if base is None else self._swapped("log", base)

    @property
    def cosh(self) -> Expression:
        """Hyperbolic cosine, DOUBLE."""
        return self._call("cosh")

    @property
    def sinh(self) -> Expression:
        """Hyperbolic sine, DOUBLE."""
        return self._call("sinh")

    @property
    def sin(self) -> Expression:
        """Sine of radians, DOUBLE."""
        return self._call("sin")

    @property
    def cos(self) -> Expression:
        """Cosine of radians, DOUBLE."""
        return self._call("cos")

    @property
    def tan(self) -> Expression:
        """Tangent of radians, DOUBLE."""
        return self._call("tan")

    @property
    def cot(self) -> Expression:
        """Cotangent of radians, DOUBLE."""
        return self._call("cot")

    @property
    def asin(self) -> Expression:
        """Arc sine in radians, DOUBLE."""
        return self._call("asin")

    @property
    def acos(self) -> Expression:
        """Arc cosine in radians, DOUBLE."""
        return self._call("acos")

    @property
    def atan(self) -> Expression:
        """Arc tangent in radians, DOUBLE."""
        return self._call("atan")

    @property
    def tanh(self) -> Expression:
        """Hyperbolic tangent, DOUBLE."""
        return self._call("tanh")

    @property
    def degrees(self) -> Expression:
        """Radians as degrees, DOUBLE."""
        return self._call("degrees")

    @property
    def radians(self) -> Expression:
        """Degrees as radians, DOUBLE."""
        return self._call("radians")

    @property
    def sqrt(self) -> Expression:
        """The square root, DOUBLE."""
        return self._call("sqrt")

    @property
    def abs(self) -> Expression:
        """The number without its sign."""
        return self._call("abs")

    @property
    def sign(self) -> Expression:
        """-1, 0 or 1, in the number's type."""
        return self._call("sign")

    def round(self, places: Any) -> Expression:
        """Rounded half up to so many places, as the number is written: 2.675 to 2 places is 2.68."""
        return self._call("round", places)

    def truncate(self, n: Any = 0) -> Expression:
        """Without the digits behind the n-th place."""
        return self._call("truncate", n)
