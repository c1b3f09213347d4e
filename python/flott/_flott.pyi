"""The native module: the engine's graph, running jobs and what functions are given. For Flott's own use."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, TypeAlias, final

from typing_extensions import Self, disjoint_base

from flott.common.types import RowKind

__all__ = [
    "AggregatingState",
    "ArrowCollect",
    "ArrowTable",
    "AssignerContext",
    "BroadcastState",
    "Broker",
    "CepPattern",
    "CepPlan",
    "CheckpointReader",
    "ColumnsType",
    "Completions",
    "ConditionContext",
    "Conform",
    "Counter",
    "EvictorContext",
    "Feed",
    "Graph",
    "HostedMatcher",
    "Job",
    "KeyedState",
    "ListState",
    "MapState",
    "MatchContext",
    "Metrics",
    "NativeOperator",
    "NoWindowState",
    "OperatorState",
    "ProcessContext",
    "ReadOnlyBroadcastState",
    "ReducingState",
    "Results",
    "RowBase",
    "Simulation",
    "SinkContext",
    "Subtask",
    "TimerService",
    "TimestampedValue",
    "TriggerContext",
    "ValueState",
    "WindowContext",
    "__version__",
    "gate_entries",
    "has_rocksdb",
    "remove_checkpoint",
    "stop_all_jobs",
]

__version__: str

_Place: TypeAlias = str | None
_Options: TypeAlias = Sequence[tuple[str, str]]
_Opened: TypeAlias = tuple[Sequence[Callable[..., Any]], Callable[[], Any] | None]

has_rocksdb: bool

def gate_entries() -> int:
    """How often the engine has entered Python in this process: once a batch and operator."""

def remove_checkpoint(root: str, directory: str, options: dict[str, str]) -> None:
    """Removes the checkpoint or savepoint of that directory below ``root``; raises if there is none."""

def stop_all_jobs() -> None:
    """Stops what still runs; called at the interpreter's exit."""

