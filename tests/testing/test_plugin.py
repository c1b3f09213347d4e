"""The plugin as pytest loads it: in a process of its own, with a user's test files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import flott
from tests.parity.golden import location

#: Before pytester moves the home folder.
PYFLINK = location()

COLLECTING = """
    from pyflink.datastream import MapFunction
    from flott.testing import Harness, collect

    class Tenfold(MapFunction):
        def map(self, value):
            return value * factor()

    def factor():
        return 10

    def test_collects(flott_env):
        assert flott_env.get_parallelism() == 1
        assert collect(flott_env.from_collection([1, 2]).map(Tenfold())) == [10, 20]

    def test_by_hand(flott_harness):
        tens = flott_harness.source("numbers").map(Tenfold())
        flott_harness.feed("numbers", 3)
        assert flott_harness.output(tens) == [30]

    def test_by_hand_without_the_fixture():
        with Harness() as harness:
            tens = harness.source("numbers").map(Tenfold())
            harness.feed("numbers", 3)
            assert harness.output(tens) == [30]
"""


@pytest.mark.parametrize("arguments", [[], ["--engine=flott"]])
def test_pyflink_is_flott(pytester: pytest.Pytester, arguments: list[str]) -> None:
    pytester.makepyfile(COLLECTING)
    pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=3)


def test_flink_must_be_installed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(COLLECTING)
    result = pytester.runpytest_subprocess("--engine=flink")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*PyFlink itself, which is not installed here: pip install 'apache-flink==1.20.3'*"])


def test_with_both_installed_a_test_says_which(pytester: pytest.Pytester) -> None:
    (pytester.mkpydir("pyflink") / "__init__.py").write_text("raise ImportError('the real one')")
    pytester.makeini("[pytest]\npythonpath = .")
    pytester.makepyfile(
        """
        import pytest

        def test_env(flott_env):
            pass

        def test_pyflink_is_left_alone():
            with pytest.raises(ImportError, match="the real one"):
                import pyflink
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*run pytest with --engine=flott or --engine=flink*"])


def test_the_plugin_can_be_left_out(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_addoption(parser): parser.addoption('--engine')")
    pytester.makepyfile("def test_own_option(pytestconfig): assert pytestconfig.getoption('--engine') == 'mine'")
    pytester.runpytest_subprocess("-p", "no:flott", "--engine=mine").assert_outcomes(passed=1)


def test_the_broker_is_a_tests_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_topics(flott_broker, time):
            assert flott_broker.topics() == []
            flott_broker.create_topic("orders", partitions=2)
            flott_broker.produce("orders", "one", "zwei", "三")
            # there is no order between two partitions; reading takes nothing away
            assert sorted(flott_broker.consume("orders")) == ["one", "zwei", "三"]
            assert sorted(flott_broker.consume("orders")) == ["one", "zwei", "三"]
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


@pytest.mark.timeout(300)
def test_the_same_tests_on_pyflink(pytester: pytest.Pytester) -> None:
    """Needs PyFlink in the place where ``make parity-golden`` puts it, and pytest beside it."""
    python = PYFLINK / "bin" / "python"
    if not python.exists() or subprocess.run([python, "-c", "import pyflink, pytest"], capture_output=True).returncode:
        pytest.skip(f"no PyFlink and pytest in {PYFLINK}: make parity-golden, then pip install pytest there")
    pytester.makepyfile(COLLECTING)
    environ = {**os.environ, "PYTHONPATH": str(Path(flott.__file__).parent.parent)}
    command = [python, "-m", "pytest", "-p", "flott.testing.plugin", "--engine=flink", "-rs"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert "1 passed, 2 skipped" in done.stdout, done.stdout + done.stderr
    assert "a harness drives Flott's own executor by hand" in done.stdout


def test_an_alias_of_the_projects_own_stays(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        own_alias="""
        import importlib.abc, importlib.util, sys

        class Loader(importlib.abc.Loader):
            def create_module(self, spec):
                return None

            def exec_module(self, module):
                module.mine = True

        class Finder(importlib.abc.MetaPathFinder):
            def find_spec(self, fullname, path=None, target=None):
                return importlib.util.spec_from_loader(fullname, Loader()) if fullname == "pyflink" else None

        sys.meta_path.insert(0, Finder())
        """,
        test_it="""
        def test_whose_it_is():
            import pyflink

            assert pyflink.mine
        """,
    )
    pytester.syspathinsert()
    pytester.runpytest_subprocess("-p", "own_alias", "test_it.py").assert_outcomes(passed=1)
