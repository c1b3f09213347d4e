"""Writing files; see :mod:`flott.datastream.connectors.file_system`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.serialization import BulkWriterFactory, Encoder, RowDataBulkWriterFactory
from flott.common.utils import JavaObjectWrapper, java_only
from flott.datastream.connectors._file_source import path_text
from flott.datastream.connectors.base import (
    Sink,
    SupportsPreprocessing,
    format_options,
    shown_options,
    text,
    whole_number,
)
from flott.datastream.functions.java import SinkFunction

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation
    from flott.datastream.connectors.base import StreamTransformer


class BucketAssigner(JavaObjectWrapper):
    """Says in which directory below the sink's path a record goes."""

    def __init__(self, bucket: str, timezone_id: str | None = None) -> None:
        """Use the static methods.

        :param bucket: ``base-path`` or ``datetime:<Java pattern>``
        """
        self._bucket = bucket
        self._timezone_id = timezone_id

    @staticmethod
    def base_path_bucket_assigner() -> BucketAssigner:
        """All records into the sink's path itself."""
        return BucketAssigner("base-path")

    @staticmethod
    def date_time_bucket_assigner(format_str: str = "yyyy-MM-dd--HH", timezone_id: str | None = None) -> BucketAssigner:
        """Records into a directory named by the machine's time when they are written.

        :param format_str: the name as a pattern of Java's ``DateTimeFormatter``
        :param timezone_id: the time's zone, as in ``Asia/Shanghai``; the machine's own unless given
        """
        zone = None if timezone_id is None else text(timezone_id, "date_time_bucket_assigner: timezone_id")
        return BucketAssigner(f"datetime:{text(format_str, 'date_time_bucket_assigner: format_str')}", zone)

    def _to_options(self) -> dict[str, str]:
        options = {"bucket": self._bucket}
        if self._timezone_id is not None:
            options["bucket.timezone"] = self._timezone_id
        return options


class RollingPolicy(JavaObjectWrapper):
    """Says when a file is closed and the next one begun."""

    def __init__(self, options: dict[str, str]) -> None:
        """Use the static methods."""
        self._options = options

    @staticmethod
    def default_rolling_policy(
        part_size: int = 1024 * 1024 * 128, rollover_interval: int = 60 * 1000, inactivity_interval: int = 60 * 1000
    ) -> DefaultRollingPolicy:
        """Begins a new file by size, age or idleness.

        :param part_size: bytes
        :param rollover_interval: milliseconds since the file was begun
        :param inactivity_interval: milliseconds since the last record
        :raises ValueError: if one is not at least 1
        """
        return DefaultRollingPolicy(
            {
                "rolling.file-size": str(whole_number(part_size, "part_size", 1)),
                "rolling.interval-ms": str(whole_number(rollover_interval, "rollover_interval", 1)),
                "rolling.inactivity-ms": str(whole_number(inactivity_interval, "inactivity_interval", 1)),
            }
        )

    @staticmethod
    def on_checkpoint_rolling_policy() -> OnCheckpointRollingPolicy:
        """Begins a new file at each checkpoint."""
        return OnCheckpointRollingPolicy({"rolling.on-checkpoint": "true"})


class DefaultRollingPolicy(RollingPolicy):
    """Begins a new file by size, age or idleness."""


class OnCheckpointRollingPolicy(RollingPolicy):
    """Begins a new file at each checkpoint."""


