"""What connectors share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from flott.datastream.functions.java import JavaFunctionWrapper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DeliveryGuarantee", "Sink", "Source", "StreamTransformer", "SupportsPreprocessing"]


T = TypeVar("T")


class Source(JavaFunctionWrapper):
    """The base of sources for ``env.from_source``."""

    _INSTEAD = "use KafkaSource, FileSource or NumberSequenceSource of flott.datastream.connectors"

    def __init__(self, source: Any) -> None:
        """Raises NotImplementedError: a Java class cannot run here."""
        super().__init__(source)


class Sink(JavaFunctionWrapper):
    """The base of sinks for ``stream.sink_to``."""

    _INSTEAD = "use KafkaSink or FileSink of flott.datastream.connectors, or stream.add_sink(JdbcSink.sink(...))"

    def __init__(self, sink: Any) -> None:
        """Raises NotImplementedError: a Java class cannot run here."""
        super().__init__(sink)


class DeliveryGuarantee(Enum):
    """How often a record can reach a sink's target when the job fails and goes on.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/guarantees/
    """

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
    NONE = 2


class StreamTransformer(ABC):
    """What a sink does to a stream before it takes it."""

    @abstractmethod
    def apply(self, ds: Any) -> Any:
        """The stream the sink takes, for ``ds``."""


class SupportsPreprocessing(ABC):
    """A sink that does something to a stream before it takes it."""

    @abstractmethod
    def get_transformer(self) -> StreamTransformer | None:
        """What it does, or None."""


def format_options(format_name: str, options: Mapping[str, str], prefix: str = "format") -> dict[str, str]:
    """A format with its options as options of a connector."""
    return {prefix: format_name, **{f"{prefix}.{key}": value for key, value in options.items()}}


def instance(given: Any, kind: type[T], method: str, example: str) -> T:
    """``given`` if it is of class ``kind``.

    :raises TypeError: naming ``method`` and what to give it instead
    """
    if isinstance(given, kind):
        return given
    hint = "; call .build()" if hasattr(given, "build") else ""
    raise TypeError(f"{method} takes {example}, not {given!r}{hint}")


def one_by_one(given: Sequence[Any], message: str) -> None:
    """Refuses a list in the place of several arguments."""
    if len(given) == 1 and isinstance(given[0], (list, tuple, set)):
        raise TypeError(message)


def whole_number(value: Any, what: str, least: int | None = None) -> int:
    """``value`` if it is an ``int`` of at least ``least``.

    :raises TypeError: if it is not an ``int``
    :raises ValueError: if it is too small
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what}: expected a whole number, got {value!r} ({type(value).__name__})")
    if least is not None and value < least:
        raise ValueError(f"{what}: expected at least {least}, got {value}")
    return value


def text(value: Any, what: str) -> str:
    """``value`` if it is a ``str`` of at least one character.

    :raises TypeError: if it is not a ``str``
    :raises ValueError: if it is empty
    """
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected a string, got {value!r} ({type(value).__name__})")
    if not value.strip():
        raise ValueError(f"{what}: expected a string of at least one character, got {value!r}")
    return value


def property_text(key: Any, value: Any, what: str) -> tuple[str, str]:
    """A client property as two strings; numbers and booleans are written as Java writes them."""
    key = text(key, f"{what}, the name of a property")
    if isinstance(value, bool):
        return key, "true" if value else "false"
    if isinstance(value, (int, float)):
        return key, str(value)
    if not isinstance(value, str):
        raise TypeError(f"{what}: the value of '{key}' is a string, not {type(value).__name__}")
    return key, value


_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


def brokers(given: Any, what: str) -> str:
    """Addresses of brokers: ``host:port``, with commas between several."""
    for address in text(given, what).split(","):
        scheme, colons, _ = address.strip().partition("://")
        if colons and scheme.upper() not in _PROTOCOLS:
            meant = address.partition("://")[2].partition("/")[0].strip()
            raise ValueError(f"{what} takes brokers as host:port, and '{address.strip()}' is a URL; write '{meant}'")
    return str(given)


def is_secret(key: str) -> bool:
    """Whether the value of an option must not be shown."""
    lowered = key.lower()
    return any(part in lowered for part in ("password", "secret", "token", "jaas", "credential", "key.pem", "ssl.key"))


def shown_options(options: Mapping[str, str]) -> str:
    """The options for a ``repr``, without secrets."""
    return ", ".join(f"{key}={'******' if is_secret(key) else value}" for key, value in options.items())
