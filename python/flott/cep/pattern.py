"""Patterns, built step by step; what Flink refuses is refused at the line that asks for it.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/cep/#the-pattern-api
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from flott.cep.after_match import AfterMatchSkipStrategy
from flott.cep.conditions import SubtypeCondition, given_condition

if TYPE_CHECKING:
    from flott._flott import CepPattern

__all__ = ["GroupPattern", "Pattern", "WithinType"]


class WithinType(Enum):
    """Between which events a time limit holds."""

    #: Between the first and the last event of a match.
    FIRST_AND_LAST = 0
    #: Between the event before and the event of the pattern that it is set on.
    PREVIOUS_AND_CURRENT = 1


class Pattern:
    """A sequence of events to look for. Each method changes or extends the last pattern of the sequence and returns
    the pattern, as in Flink::

        Pattern.begin("start").where(lambda e: e.id == 42).next("middle").one_or_more().followed_by("end")
    """

    def __init__(self, native: CepPattern, calls: tuple[tuple[str, tuple[Any, ...]], ...]) -> None:
        """Use :meth:`begin`."""
        self._native = native
        # how it was built, for a copy in another process
        self._calls = calls

    @staticmethod
    def begin(name_or_group: str | Pattern, after_match_skip_strategy: AfterMatchSkipStrategy | None = None) -> Pattern:
        """The first pattern of a new sequence.

        :param name_or_group: its name, or a sequence of patterns as a group
        :param after_match_skip_strategy: of the whole sequence; without it every match is found
        """
        from flott._flott import CepPattern

        calls = (("begin", (name_or_group, after_match_skip_strategy)),)
        if isinstance(name_or_group, Pattern):
            made: Pattern = GroupPattern(CepPattern.begin_group(name_or_group._native), calls)
        else:
            made = Pattern(CepPattern.begin(_text(name_or_group, "begin()")), calls)
        if after_match_skip_strategy is not None:
            if not isinstance(after_match_skip_strategy, AfterMatchSkipStrategy):
                raise TypeError(f"begin() takes an AfterMatchSkipStrategy, not {after_match_skip_strategy!r}")
            made._native = made._native.with_skip(after_match_skip_strategy._spec())
        return made

    # what comes behind

    def next(self, name_or_group: str | Pattern) -> Pattern:
        """A pattern whose event comes directly behind: nothing may be in between."""
        return self._then("next", name_or_group)

    def followed_by(self, name_or_group: str | Pattern) -> Pattern:
        """A pattern whose event comes behind; events that do not match may be in between."""
        return self._then("followed_by", name_or_group)

    def followed_by_any(self, name_or_group: str | Pattern) -> Pattern:
        """The same where also events that match may be passed over, for other matches."""
        return self._then("followed_by_any", name_or_group)

    def not_next(self, name: str) -> Pattern:
        """A pattern that the next event must not match.

        :raises ConfigurationError: behind an optional pattern
        """
        return self._not("not_next", name)

    def not_followed_by(self, name: str) -> Pattern:
        """A pattern that no event up to the next pattern's may match; at the end of the sequence, up to the end of
        :meth:`within`.

        :raises ConfigurationError: behind an optional pattern
        """
        return self._not("not_followed_by", name)

    def _then(self, how: str, name_or_group: str | Pattern) -> Pattern:
        calls = (*self._calls, (how, (name_or_group,)))
        if isinstance(name_or_group, Pattern):
            return GroupPattern(self._native.then_group(how, name_or_group._native), calls)
        return Pattern(self._native.then(how, _text(name_or_group, f"{how}()")), calls)

    def _not(self, how: str, name: str) -> Pattern:
        return Pattern(self._native.then(how, _text(name, f"{how}()")), (*self._calls, (how, (name,))))

    # which events match

    def where(self, condition: Any) -> Pattern:
        """Adds a condition that must hold as well.

        :param condition: a function of ``(event)`` or ``(event, ctx)``, a :class:`SimpleCondition` or
            :class:`IterativeCondition`, or, on a typed stream, an expression such as ``col("amount") > 10_000``, which
            runs on columns without Python; null counts as false
        """
        return self._condition("and_", "where", condition)

    def or_(self, condition: Any) -> Pattern:
        """Adds a condition that is enough by itself."""
        return self._condition("or_", "or_", condition)

    def subtype(self, subtype_class: type) -> Pattern:
        """The event must be an object of that class, or of one that extends it."""
        if not isinstance(subtype_class, type):
            raise TypeError(f"subtype() takes a class, not {subtype_class!r}")
        self._condition("and_", "where", SubtypeCondition(subtype_class))
        return self

    def until(self, until_condition: Any) -> Pattern:
        """Ends the loop at the first event for which the condition holds, so that its events need not be kept.

        :raises ConfigurationError: if the pattern is no loop, or has such a condition
        """
        return self._condition("until", "until", until_condition)

    def _condition(self, native: str, call: str, condition: Any) -> Pattern:
        given = given_condition(condition, f"{call}()")
        return self._change(call, (condition,), getattr(self._native, native)(given))

    def within(self, window_time: Any, within_type: WithinType = WithinType.FIRST_AND_LAST) -> Pattern:
        """A match takes less time than this.

        :param window_time: a ``Duration``, a ``Time``, a ``timedelta``, or milliseconds
        :param within_type: what it is the time between; of several limits of one match the least counts
        """
        if not isinstance(within_type, WithinType):
            raise TypeError(f"within() takes a WithinType, not {within_type!r}")
        millis = _millis(window_time, "within()")
        previous = within_type is WithinType.PREVIOUS_AND_CURRENT
        return self._change("within", (millis, within_type), self._native.within(millis, previous))

    # how often

    def optional(self) -> Pattern:
        """The pattern may be left out."""
        return self._change("optional", (), self._native.optional())

    def one_or_more(self, window_time: Any = None) -> Pattern:
        """One event or more, in the order of the stream; between them may be others, unless :meth:`consecutive`.

        :param window_time: the time from one event to the next at most; see Flink's ``oneOrMore(Duration)``
        """
        gap = _optional_millis(window_time, "one_or_more()")
        return self._change("one_or_more", (gap,), self._native.one_or_more(gap))

    def times(self, from_times: int, to_times: Any = None, window_time: Any = None) -> Pattern:
        """That many events, or between two numbers of events: ``times(3)``, ``times(2, 4)``, ``times(0, 2)``.

        :param window_time: the time from one event to the next at most
        """
        least = _whole(from_times, "times()")
        if to_times is not None and window_time is None and not isinstance(to_times, int):
            to_times, window_time = None, to_times
        most = least if to_times is None else _whole(to_times, "times()")
        gap = _optional_millis(window_time, "times()")
        return self._change("times", (least, most, gap), self._native.times(least, most, gap))

    def times_or_more(self, times: int, window_time: Any = None) -> Pattern:
        """At least that many events.

        :param window_time: the time from one event to the next at most
        """
        least, gap = _whole(times, "times_or_more()"), _optional_millis(window_time, "times_or_more()")
        return self._change("times_or_more", (least, gap), self._native.times_or_more(least, gap))

    def greedy(self) -> Pattern:
        """As many events as there are: an event that fits goes to this pattern and not to the next."""
        return self._change("greedy", (), self._native.greedy())

    def consecutive(self) -> Pattern:
        """Nothing may be between the events of a pattern that repeats."""
        return self._change("consecutive", (), self._native.consecutive())

    def allow_combinations(self) -> Pattern:
        """Also events that fit may be passed over between the events of a pattern that repeats."""
        return self._change("allow_combinations", (), self._native.allow_combinations())

    def _change(self, call: str, arguments: tuple[Any, ...], native: CepPattern) -> Pattern:
        self._native = native
        self._calls = (*self._calls, (call, arguments))
        return self

    # how it looks

    def explain(self) -> str:
        """The automaton of the pattern: its states, and under which conditions an event leads from one to another.

        :raises ConfigurationError: if something is wrong with the pattern as a whole
        """
        return self._native.explain()

    def _repr_svg_(self) -> str:
        """The same as a picture, which notebooks show."""
        return self._native.svg()

    def __reduce__(self) -> Any:
        return _rebuild, (self._calls,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'.'.join(_call_text(*call) for call in self._calls)})"


class GroupPattern(Pattern):
    """A sequence of patterns in the place of one: it may be optional and repeat, and has no conditions of its own."""


def _rebuild(calls: tuple[tuple[str, tuple[Any, ...]], ...]) -> Pattern:
    (_, arguments), *rest = calls
    pattern = Pattern.begin(*arguments)
    for call, given in rest:
        pattern = getattr(pattern, call)(*given)
    return pattern


def _call_text(call: str, arguments: tuple[Any, ...]) -> str:
    return f"{call}({', '.join(repr(argument) for argument in arguments if argument is not None)})"


def _text(given: object, call: str) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{call} takes the name of a pattern or a Pattern as a group, not {given!r}")
    return given


def _whole(given: object, call: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"{call} takes a whole number, not {given!r}")
    return given


def _optional_millis(given: Any, call: str) -> int | None:
    return None if given is None else _millis(given, call)


def _millis(given: Any, call: str) -> int:
    """Milliseconds of a length of time, PyFlink's own among them.

    :raises TypeError: if it is none
    """
    from datetime import timedelta

    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, timedelta):
        return given // timedelta(milliseconds=1)
    for method in ("to_milliseconds", "_to_millis"):
        if hasattr(given, method):
            return int(getattr(given, method)())
    if hasattr(given, "_j_duration"):
        return int(given._j_duration.toMillis())
    raise TypeError(f"{call} takes a Duration, a Time, a timedelta or milliseconds, not {given!r}")
