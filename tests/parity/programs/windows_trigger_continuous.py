"""Early results: at each multiple of an interval from the first record on, and at the window's end.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor
from pyflink.datastream.window import (
    ContinuousEventTimeTrigger,
    EventTimeSessionWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

FIRINGS = MapStateDescriptor("firings", Types.STRING(), Types.INT())
config = Configuration()
config.set_string("pipeline.auto-watermark-interval", "1 ms")
# each record is handed on at once, and a watermark follows each
config.set_string("python.fn-execution.bundle.size", "1")
config.set_string("flott.watermark-every", "1")
env = StreamExecutionEnvironment.get_execution_environment(config)
env.set_parallelism(1)


class Slow(TimestampAssigner):
    """Slower than the interval of watermarks, so that one comes before the next record."""

    def extract_timestamp(self, value, record_timestamp):
        time.sleep(0.02)
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        firings = context.global_state().get_map_state(FIRINGS)
        window = str(context.window())
        firings.put(window, (firings.get(window) or 0) + 1)
        yield f"{key} {window} firing {firings.get(window)}: {sorted(time for _, time in elements)}"


records = [("c", -5), ("a", 7), ("a", 13), ("b", 20), ("a", 39), ("b", 49), ("a", 51)]
# time goes on in steps so small that a timer sets the next one before that one's time has passed
ticks = [("tick", time) for time in range(-9, 115, 4)]
keyed = (
    env.from_collection(
        sorted(records + ticks, key=lambda pair: pair[1]), type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .filter(lambda pair: pair[0] != "tick")
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
)
ms = Time.milliseconds
ten = ContinuousEventTimeTrigger.of(ms(10))
for name, assigner, trigger in (
    ("tumbling", TumblingEventTimeWindows.of(ms(50)), ten),
    ("sliding", SlidingEventTimeWindows.of(ms(40), ms(20)), ten),
    ("session", EventTimeSessionWindows.with_gap(ms(15)), ten),
    ("uneven", TumblingEventTimeWindows.of(ms(50)), ContinuousEventTimeTrigger.of(ms(15))),
    ("longer", TumblingEventTimeWindows.of(ms(50)), ContinuousEventTimeTrigger.of(ms(1_000))),
    ("purging", TumblingEventTimeWindows.of(ms(50)), PurgingTrigger.of(ten)),
):
    keyed.window(assigner).trigger(trigger).process(Show(), output_type=Types.STRING()).print(name)
env.execute("early results")