@final
class Graph:
    """A graph of operators. Nodes are numbered from 1."""

    def __new__(cls, simulated: bool = False, crashing: bool = False) -> Graph:
        """``simulated`` for one that is run by :meth:`simulate`, ``crashing`` for one that is run by :meth:`crash`."""

    def add_collection(self, name: str, items: Sequence[object]) -> int:
        """Objects as a source."""

    def add_python_source(
        self, name: str, adapter: object, bounded: bool, commits: bool, interval_ms: int | None
    ) -> int:
        """A source written in Python, through its adapter."""

    def add_python_sink(self, name: str, open: Callable[[Subtask], tuple[Any, Any]], commits: bool) -> int:
        """A sink written in Python; ``open(subtask)`` returns a writer, and a committer or None."""

    def add_feed(self, name: str) -> tuple[int, Feed]:
        """A source that is fed by hand."""

    def add_source(
        self, name: str, connector: str, options: _Options, columns: ColumnsType | None = None, place: _Place = None
    ) -> int:
        """A connector's source, which emits columns of the given type."""

    def set_watermarks(
        self,
        node: int,
        strategy: str,
        assigner: Callable[[Any, int], int] | None = None,
        generator: Callable[[], Any] | None = None,
    ) -> None:
        """Gives a source its watermark strategy (JSON); ``generator()`` returns ``(on_event, on_periodic_emit)``."""

    def add_timestamps(
        self,
        name: str,
        strategy: str,
        assigner: Callable[[Any, int], int] | None = None,
        generator: Callable[[], Any] | None = None,
    ) -> int:
        """Gives records of any stream their event time."""

    def add_operator(
        self,
        name: str,
        kind: str,
        factory: Callable[[Subtask], _Opened],
        broadcast_states: Sequence[str] = ...,
        late_output: str | None = None,
        result: Conform | None = None,
        sides: Sequence[tuple[str, Conform]] = ...,
        broadcast_first: bool = False,
    ) -> int:
        """An operator around a Python function; ``factory(subtask)`` returns ``(calls, close)``. Results are converted
        to the declared type ``result``, and what goes to side outputs to those of ``sides``."""

    def add_cep(
        self,
        name: str,
        plan: CepPlan,
        factory: Callable[[Subtask], _Opened],
        clock: tuple[bool, bool],
        late_output: str | None,
        result: Conform | None,
        sides: Sequence[tuple[str, Conform]],
    ) -> int:
        """A pattern over the stream; ``clock`` is whether it goes by event time, and whether events of one time are
        compared."""

    def add_async_wait(self, name: str, factory: Callable[[Subtask], _Opened], capacity: int, ordered: bool) -> int:
        """Async I/O; ``factory(subtask)`` returns ``([submit], close)``."""

    def add_sink(self, name: str, connector: str, options: _Options, columns: ColumnsType, place: _Place = None) -> int:
        """A connector's sink, given columns of that type."""

    def add_to_columns(
        self,
        name: str,
        columns: ColumnsType,
        prepare: Callable[[Any], Any] | None = None,
        extra: Sequence[tuple[str, Callable[[Any], str | None]]] = ...,
    ) -> int:
        """Objects to columns of that type after ``prepare(record)``, with the texts ``extra`` computes behind."""

    def add_arrow(self, name: str, table: ArrowTable) -> int:
        """A table in memory as a source."""

    def add_collect_arrow(self, name: str, columns: ColumnsType) -> tuple[int, ArrowCollect]:
        """Columns for the program itself."""

    def add_native(self, name: str, operator: NativeOperator) -> int: ...
    def add_print(self, name: str, render: Callable[[Any], str], identifier: str | None = None) -> int:
        """Lines on standard output."""

    def add_collect(self, name: str) -> tuple[int, Results]:
        """Records for the program itself."""

    def connect(
        self,
        from_node: int,
        to_node: int,
        input: int = 0,
        tag: str | None = None,
        partitioning: str = "unspecified",
        partitioner: Callable[[Any, int], int] | None = None,
    ) -> None:
        """A stream from one node to another; the partitioner goes with ``custom``."""

    def configure(
        self,
        node: int,
        *,
        name: str | None = None,
        uid: str | None = None,
        parallelism: int | None = None,
        max_parallelism: int | None = None,
        chaining: str | None = None,
        slot_sharing_group: str | None = None,
        place: _Place = None,
    ) -> None:
        """Sets what is given of a node."""

    def name(self, node: int) -> str: ...
    def is_bounded(self) -> bool: ...
    def parallelism(self, node: int) -> int | None: ...
    def __len__(self) -> int: ...
    def plan(self, parallelism: int, chaining: bool = True) -> str:
        """The execution plan as JSON."""

    def start(self, config: dict[str, Any]) -> Job:
        """Starts the job."""

    def simulate(self, config: dict[str, Any], seed: int, now: int) -> Simulation:
        """The job on the simulated executor; ``now`` (ms) is where its clock starts."""

    def crash(
        self, config: dict[str, Any], plan: dict[str, Any]
    ) -> tuple[Job, list[tuple[int | None, int, int, int, str]]]:
        """The job on the simulated executor to its end, with crashes, and its starts: the checkpoint each went on from,
        parallelism, batch size, steps, and how it ended."""

@final
class Feed:
    """A test's end of a source; times are in ms."""

    def record(self, value: object, timestamp: int | None = None) -> None:
        """A record, with its event time."""

    def watermark(self, timestamp: int) -> None:
        """Event time behind the records before."""

    def idle(self) -> None:
        """Nobody waits for this source until something comes."""

    def end(self) -> None:
        """Nothing comes any more."""

