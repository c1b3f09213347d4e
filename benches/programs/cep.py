"""Three rising orders of a user within a minute; the conditions are Python functions.

usage: cep.py IN OUT
"""

import sys

from order_pattern import matches, orders
from outcome import run

from flott.cep import AfterMatchSkipStrategy, Pattern
from flott.common import Duration
from flott.datastream import StreamExecutionEnvironment

source, out = sys.argv[1:]
env = StreamExecutionEnvironment.get_execution_environment()
rising = (
    Pattern.begin("a", AfterMatchSkipStrategy.skip_past_last_event())
    .next("b")
    .where(lambda order, ctx: order.total_amount > ctx.get_events_for_pattern("a")[0].total_amount)
    .next("c")
    .where(lambda order, ctx: order.total_amount > ctx.get_events_for_pattern("b")[0].total_amount)
    .within(Duration.of_minutes(1))
)
matches(orders(env, source), rising, out)
run(env)
