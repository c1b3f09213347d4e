"""Exercise 3.2: a stream for each key."""

from __future__ import annotations

from flott.datastream import DataStream


def totals(sales: DataStream) -> DataStream:
    """Say, with each sale, how much its user has spent so far. A sale is a tuple (user, cents).

    ``key_by()`` says what belongs together, and ``reduce()`` puts two records of one key together.

    in:  ("ada", 5), ("bob", 1), ("ada", 2)
    out: ("ada", 5), ("bob", 1), ("ada", 7)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/#reduce
    """
    raise NotImplementedError("exercise 3.2")