@final
class Simulation:
    """A job that goes on only when it is told to; times are in ms."""

    def settle(self) -> bool:
        """Runs until nothing can happen at the present time; True once the job has ended. Raises what made it fail."""

    def advance_to(self, timestamp: int) -> bool:
        """Lets time pass; timers fire on the way."""

    def cancel(self) -> None:
        """Ends the job where it stands: functions are closed."""

    def now(self) -> int: ...
    def steps(self) -> int:
        """How many steps tasks have taken: equal for equal seeds."""

    def emitted(self) -> list[tuple[int, int, str | None, list[Any] | None, Any]]:
        """What operators have emitted since the last call: ``(node, subtask, tag, records, timestamps)``, or
        ``(node, subtask, None, None, watermark)``."""

    def timers(self, node: int) -> list[tuple[Any, int, Any]]:
        """The timers an operator has set: ``(key, time, domain)``."""

    def states(self, node: int) -> list[str]:
        """The names of an operator's keyed states."""

    def entries(self, node: int, state: str) -> list[tuple[Any, Any]]:
        """What keys have in a keyed state."""

    def entry(self, node: int, state: str, key: object) -> Any:
        """What one key has in a keyed state."""

    def broadcast(self, node: int, state: str) -> list[dict[Any, Any]]:
        """The entries of a broadcast state, one dict a subtask."""

    def standing(self) -> str:
        """Where each task stands in event time, as JSON."""

    def metrics(self) -> list[tuple[int, str, str, dict[str, int]]]:
        """``(id, name, kind, counters)`` of each operator; the kind is source, operator or sink."""

@final
class Conform:
    """A declared type, by which values are checked and converted."""

    def __new__(cls, descriptor: str, narrowing: bool = False) -> Conform: ...
    def value(self, value: Any, what: str) -> Any:
        """The value, converted; a TypeError names it ``what``."""

    def values(self, values: list[Any], what: str) -> list[Any]:
        """The values, converted; a TypeError names one ``what[index]``."""

@final
class ArrowTable:
    """A table in memory, with column types that the engine knows."""

    @staticmethod
    def read(object: object) -> ArrowTable:
        """From an object with ``__arrow_c_stream__`` or ``__arrow_c_array__``."""

    @staticmethod
    def of_columns(rows: int, columns: Sequence[tuple[str, str, bytes | list[Any], bytes | None]]) -> ArrowTable:
        """From ``(name, NumPy type, bytes, valid)`` or ``(name, descriptor, objects, None)`` of each column."""

    @staticmethod
    def of_records(columns: ColumnsType, records: Sequence[Any]) -> ArrowTable:
        """From records of these columns: tuples or rows."""

    @property
    def columns(self) -> ColumnsType: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def objects(self, index: int) -> list[Any]:
        """The values of a column."""

    def buffers(self, index: int) -> tuple[str, bytes, bytes | None] | None:
        """``(NumPy type, bytes, valid)``, or None where NumPy has no such type."""

@final
class ArrowCollect:
    """The columns that have arrived."""

    def table(self) -> ArrowTable:
        """Takes what there is."""

@final
class ColumnsType:
    """The exact columns of a typed stream."""

    def __new__(cls, descriptor: str) -> ColumnsType: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def descriptor(self) -> str:
        """The nearest declared type, as JSON."""

    def with_texts(self, names: Sequence[str]) -> ColumnsType:
        """These columns, followed by columns of text."""

    @property
    def names(self) -> list[str]: ...

_Condition: TypeAlias = tuple[Any, bool, str | None, str]

@final
class CepPattern:
    """A pattern as it is built: each method gives a new one, or raises ``ConfigurationError``.

    A condition is ``(callable, with context, expression as JSON, text)``. Times are in ms.
    """

    @staticmethod
    def begin(name: str) -> CepPattern: ...
    @staticmethod
    def begin_group(group: CepPattern) -> CepPattern: ...
    def with_skip(self, skip: tuple[str, str, bool]) -> CepPattern:
        """``skip`` is ``(strategy, pattern, must exist)``."""

    def then(self, how: str, name: str) -> CepPattern: ...
    def then_group(self, how: str, group: CepPattern) -> CepPattern: ...
    def and_(self, given: _Condition) -> CepPattern: ...
    def or_(self, given: _Condition) -> CepPattern: ...
    def until(self, given: _Condition) -> CepPattern: ...
    def within(self, millis: int, previous: bool) -> CepPattern: ...
    def optional(self) -> CepPattern: ...
    def one_or_more(self, gap: int | None) -> CepPattern: ...
    def times(self, least: int, most: int, gap: int | None) -> CepPattern: ...
    def times_or_more(self, times: int, gap: int | None) -> CepPattern: ...
    def greedy(self) -> CepPattern: ...
    def consecutive(self) -> CepPattern: ...
    def allow_combinations(self) -> CepPattern: ...
    def explain(self) -> str:
        """States and transitions in words."""

    def svg(self) -> str:
        """The same as a picture."""

