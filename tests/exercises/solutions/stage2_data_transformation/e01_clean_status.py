"""Solution of exercise 2.1."""

from flott.datastream import MapFunction


class CleanStatus(MapFunction):
    def map(self, value: dict[str, str]) -> dict[str, str]:
        return {**value, "status": value.get("status", "").strip().lower() or "pending"}
