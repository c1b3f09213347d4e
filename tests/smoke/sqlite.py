"""The JDBC sink, into SQLite."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from flott.common import Types
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "shop.db")
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE sales (product TEXT, pieces INTEGER)")
    env = StreamExecutionEnvironment.get_execution_environment()
    row_type = Types.ROW_NAMED(["product", "pieces"], [Types.STRING(), Types.INT()])
    connection = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(f"jdbc:sqlite:{file.as_posix()}").build()
    sink = JdbcSink.sink(
        "INSERT INTO sales (product, pieces) VALUES (?, ?)",
        row_type,
        connection,
        JdbcExecutionOptions.builder().with_batch_size(2).build(),
    )
    env.from_collection([("tea", 3), ("cup", 1), ("pot", 2)], row_type).add_sink(sink)
    env.execute("sales")
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT product, pieces FROM sales ORDER BY product").fetchall()
    assert found == [("cup", 1), ("pot", 2), ("tea", 3)], found
