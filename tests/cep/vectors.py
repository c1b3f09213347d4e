"""The cases of `src/cep/vectors.json` in terms of `flott.cep`: events, conditions, patterns, comparison."""

from __future__ import annotations

import json
import operator
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flott.cep import AfterMatchSkipStrategy, Pattern, WithinType

Case = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """`place` is that in the case; two events of a case may be equal otherwise."""

    place: int
    id: int
    name: str
    price: float


@dataclass(frozen=True)
class SubEvent(Event):
    volume: float = 0.0


SUBTYPES = {"SubEvent": SubEvent}


def cases() -> list[tuple[str, Case]]:
    """All cases by `group.test`."""
    there = Path(__file__).parents[2] / "src" / "cep" / "vectors.json"
    groups = json.loads(Path(os.environ.get("FLOTT_CEP_VECTORS") or there).read_text(encoding="utf-8"))
    return [(f"{group}.{case['test']}", case) for group, of in groups.items() for case in of]


def events(case: Case) -> list[tuple[Event, int]]:
    """The events with their times; those without one have all the same.

    A matcher is fed in the order of the case, a stream in that of time: an event before the last one counts as of its
    time.
    """
    made = []
    latest = 0
    for place, fields in enumerate(case["events"]):
        plain = (place, fields["id"], fields["name"], fields["price"])
        event = SubEvent(*plain, fields["volume"]) if fields.get("type") == "SubEvent" else Event(*plain)
        latest = max(latest, fields["ts"] or 0)
        made.append((event, latest))
    return made


def comparable(case: Case, matches: list[list[int]]) -> list[list[tuple[str, float, int]]]:
    """Inside a match events in the order of name, price and id, as Flink compares them."""
    of = case["events"]

    def key(place: int) -> tuple[str, float, int]:
        return of[place]["name"], of[place]["price"], of[place]["id"]

    return sorted(sorted(map(key, match)) for match in matches)


_OPERATORS: dict[str, Callable[..., Any]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "gt": operator.gt, "le": operator.le, "ge": operator.ge,
    "contains": lambda text, part: part in text, "startsWith": str.startswith, "endsWith": str.endswith,
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "mod": operator.mod,
    "and": lambda *all_of: all(all_of), "or": lambda *any_of: any(any_of), "not": operator.not_,
}  # fmt: skip


def _sum(ctx: Any, name: str) -> float:
    return float(sum(event.price for event in ctx.get_events_for_pattern(name)))


#: Java conditions by the part of their text, without spaces, that tells them apart.
_CUSTOM: dict[str, Callable[[Any, Any], bool]] = {
    'returnvalue.getName().contains("b")&&ctx.getEventsForPattern("a")': lambda e, ctx: (
        "b" in e.name and ctx.get_events_for_pattern("a")[0].price == e.price
    ),
    'for(Eventmiddle:ctx.getEventsForPattern("middle")){sum+=middle.getPrice();}returnsum==6.0': lambda e, ctx: (
        _sum(ctx, "middle") == 6.0
    ),
    'returnIterators.size(ctx.getEventsForPattern("d").iterator())==3': lambda e, ctx: (
        len(ctx.get_events_for_pattern("d")) == 3
    ),
    'for(Eventevent:ctx.getEventsForPattern("start")){sum+=event.getPrice();}returnDouble.compare(sum,2.0)>=0': (
        lambda e, ctx: e.name == "end" and _sum(ctx, "start") >= 2.0
    ),
    'for(Evente:ctx.getEventsForPattern("middle2")){sum+=e.getPrice();}sum+=value.getPrice();return': lambda e, ctx: (
        e.name == "start" and _sum(ctx, "middle2") + e.price <= 5.0
    ),
}
_CLASSES: dict[str, Callable[[Any, Any], bool]] = {
    "MySubeventIterCondition": lambda e, ctx: e.name.startswith("foo") and _sum(ctx, "middle") + e.price < 5.0,
    "MyEventIterCondition": lambda e, ctx: e.name == "start" and _sum(ctx, "start") + e.price < 5.0,
}


