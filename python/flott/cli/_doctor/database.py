"""Does a database let one in, and are the tables there. Asked the way a job asks: by a sink that is given no row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from flott.cli._doctor import Finding, bad, fine, note

__all__ = ["check_database", "without_secrets"]

_TABLE = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?\Z")


def check_database(url: str, user: str = "", password: str = "", tables: Sequence[str] = ()) -> Iterator[Finding]:
    """What is wrong with the way to a database.

    :param url: as a JDBC sink takes it
    :param tables: names that should be there
    """
    file = _sqlite_file(url)
    if file is not None and not file.exists():
        if file.parent.is_dir():
            yield note(f"the file {file} is not there yet; a job's first connection makes it")
        else:
            yield note(
                f"the folder of {file} is not there: a job that doesn't make it fails", f"mkdir -p {file.parent}"
            )
        return
    failure = _failure("SELECT 1 WHERE 1 = ?", url, user, password)
    if failure is not None:
        yield failure
        return
    yield fine(f"{without_secrets(url)} lets {user or 'this user'} in")
    for table in tables:
        if not _TABLE.match(table):
            yield bad(f"'{table}' is not the name of a table", "write NAME or SCHEMA.NAME, without quotes")
            continue
        yield _failure(f"SELECT * FROM {table} WHERE 1 = ?", url, user, password) or fine(f"the table {table} is there")


def without_secrets(url: str) -> str:
    """The URL without its parameters and user part, for messages."""
    return re.sub(r"//[^/@]*@", "//", url.split("?", 1)[0])


def _failure(statement: str, url: str, user: str, password: str) -> Finding | None:
    """What a sink with this statement fails with when it is opened."""
    from flott.common import Types
    from flott.datastream import StreamExecutionEnvironment
    from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink
    from flott.errors import FlottError

    number = Types.ROW_NAMED(["number"], [Types.INT()])
    try:
        connection = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(url)
        if user:
            connection = connection.with_user_name(user).with_password(password)
        once = JdbcExecutionOptions.builder().with_max_retries(0).build()
        env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
        env.from_collection([], number).add_sink(JdbcSink.sink(statement, number, connection.build(), once))
        env.execute("doctor")
    except (FlottError, ValueError) as error:
        return _finding(str(error).replace(url, without_secrets(url)), password)
    return None


def _finding(message: str, password: str) -> Finding:
    """The engine's message: its first line, and what to do."""
    if password:
        message = message.replace(password, "***")
    what, *more = message.splitlines()
    advice = next((line.partition("what to do: ")[2] for line in more if "what to do: " in line), "")
    return bad(what.removeprefix("JdbcConnectionOptions: "), advice or "correct the URL")


def _sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, unless it is in memory."""
    name = url.removeprefix("jdbc:sqlite:").partition("?")[0]
    return None if name in (url.partition("?")[0], "", ":memory:") or name.startswith("file:") else Path(name)
