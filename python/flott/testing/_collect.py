"""The records of a bounded stream, on Flott and on PyFlink alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flott.datastream import DataStream

__all__ = ["collect"]


def collect(stream: DataStream) -> list[Any]:
    """Runs the program that the stream belongs to, and returns the stream's records::

        assert collect(flott_env.from_collection([1, 2]).map(lambda n: n * 10)) == [10, 20]

    :param stream: a stream of Flott or, under ``--engine=flink``, of PyFlink; its sources must end
    :raises Exception: what a function of the program raised
    """
    with stream.execute_and_collect() as records:  # type: ignore[union-attr]
        return list(records)
