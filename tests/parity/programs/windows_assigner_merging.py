"""An assigner of the program's own whose windows merge: sessions that a record can end, and never longer than 50.

compare: lines in any order
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeTrigger, MergingWindowAssigner, TimeWindow, TimeWindowSerializer

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Visits(MergingWindowAssigner):
    def assign_windows(self, element, timestamp, context):
        return [TimeWindow(timestamp, timestamp + (1 if element[2] == "logout" else 20))]

    def merge_windows(self, windows, callback):
        group, members = None, []
        for window in sorted(windows, key=lambda window: (window.start, window.end)):
            # windows that only touch stay apart
            if group is not None and window.start < group.end and window.end - group.start <= 50:
                group = group.cover(window)
                members.append(window)
                continue
            if len(members) > 1:
                callback.merge(members, group)
            group, members = window, [window]
        if len(members) > 1:
            callback.merge(members, group)

    def get_default_trigger(self, env):
        return EventTimeTrigger()

    def get_window_serializer(self):
        return TimeWindowSerializer()

    def is_event_time(self):
        return True


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time, _ in elements)}"


records = [
    ("a", 0, "login"), ("a", 15, "page"), ("a", 29, "page"), ("a", 45, "page"), ("a", 60, "page"), ("b", 3, "login"),
    ("b", 23, "page"), ("b", 30, "logout"), ("b", 100, "login"), ("b", 90, "page"), ("c", 7, "logout"), ("a", 64, "x"),
    ("c", 27, "page"), ("b", 110, "logout"), ("b", 115, "page"),
]  # fmt: skip
(
    env.from_collection(records, type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.STRING()]))
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .window(Visits())
    .process(Show(), output_type=Types.STRING())
    .print()
)
env.execute("merging windows of its own")
