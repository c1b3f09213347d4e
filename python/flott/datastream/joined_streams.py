"""Joining and grouping two streams by windows (beyond PyFlink, as in Flink's Java API).

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/joining/#window-join
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, NoReturn, TypeVar, cast

from flott.datastream._aggregates import column_of
from flott.datastream._columns import is_expression
from flott.datastream._window_join import One, TaggedUnion, Two, key_of_record, window_function
from flott.datastream.data_stream import DataStream
from flott.datastream.functions import CoGroupFunction, FlatJoinFunction, JoinFunction, KeySelector, as_function
from flott.datastream.functions._results import check_returns, is_generator
from flott.datastream.functions.wrapper import FunctionWrapper, describe
from flott.datastream.windowed_streams import WindowedStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott.common.typeinfo import TypeInformation
    from flott.datastream.functions.base import Function
    from flott.datastream.keyed_stream import KeyedStream
    from flott.datastream.window import Evictor, Trigger, WindowAssigner
    from flott.table.expression import Expression

    Key = KeySelector | Callable[[Any], Any] | Expression | str

__all__ = ["CoGroupedStreams", "EqualTo", "JoinedStreams", "TaggedUnion", "Where"]

W = TypeVar("W", bound="_WithWindow")
S = TypeVar("S", bound="_WithWindow")


class _Side(NamedTuple):
    """A stream and its keys."""

    stream: DataStream
    selector: KeySelector
    key_type: TypeInformation | None


class _Step:
    """A join that is not written to its end: a call that does not belong here says which one comes next."""

    _NEXT: ClassVar[str]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            text = f"{type(self).__qualname__!r} object has no attribute {name!r}"
            if not name.startswith("_"):
                text += f"; the next call is {self._NEXT}"
            raise AttributeError(text, name=name, obj=self)


class _TwoStreams(_Step, Generic[W]):
    _NEXT = "where(key_selector), then equal_to(), window() and apply()"
    #: How the program calls it, and the name of its operator.
    _CALL: ClassVar[str]

    def __init__(self, input1: DataStream, input2: DataStream) -> None:
        if not isinstance(input2, DataStream):
            raise TypeError(f"{self._CALL} takes a stream, not {input2!r}")
        if input2.get_execution_environment() is not input1.get_execution_environment():
            raise ValueError(f"{self._CALL}: both streams must come from one StreamExecutionEnvironment")
        self._input1, self._input2 = input1, input2

    def where(self, key_selector: Key, key_type: TypeInformation | None = None) -> Where[W]:
        """Says what is the key of the first stream's records.

        :param key_selector: a function of the record, a :class:`KeySelector`, or for a typed stream a field's name
        :param key_type: the type of the keys of both streams; any Python object unless given
        :raises ValueError: if the stream's type has no such field
        """
        return Where(_side(self._input1, key_selector, key_type, "where"), self._input2, self._with_window)

    def _with_window(self, first: _Side, second: _Side, assigner: WindowAssigner[Any, Any]) -> W:
        raise NotImplementedError


class Where(_Step, Generic[W]):
    """The first stream of a join has its keys."""

    _NEXT = "equal_to(key_selector), then window() and apply()"

    def __init__(self, first: _Side, input2: DataStream, with_window: Callable[..., W]) -> None:
        """Use :meth:`JoinedStreams.where` or :meth:`CoGroupedStreams.where`."""
        self._first, self._input2, self._with_window = first, input2, with_window

    def equal_to(self, key_selector: Key, key_type: TypeInformation | None = None) -> EqualTo[W]:
        """Says what is the key of the second stream's records.

        Two keys are equal as those of ``key_by`` are: 1 and 1.0 are two keys.

        :param key_selector: a function of the record, a :class:`KeySelector`, or for a typed stream a field's name
        :param key_type: the same as in ``where()``, if it is given at all
        :raises TypeError: if the keys of the two streams are of different types
        :raises ValueError: if the stream's type has no such field
        """
        first, second = self._first, _side(self._input2, key_selector, key_type, "equal_to")
        if _differ(first.key_type, second.key_type):
            raise TypeError(
                f"the keys of the two streams are never equal: those of where() are {first.key_type!r}, "
                f"those of equal_to() {second.key_type!r}"
            )
        return EqualTo(first, second, self._with_window)


class EqualTo(_Step, Generic[W]):
    """Both streams of a join have their keys."""

    _NEXT = "window(assigner), then apply()"

    def __init__(self, first: _Side, second: _Side, with_window: Callable[..., W]) -> None:
        """Use :meth:`Where.equal_to`."""
        self._first, self._second, self._with_window = first, second, with_window

    def window(self, window_assigner: WindowAssigner[Any, Any]) -> W:
        """Cuts both streams into windows; only records of one window meet."""
        return self._with_window(self._first, self._second, window_assigner)


class _WithWindow(_Step):
    """Two streams with their keys and windows."""

    _NEXT = "apply(function)"
    #: The name of the operator.
    _NAME: ClassVar[str]

    def __init__(self, first: _Side, second: _Side, window_assigner: WindowAssigner[Any, Any]) -> None:
        """Use :meth:`EqualTo.window`."""
        self._windows = _WindowsOfBoth(first, second, window_assigner, self._NAME)

    def trigger(self: S, trigger: Trigger[Any, Any]) -> S:
        """Says when a window emits, instead of the assigner's own trigger; it sees records as :class:`TaggedUnion`.

        :raises TypeError: if it is no trigger, or one that can't merge with windows that do
        """
        self._windows.trigger(trigger)
        return self

    def evictor(self: S, evictor: Evictor[Any, Any]) -> S:
        """Takes records of either stream out of a window when it fires; it sees them as :class:`TaggedUnion`.

        :raises TypeError: if it is no evictor
        """
        self._windows.evictor(evictor)
        return self

    def allowed_lateness(self: S, time_ms: int) -> S:
        """How long, in milliseconds of event time, a window is kept behind its end for late records; 0 unless set.

        Each late record makes the window emit again. What comes later still is dropped, and counted in
        ``numLateRecordsDropped``.

        :raises ValueError: if it is less than 0
        """
        self._windows.allowed_lateness(time_ms)
        return self

    def _applied(self, function: Any, shown: Function, output_type: TypeInformation | None) -> DataStream:
        return self._windows.applied(function, shown, output_type)


class JoinedStreams(_TwoStreams["JoinedStreams.WithWindow"]):
    """Two streams whose records of one key and one window are paired: an inner join, with each pair once a window::

        orders.join(payments).where(lambda o: o["id"]).equal_to(lambda p: p["order"])
            .window(TumblingEventTimeWindows.of(Time.minutes(1))).apply(lambda o, p: (o["id"], p["amount"]))

    Beyond PyFlink, as in Flink's Java API; a program that uses it does not run on PyFlink. A pair has the time of its
    window's end (``max_timestamp()``).
    """

    _CALL = "join()"

    class WithWindow(_WithWindow):
        """A join with its windows."""

        _NAME = "Window Join"

        def apply(
            self,
            function: JoinFunction | FlatJoinFunction | Callable[[Any, Any], Any],
            output_type: TypeInformation | None = None,
        ) -> DataStream:
            """Calls a function for each pair.

            :param function: a :class:`JoinFunction`, a :class:`FlatJoinFunction`, or a function of two records, which
                gives one result or, if it contains yield, any number
            :param output_type: the type of the results; any Python object unless given
            """
            given = function if isinstance(function, type) else type(function)
            if issubclass(given, FlatJoinFunction):
                flat = as_function(function, FlatJoinFunction, "apply()")
                return self._applied(window_function(flat, flat=True), flat, output_type)
            one = as_function(function, JoinFunction, "apply()")
            plain = isinstance(one, FunctionWrapper)
            what = f"apply(): {describe(function) if plain else f'{type(function).__name__}.join'}"
            yields = is_generator(one.join)
            if yields and not plain:
                raise TypeError(
                    f"{what} contains yield, so that each call gives a generator: return one record, or extend "
                    "FlatJoinFunction for several"
                )
            if output_type is not None:
                check_returns(one.join, what, f"but {output_type!r} is declared")
            return self._applied(window_function(one, flat=yields), one, output_type)

    def _with_window(self, first: _Side, second: _Side, assigner: WindowAssigner[Any, Any]) -> JoinedStreams.WithWindow:
        return self.WithWindow(first, second, assigner)


class CoGroupedStreams(_TwoStreams["CoGroupedStreams.WithWindow"]):
    """Two streams whose records of one key and one window a function is given together, also when one has none::

        orders.co_group(payments).where("id").equal_to("order")
            .window(TumblingEventTimeWindows.of(Time.minutes(1))).apply(WithoutPayment())

    Beyond PyFlink, as in Flink's Java API; a program that uses it does not run on PyFlink. A result has the time of its
    window's end (``max_timestamp()``).
    """

    _CALL = "co_group()"

    class WithWindow(_WithWindow):
        """Grouped streams with their windows."""

        _NAME = "Window Co-Group"

        def apply(
            self,
            function: CoGroupFunction | Callable[[list[Any], list[Any]], Any],
            output_type: TypeInformation | None = None,
        ) -> DataStream:
            """Calls a function with the records of each key and window.

            :param function: a :class:`CoGroupFunction`, or a function of two lists that yields results
            :param output_type: the type of the results; any Python object unless given
            """
            both = as_function(function, CoGroupFunction, "apply()")
            return self._applied(window_function(both), both, output_type)

    def _with_window(
        self, first: _Side, second: _Side, assigner: WindowAssigner[Any, Any]
    ) -> CoGroupedStreams.WithWindow:
        return self.WithWindow(first, second, assigner)


class _WindowsOfBoth(WindowedStream):
    """The windows of two streams. The operators before them are made when a function is applied."""

    def __init__(self, first: _Side, second: _Side, window_assigner: WindowAssigner[Any, Any], name: str) -> None:
        super().__init__(cast("KeyedStream", first.stream), window_assigner)
        self._first, self._second, self._name = first, second, name

    def applied(self, function: Any, shown: Function, output_type: TypeInformation | None) -> DataStream:
        assigner = type(self._window_assigner).__name__
        trigger = self._window_trigger or self._window_assigner.get_default_trigger(self.get_execution_environment())
        parts = assigner, type(trigger).__name__, type(shown).__name__.removesuffix("Wrapper")
        return self.apply(function, output_type).name(self._name).set_description(f"{self._name}({', '.join(parts)})")

    def _keyed(self) -> KeyedStream:
        first = self._tagged(self._first, One, "First", self._second.key_type)
        second = self._tagged(self._second, Two, "Second", self._first.key_type)
        first._inputs = (*first._inputs, *second._inputs)
        return first

    def _tagged(
        self, side: _Side, tag: type[TaggedUnion], which: str, other_type: TypeInformation | None
    ) -> KeyedStream:
        # what a keyed stream was keyed by does not matter here
        stream: DataStream = getattr(side.stream, "_origin", side.stream)
        tagged = stream.map(tag).name(f"{which} of {self._name}")
        tagged._own("map()").follows_input = True
        return tagged.key_by(key_of_record(side.selector), side.key_type or other_type)


def _side(stream: DataStream, key: Key, key_type: TypeInformation | None, call: str) -> _Side:
    """The stream with its keys, whose type is that of the field where they are one."""
    if is_expression(key):
        tree = cast("Expression", key)._to_json()
        if list(tree) != ["col"]:
            raise TypeError(f"{call}() takes a function of the record or a field's name, not the expression {key!r}")
        key = tree["col"]
    if not isinstance(key, str):
        return _Side(stream, as_function(key, KeySelector, f"{call}()"), key_type)
    type_info: Any = stream.get_type()
    if not hasattr(type_info, "get_field_types"):
        raise TypeError(
            f"{call}({key!r}) needs a stream whose type has fields, and this one's is {type_info!r}: declare them "
            "where it is made, for example map(..., output_type=Types.ROW_NAMED(['id'], [Types.LONG()])), or give a "
            "function of the record"
        )
    types = type_info.get_field_types()
    names = getattr(type_info, "get_field_names", lambda: [f"f{n}" for n in range(len(types))])()
    at = column_of(call, key, names)
    return _Side(stream, as_function(itemgetter(at), KeySelector, f"{call}()"), key_type or types[at])


#: Their values are of one Python type, so that keys of different ones can be equal.
_INTEGERS = ("BYTE", "SHORT", "INT", "LONG", "BIG_INT")


def _differ(one: TypeInformation | None, two: TypeInformation | None) -> bool:
    """Whether keys of these types are never equal; None where a type is not known."""
    if one is None or two is None or one == two:
        return False
    kinds = one._descriptor()["kind"], two._descriptor()["kind"]
    return "PICKLED_BYTE_ARRAY" not in kinds and not all(kind in _INTEGERS for kind in kinds)
