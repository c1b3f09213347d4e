"""ExecutionConfig: defaults as in Flink 1.20, and one truth with the configuration."""

from __future__ import annotations

import datetime as dt

import pytest

from flott.common import Configuration, ExecutionConfig, ExecutionMode, RestartStrategies


def test_defaults() -> None:
    config = ExecutionConfig()
    assert config.get_auto_watermark_interval() == 200
    assert config.get_parallelism() == ExecutionConfig.PARALLELISM_DEFAULT
    assert config.get_max_parallelism() == -1
    assert (config.get_task_cancellation_interval(), config.get_task_cancellation_timeout()) == (30_000, 180_000)
    assert config.get_execution_mode() is ExecutionMode.PIPELINED
    assert config.is_closure_cleaner_enabled() and config.has_auto_generated_uids_enabled()
    assert not config.is_object_reuse_enabled() and not config.has_generic_types_disabled()
    assert config.get_restart_strategy() == RestartStrategies.fall_back_restart()


def test_it_is_a_view_of_the_configuration() -> None:
    configuration = Configuration()
    config = ExecutionConfig(configuration)
    config.set_auto_watermark_interval(50).set_parallelism(4)
    assert configuration.to_dict() == {"pipeline.auto-watermark-interval": "50 ms", "parallelism.default": "4"}
    configuration.set_string("pipeline.auto-watermark-interval", "1 s").set_string("pipeline.max-parallelism", "64")
    assert (config.get_auto_watermark_interval(), config.get_max_parallelism()) == (1000, 64)
    config.set_parallelism(ExecutionConfig.PARALLELISM_DEFAULT)
    assert not configuration.contains_key("parallelism.default")


@pytest.mark.parametrize(
    ("setter", "value"),
    [
        ("set_parallelism", 0),
        ("set_max_parallelism", 0),
        ("set_max_parallelism", 32769),
        ("set_auto_watermark_interval", -1),
        ("set_task_cancellation_timeout", -1),
    ],
)
def test_numbers_without_meaning_are_refused(setter: str, value: int) -> None:
    with pytest.raises(ValueError):
        getattr(ExecutionConfig(), setter)(value)
    with pytest.raises(TypeError, match="whole number"):
        getattr(ExecutionConfig(), setter)("5")


def test_global_job_parameters_keep_any_text() -> None:
    parameters = {"a": "1", "url": "jdbc:mysql://h:1/d?x=1,2", "quote": "it's", "empty": "", "space": " s "}
    configuration = Configuration()
    config = ExecutionConfig(configuration).set_global_job_parameters(parameters)
    assert config.get_global_job_parameters() == parameters
    assert ExecutionConfig(Configuration(configuration)).get_global_job_parameters() == parameters
    plain = Configuration().set_string("pipeline.global-job-parameters", "k1:v1,k2:v2")
    assert ExecutionConfig(plain).get_global_job_parameters() == {"k1": "v1", "k2": "v2"}


def test_restart_strategies() -> None:
    fixed = RestartStrategies.fixed_delay_restart(3, 10_000)
    assert fixed.get_description() == "Restart with fixed delay (PT10S). #3 restart attempts."
    assert fixed.get_delay_between_attempts_interval() == dt.timedelta(seconds=10)
    rate = RestartStrategies.failure_rate_restart(1, 2000, 3000)
    assert rate.get_description() == (
        "Failure rate restart with maximum of 1 failures within interval PT2S and fixed delay PT3S."
    )
    assert RestartStrategies.no_restart().get_description() == "Restart deactivated."
    for strategy in (fixed, rate, RestartStrategies.no_restart()):
        configuration = Configuration()
        ExecutionConfig(configuration).set_restart_strategy(strategy)
        assert ExecutionConfig(Configuration(configuration)).get_restart_strategy() == strategy
    replaced = ExecutionConfig().set_restart_strategy(fixed).set_restart_strategy(rate)
    assert replaced.get_restart_strategy() == rate and fixed != rate


def test_an_unknown_restart_strategy_is_named() -> None:
    with pytest.raises(ValueError, match="restart-strategy.type: 'sometimes'"):
        ExecutionConfig(Configuration().set_string("restart-strategy.type", "sometimes")).get_restart_strategy()
