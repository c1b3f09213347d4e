"""Results that are not there yet."""

from __future__ import annotations

from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CompletableFuture"]


class CompletableFuture:
    """A result that will be there later, or an exception instead of it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._state = "pending"
        self._result: Any = None
        self._exception: BaseException | None = None
        self._thread: Thread | None = None

    @staticmethod
    def _of(value: Any) -> CompletableFuture:
        """A future that has its result."""
        future = CompletableFuture()
        future._complete(value)
        return future

    @staticmethod
    def _run(work: Callable[[], Any], name: str) -> CompletableFuture:
        """A future for what ``work`` returns or raises, run on a thread of its own that keeps no program alive."""
        future = CompletableFuture()

        def run() -> None:
            try:
                future._complete(work())
            except BaseException as error:  # whoever asks for the result gets it
                future._fail(error)

        future._thread = Thread(target=run, name=name, daemon=True)
        future._thread.start()
        return future

    def _settle(self, state: str, result: Any = None, exception: BaseException | None = None) -> bool:
        with self._changed:
            if self._state != "pending":
                return False
            self._state, self._result, self._exception = state, result, exception
            self._changed.notify_all()
            return True

    def _complete(self, value: Any) -> bool:
        return self._settle("done", value)

    def _fail(self, exception: BaseException) -> bool:
        return self._settle("failed", exception=exception)

    def cancel(self) -> bool:
        """Gives up the result (not the work behind it); false if it is there already."""
        return self._settle("cancelled") or self._state == "cancelled"

    def cancelled(self) -> bool:
        """Whether the result was given up."""
        return self._state == "cancelled"

    def done(self) -> bool:
        """Whether there is a result or an exception, or the result was given up."""
        return self._state != "pending"

    def result(self) -> Any:
        """Waits for the result and returns it.

        :raises BaseException: what the work raised
        :raises RuntimeError: if the result was given up
        """
        self._wait()
        if self._state == "cancelled":
            raise RuntimeError("the result was given up with cancel()")
        if self._exception is not None:
            raise self._exception
        return self._result

    def exception(self) -> BaseException | None:
        """Waits for the end and returns what the work raised, or None."""
        self._wait()
        return self._exception

    def _wait(self) -> None:
        with self._changed:
            while self._state == "pending":
                # A wait without end cannot be interrupted by Ctrl-C on every system; a long one can.
                self._changed.wait(3600)
        if self._thread is not None and self._state != "cancelled":
            self._thread.join()  # it has nothing left to do, and whoever counts threads now doesn't count it

    def __str__(self) -> str:
        return f"CompletableFuture({self._state})"
