"""Async I/O over a stream. Mirrors ``pyflink.datastream.async_data_stream`` of Flink 2.

https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/datastream/operators/asyncio/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.time import Duration, Time
from flott.datastream._async_wait import PlainAsyncFunction, factory
from flott.datastream._columns import conform
from flott.datastream.async_retry_strategies import NO_RETRY_STRATEGY
from flott.datastream.functions.async_function import AsyncFunction, AsyncRetryStrategy
from flott.datastream.functions.wrapper import as_function

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from flott._flott import Graph
    from flott.common.typeinfo import TypeInformation
    from flott.datastream._transformation import Transformation
    from flott.datastream.data_stream import DataStream

    Given = AsyncFunction | Callable[[Any], Awaitable[Iterable[Any]]]

__all__ = ["AsyncDataStream"]


class AsyncDataStream:
    """Applies an :class:`AsyncFunction` to a stream, many records at a time::

        prices = AsyncDataStream.unordered_wait(orders, Price(), Time.seconds(5), capacity=1000)

    * ``timeout`` is what one record may take, with all attempts; then ``AsyncFunction.timeout`` is asked instead. 0
      is no limit.
    * ``capacity`` is how many records of a subtask are under way at most; then the operator takes no more.
    * ``ordered_wait`` emits results in the order of their records; ``unordered_wait`` as they come, though never across
      a watermark. Results have the timestamp of their record.
    * A barrier waits until all records before it are through: none is in flight in a checkpoint.

    Beyond PyFlink, an ``async def`` function of the record can be given instead of an :class:`AsyncFunction`.
    """

    @staticmethod
    def unordered_wait(
        data_stream: DataStream,
        async_function: Given,
        timeout: Time | Duration,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Results leave as soon as they are there.

        :raises TypeError: if the function is not one, or its ``async_invoke`` is not ``async def``
        :raises ValueError: if the timeout is negative or the capacity below 1
        """
        return _wait("unordered_wait()", data_stream, async_function, timeout, None, capacity, output_type)

    @staticmethod
    def unordered_wait_with_retry(
        data_stream: DataStream,
        async_function: Given,
        timeout: Time | Duration,
        async_retry_strategy: AsyncRetryStrategy,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """:meth:`unordered_wait` that tries again as the strategy says; the timeout must be above 0."""
        call, strategy = "unordered_wait_with_retry()", async_retry_strategy
        return _wait(call, data_stream, async_function, timeout, strategy, capacity, output_type)

    @staticmethod
    def ordered_wait(
        data_stream: DataStream,
        async_function: Given,
        timeout: Time | Duration,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Results leave in the order of their records: one that takes long holds back those behind it.

        :raises TypeError: if the function is not one, or its ``async_invoke`` is not ``async def``
        :raises ValueError: if the timeout is negative or the capacity below 1
        """
        return _wait("ordered_wait()", data_stream, async_function, timeout, None, capacity, output_type)

    @staticmethod
    def ordered_wait_with_retry(
        data_stream: DataStream,
        async_function: Given,
        timeout: Time | Duration,
        async_retry_strategy: AsyncRetryStrategy,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """:meth:`ordered_wait` that tries again as the strategy says; the timeout must be above 0."""
        call, strategy = "ordered_wait_with_retry()", async_retry_strategy
        return _wait(call, data_stream, async_function, timeout, strategy, capacity, output_type)


def _wait(
    call: str,
    stream: DataStream,
    async_function: Given,
    timeout: Time | Duration,
    strategy: AsyncRetryStrategy | None,
    capacity: int,
    output_type: TypeInformation | None,
) -> DataStream:
    function = _function(async_function, call)
    millis = _millis(timeout, call)
    if isinstance(capacity, bool) or not isinstance(capacity, int):
        raise TypeError(f"{call}: the capacity is a number of records, not {capacity!r}")
    if capacity < 1:
        raise ValueError(f"{call}: the capacity is at least 1, not {capacity}")
    if call.endswith("_with_retry()"):
        if not isinstance(strategy, AsyncRetryStrategy):
            raise TypeError(
                f"{call} takes an AsyncRetryStrategy such as AsyncRetryStrategy.fixed_delay(...), not {strategy!r}"
            )
        if strategy.get_retry_predicate() is None:
            raise TypeError(f"{call}: get_retry_predicate() of {type(strategy).__name__} returned None")
        if millis == 0 and strategy is not NO_RETRY_STRATEGY:
            raise ValueError(f"{call}: Timeout should be configured when do async with retry: give one above 0")
    make = factory(function, millis, strategy or NO_RETRY_STRATEGY, stream._env._job_parameters(), conform(output_type))
    ordered = call.startswith("ordered")

    def add(graph: Graph, own: Transformation) -> int:
        return graph.add_async_wait(own.name, make, capacity, ordered)

    # a task of its own: one that waits for a source's records would not hear that results are there
    return stream._next("async wait operator", add, output_type).start_new_chain()


def _function(given: Any, call: str) -> AsyncFunction:
    from inspect import iscoroutinefunction

    if iscoroutinefunction(given):
        return PlainAsyncFunction(given)
    if not isinstance(given, (AsyncFunction, type)):
        raise TypeError(f"{call} takes an AsyncFunction or an 'async def' function, not {given!r}")
    function = as_function(given, AsyncFunction, call)
    if not iscoroutinefunction(function.async_invoke):
        raise TypeError(
            f"{call}: Method 'async_invoke' of class '{type(function).__name__}' should be declared as 'async def', "
            "and return a list"
        )
    return function


def _millis(timeout: Any, call: str) -> int:
    if isinstance(timeout, Time):
        millis = timeout.to_milliseconds()
    elif isinstance(timeout, Duration):
        millis = timeout._nanos // 1_000_000
    else:
        raise TypeError(f"{call}: the timeout is a Time such as Time.seconds(5), not {timeout!r}")
    if millis < 0:
        raise ValueError(f"{call}: the timeout is at least 0 (no limit), not {millis} ms")
    return int(millis)
