"""All that can be done to a broadcast state, seen from the side that may write."""

from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
descriptor = MapStateDescriptor("state", Types.STRING(), Types.INT())


class Commands(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        return []

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(descriptor)
        command, *rest = value.split()
        if command == "put":
            state.put(rest[0], int(rest[1]))
        elif command == "set":
            state[rest[0]] = int(rest[1])
        elif command == "all":
            for word in rest:
                state[word] = len(word)
        elif command == "remove":
            state.remove(rest[0])
        elif command == "del":
            del state[rest[0]]
        elif command == "clear":
            state.clear()
        elif command == "get":
            yield f"{state.get(rest[0])} {state[rest[0]]} {rest[0] in state} {state.contains(rest[0])}"
        yield (
            f"{value}: {sorted(state.items())} {sorted(state.keys())} {sorted(state.values())} "
            f"{sorted(state)} {state.is_empty()}"
        )


commands = env.from_collection(
    ["none", "put a 1", "put b 2", "put a 3", "get a", "get x", "all one three", "remove a", "remove a", "set z 26",
     "del b", "get z", "clear", "get z", "put again 1"],
    type_info=Types.STRING(),
)  # fmt: skip
nothing = env.from_collection([0], type_info=Types.INT())
nothing.connect(commands.broadcast(descriptor)).process(Commands(), output_type=Types.STRING()).print()
env.execute("commands")
