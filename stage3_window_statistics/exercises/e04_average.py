"""Exercise 3.4: an aggregate whose result is another thing than its input."""

from __future__ import annotations

from typing import Any

from flott.datastream import AggregateFunction


class Average(AggregateFunction):
    """The average of amounts in cents, rounded down.

    An average alone can't be continued, nor put together with another one: what has to be in the accumulator? ``merge``
    is called where two windows become one, such as sessions.

    in:  100, 200, 600
    out: 300

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#aggregatefunction
    """

    def create_accumulator(self) -> Any:
        """What is kept of a window without records."""
        raise NotImplementedError("exercise 3.4")

    def add(self, value: int, accumulator: Any) -> Any:
        """The accumulator with one more record in it."""
        raise NotImplementedError("exercise 3.4")

    def get_result(self, accumulator: Any) -> int:
        """The result of a window that has at least one record."""
        raise NotImplementedError("exercise 3.4")

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        """One accumulator with the records of both."""
        raise NotImplementedError("exercise 3.4")
