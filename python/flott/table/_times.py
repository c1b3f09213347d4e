"""Functions of dates, times and timestamps, and intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott.table import _nodes as nodes
from flott.table._tree import Tree

if TYPE_CHECKING:
    from flott.table._units import TimeIntervalUnit
    from flott.table.expression import Expression


class Times(Tree):
    """Functions of dates, times and timestamps, and intervals."""

    __slots__ = ()

    @property
    def to_date(self) -> Expression:
        """A text ``yyyy-MM-dd`` as DATE."""
        return self.cast("DATE")

    @property
    def to_time(self) -> Expression:
        """A text ``HH:mm:ss`` as TIME."""
        return self.cast("TIME(0)")

    @property
    def to_timestamp(self) -> Expression:
        """A text ``yyyy-MM-dd HH:mm:ss[.SSS]`` as TIMESTAMP."""
        return self.cast("TIMESTAMP(3)")

    def extract(self, time_interval_unit: TimeIntervalUnit) -> Expression:
        """A part of a time, BIGINT."""
        return self._swapped("extract", time_interval_unit)

    def floor(self, time_interval_unit: TimeIntervalUnit | None = None) -> Expression:
        """Down to a whole number, or a time down to a unit."""
        return self._optional("floor", time_interval_unit)

    def ceil(self, time_interval_unit: TimeIntervalUnit | None = None) -> Expression:
        """Up to a whole number, or a time up to a unit."""
        return self._optional("ceil", time_interval_unit)

    def _months(self, factor: int, unit: str) -> Expression:
        return self._interval(factor, unit, "INTERVAL MONTH")

    def _millis(self, factor: int, unit: str) -> Expression:
        return self._interval(factor, unit, "INTERVAL SECOND(3)")

    def _interval(self, factor: int, unit: str, type_text: str) -> Expression:
        value = self._node.get("lit")
        if type(value) is int:
            return self._make({"lit": value * factor, "type": type_text})
        return self._make(nodes.call("toInterval", self._node, nodes.symbol(unit)))

    @property
    def year(self) -> Expression:
        """An interval of so many years."""
        return self._months(12, "YEAR")

    @property
    def years(self) -> Expression:
        """An interval of so many years."""
        return self._months(12, "YEAR")

    @property
    def quarter(self) -> Expression:
        """An interval of so many quarters."""
        return self._months(3, "QUARTER")

    @property
    def quarters(self) -> Expression:
        """An interval of so many quarters."""
        return self._months(3, "QUARTER")

    @property
    def month(self) -> Expression:
        """An interval of so many months."""
        return self._months(1, "MONTH")

    @property
    def months(self) -> Expression:
        """An interval of so many months."""
        return self._months(1, "MONTH")

    @property
    def week(self) -> Expression:
        """An interval of so many weeks."""
        return self._millis(604_800_000, "WEEK")

    @property
    def weeks(self) -> Expression:
        """An interval of so many weeks."""
        return self._millis(604_800_000, "WEEK")

    @property
    def day(self) -> Expression:
        """An interval of so many days."""
        return self._millis(86_400_000, "DAY")

    @property
    def days(self) -> Expression:
        """An interval of so many days."""
        return self._millis(86_400_000, "DAY")

    @property
    def hour(self) -> Expression:
        """An interval of so many hours."""
        return self._millis(3_600_000, "HOUR")

    @property
    def hours(self) -> Expression:
        """An interval of so many hours."""
        return self._millis(3_600_000, "HOUR")

    @property
    def minute(self) -> Expression:
        """An interval of so many minutes."""
        return self._millis(60_000, "MINUTE")

    @property
    def minutes(self) -> Expression:
        """An interval of so many minutes."""
        return self._millis(60_000, "MINUTE")

    @property
    def second(self) -> Expression:
        """An interval of so many seconds."""
        return self._millis(1_000, "SECOND")

    @property
    def seconds(self) -> Expression:
        """An interval of so many seconds."""
        return self._millis(1_000, "SECOND")

    @property
    def milli(self) -> Expression:
        """An interval of so many milliseconds."""
        return self._millis(1, "MILLISECOND")

    @property
    def millis(self) -> Expression:
        """An interval of so many milliseconds."""
        return self._millis(1, "MILLISECOND")
