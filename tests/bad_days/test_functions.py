"""An exception in a user's lambda reaches the user as itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from flott.common import Types
from flott.datastream import StreamExecutionEnvironment
from tests.bad_days.process import run


@pytest.mark.parametrize("parallelism", [1, 2])
def test_an_exception_in_a_lambda(parallelism: int, tmp_path: Path) -> None:
    ended, job = run("function", tmp_path, function="raise", parallelism=parallelism)
    assert ended.code == 1
    line = job.line("lambda number: 1 / (number - 42)")
    ended.says(
        "Traceback (most recent call last):",
        f'function.py", line {line.partition(":")[2]}, in <lambda>',
        "ZeroDivisionError: division by zero",
        f"in operator 'inverse' ({line}), while processing: 42",
    )
    # the last line but the note is the exception: nothing was wrapped around it
    assert ended.err.count("Traceback (most recent call last)") == 1
    ended.leaves_nothing()


class OutOfStock(Exception):
    """The program's own exception, with more than a text."""

    def __init__(self, item: str, left: int) -> None:
        super().__init__(item, left)
        self.item = item


@pytest.mark.parametrize("parallelism", [1, 2])
def test_the_very_exception_arrives(parallelism: int) -> None:
    raised = OutOfStock("I001", 0)

    def check(record: tuple[str, int]) -> tuple[str, int]:
        if record[1] == 0:
            raise raised
        return record

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    stock = env.from_collection([("I002", 3), ("I001", 0)], Types.TUPLE([Types.STRING(), Types.INT()]))
    stock.rebalance().map(check).name("stock").print()
    with pytest.raises(OutOfStock) as caught:
        env.execute()
    assert caught.value is raised
    (note,) = caught.value.__notes__
    assert note.startswith("in operator 'stock' (test_functions.py:")
    assert note.endswith("while processing: ('I001', 0)")


def test_a_long_record_is_shortened_in_the_note() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection(["x" * 100_000]).map(lambda text: int(text)).print()
    with pytest.raises(ValueError) as caught:
        env.execute()
    (note,) = caught.value.__notes__
    assert len(note) < 400
    assert "while processing: 'xxx" in note and "100002 bytes" in note


def test_an_environment_is_usable_after_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([0]).map(lambda number: 1 // number).print()
    with pytest.raises(ZeroDivisionError):
        env.execute()
    env.from_collection([1]).print()
    env.execute()
    assert capsys.readouterr().out == "1\n"
