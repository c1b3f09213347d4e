"""What happens when a job fails.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/state/task_failure_recovery/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common._units import format_iso_duration

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]


def _millis(interval: Any, name: str) -> int:
    """Milliseconds of an int (milliseconds already) or a ``timedelta``."""
    if isinstance(interval, int):
        millis = interval
    elif hasattr(interval, "total_seconds"):
        millis = round(interval.total_seconds() * 1000)
    else:
        raise TypeError(f"{name} is a number of milliseconds or a datetime.timedelta, not {interval!r}")
    if millis < 0:
        raise ValueError(f"{name} is 0 or more, not {interval!r}")
    return millis


def _delta(millis: int) -> timedelta:
    from datetime import timedelta

    return timedelta(milliseconds=millis)


def _iso(millis: int) -> str:
    return format_iso_duration(millis * 1_000_000)


class RestartStrategyConfiguration:
    """What happens when a job fails; made by :class:`RestartStrategies`."""

    def __init__(self, options: dict[str, str], description: str) -> None:
        self._options = options
        self._description = description

    def get_description(self) -> str:
        """The strategy in words."""
        return self._description

    def _to_options(self) -> dict[str, str]:
        """The strategy as settings of a configuration (``restart-strategy.type`` and so on)."""
        return dict(self._options)

    def _for_engine(self) -> tuple[str, list[float]]:
        """The strategy's name and numbers, times in milliseconds. What is not said restarts nothing."""
        return "disable", []

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RestartStrategyConfiguration)
            and type(self) is type(other)
            and self._options == other._options
        )

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._options.items())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._description})"


