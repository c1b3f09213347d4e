"""Two broadcast states, of different types, on one stream; both outlive the record that wrote them."""

from pyflink.common import Row, Types
from pyflink.datastream import BroadcastProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.data_stream import BroadcastConnectedStream, BroadcastStream
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
by_number = MapStateDescriptor("by number", Types.INT(), Types.ROW([Types.INT(), Types.STRING()]))
lists = MapStateDescriptor("lists", Types.STRING(), Types.LIST(Types.INT()))


class Keep(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        return []

    def process_broadcast_element(self, value, ctx):
        rows, numbers = ctx.get_broadcast_state(by_number), ctx.get_broadcast_state(lists)
        rows.put(value, Row(value * 2, str(value)))
        parity = "odd" if value % 2 else "even"
        numbers.put(parity, (numbers.get(parity) or []) + [value])
        yield f"{sorted(numbers.items())} {[tuple(row) for _, row in sorted(rows.items())]}"


numbers = env.from_collection([3, 1, 2, 3], type_info=Types.INT())
broadcast = numbers.broadcast(by_number, lists)
connected = env.from_collection(["x"], type_info=Types.STRING()).connect(broadcast)
print(isinstance(broadcast, BroadcastStream), isinstance(connected, BroadcastConnectedStream))
connected.process(Keep(), output_type=Types.STRING()).print()
env.execute("two states")
