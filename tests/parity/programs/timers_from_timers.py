"""A timer that sets the next one, until five have fired; state goes from one to the next.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Ticks(KeyedProcessFunction):
    def open(self, runtime_context):
        self.ticks = runtime_context.get_list_state(ListStateDescriptor("ticks", Types.LONG()))

    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value)

    def on_timer(self, timestamp, ctx):
        self.ticks.add(timestamp)
        ticks = list(self.ticks.get())
        if len(ticks) < 5:
            ctx.timer_service().register_event_time_timer(timestamp + ctx.get_current_key())
        else:
            yield f"{ctx.get_current_key()}: {ticks}"


env.from_collection([10, 7], type_info=Types.LONG()).key_by(lambda value: value, key_type=Types.LONG()).process(
    Ticks(), output_type=Types.STRING()
).print()
env.execute("ticks")
