"""Predicates for ``AsyncRetryStrategy``. Mirrors ``pyflink.datastream.async_retry_predicates``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["empty_result_predicate", "exception_type_predicate", "has_exception_predicate"]


def empty_result_predicate(result: Sequence[Any] | None) -> bool:
    """Whether there are no results."""
    return result is None or len(result) == 0


def has_exception_predicate(error: BaseException | None) -> bool:
    """Whether there was any exception."""
    return error is not None


def exception_type_predicate(
    error: BaseException | None, expected_error_type: type[BaseException] | tuple[type[BaseException], ...]
) -> bool:
    """Whether the exception is of that type; bind the type with ``functools.partial`` or a lambda."""
    return isinstance(error, expected_error_type)
