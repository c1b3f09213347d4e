"""A list for each key: add, add_all, update, clear, and both ways to read it.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Edit(KeyedProcessFunction):
    def open(self, runtime_context):
        self.numbers = runtime_context.get_list_state(ListStateDescriptor("numbers", Types.INT()))

    def process_element(self, value, ctx):
        _, command, arguments = value
        if command == "add":
            for argument in arguments:
                self.numbers.add(argument)
        elif command == "add_all":
            self.numbers.add_all(arguments)
        elif command == "update":
            self.numbers.update(arguments)
        elif command == "clear":
            self.numbers.clear()
        yield f"{value}: {list(self.numbers.get())} {[number + 0 for number in self.numbers]}"


commands = [
    ("a", "read", []), ("a", "add", [3, 1, 2]), ("b", "add_all", [9]), ("a", "add_all", [4, 4]), ("b", "clear", []),
    ("a", "update", [7, 8]), ("a", "add", [9]), ("b", "add", [1]), ("a", "clear", []), ("a", "add", [5]),
    ("b", "update", []), ("b", "add", [2]),
]  # fmt: skip
env.from_collection(commands).key_by(lambda command: command[0], key_type=Types.STRING()).process(
    Edit(), output_type=Types.STRING()
).print()
env.execute("list state")
