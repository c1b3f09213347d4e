"""Rows into a database: MySQL, MariaDB, PostgreSQL, SQLite.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/jdbc/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott.common.typeinfo import RowTypeInfo
from flott.datastream.connectors.base import instance, text, whole_number
from flott.datastream.functions.java import SinkFunction

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation

__all__ = ["JdbcConnectionOptions", "JdbcExactlyOnceOptions", "JdbcExecutionOptions", "JdbcSink"]

_SCHEMES = ("jdbc:mysql:", "jdbc:mariadb:", "jdbc:postgresql:", "jdbc:sqlite:")


class JdbcSink(SinkFunction):
    """Runs a statement for each row of a stream, many in one round trip::

    orders.add_sink(JdbcSink.sink(
        "REPLACE INTO order_header (order_id, amount) VALUES (?, ?)",
        Types.ROW_NAMED(["order_id", "amount"], [Types.LONG(), Types.BIG_DEC()]),
        JdbcConnectionOptions.JdbcConnectionOptionsBuilder()
            .with_url("jdbc:mysql://localhost:3306/shop").with_user_name("etl").with_password(password).build(),
        JdbcExecutionOptions.builder().with_batch_size(1000).with_batch_interval_ms(200).build()))
    """

    def __init__(self, options: dict[str, str], type_info: RowTypeInfo) -> None:
        """Use :meth:`sink`."""
        self._options = options
        self._type_info = type_info

    @staticmethod
    def sink(
        sql: str,
        type_info: RowTypeInfo,
        jdbc_connection_options: JdbcConnectionOptions,
        jdbc_execution_options: JdbcExecutionOptions | None = None,
    ) -> JdbcSink:
        """Makes a sink.

        :param sql: the statement, with a ``?`` for each field of the row, in the row's order
        :param type_info: the type of the rows
        :param jdbc_connection_options: the database
        :param jdbc_execution_options: when a batch is sent; :meth:`JdbcExecutionOptions.defaults` unless given
        :raises TypeError: if the type is not that of a row, or an option is of the wrong class
        :raises ValueError: if the statement has not as many ``?`` as the row has fields
        """
        return _sink("JdbcSink.sink", sql, type_info, jdbc_connection_options, jdbc_execution_options, {})

    @staticmethod
    def exactly_once_sink(
        sql: str,
        type_info: RowTypeInfo,
        jdbc_connection_options: JdbcConnectionOptions,
        jdbc_execution_options: JdbcExecutionOptions | None = None,
        jdbc_exactly_once_options: JdbcExactlyOnceOptions | None = None,
    ) -> JdbcSink:
        """Makes a sink whose rows are in the table once, also behind a failure, whatever the statement is::

            orders.add_sink(JdbcSink.exactly_once_sink(
                "INSERT INTO order_log (order_id, amount) VALUES (?, ?)", row_type, connection))

        Rows appear when their checkpoint is complete: enable checkpoints. Until then they are in memory, and in the
        checkpoint. In the transaction that writes them the sink notes in a small table which they are, so that nobody
        writes them again. Flink has this in Java only (``JdbcSink.exactlyOnceSink``), by XA; Flott does without.

        Parameters and errors are those of :meth:`sink`, and

        :param jdbc_execution_options: only ``max_retries`` counts: there is one batch a checkpoint
        :param jdbc_exactly_once_options: the table, and how much may wait
        """
        where = "JdbcSink.exactly_once_sink"
        options = instance(
            JdbcExactlyOnceOptions.defaults() if jdbc_exactly_once_options is None else jdbc_exactly_once_options,
            JdbcExactlyOnceOptions,
            where,
            "JdbcExactlyOnceOptions",
        )
        return _sink(where, sql, type_info, jdbc_connection_options, jdbc_execution_options, options._to_options())

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "jdbc", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"JdbcSink({_without_password(self._options['url'])}, {self._options['sql']!r})"


def _sink(
    where: str,
    sql: str,
    type_info: RowTypeInfo,
    connection_options: JdbcConnectionOptions,
    execution_options: JdbcExecutionOptions | None,
    more: dict[str, str],
) -> JdbcSink:
    text(sql, "JdbcSink: sql")
    row_type = instance(type_info, RowTypeInfo, where, "Types.ROW(...) or Types.ROW_NAMED(...)")
    connection = instance(connection_options, JdbcConnectionOptions, where, "JdbcConnectionOptions")
    execution = instance(
        JdbcExecutionOptions.defaults() if execution_options is None else execution_options,
        JdbcExecutionOptions,
        where,
        "JdbcExecutionOptions",
    )
    wanted, given = _count_parameters(sql), row_type.get_field_names()
    if wanted != len(given):
        raise ValueError(
            f"JdbcSink: the statement has {wanted} '?' but the row has {len(given)} fields "
            f"({', '.join(given)}); write one '?' for each field, in their order"
        )
    return JdbcSink({"sql": sql, **connection._to_options(), **execution._to_options(), **more}, row_type)


class JdbcConnectionOptions:
    """Which database, and who asks. The password is never shown."""

    def __init__(
        self, url: str, driver_name: str | None = None, user_name: str | None = None, password: str | None = None
    ) -> None:
        """Use :class:`JdbcConnectionOptions.JdbcConnectionOptionsBuilder`."""
        self._url = url
        self._driver_name = driver_name
        self._user_name = user_name
        self._password = password

    def get_db_url(self) -> str:
        """The database's URL."""
        return self._url

    def get_driver_name(self) -> str | None:
        """The Java driver that was named; it is not used."""
        return self._driver_name

    def get_user_name(self) -> str | None:
        """The user, or None."""
        return self._user_name

    def get_password(self) -> str | None:
        """The password, or None."""
        return self._password

    def _to_options(self) -> dict[str, str]:
        options = {
            "url": self._url,
            "driver": self._driver_name,
            "username": self._user_name,
            "password": self._password,
        }
        return {key: value for key, value in options.items() if value is not None}

    def __repr__(self) -> str:
        return f"JdbcConnectionOptions({_without_password(self._url)}, user_name={self._user_name!r})"

    class JdbcConnectionOptionsBuilder:
        """Makes :class:`JdbcConnectionOptions`."""

        def __init__(self) -> None:
            self._url: str | None = None
            self._driver_name: str | None = None
            self._user_name: str | None = None
            self._password: str | None = None

        def with_url(self, url: str) -> JdbcConnectionOptions.JdbcConnectionOptionsBuilder:
            """Sets the database: ``jdbc:mysql://host:3306/db``, ``jdbc:postgresql://…``, ``jdbc:sqlite:file.db``."""
            self._url = text(url, "with_url")
            return self

        def with_driver_name(self, driver_name: str) -> JdbcConnectionOptions.JdbcConnectionOptionsBuilder:
            """Takes the name of a Java driver, which is not needed."""
            self._driver_name = text(driver_name, "with_driver_name")
            return self

        def with_user_name(self, user_name: str) -> JdbcConnectionOptions.JdbcConnectionOptionsBuilder:
            """Sets the user."""
            self._user_name = text(user_name, "with_user_name")
            return self

        def with_password(self, password: str) -> JdbcConnectionOptions.JdbcConnectionOptionsBuilder:
            """Sets the password; it may be empty."""
            if not isinstance(password, str):
                raise TypeError(
                    f"with_password: expected a string, got {type(password).__name__}; "
                    "is the environment variable that holds it set?"
                )
            self._password = password
            return self

        def build(self) -> JdbcConnectionOptions:
            """The options.

            :raises ValueError: without a URL, or if it is of a database that is not supported
            """
            if self._url is None:
                raise ValueError("JdbcConnectionOptions: no URL; call with_url('jdbc:mysql://host:3306/database')")
            if not self._url.lower().startswith(_SCHEMES):
                raise ValueError(
                    f"JdbcConnectionOptions: {_without_password(self._url)} is not a URL of a supported database; "
                    f"it must start with one of {', '.join(_SCHEMES)}"
                )
            return JdbcConnectionOptions(self._url, self._driver_name, self._user_name, self._password)


