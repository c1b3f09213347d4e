"""Two keyed steps, each operator with a parallelism of its own; the totals come at the end of the input.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import KeyedProcessFunction, OutputTag, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
large = OutputTag("large", Types.LONG())


class Total(KeyedProcessFunction):
    def __init__(self, name):
        self.name = name

    def open(self, runtime_context):
        self.sum = runtime_context.get_state(ValueStateDescriptor(f"{self.name} sum", Types.LONG()))
        self.last_digits = runtime_context.get_map_state(
            MapStateDescriptor(f"{self.name} digits", Types.LONG(), Types.LONG())
        )

    def process_element(self, value, ctx):
        number = value[1]
        if 497 < number <= 500:
            yield large, number
        self.sum.update((self.sum.value() or 0) + number)
        self.last_digits.put(number % 10, (self.last_digits.get(number % 10) or 0) + 1)
        ctx.timer_service().register_event_time_timer(2**63 - 1)

    def on_timer(self, timestamp, ctx):
        yield (
            ctx.get_current_key(),
            self.sum.value(),
            sum(self.last_digits.values()),
            len(list(self.last_digits.keys())),
        )


total = Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG(), Types.LONG()])
numbers = env.from_source(NumberSequenceSource(1, 500), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
totals = (
    numbers.rebalance()
    .map(lambda n: (f"key {n % 7}", n), output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
    .set_parallelism(2)
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .process(Total("first"), output_type=total)
    .set_parallelism(3)
)
totals.print("totals")
totals.get_side_output(large).print("large")
totals.map(lambda t: (f"{int(t[0][-1]) % 2}", t[1]), output_type=Types.TUPLE([Types.STRING(), Types.LONG()])).key_by(
    lambda pair: pair[0], key_type=Types.STRING()
).process(Total("second"), output_type=total).set_parallelism(2).print("of_totals")
env.execute("totals of totals")
