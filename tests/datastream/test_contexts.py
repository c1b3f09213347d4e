"""The contexts that the engine hands to functions count as PyFlink's classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flott.datastream import KeyedProcessFunction, ProcessFunction, StreamExecutionEnvironment
from flott.datastream.timerservice import TimerService


class Describe(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[tuple[bool, bool]]:
        yield isinstance(ctx, ProcessFunction.Context), isinstance(ctx.timer_service(), TimerService)


class DescribeKeyed(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[tuple[bool, Any]]:
        yield isinstance(ctx, KeyedProcessFunction.Context), ctx.get_current_key()


def test_a_process_functions_context() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    with env.from_collection([1]).process(Describe()).execute_and_collect() as results:
        assert list(results) == [(True, True)]


def test_a_keyed_process_functions_context() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    keyed = env.from_collection(["ab", "ac"]).key_by(lambda word: word[0])
    with keyed.process(DescribeKeyed()).execute_and_collect() as results:
        assert list(results) == [(True, "a"), (True, "a")]
