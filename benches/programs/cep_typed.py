"""Three rising orders of a user within a minute; the conditions run on columns, Python makes the line of a match.

usage: cep_typed.py IN OUT
"""

import sys

from order_pattern import matches, orders
from outcome import run

from flott.cep import AfterMatchSkipStrategy, Pattern, last
from flott.common import Duration
from flott.datastream import StreamExecutionEnvironment
from flott.table.expressions import col

source, out = sys.argv[1:]
env = StreamExecutionEnvironment.get_execution_environment()
rising = (
    Pattern.begin("a", AfterMatchSkipStrategy.skip_past_last_event())
    .next("b")
    .where(col("total_amount") > last("a", "total_amount"))
    .next("c")
    .where(col("total_amount") > last("b", "total_amount"))
    .within(Duration.of_minutes(1))
)
matches(orders(env, source), rising, out)
run(env)