def condition(tree: Any) -> Callable[..., bool]:
    if "custom" in tree:
        squeezed = re.sub(r"\s", "", tree["custom"])
        known = [function for part, function in _CUSTOM.items() if part in squeezed]
        assert known, f"unknown custom condition: {tree['custom']}"
        return known[0]
    if "custom_class" in tree:
        assert tree["custom_class"] in _CLASSES, f"unknown custom condition: {tree['custom_class']}"
        return _CLASSES[tree["custom_class"]]
    value(tree, Event(0, 0, "", 0.0))
    return lambda event: bool(value(tree, event))


def value(tree: Any, event: Event) -> Any:
    if not isinstance(tree, dict):
        return tree
    ((call, of),) = tree.items()
    if call == "field":
        return getattr(event, of)
    if call == "const":
        return value(of, event)
    assert call in _OPERATORS, f"unknown operation '{call}'"
    return _OPERATORS[call](*(value(each, event) for each in (of if isinstance(of, list) else [of])))


def skip(spec: list[Any]) -> AfterMatchSkipStrategy:
    names = {
        "noSkip": "no_skip",
        "skipToNext": "skip_to_next",
        "skipPastLastEvent": "skip_past_last_event",
        "skipToFirst": "skip_to_first",
        "skipToLast": "skip_to_last",
    }
    miss = "throwExceptionOnMiss" in spec
    strategy: AfterMatchSkipStrategy = getattr(AfterMatchSkipStrategy, names[spec[0]])(
        *[name for name in spec[1:] if name != "throwExceptionOnMiss"]
    )
    return strategy.throw_exception_on_miss() if miss else strategy


_CALLS = {
    "next": "next", "followedBy": "followed_by", "followedByAny": "followed_by_any", "notNext": "not_next",
    "notFollowedBy": "not_followed_by", "optional": "optional", "greedy": "greedy", "consecutive": "consecutive",
    "allowCombinations": "allow_combinations",
}  # fmt: skip


def pattern(calls: list[Any], strategy: AfterMatchSkipStrategy | None = None, gap: int | None = None) -> Pattern:
    """:param gap: the time between events that repeat, where the case leaves it out (ms)"""
    built: Any = None
    for entry in calls:
        call, argument = next(iter(entry.items()))
        if call in ("begin", "begin_group"):
            built = Pattern.begin(pattern(argument, gap=gap) if call == "begin_group" else argument, strategy)
        elif call.endswith("_group"):
            built = getattr(built, _CALLS[call.removesuffix("_group")])(pattern(argument, gap=gap))
        elif call in ("where", "or", "until"):
            built = getattr(built, "or_" if call == "or" else call)(condition(argument))
        elif call == "subtype":
            built = built.subtype(SUBTYPES[argument])
        elif call == "within":
            built = built.within(argument, WithinType[entry.get("within_type", "FIRST_AND_LAST")])
        elif call == "oneOrMore":
            built = built.one_or_more(argument[0] if argument else gap)
        elif call == "times":
            least, most = argument[0], argument[1] if len(argument) > 1 else argument[0]
            built = built.times(least, most, argument[2] if len(argument) > 2 else gap)
        elif call == "timesOrMore":
            built = built.times_or_more(argument[0], argument[1] if len(argument) > 1 else gap)
        elif argument is True:
            built = getattr(built, _CALLS[call])()
        else:
            built = getattr(built, _CALLS[call])(argument)
    made: Pattern = built
    return made


def gaps(name: str) -> list[int | None]:
    """Flink runs each test of two classes twice: without a time between the events that repeat, and with 3 ms. The
    cases leave that argument out, and have the matches of one of the two runs."""
    return [None, 3] if name.startswith(("TimesRangeITCase.", "TimesOrMoreITCase.")) else [None]
