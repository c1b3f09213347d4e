"""The records that ``execute_and_collect()`` gives to the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flott._flott import Job, Results

__all__ = ["CloseableIterator"]


class CloseableIterator:
    """The records of ``execute_and_collect()``; closing it stops the job.

    ::

        with stream.execute_and_collect() as results:
            for result in results:
                ...
    """

    def __init__(self, job: Job, results: Results) -> None:
        """Use :meth:`DataStream.execute_and_collect`."""
        self._job = job
        self._results = results
        self._closed = False

    def __iter__(self) -> CloseableIterator:
        return self

    def __next__(self) -> Any:
        try:
            record = None if self._closed else self._results.next(self._job)
        except KeyboardInterrupt:
            self.close()
            raise
        if record is None:
            raise StopIteration
        return record[0]

    def next(self) -> Any:
        """The next record.

        :raises StopIteration: when the job has finished and every record was read, and once it is closed
        """
        return self.__next__()

    def __enter__(self) -> CloseableIterator:
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        self.close()

    def close(self) -> None:
        """Stops the job if it still runs."""
        self._closed = True
        self._results.close()
        self._job.stop()
