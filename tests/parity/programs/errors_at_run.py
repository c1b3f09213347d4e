"""Mistakes in functions end the job: execute() raises."""

from pyflink.common import Types
from pyflink.datastream import MapFunction, ProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_collection([1, 0], type_info=Types.INT())


class State(MapFunction):
    def open(self, runtime_context):
        self.state = runtime_context.get_state(ValueStateDescriptor("state", Types.INT()))

    def map(self, value):
        self.state.update(value)
        return value


class Timer(ProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(5)
        yield value


for name, stream in (
    ("exception", numbers.map(lambda n: 1 // n, output_type=Types.INT()).filter(lambda n: False)),
    ("state without a key", numbers.map(State(), output_type=Types.INT()).filter(lambda n: False)),
    ("timer without a key", numbers.process(Timer(), output_type=Types.INT()).filter(lambda n: False)),
):
    stream.print()
    try:
        env.execute(name)
        print(name, "passes")
    except Exception:
        print(name, "refused")
