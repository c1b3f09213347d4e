"""A job that goes on only when the test says so."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flott.datastream._transformation import Input, Transformation, build_graph
from flott.datastream.data_stream import DataStream
from flott.datastream.stream_execution_environment import StreamExecutionEnvironment
from flott.testing._seen import Outputs, StreamRecord, Timer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from flott._flott import Feed, Graph, Job, Simulation
    from flott.common.configuration import Configuration
    from flott.common.typeinfo import TypeInformation
    from flott.common.window_explanation import WindowExplanation
    from flott.datastream.data_stream import DataStreamSink
    from flott.datastream.output_tag import OutputTag
    from flott.datastream.state import StateDescriptor

    #: An operator: its name or uid, or what comes from it.
    Operator = str | DataStream | DataStreamSink

__all__ = ["Harness", "before_each"]

#: Called before a harness is made: the pytest plugin skips tests here that can't run on the engine asked for.
before_each: list[Callable[[], None]] = []


class _Environment(StreamExecutionEnvironment):
    """The environment of a harness, which runs the program in its place."""

    def _start(self, job_name: str | None) -> Job:
        raise RuntimeError(
            "a harness runs the program itself, step by step: build the streams without execute(), then feed() them"
        )


class _Source:
    """A stream that the test feeds."""

    def __init__(self, type_info: TypeInformation | None) -> None:
        self.type_info = type_info
        self.feed: Feed | None = None
        self.finished = False


class Harness:
    """A program on one thread, with records, watermarks and time from the test's hand::

        with Harness() as h:
            orders = h.source("orders")
            totals = total_by_user(orders)  # the program's own function, from stream to stream
            h.feed("orders", {"user": "ada", "amount": 5})
            assert h.output(totals) == [("ada", 5)]

    Build the streams first. The job starts with the first call that feeds it, moves its clock or looks at it, and each
    of these calls returns when nothing is left to do: what follows from a record has happened when :meth:`feed`
    returns. Nothing runs in between, and no thread does. An exception of a function of the program is raised by the
    call that caused it, as itself. All times are in milliseconds.

    With pytest, the fixture ``flott_harness`` is a harness that is closed after the test.
    """

    def __init__(
        self,
        parallelism: int = 1,
        *,
        seed: int = 0,
        start_time: int = 0,
        configuration: Configuration | None = None,
    ) -> None:
        """:param parallelism: the number of subtasks of each operator that doesn't set its own
        :param seed: draws which subtask does the next step; equal seeds give equal runs
        :param start_time: what the clock (processing time) shows at first, in ms
        :param configuration: options as for ``StreamExecutionEnvironment.get_execution_environment``
        """
        for check in before_each:
            check()
        #: The environment of the program, for sources such as ``env.from_collection`` and for options.
        self.env: StreamExecutionEnvironment = _Environment(configuration).set_parallelism(parallelism)
        self._seed = seed
        self._start_time = start_time
        self._sources: dict[str, _Source] = {}
        self._simulation: Simulation | None = None
        self._graph: Graph | None = None
        self._operators: list[Transformation] = []
        self._nodes: dict[int, int] = {}
        self._outputs = Outputs()
        self._ended: str | None = None
        self._together = False

    def __repr__(self) -> str:
        return f"Harness({', '.join(self._sources)})"

    def __enter__(self) -> Harness:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # --- what goes in

    def source(self, name: str, type_info: TypeInformation | None = None) -> DataStream:
        """A stream that :meth:`feed` and :meth:`watermark` feed.

        :param name: the name to feed it by, and its operator's
        :param type_info: what its records are; any Python object unless given
        :raises ValueError: if there is a source of that name
        """
        if self._simulation is not None:
            raise RuntimeError(f"source({name!r}): the job runs already; make all streams before the first record")
        if name in self._sources:
            raise ValueError(f"there is a source {name!r} already")
        source = self._sources[name] = _Source(type_info)

        def add(graph: Graph, own: Transformation) -> int:
            node, source.feed = graph.add_feed(own.name)
            return node

        made = self.env._transformation(name, add)
        made.parallelism = 1
        return DataStream(self.env, [Input(made)], type_info, made, non_parallel=True)

    def feed(self, source: str, *values: Any, timestamp: int | None = None) -> None:
        """Hands records to a source, one after the other, and runs what follows from them.

        :param source: the name given to :meth:`source`
        :param timestamp: their event time in ms; none unless given
        :raises TypeError: if a value is not of the type the source was given
        :raises Exception: what a function of the program raised
        """
        feed, of = self._feed(source)
        if of.type_info is not None:
            values = tuple([of.type_info._convert(value, source) for value in values])
        for value in values:
            feed.record(value, timestamp)
        self._run()

    def watermark(self, source: str, timestamp: int) -> None:
        """Event time of a source reaches ``timestamp`` (ms): timers up to then fire, windows end.

        Behind an operator with several inputs, event time is the least of theirs, as ever.
        """
        self._feed(source)[0].watermark(timestamp)
        self._run()

    def mark_idle(self, source: str) -> None:
        """Nothing will come from a source for a while: others do not wait for its watermark, until it is fed again."""
        self._feed(source)[0].idle()
        self._run()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is fed inside is there at once, and runs at the end, in an order that the seed draws::

            with h.together():
                h.feed("orders", *orders)
                h.feed("rates", *rates)

        No result should depend on the order: try several seeds.
        """
        self._started()
        self._together = True
        try:
            yield
        finally:
            self._together = False
        self._run()

    def finish(self, *sources: str) -> None:
        """Ends the given sources, or all of them.

        At the end of all its inputs an operator's event time is the largest there is, so that all its event-time
        timers fire; processing-time timers do not fire any more, as in Flink. The job ends with the last source.
        """
        self._started()
        for name in sources or [name for name, source in self._sources.items() if not source.finished]:
            feed, source = self._feed(name)
            feed.end()
            source.finished = True
        self._run()

    # --- time

    def processing_time(self) -> int:
        """What the clock shows, in ms."""
        return self._started().now()

    def set_processing_time(self, timestamp: int) -> None:
        """Lets time pass until ``timestamp`` (ms). Processing-time timers fire on the way, each at its time.

        :raises ValueError: if that time is over
        """
        simulation = self._started()
        if timestamp < simulation.now():
            raise ValueError(f"time does not go back: it is {simulation.now()} ms, not {timestamp}")
        try:
            self._note_end(simulation.advance_to(timestamp))
        except BaseException as error:
            self._note_failure(error)
            raise
        finally:
            self._outputs.add(simulation.emitted())

    def advance(self, millis: int) -> None:
        """Lets that much time pass; see :meth:`set_processing_time`."""
        self.set_processing_time(self.processing_time() + millis)

    # --- what comes out

    def output(self, stream: DataStream) -> list[Any]:
        """The values the stream has had so far, in order. Any stream of the program, whatever reads it.

        With several subtasks, those of each are in order.
        """
        return [record.value for record in self.records(stream)]

    def records(self, stream: DataStream) -> list[StreamRecord]:
        """The same as :meth:`output`, with the records' event time."""
        return self._seen(self._outputs_of(stream), StreamRecord)

    def take(self, stream: DataStream) -> list[Any]:
        """The values the stream has had since the last call: they are not in :meth:`output` any more."""
        outputs = self._outputs_of(stream)
        values = [record.value for record in self._seen(outputs, StreamRecord)]
        self._outputs.forget(outputs)
        return values

    def side_output(self, stream: DataStream, tag: OutputTag) -> list[Any]:
        """The values that the operator the stream comes from has sent to a side output, whether it is read or not."""
        return [record.value for record in self._seen([(self._node(stream), tag.tag_id)], StreamRecord)]

    def current_watermark(self, stream: DataStream) -> int | None:
        """The watermark the stream has reached in all subtasks, in ms; None before the first."""
        nodes = [node for node, _ in self._outputs_of(stream)]
        graph = self._graph
        return self._outputs.watermark(nodes, lambda node: (graph and graph.parallelism(node)) or self._parallelism)

    # --- what it keeps

    def timers(self, operator: Operator) -> list[Timer]:
        """The timers that an operator has set, in the order of their times.

        :param operator: the stream that comes from it, or its name or uid
        """
        simulation, node = self._started(), self._node(operator)
        return sorted((Timer(*timer) for timer in simulation.timers(node)), key=lambda timer: timer.timestamp)

    def state(self, operator: Operator, state: str | StateDescriptor, key: Any) -> Any:
        """What a key has in a keyed state of an operator; None if there is nothing.

        A list for ``ListState``, a dict for ``MapState``, the accumulator for ``AggregatingState``. What has expired by
        its time to live is not there, and looking makes nothing younger.

        :param operator: the stream that comes from it, or its name or uid
        :param state: the state's name, or its descriptor
        :raises ValueError: if the operator has no such state
        """
        node, name = self._state(operator, state)
        return self._started().entry(node, name, key)

    def states(self, operator: Operator, state: str | StateDescriptor) -> dict[Any, Any]:
        """The same as :meth:`state` of every key that has something there, by key."""
        node, name = self._state(operator, state)
        return dict(self._started().entries(node, name))

    def broadcast_state(self, operator: Operator, state: str | StateDescriptor) -> dict[Any, Any]:
        """The entries of a broadcast state.

        :raises ValueError: if the operator has no such state
        :raises AssertionError: if subtasks have come to differ, which the program's function must not let happen
        """
        name = state if isinstance(state, str) else state.get_name()
        copies = self._started().broadcast(self._node(operator), name)
        if not copies:
            raise ValueError(f"{self._called(operator)} has no broadcast state {name!r}")
        if any(copy != copies[0] for copy in copies):
            raise AssertionError(
                f"the subtasks of {self._called(operator)} differ in broadcast state {name!r}: {copies}"
            )
        return copies[0]

    def counters(self, operator: Operator) -> dict[str, int]:
        """The counters of an operator by name: the engine's, and those its function has made."""
        node = self._node(operator)
        return next(counters for id, _, _, counters in self._started().metrics() if id == node)

    # --- the end

    def explain_windows(self) -> WindowExplanation:
        """Why windows have not fired yet, as :meth:`JobClient.explain_windows` tells of a real run."""
        from flott.common.window_explanation import WindowExplanation

        return WindowExplanation(self._started().standing())

    def close(self) -> None:
        """Ends the job where it stands, and closes its functions. Does nothing the second time."""
        if self._simulation is not None:
            self._ended = self._ended or "was closed"
            self._simulation.cancel()

    # --- how it is done

    @property
    def _parallelism(self) -> int:
        return self.env.get_parallelism()

    def _started(self) -> Simulation:
        if self._simulation is None:
            from flott._flott import Graph

            if not self.env._transformations:
                raise RuntimeError("there is nothing to run: make streams from h.source(name) first")
            self._operators = list(self.env._transformations)
            self._graph, self._nodes = build_graph(self._operators, Graph(simulated=True))
            # a watermark behind each record: what a test feeds has its effect at once
            config = {**self.env._job_config("a test"), "watermark_every": 1}
            self._simulation = self._graph.simulate(config, self._seed, self._start_time)
            self.env._transformations.clear()
            self.env._unrun.clear()
            self._run()
        elif self.env._transformations:
            new = ", ".join(each.name for each in self.env._transformations)
            raise RuntimeError(f"the job runs already, without {new}: make all streams before the first record")
        return self._simulation

    def _feed(self, name: str) -> tuple[Feed, _Source]:
        self._started()
        source = self._sources.get(name)
        if source is None or source.feed is None:
            raise ValueError(f"there is no source {name!r}; there are: {', '.join(self._sources) or 'none'}")
        if self._ended is not None:
            raise RuntimeError(f"the job {self._ended}: it takes nothing more")
        if source.finished:
            raise RuntimeError(f"the source {name!r} was finished: it takes nothing more")
        return source.feed, source

    def _run(self) -> None:
        if self._together or self._simulation is None:
            return
        try:
            self._note_end(self._simulation.settle())
        except BaseException as error:
            self._note_failure(error)
            raise
        finally:
            self._outputs.add(self._simulation.emitted())

    def _note_end(self, ended: bool) -> None:
        if ended and self._ended is None:
            self._ended = "has ended"

    def _note_failure(self, error: BaseException) -> None:
        if self._ended is None:
            self._ended = f"has failed with {type(error).__name__}"

    def _node(self, operator: Operator) -> int:
        self._started()
        if not isinstance(operator, str):
            return self._known(operator._own("looking at an operator"))
        named = [each for each in self._operators if operator in (each.name, each.uid)]
        if not named:
            known = ", ".join(repr(each.name) for each in self._operators)
            raise ValueError(f"there is no operator {operator!r}; there are: {known}")
        if len(named) > 1:
            raise ValueError(f"{len(named)} operators are called {operator!r}: pass the stream, or name them apart")
        return self._known(named[0])

    def _known(self, transformation: Transformation) -> int:
        if not any(each is transformation for each in self._operators):
            raise ValueError(f"{transformation.name!r} is not part of the job that runs")
        return self._nodes[transformation.id]

    def _called(self, operator: Operator) -> str:
        return repr(operator if isinstance(operator, str) else operator._own("looking at an operator").name)

    def _state(self, operator: Operator, state: str | StateDescriptor) -> tuple[int, str]:
        node = self._node(operator)
        name = state if isinstance(state, str) else state.get_name()
        known = self._started().states(node)
        if name not in known:
            has = f"it has: {', '.join(known)}" if known else "it has none"
            raise ValueError(f"{self._called(operator)} has no keyed state {name!r}; {has}")
        return node, name

    def _outputs_of(self, stream: DataStream) -> list[tuple[int, str | None]]:
        self._started()
        # keying a stream changes none of its records
        stream = getattr(stream, "_origin", stream)
        return [(self._known(each.transformation), each.tag) for each in stream._inputs]

    def _seen(self, outputs: list[tuple[int, str | None]], kinds: Any) -> list[Any]:
        return self._outputs.of(outputs, lambda seen: isinstance(seen, kinds))