class JdbcExecutionOptions:
    """When a batch of rows is sent, and how often it is tried again."""

    def __init__(self, batch_interval_ms: int, batch_size: int, max_retries: int) -> None:
        """Use :meth:`builder`."""
        self._batch_interval_ms = batch_interval_ms
        self._batch_size = batch_size
        self._max_retries = max_retries

    def get_batch_interval_ms(self) -> int:
        """Milliseconds after which a batch is sent even if it is not full; 0 for never."""
        return self._batch_interval_ms

    def get_batch_size(self) -> int:
        """How many rows a full batch has."""
        return self._batch_size

    def get_max_retries(self) -> int:
        """How often a batch that failed is tried again."""
        return self._max_retries

    @staticmethod
    def defaults() -> JdbcExecutionOptions:
        """5,000 rows, no interval, 3 retries."""
        return JdbcExecutionOptions.builder().build()

    @staticmethod
    def builder() -> JdbcExecutionOptions.Builder:
        """Starts with the defaults."""
        return JdbcExecutionOptions.Builder()

    def _to_options(self) -> dict[str, str]:
        return {
            "batch-size": str(self._batch_size),
            "batch-interval-ms": str(self._batch_interval_ms),
            "max-retries": str(self._max_retries),
        }

    def __repr__(self) -> str:
        return (
            f"JdbcExecutionOptions(batch_size={self._batch_size}, batch_interval_ms={self._batch_interval_ms}, "
            f"max_retries={self._max_retries})"
        )

    class Builder:
        """Makes :class:`JdbcExecutionOptions`."""

        def __init__(self) -> None:
            self._batch_interval_ms = 0
            self._batch_size = 5000
            self._max_retries = 3

        def with_batch_size(self, size: int) -> JdbcExecutionOptions.Builder:
            """Sets how many rows a full batch has; 5,000 unless set.

            :raises ValueError: if it is less than 1
            """
            self._batch_size = whole_number(size, "with_batch_size", 1)
            return self

        def with_batch_interval_ms(self, interval_ms: int) -> JdbcExecutionOptions.Builder:
            """Sets after how many milliseconds a batch is sent even if it is not full; 0, never, unless set.

            :raises ValueError: if it is negative
            """
            self._batch_interval_ms = whole_number(interval_ms, "with_batch_interval_ms", 0)
            return self

        def with_max_retries(self, max_retries: int) -> JdbcExecutionOptions.Builder:
            """Sets how often a batch that failed is tried again; 3 unless set.

            :raises ValueError: if it is negative
            """
            self._max_retries = whole_number(max_retries, "with_max_retries", 0)
            return self

        def build(self) -> JdbcExecutionOptions:
            """The options."""
            return JdbcExecutionOptions(self._batch_interval_ms, self._batch_size, self._max_retries)


