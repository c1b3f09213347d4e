"""Solution of exercise 2.4."""

from collections.abc import Callable

from flott.datastream import MapFunction, RuntimeContext


class WithName(MapFunction):
    def __init__(self, load: Callable[[], dict[str, str]]) -> None:
        self.load = load

    def open(self, runtime_context: RuntimeContext) -> None:
        self.names = self.load()

    def map(self, value: dict[str, str]) -> dict[str, str]:
        return {**value, "name": self.names.get(value["id"], "?")}
