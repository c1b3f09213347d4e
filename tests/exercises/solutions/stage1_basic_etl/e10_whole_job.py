"""Solution of exercise 1.10."""

import json
from collections.abc import Iterator
from decimal import Decimal

from flott.common import Row, SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import FlatMapFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcSink
from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource

ORDER_TYPE = Types.ROW_NAMED(["order_id", "user_id", "amount"], [Types.STRING(), Types.STRING(), Types.BIG_DEC()])


class ReadOrder(FlatMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.broken = runtime_context.get_metrics_group().counter("broken")

    def flat_map(self, value: str) -> Iterator[Row]:
        try:
            order = json.loads(value, parse_float=Decimal)
        except ValueError:
            self.broken.inc()
        else:
            yield Row(order["order_id"], order["user_id"], Decimal(order["amount"]))


def load_orders(bootstrap_servers: str, topic: str, database_url: str) -> dict[str, int]:
    env = StreamExecutionEnvironment.get_execution_environment()
    source = (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap_servers)
        .set_topics(topic)
        .set_group_id("exercises")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    messages = env.from_source(source, WatermarkStrategy.no_watermarks(), "messages")
    rows = messages.flat_map(ReadOrder(), output_type=ORDER_TYPE).name("read orders")
    connection = (
        JdbcConnectionOptions.JdbcConnectionOptionsBuilder()
        .with_url(database_url)
        .with_driver_name("org.sqlite.JDBC")
        .build()
    )
    sql = "REPLACE INTO orders (order_id, user_id, amount) VALUES (?, ?, ?)"
    rows.add_sink(JdbcSink.sink(sql, ORDER_TYPE, connection))
    metrics = env.execute("load orders").get_metrics()
    return {"read": metrics["messages"]["numRecordsOut"], "broken": metrics["read orders"]["broken"]}
