"""An assigner of the program's own: windows by what records say, with the runtime context and its state of the key.

compare: lines in any order
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import EventTimeTrigger, TimeWindow, TimeWindowSerializer, WindowAssigner

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class OfEventTime(WindowAssigner):
    def get_default_trigger(self, env):
        return EventTimeTrigger()

    def get_window_serializer(self):
        return TimeWindowSerializer()

    def is_event_time(self):
        return True


class ByLength(OfEventTime):
    """Each record names the length of its window; one of 0 is in none, a negative one in two."""

    def assign_windows(self, element, timestamp, context):
        length = element[2]
        if length == 0:
            return []
        start = timestamp - timestamp % abs(length)
        windows = [TimeWindow(start, start + abs(length))]
        return windows if length > 0 else [*windows, TimeWindow(start + abs(length), start + 2 * abs(length))]


class Growing(OfEventTime):
    """The first window of a key is 10 long, the next 20, and so on: counted in state."""

    count = ValueStateDescriptor("count", Types.INT())

    def assign_windows(self, element, timestamp, context):
        count = context.get_runtime_context().get_state(self.count)
        number = (count.value() or 0) + 1
        count.update(number)
        assert context.get_current_processing_time() > 1_600_000_000_000
        return [TimeWindow(timestamp, timestamp + 10 * number)]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {[time for _, time, _ in elements]}"


keyed = (
    env.from_collection(
        [
            ("a", 1, 10),
            ("a", 7, 10),
            ("b", 3, 5),
            ("a", 7, 0),
            ("b", 4, -10),
            ("a", 18, 20),
            ("b", 12, 10),
            ("a", 9, 20),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
keyed.window(ByLength()).process(Show(), output_type=Types.STRING()).print("length")
keyed.window(Growing()).process(Show(), output_type=Types.STRING()).print("growing")
keyed.window(ByLength()).reduce(lambda a, b: (a[0], a[1] + b[1], 0)).print("reduced")
env.execute("an assigner of its own")
