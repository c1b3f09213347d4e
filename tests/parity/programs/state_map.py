"""A map for each key, and its methods.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Edit(KeyedProcessFunction):
    def open(self, runtime_context):
        self.map = runtime_context.get_map_state(MapStateDescriptor("map", Types.STRING(), Types.INT()))

    def process_element(self, value, ctx):
        _, command, *rest = value.split()
        found = ""
        if command == "put":
            self.map.put(rest[0], int(rest[1]))
        elif command == "set":
            self.map[rest[0]] = int(rest[1])
        elif command == "all":
            for word in rest:
                self.map.put(word, len(word))
        elif command == "remove":
            self.map.remove(rest[0])
        elif command == "del":
            del self.map[rest[0]]
        elif command == "clear":
            self.map.clear()
        elif command == "get":
            found = f"{self.map.get(rest[0])} {self.map[rest[0]]} {rest[0] in self.map} {self.map.contains(rest[0])}"
        yield (
            f"{value}: {found} {sorted(self.map.items())} {sorted(self.map.keys())} {sorted(self.map.values())} "
            f"{sorted(self.map)} {self.map.is_empty()}"
        )


commands = env.from_collection(
    ["a none", "a put x 1", "b put y 2", "a put x 3", "a get x", "b get x", "a all one three", "a remove x",
     "a remove x", "a set z 26", "a del one", "a get one", "b get y", "a clear", "a get z", "a put x 1", "b all"],
    type_info=Types.STRING(),
)  # fmt: skip
commands.key_by(lambda command: command[0], key_type=Types.STRING()).process(Edit(), output_type=Types.STRING()).print()
env.execute("map state")
