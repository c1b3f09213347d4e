"""Side outputs of a keyed process function, from records and from timers; three tags, one of them twice.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
first = OutputTag("first", Types.STRING())
large = OutputTag("large", Types.TUPLE([Types.STRING(), Types.INT()]))
at_the_end = OutputTag("at the end", Types.ROW_NAMED(["key", "count"], [Types.STRING(), Types.INT()]))


class Route(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(self, value, ctx):
        if self.count.value() is None:
            yield first, value[0]
            ctx.timer_service().register_event_time_timer(1)
        self.count.update((self.count.value() or 0) + 1)
        if value[1] > 10:
            yield large, value
            yield large, (value[0].upper(), value[1] // 10)
        else:
            yield value[1]

    def on_timer(self, timestamp, ctx):
        yield at_the_end, Row(ctx.get_current_key(), self.count.value())
        yield -self.count.value()


pairs = [("a", 1), ("b", 20), ("a", 30), ("c", 3), ("b", 4), ("a", 5)]
routed = (
    env.from_collection(pairs, type_info=Types.TUPLE([Types.STRING(), Types.INT()]))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .process(Route(), output_type=Types.INT())
)
routed.print("main")
routed.get_side_output(first).print("first")
routed.get_side_output(large).print("large")
routed.get_side_output(large).map(lambda pair: pair[1], output_type=Types.INT()).print("numbers")
routed.get_side_output(at_the_end).map(lambda row: f"{row.key} {row.count}", output_type=Types.STRING()).print("end")
env.execute("sides of a keyed process function")
