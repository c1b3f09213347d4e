"""Patterns over a stream, and what is made of their matches.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/cep/#detecting-patterns
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.cep._matches import Matches
from flott.cep.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott.cep.functions import PatternProcessFunction
    from flott.common.typeinfo import TypeInformation
    from flott.datastream.data_stream import DataStream
    from flott.datastream.output_tag import OutputTag

    Match = dict[str, list[Any]]

__all__ = ["CEP", "PatternStream"]


class CEP:
    """The way in: ``CEP.pattern(stream, pattern)``."""

    @staticmethod
    def pattern(
        input: DataStream, pattern: Pattern, comparator: Callable[[Any, Any], int] | None = None
    ) -> PatternStream:
        """Looks for a pattern in a stream: on a keyed stream in the events of each key, otherwise in all of them, which
        one subtask does.

        Events are matched in the order of their timestamps, unless :meth:`PatternStream.in_processing_time`.

        :param comparator: ``(left, right)``, negative, 0 or positive: the order of events of one timestamp, which
            otherwise is that in which they came
        :raises ConfigurationError: if something is wrong with the pattern as a whole
        """
        if not isinstance(pattern, Pattern):
            raise TypeError(f"CEP.pattern() takes a Pattern, not {pattern!r}")
        if comparator is not None:
            compare = getattr(comparator, "compare", comparator)
            if not callable(compare):
                raise TypeError(f"CEP.pattern() takes a comparator (left, right), not {comparator!r}")
            comparator = compare
        # what is wrong with the whole is found here, and not where its matches are used
        pattern.explain()
        return PatternStream(input, pattern, comparator)


class PatternStream:
    """The matches of a pattern; made by :meth:`CEP.pattern`."""

    def __init__(
        self,
        input: DataStream,
        pattern: Pattern,
        comparator: Callable[[Any, Any], int] | None = None,
        event_time: bool = True,
        late_data_output_tag: OutputTag | None = None,
    ) -> None:
        """Use :meth:`CEP.pattern`."""
        self._input, self._pattern, self._comparator = input, pattern, comparator
        self._event_time, self._late_data_output_tag = event_time, late_data_output_tag

    def in_event_time(self) -> PatternStream:
        """Events count at their timestamps; the default."""
        return PatternStream(self._input, self._pattern, self._comparator, True, self._late_data_output_tag)

    def in_processing_time(self) -> PatternStream:
        """Events count at the time at which they come."""
        return PatternStream(self._input, self._pattern, self._comparator, False, self._late_data_output_tag)

    def side_output_late_data(self, late_data_output_tag: OutputTag) -> PatternStream:
        """Sends events that come behind the watermark to a side output of the result; without it they are dropped, and
        counted (``numLateRecordsDropped``)."""
        if not hasattr(late_data_output_tag, "tag_id"):
            raise TypeError(f"side_output_late_data() takes an OutputTag, not {late_data_output_tag!r}")
        return PatternStream(self._input, self._pattern, self._comparator, self._event_time, late_data_output_tag)

    def process(
        self, pattern_process_function: PatternProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Calls a function with each match.

        :param pattern_process_function: one that extends ``TimedOutPartialMatchHandler`` too is called with each
            partial match that ran out of time
        """
        return self._made(Matches.processed(pattern_process_function), output_type)

    def select(self, *functions: Any, output_type: TypeInformation | None = None) -> DataStream:
        """One result for each match: ``select(function)``; with results for partial matches that ran out of time in
        a side output, ``select(tag, timeout_function, function)``.

        :param functions: a :class:`PatternSelectFunction` or a function ``(match)``; in front of it the tag, and a
            :class:`PatternTimeoutFunction` or a function ``(match, timestamp)``
        """
        return self._made(Matches.selected("select", functions), output_type)

    def flat_select(self, *functions: Any, output_type: TypeInformation | None = None) -> DataStream:
        """Any number of results for each match: ``flat_select(function)`` or
        ``flat_select(tag, timeout_function, function)``.

        :param functions: as for :meth:`select`, but each yields its results or returns a list of them
        """
        return self._made(Matches.selected("flat_select", functions), output_type)

    def _made(self, matches: Matches, output_type: TypeInformation | None) -> DataStream:
        if type(self._input).__module__.partition(".")[0] == "pyflink":
            from flott.cep._on_pyflink import hosted

            on_flink: DataStream = hosted(self, matches, output_type)
            return on_flink
        from flott.cep._operator import operator

        return operator(self, matches, output_type)