@final
class CepPlan:
    """A compiled pattern over a stream."""

    def __new__(cls, pattern: CepPattern, columns: ColumnsType | None) -> Self: ...
    @property
    def conditions(self) -> list[Any]:
        """The condition objects in the order of the tests; None for those that are expressions."""

    @property
    def names(self) -> list[str]:
        """The names of patterns that events are matched under."""

@final
class ConditionContext:
    """The ``ctx`` of iterative conditions."""

    def get_events_for_pattern(self, name: str) -> list[Any]: ...
    def timestamp(self) -> int: ...
    def current_processing_time(self) -> int: ...

@final
class MatchContext:
    """The ``ctx`` of the functions of matches."""

    def timestamp(self) -> int: ...
    def current_processing_time(self) -> int: ...
    def output(self, output_tag: Any, value: Any) -> None: ...

@final
class HostedMatcher:
    """A pattern's matcher, one key at a time, for a host that brings its own state and timers.

    What is found comes as ``(timed out, {pattern: events}, time in ms)``.
    """

    def __new__(cls, plan: CepPlan, conditions: Sequence[Any], timed_out: bool) -> Self: ...
    def load(self, stored: bytes | None) -> None:
        """Goes on with the matches of another key."""

    def store(self) -> bytes | None:
        """The matches of the key; None where there is nothing to keep."""

    def process(self, event: Any, time: int) -> list[tuple[bool, dict[str, list[Any]], int]]: ...
    def advance(self, time: int) -> list[tuple[bool, dict[str, list[Any]], int]]:
        """No event before that time will come any more."""

    @property
    def deadline(self) -> int | None:
        """When a partial match runs out of time first, in ms."""

@final
class NativeOperator:
    """An operator on columns. Expressions are JSON; ``rejected`` is the tag of a side output."""

    @property
    def output(self) -> ColumnsType:
        """The type of its results."""

    @property
    def rejected(self) -> ColumnsType | None:
        """The type of its side output."""

    @staticmethod
    def filter(input: ColumnsType, condition: str, rejected: str | None = None) -> NativeOperator: ...
    @staticmethod
    def select(input: ColumnsType, expressions: str) -> NativeOperator: ...
    @staticmethod
    def explode(input: ColumnsType, column: str, outer: bool) -> NativeOperator: ...
    @staticmethod
    def key_by(input: ColumnsType, expressions: str) -> NativeOperator: ...
    @staticmethod
    def aggregate(input: ColumnsType, keys: str, function: str, column: int, only_final: bool) -> NativeOperator: ...
    @staticmethod
    def event_time(input: ColumnsType, expression: str) -> NativeOperator:
        """The event time of each record, an expression in ms or a TIMESTAMP."""

    @staticmethod
    def window(
        input: ColumnsType,
        keys: str,
        assigner: tuple[str, Sequence[int]],
        event_time: bool,
        trigger: tuple[str, int],
        allowed_lateness: int,
        aggregates: str,
        late: str | None = None,
    ) -> NativeOperator:
        """Aggregates of the windows of each key, or of all records if ``keys`` is ``[]``."""

    @staticmethod
    def deserialize(
        input: ColumnsType, format: str, options: _Options, output: ColumnsType, rejected: str | None = None
    ) -> NativeOperator: ...
    @staticmethod
    def serialize(input: ColumnsType, format: str, options: _Options) -> NativeOperator: ...

