"""Mistakes that only records show: execute() raises."""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class NoGap(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return element - 2


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key}"


class Fails(ProcessWindowFunction):
    def process(self, key, context, elements):
        raise ValueError("no result")


class FailsToClear(Show):
    def clear(self, context):
        raise ValueError("not cleared")


class FailsToAdd(AggregateFunction):
    def create_accumulator(self):
        return "text"

    def add(self, value, accumulator):
        return accumulator + value

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a


class Refuses(Trigger):
    def on_element(self, element, timestamp, window, ctx):
        if element == 2:
            raise ValueError("2")
        return TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        pass


def numbers(timed=True):
    stream = env.from_collection([3, 2, 1], type_info=Types.LONG())
    if timed:
        stream = stream.assign_timestamps_and_watermarks(
            WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself())
        )
    return stream.key_by(lambda n: 0, key_type=Types.INT())


tumbling = TumblingEventTimeWindows.of(Time.milliseconds(10))
sliding = SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))
for name, make in (
    ("tumbling without times", lambda: numbers(timed=False).window(tumbling).process(Show(), Types.STRING())),
    ("sliding without times", lambda: numbers(timed=False).window(sliding).process(Show(), Types.STRING())),
    ("times, but no mistake", lambda: numbers().window(sliding).process(Show(), Types.STRING())),
    (
        "session without a gap",
        lambda: numbers().window(EventTimeSessionWindows.with_dynamic_gap(NoGap())).process(Show(), Types.STRING()),
    ),
    ("failing function", lambda: numbers().window(tumbling).process(Fails(), Types.STRING())),
    ("failing clear", lambda: numbers().window(tumbling).process(FailsToClear(), Types.STRING())),
    ("failing aggregate", lambda: numbers().window(tumbling).aggregate(FailsToAdd(), output_type=Types.STRING())),
    ("failing trigger", lambda: numbers().window(tumbling).trigger(Refuses()).process(Show(), Types.STRING())),
):
    make().filter(lambda value: False).print()
    try:
        env.execute(name)
        print(name, "passes")
    except Exception:
        print(name, "refused")