class JdbcExactlyOnceOptions:
    """How :meth:`JdbcSink.exactly_once_sink` remembers what it has written.

    Java's class of that name has what XA needs; this one has Flott's own two settings.
    """

    def __init__(self, commits_table: str, max_buffered_bytes: int) -> None:
        """Use :meth:`builder`."""
        self._commits_table = commits_table
        self._max_buffered_bytes = max_buffered_bytes

    def get_commits_table(self) -> str:
        """The table in which the sink notes which rows it has written."""
        return self._commits_table

    def get_max_buffered_bytes(self) -> int:
        """How many bytes the rows of one subtask may take that wait for their checkpoint."""
        return self._max_buffered_bytes

    @staticmethod
    def defaults() -> JdbcExactlyOnceOptions:
        """The table ``flott_commits``, 256 MiB."""
        return JdbcExactlyOnceOptions.builder().build()

    @staticmethod
    def builder() -> JdbcExactlyOnceOptions.Builder:
        """Starts with the defaults."""
        return JdbcExactlyOnceOptions.Builder()

    def _to_options(self) -> dict[str, str]:
        return {
            "delivery-guarantee": "exactly-once",
            "commits-table": self._commits_table,
            "max-buffered-bytes": str(self._max_buffered_bytes),
        }

    def __repr__(self) -> str:
        return f"JdbcExactlyOnceOptions({self._commits_table!r}, max_buffered_bytes={self._max_buffered_bytes})"

    class Builder:
        """Makes :class:`JdbcExactlyOnceOptions`."""

        def __init__(self) -> None:
            self._commits_table = "flott_commits"
            self._max_buffered_bytes = 256 << 20

        def with_commits_table(self, table: str) -> JdbcExactlyOnceOptions.Builder:
            """Sets the table's name; ``flott_commits`` unless set. It is created where there is none.

            Letters, digits and ``_``, with a schema and a ``.`` in front where that is needed.
            """
            self._commits_table = text(table, "with_commits_table")
            return self

        def with_max_buffered_bytes(self, size: int) -> JdbcExactlyOnceOptions.Builder:
            """Sets how many bytes may wait in one subtask; 268,435,456 (256 MiB) unless set. More fails the job.

            :raises ValueError: if it is less than 1
            """
            self._max_buffered_bytes = whole_number(size, "with_max_buffered_bytes", 1)
            return self

        def build(self) -> JdbcExactlyOnceOptions:
            """The options."""
            return JdbcExactlyOnceOptions(self._commits_table, self._max_buffered_bytes)


def _count_parameters(sql: str) -> int:
    """The question marks outside quotes and comments."""
    count, index, length = 0, 0, len(sql)
    while index < length:
        char = sql[index]
        if char in "'\"`":
            end = sql.find(char, index + 1)
            index = length if end < 0 else end
        elif sql.startswith("--", index):
            end = sql.find("\n", index)
            index = length if end < 0 else end
        elif sql.startswith("/*", index):
            end = sql.find("*/", index)
            index = length if end < 0 else end + 1
        elif char == "?":
            count += 1
        index += 1
    return count


def _without_password(url: str) -> str:
    """The URL with whatever follows ``user:`` or ``password=`` hidden."""
    head, separator, query = url.partition("?")
    scheme, slashes, rest = head.partition("//")
    login, at, host = rest.rpartition("@")
    if at:
        user = login.partition(":")[0]
        head = f"{scheme}{slashes}{user}{':******' if ':' in login else ''}@{host}"
    if separator:
        shown = [
            part if "password" not in part.lower() else f"{part.partition('=')[0]}=******" for part in query.split("&")
        ]
        return f"{head}?{'&'.join(shown)}"
    return head
