"""The pytest plugin: fixtures, and the choice of the engine. pytest loads it wherever Flott is installed.

``-p no:flott`` leaves it out. Only pytest needs this module, and nothing else here needs pytest.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flott.datastream import StreamExecutionEnvironment
    from flott.testing._broker import EmbeddedBroker
    from flott.testing._harness import Harness

_ENGINES = ("flott", "flink")
_ENGINE = pytest.StashKey[str]()

_INSTALL = (
    "--engine=flink runs the tests on PyFlink itself, which is not installed here: pip install 'apache-flink==1.20.3' "
    "(Python 3.10 or 3.11, and Java 11 or 17)"
)
_BOTH = (
    "PyFlink itself is installed beside Flott, so what 'import pyflink' means must be said: run pytest with "
    "--engine=flott or --engine=flink (or set 'addopts = --engine=flott' in pytest's configuration)"
)
_BY_HAND = "a harness drives Flott's own executor by hand; --engine=flink runs tests that use flott_env"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("flott", "Flott: tests of streaming programs")
    group.addoption(
        "--engine",
        choices=_ENGINES,
        default=None,
        help="what 'import pyflink' and the fixture flott_env run on: flott, which is the default, or flink, the "
        "installed PyFlink",
    )


def pytest_configure(config: pytest.Config) -> None:
    chosen = config.getoption("--engine")
    installed = _pyflink_is_installed()
    if chosen == "flink":
        if not installed:
            raise pytest.UsageError(_INSTALL)
        _skip_harnesses(config)
    elif chosen == "flott" or not (installed or _pyflink_is_somebody_elses()):
        _import_flott_as_pyflink()
    config.stash[_ENGINE] = chosen or ("unsaid" if installed else "flott")


def pytest_report_header(config: pytest.Config) -> str | None:
    chosen = config.getoption("--engine")
    return f"engine: {chosen}" if chosen else None


@pytest.fixture
def flott_harness() -> Iterator[Harness]:
    """A job that the test feeds by hand: a :class:`flott.testing.Harness`, closed after the test."""
    from flott.testing._harness import Harness

    with Harness() as harness:
        yield harness


@pytest.fixture
def flott_env(pytestconfig: pytest.Config) -> StreamExecutionEnvironment:
    """An environment with parallelism 1, of Flott or, under ``--engine=flink``, of PyFlink.

    Import from ``pyflink`` in such a test, and read results with :func:`flott.testing.collect`.
    """
    engine = pytestconfig.stash[_ENGINE]
    if engine == "unsaid":
        raise pytest.UsageError(_BOTH)
    package = "pyflink" if engine == "flink" else "flott"
    made: Any = import_module(f"{package}.datastream").StreamExecutionEnvironment
    env: StreamExecutionEnvironment = made.get_execution_environment()
    env.set_parallelism(1)
    if engine == "flink":
        # its workers would take the first `python` of the path
        env.set_python_executable(sys.executable)
    return env


@pytest.fixture
def flott_broker() -> Iterator[EmbeddedBroker]:
    """A Kafka broker for this test alone: ``bootstrap_servers``, ``create_topic``, ``produce``, ``consume``."""
    from flott.testing._broker import EmbeddedBroker

    with EmbeddedBroker() as broker:
        yield broker


def _pyflink_is_installed() -> bool:
    known = sys.modules.get("pyflink")
    if known is not None:
        return getattr(known, "__file__", None) is not None
    found = find_spec("pyflink")
    return found is not None and found.origin not in (None, "flott")


def _pyflink_is_somebody_elses() -> bool:
    """Whether another finder than Flott's answers ``import pyflink``, such as an alias of the project's own."""
    found = find_spec("pyflink")
    return found is not None and found.origin != "flott"


def _skip_harnesses(config: pytest.Config) -> None:
    from flott.testing._harness import before_each

    def skip() -> None:
        pytest.skip(_BY_HAND)

    before_each.append(skip)
    config.add_cleanup(lambda: before_each.remove(skip))


def _import_flott_as_pyflink() -> None:
    import flott

    try:
        flott.install_as_pyflink()
    except RuntimeError as error:
        raise pytest.UsageError(str(error)) from error
