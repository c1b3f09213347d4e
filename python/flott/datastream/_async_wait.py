"""The event loop of one subtask of :class:`~flott.datastream.AsyncDataStream`, in a thread of its own.

The engine hands over a batch of records by one call and is told of each outcome; it decides how many are under way
and in which order results leave.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from inspect import isawaitable
from time import sleep
from typing import TYPE_CHECKING, Any

from flott.datastream._calls import own_copy, runtime_context
from flott.datastream.functions.async_function import AsyncFunction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from flott._flott import Completions, Conform, Subtask
    from flott.datastream._calls import Opened
    from flott.datastream.functions.async_function import AsyncRetryStrategy
    from flott.datastream.functions.context import RuntimeContext

__all__ = ["PlainAsyncFunction", "factory"]

#: How often a task that waits for the loop's thread looks for Ctrl-C, in seconds.
_SLICE = 0.05
#: How long functions that were cancelled may take to end, in seconds.
_GRACE = 3.0


class PlainAsyncFunction(AsyncFunction):
    """An ``async def`` function in the place of an :class:`AsyncFunction`."""

    def __init__(self, func: Callable[[Any], Awaitable[Iterable[Any]]]) -> None:
        self.async_invoke = func  # type: ignore[method-assign,assignment]

    async def async_invoke(self, value: Any) -> Iterable[Any]:
        raise AssertionError("the instance's own takes its place")


def factory(
    function: AsyncFunction,
    timeout_ms: int,
    strategy: AsyncRetryStrategy,
    job_parameters: Mapping[str, str],
    declared: Conform | None,
) -> Callable[[Subtask], Opened]:
    """What the engine calls in each subtask: see ``Graph.add_async_wait``.

    :param declared: what results are converted by
    """

    def make(subtask: Subtask) -> Opened:
        own = function if isinstance(function, PlainAsyncFunction) else own_copy(function)
        name = f"{subtask.operator} ({subtask.index + 1}/{subtask.parallelism})"
        runner = _Runner(own, timeout_ms / 1000, strategy, f"{name} event loop", declared)
        runner.open(runtime_context(subtask, job_parameters), subtask)
        return [runner.submit], runner.close

    return make


class _Runner:
    def __init__(
        self, function: Any, timeout: float, strategy: AsyncRetryStrategy, name: str, declared: Conform | None
    ) -> None:
        self._declared = declared
        self._function = function
        self._timeout = timeout
        self._strategy = strategy
        predicate = strategy.get_retry_predicate()
        self._retry_result = predicate.result_predicate()
        self._retry_error = predicate.exception_predicate()
        retries = self._retry_result is not None or self._retry_error is not None
        self._invoke = self._with_retries if retries else function.async_invoke
        #: Records under way, by their numbers.
        self._running: dict[int, asyncio.Task[None] | None] = {}
        #: Tasks whose outcome nobody waits for any more.
        self._left: set[asyncio.Task[None]] = set()
        #: When each record's time is up, in order; those that are through stay until they are first.
        self._deadlines: deque[tuple[float, int, Any]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._completions: Completions | None = None
        self._loop = asyncio.new_event_loop()
        self._opened, self._ended = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        # an interpreter that ends does not wait for a function that never does
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)

    # --- in the task's thread

    def open(self, context: RuntimeContext, subtask: Subtask) -> None:
        self._context = context
        self._subtask = subtask
        self._thread.start()
        subtask.adopt_thread(self._thread.ident or 0, self._thread.name)
        _wait_for(self._opened)
        if self._failure is not None:
            self.close()

    def submit(self, completions: Completions, first: int, values: list[Any]) -> None:
        self._completions = completions
        self._loop.call_soon_threadsafe(self._start, first, values)

    def close(self) -> None:
        """Cancels what is still under way, closes the function and ends the loop."""
        if not self._ended.is_set():
            # it may have ended by itself just now
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.stop)
            try:
                _wait_for(self._ended)
            except KeyboardInterrupt:
                # the loop's thread was interrupted as well, at about the same time
                if not self._ended.wait(_GRACE / 2):
                    raise
        self._subtask.release_thread(self._thread.ident or 0)
        # join() would leave an object for the task's thread among Python's threads, for ever
        while self._thread.is_alive():
            sleep(0.0005)
        if self._failure is not None:
            raise self._failure

    # --- in the loop's thread

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            try:
                self._loop.run_until_complete(_finish(self._function.open, self._context))
                self._opened.set()
                self._loop.run_forever()
                self._loop.run_until_complete(self._cancel_all())
            finally:
                if self._opened.is_set():
                    self._loop.run_until_complete(_finish(self._function.close))
                self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        except BaseException as error:
            self._failure = error
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()
            self._opened.set()
            self._ended.set()

    def _start(self, first: int, values: list[Any]) -> None:
        loop, running, deadlines = self._loop, self._running, self._deadlines
        for record, value in enumerate(values, first):
            running[record] = None
            task = loop.create_task(self._run(record, value))
            if record in running:
                running[record] = task
        if self._timeout:
            while deadlines and deadlines[0][1] not in running:
                deadlines.popleft()
            deadline = loop.time() + self._timeout
            deadlines.extend((deadline, record, value) for record, value in enumerate(values, first))
            if self._timer is None:
                self._timer = loop.call_at(deadlines[0][0], self._expire)

    async def _run(self, record: int, value: Any) -> None:
        try:
            results = await self._invoke(value)
            if self._declared is not None or type(results) is not list:
                results = self._as_list(results)
        except BaseException as error:
            # whoever is not in there has run out of time, or the job is being stopped
            if self._running.pop(record, self) is not self and self._completions is not None:
                self._completions.fail(value, error)
        else:
            if self._running.pop(record, self) is not self and self._completions is not None:
                self._completions.complete(record, results)

    async def _with_retries(self, value: Any) -> Any:
        attempts = 1
        while True:
            try:
                results = await self._function.async_invoke(value)
            except Exception as error:
                again = self._retry_error is not None and self._retry_error(error)
                if not (again and self._strategy.can_retry(attempts)):
                    raise
            else:
                again = results is not None and self._retry_result is not None and self._retry_result(results)
                if not (again and self._strategy.can_retry(attempts)):
                    return results
            await asyncio.sleep(self._strategy.get_backoff_time_millis(attempts) / 1000)
            attempts += 1

    def _expire(self) -> None:
        now, deadlines = self._loop.time(), self._deadlines
        while deadlines:
            deadline, record, value = deadlines[0]
            if record in self._running:
                if deadline > now:
                    break
                self._time_out(record, value)
            deadlines.popleft()
        self._timer = self._loop.call_at(deadlines[0][0], self._expire) if deadlines else None

    def _time_out(self, record: int, value: Any) -> None:
        task, completions = self._running.pop(record), self._completions
        if task is not None:
            self._left.add(task)
            task.add_done_callback(self._left.discard)
            task.cancel()
        if completions is None:
            return
        try:
            results = self._as_list(self._function.timeout(value))
        except BaseException as error:
            completions.fail(value, error)
        else:
            completions.complete(record, results)

    def _as_list(self, results: Any) -> list[Any]:
        of = f"please check 'async_invoke' and 'timeout' of class '{type(self._function).__name__}'"
        if results is None:
            raise TypeError(f"The result of AsyncFunction cannot be none, {of}: return [] for no results")
        # a text would fall apart into its characters, which nobody means
        if isinstance(results, (str, bytes)) or not hasattr(results, "__iter__"):
            raise TypeError(f"The result of AsyncFunction should be of list type, not {results!r}, {of}")
        made = list(results)
        return made if self._declared is None else self._declared.values(made, "results")

    async def _cancel_all(self) -> None:
        left = [task for task in self._running.values() if task is not None] + list(self._left)
        self._running.clear()
        self._deadlines.clear()
        for task in left:
            task.cancel()
        if left:
            _, stubborn = await asyncio.wait(left, timeout=_GRACE)
            if stubborn:
                logging.getLogger("flott").warning(
                    "%d calls of %s.async_invoke did not end when they were cancelled",
                    len(stubborn),
                    type(self._function).__name__,
                )


async def _finish(method: Callable[..., Any], *arguments: Any) -> None:
    """Calls a method that may be ``async def``."""
    result = method(*arguments)
    if isawaitable(result):
        await result


def _wait_for(event: threading.Event) -> None:
    # an exception that Ctrl-C raises in this thread arrives between two waits
    while not event.wait(_SLICE):
        pass
