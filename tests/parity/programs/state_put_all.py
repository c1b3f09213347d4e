"""Several entries of a map state at once: PyFlink takes pairs, so a dict's items().

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
descriptor = MapStateDescriptor("state", Types.STRING(), Types.INT())


class Keyed(KeyedProcessFunction):
    def open(self, runtime_context):
        self.map = runtime_context.get_map_state(MapStateDescriptor("map", Types.STRING(), Types.INT()))

    def process_element(self, value, ctx):
        self.map.put_all({word: len(word) for word in value.split()}.items())
        yield f"{sorted(self.map.items())} {self.map.is_empty()}"


class Broadcast(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        return []

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(descriptor)
        state.put_all([(word, len(word)) for word in value.split()])
        yield f"{sorted(state.items())} {state.is_empty()}"


lines = env.from_collection(["to be", "or", "not to be"], type_info=Types.STRING())
lines.key_by(lambda line: line[0], key_type=Types.STRING()).process(Keyed(), output_type=Types.STRING()).print("keyed")
lines.connect(lines.broadcast(descriptor)).process(Broadcast(), output_type=Types.STRING()).print("broadcast")
env.execute("put_all")
