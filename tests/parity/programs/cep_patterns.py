"""Patterns of events: on PyFlink the same matcher in a process function, with Flink's state and timers.

compare: lines in any order
"""

from collections.abc import Iterable
from typing import Any

from pyflink.common import Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, StreamExecutionEnvironment

from flott.cep import CEP, AfterMatchSkipStrategy, Pattern, PatternProcessFunction, TimedOutPartialMatchHandler

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class When(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        time: int = value[1]
        return time


def timed(events: list[tuple[str, int, str, int]]) -> Any:
    """Events `(user, time, what, number)`; the watermark follows at the end."""
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(100)).with_timestamp_assigner(When())
    return env.from_collection(events).assign_timestamps_and_watermarks(strategy).key_by(lambda e: e[0], Types.STRING())


Match = dict[str, list[Any]]


def shown(match: Match) -> str:
    return " ".join(f"{name}={[event[3] for event in events]}" for name, events in match.items())


# three numbers that rise, out of order in the stream
prices = timed(
    [
        ("x", 30, "p", 3),
        ("y", 10, "p", 9),
        ("x", 10, "p", 1),
        ("x", 20, "p", 2),
        ("y", 20, "p", 10),
        ("x", 40, "p", 4),
        ("y", 30, "p", 11),
        ("x", 50, "p", 5),
        ("x", 60, "p", 6),
        ("y", 2000, "p", 12),
    ]
)
rising = (
    Pattern.begin("a", AfterMatchSkipStrategy.skip_past_last_event())
    .next("b")
    .where(lambda e, ctx: e[3] > ctx.get_events_for_pattern("a")[0][3])
    .next("c")
    .where(lambda e, ctx: e[3] > ctx.get_events_for_pattern("b")[0][3])
    .within(Duration.of_seconds(1))
)
CEP.pattern(prices, rising).select(lambda match: f"rising {shown(match)}", output_type=Types.STRING()).print()

# a loop, a group, a pattern that must not come
steps = timed(
    [
        ("x", 1, "in", 1),
        ("x", 2, "view", 2),
        ("x", 3, "view", 3),
        ("x", 4, "other", 4),
        ("x", 5, "buy", 5),
        ("x", 6, "pay", 6),
        ("y", 1, "in", 7),
        ("y", 2, "view", 8),
        ("y", 3, "out", 9),
        ("y", 4, "buy", 10),
        ("y", 5, "pay", 11),
    ]
)
bought = (
    Pattern.begin("in")
    .where(lambda e: e[2] == "in")
    .followed_by("views")
    .where(lambda e: e[2] == "view")
    .one_or_more()
    .allow_combinations()
    .not_followed_by("out")
    .where(lambda e: e[2] == "out")
    .followed_by(Pattern.begin("buy").where(lambda e: e[2] == "buy").next("pay").where(lambda e: e[2] == "pay"))
)
CEP.pattern(steps, bought).flat_select(lambda match: [f"bought {shown(match)}"], output_type=Types.STRING()).print()

# partial matches that run out of time, and one that is complete when it does
unpaid = OutputTag("unpaid", Types.STRING())


class Payment(PatternProcessFunction, TimedOutPartialMatchHandler):
    def process_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterable[Any]:
        yield f"paid {shown(match)} at {ctx.timestamp()}"

    def process_timed_out_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterable[Any]:
        yield unpaid, f"unpaid {shown(match)} at {ctx.timestamp()}"


orders = timed(
    [
        ("1", 0, "order", 1),
        ("2", 10, "order", 2),
        ("1", 99, "pay", 1),
        ("2", 110, "pay", 2),
        ("3", 20, "order", 3),
    ]
)
ordered = Pattern.begin("order").where(lambda e: e[2] == "order")
paid = CEP.pattern(orders, ordered.followed_by("pay").where(lambda e: e[2] == "pay").within(100)).process(
    Payment(), Types.STRING()
)
paid.print()
paid.get_side_output(unpaid).print()
silent = (
    Pattern.begin("order").where(lambda e: e[2] == "order").not_followed_by("pay").where(lambda e: e[2] == "pay")
).within(100)
CEP.pattern(orders, silent).select(lambda match: f"silent {shown(match)}", output_type=Types.STRING()).print()

env.execute()
