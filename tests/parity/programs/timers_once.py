"""One timer a key and time, however often it is set; a deleted one doesn't fire, also if it never was set.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Alarm(KeyedProcessFunction):
    def open(self, runtime_context):
        self.fired = runtime_context.get_state(ValueStateDescriptor("fired", Types.INT()))

    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        _, command, time = value
        if command == "set":
            timers.register_event_time_timer(time)
        else:
            timers.delete_event_time_timer(time)
        yield f"{value}"

    def on_timer(self, timestamp, ctx):
        self.fired.update((self.fired.value() or 0) + 1)
        yield f"{ctx.get_current_key()} {timestamp}: timer {self.fired.value()} of this key"


commands = [
    ("a", "set", 5), ("a", "set", 5), ("b", "set", 5), ("a", "set", 7), ("b", "delete", 7), ("a", "delete", 7),
    ("b", "set", 9), ("b", "delete", 9), ("b", "set", 9), ("c", "delete", 1), ("a", "set", 6),
]  # fmt: skip
env.from_collection(commands, type_info=Types.TUPLE([Types.STRING(), Types.STRING(), Types.LONG()])).key_by(
    lambda command: command[0], key_type=Types.STRING()
).process(Alarm(), output_type=Types.STRING()).print()
env.execute("timers are kept once")
