"""A user's job that crashes under many seeds must show what it shows without a crash."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from flott.datastream.data_stream import DataStream, DataStreamSink
from flott.datastream.stream_execution_environment import StreamExecutionEnvironment
from flott.testing._attributes import Watch
from flott.testing._crashes import Plan, Start, shown, start_crashing
from flott.testing._harness import before_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flott._flott import Graph, Job, Results
    from flott.common.configuration import Configuration
    from flott.datastream._transformation import Transformation

    Streams = DataStream | Sequence[DataStream] | Mapping[str, DataStream] | DataStreamSink | None
    Outcome = Callable[[list[Any]], Any]

__all__ = ["CrashReport", "crash_test"]

#: Of how many records that differ a message shows.
_SHOWN = 10


class CrashReport:
    """What :func:`crash_test` has done."""

    def __init__(self) -> None:
        #: How many runs there were, without those that did not crash.
        self.runs = 0
        #: How often a run crashed.
        self.crashes = 0
        #: How often one went on from a checkpoint.
        self.restores = 0

    def __repr__(self) -> str:
        return f"CrashReport(runs={self.runs}, crashes={self.crashes}, restores={self.restores})"

    def _add(self, starts: Sequence[Start]) -> None:
        self.runs += 1
        self.crashes += len(starts) - 1
        self.restores += sum(start.checkpoint is not None for start in starts)


class _Environment(StreamExecutionEnvironment):
    """The environment of a job that is to crash."""

    def _start(self, job_name: str | None) -> Job:
        raise RuntimeError("crash_test() runs the job itself: build the streams without execute(), and return them")


def crash_test(
    build_graph: Callable[[StreamExecutionEnvironment], Streams],
    *,
    seeds: Iterable[int] = range(100),
    parallelism: Sequence[int] = (1, 2, 3),
    crashes: int = 3,
    batch_sizes: Sequence[int] = (1, 2, 5),
    failing_storage: int = 0,
    outcome: Outcome | None = None,
    results: Callable[[], Iterable[Any]] | None = None,
    configuration: Configuration | None = None,
) -> CrashReport:
    """Runs a job again and again with crashes, and compares what it shows with what it shows without one::

        def count_words(env):
            words = env.from_collection(["to", "be", "or", "not", "to", "be"])
            return words.key_by(lambda word: word).process(Count())

        def test_count_words_survives():
            crash_test(count_words)

    Under each seed the job is killed some times, at any step and in the middle of storing checkpoints, and goes on from
    its last one with another parallelism. The records of the streams that ``build_graph`` returns are collected exactly
    once, as a sink in two phases does, so that what differs is the job's doing. There is no waiting: time stands still
    while there is something to do. A seed that fails fails again: ``crash_test(build_graph, seeds=[17])``.

    See docs/testing.md.

    :param build_graph: builds the job in the environment it is given, anew for each run, and returns the streams to
        compare: one, a list, or a dict of them by name. Its sources must end, and give the same records each time
    :param seeds: each is a run
    :param parallelism: what the parallelism of each start is drawn from, for operators that set none of their own
    :param crashes: how often a run crashes at the most
    :param batch_sizes: what the number of records that are handed on at once is drawn from
    :param failing_storage: one operation of the storage of checkpoints in so many fails; 0 for none
    :param outcome: what of the records of a stream must be the same, such as ``dict`` for the last value of each key
        where an upsert makes repetitions harmless; unless given all records, each as often, in any order
    :param results: reads what the job's own sinks have made visible, after each run; for jobs that write to files or to
        a database. ``build_graph`` must let each run begin with nothing there
    :param configuration: options as for ``StreamExecutionEnvironment.get_execution_environment``
    :return: how many runs and crashes there were
    :raises AssertionError: if a run shows something else; the message says what, and how to play it again
    :raises ValueError: if a source does not end, or if there is nothing to compare
    :raises Exception: what a function of the job raised
    """
    for check in before_each:
        check()
    if not parallelism or not batch_sizes or min(*parallelism, *batch_sizes, 1) < 1 or crashes < 1:
        raise ValueError("parallelism, batch_sizes and crashes are numbers from 1 on")
    test = _Test(build_graph, outcome, results, configuration)
    expected, steps = test.calm(parallelism, batch_sizes)
    report = CrashReport()
    for seed in seeds:
        # a source may have been read long before the job is over: crashes come early, too
        plan = Plan(seed, 1 + seed % crashes, steps // (1, 2, 4)[seed % 3], parallelism, batch_sizes, failing_storage)
        found, starts = test.run(plan)
        report._add(starts)
        if found != expected:
            raise AssertionError(test.explain(plan, starts, expected, found))
    if report.runs and not report.restores:
        raise AssertionError(
            f"none of {report.runs} runs went on from a checkpoint, so that nothing was tested: give the sources more "
            "records, or try more seeds (a job in BATCH mode that holds records back stores no checkpoints)"
        )
    return report


class _Test:
    def __init__(
        self,
        build_graph: Callable[[StreamExecutionEnvironment], Streams],
        outcome: Outcome | None,
        results: Callable[[], Iterable[Any]] | None,
        configuration: Configuration | None,
    ) -> None:
        self._build_graph = build_graph
        self._outcome = outcome or _as_often
        self._results = results
        self._configuration = configuration

    def run(self, plan: Plan) -> tuple[dict[str, Any], list[Start]]:
        """What of the results is compared, by the name of the stream, and how the job lived."""
        env = _Environment(self._configuration)
        streams = _named(self._build_graph(env), self._results is not None)
        collected = {name: _collect(stream) for name, stream in streams.items()}
        job, starts = start_crashing(env, None, plan)
        job.result()
        found = {name: self._outcome(_read(results, job)) for name, (results,) in collected.items()}
        if self._results is not None:
            found["results"] = self._outcome(list(self._results()))
        return found, starts

    def calm(self, parallelism: Sequence[int], batch_sizes: Sequence[int]) -> tuple[dict[str, Any], int]:
        """The results without a crash, and how many steps that takes.

        :raises AssertionError: if they are not always the same
        """
        plans = [Plan(seed, 0, 100, [each], [1]) for seed, each in enumerate(sorted(set(parallelism)))]
        plans.append(Plan(len(plans), 0, 100, [max(parallelism)], [max(batch_sizes)]))
        found = [self.run(plan) for plan in plans]
        for plan, (other, _) in zip(plans, found):
            if other != found[0][0]:
                raise AssertionError(
                    "the job's results are not always the same, even without a crash: they depend on the parallelism, "
                    "or on the order in which records of several subtasks or sources come\n"
                    f"{_difference(found[0][0], other)}\n"
                    f"first with parallelism {plans[0].parallelism[0]}, then with {plan.parallelism[0]}\n"
                    "compare only what must be the same: crash_test(..., outcome=dict) the last value of each key, "
                    "parallelism=[2] one parallelism, or less of the streams"
                )
        return found[0][0], max(starts[-1].steps for _, starts in found)

    def explain(self, plan: Plan, starts: Sequence[Start], expected: Any, found: Any) -> str:
        with Watch() as watch:
            self.run(plan)
        suspects = watch.changed()
        teach = ""
        if suspects:
            teach = (
                "\nA crash loses what a function keeps in attributes. These changed while records came, and are not "
                "state:\n" + "".join(f"  {suspect}\n" for suspect in suspects) + "Keep it in state, which checkpoints "
                "bring back: self.count = runtime_context.get_state(ValueStateDescriptor('count', Types.LONG())) in "
                "open(), behind key_by(); without keys, operator state (docs/state.md)."
            )
        return (
            f"seed {plan.seed}: after a crash the job shows something else\n{_difference(expected, found)}\n"
            f"how it ran:\n{shown(starts)}{teach}\n"
            f"play it again: crash_test({getattr(self._build_graph, '__name__', 'build_graph')}, seeds=[{plan.seed}])"
        )


def _named(returned: Streams, others: bool) -> dict[str, DataStream]:
    """The streams to compare."""
    if isinstance(returned, DataStream):
        return {"stream": returned}
    if isinstance(returned, (list, tuple)):
        named = {f"stream {number}": stream for number, stream in enumerate(returned, 1)}
    elif isinstance(returned, dict):
        named = dict(returned)
    else:
        named = {}
    if wrong := [stream for stream in named.values() if not isinstance(stream, DataStream)]:
        raise TypeError(f"build_graph() must return streams, not {wrong[0]!r}")
    if not named and not others:
        raise ValueError(
            "there is nothing to compare: build_graph() must return the streams whose records are the job's results, "
            "or results= must read what its sinks have made visible"
        )
    return named


def _collect(stream: DataStream) -> list[Results]:
    """Collects the records of a stream; filled when the job starts."""
    collected: list[Results] = []

    def add(graph: Graph, own: Transformation) -> int:
        node, results = graph.add_collect(own.name)
        collected.append(results)
        return node

    stream._sink("crash_test", add).set_parallelism(1)
    return collected


def _read(results: Results, job: Job) -> list[Any]:
    records = []
    while (record := results.next(job)) is not None:
        records.append(record[0])
    return records


def _as_often(records: list[Any]) -> Counter[Any]:
    """Each record with how often it is there."""
    return Counter(_hashable(record) for record in records)


def _hashable(record: Any) -> Any:
    try:
        hash(record)
    except TypeError:
        return repr(record)
    return record


def _difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """What differs, a line each."""
    lines = []
    for name, wanted in expected.items():
        got = found[name]
        if got == wanted:
            continue
        of = "" if len(expected) == 1 else f" of '{name}'"
        if isinstance(wanted, Counter) and isinstance(got, Counter):
            lines += _listed(f"missing{of}", wanted - got) + _listed(f"too many{of}", got - wanted)
        else:
            lines += [f"  expected{of}: {wanted!r}", f"  found{of}: {got!r}"]
    return "\n".join(lines)


def _listed(what: str, records: Counter[Any]) -> list[str]:
    if not records:
        return []
    texts = [repr(record) + (f" ({count} times)" if count > 1 else "") for record, count in records.items()]
    more = f", and {len(texts) - _SHOWN} others" if len(texts) > _SHOWN else ""
    return [f"  {what}: {', '.join(texts[:_SHOWN])}{more}"]
