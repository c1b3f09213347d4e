"""Patterns while they are built: what is refused and at which line, how they look, what conditions may be."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flott.cep import (
    CEP,
    AfterMatchSkipStrategy,
    GroupPattern,
    IterativeCondition,
    Pattern,
    SimpleCondition,
    WithinType,
)
from flott.common import Duration, Time
from flott.datastream import StreamExecutionEnvironment
from flott.errors import ConfigurationError


def start() -> Pattern:
    return Pattern.begin("start").where(bool)


def whole(pattern: Pattern) -> Any:
    """Looks for it, which checks the pattern as a whole."""
    env = StreamExecutionEnvironment.get_execution_environment()
    return CEP.pattern(env.from_collection([1]), pattern)


#: Flink's table of patterns that are refused: those of its PatternTest and NFACompilerTest.
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: start().times(-1), "'start' is to occur -1 times"),
    (lambda: start().times(-1, 2), "'start' is to occur -1 times"),
    (lambda: start().times(3, 2), "'start' is to occur between 3 and 2 times"),
    (lambda: start().times_or_more(0), "'start' is to occur 0 times"),
    (lambda: start().one_or_more().one_or_more().optional(), "'start' has a quantifier already, one_or_more"),
    (lambda: start().one_or_more().optional().times(1), "'start' has a quantifier already, one_or_more"),
    (lambda: start().times(1).one_or_more(), r"'start' has a quantifier already, times\(1\)"),
    (lambda: start().optional().optional(), "'start' is optional already"),
    (lambda: start().greedy(), r"greedy\(\) applies to a pattern that repeats"),
    (lambda: start().consecutive(), r"consecutive\(\) applies to a pattern that repeats"),
    (lambda: start().allow_combinations(), r"allow_combinations\(\) applies to a pattern that repeats"),
    (lambda: start().one_or_more().allow_combinations().greedy(), "'start' can't be greedy and allow combinations"),
    (lambda: start().one_or_more().consecutive().allow_combinations(), "both consecutive and with combinations"),
    (lambda: start().one_or_more().greedy().next("end").optional(), "'end' can't be optional: .* 'start', is greedy"),
    (lambda: start().not_next("not").where(bool).one_or_more(), r"one_or_more\(\) does not apply to 'not'"),
    (lambda: start().not_next("not").where(bool).times(3), r"times\(\) does not apply to 'not'"),
    (lambda: start().not_next("not").where(bool).optional(), r"optional\(\) does not apply to 'not'"),
    (lambda: start().not_followed_by("not").where(bool).one_or_more(), r"one_or_more\(\) does not apply to 'not'"),
    (lambda: start().not_followed_by("not").where(bool).times(3), r"times\(\) does not apply to 'not'"),
    (lambda: start().not_followed_by("not").where(bool).optional(), r"optional\(\) does not apply to 'not'"),
    (lambda: start().optional().not_next("not"), r"not_next\(\) behind 'start', which is optional"),
    (lambda: start().optional().not_followed_by("not"), r"not_followed_by\(\) behind 'start', which is optional"),
    (lambda: start().times(1).until(bool), r"until\(\) ends a loop, and 'start' is none"),
    (lambda: start().until(bool), r"until\(\) ends a loop, and 'start' is none"),
    (lambda: start().one_or_more().until(bool).until(bool), "'start' has an until condition already"),
    (lambda: Pattern.begin(start()).where(bool), r"where\(\) does not apply to a group"),
    (lambda: Pattern.begin(start()).or_(bool), r"or_\(\) does not apply to a group"),
    (lambda: Pattern.begin(start()).subtype(int), r"where\(\) does not apply to a group"),
    (lambda: Pattern.begin(start()).one_or_more().greedy(), r"greedy\(\) does not apply to a group"),
    (lambda: whole(start().followed_by("middle").followed_by("start")), "the pattern name 'start' is used twice"),
    (lambda: whole(start().followed_by("middle").not_followed_by("end")), "ends with not_followed_by.* no time limit"),
    (
        lambda: whole(Pattern.begin("start", AfterMatchSkipStrategy.skip_to_last("midd")).next("middle")),
        "the skip strategy names the pattern 'midd', which is not among 'start', 'middle'",
    ),
    (
        lambda: whole(start().followed_by("b").within(3000, WithinType.PREVIOUS_AND_CURRENT).next("c").within(2)),
        "the time between two events, 3000 ms, is more than the time of the whole match, 2 ms",
    ),
    (lambda: start().within(-1), "a time that is not negative, not -1 ms"),
]


@pytest.mark.parametrize(("build", "reason"), REFUSED, ids=[str(at) for at in range(len(REFUSED))])
def test_wrong_patterns_are_refused_where_they_are_built(build: Callable[[], Any], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        build()
    # the user's own line is in the traceback, and the one above the library's
    lines = [entry.path for entry in caught.traceback if "flott" not in str(entry.path).rsplit("/python/", 1)[-1]]
    assert str(lines[-1]).endswith("test_patterns.py")


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: start().where(3), "takes a function of the event, or of .event, ctx."),
        (lambda: start().where(lambda: True), "must take the event, or .event, ctx."),
        (lambda: start().where(lambda a, b, c: True), "must take the event, or .event, ctx."),
        (lambda: start().where(SimpleCondition), "takes an object, not the class; make one: SimpleCondition"),
        (lambda: start().subtype("int"), "takes a class"),
        (lambda: start().next(3), "takes the name of a pattern or a Pattern"),
        (lambda: start().times("3"), "takes a whole number"),
        (lambda: start().within("10 s"), "takes a Duration, a Time, a timedelta or milliseconds"),
        (lambda: start().within(10, "previous"), "takes a WithinType"),
        (lambda: Pattern.begin("a", "no_skip"), "takes an AfterMatchSkipStrategy"),
        (lambda: AfterMatchSkipStrategy.no_skip().throw_exception_on_miss(), "goes with skip_to_first"),
        (lambda: AfterMatchSkipStrategy.skip_to_first(""), "takes the name of a pattern"),
        (lambda: CEP.pattern(None, "pattern"), "takes a Pattern"),  # type: ignore[arg-type]
        (lambda: whole(start()).side_output_late_data("late"), "takes an OutputTag"),
        (lambda: whole(start()).select(lambda match: 1, lambda match: 2), "takes a function, or an OutputTag"),
        (lambda: whole(start()).process(lambda match: 1), "extends PatternProcessFunction"),
    ],
)
def test_wrong_arguments_are_refused(build: Callable[[], Any], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        build()


@pytest.mark.parametrize("ten_seconds", [10_000, timedelta(seconds=10), Duration.of_seconds(10), Time.seconds(10)])
def test_a_time_may_be_written_in_each_way(ten_seconds: Any) -> None:
    assert "a match takes less than 10000 ms" in start().within(ten_seconds).explain()


def big(event: Any) -> bool:
    return bool(event > 10)


class Rising(IterativeCondition):
    def filter(self, value: Any, ctx: IterativeCondition.Context) -> bool:
        return True


def test_explain_tells_states_and_transitions() -> None:
    truth = lambda e: e  # noqa: E731 - explain() tells the line
    where = f"lambda (test_patterns.py:{truth.__code__.co_firstlineno})"
    pattern = Pattern.begin("a").where(big).followed_by("b").where(Rising()).or_(truth)
    assert pattern.explain() == (
        "state 'a', where every match begins\n"
        "  take    -> 'b' if big\n"
        "state 'b'\n"
        f"  take    -> '$endState$' if Rising or {where}\n"
        f"  ignore  -> 'b' if not (Rising or {where})\n"
        "state '$endState$': the match is complete\n"
    )
    assert pattern._repr_svg_().startswith("<svg ")


def test_a_pattern_travels_by_pickle() -> None:
    group = Pattern.begin(Pattern.begin("b").where(Rising()).next("c"))
    pattern = Pattern.begin("a", AfterMatchSkipStrategy.skip_to_next()).where(big).times(2, 3).followed_by(group)
    pattern = pattern.one_or_more().within(Duration.of_seconds(1))
    copy = pickle.loads(pickle.dumps(pattern))
    assert isinstance(copy, GroupPattern)
    assert copy.explain() == pattern.explain()
    assert repr(copy).startswith("GroupPattern(begin('a', AfterMatchSkipStrategy.skip_to_next()).where(")
