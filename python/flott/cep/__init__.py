"""Complex event processing: patterns of events in a stream. Flink's Java CEP library in PyFlink's naming::

    from flott.cep import CEP, Pattern

    pattern = (
        Pattern.begin("failed").where(lambda e: e["type"] == "fail").times(3)
        .followed_by("paid").where(lambda e: e["type"] == "pay")
        .within(Duration.of_minutes(10))
    )
    CEP.pattern(events.key_by(lambda e: e["user"]), pattern).select(lambda match: match["paid"][0])

PyFlink has no CEP; a program that uses this package runs on PyFlink too (``flott run --target flink``).

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/cep/
"""

from __future__ import annotations

from flott.cep.after_match import AfterMatchSkipStrategy
from flott.cep.conditions import IterativeCondition, RichIterativeCondition, SimpleCondition
from flott.cep.expressions import first, last
from flott.cep.functions import (
    PatternFlatSelectFunction,
    PatternFlatTimeoutFunction,
    PatternProcessFunction,
    PatternSelectFunction,
    PatternTimeoutFunction,
    TimedOutPartialMatchHandler,
)
from flott.cep.pattern import GroupPattern, Pattern, WithinType
from flott.cep.pattern_stream import CEP, PatternStream

__all__ = [
    "CEP",
    "AfterMatchSkipStrategy",
    "GroupPattern",
    "IterativeCondition",
    "Pattern",
    "PatternFlatSelectFunction",
    "PatternFlatTimeoutFunction",
    "PatternProcessFunction",
    "PatternSelectFunction",
    "PatternStream",
    "PatternTimeoutFunction",
    "RichIterativeCondition",
    "SimpleCondition",
    "TimedOutPartialMatchHandler",
    "WithinType",
    "first",
    "last",
]