@final
class Job:
    """A running job."""

    def id(self) -> str | None:
        """What it was given as ``job_id``."""

    def status(self) -> str:
        """The name of a ``JobStatus``."""

    def cancel(self) -> None:
        """Asks the job to stop; returns at once."""

    def stop(self) -> bool:
        """Stops the job, interrupting its functions if they do not return; False if it still runs after 4 s."""

    def savepoint(self, directory: str | None = None, stop: str | None = None) -> str:
        """Takes a savepoint and returns its URL; with ``stop``, "suspend" or "drain", the job ends with it."""

    def wait(self, timeout_ms: int | None = None) -> bool:
        """Waits for the end of the job and of all its threads; False if it still runs after ``timeout_ms``."""

    def result(self) -> None:
        """Waits for the job's end; raises what made it fail, the first time it is asked."""

    def runtime_ms(self) -> int:
        """Since the start, or of the whole run."""

    def checkpoints(self) -> tuple[int, int, tuple[int, int, int] | None]:
        """How many checkpoints are complete and how many have failed; of the last one its number, when it was complete
        (ms since 1970), and what it took (ms)."""

    def watermarks(self) -> list[tuple[str, int]]:
        """``(name, ms)`` of each operator; the smallest long before the first watermark."""

    def standing(self) -> str:
        """Where each task stands in event time, as JSON; waits a second at most for those that are busy."""

    def metrics(self) -> list[tuple[int, str, str, dict[str, int]]]:
        """``(id, name, kind, counters)`` of each operator; the kind is source, operator or sink."""

@final
class CheckpointReader:
    """A checkpoint as it is read without a job."""

    def __new__(cls, root: str, directory: str, options: dict[str, str]) -> CheckpointReader: ...
    def about(self) -> tuple[int, str, int, str]:
        """Its number, the job's name, when it was complete (ms), and the Flott that wrote it."""

    def operators(self) -> list[tuple[str, str, int, int, list[tuple[str, str, str, int, int]]]]:
        """``(uid, name, maximum parallelism, parallelism, states)``; of a state its name, its encoding, where it is
        (``keyed``, ``items`` or ``files``), how many pieces it has, and their bytes."""

    def keyed(self, uid: str, name: str) -> list[tuple[int, int, bytes]]:
        """``(subtask, key group, bytes)`` of a keyed state."""

    def rows(self, uid: str, name: str) -> list[tuple[int, int, bytes, bytes, bytes]]:
        """``(subtask, key group, key, entry, value)`` of a state in databases; ``entry`` is a map's key."""

    def items(self, uid: str, name: str) -> list[tuple[int, bytes]]:
        """``(subtask, bytes)`` of each item of a state without keys."""

    def columns(self, uid: str, name: str) -> ArrowTable:
        """A state of columns as it stands."""

@final
class Results:
    """The records of ``execute_and_collect``."""

    def next(self, job: Job) -> tuple[Any] | None:
        """``(record,)``, or None once the job has ended and nothing is left."""

    def close(self) -> None:
        """Nothing more is wanted."""

