"""Without a strategy there are no timestamps and no watermark until the input ends.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class Show(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} {ctx.timestamp()} {ctx.timer_service().current_watermark()}"


class ShowKeyed(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(2**63 - 1)
        yield f"{value} {ctx.timestamp()} {ctx.timer_service().current_watermark()}"

    def on_timer(self, timestamp, ctx):
        yield f"end: {ctx.get_current_key()} {timestamp} {ctx.timer_service().current_watermark()}"


numbers = env.from_collection([1, 2, 3], type_info=Types.INT())
numbers.process(Show(), output_type=Types.STRING()).print("process")
numbers.key_by(lambda n: n % 2, key_type=Types.INT()).process(ShowKeyed(), output_type=Types.STRING()).print("keyed")
env.execute("no time")
