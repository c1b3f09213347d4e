"""Solution of exercise 1.8."""

from typing import Any

from flott.common.typeinfo import RowTypeInfo
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink


def sales_sink(url: str, row_type: RowTypeInfo) -> Any:
    connection = (
        JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(url).with_driver_name("org.sqlite.JDBC").build()
    )
    execution = JdbcExecutionOptions.builder().with_batch_size(100).with_batch_interval_ms(200).build()
    return JdbcSink.sink("REPLACE INTO sales (product, pieces) VALUES (?, ?)", row_type, connection, execution)
