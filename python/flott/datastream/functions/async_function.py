"""Functions that wait for something outside without holding up the records behind, and when they try again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flott.datastream.functions.base import Calls

    ResultPredicate = Callable[[list[Any]], bool]
    ExceptionPredicate = Callable[[BaseException], bool]

__all__ = ["AsyncFunction", "AsyncRetryPredicate", "AsyncRetryStrategy"]


class AsyncFunction(Function):
    """Asks a service for each record, many at a time; for :class:`~flott.datastream.AsyncDataStream`::

        class Price(AsyncFunction):
            async def async_invoke(self, value):
                return [(value, await fetch_price(value))]

    Every subtask has one event loop, in a thread of its own. ``open``, ``async_invoke``, ``timeout`` and ``close`` all
    run there, so a client made in ``open`` belongs to the right loop; beyond PyFlink, ``open`` and ``close`` may be
    ``async def`` too. A call that blocks (``time.sleep``, ``requests``) holds up all records of the subtask.

    https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/datastream/operators/asyncio/
    """

    _CALLED_WITH: ClassVar[Calls] = {"timeout": ("value",)}

    @abstractmethod
    async def async_invoke(self, value: Any) -> Iterable[Any]:
        """The results of one record, as a list; an empty one for none. What it raises fails the job."""

    def timeout(self, value: Any) -> Iterable[Any]:
        """The results, as a list, of a record for which ``async_invoke`` took too long and was cancelled.

        :raises TimeoutError: unless it is overridden, and the job fails
        """
        raise TimeoutError(f"Async function call has timed out for input: {value}")


class AsyncRetryPredicate(ABC):
    """Which outcomes of ``async_invoke`` are worth another attempt."""

    @abstractmethod
    def result_predicate(self) -> ResultPredicate | None:
        """Whether to try again after these results; None for never."""

    @abstractmethod
    def exception_predicate(self) -> ExceptionPredicate | None:
        """Whether to try again after this exception; None for never."""


class AsyncRetryStrategy(ABC):
    """How often ``async_invoke`` is tried again, and after which pauses::

        AsyncRetryStrategy.fixed_delay(3, 100, None, lambda error: isinstance(error, OSError))

    The timeout of a record covers all its attempts and the pauses between them.
    """

    @abstractmethod
    def can_retry(self, current_attempts: int) -> bool:
        """Whether another attempt may follow the first ``current_attempts`` ones."""

    @abstractmethod
    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """The pause before the next attempt, in ms."""

    @abstractmethod
    def get_retry_predicate(self) -> AsyncRetryPredicate:
        """Which outcomes are worth another attempt."""

    @staticmethod
    def no_restart() -> AsyncRetryStrategy:
        """One attempt only."""
        from flott.datastream.async_retry_strategies import NO_RETRY_STRATEGY

        return NO_RETRY_STRATEGY

    @staticmethod
    def fixed_delay(
        max_attempts: int,
        backoff_time_millis: int,
        result_predicate: ResultPredicate | None,
        exception_predicate: ExceptionPredicate | None,
    ) -> AsyncRetryStrategy:
        """At most ``max_attempts`` further attempts, with the same pause before each."""
        from flott.datastream.async_retry_strategies import FixedDelayRetryStrategy

        return FixedDelayRetryStrategy(max_attempts, backoff_time_millis, result_predicate, exception_predicate)

    @staticmethod
    def exponential_backoff(
        max_attempts: int,
        initial_delay: int,
        max_retry_delay: int,
        multiplier: float,
        result_predicate: ResultPredicate | None,
        exception_predicate: ExceptionPredicate | None,
    ) -> AsyncRetryStrategy:
        """At most ``max_attempts`` further attempts, with pauses that grow from ``initial_delay`` ms."""
        from flott.datastream.async_retry_strategies import ExponentialBackoffDelayRetryStrategy

        return ExponentialBackoffDelayRetryStrategy(
            max_attempts, initial_delay, max_retry_delay, multiplier, result_predicate, exception_predicate
        )
