"""What print() writes: one line a record, the subtask before it where there are several."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flott.common import Row, RowKind, Types
from flott.datastream import StreamExecutionEnvironment

Env = StreamExecutionEnvironment


def test_lines_in_order(single: Env, capsys: pytest.CaptureFixture[str]) -> None:
    single.from_collection([1, "a", None, 2.5]).print()
    single.execute()
    assert capsys.readouterr().out == "1\na\nNone\n2.5\n"


def test_a_subtask_begins_its_lines_with_its_number_from_1(env: Env, capsys: pytest.CaptureFixture[str]) -> None:
    env.from_collection(list("abcdef")).rebalance().map(str.upper).print()
    env.execute()
    lines = capsys.readouterr().out.splitlines()
    parallelism = env.get_parallelism()
    if parallelism == 1:
        assert lines == list("ABCDEF")
    else:
        matches = [re.fullmatch(r"(\d)> ([A-F])", line) for line in lines]
        assert all(matches), lines
        assert sorted(match[2] for match in matches if match) == list("ABCDEF")
        assert {match[1] for match in matches if match} == {str(n + 1) for n in range(parallelism)}


def test_an_identifier(env: Env, capsys: pytest.CaptureFixture[str]) -> None:
    env.from_collection([7]).map(lambda n: n).print("orders")
    env.execute()
    line = capsys.readouterr().out
    assert line == "orders> 7\n" if env.get_parallelism() == 1 else re.fullmatch(r"orders:\d> 7\n", line)


@pytest.mark.parametrize(
    ("value", "type_info", "line"),
    [
        # as PyFlink prints rows
        (Row(1, "a"), Types.ROW([Types.INT(), Types.STRING()]), "+I[1,a]"),
        (Row(id=1, name=None), Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()]), "+I[1,None]"),
        (Row.of_kind(RowKind.DELETE, 1), Types.ROW([Types.INT()]), "-D[1]"),
        # as Java's classes print themselves
        ((1, "a"), Types.TUPLE([Types.INT(), Types.STRING()]), "(1,a)"),
        (1e10, Types.DOUBLE(), "1.0E10"),
        (True, Types.BOOLEAN(), "true"),
        ([1, 2], Types.LIST(Types.INT()), "[1, 2]"),
        ({"a": 1}, Types.MAP(Types.STRING(), Types.INT()), "{a=1}"),
        # without a type: as Python prints them
        (Row(1, "a"), None, "<Row(1, 'a')>"),
        ((1, "a"), None, "(1, 'a')"),
        (True, None, "True"),
        (1e10, None, "10000000000.0"),
    ],
)
def test_the_type_decides_how_a_value_looks(
    single: Env, capsys: pytest.CaptureFixture[str], value: Any, type_info: Any, line: str
) -> None:
    single.from_collection([value], type_info).print()
    single.execute()
    assert capsys.readouterr().out == f"{line}\n"


def test_lines_reach_a_replaced_stdout_of_the_notebook_kind(single: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks put an object of their own into sys.stdout."""
    import io
    import sys

    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    single.from_collection([1, 2]).print()
    single.execute()
    assert written.getvalue() == "1\n2\n"