class OutputFileConfig(JavaObjectWrapper):
    """What the names of files start and end with."""

    @staticmethod
    def builder() -> OutputFileConfig.OutputFileConfigBuilder:
        """Starts with ``part`` and nothing."""
        return OutputFileConfig.OutputFileConfigBuilder()

    def __init__(self, part_prefix: str, part_suffix: str) -> None:
        """:param part_suffix: with its dot, as in ``.csv``"""
        self._part_prefix = part_prefix
        self._part_suffix = part_suffix

    def get_part_prefix(self) -> str:
        """What names start with."""
        return self._part_prefix

    def get_part_suffix(self) -> str:
        """What names end with."""
        return self._part_suffix

    class OutputFileConfigBuilder:
        """Makes an :class:`OutputFileConfig`."""

        def __init__(self) -> None:
            self._part_prefix = "part"
            self._part_suffix = ""

        def with_part_prefix(self, prefix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """Sets what names start with; ``part`` unless set."""
            self._part_prefix = _file_name(prefix, "with_part_prefix")
            return self

        def with_part_suffix(self, suffix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """Sets what names end with, with its dot, as in ``.csv``; nothing unless set."""
            self._part_suffix = _file_name(suffix, "with_part_suffix")
            return self

        def build(self) -> OutputFileConfig:
            """The configuration."""
            return OutputFileConfig(self._part_prefix, self._part_suffix)


class FileCompactStrategy(JavaObjectWrapper):
    """Says when small files are joined."""

    def __init__(self, checkpoints: int, size_threshold: int, threads: int) -> None:
        """Use :meth:`builder`."""
        self._checkpoints = checkpoints
        self._size_threshold = size_threshold
        self._threads = threads

    @staticmethod
    def builder() -> FileCompactStrategy.Builder:
        """Starts a strategy."""
        return FileCompactStrategy.Builder()

    class Builder:
        """Makes a :class:`FileCompactStrategy`. Needed is a number of checkpoints or a size."""

        def __init__(self) -> None:
            self._checkpoints = -1
            self._size_threshold = -1
            self._threads = 1

        def enable_compaction_on_checkpoint(
            self, num_checkpoints_before_compaction: int
        ) -> FileCompactStrategy.Builder:
            """Joins files after that many checkpoints."""
            self._checkpoints = whole_number(num_checkpoints_before_compaction, "num_checkpoints_before_compaction", 1)
            return self

        def set_size_threshold(self, size_threshold: int) -> FileCompactStrategy.Builder:
            """Joins files once they have that many bytes together."""
            self._size_threshold = whole_number(size_threshold, "size_threshold", 1)
            return self

        def set_num_compact_threads(self, num_compact_threads: int) -> FileCompactStrategy.Builder:
            """Sets how many threads join files."""
            self._threads = whole_number(num_compact_threads, "num_compact_threads", 1)
            return self

        def build(self) -> FileCompactStrategy:
            """The strategy.

            :raises ValueError: if neither was set
            """
            if self._checkpoints < 0 and self._size_threshold < 0:
                raise ValueError(
                    "FileCompactStrategy: at least one trigger condition must be configured; call "
                    "enable_compaction_on_checkpoint(...) or set_size_threshold(...)"
                )
            return FileCompactStrategy(self._checkpoints, self._size_threshold, self._threads)


class FileCompactor(JavaObjectWrapper):
    """Says how small files are joined."""

    def __init__(self, name: str, delimiter: bytes | None = None) -> None:
        """Use the static methods."""
        self._name = name
        self._delimiter = delimiter

    @staticmethod
    def concat_file_compactor(file_delimiter: bytes | None = None) -> FileCompactor:
        """One after the other, with ``file_delimiter`` between them."""
        return FileCompactor("concat", file_delimiter)

    @staticmethod
    def identical_file_compactor() -> FileCompactor:
        """Not at all: each stays as it is."""
        return FileCompactor("identical")


class _Target:
    """What both file sinks collect: where records go, in which format, and when a file ends."""

    def __init__(
        self, base_path: Any, format_spec: tuple[str, dict[str, str]], type_info: TypeInformation | None
    ) -> None:
        self.type_info = type_info
        self.options = {
            "path": path_text(base_path, "FileSink: base_path"),
            **format_options(*format_spec),
            **BucketAssigner.date_time_bucket_assigner()._to_options(),
            **RollingPolicy.default_rolling_policy()._options,
        }

    def replace(self, prefix: str, options: dict[str, str]) -> None:
        for key in [key for key in self.options if key == prefix or key.startswith(f"{prefix}.")]:
            del self.options[key]
        self.options.update(options)

    def set_buckets(self, assigner: Any) -> None:
        self.replace("bucket", _require(assigner, BucketAssigner, "with_bucket_assigner")._to_options())

    def set_rolling(self, policy: Any, kind: type) -> None:
        self.replace("rolling", dict(_require(policy, kind, "with_rolling_policy")._options))

    def set_names(self, config: Any) -> None:
        config = _require(config, OutputFileConfig, "with_output_file_config")
        self.options["prefix"] = config.get_part_prefix()
        self.options["suffix"] = config.get_part_suffix()


def _row_target(base_path: Any, encoder: Any) -> _Target:
    return _Target(base_path, _require(encoder, Encoder, "for_row_format")._spec(), None)


def _bulk_target(base_path: Any, writer_factory: Any) -> _Target:
    factory = _require(writer_factory, BulkWriterFactory, "for_bulk_format")
    row_type = factory.get_row_type() if isinstance(factory, RowDataBulkWriterFactory) else None
    target = _Target(base_path, factory._spec(), row_type)
    target.set_rolling(RollingPolicy.on_checkpoint_rolling_policy(), RollingPolicy)
    return target


class _BaseBuilder:
    """What the builders of both file sinks share."""

    _POLICY: type[RollingPolicy] = RollingPolicy

    def __init__(self, target: _Target) -> None:
        self._target = target

    def with_bucket_check_interval(self, interval: int) -> Any:
        """Sets how often age and idleness of files are looked at, in milliseconds; 60,000 unless set."""
        self._target.options["rolling.check-interval-ms"] = str(whole_number(interval, "interval", 1))
        return self

    def with_bucket_assigner(self, bucket_assigner: BucketAssigner) -> Any:
        """Sets the directories; by hour unless set."""
        self._target.set_buckets(bucket_assigner)
        return self

    def with_output_file_config(self, output_file_config: OutputFileConfig) -> Any:
        """Sets the names of files."""
        self._target.set_names(output_file_config)
        return self


class FileSink(Sink, SupportsPreprocessing):
    """Writes records to files, in directories by time unless told otherwise::

    sink = (
        FileSink.for_row_format("out", Encoder.simple_string_encoder())
        .with_output_file_config(OutputFileConfig.builder().with_part_suffix(".txt").build())
        .build()
    )
    lines.sink_to(sink)
    """

    def __init__(self, options: dict[str, str], type_info: TypeInformation | None) -> None:
        """Use :meth:`for_row_format` or :meth:`for_bulk_format`."""
        self._options = options
        self._type_info = type_info

    def get_transformer(self) -> StreamTransformer | None:
        """None: rows are written as they are."""
        return None

    @staticmethod
    def for_row_format(base_path: str, encoder: Encoder) -> FileSink.RowFormatBuilder:
        """Writes record by record below ``base_path``.

        :raises TypeError: if it is not an :class:`flott.common.Encoder`
        """
        return FileSink.RowFormatBuilder(_row_target(base_path, encoder))

    @staticmethod
    def for_bulk_format(base_path: str, writer_factory: BulkWriterFactory) -> FileSink.BulkFormatBuilder:
        """Writes whole files below ``base_path``.

        :raises TypeError: if it is not a factory such as ``CsvBulkWriters.for_schema(...)``
        """
        return FileSink.BulkFormatBuilder(_bulk_target(base_path, writer_factory))

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "filesystem", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"FileSink({shown_options(self._options)})"

    class BaseBuilder(_BaseBuilder):
        """What both builders share."""

        def enable_compact(self, strategy: FileCompactStrategy, compactor: FileCompactor) -> Any:
            """Refused: files are not joined.

            :raises NotImplementedError: always
            """
            raise NotImplementedError(
                "FileSink.enable_compact: Flott does not join files; write larger ones with "
                "RollingPolicy.default_rolling_policy(part_size=..., rollover_interval=...)"
            )

        def disable_compact(self) -> Any:
            """Leaves files as they are; the default."""
            return self

        def with_rolling_policy(self, rolling_policy: RollingPolicy) -> Any:
            """Sets when a file ends."""
            check_interval = self._target.options.get("rolling.check-interval-ms")
            self._target.set_rolling(rolling_policy, self._POLICY)
            if check_interval is not None:
                self._target.options["rolling.check-interval-ms"] = check_interval
            return self

        def build(self) -> FileSink:
            """The sink."""
            return FileSink(dict(self._target.options), self._target.type_info)

    class RowFormatBuilder(BaseBuilder):
        """Makes a :class:`FileSink` that writes record by record."""

    class BulkFormatBuilder(BaseBuilder):
        """Makes a :class:`FileSink` that writes whole files."""

        _POLICY = OnCheckpointRollingPolicy


class StreamingFileSink(SinkFunction):
    """The file sink of before Flink 1.12, for ``stream.add_sink``; :class:`FileSink` is its successor."""

    def __init__(self, options: dict[str, str], type_info: TypeInformation | None) -> None:
        """Use :meth:`for_row_format` or :meth:`for_bulk_format`."""
        self._options = options
        self._type_info = type_info

    @staticmethod
    def for_row_format(base_path: str, encoder: Encoder) -> StreamingFileSink.DefaultRowFormatBuilder:
        """Writes record by record below ``base_path``."""
        return StreamingFileSink.DefaultRowFormatBuilder(_row_target(base_path, encoder))

    @staticmethod
    def for_bulk_format(
        base_path: str, writer_factory: BulkWriterFactory
    ) -> StreamingFileSink.DefaultBulkFormatBuilder:
        """Writes whole files below ``base_path``."""
        return StreamingFileSink.DefaultBulkFormatBuilder(_bulk_target(base_path, writer_factory))

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "filesystem", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"StreamingFileSink({shown_options(self._options)})"

    class BaseBuilder(_BaseBuilder):
        """What both builders share."""

        def with_rolling_policy(self, policy: RollingPolicy) -> Any:
            """Sets when a file ends."""
            self._target.set_rolling(policy, self._POLICY)
            return self

        def build(self) -> StreamingFileSink:
            """The sink."""
            return StreamingFileSink(dict(self._target.options), self._target.type_info)

    class DefaultRowFormatBuilder(BaseBuilder):
        """Makes a :class:`StreamingFileSink` that writes record by record."""

    class DefaultBulkFormatBuilder(BaseBuilder):
        """Makes a :class:`StreamingFileSink` that writes whole files."""

        _POLICY = OnCheckpointRollingPolicy


def _require(given: Any, kind: type[Any], method: str) -> Any:
    if not isinstance(given, kind):
        if kind is BulkWriterFactory:
            raise java_only(f"{method} with {given!r}", "use CsvBulkWriters.for_schema(...)")
        hint = "; call .build()" if hasattr(given, "build") else ""
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(f"{method} takes {article} {kind.__name__}, not {given!r}{hint}")
    return given


def _file_name(given: Any, method: str) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{method} takes a string, not {given!r}")
    if "/" in given:
        raise ValueError(f"{method}: '{given}' would be a directory; leave out the '/'")
    return given
