"""Windows by the machine's clock that are open when the input ends never fire; with a count they fire before.

compare: lines in any order
"""

from pyflink.common import Time, Types
from pyflink.datastream import StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import (
    ContinuousProcessingTimeTrigger,
    CountTrigger,
    GlobalWindows,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SlidingProcessingTimeWindows,
    TumblingProcessingTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {list(inputs)}"]


class Length(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {(window.end - window.start) // 86_400_000} days: {list(inputs)}"]


keyed = env.from_collection(list(range(7)), type_info=Types.INT()).key_by(lambda n: n % 2, key_type=Types.INT())
days = Time.days
# decades: whenever this runs, all records are in the same windows
tumbling = TumblingProcessingTimeWindows.of(days(20_000), days(1))
for name, trigger in (
    ("nothing", ProcessingTimeTrigger.create()),
    ("nothing_too", ContinuousProcessingTimeTrigger.of(days(20_000))),
    ("tumbling", CountTrigger.of(3)),
):
    keyed.window(tumbling).trigger(trigger).apply(Show(), output_type=Types.STRING()).print(name)
sliding = keyed.window(SlidingProcessingTimeWindows.of(days(20_000), days(10_000)))
sliding.trigger(CountTrigger.of(3)).apply(Length(), output_type=Types.STRING()).print("sliding")
sessions = keyed.window(ProcessingTimeSessionWindows.with_gap(days(1)))
sessions.trigger(PurgingTrigger.of(CountTrigger.of(2))).apply(Show(), output_type=Types.STRING()).print("session")
sessions.apply(Show(), output_type=Types.STRING()).print("nothing_at_all")
keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(3)).apply(Show(), Types.STRING()).print("global")
env.execute("the machine's clock")
