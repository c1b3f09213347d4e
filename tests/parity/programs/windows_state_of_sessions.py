"""Windows that merge have no state of their own, only that of their key.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import EventTimeSessionWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Try(ProcessWindowFunction):
    def process(self, key, context, elements):
        own = context.window_state()
        for name, ask in (
            ("value", lambda: own.get_state(ValueStateDescriptor("value", Types.INT()))),
            ("list", lambda: own.get_list_state(ListStateDescriptor("list", Types.INT()))),
            ("map", lambda: own.get_map_state(MapStateDescriptor("map", Types.INT(), Types.INT()))),
        ):
            try:
                ask()
                yield f"{key} {name}: there is one"
            except Exception:
                yield f"{key} {name}: refused"
        sessions = context.global_state().get_list_state(ListStateDescriptor("sessions", Types.LONG()))
        sessions.add(context.window().start)
        yield f"{key}: {list(sessions.get())}"


(
    env.from_collection(
        [("a", 1), ("b", 2), ("a", 12), ("a", 3), ("a", 100)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(EventTimeSessionWindows.with_gap(Time.milliseconds(5)))
    .process(Try(), output_type=Types.STRING())
    .print()
)
env.execute("state of sessions")
