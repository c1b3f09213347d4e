"""What is given up when a match is found.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/cep/#after-match-skip-strategy
"""

from __future__ import annotations

__all__ = ["AfterMatchSkipStrategy"]


class AfterMatchSkipStrategy:
    """To how many matches an event can belong; given to :meth:`Pattern.begin`::

    Pattern.begin("start", AfterMatchSkipStrategy.skip_past_last_event())
    """

    __slots__ = ("_must_exist", "_name", "_strategy")

    def __init__(self, strategy: str, name: str = "", must_exist: bool = False) -> None:
        """Use the static methods."""
        self._strategy, self._name, self._must_exist = strategy, name, must_exist

    @staticmethod
    def no_skip() -> AfterMatchSkipStrategy:
        """Every possible match is found; the default."""
        return AfterMatchSkipStrategy("no_skip")

    @staticmethod
    def skip_to_next() -> AfterMatchSkipStrategy:
        """Gives up every partial match that began with the same event as the match."""
        return AfterMatchSkipStrategy("skip_to_next")

    @staticmethod
    def skip_past_last_event() -> AfterMatchSkipStrategy:
        """Gives up every partial match that began before the match ended."""
        return AfterMatchSkipStrategy("skip_past_last_event")

    @staticmethod
    def skip_to_first(pattern_name: str) -> AfterMatchSkipStrategy:
        """Gives up every partial match that began before the first event of that pattern in the match."""
        return AfterMatchSkipStrategy("skip_to_first", _name(pattern_name, "skip_to_first"))

    @staticmethod
    def skip_to_last(pattern_name: str) -> AfterMatchSkipStrategy:
        """Gives up every partial match that began before the last event of that pattern in the match."""
        return AfterMatchSkipStrategy("skip_to_last", _name(pattern_name, "skip_to_last"))

    def throw_exception_on_miss(self) -> AfterMatchSkipStrategy:
        """The same strategy; a match without an event of the pattern fails the job, where nothing is skipped otherwise.

        :raises TypeError: for a strategy that skips to no pattern
        """
        if not self._name:
            raise TypeError(f"throw_exception_on_miss() goes with skip_to_first() and skip_to_last(), not {self!r}")
        return AfterMatchSkipStrategy(self._strategy, self._name, True)

    def is_skip_strategy(self) -> bool:
        """Whether it skips anything."""
        return self._strategy != "no_skip"

    def get_pattern_name(self) -> str | None:
        """The pattern that is skipped to."""
        return self._name or None

    def _spec(self) -> tuple[str, str, bool]:
        return self._strategy, self._name, self._must_exist

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AfterMatchSkipStrategy) and self._spec() == other._spec()

    def __hash__(self) -> int:
        return hash(self._spec())

    def __repr__(self) -> str:
        name = repr(self._name) if self._name else ""
        miss = ".throw_exception_on_miss()" if self._must_exist else ""
        return f"AfterMatchSkipStrategy.{self._strategy}({name}){miss}"


def _name(given: object, call: str) -> str:
    if not isinstance(given, str) or not given:
        raise TypeError(f"{call}() takes the name of a pattern, not {given!r}")
    return given