@disjoint_base
class RowBase:
    """What a ``Row`` is made of."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    _fields: list[str] | None
    _values: list[Any]
    _row_kind: RowKind
    def __getattribute__(self, name: str, /) -> Any: ...
    def __getitem__(self, item: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...

@final
class Subtask:
    """What Python is told about the subtask its function runs in."""

    @property
    def operator(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def parallelism(self) -> int: ...
    @property
    def max_parallelism(self) -> int: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def state(self) -> KeyedState | None: ...
    @property
    def operator_state(self) -> OperatorState: ...
    @staticmethod
    def adopt_thread(ident: int, name: str) -> None:
        """Lets Ctrl-C reach a thread that a function has started for its calls."""

    @staticmethod
    def release_thread(ident: int) -> None: ...

@final
class OperatorState:
    """The lists of one subtask of a function that belong to no key, by name."""

    def is_restored(self) -> bool: ...
    def list(self, name: str, union: bool) -> list[Any]:
        """The list of that name, with what a checkpoint has of it; with ``union`` every subtask has all elements."""

    def call_before(self, before: Callable[[int], object]) -> None:
        """Calls ``before(checkpoint)`` whenever the lists are about to be stored."""

@final
class SinkContext:
    """The ``context`` of ``SinkWriter.write``: one object, reused for every record of a subtask."""

    def timestamp(self) -> int | None: ...
    def current_watermark(self) -> int: ...
    def current_processing_time(self) -> int: ...

@final
class Completions:
    """Where an event loop leaves the results of async I/O."""

    def complete(self, record: int, results: list[Any]) -> None: ...
    def fail(self, value: object, error: BaseException) -> None: ...

@final
class Metrics:
    """The counters of one operator, by name."""

    def counter(self, name: str) -> Counter:
        """The counter of that name, made on first use; all subtasks of an operator share it."""

    def note_late(self, record: object, timestamp: int, watermark: int) -> None:
        """Remembers a record that came too late, for whoever asks what was dropped."""

@final
class Counter:
    """A counter of the engine."""

    def inc(self, n: int = 1) -> None: ...
    def dec(self, n: int = 1) -> None: ...
    def get_count(self) -> int: ...

@final
class ProcessContext:
    """The ``ctx`` of process functions of all kinds: one object, reused for every record of a subtask."""

    def timestamp(self) -> int:
        """The event time of the record or the timer in ms; -9223372036854775808 for a record that has none."""

    def timer_service(self) -> TimerService: ...
    def get_current_key(self) -> Any:
        """The key of the record or the timer; None on a stream without keys."""

    def time_domain(self) -> Any:
        """By which clock the timer went: a ``TimeDomain``."""

    def get_broadcast_state(self, state_descriptor: Any) -> ReadOnlyBroadcastState: ...
    def current_processing_time(self) -> int: ...
    def current_watermark(self) -> int: ...

@final
class TimerService:
    """Processing time and event time (ms) as an operator sees them, and the timers of its keys."""

    def current_processing_time(self) -> int: ...
    def current_watermark(self) -> int: ...
    def register_event_time_timer(self, timestamp: int) -> None: ...
    def register_processing_time_timer(self, timestamp: int) -> None: ...
    def delete_event_time_timer(self, timestamp: int) -> None: ...
    def delete_processing_time_timer(self, timestamp: int) -> None: ...

@final
class KeyedState:
    """The keyed state of one function in one subtask."""

    def get_state(self, state_descriptor: Any) -> Any: ...
    def get_list_state(self, state_descriptor: Any) -> Any: ...
    def get_map_state(self, state_descriptor: Any) -> Any: ...
    def get_reducing_state(self, state_descriptor: Any) -> Any: ...
    def get_aggregating_state(self, state_descriptor: Any) -> Any: ...

@final
class AssignerContext:
    """See ``flott.datastream.window.WindowAssigner.WindowAssignerContext``."""

    def get_current_processing_time(self) -> int: ...
    def get_runtime_context(self) -> Any: ...

@final
class TriggerContext:
    """See ``flott.datastream.window.Trigger.TriggerContext`` and ``OnMergeContext``."""

    def get_current_processing_time(self) -> int: ...
    def get_current_watermark(self) -> int: ...
    def get_metric_group(self) -> Any: ...
    def register_processing_time_timer(self, time: int) -> None: ...
    def register_event_time_timer(self, time: int) -> None: ...
    def delete_processing_time_timer(self, time: int) -> None: ...
    def delete_event_time_timer(self, time: int) -> None: ...
    def get_partitioned_state(self, state_descriptor: Any) -> Any: ...
    def merge_partitioned_state(self, state_descriptor: Any) -> None: ...

@final
class WindowContext:
    """See ``flott.datastream.functions.ProcessWindowFunction.Context``."""

    def window(self) -> Any: ...
    def current_processing_time(self) -> int: ...
    def current_watermark(self) -> int: ...
    def window_state(self) -> KeyedState | NoWindowState: ...
    def global_state(self) -> KeyedState: ...

@final
class NoWindowState:
    """The state of windows that merge: each method raises RuntimeError."""

    def get_state(self, _state_descriptor: Any) -> None: ...
    def get_list_state(self, _state_descriptor: Any) -> None: ...
    def get_map_state(self, _state_descriptor: Any) -> None: ...
    def get_reducing_state(self, _state_descriptor: Any) -> None: ...
    def get_aggregating_state(self, _state_descriptor: Any) -> None: ...

@final
class EvictorContext:
    """See ``flott.datastream.window.Evictor.EvictorContext``."""

    def get_current_processing_time(self) -> int: ...
    def get_current_watermark(self) -> int: ...
    def get_metric_group(self) -> Any: ...

@final
class TimestampedValue:
    """A record of a window with its timestamp; see ``flott.datastream.window.Evictor``."""

    def get_value(self) -> Any: ...
    def get_timestamp(self) -> int: ...
    def has_timestamp(self) -> bool: ...

@final
class ValueState:
    """See ``flott.datastream.state.ValueState``."""

    def value(self) -> Any: ...
    def update(self, value: object) -> None: ...
    def clear(self) -> None: ...

@final
class ListState:
    """See ``flott.datastream.state.ListState``."""

    def get(self) -> list[Any]: ...
    def add(self, value: object) -> None: ...
    def add_all(self, values: Iterable[object]) -> None: ...
    def update(self, values: Iterable[object]) -> None: ...
    def clear(self) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...

@final
class MapState:
    """See ``flott.datastream.state.MapState``."""

    def get(self, key: object) -> Any: ...
    def put(self, key: object, value: object) -> None: ...
    def put_all(self, dict_value: Mapping[Any, object]) -> None: ...
    def remove(self, key: object) -> None: ...
    def contains(self, key: object) -> bool: ...
    def items(self) -> list[tuple[Any, Any]]: ...
    def keys(self) -> list[Any]: ...
    def values(self) -> list[Any]: ...
    def is_empty(self) -> bool: ...
    def clear(self) -> None: ...
    def __getitem__(self, key: object, /) -> Any: ...
    def __setitem__(self, key: object, value: object, /) -> None: ...
    def __delitem__(self, key: object, /) -> None: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[Any]: ...

@final
class ReducingState:
    """See ``flott.datastream.state.ReducingState``."""

    def get(self) -> Any: ...
    def add(self, value: object) -> None: ...
    def clear(self) -> None: ...

@final
class AggregatingState:
    """See ``flott.datastream.state.AggregatingState``."""

    def get(self) -> Any: ...
    def add(self, value: object) -> None: ...
    def clear(self) -> None: ...

@disjoint_base
class ReadOnlyBroadcastState:
    """See ``flott.datastream.state.ReadOnlyBroadcastState``."""

    def get(self, key: object) -> Any: ...
    def contains(self, key: object) -> bool: ...
    def items(self) -> list[tuple[Any, Any]]: ...
    def keys(self) -> list[Any]: ...
    def values(self) -> list[Any]: ...
    def is_empty(self) -> bool: ...
    def __getitem__(self, key: object, /) -> Any: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[Any]: ...

@final
class BroadcastState(ReadOnlyBroadcastState):
    """See ``flott.datastream.state.BroadcastState``."""

    def put(self, key: object, value: object) -> None: ...
    def put_all(self, dict_value: Mapping[Any, object]) -> None: ...
    def remove(self, key: object) -> None: ...
    def clear(self) -> None: ...
    def __setitem__(self, key: object, value: object, /) -> None: ...
    def __delitem__(self, key: object, /) -> None: ...

@final
class Broker:
    """A running broker."""

    def __new__(
        cls,
        data_dir: str | PathLike[str],
        *,
        host: str,
        port: int,
        allow_remote: bool,
        topics: Sequence[tuple[str, int]],
        auto_create_topics: bool,
        num_partitions: int,
        message_max_bytes: int,
    ) -> Broker: ...
    def bootstrap_servers(self) -> str: ...
    def create_topic(self, name: str, partitions: int) -> None: ...
    def topics(self) -> list[str]: ...
    def stop(self) -> None: ...
