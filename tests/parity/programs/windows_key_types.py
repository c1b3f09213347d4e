"""Windows by keys of each type, also None: each key has its own windows.

compare: lines in any order
"""

from pyflink.common import Row, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key!r} {window.start}: {list(inputs)}"]


numbers = env.from_collection([1, 2, 3, 4, 11, 12, 5], type_info=Types.LONG()).assign_timestamps_and_watermarks(
    WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself())
)
for name, key, key_type in (
    ("int", lambda n: n % 2, Types.INT()),
    ("long", lambda n: (n % 2) << 40, Types.LONG()),
    ("string", lambda n: "even" if n % 2 == 0 else "ödd", Types.STRING()),
    ("boolean", lambda n: n % 2 == 0, Types.BOOLEAN()),
    ("double", lambda n: n % 2 / 4, Types.DOUBLE()),
    ("tuple", lambda n: (n % 2, "x"), Types.TUPLE([Types.INT(), Types.STRING()])),
    ("row", lambda n: Row(n % 2, "x"), Types.ROW([Types.INT(), Types.STRING()])),
    ("untyped", lambda n: (n % 2, None), None),
    ("none", lambda n: None if n % 2 else "even", None),
):
    windows = numbers.key_by(key, key_type=key_type).window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    windows.apply(Show(), output_type=Types.STRING()).print(name)
env.execute("keys of windows")
