"""Timers for times that have passed: set in a timer at the end of the input, they fire all the same.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class Late(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(-value)
        ctx.timer_service().register_event_time_timer(value)

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} {timestamp}"
        if timestamp == ctx.get_current_key():
            ctx.timer_service().register_event_time_timer(timestamp - 50)
            ctx.timer_service().register_event_time_timer(-(2**63))


env.from_collection([100, 200], type_info=Types.LONG()).key_by(lambda value: value, key_type=Types.LONG()).process(
    Late(), output_type=Types.STRING()
).print()
env.execute("late timers")
