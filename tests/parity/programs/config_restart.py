"""Restart strategies and what they say of themselves."""

from datetime import timedelta

from pyflink.common import Duration, RestartStrategies
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
for strategy in (
    RestartStrategies.no_restart(),
    RestartStrategies.fall_back_restart(),
    RestartStrategies.fixed_delay_restart(3, 1000),
    RestartStrategies.failure_rate_restart(2, 60000, 500),
):
    env.set_restart_strategy(strategy)
    kept = env.get_restart_strategy()
    print(type(kept).__name__, kept.get_description(), kept == strategy)
fixed = RestartStrategies.fixed_delay_restart(3, 1000)
print(fixed.get_restart_attempts(), fixed.get_delay_between_attempts_interval())
rate = RestartStrategies.failure_rate_restart(2, 60000, 500)
print(rate.get_max_failure_rate(), rate.get_failure_interval(), rate.get_delay_between_attempts_interval())
print(fixed == RestartStrategies.fixed_delay_restart(3, 1000), fixed == RestartStrategies.fixed_delay_restart(2, 1000))
print(RestartStrategies.no_restart() == RestartStrategies.no_restart(), fixed == rate)
print(
    isinstance(fixed.get_delay_between_attempts_interval(), timedelta),
    Duration.of_seconds(1) == Duration.of_millis(1000),
)
env.get_config().set_restart_strategy(fixed)
print(env.get_config().get_restart_strategy().get_description())