class RestartStrategies:
    """Makes restart strategies: ``RestartStrategies.fixed_delay_restart(3, 10_000)``."""

    class NoRestartStrategyConfiguration(RestartStrategyConfiguration):
        """The job fails at its first failure."""

        def __init__(self, j_restart_strategy: Any = None) -> None:
            super().__init__({"restart-strategy.type": "disable"}, "Restart deactivated.")

    class FixedDelayRestartStrategyConfiguration(RestartStrategyConfiguration):
        """So many restarts, with a pause before each."""

        def __init__(
            self,
            restart_attempts: int | None = None,
            delay_between_attempts_interval: int | timedelta | None = None,
            j_restart_strategy: Any = None,
        ) -> None:
            """:param delay_between_attempts_interval: milliseconds, or a ``timedelta``"""
            self._restart_attempts = 1 if restart_attempts is None else restart_attempts
            if self._restart_attempts < 0:
                raise ValueError(f"restart_attempts is 0 or more, not {restart_attempts}")
            self._delay = _millis(delay_between_attempts_interval or 0, "delay_between_attempts")
            super().__init__(
                {
                    "restart-strategy.type": "fixed-delay",
                    "restart-strategy.fixed-delay.attempts": str(self._restart_attempts),
                    "restart-strategy.fixed-delay.delay": f"{self._delay} ms",
                },
                f"Restart with fixed delay ({_iso(self._delay)}). #{self._restart_attempts} restart attempts.",
            )

        def _for_engine(self) -> tuple[str, list[float]]:
            return "fixed-delay", [self._restart_attempts, self._delay]

        def get_restart_attempts(self) -> int:
            """How many restarts there are at most."""
            return self._restart_attempts

        def get_delay_between_attempts_interval(self) -> timedelta:
            """The pause before each restart."""
            return _delta(self._delay)

    class FailureRateRestartStrategyConfiguration(RestartStrategyConfiguration):
        """Restarts as long as there are not too many failures in an interval."""

        def __init__(
            self,
            max_failure_rate: int | None = None,
            failure_interval: int | timedelta | None = None,
            delay_between_attempts_interval: int | timedelta | None = None,
            j_restart_strategy: Any = None,
        ) -> None:
            """:param failure_interval: milliseconds, or a ``timedelta``; likewise the delay"""
            self._max_failure_rate = 1 if max_failure_rate is None else max_failure_rate
            if self._max_failure_rate < 1:
                raise ValueError(f"max_failure_rate is 1 or more, not {max_failure_rate}")
            self._interval = _millis(failure_interval or 0, "failure_interval")
            self._delay = _millis(delay_between_attempts_interval or 0, "delay_interval")
            super().__init__(
                {
                    "restart-strategy.type": "failure-rate",
                    "restart-strategy.failure-rate.max-failures-per-interval": str(self._max_failure_rate),
                    "restart-strategy.failure-rate.failure-rate-interval": f"{self._interval} ms",
                    "restart-strategy.failure-rate.delay": f"{self._delay} ms",
                },
                f"Failure rate restart with maximum of {self._max_failure_rate} failures within interval "
                f"{_iso(self._interval)} and fixed delay {_iso(self._delay)}.",
            )

        def _for_engine(self) -> tuple[str, list[float]]:
            return "failure-rate", [self._max_failure_rate, self._interval, self._delay]

        def get_max_failure_rate(self) -> int:
            """How many failures an interval may have."""
            return self._max_failure_rate

        def get_failure_interval(self) -> timedelta:
            """The length of the interval."""
            return _delta(self._interval)

        def get_delay_between_attempts_interval(self) -> timedelta:
            """The pause before each restart."""
            return _delta(self._delay)

    class FallbackRestartStrategyConfiguration(RestartStrategyConfiguration):
        """What the configuration says, or the default if it says nothing."""

        def __init__(self, j_restart_strategy: Any = None) -> None:
            super().__init__({}, "Cluster level default restart strategy")

    @staticmethod
    def no_restart() -> RestartStrategies.NoRestartStrategyConfiguration:
        """The job fails at its first failure."""
        return RestartStrategies.NoRestartStrategyConfiguration()

    @staticmethod
    def fall_back_restart() -> RestartStrategies.FallbackRestartStrategyConfiguration:
        """What the configuration says, or the default if it says nothing."""
        return RestartStrategies.FallbackRestartStrategyConfiguration()

    @staticmethod
    def fixed_delay_restart(
        restart_attempts: int, delay_between_attempts: int
    ) -> RestartStrategies.FixedDelayRestartStrategyConfiguration:
        """At most ``restart_attempts`` restarts, ``delay_between_attempts`` milliseconds apart.

        :raises ValueError: if one is negative
        """
        return RestartStrategies.FixedDelayRestartStrategyConfiguration(restart_attempts, delay_between_attempts)

    @staticmethod
    def failure_rate_restart(
        failure_rate: int, failure_interval: int, delay_interval: int
    ) -> RestartStrategies.FailureRateRestartStrategyConfiguration:
        """Restarts unless there are more than ``failure_rate`` failures within ``failure_interval`` milliseconds.

        :param delay_interval: milliseconds to wait before each restart
        :raises ValueError: if one is negative, or the rate is not at least 1
        """
        return RestartStrategies.FailureRateRestartStrategyConfiguration(failure_rate, failure_interval, delay_interval)

    @staticmethod
    def _name(options: dict[str, str]) -> str:
        """The strategy that settings of a configuration name, in the spelling of Flink's documentation."""
        return options.get("restart-strategy.type", options.get("restart-strategy", "")).lower().replace("_", "-")

    @staticmethod
    def _of_options(options: dict[str, str]) -> RestartStrategyConfiguration:
        """The strategy that settings of a configuration describe.

        :raises ValueError: naming the setting that has no meaning
        """
        from flott.common._units import parse_duration_ms

        def millis(key: str, default: str) -> int:
            return parse_duration_ms(options.get(key, default), key)

        def number(key: str) -> int:
            try:
                return int(options.get(key, "1"))
            except ValueError:
                raise ValueError(f"{key}: expected a whole number, got '{options[key]}'") from None

        name = RestartStrategies._name(options)
        if name in ("disable", "none", "off", "no-restart"):
            return RestartStrategies.no_restart()
        if name in ("fixed-delay", "fixeddelay"):
            prefix = "restart-strategy.fixed-delay."
            return RestartStrategies.fixed_delay_restart(number(prefix + "attempts"), millis(prefix + "delay", "1 s"))
        if name in ("failure-rate", "failurerate"):
            prefix = "restart-strategy.failure-rate."
            return RestartStrategies.failure_rate_restart(
                number(prefix + "max-failures-per-interval"),
                millis(prefix + "failure-rate-interval", "1 min"),
                millis(prefix + "delay", "1 s"),
            )
        if name in ("", "exponential-delay"):
            return RestartStrategies.fall_back_restart()
        raise ValueError(
            f"restart-strategy.type: '{name}' is not a strategy; there are disable, fixed-delay, failure-rate and "
            "exponential-delay"
        )
