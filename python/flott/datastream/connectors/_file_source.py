"""Reading files; see :mod:`flott.datastream.connectors.file_system`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.serialization import _charset
from flott.common.time import Duration
from flott.common.utils import java_only
from flott.datastream.connectors.base import Source, format_options, one_by_one, shown_options, text

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation


class FileEnumeratorProvider:
    """How files are found. There is one way here: in the order of their names, large ones in one piece."""

    def __init__(self, name: str) -> None:
        """Use the static methods."""
        self._name = name

    @staticmethod
    def default_splittable_file_enumerator() -> FileEnumeratorProvider:
        """Files that several subtasks may share."""
        return FileEnumeratorProvider("splittable")

    @staticmethod
    def default_non_splittable_file_enumerator() -> FileEnumeratorProvider:
        """Files that one subtask reads whole."""
        return FileEnumeratorProvider("non-splittable")


class FileSplitAssignerProvider:
    """Which subtask reads which file. There is one way here: the next file goes to the next that is free."""

    def __init__(self, name: str) -> None:
        """Use the static method."""
        self._name = name

    @staticmethod
    def locality_aware_split_assigner() -> FileSplitAssignerProvider:
        """Files go to the subtasks nearest to them; on one machine that is any."""
        return FileSplitAssignerProvider("locality-aware")


class StreamFormat:
    """How a file is read record by record."""

    def __init__(self, format_name: str, options: dict[str, str], type_info: TypeInformation | None) -> None:
        """Use :meth:`text_line_format` or ``CsvReaderFormat``."""
        self._format_name = format_name
        self._options = options
        self._type_info = type_info

    @staticmethod
    def text_line_format(charset_name: str = "UTF-8") -> StreamFormat:
        """Each line is a record, a ``str`` without the line's end.

        :raises LookupError: if there is no such encoding
        """
        from flott.common.typeinfo import Types

        return StreamFormat("string", {"charset": _charset(charset_name)}, Types.STRING())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._format_name!r}, {self._options})"


class BulkFormat:
    """Wraps a Java class in PyFlink; use a :class:`StreamFormat`."""

    def __init__(self, j_bulk_format: Any) -> None:
        """Raises NotImplementedError."""
        raise java_only("a BulkFormat", "use StreamFormat.text_line_format() or CsvReaderFormat.for_schema(...)")


class FileSource(Source):
    """Reads files, directories and globs::

    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), "orders/*.json").build()
    env.from_source(source, WatermarkStrategy.no_watermarks(), "orders")
    """

    def __init__(self, options: dict[str, str], type_info: TypeInformation | None) -> None:
        """Use :meth:`for_record_stream_format`."""
        self._options = options
        self._type_info = type_info

    @staticmethod
    def for_record_stream_format(stream_format: StreamFormat, *paths: str) -> FileSourceBuilder:
        """Reads ``paths`` record by record.

        :raises TypeError: if it is not a :class:`StreamFormat`
        :raises ValueError: if there are no paths
        """
        if not isinstance(stream_format, StreamFormat):
            raise TypeError(
                "for_record_stream_format takes a format such as StreamFormat.text_line_format() and then the paths, "
                f"not {stream_format!r}"
            )
        if not paths:
            raise ValueError("FileSource: paths must not be empty; name a file, a directory or a glob")
        one_by_one(paths, "for_record_stream_format takes the paths one by one; write *paths for a list")
        return FileSourceBuilder(stream_format, [path_text(path, "FileSource: path") for path in paths])

    @staticmethod
    def for_bulk_file_format(bulk_format: BulkFormat, *paths: str) -> FileSourceBuilder:
        """Raises NotImplementedError: bulk formats are Java classes."""
        raise java_only("FileSource.for_bulk_file_format", "use for_record_stream_format")

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "filesystem", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"FileSource({shown_options(self._options)})"


class FileSourceBuilder:
    """Makes a :class:`FileSource`."""

    def __init__(self, stream_format: StreamFormat, paths: list[str]) -> None:
        self._stream_format = stream_format
        self._paths = paths
        self._monitor_interval_ms: int | None = None

    def monitor_continuously(self, discovery_interval: Duration) -> FileSourceBuilder:
        """Goes on looking for new files, so that the source never ends.

        :raises TypeError: if it is not a :class:`flott.common.Duration`
        :raises ValueError: if it is not longer than 0
        """
        if not isinstance(discovery_interval, Duration):
            raise TypeError(
                f"monitor_continuously takes a Duration such as Duration.of_seconds(10), not {discovery_interval!r}"
            )
        millis = discovery_interval._to_millis()
        if millis <= 0:
            raise ValueError(f"monitor_continuously: the interval is at least 1 ms, not {discovery_interval}")
        self._monitor_interval_ms = millis
        return self

    def process_static_file_set(self) -> FileSourceBuilder:
        """Reads the files that are there at the start, then ends; the default."""
        self._monitor_interval_ms = None
        return self

    def set_file_enumerator(self, file_enumerator: FileEnumeratorProvider) -> FileSourceBuilder:
        """Takes how files are found, which changes nothing here."""
        if not isinstance(file_enumerator, FileEnumeratorProvider):
            raise TypeError(f"set_file_enumerator takes a FileEnumeratorProvider, not {file_enumerator!r}")
        return self

    def set_split_assigner(self, split_assigner: FileSplitAssignerProvider) -> FileSourceBuilder:
        """Takes which subtask reads which file, which changes nothing here."""
        if not isinstance(split_assigner, FileSplitAssignerProvider):
            raise TypeError(f"set_split_assigner takes a FileSplitAssignerProvider, not {split_assigner!r}")
        return self

    def build(self) -> FileSource:
        """The source."""
        from json import dumps

        options = {
            "path": dumps(self._paths),
            **format_options(self._stream_format._format_name, self._stream_format._options),
        }
        if self._monitor_interval_ms is not None:
            options["monitor-interval-ms"] = str(self._monitor_interval_ms)
        return FileSource(options, self._stream_format._type_info)


def path_text(path: Any, what: str) -> str:
    """A path as text; ``pathlib.Path`` is one too."""
    if hasattr(path, "__fspath__") and not isinstance(path, str):
        path = path.__fspath__()
    return text(path, what)
